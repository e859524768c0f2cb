"""Slices are counted exactly, named only beyond chance, and a planted one comes first."""

import itertools

import numpy as np
import pytest

from seatrial.core.errors import UserError
from seatrial.evaluation import Predictions, measure
from seatrial.evaluation.facets import facets
from seatrial.evaluation.question import Question
from seatrial.evaluation.slice_cells import Losses, count
from seatrial.evaluation.slice_table import tabulate
from seatrial.evaluation.slices import LEVEL, losses, rank, search

SEARCHES = 120


def columns(rng: np.random.Generator, n: int, sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    return {
        f"c{place}": np.array([f"v{each}" for each in range(size)], dtype=object)[
            rng.integers(0, size, n)
        ]
        for place, size in enumerate(sizes)
    }


def shares(errors: np.ndarray, units: np.ndarray | None = None) -> Losses:
    n = len(errors)
    units = np.arange(n) if units is None else units
    return Losses(errors.astype(float), np.ones(n, bool), units, is_share=True)


def answers(rng: np.random.Generator, n: int, units: np.ndarray | None = None) -> Predictions:
    truth = rng.integers(0, 2, n)
    decided = np.where(rng.random(n) < 0.3, 1 - truth, truth)
    units = np.arange(n) if units is None else units
    return Predictions("binary", ("no", "yes"), np.eye(2)[decided], decided, truth, units)


def test_every_slice_is_counted_as_by_hand() -> None:
    rng = np.random.default_rng(1)
    given, errors = columns(rng, 300, (2, 3, 4)), rng.random(300) < 0.2
    expected = {}
    for depth in (1, 2, 3):
        for names in itertools.combinations(given, depth):
            for values in itertools.product(*(sorted(set(given[name])) for name in names)):
                met = np.logical_and.reduce(
                    [given[name] == value for name, value in zip(names, values, strict=True)]
                )
                if met.sum() >= 5:
                    expected[names, values] = (int(met.sum()), int(errors[met].sum()))
    made = facets(given, least=1)
    found = {}
    for cells in count(made, shares(errors), depth=3, least=5):
        names = tuple(made[place].name for place in cells.places)
        for code, n, loss in zip(cells.codes, cells.n, cells.loss, strict=True):
            at = np.unravel_index(code, [len(made[p].slices) + 1 for p in cells.places])
            values = tuple(
                made[place].slices[each].right.value
                for place, each in zip(cells.places, at, strict=True)
            )
            found[names, values] = (int(n), int(loss))
    assert found == expected


def test_ranking_by_score_is_that_of_the_published_formula() -> None:
    rng = np.random.default_rng(2)
    given, errors = columns(rng, 500, (3, 4)), (rng.random(500) < 0.2).astype(float)
    errors[given["c0"] == "v1"] = rng.random((given["c0"] == "v1").sum()) < 0.5
    best = rank(facets(given, least=1), errors, alpha=0.9, least=10, depth=2).slices[0]
    bad, share = errors[best.rows].mean() / errors.mean(), 500 / len(best.rows)
    assert best.score == pytest.approx(0.9 * (bad - 1) - 0.1 * (share - 1))
    assert str(best.where) == "c0 = 'v1'"


@pytest.mark.truth
def test_healthy_rows_have_no_slice_beyond_chance() -> None:
    named = 0
    for seed in range(SEARCHES):
        rng = np.random.default_rng(seed)
        given = columns(rng, 2000, (2, 3, 5, 4, 6))
        found = search(facets(given, least=50), shares(rng.random(2000) < 0.15))
        named += any(each.p_adjusted <= LEVEL for each in found.slices)
    assert named <= SEARCHES * LEVEL


@pytest.mark.truth
def test_days_that_are_alike_do_not_make_a_bad_slice() -> None:
    """Taken for independent rows, days with a storm would be slices of the hour's weather."""
    named, by_rows = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(40), 50)
        bad = rng.beta(1, 6, 40)
        weather = np.array([f"w{each}" for each in rng.integers(0, 5, 40)], dtype=object)[day]
        given = columns(rng, 2000, (3, 4)) | {"weather": weather}
        errors = rng.random(2000) < bad[day]
        made = facets(given, least=50)
        named += any(each.p_adjusted <= LEVEL for each in search(made, shares(errors, day)).slices)
        by_rows += any(each.p_adjusted <= LEVEL for each in search(made, shares(errors)).slices)
    assert named <= 60 * LEVEL
    assert by_rows > 30


@pytest.mark.truth
def test_a_planted_slice_of_two_columns_comes_first() -> None:
    first = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        given = columns(rng, 20_000, (8, 8, 5, 4, 3, 6))
        planted = (given["c0"] == "v3") & (given["c1"] == "v5")
        errors = rng.random(20_000) < np.where(planted, 0.25, 0.1)
        found = search(facets(given, least=50), shares(errors)).slices
        first += str(found[0].where) == "c0 = 'v3' and c1 = 'v5'" and found[0].p_adjusted < LEVEL
        assert sum(each.p_adjusted <= LEVEL for each in found) <= 2
    assert first >= 19


