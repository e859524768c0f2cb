"""Training chooses on dev, reads no test row, and keeps the simplest of equals."""

import csv
import random
from contextlib import closing
from pathlib import Path

import pytest

import seatrial
from seatrial.core.errors import CodeError, PlanError
from seatrial.models.export import LEAST_ROWS
from seatrial.verbs.chain import Chain
from seatrial.verbs.doctor import doctor
from seatrial.verbs.errors import errors
from seatrial.verbs.materials import Materials
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.plan import lint
from seatrial.verbs.roles import Missing
from seatrial.verbs.slices import slices
from seatrial.verbs.train import newest

ROWS = 3_000
PLAN = """
version: 1
project: members
owners: {{default: ann}}
task: {{kind: classification, target: "left = 'yes'"{errors}}}
data:
  sources:
    people: {{uri: people.csv}}
  key: id
  features: {{drop: [{drop}], forbid: [refund]}}
  context: [region]
train:
  candidates: [{candidates}]
  {features}
optimize: recall
claims:
  - {claim}
release:
  fallback: months < 6
"""


def write_people(path: Path) -> None:
    """Leaving depends on a product of two columns, which a line can't draw."""
    dice = random.Random(5)
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["id", "months", "visits", "region", "refund", "joined", "left"])
        for place in range(ROWS):
            months, visits = dice.uniform(0, 24), dice.uniform(-1, 1)
            chance = 0.75 if (months > 12) == (visits > 0) else 0.15
            left = dice.random() < chance
            joined = f"2024-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
            refund = f"{dice.random() if left else 0:.3f}"
            region = dice.choice("NS")
            rows.writerow(
                [
                    place,
                    f"{months:.2f}",
                    f"{visits:.3f}",
                    region,
                    refund,
                    joined,
                    "yes" if left else "no",
                ]
            )


def project(
    folder: Path,
    *,
    candidates: str = "linear, boosted",
    drop: str = "",
    errors: str = "",
    features: str = "seed: 0",
    claim: str = "precision >= 0.3",
) -> seatrial.verbs.project.Project:
    if not (folder / "people.csv").exists():
        write_people(folder / "people.csv")
    text = PLAN.format(
        candidates=candidates, drop=drop, errors=errors, features=features, claim=claim
    )
    (folder / "plan.yaml").write_text(text)
    return seatrial.open(folder)


def test_the_candidate_that_finds_more_is_kept(tmp_path) -> None:
    assert project(tmp_path, claim="precision >= 0.55").train().chosen == "boosted"


def test_a_simpler_one_that_is_not_proved_worse_is_kept(tmp_path) -> None:
    done = project(tmp_path, candidates='linear, "mine:same"', claim="precision >= 0.3")
    builder = "from seatrial.models.estimators import linear\n\n\ndef same(contract, seed):\n    return linear(contract, seed=seed)\n"
    (tmp_path / "mine.py").write_text(builder)
    training = done.train()
    assert training.chosen == "linear"


def test_training_reads_no_row_of_test(tmp_path) -> None:
    opened = project(tmp_path)
    opened.train()
    parts = {entry.payload["part"] for entry in opened.ledger.find("scores")}
    assert parts == {"dev"}


def test_a_check_reads_the_test_part_once_for_a_candidate_and_counts_it(tmp_path) -> None:
    opened = project(tmp_path)
    opened.train()
    assert opened.check().uses == 1
    assert opened.check(again=True).uses == 1
    other = project(tmp_path, candidates="linear", drop="visits")
    other.train()
    assert other.check().uses == 2


def test_what_has_not_changed_is_not_trained_again(tmp_path) -> None:
    project(tmp_path).train()
    told: list[str] = []
    again = project(tmp_path).train(tell=told.append)
    assert told == []
    assert all(rung.reused for rung in again.rungs)


def test_costs_move_the_threshold(tmp_path) -> None:
    def threshold(errors: str) -> float:
        opened = project(tmp_path, candidates="boosted", errors=errors)
        opened.train()
        chain = Chain(opened)
        return chain.on_file(chain.recipe("boosted")).threshold

    dear_misses = threshold(", errors: {false_negative: 90, false_positive: 10}")
    dear_alarms = threshold(", errors: {false_negative: 10, false_positive: 90}")
    assert dear_misses < 0.3
    assert dear_alarms > 0.7


def test_key_target_context_forbidden_and_moments_are_not_shown_to_the_model(tmp_path) -> None:
    opened = project(tmp_path)
    opened.train()
    chain = Chain(opened)
    assert chain.on_file(chain.recipe("boosted")).features == ("months", "visits")


def test_a_feature_function_may_read_dropped_columns_and_moments(tmp_path) -> None:
    opened = project(tmp_path, candidates="boosted", drop="visits", features="features: feats")
    (tmp_path / "feats.py").write_text(
        "import numpy as np\n\n\n"
        "def crossed(months, visits):\n    return (months > 12) == (visits > 0)\n\n\n"
        "def month(joined):\n    return joined.astype('datetime64[M]').astype(int) % 12 + 1.0\n"
    )
    opened.train()
    chain = Chain(opened)
    candidate = chain.on_file(chain.recipe("boosted"))
    assert candidate.features == ("months", "crossed", "month")
    assert opened.check().judgements[0].evidence is not None


