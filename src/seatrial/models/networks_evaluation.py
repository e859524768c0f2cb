"""Does a network in evaluation mode answer one batch twice alike, and if not, which part doesn't?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.models.asking import CannotTellError, Question, counted, listed
from seatrial.models.network import Network
from seatrial.records.check import Check

ROWS = 64
_REPAIR = (
    "Write F.dropout(x, training=self.training), and don't override train() or call it in forward"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one submodule, with what went in and what came out."""

    name: str
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


def evaluation_is_deterministic(question: Question, network: Network) -> Check:
    """Answer a batch twice after ``eval()``; compare the answers, every submodule, and the buffers."""
    import torch

    network = network.take(slice(ROWS))
    network.module.eval()
    with torch.no_grad():
        buffers = {name: each.clone() for name, each in network.module.named_buffers()}
        first, second = calls(network), calls(network)
        moved = [
            name
            for name, each in network.module.named_buffers()
            if name not in buffers or not _alike((buffers[name],), (each,))
        ]
    answers = first[-1].outputs, second[-1].outputs
    if not all(_finite(each) for side in answers for each in side):
        raise CannotTellError("its outputs hold NaN or infinite values")
    if not _alike(*answers):
        culprit = _culprit(first, second)
        reason = f"two calls in evaluation mode differ; it begins in {_described(network, culprit)}"
        return question.fails(reason, repair=_REPAIR)
    if moved:
        owners = sorted({_described(network, name.rpartition(".")[0]) for name in moved})
        reason = f"evaluation changes the buffers of {listed(owners)}"
        repair = "Let it follow eval(): no training=True in a batch norm's call, no train() inside"
        return question.fails(reason, repair=repair)
    return question.passes(f"two calls on {network.rows} rows agree", counted(0.0, network.rows))


def calls(network: Network) -> list[Call]:
    """Run the module once and note every call, the innermost first and the module itself last."""
    noted: list[Call] = []

    def noting(name: str) -> Any:
        def note(_module: Any, given: Any, named: Any, said: Any) -> None:
            inputs = tuple(each.clone() for each in tensors((given, named)))
            noted.append(Call(name, inputs, tuple(each.clone() for each in tensors(said))))

        return note

    hooks = [
        each.register_forward_hook(noting(name), with_kwargs=True)
        for name, each in network.module.named_modules()
    ]
    try:
        network.answer()
    finally:
        for hook in hooks:
            hook.remove()
    return noted


def tensors(value: Any) -> Iterator[Any]:
    """Every tensor in nested tuples, lists and mappings, in order."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors(each)


def _culprit(first: list[Call], second: list[Call]) -> str:
    """The innermost part that said something else of the same."""
    for one, other in zip(first, second, strict=False):
        if one.name != other.name:
            break
        if _alike(one.inputs, other.inputs) and not _alike(one.outputs, other.outputs):
            return one.name
    return ""


def _described(network: Network, name: str) -> str:
    kind = type(network.module.get_submodule(name)).__name__
    return f"{name} ({kind})" if name else f"the forward of {kind} itself"


def _alike(some: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    import torch

    return len(some) == len(others) and all(
        one.shape == other.shape
        and one.dtype == other.dtype
        and torch.allclose(one.double(), other.double(), rtol=1e-4, atol=1e-6, equal_nan=True)
        for one, other in zip(some, others, strict=True)
    )


def _finite(tensor: Any) -> bool:
    import torch

    return bool(torch.isfinite(tensor).all())
