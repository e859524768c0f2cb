"""The target of each row is a class, a number, or not known; anything else is refused with a reason."""

import numpy as np
import polars as pl
import pytest

from seatrial.core.errors import DataError, PlanError
from seatrial.data.target import label
from seatrial.plan.schema import Task


def task(target: str, kind: str = "classification") -> Task:
    return Task(kind=kind, target=target)


def test_a_condition_is_false_or_true_or_not_known(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(5), "delay": [20, 3, None, 15, 0]}))
    labels = label(snapshot, task("delay >= 15"), tables)
    assert (labels.task, labels.classes) == ("binary", ("false", "true"))
    assert labels.values.tolist() == [1, 0, -1, 1, 0]
    assert labels.known.tolist() == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("values", "classes", "codes"),
    [
        (["No", "Yes", None, "No", "Yes"], ("No", "Yes"), [0, 1, -1, 0, 1]),
        ([1, 0, 0, None, 1], ("0", "1"), [1, 0, 0, -1, 1]),
        ([2.0, 1.0, 2.0, 1.0, None], ("1", "2"), [1, 0, 1, 0, -1]),
        ([True, False, None, True, False], ("false", "true"), [1, 0, -1, 1, 0]),
    ],
)
def test_of_two_values_the_greater_one_is_positive(frozen, tables, values, classes, codes) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(5), "y": values}))
    labels = label(snapshot, task("y"), tables)
    assert (labels.task, labels.classes) == ("binary", classes)
    assert labels.values.tolist() == codes


def test_more_values_are_classes_in_the_order_of_numbers(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(6), "y": [10, 9, 100, 9, 10, 100]}))
    labels = label(snapshot, task("y"), tables)
    assert (labels.task, labels.classes) == ("multiclass", ("9", "10", "100"))


def test_a_column_whose_name_is_no_plain_word_is_found(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(4), "is late?": [1, 0, 1, 0]}))
    assert label(snapshot, task("is late?"), tables).classes == ("0", "1")


def test_numbers_are_the_target_of_a_regression(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(3), "price": [7, None, 9]}))
    labels = label(snapshot, task("price", "regression"), tables)
    np.testing.assert_array_equal(labels.values, [7.0, np.nan, 9.0])
    assert (labels.classes, labels.known.tolist()) == ((), [True, False, True])


MANY = list(range(1200))
REFUSED = [
    ("a constant", [1, 1, 1], "y", "classification", "y has one value only in 3 rows"),
    ("a constant condition", [1, 1, 1], "y > 5", "classification", "y > 5 has one value only"),
    ("nothing known", [None, None], "y", "regression", "y is never known"),
    ("a constant number", [2.5, 2.5], "y", "regression", "y has one value only in 2 rows"),
    ("one row of a class", ["a", "a", "b", "c", "c"], "y", "classification", "b stands in a single row"),
    ("a text to regress", ["a", "b", "c"], "y", "regression", "y isn't a number but 'a'"),
    ("a condition to regress", [1, 2, 3], "y > 1", "forecast", "forecast predicts a number"),
    ("a number to classify", MANY, "y", "classification", "looks like regression"),
    ("an id to classify", [f"{n}" for n in MANY], "y", "classification", "looks like a text or id"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "target", "kind", "said"),
    [case[1:] for case in REFUSED],
    ids=[c[0] for c in REFUSED],
)
def test_what_can_not_be_predicted_is_refused_with_a_way_out(
    frozen, tables, values, target, kind, said
) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(len(values)), "y": values}, strict=False))
    with pytest.raises(DataError) as caught:
        label(snapshot, task(target, kind), tables)
    (fault,) = caught.value.faults
    assert said in fault.fact
    assert fault.where == "task.target"
    assert fault.hint


def test_a_target_that_is_no_column_names_the_nearest(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": range(3), "churned": [0, 1, 1]}))
    with pytest.raises(
        PlanError, match=r"task.target: no column is called churn. nearest: churned"
    ):
        label(snapshot, task("churn"), tables)
