"""Outcomes come late, twice, by key, before their decision, or never."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from seatrial.monitoring.outcomes import joined

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def decisions(*rows) -> pl.LazyFrame:
    """Of (id, key, hour)."""
    return pl.LazyFrame(
        [{"@id": name, "@key": key, "@at": after(hour), "x": 1.0} for name, key, hour in rows],
        schema={"@id": pl.String, "@key": pl.String, "@at": pl.Datetime("us", "UTC"), "x": float},
    )


def told(*rows) -> pl.LazyFrame:
    """Of (kind, id, key, hour, value)."""
    return pl.LazyFrame(
        [
            {"kind": kind, "@id": name, "@key": key, "@at": after(hour), "value": value}
            for kind, name, key, hour, value in rows
        ],
        schema={
            "kind": pl.String,
            "@id": pl.String,
            "@key": pl.String,
            "@at": pl.Datetime("us", "UTC"),
            "value": pl.String,
        },
    )


def outcomes(decided: pl.LazyFrame, aftermath: pl.LazyFrame | None) -> dict[str, str | None]:
    found = joined(decided, aftermath).collect()
    return dict(zip(found["@id"], found["@outcome"], strict=True))


def test_an_outcome_belongs_to_the_decision_that_it_names() -> None:
    found = outcomes(decisions(("a", "k", 0), ("b", "k", 1)), told(("outcome", "a", "", 9, "yes")))
    assert found == {"a": "yes", "b": None}


def test_of_several_outcomes_the_one_with_the_last_moment_counts_however_they_were_logged() -> None:
    aftermath = told(("outcome", "a", "", 9, "yes"), ("outcome", "a", "", 5, "no"))
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": "yes"}


def test_of_two_outcomes_at_one_moment_the_one_that_was_logged_last_counts() -> None:
    aftermath = told(*[("outcome", "a", "", 5, str(place)) for place in range(20)])
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": "19"}


def test_an_outcome_by_key_belongs_to_the_newest_decision_that_is_not_younger() -> None:
    decided = decisions(("a", "k", 0), ("b", "k", 2), ("c", "k", 6), ("d", "other", 3))
    assert outcomes(decided, told(("outcome", "", "k", 5, "yes"))) == {
        "a": None,
        "b": "yes",
        "c": None,
        "d": None,
    }


def test_an_outcome_by_key_at_the_moment_of_the_decision_belongs_to_it() -> None:
    assert outcomes(decisions(("a", "k", 5)), told(("outcome", "", "k", 5, "no"))) == {"a": "no"}


def test_an_outcome_by_key_that_is_older_than_every_decision_belongs_to_none() -> None:
    assert outcomes(decisions(("a", "k", 5)), told(("outcome", "", "k", 4, "no"))) == {"a": None}


def test_by_id_and_by_key_the_last_moment_counts_too() -> None:
    aftermath = told(("outcome", "", "k", 8, "late"), ("outcome", "a", "", 3, "early"))
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": "late"}


def test_an_outcome_of_a_decision_that_is_not_there_is_left_out() -> None:
    aftermath = told(("outcome", "z", "", 3, "no"), ("outcome", "", "z", 3, "no"))
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": None}


def test_an_outcome_before_its_decision_was_read_is_joined_once_it_is() -> None:
    """Segments of several writers are read one after the other."""
    aftermath = told(("outcome", "a", "", -3, "no"))
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": "no"}


def test_what_people_decided_stands_beside_the_outcome() -> None:
    aftermath = told(
        ("person", "a", "", 1, "yes"),
        ("outcome", "a", "", 2, "no"),
        ("event", "a", "", 3, "complaint"),
    )
    row = joined(decisions(("a", "k", 0)), aftermath).collect().row(0, named=True)
    assert (row["@person"], row["@outcome"], row["@outcome_at"]) == ("yes", "no", after(2))


def test_an_outcome_without_a_value_takes_none_away() -> None:
    aftermath = told(("outcome", "a", "", 2, "no"), ("outcome", "a", "", 3, None))
    assert outcomes(decisions(("a", "k", 0)), aftermath) == {"a": "no"}


@pytest.mark.parametrize("aftermath", [None, told()], ids=["no table", "no row"])
def test_decisions_nothing_came_after_have_no_outcome(aftermath) -> None:
    found = joined(decisions(("a", "k", 0), ("b", "l", 1)), aftermath).collect()
    assert found.columns == ["@id", "@key", "@at", "x", "@outcome", "@outcome_at", "@person"]
    assert found["@outcome"].null_count() == found["@person"].null_count() == 2
    assert found["@outcome_at"].dtype == pl.Datetime("us", "UTC")


def test_every_decision_stays_one_row() -> None:
    decided = decisions(*[(str(place), str(place % 7), place / 10) for place in range(500)])
    aftermath = told(
        *[("outcome", str(place % 400), "", place, "x") for place in range(900)],
        *[("outcome", "", str(place % 9), place / 7, "y") for place in range(300)],
    )
    found = joined(decided, aftermath).collect()
    assert sorted(map(int, found["@id"])) == list(range(500))