@pytest.mark.parametrize("column", ["refund", "left"])
def test_a_feature_function_may_not_read_what_is_forbidden(tmp_path, column) -> None:
    opened = project(tmp_path, features="features: feats")
    (tmp_path / "feats.py").write_text(f"def sly({column}):\n    return {column}\n")
    with pytest.raises(CodeError, match=f"reads {column}, which is forbidden"):
        opened.train()


def test_a_claim_on_a_column_that_is_not_there_is_named_with_its_line(tmp_path) -> None:
    opened = project(tmp_path, claim="precision >= 0.3 where regoin = 'N'\n  - precision >= 0.2")
    with pytest.raises(
        PlanError, match=r"plan.yaml:\d+: no column is called regoin. nearest: region"
    ):
        opened.train()


def test_a_kind_whose_columns_the_plan_does_not_name_is_said(tmp_path) -> None:
    project(tmp_path)
    path = tmp_path / "plan.yaml"
    path.write_text(path.read_text().replace("kind: classification", "kind: text"))
    with pytest.raises(PlanError, match="no column is free text"):
        seatrial.open(tmp_path).train()


def test_a_run_holds_what_it_takes_to_do_it_again(tmp_path) -> None:
    opened = project(tmp_path)
    opened.train()
    run = opened.ledger.find("run")[0].payload
    assert {
        "code",
        "data",
        "environment",
        "seed",
        "parameters",
        "metrics",
        "seconds",
        "peak_mb",
    } <= set(run)


def test_nothing_trained_is_nothing_to_give(tmp_path) -> None:
    found = Measuring(project(tmp_path)).roles.candidate()
    assert found == Missing("no candidate has been trained", "seatrial train")


def test_a_fast_form_is_proved_on_rows_of_train_where_dev_has_too_few(shop) -> None:
    with closing(seatrial.open(shop)) as project:
        chain = Chain(project)
        kept = chain.on_file(chain.recipe("builders:plain"))
        scorer = Materials(chain).scorer(kept)
        dev = chain.split.parts["dev"].rows
    assert kept.form == "onnx"
    assert dev < LEAST_ROWS == scorer.header.parity.rows


def with_people(folder: Path, truth: str) -> seatrial.verbs.project.Project:
    """The members, and an expert's answer beside each: right in 95 % of the rows, in region N in half of them."""
    write_people(folder / "people.csv")
    dice = random.Random(6)
    with (folder / "people.csv").open() as stream:
        head, *rows = csv.reader(stream)
    with (folder / "people.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow([*head, "expert"])
        for row in rows:
            is_right = dice.random() < (0.5 if row[3] == "N" else 0.95)
            out.writerow([*row, int((row[-1] == "yes") is is_right)])
    opened = project(folder, candidates="linear")
    plan = folder / "plan.yaml"
    text = plan.read_text() + "baselines:\n  people: {column: expert}\n"
    plan.write_text(text.replace("target: \"left = 'yes'\"", f"target: \"left = 'yes'\"{truth}"))
    opened.close()
    return seatrial.open(folder)


@pytest.mark.parametrize(
    ("truth", "caveat", "advised", "is_known"),
    [
        (", truth: outcome", "", False, True),
        (", truth: person", "agreement with another person's label", False, False),
        ("", "say `task.truth`", True, True),
    ],
)
def test_people_are_measured_by_slice_and_against_another_persons_label_only_in_agreement(
    tmp_path, truth, caveat, advised, is_known
) -> None:
    with closing(with_people(tmp_path, truth)) as opened:
        training = opened.train()
        people = next(each for each in training.rungs if each.candidate.family == "given:people")
        assert (caveat in people.caveat) is True
        assert bool(people.caveat) is bool(caveat)
        assert newest(opened).rungs[training.rungs.index(people)].caveat == people.caveat
        facts = [each.fact for each in lint(opened)]
        assert ("whether the target is another person's label isn't said" in facts) is advised
        found = slices(opened, metric="accuracy", least=20)
        assert "expert" not in found.columns
        assert found.people.low < 0.73 < found.people.high
        assert found.slices
        for each in found.slices:
            right = 0.5 if "'N'" in each.where else 0.95 if "'S'" in each.where else 0.725
            assert each.people.low - 0.1 < right < each.people.high + 0.1
            assert each.people.n == each.estimate.n
        assert slices(opened, metric="accuracy", least=20).people == found.people
        parts = dict(doctor(opened).parts.parts)
        assert parts["irreducible"].measured is is_known


def test_people_are_a_rung_and_nothing_that_can_be_kept(tmp_path) -> None:
    with closing(with_people(tmp_path, ", truth: outcome")) as opened:
        plan = tmp_path / "plan.yaml"
        text = plan.read_text()
    plan.write_text(text.replace("optimize: recall", "optimize: accuracy"))
    with closing(seatrial.open(tmp_path)) as opened:
        training = opened.train()
        people = next(each for each in training.rungs if each.candidate.family == "given:people")
        best = training.kept.metrics["accuracy"].value
        assert people.metrics["accuracy"].value > best
        assert training.chosen in {"rule", "linear"}
        assert errors(opened, against="people").to_json() | {"against": ""} == errors(
            opened, against="given:people"
        ).to_json() | {"against": ""}
    plan.write_text(text.replace("column: expert", "column: nosuch"))
    with closing(seatrial.open(tmp_path)) as opened, pytest.raises(PlanError, match="nosuch"):
        opened.train()
