"""Sanity checks of any scikit-learn estimator: what is wrong before a hyperparameter is to blame.

Each takes a function that makes the *unfitted* estimator from a seed, and rows. None changes
anything; none raises: what the estimator raises becomes ``unknown`` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.estimate import Estimate
from seatrial.models.asking import CannotTellError, Question, ask, counted
from seatrial.models.overfitting import learn_by_heart
from seatrial.models.scales import compare_scales
from seatrial.models.trial import (
    Build,
    Matrix,
    Truth,
    a_few,
    answers,
    area,
    by_code,
    fitted,
    usable,
)
from seatrial.records.check import Check

Measure = Callable[[Matrix, Truth], Check]

TRIES = 12
"""Shufflings; one that knows nothing is above chance in all of them once in 4,096 times."""
FEWEST_A_CLASS = 20
MOST_SHUFFLED = 400
ALIKE = 1e-6
"""Difference of two answers, relative to their size, that is rounding."""
ONE_BY_ONE = 20
"""Rows that are also answered alone."""
_SURE = 4.0
"""Standard errors under one half from which an order is backwards, and not weak."""


def check_estimator(
    build: Build,
    matrix: Any,
    truth: Any,
    *,
    classes: Sequence[str] = (),
    columns: Sequence[str] = (),
    seed: int = 0,
) -> list[Check]:
    """Ask all of it.

    Args:
        build: Makes the unfitted estimator from a seed.
        matrix: (n_rows, n_inputs) float64, NaN for missing.
        truth: (n_rows,) class codes, or numbers.
        classes: Names of the classes in the order of their codes; empty for a number.
        columns: Names of the matrix's columns.
        seed: For the choice of rows and the estimator.

    >>> from sklearn.linear_model import LogisticRegression
    >>> matrix = np.random.default_rng(1).normal(size=(200, 3))
    >>> truth = (matrix[:, 0] > 0).astype(int)
    >>> build = lambda seed: LogisticRegression(random_state=seed)
    >>> {each.verdict for each in check_estimator(build, matrix, truth, classes=("no", "yes"))}
    {'pass'}
    """
    asked = (
        overfits_tiny_batch,
        deterministic_fit,
        invariant_to_row_order,
        label_order,
        chance_on_shuffled_labels,
    )
    return [
        *(each(build, matrix, truth, classes=classes, seed=seed) for each in asked),
        input_scale(build, matrix, truth, classes=classes, columns=columns, seed=seed),
    ]


def overfits_tiny_batch(
    build: Build, matrix: Any, truth: Any, *, classes: Sequence[str] = (), seed: int = 0
) -> Check:
    """Ask whether it learns up to 8 rows by heart, its regularisation taken away.

    Unknown if it doesn't, and what holds an estimator of its class back isn't known.
    """
    question = Question("overfits_tiny_batch", "It learns a few rows by heart", "implementation")
    return _on(
        question,
        (matrix, truth, classes),
        lambda rows, wanted: learn_by_heart(question, build, rows, wanted, classes, seed),
    )


def deterministic_fit(
    build: Build, matrix: Any, truth: Any, *, classes: Sequence[str] = (), seed: int = 0
) -> Check:
    """Ask whether two fits with one seed answer alike, also rows that they were not fitted on."""
    question = Question("deterministic_fit", "One seed gives one model", "implementation")

    def measure(rows: Matrix, wanted: Truth) -> Check:
        rows, wanted = a_few(rows, wanted, np.random.default_rng(seed))
        half = rows[::2], wanted[::2]
        twice = [answers(fitted(build, seed, *half), rows, classes) for _ in range(2)]
        apart = _apart(*twice)
        if not apart.any():
            return question.passes(f"two fits agree on {len(rows):,} rows")
        reason = f"two fits with seed {seed} differ on {apart.sum():,} of {len(rows):,} rows"
        repair = "Pass the seed on as random_state to everything that draws"
        return question.fails(reason, repair=repair, estimate=counted(apart.mean(), len(rows)))

    return _on(question, (matrix, truth, classes), measure)


def invariant_to_row_order(
    build: Build, matrix: Any, truth: Any, *, classes: Sequence[str] = (), seed: int = 0
) -> Check:
    """Ask whether rows answered alone, and backwards, are answered as together."""
    question = Question(
        "invariant_to_row_order", "A row's answer depends on that row alone", "implementation"
    )

    def measure(rows: Matrix, wanted: Truth) -> Check:
        random = np.random.default_rng(seed)
        rows, wanted = a_few(rows, wanted, random)
        estimator = fitted(build, seed, rows, wanted)
        few = rows[random.permutation(len(rows))[:ONE_BY_ONE]]
        together = answers(estimator, few, classes)
        alone = [answers(estimator, few[place : place + 1], classes) for place in range(len(few))]
        apart = _apart(together, np.vstack(alone))
        backwards = answers(estimator, few[::-1], classes)[::-1]
        apart = apart | _apart(together, backwards)
        if not apart.any():
            return question.passes(f"{len(few)} rows alone, together and backwards agree")
        reason = f"{apart.sum()} of {len(few)} rows are answered otherwise alone than together"
        repair = "Learn means, ranks and levels in fit; use only those in transform and predict"
        return question.fails(reason, repair=repair, estimate=counted(apart.mean(), len(few)))

    return _on(question, (matrix, truth, classes), measure)


def label_order(
    build: Build, matrix: Any, truth: Any, *, classes: Sequence[str] = (), seed: int = 0
) -> Check:
    """Ask whether its probabilities stand in the columns of their classes.

    On the rows that it was fitted on, a class's probability must not be *lower* for that class's
    own rows. If it is, and what it predicts contradicts its probabilities, their columns are mixed
    up; if both are backwards, it may as well be barely trained, and :func:`overfits_tiny_batch`
    tells the two apart.
    """
    question = Question("label_order", "Probabilities belong to their classes", "implementation")
    if not classes:
        return question.is_not_for("a number has no classes")

    def measure(rows: Matrix, wanted: Truth) -> Check:
        rows, wanted = a_few(rows, wanted, np.random.default_rng(seed))
        estimator = fitted(build, seed, rows, wanted)
        known = np.asarray(getattr(estimator, "classes_", np.unique(wanted)))
        if sorted(known.tolist()) != np.unique(wanted).tolist():
            reason = f"it answers {known.tolist()}, the truth holds {np.unique(wanted).tolist()}"
            return question.fails(reason, repair="Fit it on the contract's codes as they are")
        scores = by_code(estimator, answers(estimator, rows, classes), classes)
        predicted = np.asarray(estimator.predict(rows), np.float64)
        return _ordered(question, scores, predicted, wanted, classes)

    return _on(question, (matrix, truth, classes), measure)


def chance_on_shuffled_labels(
    build: Build, matrix: Any, truth: Any, *, classes: Sequence[str] = (), seed: int = 0
) -> Check:
    """Ask whether it knows nothing of held-out rows after training on shuffled labels.

    What does knows the truth from somewhere else: from a file, or from what surrounds the builder.
    The test is a sign test over :data:`TRIES` shufflings. It is symmetric, because classes are
    drawn alike in number and numbers are replaced by their ranks; it stops at the first shuffling
    that is at chance or below.
    """
    question = Question(
        "chance_on_shuffled_labels", "Trained on shuffled labels it knows nothing", "dataset"
    )

    def measure(rows: Matrix, wanted: Truth) -> Check:
        random = np.random.default_rng(seed)
        train, held = _halves(wanted, classes, random)
        learnt = wanted if classes else _ranks(wanted)
        found: list[float] = []
        while len(found) < TRIES and (not found or found[-1] > 0):
            labels = random.permutation(learnt[train])
            estimator = fitted(build, seed + len(found), rows[train], labels)
            found.append(_skill(estimator, rows[held], wanted[held], classes))
        return _judged(question, found, len(held))

    return _on(question, (matrix, truth, classes), measure)


def input_scale(
    build: Build,
    matrix: Any,
    truth: Any,
    *,
    classes: Sequence[str] = (),
    columns: Sequence[str] = (),
    seed: int = 0,
) -> Check:
    """Ask whether columns that reach an estimator which minds their scale are of one scale.

    What is measured is what comes out of the pipeline's steps, not whether one is called a scaler.
    """
    question = Question("input_scale", "Inputs are of one scale where that matters", "dataset")

    def measure(rows: Matrix, wanted: Truth) -> Check:
        rows, wanted = a_few(rows, wanted, np.random.default_rng(seed))
        estimator = fitted(build, seed, rows, wanted)
        return compare_scales(question, estimator, rows, columns)

    return _on(question, (matrix, truth, classes), measure)


def _on(question: Question, given: tuple[Any, Any, Sequence[str]], measure: Measure) -> Check:
    """Ask on one thread: on few rows, threads wait for each other most of the time."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return ask(question, lambda: measure(*usable(*given)))


