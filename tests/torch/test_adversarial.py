"""Whatever is given instead of a network and its batch: an answer, never a traceback, never a pass."""

from functools import partial

import numpy as np
import pytest
import torch
import zoo
from torch import nn
from torch.nn import functional

import seatrial
from seatrial.core.errors import CodeError

X, Y = zoo.batch("mlp")


def mlp(**settings):
    return zoo.network("mlp", **settings)


class Broken(nn.Module):
    """Does in forward what it is told."""

    def __init__(self, does):
        super().__init__()
        self.body, self.does = mlp(), does

    def forward(self, x):
        return self.does(self.body(x))


def raises(_):
    message = "no luck\nat all"
    raise RuntimeError(message)


class Exits(Exception):  # noqa: N818 — its name is what is read
    """An error without a message."""


def exits(_):
    raise Exits


def with_one(value):
    changed = X.clone()
    changed[3, 2] = value
    return changed


CE = nn.CrossEntropyLoss()
LAZY = nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(3))
NOTHING = {
    "one row": (mlp(), CE, X[:1], Y[:1]),
    "no rows": (mlp(), CE, X[:0], Y[:0]),
    "one NaN": (mlp(), CE, with_one(float("nan")), Y),
    "all NaN": (mlp(), CE, X * float("nan"), Y),
    "one infinite": (mlp(), CE, with_one(float("inf")), Y),
    "minus infinite": (mlp(), CE, with_one(float("-inf")), Y),
    "constant": (mlp(), CE, torch.ones_like(X), Y),
    "all zero": (mlp(), CE, torch.zeros_like(X), Y),
    "more targets than rows": (mlp(), CE, X[:-1], Y),
    "fewer targets than rows": (mlp(), CE, X, Y[:-2]),
    "too many columns": (mlp(), CE, torch.cat([X, X], 1), Y),
    "too few columns": (mlp(), CE, X[:, :3], Y),
    "a scalar": (mlp(), CE, torch.tensor(1.0), torch.tensor(0)),
    "four axes": (mlp(), CE, X[:, :, None, None], Y),
    "whole numbers": (mlp(), CE, X.long(), Y),
    "doubles": (mlp(), CE, X.double(), Y),
    "complex": (mlp(), CE, X.to(torch.complex64), Y),
    "text": (mlp(), CE, ["a", "b"], ["c", "d"]),
    "None": (mlp(), CE, None, Y),
    "no targets": (mlp(), CE, X, None),
    "an object array": (mlp(), CE, np.array([None, {}]), Y),
    "a mapping of wrong names": (mlp(), CE, {"wrong": X}, Y),
    "an empty mapping": (mlp(), CE, {}, Y),
    "two inputs to one": (mlp(), CE, (X, X), Y),
    "NaN targets": (mlp(), nn.MSELoss(), X, Y[:, None] * float("nan")),
    "a module that raises": (Broken(raises), CE, X, Y),
    "one that raises nothing in words": (Broken(exits), CE, X, Y),
    "one that gives a tuple": (Broken(lambda x: (x, x)), CE, X, Y),
    "one that gives None": (Broken(lambda _: None), CE, X, Y),
    "one that gives NaN": (Broken(lambda x: x * float("nan")), CE, X, Y),
    "one that gives infinity": (Broken(lambda x: x / 0.0), CE, X, Y),
    "no parameters": (nn.Identity(), CE, X, Y),
    "lazy parameters": (LAZY, CE, X, Y),
}
"""From these nothing can be told: every answer is `unknown`."""

PARTLY = {
    "one class": (mlp(), CE, X, torch.zeros_like(Y)),
    "two rows alike": (mlp(), CE, X[[0, 0, 1, 1]], Y[[0, 1, 0, 1]]),
    "a loss that raises": (mlp(), raises, X, Y),
    "a loss that gives None": (mlp(), lambda *_: None, X, Y),
    "a loss without a least": (mlp(), lambda said, _: said.sum(), X, Y),
    "a loss that is NaN": (mlp(), lambda said, _: said.sum() * float("nan"), X, Y),
    "labels outside": (mlp(), CE, X, Y + 9),
    "float labels": (mlp(), CE, X, Y.float()),
    "one that freezes by itself": (Broken(torch.Tensor.detach), CE, X, Y),
    "one output": (mlp(classes=1), CE, X, torch.zeros_like(Y)),
    "weights that are NaN": (nn.Sequential(nn.Linear(12, 3)), CE, X, Y),
}
"""These harm the questions that ask for the loss."""
nn.init.constant_(PARTLY["weights that are NaN"][0][0].bias, float("nan"))
OF_THE_LOSS = ["overfits_tiny_batch", "gradients_flow", "gradients_are_cleared"]
HARMLESS = {"gradients_flow": {"one class", "two rows alike", "a loss without a least"}}


def step(module, optimizer, inputs, targets):
    optimizer.zero_grad()
    functional.cross_entropy(module(inputs), targets).backward()
    optimizer.step()


@pytest.mark.parametrize("given", NOTHING.values(), ids=NOTHING)
def test_nothing_is_told_of_what_tells_nothing(given) -> None:
    checks = seatrial.check_network(*given, step=step)
    assert {each.verdict for each in checks} <= {"unknown", "not applicable"}
    assert "unknown" in {each.verdict for each in checks}
    assert all(each.reason and "\n" not in each.reason for each in checks)


@pytest.mark.parametrize("given", PARTLY.values(), ids=PARTLY)
def test_what_harms_the_loss_never_passes(given) -> None:
    check = seatrial.check_network(*given, only=["overfits_tiny_batch"])[0]
    assert check.verdict in {"unknown", "fail"}
    assert check.reason


@pytest.mark.parametrize(
    "name", sorted(set(PARTLY) - HARMLESS["gradients_flow"] - {"one output", "float labels"})
)
def test_gradients_of_a_broken_loss_never_pass(name) -> None:
    check = seatrial.check_network(*PARTLY[name], only=["gradients_flow"])[0]
    assert check.verdict in {"unknown", "fail"}


def forgets(*_):
    return None


def no_step(module, _, inputs, targets):
    functional.cross_entropy(module(inputs), targets).backward()


@pytest.mark.parametrize("wrong", [raises, forgets, no_step, partial(step, 1)])
def test_a_step_that_does_not_step_is_not_passed(wrong) -> None:
    check = seatrial.check_network(mlp(), CE, X, Y, step=wrong, only=["gradients_are_cleared"])[0]
    assert check.verdict == "unknown"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([1], CE, X, Y), "a torch.nn.Module is wanted, got list"),
        ((mlp(), 3, X, Y), "the loss must be callable, got int"),
        ((mlp, CE, X, Y), "a torch.nn.Module is wanted, got function"),
    ],
)
def test_what_is_no_network_is_refused_with_a_sentence(given, said) -> None:
    with pytest.raises(CodeError, match=said):
        seatrial.check_network(*given)


def test_an_unknown_check_is_named_with_those_there_are() -> None:
    with pytest.raises(CodeError, match=r"no check is called overfit\. there are overfits_tiny"):
        seatrial.check_network(mlp(), CE, X, Y, only=["overfit"])


def test_what_was_tried_is_put_back_when_the_module_raises_halfway() -> None:
    module = mlp()
    before = {name: each.clone() for name, each in module.state_dict().items()}

    def fails_later(outputs, targets):
        found = CE(outputs, targets)
        if float(found) < 0.9:
            raises(found)
        return found

    seatrial.check_network(module, fails_later, X, Y)
    assert all(torch.equal(before[name], each) for name, each in module.state_dict().items())
    assert module.training
    assert module.drop.p == 0.2
