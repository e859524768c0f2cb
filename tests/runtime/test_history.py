"""The log read back: decisions in order, each with what became of it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.clock import ManualClock, iso
from seatrial.monitoring.outcomes import AT, ID, KEY, joined
from seatrial.records.decision import Aftermath, Decision
from seatrial.runtime.history import decisions, decisions_with_outcomes, newest
from seatrial.runtime.log import LogWriter, payload

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(hour: int) -> str:
    return iso(START + timedelta(hours=hour))


def decision(name: str, key: str, hour: int) -> Decision:
    return Decision(
        decision_id=name,
        at=at(hour),
        key_hash=key,
        features={},
        context={},
        output=None,
        decision="yes",
        confidence=None,
        level="full",
        arm="candidate",
        propensity=1.0,
        explored=False,
        decided_by="model",
        failure="",
        audit=False,
        release="r",
        candidate="c",
        form="rule",
        latency_us=1,
    )


def told(kind: str, hour: int, value: str, *, name: str = "", key: str = "") -> Aftermath:
    return Aftermath(kind, at(hour), name, key, value, {})


def log(folder, records, *, rotate_bytes: int = 64 << 20):
    writer = LogWriter(folder, clock=ManualClock(START), rotate_bytes=rotate_bytes)
    for record in records:
        writer.write([payload(record)])
    writer.close()
    return folder


def known(folder) -> list[tuple]:
    return [
        (each["decision_id"], each["outcome"], each["outcome_at"], each["person"])
        for each in decisions_with_outcomes(folder)
    ]


def test_the_outcome_with_the_last_moment_counts_wherever_it_stands(tmp_path) -> None:
    records = [
        told("outcome", 9, "late", name="a"),
        decision("a", "k", 1),
        told("outcome", 5, "early", name="a"),
        told("person", 2, "no", name="a"),
    ]
    assert known(log(tmp_path, records)) == [("a", "late", at(9), "no")]


def test_an_outcome_by_key_belongs_to_the_newest_decision_before_it(tmp_path) -> None:
    records = [decision("a", "k", 1), decision("b", "k", 3), decision("c", "k", 5)]
    records.append(told("outcome", 4, "yes", key="k"))
    assert [row[:2] for row in known(log(tmp_path, records))] == [
        ("a", None),
        ("b", "yes"),
        ("c", None),
    ]


def test_an_outcome_that_fits_nothing_is_left_out(tmp_path) -> None:
    records = [decision("a", "k", 5), told("outcome", 1, "yes", key="k")]
    records += [told("outcome", 9, "yes", key="other"), told("outcome", 9, "no", name="z")]
    assert known(log(tmp_path, records)) == [("a", None, None, None)]


@pytest.mark.parametrize("rotate_bytes", [100, 64 << 20])
def test_the_newest_decisions_are_found_over_segments(tmp_path, rotate_bytes) -> None:
    records = [decision(f"d{n}", "k", n) for n in range(9)]
    log(tmp_path, records, rotate_bytes=rotate_bytes)
    assert [each["decision_id"] for each in newest(tmp_path, 4)] == ["d5", "d6", "d7", "d8"]
    assert [each["decision_id"] for each in decisions(tmp_path)] == [f"d{n}" for n in range(9)]


def test_a_log_that_is_not_there_holds_nothing(tmp_path) -> None:
    assert list(decisions(tmp_path / "none")) == []


names, keys, hours = (
    st.sampled_from(["", "a0", "a1", "a2", "a3"]),
    st.sampled_from("kl"),
    st.integers(0, 9),
)
aftermaths = st.builds(
    lambda kind, hour, value, name, key: told(
        kind, hour, value, name=name, key="" if name else key
    ),
    st.sampled_from(["outcome", "person"]),
    hours,
    st.sampled_from(["yes", "no"]),
    names,
    keys,
)


@given(
    st.lists(st.tuples(keys, hours), max_size=4, unique=True),
    st.lists(aftermaths, min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_it_is_joined_as_monitoring_joins_it(tmp_path_factory, made, after) -> None:
    made = [decision(f"a{n}", key, hour) for n, (key, hour) in enumerate(made)]
    folder = log(tmp_path_factory.mktemp("log"), [*made, *after])
    asked = pl.LazyFrame(
        [(each.decision_id, datetime.fromisoformat(each.at), each.key_hash) for each in made],
        schema={ID: pl.String, AT: pl.Datetime("us", "UTC"), KEY: pl.String},
        orient="row",
    )
    frame = pl.LazyFrame(
        [
            (
                each.kind,
                datetime.fromisoformat(each.at),
                each.decision_id,
                each.key_hash,
                each.value,
            )
            for each in after
        ],
        schema={
            "kind": pl.String,
            AT: pl.Datetime("us", "UTC"),
            ID: pl.String,
            KEY: pl.String,
            "value": pl.String,
        },
        orient="row",
    )
    oracle = joined(asked, frame).collect().sort(ID)
    expected = oracle.select(ID, "@outcome", "@person").rows()
    assert sorted((name, outcome, person) for name, outcome, _, person in known(folder)) == expected
