"""Images to what a model is shown: batches of pixels, or the brightness of their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import DataError
from seatrial.records.contract import Shape
from seatrial.records.image import Pixels, read

MOST_PLACES = 1_024
"""Places of an image that a linear model is shown; a larger image is averaged in whole blocks."""


def batch(cells: Sequence[Any] | NDArray[Any], shape: Shape) -> Pixels:
    """Read cells of one shape; a missing image is black.

    Returns:
        (n_images, height, width, channels) uint8.

    Raises:
        DataError: a cell is no image of this shape.
    """
    images = np.zeros((len(cells), *shape), dtype=np.uint8)
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        image = read(cell)
        if image.shape != shape:
            height, width, channels = image.shape
            expected = "x".join(str(each) for each in shape)
            raise DataError(f"an image of {height}x{width}x{channels} among those of {expected}")
        images[place] = image
    return images


def places(shape: Shape) -> int:
    """How many numbers :func:`pixels` gives for an image of this shape."""
    block = _block(shape)
    return -(-shape[0] // block) * -(-shape[1] // block) * shape[2]


def pixels(images: Pixels) -> NDArray[np.float64]:
    """Brightness of each place in [0, 1]; (n_images, n_places) float64.

    A place is a pixel, or the mean of a square block of them where the image has more than
    :data:`MOST_PLACES`; the edge is repeated where blocks don't fit.
    """
    count, height, width, channels = images.shape
    block = _block((height, width, channels))
    if block == 1:
        return images.reshape(count, -1) / 255.0
    below, beside = -height % block, -width % block
    padded = np.pad(images, ((0, 0), (0, below), (0, beside), (0, 0)), mode="edge")
    rows, columns = padded.shape[1] // block, padded.shape[2] // block
    cut = padded.reshape(count, rows, block, columns, block, channels)
    means: NDArray[np.float64] = cut.mean(axis=(2, 4), dtype=np.float64)
    return means.reshape(count, -1) / 255.0


def _block(shape: Shape) -> int:
    block = 1
    while -(-shape[0] // block) * -(-shape[1] // block) > MOST_PLACES:
        block += 1
    return block
