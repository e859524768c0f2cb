"""MobileNetV2 without its last layer, as an ONNX graph made from the published weights.

The weights are a state that torch wrote in its old form. Its pickled part is *read*, instruction by
instruction, and never executed: only what makes up a dictionary of tensors is understood.

Source:
    Sandler, Howard, Zhu, Zhmoginov and Chen (2018), MobileNetV2, CVPR,
    doi:10.1109/CVPR.2018.00474, table 2; weights ``IMAGENET1K_V1`` of torchvision, BSD-3-Clause.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import ArchiveError

Weights = Mapping[str, NDArray[np.float32]]

BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repeats and stride of each group of blocks."""
_SMALLEST = 1e-5
"""Added to a variance (torch's BatchNorm2d)."""
_PICKLES_BEFORE = 3
"""Magic number, protocol and machine stand before the state; the keys of the storages after it."""
_DTYPES: Mapping[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}
_OPSET = 17


def to_onnx(state: bytes) -> bytes:
    """Make the network that gives 1,280 numbers an image.

    Args:
        state: The file that torch wrote.

    Returns:
        An ONNX model from ``images``, (n, 3, height, width) float32, to (n, 1280) float32.

    Raises:
        ArchiveError: the file isn't such a state.
    """
    return _Graph(read_state(state)).model()


def read_state(data: bytes) -> dict[str, NDArray[Any]]:
    """Read tensors by name from a state in torch's old form, executing nothing.

    Raises:
        ArchiveError: it isn't such a state.
    """
    stream = io.BytesIO(data)
    try:
        for _ in range(_PICKLES_BEFORE):
            _understood(stream)
        state, keys = _understood(stream), _understood(stream)
        storages = {}
        for key in keys:
            dtype = next(each.dtype for each in state.values() if each.key == key)
            count = int.from_bytes(stream.read(8), "little")
            storages[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype=dtype)
        return {name: each.of(storages[each.key]) for name, each in state.items()}
    except (ValueError, KeyError, IndexError, StopIteration, TypeError, AttributeError) as error:
        raise ArchiveError(f"the weights can't be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Tensor:
    key: str
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...]

    def of(self, storage: NDArray[Any]) -> NDArray[Any]:
        count = int(np.prod(self.shape, dtype=int))
        return storage[self.offset : self.offset + count].reshape(self.shape)


@dataclass(slots=True)
class _Machine:
    """A stack that understands a dictionary of tensors and nothing else."""

    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found


_LITERALS = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "GLOBAL"}
)
_CONSTANTS: Mapping[str, Any] = {"NEWTRUE": True, "NEWFALSE": False, "NONE": None}


def _understood(stream: io.BytesIO) -> Any:
    """The value of the next pickle in a stream."""
    machine = _Machine()
    for code, argument, _ in pickletools.genops(stream):
        _step(machine, code.name, argument)
    return machine.stack[-1]


def _step(machine: _Machine, name: str, argument: Any) -> None:
    stack = machine.stack
    if name in _LITERALS:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in {"BINPUT", "LONG_BINPUT"}:
        machine.memo[argument] = stack[-1]
    elif name in {"BINGET", "LONG_BINGET"}:
        stack.append(machine.memo[argument])
    elif name in {"EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT"}:
        stack.append({"EMPTY_TUPLE": (), "EMPTY_LIST": [], "EMPTY_DICT": {}}[name])
    elif name == "MARK":
        machine.marks.append(len(stack))
    else:
        _combine(machine, name)


def _combine(machine: _Machine, name: str) -> None:
    stack = machine.stack
    match name:
        case "PROTO" | "STOP":
            return
        case "TUPLE":
            stack.append(tuple(machine.since_mark()))
        case "TUPLE1" | "TUPLE2" | "TUPLE3":
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        case "APPENDS":
            found = machine.since_mark()
            stack[-1].extend(found)
        case "SETITEMS":
            found = machine.since_mark()
            stack[-1].update(zip(found[::2], found[1::2], strict=True))
        case "SETITEM":
            value, key = stack.pop(), stack.pop()
            stack[-1][key] = value
        case "BINPERSID":
            stack.append(_storage(stack.pop()))
        case "REDUCE":
            arguments, function = stack.pop(), stack.pop()
            stack.append(_made(function, arguments))
        case "BUILD":  # attributes of the dictionary itself, such as its version
            stack.pop()
        case _:
            raise ValueError(f"{name} has no business in weights")


