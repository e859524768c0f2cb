"""Healthy networks raise no finding, and are as they were afterwards."""

import copy

import healthy
import pytest
import torch
import zoo

import seatrial

CONFIGURATIONS = 100
MOST_WITH_A_FINDING = 5


@pytest.mark.truth
def test_at_most_one_in_twenty_healthy_networks_raises_a_finding() -> None:
    raised = []
    for number in range(CONFIGURATIONS):
        checks = seatrial.check_network(*healthy.drawn(number), seed=number)
        raised += [(number, each.id) for each in checks if each.verdict in {"fail", "unknown"}]
    assert len({number for number, _ in raised}) <= MOST_WITH_A_FINDING, raised


def test_nothing_of_the_network_is_changed() -> None:
    module, loss, inputs, targets = zoo.task("cnn", "classes")
    module.drop.eval()
    module.head.bias.requires_grad_(requires_grad=False)
    optimizer = torch.optim.Adam(module.parameters())
    loss(module(inputs), targets).backward()
    optimizer.step()
    before = copy.deepcopy(module)
    gradients = [None if each.grad is None else each.grad.clone() for each in module.parameters()]
    state, random = copy.deepcopy(optimizer.state_dict()), torch.get_rng_state()
    tensors = [id(each) for each in (*module.parameters(), *module.buffers())]

    seatrial.check_network(module, loss, inputs, targets, optimizer=optimizer, step=zoo.adding_step)

    assert all(map(torch.equal, before.state_dict().values(), module.state_dict().values()))
    assert [each.training for each in before.modules()] == [
        each.training for each in module.modules()
    ]
    assert [each.requires_grad for each in before.parameters()] == [
        each.requires_grad for each in module.parameters()
    ]
    assert all(
        one is each.grad is None or torch.equal(one, each.grad)
        for one, each in zip(gradients, module.parameters(), strict=True)
    )
    assert str(state) == str(optimizer.state_dict())
    assert torch.equal(random, torch.get_rng_state())
    assert tensors == [id(each) for each in (*module.parameters(), *module.buffers())]
    assert not any(each._forward_hooks for each in module.modules())
    assert module.drop.p == 0.1


def test_the_same_is_said_twice() -> None:
    given = zoo.task("transformer", "classes")
    assert seatrial.check_network(*given) == seatrial.check_network(*given)


def test_a_network_that_has_learnt_is_not_judged_by_its_first_loss() -> None:
    module, loss, inputs, labels = zoo.task("mlp", "classes")
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(200):
        zoo.good_step(module, optimizer, inputs, labels)
    checks = seatrial.check_network(module, loss, inputs, labels)
    assert next(each.verdict for each in checks if each.id == "loss_at_start_is_chance") == (
        "not applicable"
    )
    assert "fail" not in {each.verdict for each in checks}
