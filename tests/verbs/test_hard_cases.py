"""What a user of real projects runs into, each with an answer instead of an end."""

import csv
import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.errors import CodeError, PlanError
from seatrial.verbs.doctor import doctor
from seatrial.verbs.materials import raw
from seatrial.verbs.runs import runs
from seatrial.verbs.slices import slices
from seatrial.verbs.why import stale_claims

PLAN = """
version: 1
project: hard
owners: {{default: ann}}
task: {{kind: classification, target: y}}
data:
  sources: {{rows: {{uri: rows.csv}}}}
  key: id
  features: {{drop: [{drop}]}}
train: {{candidates: [{candidates}]{features}}}
optimize: balanced_accuracy
claims: [{claims}]
"""


def project(
    folder: Path,
    *,
    candidates: str = "linear",
    features: str = "",
    drop: str = "",
    claims: str = "accuracy >= 0.1",
    noise: float = 0.0,
    unlabelled: int = 0,
    moments: bool = False,
):
    dice = random.Random(2)
    with (folder / "rows.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["id", "a", "b", "group", "y", *(["at"] if moments else [])])
        for place in range(600):
            a, b = dice.gauss(0, 1), dice.gauss(0, 1)
            is_yes = dice.random() < 0.5 if dice.random() < noise else a + b / 2 > 0
            answer = "" if place < unlabelled else "yes" if is_yes else "no"
            group = "rare" if place % 60 == 0 else "xy"[place % 2]
            at = [f"2026-03-{1 + place % 28:02d}T{place % 24:02d}:00:00"] if moments else []
            out.writerow([place, round(a, 3), round(b, 3), group, answer, *at])
    text = PLAN.format(candidates=candidates, features=features, drop=drop, claims=claims)
    (folder / "plan.yaml").write_text(text)
    return seatrial.open(folder)


@pytest.mark.parametrize(
    "estimator",
    [
        "ensemble.RandomForestClassifier(5, random_state=0)",
        "ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0)",
        "tree.DecisionTreeClassifier(random_state=0)",
        "neighbors.KNeighborsClassifier()",
        "calibration.CalibratedClassifierCV(linear_model.LogisticRegression())",
        "neural_network.MLPClassifier((8,), max_iter=100, random_state=0)",
    ],
)
def test_estimators_of_scikit_learn_are_trained_archived_and_judged(tmp_path, estimator) -> None:
    names = "calibration, ensemble, linear_model, neighbors, neural_network, tree"
    (tmp_path / "mine.py").write_text(
        "import warnings\n\nfrom sklearn.pipeline import make_pipeline\n"
        f"from sklearn import {names}\n\nwarnings.simplefilter('ignore')\n\n\n"
        f"def build(preprocess):\n    return make_pipeline(preprocess, {estimator})\n"
    )
    opened = project(tmp_path, candidates='"mine:build"')
    assert opened.train().chosen == "mine:build"
    assert opened.check().judgements[0].verdict == "pass"


def test_a_model_without_features_is_measured_like_any_other(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("seatrial.probes.candidate.BUSY", float("inf"))
    claims = "latency_ms(p50) <= 1 s, memory_mb <= 2 GB, numerically_stable"
    opened = project(tmp_path, claims=claims, noise=1.0)
    assert opened.train().chosen == "majority"
    assert [each.verdict for each in opened.check().judgements] == ["pass"] * 3


def test_features_that_give_nan_and_infinity_are_missing_values(tmp_path) -> None:
    (tmp_path / "feats.py").write_text(
        "import numpy as np\n\n\ndef gap(a):\n    return np.where(a > 0, a, np.nan)\n\n\n"
        "def inverse(b):\n    return 1.0 / np.round(b, 0)\n"
    )
    opened = project(tmp_path, features=", features: feats")
    assert opened.train().kept.candidate.features == ("a", "b", "group", "gap", "inverse")
    assert opened.check().judgements[0].evidence is not None


def test_a_candidate_whose_features_read_a_moment_is_looked_at_like_any_other(tmp_path) -> None:
    (tmp_path / "feats.py").write_text(
        "def is_late(at):\n    return (at - at.astype('datetime64[D]')).astype(float) > 4e10\n"
    )
    opened = project(tmp_path, features=", features: feats", moments=True)
    assert opened.train().kept.candidate.features[-1] == "is_late"
    found = {each.id: each for each in doctor(opened).checks}
    assert found["no_unexpected_slice"].verdict == "pass"
    assert found["invariant_to_row_order"].verdict == "pass"
    assert slices(opened).looked_at > 0


RIDGE = """
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline


def build(preprocess):
    return make_pipeline(preprocess, Ridge())
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys\n\nsys.exit(3)\n", "importing it raised SystemExit"),
        ("def build(foo):\n    return foo\n", "the builder asks for foo"),
        (RIDGE, "Pipeline, which is no classifier"),
    ],
)
def test_code_that_can_not_be_used_is_said(tmp_path, code, said) -> None:
    (tmp_path / "mine.py").write_text(code)
    opened = project(tmp_path, candidates='"mine:build"')
    with pytest.raises(CodeError, match=said):
        opened.train()


def test_evidence_older_than_its_claim_allows_is_stale_and_measured_again(tmp_path) -> None:
    project(tmp_path, claims="{claim: accuracy >= 0.1, fresh: 7d}, {claim: recall >= 0.01}")
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    seatrial.open(tmp_path, clock=clock).train()
    assert seatrial.open(tmp_path, clock=clock).check().measured == 2
    clock.advance(days=8)
    assert stale_claims(seatrial.open(tmp_path, clock=clock)) == ("accuracy",)
    again = seatrial.open(tmp_path, clock=clock).check()
    assert again.measured == 1
    assert [each.verdict for each in again.judgements] == ["pass", "pass"]


def test_groups_that_were_too_few_are_named_beside_a_pass(tmp_path) -> None:
    opened = project(tmp_path, claims="worst accuracy by group >= 0.5")
    opened.train()
    judgement = opened.check().judgements[0]
    assert (judgement.verdict, judgement.reason) == ("pass", "too few to tell: rare")


def test_rows_without_a_target_are_counted(tmp_path) -> None:
    assert project(tmp_path, unlabelled=50).train().unlabelled == 50


def test_a_search_for_what_no_run_has_is_said(tmp_path) -> None:
    opened = project(tmp_path)
    opened.train()
    with pytest.raises(PlanError, match=r"no run has a value called secs\. nearest: seconds"):
        runs(opened, where="secs < 1")


def test_faults_of_keys_claims_and_bounds_are_shown_together(tmp_path) -> None:
    project(tmp_path, claims="recal >= 0.5, accuracy >= 45")
    path = tmp_path / "plan.yaml"
    path.write_text(path.read_text().replace("key: id", "key: id\n  kez: id"))
    with pytest.raises(PlanError) as caught:
        seatrial.open(tmp_path).train()
    facts = " ".join(fault.fact for fault in caught.value.faults)
    assert "no key `kez`" in facts
    assert "no metric is called recal" in facts


def test_a_yaml_tag_builds_nothing_and_is_refused_with_a_place(tmp_path) -> None:
    tag = "seed: !!python/object/apply:os.system [touch owned]"
    project(tmp_path, features=f", {tag}")
    with pytest.raises(PlanError, match=r"plan.yaml:\d+: `train.seed`"):
        seatrial.open(tmp_path).train()
    assert not (tmp_path / "owned").exists()


def test_a_moment_that_is_missing_is_no_time_and_the_others_are_themselves() -> None:
    at = datetime(2024, 5, 6, 7, 8, 9, 10)  # noqa: DTZ001 — as tables hold them
    given = raw(pl.Series("at", [at, None]))
    assert given.dtype.kind == "M"
    assert given[0] == np.datetime64(at)
    assert np.isnat(given[1])
