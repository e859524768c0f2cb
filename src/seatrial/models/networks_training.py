"""Gradients: does every parameter get one, and does a training step start without the last ones?"""

from __future__ import annotations

from typing import Any

from seatrial.models.asking import CannotTellError, Question, counted, listed
from seatrial.models.network import Network
from seatrial.models.networks_state import rewound, unregularised
from seatrial.records.check import Check

ROWS = 256
TRIES = 4
"""Looks at the gradients, a step apart: what begins at zero on purpose has moved by the second."""
APART = 1e-3
"""Difference of two gradients, relative to their size, that isn't rounding."""

Gradients = dict[str, Any]


def gradients_flow(question: Question, network: Network) -> Check:
    """Look for parameters whose gradient is zero in several steps, or is no finite number.

    The biases that a batch norm cancels have a check of their own.
    """
    import torch

    network = network.take(slice(ROWS))
    network.module.train()
    parameters = {name: each for name, each in network.learnable() if each.requires_grad}
    if not parameters:
        return question.fails("every parameter is frozen", repair="Set requires_grad")
    optimizer = torch.optim.Adam(parameters.values(), lr=1e-3)
    flat = set(parameters)
    with unregularised(network.module):
        for _ in range(TRIES):
            optimizer.zero_grad()
            network.cost(network.outputs()).backward()
            found = {name: each.grad for name, each in parameters.items() if each.grad is not None}
            if wild := [name for name, each in found.items() if not _is_finite(each)]:
                reason = f"the gradient of {listed(wild)} is NaN or infinite"
                repair = "Look for log or sqrt of 0, division by 0, and inputs of a huge scale"
                return question.fails(reason, repair=repair)
            flat -= {name for name, each in found.items() if bool(each.any())}
            optimizer.step()
    named = [name for name in parameters if name in flat]
    estimate = counted(len(named), len(parameters), "parameters")
    if named:
        reason = f"the gradient of {listed(named)} is zero or missing in {TRIES} steps"
        repair = "Look for dead or saturated units, detach(), and layers that forward doesn't use"
        return question.fails(reason, repair=repair, estimate=estimate)
    return question.passes(f"all {len(parameters)} parameters get a gradient", estimate)


def gradients_are_cleared(question: Question, network: Network) -> Check:
    """Run the user's step on one half of the rows, then on the other from the same weights.

    The gradient at the second must be that of a fresh step; if the first one's is added to it, the
    step doesn't clear. Two halves, because a clipped sum of one gradient with itself looks cleared.
    """
    import torch

    if network.step is None:
        return question.is_not_for("no `step` was given")
    optimizer = network.optimizer or torch.optim.SGD(network.module.parameters(), lr=1e-3)
    network.module.train()
    half = network.rows // 2
    first, second = network.take(slice(half)), network.take(slice(half, None))
    fresh, again = (_stepped([second], optimizer) for _ in range(2))
    after = _stepped([first, second], optimizer)
    before = _stepped([first], optimizer)
    if _distance(fresh, again) > APART:
        raise CannotTellError("two fresh steps from one start have different gradients")
    distance = _distance(after, fresh)
    estimate = counted(distance, network.rows, "of the fresh gradient")
    if distance <= APART:
        return question.passes("a second step has the gradient of a fresh one", estimate)
    added = {name: fresh[name] + before[name] for name in fresh if name in before}
    is_sum = _distance(after, added) <= APART
    what = "is the sum of both steps'" if is_sum else "isn't that of a fresh step"
    reason = f"the gradient of a second step {what}: off by {distance:.2g} of its size"
    repair = "Call optimizer.zero_grad() in each step, before backward()"
    return question.fails(reason, repair=repair, estimate=estimate)


def _stepped(batches: list[Network], optimizer: Any) -> Gradients:
    """Gradients when the optimiser steps on the last batch; each step starts at the same weights."""
    module = batches[0].module
    taken: list[Gradients] = []

    def take(*_: Any) -> None:
        found = {name: each.grad for name, each in module.named_parameters()}
        taken.append(
            {name: each.detach().clone() for name, each in found.items() if each is not None}
        )

    module.zero_grad(set_to_none=True)
    for batch in batches:
        taken.clear()
        hook = optimizer.register_step_pre_hook(take)
        try:
            with rewound(batch):
                batch.step(module, optimizer, batch.given, batch.targets)  # type: ignore[misc]
        finally:
            hook.remove()
    if not taken or not taken[0]:
        raise CannotTellError("the step never calls optimizer.step() with gradients")
    if not all(_is_finite(each) for each in taken[0].values()):
        raise CannotTellError("the step's gradients hold NaN or infinite values")
    return taken[0]


def _distance(one: Gradients, other: Gradients) -> float:
    """Norm of the difference, relative to the norm of ``other``."""
    names = one.keys() | other.keys()
    zero = 0.0
    apart = sum(float(((one.get(name, zero) - other.get(name, zero)) ** 2).sum()) for name in names)
    size = sum(float((each**2).sum()) for each in other.values())
    if size == 0.0:
        raise CannotTellError("the step's gradients are all zero")
    return float((apart / size) ** 0.5)


def _is_finite(tensor: Any) -> bool:
    import torch

    return bool(torch.isfinite(tensor).all())
