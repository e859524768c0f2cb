"""A planted group of wrong answers is found and named; errors at random make none worth reading."""

import numpy as np
import pytest

from seatrial.evaluation import error_groups as subject
from seatrial.evaluation.error_groups import error_groups
from seatrial.evaluation.facets import facets


def rows(rng: np.random.Generator, n: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    numbers = rng.normal(size=(n, 8))
    levels = rng.integers(0, 6, n).astype(float)
    columns = {f"x{place}": numbers[:, place] for place in range(8)}
    columns["site"] = np.array([f"s{int(each)}" for each in levels], dtype=object)
    return np.column_stack([numbers, levels]), columns


@pytest.mark.truth
def test_a_planted_group_of_failures_is_recovered_and_named() -> None:
    recovered = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        matrix, columns = rows(rng, 6000)
        planted = (matrix[:, 8] == 2) & (matrix[:, 1] > 0.9)
        wrong = rng.random(6000) < np.where(planted, 0.8, 0.03)
        found = error_groups(matrix, [False] * 8 + [True], wrong, facets(columns, least=20))
        if not found:
            continue
        members = np.zeros(6000, dtype=bool)
        best = max(found, key=lambda each: planted[each.rows].mean() * len(each.rows))
        members[best.rows] = True
        caught = (members & planted & wrong).sum() / (planted & wrong).sum()
        named = {trait.where.split()[0] for trait in best.traits}
        recovered += caught > 0.7 and planted[best.rows].mean() > 0.7 and named >= {"site", "x1"}
    assert recovered >= 7


def test_of_a_sample_of_the_wrong_answers_it_is_said_how_many_there_are_in_all(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    matrix, columns = rows(rng, 20_000)
    planted = (matrix[:, 8] == 2) & (matrix[:, 1] > 0.9)
    wrong = rng.random(20_000) < np.where(planted, 0.8, 0.03)
    monkeypatch.setattr(subject, "MOST_ERRORS", 400)
    found = error_groups(matrix, [False] * 8 + [True], wrong, facets(columns, least=20))[0]
    assert found.errors == round(len(found.rows) * wrong.sum() / 400)
    assert found.errors == pytest.approx((planted & wrong).sum(), rel=0.3)


def test_traits_say_how_often_their_rows_are_wrong() -> None:
    rng = np.random.default_rng(1)
    matrix, columns = rows(rng, 6000)
    planted = (matrix[:, 8] == 2) & (matrix[:, 1] > 0.9)
    wrong = rng.random(6000) < np.where(planted, 0.8, 0.03)
    found = error_groups(matrix, [False] * 8 + [True], wrong, facets(columns, least=20))
    assert found[0].error_rate.low > 0.3


def test_few_errors_make_no_groups() -> None:
    rng = np.random.default_rng(2)
    matrix, columns = rows(rng, 500)
    wrong = np.arange(500) < 20
    assert error_groups(matrix, [False] * 8 + [True], wrong, facets(columns, least=20)) == ()
