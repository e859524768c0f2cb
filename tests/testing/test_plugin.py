"""With `--seatrial`, each claim of the plan is a test that says what the terminal says."""

import shutil
import tomllib
from pathlib import Path

import pytest

import seatrial

ROOT = Path(__file__).parents[2]
CLAIMS = """\
claims:
  - precision >= 0.5
  - {claim: precision >= 0.99, id: too-much}
  - {claim: accuracy = 0.8 +- 0.001, id: not-settled}
  - {claim: recall >= 0.99, id: aim, commitment: target}
  - {claim: recall >= 0.999, id: aside, waived: {reason: a new store, by: ada, until: 2099-12-31}}
  - recall vs champion >= -0.01
  - {claim: reproducible, every: week}
"""
OFF = """
import sys


def pytest_sessionfinish():
    assert "sklearn" not in sys.modules, "collecting loads scikit-learn"
    assert "seatrial.probes.registry" not in sys.modules or "--seatrial" in sys.argv
"""


@pytest.fixture
def repository(pytester: pytest.Pytester, shop: Path, monkeypatch) -> pytest.Pytester:
    """A repository with a plan, whose candidate was trained, and one test of its own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    shutil.copytree(shop, pytester.path, dirs_exist_ok=True)
    plan = (shop / "plan.yaml").read_text()
    head, rest = plan.split("claims:\n")
    (pytester.path / "plan.yaml").write_text(head + CLAIMS + "release:" + rest.split("release:")[1])
    pytester.makefile(".ini", pytest="[pytest]\ntestpaths = tests\n")
    tests = pytester.mkdir("tests")
    (tests / "test_feats.py").write_text(
        "import feats\n\n\ndef test_evening():\n    assert feats.evening(18)\n"
    )
    return pytester


def run(repository: pytest.Pytester, *options: str) -> pytest.RunResult:
    chosen = ("-p", "seatrial.testing.plugin", "-p", "no:cacheprovider", "-rsxX")
    return repository.runpytest_subprocess(*chosen, *options)


def measured(repository: pytest.Pytester) -> list[str]:
    project = seatrial.open(repository.path)
    found = [entry.payload["key"] for entry in project.ledger.find("evidence")]
    project.close()
    return found


def test_the_package_brings_the_plugin() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        points = tomllib.load(stream)["project"]["entry-points"]["pytest11"]
    assert points == {"seatrial": "seatrial.testing.plugin"}


def test_nothing_changes_for_who_does_not_ask(repository) -> None:
    result = run(repository, "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*plan.yaml*")
    result.stdout.fnmatch_lines(["1 test collected*"])


def test_each_claim_is_collected_by_its_id_and_no_training_library_is_loaded(repository) -> None:
    repository.makeconftest(OFF)
    result = run(repository, "--seatrial", "--collect-only", "-q")
    ids = ("precision", "too-much", "not-settled", "aim", "aside", "recall.vs-champion")
    result.stdout.fnmatch_lines([f"plan.yaml::{each}" for each in (*ids, "reproducible")])
    assert result.ret == 0, result.stderr.str()


def test_each_claim_passes_fails_or_is_set_aside_in_the_words_of_the_terminal(repository) -> None:
    result = run(repository, "--seatrial")
    result.assert_outcomes(passed=3, failed=2, skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "✗ fail precision ≥ 0.99: 0.* [[]0.*, 0.*[]], n = *",
            "  Owned by ada; it stands in plan.yaml:*.",
            "Blocked: precision ≥ 0.99 is a guarantee and fails by 0.*.",
            "Next: seatrial why too-much",
            "[?] unknown accuracy = 0.8 ± 0.001: *",
            "Next: seatrial why not-settled",
            "*no test names the feature `wet_evening`*",
            "*no test names the builder `plain`*",
            "SKIPPED *waived recall ≥ 0.999: *; a new store (ada, until 2099-12-31)",
            "SKIPPED *n/a recall vs champion ≥ -0.01: there is no champion: *",
            "XFAIL plan.yaml::aim*fail recall ≥ 0.99*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*no test names the feature `evening`*")


def test_what_is_not_proved_may_be_expected_to_fail(repository) -> None:
    result = run(repository, "--seatrial", "--seatrial-unknown=xfail", "plan.yaml::not-settled")
    result.assert_outcomes(xfailed=1)


def test_only_what_is_due_is_collected(repository) -> None:
    result = run(repository, "--seatrial", "--seatrial-due=push", "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*reproducible*")
    result.stdout.fnmatch_lines(["7 tests collected*"])


def test_it_may_be_on_for_good(repository) -> None:
    repository.makefile(".ini", pytest="[pytest]\ntestpaths = tests\nseatrial = true\n")
    result = run(repository, "--collect-only", "-q")
    result.stdout.fnmatch_lines(["plan.yaml::precision", "8 tests collected*"])


def test_a_broken_plan_is_an_error_in_sentences(repository) -> None:
    plan = repository.path / "plan.yaml"
    plan.write_text(plan.read_text().replace("precision >= 0.5\n", "precison >= 0.5\n"))
    result = run(repository, "--seatrial")
    result.stdout.fnmatch_lines(["plan.yaml:*: no metric is called precison. nearest: precision*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_workers_measure_each_key_once(repository) -> None:
    plan = repository.path / "plan.yaml"
    same = "".join(f"  - {{claim: roc_auc >= 0.{n}, id: same-{n}}}\n" for n in range(1, 7))
    plan.write_text(plan.read_text().replace("claims:\n", f"claims:\n{same}"))
    before = measured(repository)
    result = run(repository, "-p", "xdist.plugin", "-n2", "--seatrial", "-k", "same")
    result.assert_outcomes(passed=6)
    new = [key for key in measured(repository) if key not in before]
    assert len(new) == 1
