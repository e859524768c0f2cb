"""Are the numbers that a network is fed roughly standardised, column by column or channel by channel?"""

from __future__ import annotations

from typing import Any

from seatrial.models.asking import Question, counted, listed
from seatrial.models.network import Network
from seatrial.models.networks_evaluation import calls, tensors
from seatrial.records.check import Check

MOST = 10.0
"""Root mean square of a column from which it drowns the others and saturates the first layer."""
LEAST = 0.01
"""Spread under which a column that isn't constant is not heard."""
_PLANES = 4
"""Axes of a batch of pictures: rows, channels, height, width."""


def input_scale(question: Question, network: Network) -> Check:
    """Look for columns or channels far from zero mean and unit spread.

    Pictures are judged by channel, what a convolution takes along axis 1, the rest along the last
    axis. Columns of one or two values may be rare, and are judged by their size alone.
    """
    numbers = [each for each in network.tensors if each.is_floating_point()]
    if not numbers:
        return question.is_not_for("the inputs are codes")
    if norm := _first_norm(network):
        return question.is_not_for(f"{norm} standardises the inputs")
    axis_one = _convolves_first(network)
    found: list[str] = []
    total = 0
    for place, tensor in enumerate(numbers):
        where = f"input {place} " if len(numbers) > 1 else ""
        said, count = _odd(
            tensor, axis=1 if axis_one or tensor.ndim >= _PLANES else tensor.ndim - 1
        )
        found += [f"{where}{each}" for each in said]
        total += count
    estimate = counted(len(found), total, "columns or channels")
    if not found:
        return question.passes(f"{total} columns or channels are roughly standardised", estimate)
    repair = "Subtract the mean and divide by the spread of the training rows"
    return question.fails(listed(found), repair=repair, estimate=estimate)


def _odd(tensor: Any, *, axis: int) -> tuple[list[str], int]:
    """What is wrong with each column, and how many there are."""
    if tensor.ndim == 1:
        tensor, axis = tensor[:, None], 1
    columns = tensor.detach().double().movedim(axis, 0).reshape(tensor.shape[axis], -1)
    name = "channel" if tensor.ndim >= _PLANES else "column"
    found = []
    for place, values in enumerate(columns):
        mean, spread = float(values.mean()), float(values.std(correction=0))
        is_quiet = 0 < spread < LEAST and len(values.unique()) > 2  # noqa: PLR2004 — an indicator has two
        if (mean**2 + spread**2) ** 0.5 > MOST or is_quiet:
            found.append(f"{name} {place} has mean {mean:.3g} and spread {spread:.3g}")
    return found, len(columns)


def _first_norm(network: Network) -> str:
    """The batch, layer or group norm that takes the inputs as they are; empty if none does."""
    from torch import nn

    first = _takes_inputs(network)
    norms = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)  # noqa: SLF001 — their common base has no public name
    return next((name for name, each in first if isinstance(each, norms)), "")


def _convolves_first(network: Network) -> bool:
    from torch import nn

    return any(isinstance(each, nn.modules.conv._ConvNd) for _, each in _takes_inputs(network))  # noqa: SLF001 — their common base has no public name


def _takes_inputs(network: Network) -> list[tuple[str, Any]]:
    """Submodules that are given an input as it is, by name."""
    import torch

    network = network.take(slice(8))
    network.module.train()
    given = list(tensors(network.inputs))
    layers = dict(network.module.named_modules())
    with torch.no_grad():
        return [
            (call.name, layers[call.name])
            for call in calls(network)
            if call.name
            and any(
                one.shape == each.shape and torch.equal(one, each)
                for one in call.inputs
                for each in given
            )
        ]
