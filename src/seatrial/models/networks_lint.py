"""Biases: none that a batch norm takes away again, and one at the output."""

from __future__ import annotations

from seatrial.models.asking import CannotTellError, Question, counted, listed
from seatrial.models.network import Network
from seatrial.models.networks_graph import is_batch_norm, is_layer, record
from seatrial.models.networks_state import unregularised
from seatrial.records.check import Check

ROWS = 32


def bias_beside_batch_norm(question: Question, network: Network) -> Check:
    """Look for layers whose bias is cancelled by the mean that a batch norm subtracts.

    Only if the batch norm is the one use of the layer's values. ``torch.nn.functional.batch_norm``
    called by hand is not seen.

    Source:
        Ioffe and Szegedy (2015), Batch normalization, section 3.2, arXiv:1502.03167.
    """
    network = network.take(slice(ROWS))
    network.module.train()
    layers = dict(network.module.named_modules())
    if not any(is_batch_norm(each) for each in layers.values()):
        return question.is_not_for("it has no batch norm")
    with unregularised(network.module):
        graph = record(network)
    found = []
    for norm, node in graph.fed:
        layer = graph.layer_before(node, alone=True)
        if layer is not None and layers[layer].bias is not None:
            found.append(f"{layer} before {norm}")
    estimate = counted(len(found), len(graph.fed), "batch norms")
    if found:
        reason = f"the bias is cancelled in {listed(found)}"
        repair = "Write bias=False in the layer; the batch norm has a bias of its own"
        return question.fails(reason, repair=repair, estimate=estimate)
    return question.passes(f"none beside {len(graph.fed)} batch norms", estimate)


def output_layer_has_bias(question: Question, network: Network) -> Check:
    """Look whether the layer that the outputs come from can shift them."""
    network = network.take(slice(ROWS))
    network.module.train()
    layers = dict(network.module.named_modules())
    if not any(is_layer(each) for each in layers.values()):
        return question.is_not_for("it has no linear or convolutional layer")
    with unregularised(network.module):
        layer = record(network).output_layer
    if layer is None:
        raise CannotTellError(
            "the outputs don't come straight from a linear or convolutional layer"
        )
    name = layer or type(network.module).__name__
    if layers[layer].bias is None:
        reason = f"the output layer {name} has no bias: it can't answer the base rate"
        return question.fails(reason, repair="Write bias=True in the output layer")
    return question.passes(f"the output layer {name} has one")
