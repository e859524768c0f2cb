"""A change of unit is named; a change of the world isn't taken for one."""

import numpy as np
import pytest

from seatrial.monitoring.units import unit_change


def points(values, n=512):
    return np.quantile(values, (np.arange(n) + 0.5) / n)


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("factor", "offset", "name"),
    [
        (100.0, 0.0, "dollars to cents"),
        (1 / 60, 0.0, "minutes to hours"),
        (1 / 1.8, -32 / 1.8, "Fahrenheit to Celsius"),
        (1.609344, 0.0, "miles to kilometres"),
        (0.001, 0.0, "plain to kilo"),
        (37.0, 0.0, ""),
    ],
)
def test_it_is_named(random, factor, offset, name):
    was, now = random.gamma(30.0, 2.0, 4_000), random.gamma(30.0, 2.0, 2_000)
    found = unit_change(points(was), points(now * factor + offset))
    assert found.factor == pytest.approx(factor, rel=0.02)
    assert found.offset == pytest.approx(offset)
    assert found.name.startswith(name)


def test_zeros_hide_no_factor(random):
    def rain(n):
        return np.where(random.random(n) < 0.8, 0.0, random.exponential(3.0, n))

    found = unit_change(points(rain(5_000)), points(rain(5_000) * 25.4))
    assert found.factor == pytest.approx(25.4, rel=0.1)


@pytest.mark.truth
@pytest.mark.parametrize(
    "change", ["none", "shift", "spread", "30 % more", "twice as much", "shape"]
)
def test_the_world_may_change_without_a_unit(change):
    named = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        was, now = random.lognormal(2.0, 0.6, (2, 2_000))
        now = {
            "none": now,
            "shift": now + 8.0,
            "spread": now**1.3,
            "30 % more": now * 1.3,
            "twice as much": now * 2.0,
            "shape": random.normal(20.0, 5.0, 2_000),
        }[change]
        named += unit_change(points(was), points(now)) is not None
    assert named <= 2


def test_few_points_tell_nothing():
    assert unit_change(np.arange(1.0, 20.0), np.arange(100.0, 2_000.0, 100.0)) is None