def _apart(one: Matrix, other: Matrix) -> NDArray[np.bool_]:
    """Rows whose answers differ by more than rounding; (n_rows,)."""
    if one.shape != other.shape:
        raise CannotTellError(f"it gave shape {one.shape}, then {other.shape}")
    size = max(float(np.abs(one).max(initial=0.0)), float(np.abs(other).max(initial=0.0)))
    differs = np.abs(one - other) > ALIKE * max(size, 1e-12)
    return np.asarray(differs.any(axis=1))


def _ordered(
    question: Question, scores: Matrix, predicted: Truth, truth: Truth, classes: Sequence[str]
) -> Check:
    areas = {int(code): area(scores[:, code], truth == code) for code in np.unique(truth)}
    least = min(areas, key=lambda code: areas[code])
    estimate = counted(areas[least], len(truth), "area under the curve")
    said = f"the least area under the curve on its own rows is {areas[least]:.2f}, {classes[least]}"
    if areas[least] >= 0.5 - _SURE * _spread_of_area(truth == least):
        return question.passes(said, estimate)
    agree = float((scores.argmax(axis=1) == predicted).mean())
    if agree >= 0.5:  # noqa: PLR2004 — more often than not
        raise CannotTellError(f"{said}; its predictions are as wrong, or it is barely trained")
    reason = f"{said}, and its predictions follow its probabilities in {agree:.0%} of rows"
    repair = "Give predict_proba's columns the order of classes_, and don't sort either anew"
    return question.fails(reason, repair=repair, estimate=estimate)


