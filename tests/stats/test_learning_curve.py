"""What more rows would give is covered as often as it says, and what can't be told is not told."""

import numpy as np
import pytest

from seatrial.stats import learning_curve

ROWS = 4_000
SIZES = np.geomspace(ROWS / 32, ROWS, 6).round().astype(int)
REPEATS = 3
DEV_ROWS = 1_500

LAWS = {
    "floor": (0.10, 0.15, 0.5),
    "no floor": (0.0, 0.10, 0.25),
    "fast": (0.20, 0.22, 1.0),
    "flat": (0.20, 0.20, 1.0),
    "slow": (0.0, 0.30, 0.1),
}
"""Least error, error with all rows, and rate."""


def law(name):
    floor, now, rate = LAWS[name]
    return lambda rows: floor + (now - floor) * (rows / ROWS) ** -rate


def simulated(name, seed, *, drawn=0.03):
    """Errors of nested subsets: each repeat walks away from the whole of train, dev moves all alike."""
    random = np.random.default_rng(seed)
    exact = law(name)(SIZES)
    unit = (drawn * exact[-1]) ** 2 * ROWS
    apart = 1 / SIZES[:-1] - 1 / SIZES[1:]
    steps = random.normal(0, np.sqrt(unit * apart), (REPEATS, len(apart)))
    walks = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    spread = np.sqrt(exact * (1 - exact) / DEV_ROWS)
    shared = 0.9 * np.outer(spread, spread) + 0.1 * np.diag(spread**2)
    errors = exact + random.normal(0, np.sqrt(unit / ROWS))
    errors = errors + random.multivariate_normal(np.zeros(len(SIZES)), shared)
    errors = errors + np.column_stack([walks, np.zeros(REPEATS)])
    return learning_curve(SIZES, errors.clip(0), shared=shared, df=DEV_ROWS - 1)


@pytest.mark.truth
@pytest.mark.parametrize("name", LAWS)
def test_the_interval_holds_what_twice_and_ten_times_the_rows_give(name) -> None:
    found = [simulated(name, seed) for seed in range(60)]
    for times in (2, 10):
        truth = law(name)(times * ROWS)
        held = np.mean([each.at(times).low <= truth <= each.at(times).high for each in found])
        assert 0.90 <= held <= 1.0, (name, times, held)


@pytest.mark.truth
def test_a_flat_curve_is_called_flat_and_a_falling_one_is_not() -> None:
    flat = np.mean([simulated("flat", seed, drawn=0.01).is_flat(2) for seed in range(40)])
    falling = np.mean([simulated("floor", seed, drawn=0.01).is_flat(2) for seed in range(40)])
    assert flat >= 0.9
    assert falling == 0.0


def exactly(name):
    noise = np.random.default_rng(0).normal(0, 1e-4, (REPEATS, len(SIZES)))
    return learning_curve(SIZES, law(name)(SIZES) + noise, shared=np.eye(6) * 1e-10, df=99.0)


def test_the_rows_for_an_error_are_those_of_the_law() -> None:
    found = exactly("floor").rows_for(0.14)
    assert found.value == pytest.approx(ROWS * (0.05 / 0.04) ** 2, rel=0.02)
    assert found.low < ROWS * (0.05 / 0.04) ** 2 < found.high


def test_an_error_under_the_floor_is_not_reachable() -> None:
    found = exactly("floor").rows_for(0.05)
    assert not found.measured
    assert found.method == "not reachable with 100 times the rows"


def test_more_rows_never_make_a_forecast_worse() -> None:
    found = simulated("slow", 3)
    assert found.at(1).value > found.at(2).value > found.at(10).value
    assert found.gain(2).low >= 0


def test_points_far_from_every_curve_widen_the_interval_and_say_so() -> None:
    errors = np.tile([0.3, 0.2, 0.35, 0.1, 0.3, 0.2], (REPEATS, 1))
    errors = errors + np.random.default_rng(1).normal(0, 1e-3, errors.shape)
    found = learning_curve(SIZES, errors, shared=np.eye(6) * 1e-6, df=99.0)
    assert found.misfit > 5
    assert found.at(2).high - found.at(2).low > 0.05


def test_a_perfect_curve_has_a_forecast() -> None:
    found = learning_curve(SIZES, np.zeros((2, 6)), shared=np.zeros((6, 6)), df=9.0)
    assert found.at(2).value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("sizes", "repeats"), [([1, 2, 3], 3), ([1, 2, 3, 4], 1), ([1, 2, 2, 4], 3)]
)
def test_too_few_points_are_refused(sizes, repeats) -> None:
    count = len(sizes)
    with pytest.raises(ValueError, match="are needed"):
        learning_curve(np.array(sizes), np.ones((repeats, count)), shared=np.eye(count), df=9.0)
