"""The same recipe gives the same bytes in every process, however it orders its sets."""

import os
import subprocess
import sys

PROGRAM = """
import seatrial
from seatrial.verbs.runs import rerun
print(rerun(seatrial.open("."), "builders:plain"))
"""
SEEDS = ("1", "3", "4")
"""Of string hashing; skl2onnx lists its domains in two orders among them."""


def test_an_archive_is_the_same_whatever_the_order_of_sets(copy_of_shop):
    told = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=copy_of_shop,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in SEEDS
    }
    assert len(told) == 1
