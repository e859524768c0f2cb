"""A network under test: the module with its loss, a batch, and how it is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seatrial.models.asking import CannotTellError

_LOSSES = {
    "CrossEntropyLoss": "logits",
    "cross_entropy": "logits",
    "NLLLoss": "log probabilities",
    "nll_loss": "log probabilities",
    "BCEWithLogitsLoss": "binary logits",
    "binary_cross_entropy_with_logits": "binary logits",
    "BCELoss": "binary probabilities",
    "binary_cross_entropy": "binary probabilities",
}
"""What the losses of PyTorch want, by class and by function."""


@dataclass(frozen=True, slots=True)
class Network:
    """A module with everything that is needed to train it.

    Attributes:
        module: The ``torch.nn.Module``.
        loss: ``(outputs, targets) -> loss``.
        inputs: Tensors of one batch, as positional arguments or by name.
        targets: What is wanted, a tensor.
        optimizer: The user's, or None.
        step: The user's training step, or None.
        seed: For everything random.
        frozen: Beginnings of names of parameters that are frozen on purpose.
    """

    module: Any
    loss: Any
    inputs: tuple[Any, ...] | Mapping[str, Any]
    targets: Any
    optimizer: Any
    step: Callable[..., Any] | None
    seed: int
    frozen: tuple[str, ...]

    @property
    def tensors(self) -> list[Any]:
        """The input tensors."""
        return list(self.inputs.values() if isinstance(self.inputs, Mapping) else self.inputs)

    @property
    def rows(self) -> int:
        """Rows of the batch."""
        return len(self.targets)

    def take(self, places: Any) -> Network:
        """The same with some of the rows.

        Args:
            places: (n,) row numbers as an int64 tensor, or a slice.
        """
        return replace(
            self, inputs=_each(self.inputs, lambda one: one[places]), targets=self.targets[places]
        )

    def with_inputs(self, change: Callable[[Any], Any]) -> Network:
        """The same with each input tensor changed."""
        return replace(self, inputs=_each(self.inputs, change))

    @property
    def given(self) -> Any:
        """The inputs as a user's step takes them: one tensor, several, or by name."""
        if isinstance(self.inputs, tuple) and len(self.inputs) == 1:
            return self.inputs[0]
        return self.inputs

    def answer(self) -> Any:
        """What the module says of the batch."""
        if isinstance(self.inputs, Mapping):
            return self.module(**self.inputs)
        return self.module(*self.inputs)

    def outputs(self) -> Any:
        """What the module says, which must be one finite tensor.

        Raises:
            CannotTellError: it is something else.
        """
        import torch

        said = self.answer()
        if not isinstance(said, torch.Tensor):
            fact = f"the module gives a {type(said).__name__}, not a tensor"
            raise CannotTellError(f"{fact}; wrap it so that it gives what the loss takes")
        if not bool(torch.isfinite(said).all()):
            raise CannotTellError("its outputs hold NaN or infinite values")
        return said

    def cost(self, outputs: Any) -> Any:
        """The loss as one number; the mean, if the loss gives one a row."""
        found = self.loss(outputs, self.targets)
        return found if found.ndim == 0 else found.mean()

    @property
    def wants(self) -> str:
        """What the loss wants, in one word of :data:`_LOSSES`; empty if that isn't known."""
        import torch

        if not isinstance(self.loss, torch.nn.Module):
            return _LOSSES.get(getattr(self.loss, "__name__", ""), "")
        names = [base.__name__ for base in type(self.loss).__mro__]
        return next((_LOSSES[name] for name in names if name in _LOSSES), "")

    def learnable(self) -> Iterator[tuple[str, Any]]:
        """Parameters that are to learn: those that aren't frozen on purpose."""
        for name, parameter in self.module.named_parameters():
            if not name.startswith(self.frozen):
                yield name, parameter

    def fault(self) -> str:
        """Why nothing can be told from this batch; empty if something can."""
        import torch

        if not any(True for _ in self.module.parameters()):
            return "the module has no parameters"
        if any(torch.nn.parameter.is_lazy(each) for each in self.module.parameters()):
            return "its lazy parameters are not made yet: run the module on a batch first"
        if not self.tensors:
            return "there are no inputs"
        counts = [each.shape[0] if each.ndim else 0 for each in (*self.tensors, self.targets)]
        if len(set(counts)) > 1:
            return f"inputs and targets must have as many rows, got {counts}"
        if counts[0] < 2:  # noqa: PLR2004 — one row has no spread
            return f"{counts[0]} rows tell nothing: give at least two"
        for name, each in [*(("inputs", one) for one in self.tensors), ("targets", self.targets)]:
            if not bool(torch.isfinite(each).all()):
                return f"the {name} hold NaN or infinite values"
        if all(bool((each == each[:1]).all()) for each in self.tensors):
            return "every row of the inputs is the same"
        return ""


def network_of(
    module: Any,
    loss: Any,
    inputs: Any,
    targets: Any,
    optimizer: Any,
    step: Callable[..., Any] | None,
    seed: int,
    frozen: tuple[str, ...],
) -> Network:
    """Take a batch as it is given: one tensor, several, or by name; arrays become tensors."""
    import torch

    several = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    batch: Any = inputs if isinstance(inputs, Mapping) else several
    return Network(
        module,
        loss,
        _each(batch, torch.as_tensor),
        torch.as_tensor(targets),
        optimizer,
        step,
        seed,
        frozen,
    )


def _each(
    inputs: tuple[Any, ...] | Mapping[str, Any], change: Callable[[Any], Any]
) -> tuple[Any, ...] | Mapping[str, Any]:
    if isinstance(inputs, Mapping):
        return {name: change(each) for name, each in inputs.items()}
    return tuple(change(each) for each in inputs)