def _storage(described: Any) -> tuple[str, np.dtype[Any]]:
    kind, named, key, _, _, _ = described
    if kind != "storage":
        raise ValueError(f"{kind} is no storage")
    return str(key), _DTYPES[named.rpartition(" ")[2]]


def _made(function: str, arguments: Any) -> Any:
    if function == "collections OrderedDict":
        return {}
    if function == "torch._utils _rebuild_tensor_v2":
        (key, dtype), offset, shape = arguments[:3]
        return _Tensor(key, dtype, offset, shape)
    raise ValueError(f"{function} has no business in weights")


class _Graph:
    """Collects the nodes of a network; batch normalisation is folded into the convolutions."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> bytes:
        import onnx
        from onnx import helper

        last = self._blocks()
        self._nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"]))
        self._nodes.append(helper.make_node("Flatten", ["pooled"], ["features"]))
        number = onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "mobilenet_v2",
            [helper.make_tensor_value_info("images", number, ["n", 3, "height", "width"])],
            [helper.make_tensor_value_info("features", number, ["n", 1280])],
            self._constants,
        )
        opset = helper.make_opsetid("", _OPSET)
        made = helper.make_model(graph, opset_imports=[opset], ir_version=8)
        return bytes(made.SerializeToString())

    def _blocks(self) -> str:
        self._number("low", 0.0)
        self._number("high", 6.0)
        last = self._convolution("images", "features.0", "0", "1", stride=2)
        for place, (expands, stride, adds) in enumerate(_block_list(), start=1):
            last = self._block(last, f"features.{place}.conv", expands, stride=stride, adds=adds)
        return self._convolution(last, "features.18", "0", "1")

    def _block(self, given: str, name: str, expands: bool, *, stride: int, adds: bool) -> str:  # noqa: FBT001 — one of two kinds of block
        last, at = given, 0
        if expands:
            last, at = self._convolution(last, f"{name}.0", "0", "1"), 1
        last = self._convolution(last, f"{name}.{at}", "0", "1", stride=stride)
        last = self._convolution(last, name, str(at + 1), str(at + 2), is_linear=True)
        if not adds:
            return last
        return self._node("Add", [given, last], f"{name}.sum")

    def _convolution(
        self,
        given: str,
        name: str,
        layer: str,
        norm: str,
        *,
        stride: int = 1,
        is_linear: bool = False,
    ) -> str:
        kernel, shift = self._folded(f"{name}.{layer}", f"{name}.{norm}")
        label = f"{name}.{layer}"
        self._constant(f"{label}.kernel", kernel)
        self._constant(f"{label}.shift", shift)
        side = kernel.shape[2]
        channels = 1 if kernel.shape[1] > 1 or side == 1 else kernel.shape[0]
        found = self._node(
            "Conv",
            [given, f"{label}.kernel", f"{label}.shift"],
            label,
            group=channels,
            strides=[stride, stride],
            pads=[side // 2] * 4,
        )
        return found if is_linear else self._node("Clip", [found, "low", "high"], f"{label}.cut")

    def _folded(self, layer: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        weights = self._weights
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _SMALLEST)
        kernel = weights[f"{layer}.weight"] * scale[:, None, None, None]
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        return kernel.astype(np.float32), shift.astype(np.float32)

    def _node(self, kind: str, given: list[str], name: str, **settings: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, given, [name], **settings))
        return name

    def _constant(self, name: str, values: NDArray[np.float32]) -> None:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(values, name))

    def _number(self, name: str, value: float) -> None:
        self._constant(name, np.array(value, dtype=np.float32))


def _block_list() -> Iterator[tuple[bool, int, bool]]:
    """Whether each block expands, its stride, and whether it adds what it was given."""
    before = 32
    for expansion, channels, repeats, stride in BLOCKS:
        for repeat in range(repeats):
            own = stride if repeat == 0 else 1
            yield expansion > 1, own, own == 1 and channels == before
            before = channels
