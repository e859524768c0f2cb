"""A table says by itself what is what in it, with a figure for each choice."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from seatrial.core.errors import DataError
from seatrial.data.infer import roles
from seatrial.data.snapshot import freeze
from seatrial.data.target import label
from seatrial.plan.schema import Task
from seatrial.plan.schema_data import Data

N = 600


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def customers(rng) -> pl.DataFrame:
    income = rng.normal(size=N)
    churned = rng.random(N) < 1 / (1 + np.exp(1 - income))
    return pl.DataFrame(
        {
            "customerID": [f"{n:04d}-X" for n in range(N)],
            "sex": rng.choice(["f", "m"], N),
            "race": rng.choice(["a", "b", "c"], N),
            "income": income,
            "country": ["NO"] * N,
            "remark": [f"called {n} times, was {n % 7}" for n in range(N)],
            "status": np.where(churned, "gone", "here"),
            "Churn": np.where(churned, "Yes", "No"),
        }
    )


def test_a_table_of_customers(rng) -> None:
    found = roles(customers(rng), name="customers.csv")
    assert (found.task, found.target, found.target_column) == (
        "classification", "Churn = 'Yes'", "Churn",
    )  # fmt: skip
    assert found.key == ("customerID",)
    assert (found.time.value, found.unit.value, found.split.value) == (None, None, "hash")
    assert [choice.value for choice in found.drop] == ["country"]
    assert [choice.value for choice in found.text] == ["remark"]
    assert [choice.value for choice in found.forbid] == ["status"]
    assert [choice.value for choice in found.context] == ["sex", "race"]


def test_every_choice_is_backed_by_a_figure(rng) -> None:
    found = roles(customers(rng))
    choices = (found.time, found.unit, found.split, *found.drop, *found.forbid, *found.context)
    reasons = [found.target_because, found.key_because, *(choice.because for choice in choices)]
    assert all(any(sign.isdigit() for sign in reason) for reason in reasons)


def hours(rng, alike: float) -> pl.DataFrame:
    at = [datetime(2026, 1, 1) + timedelta(hours=n) for n in range(N)]  # noqa: DTZ001
    days = np.arange(N) // 24
    members, guests = rng.integers(0, 50, N) + alike * rng.normal(size=26)[days], rng.random(N) * 40
    return pl.DataFrame({"at": at, "members": members, "guests": guests, "cnt": members + guests})


def test_a_table_in_time_is_split_by_time_and_resampled_by_day_if_days_are_alike(rng) -> None:
    found = roles(hours(rng, alike=30.0))
    assert (found.task, found.target, found.course.step) == ("forecast", "cnt", "1h")
    assert (found.key, found.time.value) == (("at",), "at")
    assert (found.unit.value, found.split.value) == ("day", "time")
    assert {choice.value for choice in found.forbid} == {"members", "guests"}


def test_days_that_are_not_alike_are_no_unit(rng) -> None:
    assert roles(hours(rng, alike=0.0)).unit.value is None


def test_rows_of_patients_are_kept_together(rng) -> None:
    patient = rng.integers(0, 60, N)
    frame = pl.DataFrame(
        {
            "patient_id": patient,
            "visit": np.arange(N),
            "pressure": rng.normal(size=N),
            "outcome": (rng.normal(size=60)[patient] + rng.normal(size=N) > 0).astype(int),
        }
    )
    found = roles(frame)
    assert (found.target, found.key) == ("outcome = 1", ("visit",))
    assert (found.unit.value, found.split.value, found.group) == (
        "patient_id", "group", "patient_id",
    )  # fmt: skip
    assert [choice.value for choice in found.drop] == ["patient_id"]


def test_a_row_that_nothing_names_is_named_by_its_number(rng) -> None:
    frame = pl.DataFrame({"size": rng.integers(0, 9, N), "species": rng.choice(list("abc"), N)})
    found = roles(frame)
    assert (found.target, found.key) == ("species", ("row",))
    assert "rows repeat another in full" in found.key_because


def test_a_key_may_be_a_time_and_a_place(rng) -> None:
    at = [datetime(2026, 1, 1) + timedelta(hours=n // 2) for n in range(N)]  # noqa: DTZ001
    frame = pl.DataFrame({"at": at, "place": ["a", "b"] * (N // 2), "price": rng.normal(size=N)})
    assert roles(frame).key == ("at", "place")


@pytest.mark.parametrize(
    ("values", "target"),
    [
        ([True, False], "late = true"),
        ([0, 1], "late = 1"),
        ([1.0, 2.0], "late = 2"),
        (["no", "yes"], "late = 'yes'"),
        (["y", "n"], "late = 'y'"),
        ([">50K", "<=50K"], "late = '>50K'"),
        (["b", "a", "a"], "late = 'b'"),
    ],
)
def test_two_values_become_a_condition_for_the_likelier_yes(rng, values, target) -> None:
    frame = pl.DataFrame({"size": rng.normal(size=N), "late": (values * N)[:N]})
    assert roles(frame).target == target


def test_a_name_that_is_no_plain_word_is_quoted(rng) -> None:
    frame = pl.DataFrame({"size": rng.normal(size=N), "is late?": [0, 1] * (N // 2)})
    assert roles(frame, target="is late?").target == '"is late?" = 1'


def test_the_last_column_is_the_target_if_no_name_says_so(rng) -> None:
    frame = pl.DataFrame({"size": rng.normal(size=N), "caravan": [0, 1] * (N // 2)})
    found = roles(frame)
    assert found.target == "caravan = 1"
    assert "it is the last column" in found.target_because


def test_a_table_without_a_likely_target_asks_for_one(rng) -> None:
    frame = pl.DataFrame({"month": [1, 2, 3] * 200, "size": rng.normal(size=N)})
    with pytest.raises(
        DataError, match=r"no column looks like the target. say which with --target"
    ):
        roles(frame, name="rows.csv")


def test_a_target_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(DataError, match=r"rows\.csv: no column is called chrun. nearest: churn"):
        roles(pl.DataFrame({"churn": [0, 1]}), target="chrun", name="rows.csv")


def test_a_model_s_answer_in_the_table_is_forbidden(rng) -> None:
    y = rng.integers(0, 2, N)
    frame = pl.DataFrame(
        {"size": rng.normal(size=N), "predicted": rng.random(N) * 1.5 + y, "label": y}
    )
    (choice,) = roles(frame).forbid
    assert choice.value == "predicted"
    assert "named like a model's answer" in choice.because


def test_the_roles_are_a_plan_that_works(rng, tmp_path, tables, digests) -> None:
    customers(rng).write_csv(tmp_path / "customers.csv")
    found = roles(customers(rng))
    data = Data(
        sources={"customers": {"uri": "customers.csv"}},
        key=list(found.key),
        split={"by": found.split.value, "group": found.group},
        features={
            "drop": [choice.value for choice in found.drop],
            "forbid": [choice.value for choice in found.forbid],
        },
        context=[choice.value for choice in found.context],
    )
    snapshot = freeze(data, root=tmp_path, tables=tables, digests=digests)
    labels = label(snapshot, Task(kind=found.task, target=found.target), tables)
    assert labels.classes == ("false", "true")