def test_a_slice_that_is_bad_by_what_lies_in_it_is_left_out() -> None:
    rng = np.random.default_rng(3)
    given = columns(rng, 10_000, (4, 4, 4))
    planted = (given["c0"] == "v1") & (given["c1"] == "v2")
    errors = rng.random(10_000) < np.where(planted, 0.6, 0.1)
    found = search(facets(given, least=50), shares(errors)).slices
    beyond = [str(each.where) for each in found if each.p_adjusted <= LEVEL]
    assert beyond == ["c0 = 'v1' and c1 = 'v2'"]


def test_a_metric_looks_at_its_relevant_rows_alone() -> None:
    rng = np.random.default_rng(4)
    predicted = answers(rng, 1000)
    given = losses(Question("recall"), predicted)
    assert given.relevant.tolist() == (predicted.truth == 1).tolist()
    assert given.loss.sum() == ((predicted.truth == 1) & (predicted.decided == 0)).sum()


def test_a_metric_that_is_no_mean_is_searched_by_its_influence() -> None:
    rng = np.random.default_rng(5)
    given = columns(rng, 4000, (5, 4))
    truth = rng.integers(0, 2, 4000)
    noise = np.where(given["c0"] == "v2", 3.0, 0.5)
    score = 1 / (1 + np.exp(-(2.0 * truth - 1 + rng.normal(0, noise))))
    decided = (score > 0.5).astype(int)
    scores = np.column_stack([1 - score, score])
    told = Predictions("binary", ("no", "yes"), scores, decided, truth, np.arange(4000))
    found = search(facets(given, least=50), losses(Question("roc_auc"), told)).slices
    assert str(found[0].where) == "c0 = 'v2'"


def test_a_metric_that_the_rows_do_not_define_is_an_error() -> None:
    told = Predictions(
        "binary", ("no", "yes"), np.eye(2)[[0, 0]], np.zeros(2, int), np.zeros(2, int), np.arange(2)
    )
    with pytest.raises(UserError, match="no row is truly yes"):
        losses(Question("recall"), told)


@pytest.mark.parametrize("metric", ["recall", "precision", "accuracy", "f1", "selection_rate"])
def test_a_table_of_slices_has_the_figures_of_each_measured_alone(metric: str) -> None:
    rng = np.random.default_rng(6)
    given, told = columns(rng, 3000, (3, 4)), answers(rng, 3000)
    found = tabulate(facets(given, least=50), told, [metric], depth=2, least=50)
    assert len(found.where) == 3 + 4 + 12
    for place, where in enumerate(found.where):
        parts = [each.split(" = ") for each in where.split(" and ")]
        rows = np.logical_and.reduce([given[name] == value.strip("'") for name, value in parts])
        alone = measure(metric, told, rows=rows).estimate
        listed = (found.values[place, 0], found.low[place, 0], found.high[place, 0])
        exact = 1e-9 if metric != "f1" else 1e-3  # alone, its variance has degrees of freedom
        assert listed == pytest.approx((alone.value, alone.low, alone.high), abs=exact)


def test_a_table_of_slices_counts_the_rows_of_a_unit_together() -> None:
    rng = np.random.default_rng(7)
    units = np.repeat(np.arange(150), 20)
    given, told = columns(rng, 3000, (3,)), answers(rng, 3000, units)
    twice = Predictions(
        "binary",
        told.classes,
        *(
            np.repeat(getattr(told, each), 2, axis=0)
            for each in ("scores", "decided", "truth", "units")
        ),
    )
    doubled = {name: np.repeat(values, 2) for name, values in given.items()}
    once = tabulate(facets(given, least=1), told, ["accuracy"], depth=1)
    again = tabulate(facets(doubled, least=1), twice, ["accuracy"], depth=1)
    assert again.low == pytest.approx(once.low, abs=0.004)
    assert again.high == pytest.approx(once.high, abs=0.004)


def test_a_table_of_slices_refuses_what_is_no_ratio_of_counts() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(UserError, match="roc_auc is no ratio"):
        tabulate(facets(columns(rng, 100, (2,)), least=1), answers(rng, 100), ["roc_auc"])


def test_numbers_are_cut_into_ranges_and_missing_values_are_a_slice() -> None:
    values = np.concatenate([np.arange(1000.0), np.full(100, np.nan)])
    made = facets({"n": values}, least=10)[0]
    assert [str(each) for each in made.slices] == [
        "n < 200",
        "n >= 200 and n < 400",
        "n >= 400 and n < 600",
        "n >= 600 and n < 800",
        "n >= 800",
        "n is null",
    ]
    assert np.bincount(made.codes).tolist() == [200, 200, 200, 200, 200, 100]


def test_a_column_of_one_value_or_of_names_makes_no_slice() -> None:
    names = np.array([f"row {each}" for each in range(500)], dtype=object)
    assert facets({"one": np.ones(500), "name": names}, least=5) == ()
