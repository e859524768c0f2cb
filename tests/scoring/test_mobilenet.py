"""The published weights are read and never executed, and give the network that they are of."""

import io
import pickle
import sys
from types import ModuleType

import numpy as np
import onnxruntime
import pytest

from seatrial.core.errors import ArchiveError
from seatrial.scoring.mobilenet import BLOCKS, read_state, to_onnx

MAGIC = 0x1950A86A20F9469CFC6C


def rebuild(*_):
    raise AssertionError("nothing is executed")


class Written:
    """A tensor as torch writes it."""

    def __init__(self, key, values):
        self.key, self.values = key, values

    def __reduce__(self):
        torch = sys.modules["torch"]
        storage = ("storage", torch.FloatStorage, self.key, "cpu", self.values.size, None)
        strides = tuple(each // self.values.itemsize for each in self.values.strides)
        place = (Persistent(storage), 0, self.values.shape, strides, False, {})
        return sys.modules["torch._utils"]._rebuild_tensor_v2, place


class Persistent:
    def __init__(self, name):
        self.name = name


class Writer(pickle.Pickler):
    def persistent_id(self, thing):
        return thing.name if isinstance(thing, Persistent) else None


@pytest.fixture
def torch(monkeypatch):
    """Names that torch's files hold, without torch."""
    base, utils = ModuleType("torch"), ModuleType("torch._utils")
    base.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    base._utils = utils
    monkeypatch.setitem(sys.modules, "torch", base)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def written(weights) -> bytes:
    stream = io.BytesIO()
    for each in (MAGIC, 1001, {"little_endian": True}):
        pickle.dump(each, stream, protocol=2)
    state = {name: Written(str(place), each) for place, (name, each) in enumerate(weights.items())}
    Writer(stream, protocol=2).dump(state)
    pickle.dump([each.key for each in state.values()], stream, protocol=2)
    for each in weights.values():
        stream.write(each.size.to_bytes(8, "little") + each.astype("<f4").tobytes())
    return stream.getvalue()


def convolution(name, layer, norm, shape, random):
    out = shape[0]
    fan = np.prod(shape[1:])
    yield f"{name}.{layer}.weight", random.normal(0, np.sqrt(2 / fan), shape).astype(np.float32)
    yield f"{name}.{norm}.weight", np.ones(out, dtype=np.float32)
    yield f"{name}.{norm}.bias", np.full(out, 0.1, dtype=np.float32)
    yield f"{name}.{norm}.running_mean", np.zeros(out, dtype=np.float32)
    yield f"{name}.{norm}.running_var", np.ones(out, dtype=np.float32)


def network(random):
    """Weights of the whole network, drawn by chance."""
    yield from convolution("features.0", 0, 1, (32, 3, 3, 3), random)
    before, place = 32, 1
    for expansion, channels, repeats, _ in BLOCKS:
        for _ in range(repeats):
            name, wide = f"features.{place}.conv", before * expansion
            at = 0
            if expansion > 1:
                yield from convolution(f"{name}.0", 0, 1, (wide, before, 1, 1), random)
                at = 1
            yield from convolution(f"{name}.{at}", 0, 1, (wide, 1, 3, 3), random)
            yield from convolution(name, at + 1, at + 2, (channels, wide, 1, 1), random)
            before, place = channels, place + 1
    yield from convolution("features.18", 0, 1, (1280, before, 1, 1), random)


def test_tensors_are_read_as_they_were_written(torch):
    weights = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float32([1.5])}
    found = read_state(written(weights))
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.tolist() for name, each in weights.items()
    }


@pytest.mark.parametrize("evil", [print, eval, io.open])
def test_weights_that_want_something_called_are_refused(evil):
    class Call:
        def __reduce__(self):
            return evil, ("never",)

    stream = io.BytesIO()
    for each in (MAGIC, 1001, {}, {"a": Call()}, []):
        pickle.dump(each, stream, protocol=2)
    with pytest.raises(ArchiveError, match="no business in weights"):
        read_state(stream.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x02N."])
def test_what_are_no_weights_is_refused(data):
    with pytest.raises(ArchiveError, match="can't be read"):
        read_state(data)


def test_the_network_gives_1280_numbers_an_image_each_by_itself(torch):
    random = np.random.default_rng(1)
    model = to_onnx(written(dict(network(random))))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    images = random.normal(size=(2, 3, 32, 32)).astype(np.float32)
    both = session.run(None, {"images": images})[0]
    assert both.shape == (2, 1280)
    assert both.min() >= 0
    assert both.max() <= 6
    assert both.std() > 0
    assert session.run(None, {"images": images[1:]})[0] == pytest.approx(both[1:], abs=1e-4)
