"""A request brings texts and images as its contract asks for them, and every fault is named."""

import base64
import json

import numpy as np
import pytest

from seatrial.core.errors import DataError
from seatrial.records.contract import Contract, Feature
from seatrial.records.image import write
from seatrial.runtime.request import RequestReader

SHAPE = (2, 2, 1)
CONTRACT = Contract(
    "binary",
    (Feature("said", "text"), Feature("photo", "image", shape=SHAPE)),
    classes=("no", "yes"),
)
READER = RequestReader(CONTRACT)
PIXELS = np.array([0, 9, 90, 255], dtype=np.uint8).reshape(SHAPE)


def body(**changes: object) -> bytes:
    features = {"said": "a word", "photo": write(PIXELS), **changes}
    return json.dumps({"key": "k", "features": features}).encode()


@pytest.mark.parametrize(
    "sent",
    [write(PIXELS), base64.b64encode(PIXELS.tobytes()).decode(), [[0, 9], [90, 255]]],
    ids=["cell", "base64", "lists"],
)
def test_an_image_reaches_the_model_as_one_cell_however_it_was_sent(sent):
    requests, _ = READER.body(body(photo=sent))
    assert requests[0].row == {"said": "a word", "photo": write(PIXELS)}


def test_an_image_and_a_text_may_be_missing():
    requests, _ = READER.body(body(photo=None, said=None))
    assert requests[0].row == {"said": None, "photo": None}


@pytest.mark.parametrize(
    ("changes", "where", "fact"),
    [
        ({"photo": [[0, 9]]}, "features.photo", "whole numbers from 0 to 255 are expected, 2x2x1"),
        ({"photo": "AAAA"}, "features.photo", "an image of 2x2x1 has 3 bytes"),
        ({"photo": "3x3x1:AAAA"}, "features.photo", "an image of 2x2x1 is expected"),
        ({"photo": 7}, "features.photo", "an image is expected, got the number 7"),
        ({"said": 7}, "features.said", "a text is expected, got the number 7"),
    ],
)
def test_what_is_no_image_or_text_is_refused_with_its_place(changes, where, fact):
    with pytest.raises(DataError) as caught:
        READER.body(body(**changes))
    (fault,) = caught.value.faults
    assert (fault.where, fact in fault.fact) == (where, True), fault
