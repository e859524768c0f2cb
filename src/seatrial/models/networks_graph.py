"""Which layer feeds which: read off the graph that one real batch leaves for autograd.

Not the order in which layers are written: a layer counts as feeding another only if its values do,
past nothing but changes of shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.models.network import Network

_SHAPES = frozenset(
    {
        "Alias", "Clone", "Expand", "Permute", "ReshapeAlias", "Select", "Slice", "Squeeze", "T",
        "ToCopy", "Transpose", "UnsafeView", "Unsqueeze", "View", "Split", "Unbind", "Stack", "Cat",
    }
)  # fmt: skip
"""Steps of autograd that move values and don't change them."""
_ENDS = frozenset({"Sigmoid", "Softmax", "LogSoftmax", "Mean", "Sum", "Tanh", "Softplus", "Exp"})
"""Steps that may follow an output layer."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What one batch left.

    Attributes:
        outputs: What the module said.
        made: The layer that made a node of autograd's, by node.
        fed: What each batch norm was given: its name and the node.
        uses: How many nodes use a node, on the way to the outputs.
    """

    outputs: Any
    made: Mapping[Any, str]
    fed: tuple[tuple[str, Any], ...]
    uses: Mapping[Any, int]

    def layer_before(
        self, node: Any, *, past: frozenset[str] = _SHAPES, alone: bool = False
    ) -> str | None:
        """The layer whose values a node holds, past changes of shape; None if there is none.

        Args:
            node: Of autograd's graph.
            past: Steps that are looked through.
            alone: Whether values that are also used elsewhere don't count.
        """
        while node is not None and not (alone and self.uses[node] > 1):
            if node in self.made:
                return self.made[node]
            if operation(node) not in past or not node.next_functions:
                return None
            node = node.next_functions[0][0]
        return None

    @property
    def output_layer(self) -> str | None:
        """The layer that the outputs come from, past an activation and a mean or sum."""
        return self.layer_before(self.outputs.grad_fn, past=_SHAPES | _ENDS)


def record(network: Network) -> Graph:
    """Run a batch through the module, in the mode that it is in, and note who feeds whom."""
    import torch

    made: dict[Any, str] = {}
    fed: list[tuple[str, Any]] = []
    hooks = []

    def makes(name: str) -> Any:
        def note(_module: Any, _given: Any, said: Any) -> None:
            if isinstance(said, torch.Tensor) and said.grad_fn is not None:
                made[said.grad_fn] = name

        return note

    def takes(name: str) -> Any:
        def note(_module: Any, given: Any) -> None:
            fed.append((name, given[0].grad_fn))

        return note

    for name, each in network.module.named_modules():
        if is_layer(each):
            hooks.append(each.register_forward_hook(makes(name)))
        elif is_batch_norm(each):
            hooks.append(each.register_forward_pre_hook(takes(name)))
    network = network.with_inputs(
        lambda one: one.detach().clone().requires_grad_() if one.is_floating_point() else one
    )
    try:
        outputs = network.outputs()
    finally:
        for hook in hooks:
            hook.remove()
    return Graph(outputs, made, tuple(fed), _uses(outputs.grad_fn))


def is_layer(module: Any) -> bool:
    """Whether it is a linear or a convolutional layer."""
    from torch import nn

    return isinstance(module, nn.Linear | nn.modules.conv._ConvNd)  # noqa: SLF001 — their common base has no public name


def is_batch_norm(module: Any) -> bool:
    """Whether it is a batch norm of any dimension."""
    from torch import nn

    return isinstance(module, nn.modules.batchnorm._BatchNorm)  # noqa: SLF001 — their common base has no public name


def last_operation(outputs: Any) -> str:
    """Autograd's name of what made the outputs, past changes of shape; empty if there is none.

    ``Sigmoid``, ``Softmax``, ``LogSoftmax``, ``Addmm`` (a linear layer), ``Convolution`` ...
    """
    node = outputs.grad_fn
    while node is not None and operation(node) in _SHAPES and node.next_functions:
        node = node.next_functions[0][0]
    return "" if node is None else operation(node)


def operation(node: Any) -> str:
    """Autograd's name of a node without its tail, ``ViewBackward0`` is ``View``."""
    return re.sub(r"Backward\d*$", "", type(node).__name__)


def _uses(start: Any) -> Counter[Any]:
    uses: Counter[Any] = Counter()
    seen = {start}
    ahead = [start] if start is not None else []
    while ahead:
        for node, _ in ahead.pop().next_functions:
            if node is not None:
                uses[node] += 1
                if node not in seen:
                    seen.add(node)
                    ahead.append(node)
    return uses
