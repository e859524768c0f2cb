"""An image in a cell is the image again, and what is none is refused."""

import base64

import numpy as np
import pytest

from seatrial.core.errors import DataError
from seatrial.records.image import from_request, read, write
from seatrial.scoring.images import MOST_PLACES, batch, pixels, places

SHAPE = (2, 3, 1)
IMAGE = np.arange(6, dtype=np.uint8).reshape(SHAPE)
CELL = write(IMAGE)


def test_a_cell_is_read_as_it_was_written():
    coloured = np.random.default_rng(1).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    assert np.array_equal(read(write(coloured)), coloured)


@pytest.mark.parametrize(
    "sent",
    [CELL, base64.b64encode(IMAGE.tobytes()).decode(), IMAGE[:, :, 0].tolist(), IMAGE.tolist()],
    ids=["cell", "base64", "rows", "rows with channels"],
)
def test_a_caller_may_send_an_image_in_any_of_these_ways(sent):
    assert from_request(sent, SHAPE) == CELL


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "2x3x1:AAA",
        "3x2x1:AAECAwQF",
        [[1, 2, 3]],
        [[1, 2, 3], [1, 2]],
        [[0, 0, 0], [0, 0, 256]],
        [[0.5] * 3] * 2,
        [[-1] * 3] * 2,
        [["a"] * 3] * 2,
        [],
    ],
)
def test_what_is_no_image_of_this_shape_is_refused(sent):
    with pytest.raises(DataError):
        from_request(sent, SHAPE)


def test_a_missing_image_is_black():
    assert not batch([None], SHAPE).any()


def test_a_large_image_is_averaged_in_blocks():
    shape = (100, 70, 3)
    image = np.random.default_rng(2).integers(0, 256, (1, *shape), dtype=np.uint8)
    found = pixels(image)
    assert found.shape == (1, places(shape))
    assert places(shape) <= 3 * MOST_PLACES
    assert found[0, :3] == pytest.approx(image[0, :3, :3].mean(axis=(0, 1)) / 255)


def test_a_small_image_keeps_its_pixels():
    assert pixels(IMAGE[None])[0].tolist() == (np.arange(6) / 255).tolist()
