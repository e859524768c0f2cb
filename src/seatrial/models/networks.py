"""Sanity checks of a PyTorch network: is it wired, fed and trained as its loss expects?

PyTorch is the extra ``torch``. Nothing here imports it before it is asked for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import Any

from seatrial.core.errors import CodeError, MissingExtraError
from seatrial.models.asking import CannotTellError, Question, ask, told
from seatrial.models.network import Network, network_of
from seatrial.models.networks_evaluation import evaluation_is_deterministic
from seatrial.models.networks_inputs import input_scale
from seatrial.models.networks_lint import bias_beside_batch_norm, output_layer_has_bias
from seatrial.models.networks_losses import loss_at_start_is_chance, no_softmax_before_logits_loss
from seatrial.models.networks_overfit import overfits_tiny_batch
from seatrial.models.networks_state import unchanged
from seatrial.models.networks_training import gradients_are_cleared, gradients_flow
from seatrial.records.check import Check

Measure = Callable[[Question, Network], Check]

_QUESTIONS: tuple[tuple[Question, Measure], ...] = (
    (
        Question("overfits_tiny_batch", "It learns a few rows by heart", "implementation"),
        overfits_tiny_batch,
    ),
    (
        Question(
            "evaluation_is_deterministic", "Evaluated twice, it answers alike", "implementation"
        ),
        evaluation_is_deterministic,
    ),
    (
        Question(
            "gradients_are_cleared", "A step clears the last one's gradients", "implementation"
        ),
        gradients_are_cleared,
    ),
    (
        Question(
            "no_softmax_before_logits_loss", "The loss gets the outputs it wants", "implementation"
        ),
        no_softmax_before_logits_loss,
    ),
    (
        Question(
            "bias_beside_batch_norm", "No bias is cancelled by a batch norm", "implementation"
        ),
        bias_beside_batch_norm,
    ),
    (
        Question("output_layer_has_bias", "The output layer has a bias", "implementation"),
        output_layer_has_bias,
    ),
    (
        Question("gradients_flow", "Every parameter gets a gradient", "implementation"),
        gradients_flow,
    ),
    (
        Question("input_scale", "Inputs are roughly standardised", "dataset"),
        input_scale,
    ),
    (
        Question("loss_at_start_is_chance", "Untrained, it is at chance", "hyperparameters"),
        loss_at_start_is_chance,
    ),
)


def check_network(
    module: Any,
    loss: Any,
    inputs: Any,
    targets: Any,
    *,
    optimizer: Any = None,
    step: Callable[..., Any] | None = None,
    seed: int = 0,
    frozen: Collection[str] = (),
    only: Collection[str] = (),
) -> list[Check]:
    """Ask everything that can be asked of a network from one batch, before it is trained.

    The module's parameters, buffers, gradients and modes, the optimiser's state and the random
    state are as before when it returns. What the module or the step raises becomes ``unknown``.

    Args:
        module: A ``torch.nn.Module``, best as it is before training.
        loss: A loss of PyTorch, or a function ``(outputs, targets) -> loss``.
        inputs: A tensor of at least two rows along its first axis; several as a tuple, or as a
            mapping by the parameters of ``forward``. 64 to 256 rows are plenty.
        targets: A tensor with as many rows.
        optimizer: The optimiser over the module's parameters. A parameter that it doesn't hold
            counts as frozen.
        step: One training step as you wrote it, ``(module, optimizer, inputs, targets) -> loss``.
        seed: For everything random.
        frozen: Names, or beginnings of names, of parameters that are frozen on purpose.
        only: Which to ask; all if it is empty.

    Returns:
        One check a question, always in the same order.

    Raises:
        MissingExtraError: PyTorch is not installed.
        CodeError: ``module``, ``loss`` or ``step`` is not what it must be, or there is no such check.
    """
    if find_spec("torch") is None:
        raise MissingExtraError("checking a network", extra="torch")
    _refuse(module, loss, step)
    wanted = _wanted(only)
    try:
        network = network_of(module, loss, inputs, targets, optimizer, step, seed, tuple(frozen))
        fault = network.fault() or _answers_once(network)
    except Exception as error:  # noqa: BLE001 — whatever is given as inputs, targets or module
        fault = f"it raised {told(error)}"
    if fault:
        return [question.unknown(fault) for question, _ in wanted]
    return [_asked(question, measure, network) for question, measure in wanted]


def _answers_once(network: Network) -> str:
    """Why the module answers nothing that could be judged; empty if it does."""
    with unchanged(network):
        network.module.train()
        try:
            network.outputs()
        except CannotTellError as reason:
            return str(reason)
    return ""


def _wanted(only: Collection[str]) -> list[tuple[Question, Measure]]:
    names = [question.id for question, _ in _QUESTIONS]
    if unknown := sorted(set(only) - set(names)):
        raise CodeError(f"no check is called {unknown[0]}", hint=f"there are {', '.join(names)}")
    return [each for each in _QUESTIONS if not only or each[0].id in only]


def _asked(question: Question, measure: Measure, network: Network) -> Check:
    def measured() -> Check:
        with unchanged(network):
            return measure(question, network)

    return ask(question, measured)


def _refuse(module: Any, loss: Any, step: Any) -> None:
    import torch

    if not isinstance(module, torch.nn.Module):
        hint = "give the network itself; for scikit-learn there is `seatrial.models.sanity`"
        raise CodeError(f"a torch.nn.Module is wanted, got {type(module).__name__}", hint=hint)
    if not callable(loss):
        raise CodeError(f"the loss must be callable, got {type(loss).__name__}")
    if step is not None and not callable(step):
        raise CodeError(f"the step must be callable, got {type(step).__name__}")
