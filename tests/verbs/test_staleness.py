"""An edit makes stale what it touched and nothing else, and `why` names what was edited."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import seatrial
from seatrial.probes.data import MissingProbe
from seatrial.verbs import recipe, roles
from seatrial.verbs.why import stale_claims

Edit = Callable[[Path], None]

TEST_ANSWERS = {"precision", "recall-b", "gap-recall.by-store", "recall.vs-rule", "coverage"}
ORDER = 11

SERVED = {"latency_ms-p90", "memory_mb"}
"""Measured on the archive that is served: whatever changes its bytes makes them stale."""
CANDIDATE = {*SERVED, "benefit-hour", "numerically_stable", "reproducible", "allowed_features"}
SNAPSHOT = {"rows", "duplicates", "no_leakage"}
RETRAINED = TEST_ANSWERS | CANDIDATE
RESHAPED = RETRAINED | {"schema", "no_leakage"}
EVERYTHING = RESHAPED | SNAPSHOT | {"missing-age"}


def replaced(name: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        text = (root / name).read_text()
        assert text.count(old) == 1
        (root / name).write_text(text.replace(old, new))

    return edit


def plan(old: str, new: str) -> Edit:
    return replaced("plan.yaml", old, new)


def order(line: str) -> Edit:
    def edit(root: Path) -> None:
        with (root / "orders.csv").open("a") as stream:
            stream.write(f"{line}\n")

    return edit


def cell(column: str, value: str) -> Edit:
    """Change a cell of the order below, which stands in the test part and was in time."""

    def edit(root: Path) -> None:
        lines = (root / "orders.csv").read_text().splitlines()
        cells = lines[ORDER].split(",")
        cells[lines[0].split(",").index(column)] = value
        (root / "orders.csv").write_text(
            "\n".join([*lines[:ORDER], ",".join(cells), *lines[ORDER + 1 :]])
        )

    return edit


def new_column(*, kept: bool) -> Edit:
    def edit(root: Path) -> None:
        header, *lines = (root / "orders.csv").read_text().splitlines()
        wider = [f"{header},weight", *(f"{line},{place % 7}" for place, line in enumerate(lines))]
        (root / "orders.csv").write_text("\n".join(wider))
        if not kept:
            plan("drop: [clerk]", "drop: [clerk, weight]")(root)

    return edit


NOTHING_STALE = {
    "a bound": plan("precision >= 0.5", "precision >= 0.6"),
    "the sign of a bound": plan("precision >= 0.5", "precision > 0.5"),
    "the unit of a bound": plan("<= 1 s", "<= 1000 ms"),
    "an owner": plan("store = 'B'\"", "store = 'B'\", owner: engineering"),
    "the name behind an owner": plan("default: ada", "default: edith"),
    "a commitment": plan("id: recall-b", "id: recall-b, commitment: target"),
    "a freshness": plan("id: recall-b", "id: recall-b, fresh: 7d"),
    "a draft": plan("id: recall-b", "id: recall-b, draft: true"),
    "a waiver": plan(
        "id: recall-b", "id: recall-b, waived: {reason: new, by: ada, until: 2099-01-01}"
    ),
    "the id of a claim": plan("id: recall-b", "id: recall-in-b"),
    "another order of the claims": plan(
        "  - precision >= 0.5\n  - {claim: \"recall >= 0.2 where store = 'B'\", id: recall-b}\n",
        "  - {claim: \"recall >= 0.2 where store = 'B'\", id: recall-b}\n  - precision >= 0.5\n",
    ),
    "a slice in other words": plan("where store = 'B'", "where  (store) == 'B'"),
    "a hazard": plan("hazards:\n", "hazards:\n  - {what: The list is too long, claim: coverage}\n"),
    "a comment in the plan": plan("optimize: recall", "optimize: recall  # as agreed"),
    "a licence": plan("CC0-1.0", "MIT"),
    "a path of releases": plan("release:\n", "release:\n  path: [shadow, full]\n"),
    "a further family to try": plan('["builders:plain"]', '["builders:plain", boosted]'),
    "a comment in the user's code": replaced("feats.py", ">= 17\n\n", ">= 17  # five o'clock\n\n"),
    "a docstring in the user's code": replaced(
        "feats.py", "def evening(hour):", 'def evening(hour):\n    """After five."""'
    ),
    "the layout of the user's code": replaced("feats.py", "return hour >= 17", "return (hour>=17)"),
}


@pytest.mark.parametrize("edit", NOTHING_STALE.values(), ids=NOTHING_STALE.keys())
def test_an_edit_that_changes_no_measurement_makes_no_claim_stale(copy_of_shop, edit) -> None:
    edit(copy_of_shop)
    assert stale_claims(seatrial.open(copy_of_shop)) == ()


STALE: dict[str, tuple[Edit, set[str], str, list[str]]] = {
    "a slice": (plan("store = 'B'", "store = 'C'"), {"recall-b"}, "recall-b", ["where"]),
    "the column of a slice": (
        plan("store = 'B'", "region = 'north'"),
        {"recall-b"},
        "recall-b",
        ["where", "column region of orders"],
    ),
    "what is measured of a slice": (
        plan("recall >= 0.2 where", "specificity >= 0.2 where"),
        {"recall-b"},
        "recall-b",
        ["measure"],
    ),
    "the part that a claim is measured on": (
        plan("recall >= 0.2 where", "recall on dev >= 0.2 where"),
        {"recall-b"},
        "recall-b",
        ["measure"],
    ),
    "the shares of the split": (
        plan("train: 0.6, dev: 0.2", "train: 0.5, dev: 0.3"),
        RESHAPED,
        "precision",
        ["data.split.dev", "data.split.train"],
    ),
    "the salt of the split": (
        plan("salt: a", "salt: b"),
        RESHAPED,
        "schema",
        ["data.split.salt"],
    ),
    "another kind of split": (
        plan("{by: hash,", "{by: group, group: clerk,"),
        RESHAPED,
        "no_leakage",
        ["data.split.by", "data.split.group"],
    ),
    "a feature dropped": (
        plan("drop: [clerk]", "drop: [clerk, items]"),
        RESHAPED,
        "latency_ms-p90",
        ["data.features.drop[1]", "column items of orders"],
    ),
    "a feature taken back": (
        plan("drop: [clerk]", "drop: []"),
        RESHAPED,
        "precision",
        ["data.features.drop[0]", "column clerk of orders"],
    ),
    "a feature forbidden": (
        plan("forbid: [arrived]", "forbid: [arrived, items]"),
        RESHAPED,
        "allowed_features",
        ["data.features.forbid[1]", "column items of orders"],
    ),
    "a feature made context": (
        plan("context: [region]", "context: [region, items]"),
        RESHAPED,
        "coverage",
        ["data.context[1]", "column items of orders"],
    ),
    "the seed": (plan("seed: 1", "seed: 2"), RETRAINED, "precision", ["train.seed"]),
    "the optimised metric": (
        plan("optimize: recall", "optimize: f1"),
        RETRAINED,
        "memory_mb",
        ["optimize"],
    ),
    "the costs of errors": (
        plan(
            "minutes_late >= 15",
            "minutes_late >= 15\n  errors: {false_negative: 9, false_positive: 2}",
        ),
        RETRAINED,
        "precision",
        [
            "optimize",
            "task.errors.false_negative",
            "task.errors.false_positive",
            "task.errors.unit",
        ],
    ),
    "the target": (
        plan("minutes_late >= 15", "minutes_late >= 16"),
        RETRAINED | {"no_leakage"},
        "precision",
        ["task.target"],
    ),
    "the fallback": (
        plan("hour >= 20", "hour >= 19"),
        {"recall.vs-rule"},
        "recall.vs-rule",
        ["release.fallback"],
    ),
    "the confidence of a decision": (
        plan("confidence: 0.7", "confidence: 0.8"),
        {"coverage"},
        "coverage",
        ["release.confidence"],
    ),
    "what is resampled": (
        plan("key: order_id", "key: order_id\n  unit: day"),
        TEST_ANSWERS | {"benefit-hour", "no_leakage"},
        "precision",
        ["data.unit"],
    ),
    "an exclusion": (
        plan("key: order_id", "key: order_id\n  exclude: [{where: items = 8, because: bulk}]"),
        EVERYTHING,
        "missing-age",
        ["data.exclude[0].because", "data.exclude[0].where"],
    ),
    "a feature function": (
        replaced("feats.py", "    return hour >= 17\n\n", "    return hour >= 18\n\n"),
        RETRAINED,
        "precision",
        ["code feats.evening"],
    ),
    "a further feature function": (
        replaced(
            "feats.py",
            "def evening",
            "def early(hour):\n    return hour < 10\n\n\ndef evening",
        ),
        RETRAINED,
        "latency_ms-p90",
        ["code feats.early"],
    ),
    "a builder": (
        replaced("builders.py", "max_iter=500", "max_iter=500, C=0.1"),
        RETRAINED,
        "reproducible",
        ["code builders.plain"],
    ),
    "a row that falls to train": (
        order("3002,4,18,B,north,2,40,7,1100,12.0"),
        EVERYTHING,
        "precision",
        ["rows of orders"],
    ),
    "a row that falls to dev": (
        order("3000,4,18,B,north,2,40,7,1100,12.0"),
        EVERYTHING,
        "latency_ms-p90",
        ["rows of orders"],
    ),
    "a row that falls to test": (
        order("3009,4,18,B,north,2,40,7,1100,12.0"),
        TEST_ANSWERS | SNAPSHOT | {"schema", "missing-age"},
        "precision",
        ["rows of orders"],
    ),
    "a cell of a joined column": (
        replaced("days.csv", "\n2,", "\n2,1"),
        RESHAPED | SNAPSHOT,
        "precision",
        ["column rain of days"],
    ),
    "a cell of a dropped column": (
        cell("clerk", "7"),
        SNAPSHOT,
        "rows",
        ["column clerk of orders"],
    ),
    "a cell of a context column": (
        cell("region", "west"),
        SNAPSHOT,
        "no_leakage",
        ["column region of orders"],
    ),
    "a cell of a feature, in test": (
        cell("age", "91"),
        TEST_ANSWERS | SNAPSHOT | {"schema", "missing-age"},
        "missing-age",
        ["column age of orders"],
    ),
    "a target that changes sides, in test": (
        cell("minutes_late", "99.0"),
        TEST_ANSWERS | SNAPSHOT,
        "precision",
        ["column minutes_late of orders"],
    ),
    "a target that stays on its side": (
        cell("minutes_late", "-99.0"),
        SNAPSHOT,
        "duplicates",
        ["column minutes_late of orders"],
    ),
    "a new column that is dropped": (
        new_column(kept=False),
        SNAPSHOT,
        "rows",
        ["column weight of orders"],
    ),
    "a new column that becomes a feature": (
        new_column(kept=True),
        RESHAPED | SNAPSHOT,
        "precision",
        ["column weight of orders"],
    ),
}


@pytest.mark.parametrize(("edit", "stale", "claim", "changed"), STALE.values(), ids=STALE.keys())
def test_an_edit_makes_exactly_these_claims_stale_and_why_names_it(
    copy_of_shop, edit, stale, claim, changed
) -> None:
    edit(copy_of_shop)
    project = seatrial.open(copy_of_shop)
    assert set(stale_claims(project)) == stale
    assert [each.input for each in project.why(claim).changed] == changed


def test_every_edit_of_several_is_named(copy_of_shop) -> None:
    plan("seed: 1", "seed: 2")(copy_of_shop)
    plan("salt: a", "salt: b")(copy_of_shop)
    replaced("feats.py", "    return hour >= 17\n\n", "    return hour >= 18\n\n")(copy_of_shop)
    changed = seatrial.open(copy_of_shop).why("precision").changed
    assert [each.input for each in changed] == [
        "data.split.salt",
        "train.seed",
        "code feats.evening",
    ]


def test_another_host_makes_stale_what_was_timed_here(copy_of_shop, monkeypatch) -> None:
    monkeypatch.setattr(roles, "host", lambda: {"processor": "another", "cores": "96"})
    project = seatrial.open(copy_of_shop)
    assert set(stale_claims(project)) == SERVED
    assert [each.input for each in project.why("memory_mb").changed] == ["host"]


def test_what_was_measured_on_another_host_is_said_to_be(copy_of_shop, monkeypatch) -> None:
    monkeypatch.setattr(roles, "host", lambda: {"processor": "another", "cores": "96"})
    judgement = seatrial.open(copy_of_shop).why("latency_ms-p90").judgement
    assert (judgement.verdict, judgement.reason) == ("unknown", "measured elsewhere")


def test_another_library_makes_stale_what_was_trained_with_it(copy_of_shop, monkeypatch) -> None:
    monkeypatch.setattr(recipe, "version", lambda name: f"{name} 99")
    project = seatrial.open(copy_of_shop)
    assert set(stale_claims(project)) == RETRAINED
    assert [each.input for each in project.why("precision").changed] == [
        "environment numpy",
        "environment onnxruntime",
        "environment scikit-learn",
    ]


def test_a_new_version_of_a_probe_makes_stale_what_the_old_one_measured(
    copy_of_shop, monkeypatch
) -> None:
    monkeypatch.setattr(MissingProbe, "version", 2)
    project = seatrial.open(copy_of_shop)
    assert stale_claims(project) == ("missing-age",)
    assert [each.input for each in project.why("missing-age").changed] == ["probe"]


def test_a_refactored_builder_leaves_everything_fresh_once_it_is_trained(copy_of_shop) -> None:
    replaced(
        "builders.py",
        "    return make_pipeline(preprocess, LogisticRegression(max_iter=500, random_state=seed))",
        "    model = LogisticRegression(random_state=seed, max_iter=500)\n"
        "    return make_pipeline(preprocess, model)",
    )(copy_of_shop)
    assert set(stale_claims(seatrial.open(copy_of_shop))) == RETRAINED
    seatrial.open(copy_of_shop).train()
    assert stale_claims(seatrial.open(copy_of_shop)) == ()


def test_refactored_features_with_equal_answers_leave_the_evidence_on_answers(copy_of_shop) -> None:
    before = seatrial.open(copy_of_shop).check(only=sorted(TEST_ANSWERS), measure=False)
    replaced("feats.py", "    return hour >= 17\n\n", "    return 17 <= hour\n\n")(copy_of_shop)
    seatrial.open(copy_of_shop).train()
    after = seatrial.open(copy_of_shop).check(only=sorted(TEST_ANSWERS))
    assert after.candidate.artefact != before.candidate.artefact
    assert after.measured == 0
    assert [each.evidence for each in after.judgements] == [
        each.evidence for each in before.judgements
    ]


def test_an_edit_that_is_taken_back_makes_everything_fresh_again(copy_of_shop) -> None:
    plan("drop: [clerk]", "drop: [clerk, items]")(copy_of_shop)
    plan("drop: [clerk, items]", "drop: [clerk]")(copy_of_shop)
    assert stale_claims(seatrial.open(copy_of_shop)) == ()


def test_checking_measures_only_what_is_stale(copy_of_shop) -> None:
    plan("store = 'B'", "store = 'C'")(copy_of_shop)
    checked = seatrial.open(copy_of_shop).check()
    assert checked.measured == 1
    assert stale_claims(seatrial.open(copy_of_shop)) == ()


def test_a_check_of_what_is_stale_measures_what_needs_no_training(copy_of_shop) -> None:
    order("3002,4,18,B,north,2,40,7,1100,12.0")(copy_of_shop)
    seatrial.open(copy_of_shop).check()
    assert set(stale_claims(seatrial.open(copy_of_shop))) == RETRAINED


def test_a_plan_that_no_candidate_was_trained_for_is_unknown_not_an_error(copy_of_shop) -> None:
    shutil.rmtree(copy_of_shop / ".seatrial")
    checked = seatrial.open(copy_of_shop).check(only=["precision", "schema", "missing-age"])
    assert [each.verdict for each in checked.judgements] == ["unknown", "pass", "pass"]
    assert checked.judgements[0].reason == "no candidate has been trained"


def test_a_moved_bound_moves_the_threshold_of_the_next_training(copy_of_shop) -> None:
    plan("precision >= 0.5", "precision >= 0.8")(copy_of_shop)
    kept = seatrial.open(copy_of_shop).train().kept
    assert kept.excluded is None


def test_a_moved_bound_does_not_make_a_training_irreproducible(copy_of_shop) -> None:
    plan("precision >= 0.5", "precision >= 0.8")(copy_of_shop)
    checked = seatrial.open(copy_of_shop).check(only=["reproducible"], again=True)
    assert checked.judgements[0].verdict == "pass"
