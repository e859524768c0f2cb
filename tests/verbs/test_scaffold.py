"""What `init` makes stands on its own: its tests pass, it trains, it is judged, it answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ruamel.yaml import YAML

import seatrial
from seatrial.core.errors import ConflictError, NotFoundError, PlanError, UserError
from seatrial.verbs.answering import kept
from seatrial.verbs.init import init
from seatrial.verbs.runs import compare
from seatrial.verbs.scaffold_full import full_files, package_name

SMALL = {"plan.yaml", "README.md", ".gitignore", "tests/test_plan.py"}
LAID_OUT = {
    "configs/baseline.yaml",
    "configs/latest.yaml",
    "data/README.md",
    "docker/Dockerfile",
    "scripts/train.sh",
    *(f"late_orders/{name}.py" for name in ("api", "datasets", "experiment", "models", "train")),
}
ROWS = 1500
"""Enough for the fast form of a candidate to be proved."""
CACHE = Path(__file__).parents[2] / ".mypy_cache"
TRAINING_LIBRARIES = ("sklearn", "polars", "duckdb", "pydantic")


def orders(path: Path) -> Path:
    random = np.random.default_rng(5)
    hour = random.integers(8, 23, ROWS)
    store = random.choice(["A", "B", "C"], ROWS)
    late = hour + 5 * (store == "B") + random.normal(0, 4, ROWS) > 19
    frame = pl.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(ROWS)],
            "hour": hour,
            "store": store,
            "items": random.integers(1, 9, ROWS),
            "late": np.where(late, "yes", "no"),
        }
    )
    frame.write_csv(path)
    return path


@pytest.fixture(scope="module", params=["small", "full"])
def made(request, tmp_path_factory):
    """A project of either layout, and what `init` said of it."""
    folder = tmp_path_factory.mktemp(request.param)
    data = orders(folder / "orders.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        said = init("late-orders", data, target="late", layout=request.param)
    return folder / "late-orders", said


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    data = orders(folder / "orders.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        init("late-orders", data, target="late", layout="full")
    project = seatrial.open(folder / "late-orders")
    training = project.train()
    yield project, training
    project.close()


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_layout_holds_its_files(made):
    root, said = made
    there = {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()}
    assert there >= SMALL
    assert (there >= LAID_OUT) is ("configs/latest.yaml" in there)
    assert len(said.written) == len(there)


def test_its_own_tests_pass(made):
    told = run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], made[0])
    assert told.returncode == 0, told.stdout + told.stderr


def test_its_tests_leave_no_ledger_behind(made):
    assert not (made[0] / ".seatrial").exists()


def test_it_is_clean_for_ruff_and_the_type_checker(full):
    root = full[0].root
    # the options of our own check, so that what it remembers of the libraries is not read again
    known = ["--python-version", "3.11", "--warn-unreachable", "--cache-dir", str(CACHE)]
    for arguments in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", *known],
    ):
        told = run(["-m", *arguments], root)
        assert told.returncode == 0, told.stdout + told.stderr


def test_every_candidate_of_the_plan_is_trained_and_one_is_judged(full):
    project, training = full
    families = [rung.candidate.family for rung in training.rungs]
    assert families[-3:] == ["linear", "boosted", "late_orders.models:network"]
    assert project.check(only=["no_leakage", "schema"]).exit_code == 0


def test_every_rung_answers_in_the_same_words(full):
    project, training = full
    row = {"order_id": "o1", "hour": 21, "store": "B", "items": 2}
    answers = [kept(project, rung.candidate.family).answer(row) for rung in training.rungs]
    assert {tuple(each) for each in answers} == {("decision", "scores", "candidate")}
    assert {each["decision"] for each in answers} <= {"true", "false"}


def test_the_kept_candidate_answers_without_a_training_library(full):
    row = {"order_id": "o1", "hour": 21, "store": "B", "items": 2}
    program = (
        "import json, sys\n"
        "from late_orders.api import answer\n"
        f"answer({row})\n"
        f"print(json.dumps([name for name in {TRAINING_LIBRARIES} if name in sys.modules]))"
    )
    told = run(["-c", program], full[0].root)
    assert json.loads(told.stdout) == [], told.stderr


def test_two_configs_run_and_compare_and_neither_replaces_what_is_kept(full):
    project, training = full
    before = project.ledger.newest("selection", "late-orders")
    for name in ("baseline", "latest"):
        tried = project.train(config=project.root / "configs" / f"{name}.yaml")
    assert len(tried.rungs) == len(training.rungs)
    assert project.ledger.newest("selection", "late-orders") == before
    assert compare(project, "linear", "boosted").difference is not None


def test_every_run_names_its_config(full):
    project, _ = full
    (project.root / "configs" / "seeded.yaml").write_text("candidates: [linear]\nseed: 7\n")
    project.train(config=project.root / "configs" / "seeded.yaml")
    newest, *older = [entry.payload["config"] for entry in project.ledger.find("run")]
    assert newest not in older
    assert len(set(older)) == 1


def test_a_config_with_faults_names_them_all(full, tmp_path):
    (tmp_path / "bad.yaml").write_text("candidates: linear\nsed: 3\n")
    with pytest.raises(PlanError) as caught:
        full[0].train(config=tmp_path / "bad.yaml")
    assert len(caught.value.faults) == 2


def test_a_config_that_is_not_there_is_named(full, tmp_path):
    with pytest.raises(NotFoundError, match="gone"):
        full[0].train(config=tmp_path / "gone.yaml")


def test_the_readme_is_stale_when_the_data_changed(tmp_path, monkeypatch):
    data = orders(tmp_path / "orders.csv")
    monkeypatch.chdir(tmp_path)
    init("late-orders", data, target="late", layout="full")
    pl.read_csv(data).head(800).write_csv(data)
    told = run(["-m", "pytest", "-q", "tests/test_readme.py"], tmp_path / "late-orders")
    assert told.returncode == 1
    assert "| Rows | 800 |" in told.stdout
    assert run(["-m", "late_orders.datasets"], tmp_path / "late-orders").returncode == 0
    again = run(["-m", "pytest", "-q", "tests/test_readme.py"], tmp_path / "late-orders")
    assert again.returncode == 0, again.stdout


def test_the_image_starts_no_server(full):
    text = (full[0].root / "docker" / "Dockerfile").read_text()
    assert text.splitlines()[-1] == 'CMD ["seatrial", "check"]'
    assert "EXPOSE" not in text


@pytest.mark.parametrize("name", ["data", "json", "class", "tests"])
def test_a_name_that_no_package_can_have_is_refused_before_anything_is_written(
    name, tmp_path, monkeypatch
):
    data = orders(tmp_path / "orders.csv")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="can't name a package"):
        init(name, data, layout="full")
    assert [each.name for each in tmp_path.iterdir()] == ["orders.csv"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, monkeypatch):
    data = orders(tmp_path / "orders.csv")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    with pytest.raises(ConflictError):
        init("shop", data)
    assert (tmp_path / "shop" / "mine.txt").read_text() == "mine"


def test_no_mark_is_left_in_a_template():
    for path, text in full_files("late-orders", "| Rows | 3 |").items():
        assert not [word for word in ("@name@", "@package@", "@described@") if word in text], path
        assert "package/" not in path


def test_a_package_is_named_after_the_project():
    assert package_name("late-orders") == "late_orders"


def test_groups_that_may_not_be_treated_differently_are_held_against_each_other(
    tmp_path, monkeypatch
) -> None:
    random = np.random.default_rng(0)
    income = random.normal(size=3000)
    frame = pl.DataFrame(
        {
            "income": income,
            "plan": random.choice(["basic", "full"], 3000),
            "a": random.choice(
                ["White", "Black", "Asian", "Other"], 3000, p=[0.6, 0.3, 0.09, 0.01]
            ),
            "applicant_sex": random.choice([0, 1], 3000),
            "granted": income + random.normal(size=3000) > 0,
        }
    )
    frame.write_csv(tmp_path / "loans.csv")
    monkeypatch.chdir(tmp_path)
    init("loans", tmp_path / "loans.csv", target="granted")
    drafted = [
        line
        for line in (tmp_path / "loans" / "plan.yaml").read_text().splitlines()
        if "gap" in line
    ]
    assert [line.split('"')[1] for line in drafted] == [
        "gap recall by a <= 0.2",
        "gap recall by applicant_sex <= 0.2",
    ]
    assert "groups: Asian, Black, Other, White" in drafted[0]
    context = YAML(typ="safe").load((tmp_path / "loans" / "plan.yaml").read_text())["data"][
        "context"
    ]
    assert context == ["a", "applicant_sex"]  # not shown to the model
