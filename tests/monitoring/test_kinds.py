"""Data drift and concept drift told apart."""

import numpy as np
import pytest

from seatrial.core.errors import DataError
from seatrial.monitoring.kinds import Outcomes, compare_relation, tell_apart

CONCEPTS = {
    "": lambda a, b: -1.0 + 1.2 * a - 0.7 * b,
    "inverted": lambda a, b: 1.0 - 1.2 * a + 0.7 * b,
    "weaker": lambda a, b: -1.0 + 0.3 * a - 0.7 * b,
    "rarer": lambda a, b: -1.8 + 1.2 * a - 0.7 * b,
}


def stretch(random, rows, *, days=0, mood=0.3, shift=0.0, concept=""):
    """Rows of a world in which the model's score is the chance of the outcome, at first."""
    a, b = random.normal(shift, 1.0, rows), random.normal(0.0, 1.0, rows)
    units = random.integers(0, days, rows) if days else None
    moods = random.normal(0.0, mood, days)[units] if days else 0.0
    score = 1.0 / (1.0 + np.exp(-CONCEPTS[""](a, b)))
    chance = 1.0 / (1.0 + np.exp(-(CONCEPTS[concept](a, b) + moods)))
    return Outcomes({"a": a, "b": b}, score, random.random(rows) < chance, units)


@pytest.mark.truth
@pytest.mark.parametrize("days", [0, 60])
@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ({}, "none"),
        ({"shift": 0.8}, "data"),
        ({"shift": -1.5}, "data"),
        ({"concept": "inverted"}, "concept"),
        ({"concept": "weaker"}, "concept"),
        ({"concept": "rarer"}, "concept"),
        ({"shift": 0.8, "concept": "inverted"}, "both"),
    ],
)
def test_each_kind_is_told_in_95_of_100(days, world, expected):
    told = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        before = stretch(random, 6_000, days=days)
        told += tell_apart(before, stretch(random, 3_000, days=days, **world)).drift == expected
    assert told / 40 >= 0.95


@pytest.mark.truth
def test_days_that_differ_are_no_concept_drift_if_the_unit_is_known():
    known, ignored = [], []
    for seed in range(60):
        random = np.random.default_rng(seed)
        before = stretch(random, 6_000, days=60, mood=0.6)
        after = stretch(random, 3_000, days=20, mood=0.6)
        known.append(compare_relation(before, after).p < 0.05)
        alone = [Outcomes({}, each.scores, each.outcomes) for each in (before, after)]
        ignored.append(compare_relation(*alone).p < 0.05)
    assert np.mean(known) <= 0.12
    assert np.mean(ignored) >= 0.3


def test_the_bias_says_in_which_direction():
    random = np.random.default_rng(0)
    before, after = stretch(random, 5_000), stretch(random, 5_000, concept="rarer")
    found = compare_relation(before, after)
    assert found.bias == pytest.approx(after.outcomes.mean() - after.scores.mean(), abs=0.02)


def test_a_number_as_outcome_is_judged_in_its_own_spread():
    random = np.random.default_rng(0)
    score = random.normal(size=2_000)
    before = Outcomes({"x": score}, score, 100 * score + random.normal(0, 30, 2_000))
    same = Outcomes({"x": score}, score, 100 * score + random.normal(0, 30, 2_000))
    flat = Outcomes({"x": score}, score, random.normal(0, 30, 2_000))
    assert tell_apart(before, same).drift == "none"
    told = tell_apart(before, flat)
    assert told.drift == "concept"
    assert str(told) == "what follows from a score changed, the inputs didn't move"


def test_too_little_to_tell_is_refused():
    random = np.random.default_rng(0)
    many, few = stretch(random, 500), stretch(random, 10)
    with pytest.raises(DataError, match="too few"):
        compare_relation(many, few)
    constant = Outcomes({}, many.scores, np.ones(500))
    with pytest.raises(DataError, match="all outcomes"):
        compare_relation(constant, many)
