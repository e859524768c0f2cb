"""Two arms' rates: exact at any split, looked at as often as one likes."""

import json

import numpy as np
import pytest
from scipy.stats import hypergeom, nchypergeom_fisher

from seatrial.stats import TwoRates
from seatrial.stats.two_rates import _RATIOS

LOOKS = 200
RELEASES = 120
"""Enough to see a level that isn't kept: a chance of 1 in 8 stays within 5 % once in 195 times."""


def crosses(random, *, canary, reference, share, rows, allowed=1.0):
    """Requests of both arms until it crosses; None if it doesn't."""
    test = TwoRates(limit=20, allowed=allowed)
    for look in range(1, LOOKS + 1):
        mine = random.binomial(rows, share)
        test = test.update(
            (random.binomial(mine, canary), mine),
            (random.binomial(rows - mine, reference), rows - mine),
        )
        if test.has_crossed:
            return look * rows
    return None


def test_a_look_is_worth_the_ratio_of_fishers_conditional_distributions():
    found = TwoRates(limit=20).update((7, 30), (12, 170))
    expected = [
        nchypergeom_fisher.pmf(7, 200, 19, 30, each) / hypergeom.pmf(7, 200, 19, 30)
        for each in _RATIOS
    ]
    assert np.exp(found.evidence) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("allowed", [1.0, 1.5])
def test_no_bet_gains_on_average_while_the_odds_ratio_is_allowed(allowed):
    hits = np.arange(11)
    chance = nchypergeom_fisher.pmf(hits, 110, 10, 11, allowed)
    worth = [
        np.exp(TwoRates(limit=20, allowed=allowed).update((k, 11), (10 - k, 99)).evidence)
        for k in hits.tolist()
    ]
    assert chance @ np.array(worth) == pytest.approx(np.ones(len(_RATIOS)), rel=1e-6)


def test_rows_of_one_arm_wait_for_the_other():
    alone = TwoRates(limit=20).update((1, 5), (0, 0))
    assert alone.against == 1.0
    both = alone.update((0, 0), (2, 50))
    assert both.evidence == TwoRates(limit=20).update((1, 5), (2, 50)).evidence


def test_its_state_survives_json():
    test = TwoRates(limit=20).update((1, 5), (2, 50)).update((1, 3), (0, 0))
    assert TwoRates.from_json(json.loads(json.dumps(test.to_json()))) == test


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="hits up to rows"):
        TwoRates(limit=20).update((6, 5), (0, 10))
    with pytest.raises(ValueError, match="limit"):
        TwoRates(limit=1)


@pytest.mark.truth
@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("rate", [0.05, 0.005])
def test_equal_arms_are_told_apart_in_at_most_5_per_cent_of_releases(share, rate):
    random = np.random.default_rng(1)
    found = [
        crosses(random, canary=rate, reference=rate, share=share, rows=200) for _ in range(RELEASES)
    ]
    assert np.mean([each is not None for each in found]) <= 0.05


@pytest.mark.truth
def test_rates_that_rise_together_are_no_alarm():
    random = np.random.default_rng(2)
    crossed = 0
    for _ in range(RELEASES):
        test = TwoRates(limit=20)
        for rate in random.uniform(0.01, 0.2, LOOKS).tolist():
            test = test.update((random.binomial(20, rate), 20), (random.binomial(180, rate), 180))
            if test.has_crossed:
                crossed += 1
                break
    assert crossed / RELEASES <= 0.05


@pytest.mark.truth
@pytest.mark.parametrize(("share", "requests"), [(0.5, 3_000), (0.1, 9_000)])
def test_a_doubled_error_rate_is_seen(share, requests):
    random = np.random.default_rng(3)
    found = [
        crosses(random, canary=0.10, reference=0.05, share=share, rows=200) or np.inf
        for _ in range(100)
    ]
    assert np.quantile(found, 0.9) <= requests
