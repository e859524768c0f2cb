"""Can a network drive its loss on a tiny batch near the least possible one?

*Least possible* is found, not assumed: the loss is minimised over outputs that may be anything,
and over one output that is the same for every row (chance). What the network leaves of the way from
the one to the other is its figure, whatever the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from seatrial.models.asking import CannotTellError, Question, counted, listed
from seatrial.models.network import Network
from seatrial.models.networks_state import rewound, unregularised
from seatrial.records.check import Check

BATCH = 8
LEFT = 0.05
"""Share of the way from chance to the least possible loss that may be left."""
STEPS = 400
RATES = (1e-2, 2e-3)
ENOUGH_TO_JUDGE = 8
"""Targets from which their being all one is a finding."""
_CANDIDATES = 256


def overfits_tiny_batch(question: Question, network: Network) -> Check:
    """Train on at most 8 rows with Adam, no dropout and no weight decay.

    A parameter that gets no gradient is a fault by itself, however well the others learn.
    """
    network.module.train()
    if fault := target_fault(network):
        repair = "Map labels to 0, 1, ... in the order of the outputs, and look at a few by eye"
        return question.fails(fault, repair=repair)
    batch = network.take(_distinct_rows(network))
    with unregularised(network.module):
        if still := without_gradient(batch):
            repair = "Let them learn: requires_grad, in the optimiser, used by forward and not detached; or name them as frozen"
            return question.fails(f"no gradient reaches {listed(still)}", repair=repair)
        least, chance = bounds(batch)
        if _ignores_inputs(batch):
            repair = "Look for what loses the inputs: a product with 0, a wrong axis, dead units"
            return question.fails("the outputs don't depend on the inputs", repair=repair)
        loss = _train(batch, enough=least + LEFT * (chance - least))
    left = (loss - least) / (chance - least)
    estimate = counted(left, batch.rows, "of the way from chance to the least loss")
    said = f"loss {loss:.3g} on {batch.rows} rows; least possible {least:.3g}, chance {chance:.3g}"
    if left <= LEFT:
        return question.passes(said, estimate)
    repair = "Look for labels of other rows, a loss that gets other outputs than it wants, targets of a huge scale"
    return question.fails(said, repair=repair, estimate=estimate)


def target_fault(network: Network) -> str:
    """What is wrong with the targets by themselves; empty if nothing is."""
    targets = network.targets
    if bool((targets == targets[:1]).all()):
        fact = f"every one of the {network.rows} targets is {targets.flatten()[0].item():g}"
        if network.rows < ENOUGH_TO_JUDGE:
            raise CannotTellError(fact)
        return fact
    if network.wants.startswith("binary"):
        low, high = float(targets.min()), float(targets.max())
        return (
            "" if low >= 0 and high <= 1 else f"targets must lie in 0 to 1, got {low:g} to {high:g}"
        )
    if network.wants and not targets.is_floating_point():
        return _label_fault(network)
    return ""


def _label_fault(network: Network) -> str:
    outputs = network.outputs()
    classes = int(outputs.shape[1]) if outputs.ndim > 1 else 0
    ignored = getattr(network.loss, "ignore_index", -100)
    used = network.targets[network.targets != ignored]
    low, high = int(used.min()), int(used.max())
    if low < 0 or high >= classes:
        return f"labels run from {low} to {high}, the {classes} outputs are for 0 to {classes - 1}"
    present = {int(each) for each in used.unique()}
    if present == set(range(1, classes)) and len(used) >= 10 * classes:
        return f"no label is 0 and every other is there: labels seem to count from 1, the {classes} outputs from 0"
    return ""


def _distinct_rows(network: Network) -> Any:
    """Places of up to 8 rows that differ, the classes in turns; few enough for a linear network."""
    import torch

    rows = min(network.rows, _CANDIDATES)
    flat = torch.cat([each[:rows].reshape(rows, -1).double() for each in network.tensors], dim=1)
    _, group = torch.unique(flat, dim=0, return_inverse=True)
    firsts: dict[int, int] = {}
    for place, value in enumerate(group.tolist()):
        firsts.setdefault(value, place)
    targets = network.targets[:rows].reshape(rows, -1)[:, 0]
    seen: dict[float, int] = {}
    turns = []
    for place in firsts.values():
        target = float(targets[place])
        seen[target] = seen.get(target, -1) + 1
        turns.append((seen[target], place))
    most = min(BATCH, max(flat.shape[1] + 1, 2))
    chosen = [place for _, place in sorted(turns)][:most]
    wanted = network.targets[chosen]
    if bool((wanted == wanted[:1]).all()):
        raise CannotTellError("no two rows of different target differ")
    return torch.tensor(sorted(chosen))


def bounds(network: Network) -> tuple[float, float]:
    """The least possible loss on a batch, and the least for one answer to every row.

    Raises:
        CannotTellError: they are the same, or there is no least.
    """
    outputs = network.outputs().detach()
    link = _link(network.wants)
    free = outputs.clone()
    least = _least(network, free, link)
    if free.shape == network.targets.shape and network.targets.is_floating_point():
        least = min(least, float(network.cost(network.targets.to(free.dtype))))
    row = outputs.mean(dim=0, keepdim=True).clone()
    chance = _least(network, row, lambda one: link(one.expand_as(outputs)))
    if not (math.isfinite(least) and math.isfinite(chance)) or least < -1e4:  # noqa: PLR2004 — it is running away
        raise CannotTellError("the loss has no least value")
    if chance - least <= 1e-6 * max(abs(chance), 1e-6):
        raise CannotTellError("the best constant output has the least possible loss already")
    return least, chance


def _link(wants: str) -> Callable[[Any], Any]:
    """From anything to what the loss may be given."""
    import torch

    if wants == "log probabilities":
        return lambda one: torch.log_softmax(one, dim=1)
    return torch.sigmoid if wants == "binary probabilities" else lambda one: one


def _least(network: Network, start: Any, link: Callable[[Any], Any]) -> float:
    import torch

    free = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([free], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        cost = network.cost(link(free))
        cost.backward()
        return cost

    optimizer.step(closure)
    return float(network.cost(link(free)))


def without_gradient(network: Network) -> list[str]:
    """Parameters that should learn and can't: frozen, not in the optimiser, or cut off."""
    held = None
    if network.optimizer is not None:
        held = {id(each) for group in network.optimizer.param_groups for each in group["params"]}
    network.module.zero_grad(set_to_none=True)
    cost = network.cost(network.outputs())
    if cost.requires_grad:
        cost.backward()
    return [
        name
        for name, each in network.learnable()
        if each.grad is None or (held is not None and id(each) not in held)
    ]


def _train(network: Network, *, enough: float) -> float:
    """The least loss that was reached, with the better of two learning rates."""
    import torch

    least = math.inf
    parameters = [each for _, each in network.learnable() if each.requires_grad]
    if not parameters:
        return float(network.cost(network.outputs()))
    for rate in RATES:
        with rewound(network):
            optimizer = torch.optim.Adam(parameters, lr=rate, weight_decay=0.0)
            for _ in range(STEPS):
                optimizer.zero_grad()
                cost = network.cost(network.answer())
                if not cost.requires_grad:
                    return float(cost)
                least = min(least, float(cost)) if math.isfinite(float(cost)) else least
                if least <= enough:
                    return least
                cost.backward()
                optimizer.step()
    if math.isinf(least):
        raise CannotTellError("its loss is no finite number")
    return least


def _ignores_inputs(network: Network) -> bool:
    outputs = network.outputs()
    return bool((outputs - outputs[:1]).abs().max() <= 1e-6 * (1 + outputs.abs().max()))
