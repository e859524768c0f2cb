"""A fault that is planted in a network is found, in every kind of network, and named."""

import pytest
import torch
import zoo
from torch import nn
from torch.nn import functional

import seatrial

SEEDS = range(2)
EVERY = [(kind, seed) for kind in zoo.KINDS for seed in SEEDS]
every_kind = pytest.mark.parametrize(("kind", "seed"), EVERY)
pytestmark = pytest.mark.truth


def asked(name, module, loss, inputs, targets, **settings):
    (check,) = seatrial.check_network(module, loss, inputs, targets, only=[name], **settings)
    return check


def test_every_check_has_one_place_and_one_name() -> None:
    names = [each.id for each in seatrial.check_network(*zoo.task("mlp", "classes"))]
    assert names == [
        "overfits_tiny_batch",
        "evaluation_is_deterministic",
        "gradients_are_cleared",
        "no_softmax_before_logits_loss",
        "bias_beside_batch_norm",
        "output_layer_has_bias",
        "gradients_flow",
        "input_scale",
        "loss_at_start_is_chance",
    ]


FROZEN = {
    "mlp": "second.weight",
    "cnn": "conv.weight",
    "gru": "gru.weight_hh_l0",
    "transformer": "layer.self_attn.in_proj_weight",
}


@every_kind
def test_a_frozen_layer_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    module.get_parameter(FROZEN[kind]).requires_grad_(requires_grad=False)
    check = asked("overfits_tiny_batch", module, *rest, seed=seed)
    assert check.verdict == "fail"
    assert check.reason == f"no gradient reaches {FROZEN[kind]}"


@every_kind
def test_a_parameter_that_the_optimiser_does_not_hold_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    held = [each for name, each in module.named_parameters() if name != "head.bias"]
    optimizer = torch.optim.SGD(held, lr=0.1)
    check = asked("overfits_tiny_batch", module, *rest, optimizer=optimizer, seed=seed)
    assert (check.verdict, "head.bias" in check.reason) == ("fail", True)


def test_what_is_frozen_on_purpose_is_no_fault() -> None:
    module, *rest = zoo.task("mlp", "classes")
    module.first.requires_grad_(requires_grad=False)
    assert asked("overfits_tiny_batch", module, *rest, frozen=["first."]).verdict == "pass"


class Cut(nn.Module):
    """Detaches what the body says."""

    def __init__(self, body):
        super().__init__()
        self.body, self.out = body, nn.Linear(3, 3)

    def forward(self, x):
        return self.out(self.body(x).detach())


@every_kind
def test_a_layer_that_is_cut_off_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    check = asked("overfits_tiny_batch", Cut(module), *rest, seed=seed)
    assert (check.verdict, "no gradient reaches body." in check.reason) == ("fail", True)


class Deaf(nn.Module):
    """Multiplies its inputs away."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x * 0.0)


@every_kind
def test_a_dead_input_is_found(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    check = asked("overfits_tiny_batch", Deaf(module), *rest, seed=seed)
    assert check.verdict == "fail"
    assert "the outputs don't depend on the inputs" in check.reason


@every_kind
@pytest.mark.parametrize(
    ("mapped", "said"),
    [
        (lambda labels: labels + 1, "labels run from 1 to 3, the 3 outputs are for 0 to 2"),
        (lambda labels: labels - 1, "labels run from -1 to 1, the 3 outputs are for 0 to 2"),
        (torch.ones_like, "every one of the 48 targets is 1"),
    ],
)
def test_labels_that_are_mapped_wrongly_are_found(kind, seed, mapped, said) -> None:
    module, loss, inputs, labels = zoo.task(kind, "classes", seed=seed)
    check = asked("overfits_tiny_batch", module, loss, inputs, mapped(labels), seed=seed)
    assert (check.verdict, check.reason) == ("fail", said)


def test_labels_that_count_from_one_beside_a_spare_output_are_found() -> None:
    module = zoo.network("mlp", classes=4)
    inputs, labels = zoo.batch("mlp")
    check = asked("overfits_tiny_batch", module, nn.CrossEntropyLoss(), inputs, labels + 1)
    assert check.verdict == "fail"
    assert "labels seem to count from 1" in check.reason


class Always(nn.Module):
    """Drops out in evaluation too."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(functional.dropout(x, 0.3))


class Stubborn(nn.Dropout):
    """Doesn't follow `eval()`."""

    def train(self, *_):
        return super().train(True)


