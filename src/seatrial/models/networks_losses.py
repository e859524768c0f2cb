"""Outputs and loss must be a pair: logits, log-probabilities or probabilities, and chance at first."""

from __future__ import annotations

import math
from typing import Any

from seatrial.models.asking import CannotTellError, Question, counted
from seatrial.models.network import Network
from seatrial.models.networks_graph import last_operation
from seatrial.models.networks_state import unregularised
from seatrial.records.check import Check

ROWS = 256
NEAR = 1.0
"""Nats above chance that an ordinary initialisation stays under; measured in `docs/debugging.md`."""
BELOW = 0.75
"""Share of chance under which the network has learnt already."""
_FAR = 1e3
"""Inputs are drawn out by this much, to tell outputs that are bounded from those that are small."""
_SUM = 1e-4
_SIGNS = (1.0, _FAR, -_FAR)


def no_softmax_before_logits_loss(question: Question, network: Network) -> Check:
    """Hold the outputs against what the loss wants, by their values and by how they were made."""
    network = network.take(slice(ROWS))
    network.module.train()
    if not network.wants:
        return question.is_not_for("what this loss wants of its outputs is not known")
    with unregularised(network.module):
        outputs = network.outputs()
        match network.wants:
            case "logits":
                return _of_logits(question, outputs)
            case "log probabilities":
                return _of_log_probabilities(question, outputs)
            case "binary logits":
                return _of_binary_logits(question, network, outputs)
    return _of_probabilities(question, outputs)


def _of_logits(question: Question, outputs: Any) -> Check:
    made = _made(outputs)
    if made == "Softmax" or _adds_up(outputs):
        reason = "every row of the outputs adds up to 1: a softmax stands before a loss that takes it itself"
        return question.fails(reason, repair="Give the loss logits; take the softmax to predict")
    if made == "Sigmoid":
        reason = "the outputs come from a sigmoid, the loss takes a softmax of them"
        repair = (
            "Give the loss logits; for labels that don't exclude each other use BCEWithLogitsLoss"
        )
        return question.fails(reason, repair=repair)
    if made == "LogSoftmax" or _adds_up(outputs.exp()):
        return question.passes("log-probabilities: harmless, but the log-softmax is taken twice")
    return question.passes("the outputs are logits")


def _of_log_probabilities(question: Question, outputs: Any) -> Check:
    if _adds_up(outputs.exp()):
        return question.passes("the outputs are log-probabilities")
    what = "probabilities" if _adds_up(outputs) else "logits"
    reason = f"the loss wants log-probabilities, the outputs are {what}"
    return question.fails(reason, repair="End in LogSoftmax, or use CrossEntropyLoss on logits")


def _of_binary_logits(question: Question, network: Network, outputs: Any) -> Check:
    made = _made(outputs)
    if made not in {"Sigmoid", "Softmax"}:
        if made in {"Addmm", "Convolution", "Mm"} or not _is_bounded(network):
            return question.passes("the outputs are logits")
        made = "Sigmoid"
    reason = f"the outputs stay in 0 to 1: a {made.lower()} stands before a loss that takes a sigmoid itself"
    return question.fails(reason, repair="Give the loss logits; take the sigmoid to predict")


def _of_probabilities(question: Question, outputs: Any) -> Check:
    low, high = float(outputs.min()), float(outputs.max())
    if low >= 0.0 and high <= 1.0:
        return question.passes(f"the outputs are probabilities, {low:.2g} to {high:.2g}")
    reason = f"the loss wants probabilities, the outputs run from {low:.2g} to {high:.2g}"
    return question.fails(reason, repair="Use BCEWithLogitsLoss on logits")


def _made(outputs: Any) -> str:
    return last_operation(outputs)


def _adds_up(outputs: Any) -> bool:
    """Whether the classes of every row are shares that add up to 1."""
    if outputs.ndim < 2 or outputs.shape[1] < 2:  # noqa: PLR2004 — classes stand along axis 1
        return False
    is_share = bool((outputs >= 0).all()) and bool((outputs <= 1).all())
    return is_share and float((outputs.sum(dim=1) - 1.0).abs().max()) < _SUM


def _is_bounded(network: Network) -> bool:
    """Whether outputs stay in 0 to 1 though inputs are drawn out; unknown for whole numbers."""
    outputs = network.outputs()
    if not _in_unit(outputs):
        return False
    if not any(each.is_floating_point() for each in network.tensors):
        raise CannotTellError(
            "the outputs lie in 0 to 1; whether they must can't be tried on codes"
        )
    return all(
        _in_unit(
            network.with_inputs(
                lambda one, by=sign: one * by if one.is_floating_point() else one  # type: ignore[misc]
            ).outputs()
        )
        for sign in _SIGNS
    )


def _in_unit(outputs: Any) -> bool:
    return bool((outputs >= 0).all()) and bool((outputs <= 1).all())


def loss_at_start_is_chance(question: Question, network: Network) -> Check:
    """Hold the loss of an untrained network against that of one that says nothing.

    That is log(n_classes) for a softmax and log 2 for a sigmoid; found by giving the loss outputs
    that say nothing, so that weights, smoothing and sums are allowed for.
    """
    import torch

    network = network.take(slice(ROWS))
    network.module.train()
    if network.wants not in {"logits", "binary logits", "log probabilities"}:
        return question.is_not_for("the loss has no level of chance that doesn't know the targets")
    with unregularised(network.module), torch.no_grad():
        outputs = network.outputs()
        silent = torch.zeros_like(outputs)
        if network.wants == "log probabilities":
            silent = torch.log_softmax(silent, dim=1)
        chance, loss = float(network.cost(silent)), float(network.cost(outputs))
    if not (math.isfinite(chance) and math.isfinite(loss) and chance > 0):
        raise CannotTellError(f"the loss is {loss:g}, that of chance {chance:g}")
    scale = chance / _one_row(network.wants, outputs)
    estimate = counted(loss, network.rows, "loss")
    said = f"the loss is {loss:.3g}, that of chance {chance:.3g}"
    if loss > chance + NEAR * scale:
        repair = "Standardise the inputs, and let the output layer begin small and without a lean"
        return question.fails(said, repair=repair, estimate=estimate)
    if loss < BELOW * chance:
        return question.is_not_for(f"{said}: it has learnt already")
    return question.passes(said, estimate)


def _one_row(wants: str, outputs: Any) -> float:
    """Nats of one target at chance, so that a summed loss is held to the sum of its margins."""
    classes = 2 if wants == "binary logits" else max(int(outputs.shape[1]), 2)
    return math.log(classes)