def _spread_of_area(positive: NDArray[np.bool_]) -> float:
    """Standard error of the area under the curve of scores that know nothing (Mann and Whitney)."""
    hits = int(positive.sum())
    misses = len(positive) - hits
    return float(np.sqrt((hits + misses + 1) / (12.0 * hits * misses)))


def _halves(
    truth: Truth, classes: Sequence[str], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two halves of the rows; of classes the same number of each in both."""
    if not classes:
        if len(truth) < 2 * FEWEST_A_CLASS:
            raise CannotTellError(f"needs {2 * FEWEST_A_CLASS} rows, there are {len(truth)}")
        drawn = random.permutation(len(truth))[:MOST_SHUFFLED]
        return drawn[::2], drawn[1::2]
    present, counts = np.unique(truth, return_counts=True)
    if counts.min() < FEWEST_A_CLASS:
        rare = classes[int(present[counts.argmin()])]
        raise CannotTellError(
            f"needs {FEWEST_A_CLASS} rows of each class, there are {counts.min()} of {rare}"
        )
    each = min(int(counts.min()), MOST_SHUFFLED // len(present)) // 2
    drawn = np.stack(
        [random.permutation(np.flatnonzero(truth == code))[: 2 * each] for code in present]
    )
    return drawn[:, :each].ravel(), drawn[:, each:].ravel()


def _ranks(values: Truth) -> NDArray[np.float64]:
    """Ranks between 0 and 1, whose distribution is symmetric; ties in their order."""
    ranks: NDArray[np.float64] = (values.argsort(kind="stable").argsort() + 0.5) / len(values)
    return ranks


def _skill(estimator: Any, rows: Matrix, truth: Truth, classes: Sequence[str]) -> float:
    """How far above chance its order of the rows is, from −0.5 to 0.5 or from −1 to 1."""
    given = answers(estimator, rows, classes)
    if classes:
        scores = by_code(estimator, given, classes)
        areas = [area(scores[:, code], truth == code) for code in np.unique(truth)]
        return float(np.mean(areas)) - 0.5
    said = given[:, 0]
    if np.ptp(said) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(said), _ranks(truth))[0, 1])


def _judged(question: Question, found: list[float], n: int) -> Check:
    mean = float(np.mean(found))
    estimate = Estimate(mean, min(found), max(found), n, f"{len(found)} shufflings", "over chance")
    if found[-1] <= 0:
        reason = f"at chance or below in shuffling {len(found)} of at most {TRIES}"
        return question.passes(reason, estimate)
    reason = f"above chance in all of {TRIES} shufflings, by {mean:.2f} on average"
    repair = "Find where it reads the truth besides from fit: a file, a closure, a feature function"
    return question.fails(reason, repair=repair, estimate=estimate)
