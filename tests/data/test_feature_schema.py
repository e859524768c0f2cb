"""Training says what an input looks like, and what other rows have that it didn't is counted."""

from datetime import datetime

import polars as pl

from seatrial.data.schema import MOST_LEVELS, Violation, infer, violations
from seatrial.records.contract import Feature

TRAIN = pl.DataFrame(
    {
        "age": [20, 60, None, 40],
        "city": ["Rome", "Oslo", "Oslo", "Bern"],
        "member": [True, None, False, True],
        "since": [datetime(1970, 1, 1, second=second) for second in (1, 2, 3, 4)],  # noqa: DTZ001
    }
)


def test_inputs_are_described_in_the_order_asked_for() -> None:
    assert infer(TRAIN, ["city", "age", "member", "since"]) == (
        Feature("city", "category", levels=("Oslo", "Bern", "Rome")),
        Feature("age", "number", 20.0, 60.0, missing=0.25),
        Feature("member", "boolean", missing=0.25),
        Feature("since", "number", 1.0, 4.0),
    )


def test_only_the_most_frequent_levels_are_kept_and_ties_go_by_alphabet() -> None:
    texts = [f"level-{n:04d}" for n in range(500)] + ["level-0499"]
    (feature,) = infer(pl.DataFrame({"city": texts}), ["city"])
    assert len(feature.levels) == MOST_LEVELS
    assert feature.levels[:3] == ("level-0499", "level-0000", "level-0001")


def test_a_column_without_a_value_has_no_range() -> None:
    column = pl.DataFrame({"age": [None, None]}, schema={"age": pl.Float64})
    assert infer(column, ["age"]) == (Feature("age", "number", missing=1.0),)


def test_rows_like_those_of_training_violate_nothing() -> None:
    for violation in violations(infer(TRAIN, TRAIN.columns), TRAIN):
        assert (violation.wrong_kind, violation.beyond, violation.new_levels) == (0, 0, 0)


def test_what_training_did_not_have_is_counted_by_feature() -> None:
    later = pl.DataFrame(
        {
            "age": [-101, -100, 180, 181],
            "city": ["Oslo", "Wien", None, "Rome"],
            "member": ["yes", "no", None, "no"],
        }
    )
    assert violations(infer(TRAIN, TRAIN.columns), later) == (
        Violation("age", 4, beyond=2),
        Violation("city", 4, new_levels=1, missing=1),
        Violation("member", 4, wrong_kind=3, missing=1),
        Violation("since", 4, missing=4, absent=True),
    )


def test_numbers_written_as_text_are_read_and_words_are_of_the_wrong_kind() -> None:
    later = pl.DataFrame({"age": ["30", "old", "999", None]})
    features = infer(TRAIN, ["age"])
    assert violations(features, later) == (Violation("age", 4, wrong_kind=1, beyond=1, missing=1),)


def test_a_column_that_went_missing_altogether_is_seen() -> None:
    later = pl.DataFrame({"age": [None, None]}, schema={"age": pl.Float64})
    (violation,) = violations(infer(TRAIN, ["age"]), later)
    assert violation.all_missing
