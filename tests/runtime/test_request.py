"""A request is what the contract asks for, or each of its faults is named."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import CONTEXT, CONTRACT, ROW

from seatrial.core.errors import DataError
from seatrial.runtime.request import NotJsonError, RequestReader
from seatrial.runtime.wire import key_text

READER = RequestReader(CONTRACT, CONTEXT, replay=False)
REPLAY = RequestReader(CONTRACT, CONTEXT, replay=True)


def body(**changes: object) -> bytes:
    return json.dumps({"key": "k", "features": ROW, **changes}).encode()


def features(**changes: object) -> bytes:
    return body(features={**ROW, **changes})


def without(name: str) -> bytes:
    return body(features={each: value for each, value in ROW.items() if each != name})


def test_a_request_is_read_with_its_values_as_they_came() -> None:
    (request,), as_rows = READER.body(body(context={"region": "N"}))
    assert (request.key, request.features, request.context) == ("k", ROW, {"region": "N"})
    assert not as_rows


def test_moments_are_read_in_utc_where_models_and_rules_see_them() -> None:
    (request,), _ = READER.body(features(due="2026-01-01T14:00:00+02:00"))
    assert request.row["due"].isoformat() == "2026-01-01T12:00:00"
    assert request.features["due"] == "2026-01-01T14:00:00+02:00"


def test_null_stands_for_a_missing_value_of_every_kind() -> None:
    (request,), _ = READER.body(body(features=dict.fromkeys(ROW)))
    assert set(request.row.values()) == {None}


def test_levels_and_numbers_that_training_never_saw_are_data() -> None:
    (request,), _ = READER.body(features(store="Z", x=1e9))
    assert (request.row["store"], request.row["x"]) == ("Z", 1e9)


def test_rows_are_read_together() -> None:
    rows = [{"key": n, "features": ROW} for n in range(1_000)]
    requests, as_rows = READER.body(json.dumps({"rows": rows}).encode())
    assert [each.key for each in requests] == [str(n) for n in range(1_000)]
    assert as_rows


FAULTY = {
    "missing": (without("x"), ["features.x"]),
    "no features": (b'{"key": 1}', ["features"]),
    "no key": (body(key=None), ["key"]),
    "an unknown column": (features(xx=1), ["features.xx"]),
    "an unknown field": (body(keys=1), ["keys"]),
    "an unknown context": (body(context={"regoin": "N"}), ["context.regoin"]),
    "context of the wrong type": (body(context={"visits": "3"}), ["context.visits"]),
    "text for a number": (features(x="1"), ["features.x"]),
    "true for a number": (features(x=True), ["features.x"]),
    "a number for text": (features(store=1), ["features.store"]),
    "one for true": (features(rush=1), ["features.rush"]),
    "no moment": (features(due="tomorrow"), ["features.due"]),
    "a moment before time": (features(due="0001-01-01T00:00:00+14:00"), ["features.due"]),
    "a huge number": (features(x=10**400), ["features.x"]),
    "several": (
        body(features={**ROW, "x": "1", "rush": 3, "z": 0}, key=[]),
        ["key", "features.x", "features.rush", "features.z"],
    ),
    "a key of 1 MB": (body(key="k" * 1_000_000), ["key"]),
    "a key over 1 KB in parts": (body(key=["k" * 600, "k" * 600]), ["key"]),
    "an empty key": (body(key=""), ["key"]),
    "true as a key": (body(key=True), ["key"]),
    "an object as a key": (body(key={}), ["key"]),
    "a live request of the past": (body(at="2026-01-01"), ["at"]),
    "a list": (b"[]", ["body"]),
    "a number": (b"7", ["body"]),
    "no rows": (b'{"rows": []}', ["rows"]),
    "too many rows": (json.dumps({"rows": [{}] * 1_001}).encode(), ["rows"]),
    "rows and more": (
        json.dumps({"rows": [{"key": 1, "features": ROW}], "key": 1}).encode(),
        ["key"],
    ),
    "a row that is none": (
        json.dumps({"rows": [{"key": 1, "features": ROW}, 3]}).encode(),
        ["rows[1]"],
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_every_fault_is_named_with_its_field(case) -> None:
    data, fields = FAULTY[case]
    with pytest.raises(DataError) as refusal:
        READER.body(data)
    assert [fault.where for fault in refusal.value.faults] == fields
    assert refusal.value.http_status == (400 if "JSON" in str(refusal.value) else 422)


@pytest.mark.parametrize(
    "data", [b"", b" ", b"{", b"x", b'{"key": NaN}', b"\xff", b"[" * 100_000, b'{"x": 1e999}']
)
def test_what_is_not_json_is_a_400(data) -> None:
    with pytest.raises(NotJsonError) as refusal:
        READER.body(data)
    assert refusal.value.http_status == 400


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(DataError) as refusal:
        READER.body(features(stoer="A"))
    assert refusal.value.faults[0].hint == "did you mean store?"


def test_of_a_thousand_bad_rows_the_first_hundred_faults_are_told() -> None:
    with pytest.raises(DataError) as refusal:
        READER.body(json.dumps({"rows": [{}] * 1_000}).encode())
    assert len(refusal.value.faults) == 100


@pytest.mark.parametrize("x", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_from_a_program_too(x) -> None:
    with pytest.raises(DataError, match=r"features\.x: a finite number is expected"):
        READER.one(key=1, features={**ROW, "x": x})


@pytest.mark.parametrize("broken", ["\ud800", "a\udfff"])
def test_text_that_can_not_be_written_is_refused(broken) -> None:
    with pytest.raises(DataError, match=r"features\.store"):
        READER.one(key=1, features={**ROW, "store": broken})
    with pytest.raises(DataError, match="key"):
        READER.one(key=broken, features=ROW)


def test_a_replayed_request_says_when_it_happened() -> None:
    (request,), _ = REPLAY.body(body(at="2026-01-01T12:00:00+01:00"))
    assert request.at.isoformat() == "2026-01-01T11:00:00+00:00"


def test_a_number_and_its_text_are_one_key() -> None:
    assert {key_text(7), key_text(7.0), key_text("7")} == {"7"}
    assert key_text(["a", 1]) == key_text(["a", "1"]) != key_text(["a1"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
bodies = json_values | st.fixed_dictionaries(
    {},
    optional={
        "key": json_values,
        "at": json_values,
        "rows": st.lists(json_values),
        "context": json_values
        | st.dictionaries(st.sampled_from(["region", "visits"]), json_values),
        "features": json_values
        | st.fixed_dictionaries(
            {name: st.just(value) | json_values for name, value in ROW.items()}
        ),
    },
)


def answered(data: bytes) -> tuple[list, tuple]:
    try:
        return REPLAY.body(data)[0], ()
    except DataError as refusal:
        return [], refusal.faults


@given(bodies)
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_request_or_refused_with_a_fault(value) -> None:
    read, faults = answered(json.dumps(value).encode())
    assert bool(read) != bool(faults)
    assert all(set(each.features) == set(ROW) for each in read)
    assert all(fault.where and fault.fact for fault in faults)
    assert [fault.fact for fault in faults] != ["the request can't be read"]


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_request_or_refused(data) -> None:
    with pytest.raises(DataError):
        READER.body(data)
