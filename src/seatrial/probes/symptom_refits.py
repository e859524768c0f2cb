"""Checks of the doctor that fit the candidate's family again: sanity of the code, less and more capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.estimate import Estimate, brief
from seatrial.probes.probe import Inputs
from seatrial.probes.symptom_inputs import (
    LEVEL,
    MOST_WORK,
    SANITY_ROWS,
    SHARE_OF_ERROR,
    Found,
    loss_metric,
    matrices,
    some_rows,
    spoken,
    too_few,
    turned,
    why_untrained,
)
from seatrial.reports import numbers

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions
    from seatrial.records.contract import Contract


def sanity(name: str) -> Callable[[Inputs], Found]:
    """A sanity check of the estimator, as :mod:`seatrial.models.sanity` makes it."""

    def find(inputs: Inputs) -> Found:
        from seatrial.models import ladder
        from seatrial.models import sanity as checks

        if reason := why_untrained(inputs):
            return Found(None, reason)
        contract, (train,) = matrices(inputs, "train")
        header, root = inputs["scorer"].header, inputs["archive"][1]
        if name == "overfits_tiny_batch" and contract.reads_words:
            return Found(
                None, "words of one text alone are left out, so it can't learn few by heart"
            )
        if name == "input_scale":
            if any(each.kind == "image" for each in contract.inputs):
                return Found(None, "pixels are of one scale")
            if contract.reads_words:
                return Found(None, "a text has no scale")
        parameters = inputs.plan("train.parameters").get(header.family)

        def build(seed: int) -> Any:
            return ladder.build(
                header.family, contract, seed=seed, root=root, parameters=parameters
            )

        kept = some_rows(len(train))[:SANITY_ROWS]
        rows: Any = train[kept]
        asks: Callable[[int], Any] = build
        if contract.reads_words:  # the checks look at numbers, and are given the rows' places
            rows, asks = np.arange(len(kept))[:, None], _by_place(build, rows)
        named = {"columns": _columns(contract)} if name == "input_scale" else {}
        told = getattr(checks, name)(
            asks,
            rows,
            inputs["truth/train"][kept],
            classes=contract.classes,
            seed=inputs.plan("train.seed"),
            **named,
        )
        if told.verdict in {"pass", "fail"}:
            return Found(told.verdict == "pass", told.reason, told.estimate, told.repair)
        return Found(None, told.reason)

    return find


def _by_place(build: Callable[[int], Any], rows: Any) -> Callable[[int], Any]:
    """The same estimator, asked with the places of rows in a table, (n_rows, 1)."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    def look_up(places: Any) -> Any:
        return rows[places[:, 0].astype(np.int64)]

    return lambda seed: make_pipeline(FunctionTransformer(look_up), build(seed))


def _columns(contract: Contract) -> list[str]:
    """Names of the matrix's columns."""
    from seatrial.scoring.encode import spans

    return [
        each.name for each, columns in spans(contract) for _ in range(columns.start, columns.stop)
    ]


def not_overfitted(inputs: Inputs) -> Found:
    """Less capacity is not proved better on dev."""
    return _capacity(inputs, more=False)


def not_underfitted(inputs: Inputs) -> Found:
    """More capacity is not proved better on dev."""
    return _capacity(inputs, more=True)


def _capacity(inputs: Inputs, *, more: bool) -> Found:
    from dataclasses import replace

    from seatrial.evaluation import measure
    from seatrial.models.capacity import answers, variants

    if reason := why_untrained(inputs):
        return Found(None, reason)
    dev: Predictions = inputs["predictions/dev"]
    if reason := too_few(dev):
        return Found(None, reason)
    contract, (train, rows) = matrices(inputs, "train", "dev")
    family, metric = inputs["scorer"].header.family, loss_metric(dev)
    tried = [
        each
        for each in variants(family, contract, seed=inputs.plan("train.seed"))
        if each.more is more
    ]
    work = train.shape[1] * max(len(contract.classes) - 1, 1)
    if work > MOST_WORK:
        return Found(
            None,
            f"{train.shape[1]:,} columns of {len(contract.classes)} classes are too many to try it",
        )
    kept, level = some_rows(len(train)), 1.0 - LEVEL / len(tried)
    sample = (train[kept], inputs["truth/train"][kept])
    own = measure(metric, dev).estimate.value or 0.0
    saved: list[tuple[float, str, Estimate]] = []
    for variant in tried:
        scores = answers(variant, contract, sample, rows)
        decided = scores if dev.task == "regression" else scores.argmax(axis=1).astype(np.int64)
        other = replace(dev, scores=scores, decided=decided)
        less = measure(metric, dev, versus=other, level=level).estimate
        if less.value is not None:
            saved.append((less.value, variant.name, less))
    if not saved:
        return Found(None, "no other capacity could be compared")
    best = max(saved)
    figure = f"{best[1]} would change its {spoken(metric)} of {brief(own)} by {numbers.whole(turned(best[2]))}"
    low, high = best[2].low or 0.0, best[2].high or 0.0
    figure += ", for the better" if low > 0 else ", for the worse" if high < 0 else ", within noise"
    if low <= SHARE_OF_ERROR * abs(own):
        small = f": proved, and less than the {SHARE_OF_ERROR:.0%} that is of account"
        return Found(True, f"{figure}{small if low > 0 else ''}", best[2])
    gap = _train_gap(inputs, metric, own)
    word = "underfits" if more else "overfits"
    repair = (
        f"Train {best[1]}, or add features and interactions"
        if more
        else f"Regularise: {best[1]} does better; search between the two, or add rows"
    )
    return Found(False, f"it {word}: {figure}{gap}", best[2], repair)


def _train_gap(inputs: Inputs, metric: str, own: float) -> str:
    from seatrial.evaluation import measure

    on_train = measure(metric, inputs["predictions/train"]).estimate
    return (
        f"; on the rows that it was trained on it has {brief(on_train.value)}, on dev {brief(own)}"
        if on_train.measured
        else ""
    )
