"""The best rule of one column is found, and noise gives none worth having."""

import numpy as np

from seatrial.models.one_rule import find_rule

ROWS = 2_000
RANDOM = np.random.default_rng(3)
NUMBER = RANDOM.uniform(0, 100, ROWS)
LEVEL = RANDOM.choice(np.array(["a", "b", "c"], dtype=object), ROWS)


def test_the_planted_threshold_is_found() -> None:
    truth = (NUMBER >= 60).astype(np.int64)
    rule = find_rule({"number": NUMBER, "level": LEVEL}, truth, ("no", "yes"))
    assert rule.columns == ("number",)
    answers = [rule.compiled()({"number": value}) for value in (40.0, 80.0)]
    assert answers == [False, True]


def test_the_planted_levels_are_found() -> None:
    truth = np.isin(LEVEL, ["a", "c"]).astype(np.int64)
    rule = find_rule({"number": NUMBER, "level": LEVEL}, truth, ("no", "yes"))
    assert str(rule) == "level in ('a', 'c')"


def test_a_class_for_each_level_is_found() -> None:
    truth = np.select([LEVEL == "a", LEVEL == "b"], [2, 0], 1)
    rule = find_rule({"number": NUMBER, "level": LEVEL}, truth, ("x", "y", "z"))
    assert [rule.compiled()({"level": level}) for level in "abc"] == ["z", "x", "y"]


def test_a_number_for_each_quarter_is_found() -> None:
    rule = find_rule({"number": NUMBER, "level": LEVEL}, NUMBER * 2, ())
    answer = rule.compiled()
    assert answer({"number": 5.0}) < answer({"number": 40.0}) < answer({"number": 90.0})


def test_a_missing_value_falls_through_to_the_last_answer() -> None:
    rule = find_rule({"number": NUMBER}, NUMBER * 2, ())
    assert rule.compiled()({"number": None}) == rule.otherwise


def test_a_column_of_one_value_gives_no_rule() -> None:
    truth = RANDOM.integers(0, 2, ROWS)
    assert find_rule({"constant": np.ones(ROWS)}, truth, ("no", "yes")) is None