class Restless(nn.BatchNorm2d):
    """Goes on updating its running figures."""

    def forward(self, x):
        args = (self.running_mean, self.running_var, self.weight, self.bias)
        return functional.batch_norm(x, *args, training=True)


@every_kind
def test_functional_dropout_that_is_always_on_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    inside = nn.Sequential(nn.Identity(), Always(module))
    check = asked("evaluation_is_deterministic", inside, *rest, seed=seed)
    assert (check.verdict, "begins in 1 (Always)" in check.reason) == ("fail", True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["mlp", "cnn", "transformer"])
def test_a_dropout_that_ignores_eval_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    name = "layer.dropout1" if kind == "transformer" else "drop"
    module.set_submodule(name, Stubborn(0.4))
    module.train()
    check = asked("evaluation_is_deterministic", module, *rest, seed=seed)
    assert (check.verdict, f"begins in {name} (Stubborn)" in check.reason) == ("fail", True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_batch_norm_that_goes_on_updating_is_named(seed) -> None:
    module, *rest = zoo.task("cnn", "classes", seed=seed, norm=Restless)
    check = asked("evaluation_is_deterministic", module, *rest, seed=seed)
    assert check.verdict == "fail"
    assert check.reason == "evaluation changes the buffers of norm (Restless)"


@every_kind
@pytest.mark.parametrize("clipped", [False, True])
def test_gradients_that_add_up_are_found(kind, seed, clipped) -> None:
    module, loss, inputs, targets = zoo.task(kind, "classes", seed=seed)

    def step(module, optimizer, inputs, targets):
        found = functional.cross_entropy(module(inputs), targets)
        found.backward()
        if clipped:
            nn.utils.clip_grad_norm_(module.parameters(), 0.1)
        optimizer.step()
        return found

    check = asked("gradients_are_cleared", module, loss, inputs, targets, step=step, seed=seed)
    assert check.verdict == "fail"
    assert "the gradient of a second step" in check.reason
    assert ("is the sum of both steps'" in check.reason) is not clipped


@every_kind
@pytest.mark.parametrize("to_none", [False, True])
def test_gradients_that_are_cleared_before_or_after_are_no_fault(kind, seed, to_none) -> None:
    module, loss, inputs, targets = zoo.task(kind, "classes", seed=seed)

    def step(module, optimizer, inputs, targets):
        loss(module(inputs), targets).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=to_none)

    for each in (step, zoo.good_step):
        check = asked("gradients_are_cleared", module, loss, inputs, targets, step=each, seed=seed)
        assert check.verdict == "pass"


def softmaxed(kind, seed, ends):
    return zoo.network(kind, seed=seed, ends=ends)


@every_kind
@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), functional.cross_entropy])
def test_a_softmax_before_cross_entropy_is_found(kind, seed, loss) -> None:
    inputs, labels = zoo.batch(kind, seed=seed)
    module = softmaxed(kind, seed, nn.Softmax(dim=1))
    check = asked("no_softmax_before_logits_loss", module, loss, inputs, labels, seed=seed)
    assert (check.verdict, "adds up to 1" in check.reason) == ("fail", True)


class ByHand(nn.Module):
    """A sigmoid that autograd doesn't call one."""

    def forward(self, x):
        return 1.0 / (1.0 + torch.exp(-x))


@every_kind
@pytest.mark.parametrize("ends", [nn.Sigmoid(), ByHand()])
def test_a_sigmoid_before_a_loss_that_takes_one_is_found(kind, seed, ends) -> None:
    inputs, labels = zoo.batch(kind, classes=2, seed=seed)
    module = zoo.network(kind, classes=1, seed=seed, ends=ends)
    given = (nn.BCEWithLogitsLoss(), inputs, labels[:, None].float())
    check = asked("no_softmax_before_logits_loss", module, *given, seed=seed)
    assert (check.verdict, "a sigmoid stands before" in check.reason) == ("fail", True)


@every_kind
@pytest.mark.parametrize(
    ("ends", "said"), [(nn.Softmax(dim=1), "probabilities"), (nn.Identity(), "logits")]
)
def test_what_is_no_log_probability_before_nll_is_found(kind, seed, ends, said) -> None:
    inputs, labels = zoo.batch(kind, seed=seed)
    module = softmaxed(kind, seed, ends)
    check = asked("no_softmax_before_logits_loss", module, nn.NLLLoss(), inputs, labels, seed=seed)
    assert check.reason == f"the loss wants log-probabilities, the outputs are {said}"
    assert check.verdict == "fail"


