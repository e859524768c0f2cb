"""Makes `releases` importable: tests are collected, not imported."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from releases import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Archives of one contract; made once."""
    return Shop()
