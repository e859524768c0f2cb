"""The best of many is worth less than it looks, and by how much is told."""

import numpy as np
import pytest

from seatrial.stats import best_of

UNITS = 200


def measured(seed, *, candidates=20, apart=0.0, spread=0.3):
    """True values of candidates, and what they look like on one set of units."""
    random = np.random.default_rng(seed)
    truth = 0.7 + random.normal(0, apart, candidates)
    noise = 0.7 * random.normal(0, spread, UNITS) + 0.7 * random.normal(
        0, spread, (candidates, UNITS)
    )
    rows = truth[:, None] + noise
    values = rows.mean(axis=1)
    return truth, values, (rows - values[:, None]) / UNITS


@pytest.mark.truth
@pytest.mark.parametrize("apart", [0.0, 0.01])
def test_the_correction_takes_away_what_the_choice_has_added(apart) -> None:
    off, naive, held = [], [], []
    for seed in range(60):
        truth, values, influence = measured(seed, apart=apart)
        found, best = best_of(values, influence, higher=True, seed=seed), values.argmax()
        off.append(found.value - truth[best])
        naive.append(values[best] - truth[best])
        held.append(found.low <= truth[best] <= found.high)
    assert np.mean(naive) > 0.003
    assert abs(np.mean(off)) < max(0.008, 0.5 * np.mean(naive))
    assert np.mean(off) < np.mean(naive)
    assert np.mean(held) >= 0.88


def test_one_candidate_alone_needs_no_correction() -> None:
    _, values, influence = measured(1, candidates=1)
    assert best_of(values, influence, higher=True, seed=0).value == pytest.approx(
        values[0], abs=0.003
    )


def test_where_less_is_better_the_correction_goes_up() -> None:
    _, values, influence = measured(2)
    assert best_of(values, influence, higher=False, seed=0).value > values.min() + 0.01


def test_the_same_seed_gives_the_same_estimate() -> None:
    _, values, influence = measured(3)
    first, again = (best_of(values, influence, higher=True, seed=5) for _ in range(2))
    assert first == again


def test_few_units_give_no_estimate() -> None:
    found = best_of(np.array([0.5, 0.6]), np.zeros((2, 9)), higher=True, seed=0)
    assert not found.measured
    assert "9 units are too few" in found.method