@every_kind
def test_a_log_softmax_is_right_before_nll_and_said_to_be_doubled_before_cross_entropy(
    kind, seed
) -> None:
    inputs, labels = zoo.batch(kind, seed=seed)
    module = softmaxed(kind, seed, nn.LogSoftmax(dim=1))
    found = [
        asked("no_softmax_before_logits_loss", module, loss, inputs, labels, seed=seed)
        for loss in (nn.NLLLoss(), nn.CrossEntropyLoss())
    ]
    assert [each.verdict for each in found] == ["pass", "pass"]
    assert "taken twice" in found[1].reason


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bias_before_a_batch_norm_is_named_by_the_flow_of_values(seed) -> None:
    class Crossed(zoo.Cnn):
        """Its batch norm follows the second convolution, though written beside the first."""

        def forward(self, x):
            x = functional.max_pool2d(torch.relu(self.conv(x)), 2)
            return self.head(torch.relu(self.norm(self.deeper(x))).flatten(1))

    torch.manual_seed(seed)
    given = (nn.CrossEntropyLoss(), *zoo.batch("cnn", seed=seed))
    straight = asked("bias_beside_batch_norm", zoo.Cnn(3, bias=True), *given, seed=seed)
    crossed = asked("bias_beside_batch_norm", Crossed(3, bias=False), *given, seed=seed)
    assert straight.reason == "the bias is cancelled in conv before norm"
    assert crossed.reason == "the bias is cancelled in deeper before norm"


@pytest.mark.parametrize("kind", ["gru", "transformer", "mlp"])
def test_a_bias_before_a_batch_norm_is_found_behind_a_change_of_shape(kind) -> None:
    class Normed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.norm, self.out = zoo.network(kind), nn.BatchNorm1d(3), nn.Linear(3, 3)

        def forward(self, x):
            return self.out(self.norm(self.body(x).unsqueeze(2).transpose(1, 2).squeeze(1)))

    check = asked("bias_beside_batch_norm", Normed(), nn.CrossEntropyLoss(), *zoo.batch(kind))
    assert check.reason == "the bias is cancelled in body.head before norm"


@pytest.mark.parametrize("shaped", [False, True])
def test_a_bias_that_is_also_used_elsewhere_is_no_fault(shaped) -> None:
    class Skipping(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.norm, self.out = nn.Linear(12, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)

        def forward(self, x):
            x = self.first(x)
            given = x.unsqueeze(2).squeeze(2) if shaped else x
            return self.out(x + torch.relu(self.norm(given)))

    check = asked("bias_beside_batch_norm", Skipping(), nn.CrossEntropyLoss(), *zoo.batch("mlp"))
    assert check.verdict == "pass"


@every_kind
def test_an_output_layer_without_a_bias_is_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    module.head = nn.Linear(module.head.in_features, 3, bias=False)
    check = asked("output_layer_has_bias", module, *rest, seed=seed)
    assert (check.verdict, "the output layer head has no bias" in check.reason) == ("fail", True)


@every_kind
def test_inputs_that_are_not_standardised_are_named(kind, seed) -> None:
    module, loss, inputs, labels = zoo.task(kind, "classes", seed=seed)
    axis = 1 if kind in {"mlp", "cnn"} else 2
    inputs.select(axis, 0).mul_(20.0).add_(2_000.0)
    check = asked("input_scale", module, loss, inputs, labels, seed=seed)
    where = "channel 0" if kind == "cnn" else "column 0"
    assert (check.verdict, check.reason.startswith(f"{where} has mean 2e+03")) == ("fail", True)


@every_kind
def test_dead_units_and_what_forward_leaves_out_are_named(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    module.unused = nn.Linear(2, 2)
    check = asked("gradients_flow", module, *rest, seed=seed)
    assert check.verdict == "fail"
    assert "the gradient of unused.weight, unused.bias is zero or missing" in check.reason


def test_a_dead_layer_is_named() -> None:
    module, *rest = zoo.task("cnn", "classes")
    nn.init.constant_(module.deeper.bias, -1e4)
    check = asked("gradients_flow", module, *rest)
    assert (check.verdict, "deeper.weight" in check.reason) == ("fail", True)


@every_kind
def test_a_head_that_begins_huge_starts_far_from_chance(kind, seed) -> None:
    module, *rest = zoo.task(kind, "classes", seed=seed)
    nn.init.normal_(module.head.weight, std=20.0)
    check = asked("loss_at_start_is_chance", module, *rest, seed=seed)
    assert check.verdict == "fail"
