"""Candidates tried one after the other on one test part: chance lets none of them keep a guarantee too easily."""

from contextlib import closing
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.core.estimate import Estimate
from seatrial.judging.verdicts import Filed, judge, widened
from seatrial.plan.claims import parse_claim
from seatrial.records.claim import Claim
from seatrial.records.evidence import Evidence
from seatrial.records.metrics import GLOSSARY
from seatrial.stats import wilson

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS, BOUND, TRIED, TRIALS = 800, 0.8, 10, 1_000


def judged(text: str, estimate: Estimate, readers: int, commitment: str = "guarantee"):
    measure, bound, _ = parse_claim(text)
    claim = Claim("a", measure, bound, None, commitment, "ada")
    evidence = Evidence("k", text, "predictions", estimate)
    metric = GLOSSARY[measure.metric]
    return judge(claim, metric, Filed(evidence), stage="offline", now=NOW, readers=readers)


@pytest.mark.truth
def test_of_ten_candidates_at_the_bound_hardly_ever_one_passes() -> None:
    """One-sided, 2.5 % are allowed for all ten; judged one by one, a fifth of the trials has one that passes."""
    random = np.random.default_rng(0)
    hits = random.binomial(ROWS, BOUND, (TRIALS, TRIED))
    low = {each: wilson(int(each), ROWS) for each in np.unique(hits)}
    alone = np.array([[low[each].low >= BOUND for each in row] for row in hits])
    many = np.array([[widened(low[each], TRIED).low >= BOUND for each in row] for row in hits])
    assert alone.any(axis=1).mean() > 0.12
    assert many.any(axis=1).mean() <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / TRIALS)


def test_what_holds_alone_and_not_for_so_many_is_unknown_and_says_why() -> None:
    near = wilson(int(0.835 * ROWS), ROWS)
    assert judged("recall >= 0.8", near, 1).verdict == "pass"
    worn = judged("recall >= 0.8", near, 6)
    assert (worn.verdict, worn.blocks) == ("unknown", True)
    assert worn.reason.startswith("6 candidates were tried on the test part")
    assert judged("recall >= 0.8", wilson(int(0.9 * ROWS), ROWS), 6).verdict == "pass"


@pytest.mark.parametrize(
    ("text", "commitment"),
    [
        ("recall >= 0.8", "target"),
        ("recall >= 0.8 on dev", "guarantee"),
        ("rows >= 0.8", "guarantee"),
    ],
)
def test_only_guarantees_on_the_test_part_wear_out(text, commitment) -> None:
    near = wilson(int(0.835 * ROWS), ROWS)
    assert judged(text, near, 6, commitment).verdict == "pass"


def test_a_claim_that_fails_is_not_excused_by_the_others() -> None:
    assert judged("recall >= 0.8", wilson(int(0.7 * ROWS), ROWS), 6).verdict == "fail"


def test_each_candidate_wears_the_part_out_and_another_split_makes_it_fresh(copy_of_shop) -> None:
    plan, code = copy_of_shop / "plan.yaml", copy_of_shop / "builders.py"

    def checked(*, train: bool):
        with closing(seatrial.open(copy_of_shop)) as project:
            if train:
                project.train()
            return project.check(only=["precision"])

    code.write_text(code.read_text().replace("max_iter=500", "max_iter=500, C=0.5"))
    assert checked(train=True).uses == 2
    orders = pl.read_csv(copy_of_shop / "orders.csv")
    orders.head(2_390).write_csv(copy_of_shop / "orders.csv")
    found = checked(train=True)
    (held,) = found.judgements
    assert (found.uses, held.verdict) == (3, "pass")
    near = f"precision >= {held.evidence.estimate.low - 0.001:.4f}"
    plan.write_text(plan.read_text().replace("precision >= 0.5", near, 1))
    (worn,) = checked(train=False).judgements
    assert worn.verdict == "unknown"
    assert worn.reason.startswith("3 candidates were tried on the test part")
    plan.write_text(plan.read_text().replace("salt: a", "salt: b"))
    assert checked(train=True).uses == 1
