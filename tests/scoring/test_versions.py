"""Every archive that was ever written is opened, and answers as it did."""

import json
from pathlib import Path

import numpy as np
import pytest

from seatrial.records.contract import Contract, Feature
from seatrial.scoring.archive import audit, open_archive
from seatrial.scoring.format import Header, read_header, write_header

ARCHIVES = Path(__file__).with_name("archives")
TABLE = Contract("binary", (Feature("x", "number", 0, 1),), classes=("no", "yes"))
IMAGES = Contract("binary", (Feature("x", "image", shape=(2, 2, 1)),), classes=("no", "yes"))
TEXTS = Contract("binary", (Feature("x", "text"),), classes=("no", "yes"))


@pytest.mark.parametrize("version", [1])
def test_an_archive_of_an_older_version_answers_as_it_did(version):
    expected = json.loads((ARCHIVES / f"v{version}.json").read_text())
    answers = open_archive((ARCHIVES / f"v{version}.archive").read_bytes()).answer(expected["rows"])
    assert answers.decided.tolist() == expected["decided"]
    assert np.allclose(answers.scores, expected["scores"], atol=1e-6)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (Header("estimator", "linear", TABLE), 1),
        (Header("rule", "rule", TABLE), 1),
        (Header("column", "naive", TABLE), 2),
        (Header("estimator", "pixels", IMAGES), 2),
        (Header("estimator", "tfidf", TEXTS), 2),
    ],
)
def test_a_header_is_written_as_the_oldest_version_that_can_say_it(header, version):
    written = write_header(header)
    assert json.loads(written)["format"] == version
    assert read_header(written) == header


def test_the_old_archive_is_what_its_name_says():
    assert audit((ARCHIVES / "v1.archive").read_bytes()).contract.features[1].levels == (
        "basic",
        "pro",
    )
