"""Try a network out and leave it as it was: parameters, buffers, gradients, modes, randomness."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seatrial.models.network import Network


@contextmanager
def unchanged(network: Network) -> Iterator[None]:
    """Put everything back at the end, also after an error; inside, randomness starts at the seed.

    What a module keeps in plain attributes, a hidden state for instance, is not put back.
    """
    import torch

    module, optimizer = network.module, network.optimizer
    devices = sorted({each.device.index for each in module.parameters() if each.is_cuda})
    tensors = _tensors(module)
    modes = [(each, each.training) for each in module.modules()]
    gradients = [
        (each, each.requires_grad, None if each.grad is None else each.grad.clone())
        for each in module.parameters()
    ]
    state = None if optimizer is None else copy.deepcopy(optimizer.state_dict())
    with torch.random.fork_rng(devices=devices), torch.enable_grad():
        torch.manual_seed(network.seed)
        try:
            yield
        finally:
            _put_back(tensors)
            for each, is_training in modes:
                each.training = is_training
            for each, wants_gradient, gradient in gradients:
                each.requires_grad_(wants_gradient)
                each.grad = gradient
            if optimizer is not None:
                optimizer.load_state_dict(state)


@contextmanager
def rewound(network: Network) -> Iterator[None]:
    """As :func:`unchanged`, for one of several tries from the same start; gradients stay."""
    import torch

    tensors = _tensors(network.module)
    state = None if network.optimizer is None else copy.deepcopy(network.optimizer.state_dict())
    torch.manual_seed(network.seed)
    try:
        yield
    finally:
        _put_back(tensors)
        if network.optimizer is not None:
            network.optimizer.load_state_dict(state)


def _tensors(module: Any) -> list[tuple[Any, str, Any, Any]]:
    """Where each parameter and buffer stands, itself, and a copy of its values."""
    return [
        (shelf, name, each, each.detach().clone())
        for owner in module.modules()
        for shelf in (owner._parameters, owner._buffers)  # noqa: SLF001 — a buffer may be replaced
        for name, each in shelf.items()
        if each is not None
    ]


def _put_back(tensors: list[tuple[Any, str, Any, Any]]) -> None:
    import torch

    with torch.no_grad():
        for shelf, name, each, values in tensors:
            shelf[name] = each
            each.copy_(values)


@contextmanager
def unregularised(module: Any) -> Iterator[None]:
    """Turn every dropout off: modules, those inside of recurrent and attention layers, functions."""
    import torch

    kept: list[tuple[Any, str, float]] = []
    for each in module.modules():
        is_dropout = isinstance(each, torch.nn.modules.dropout._DropoutNd)  # noqa: SLF001 — their common base has no public name
        for name in ("p",) if is_dropout else ("dropout",):
            if isinstance(rate := getattr(each, name, None), float):
                kept.append((each, name, rate))
                setattr(each, name, 0.0)
    try:
        with _no_dropout():
            yield
    finally:
        for each, name, rate in kept:
            setattr(each, name, rate)


def _no_dropout() -> Any:
    """A mode in which the dropout functions give back what they are given."""
    import torch
    from torch.nn import functional

    names = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
    dropouts = {getattr(functional, name) for name in (*names, "feature_alpha_dropout")}
    dropouts |= {torch.dropout, torch.feature_dropout, torch.alpha_dropout}

    class NoDropout(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            del types
            if function in dropouts:
                return args[0] if args else kwargs["input"]
            if function is functional.scaled_dot_product_attention:
                return function(*args[:4], **{**(kwargs or {}), "dropout_p": 0.0})
            return function(*args, **(kwargs or {}))

    return NoDropout()
