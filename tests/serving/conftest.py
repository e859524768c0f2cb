"""A real server in a process of its own, asked over real connections."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "runtime")]

from releases import Shop  # noqa: E402 — found where the path was just set
from served import Served  # noqa: E402 — as above


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Archives of one contract; made once."""
    return Shop()


@pytest.fixture
def serve(tmp_path) -> Iterator:
    """Starts servers on a folder, and ends them."""
    started: list[Served] = []

    def start(*options: str, folder: Path = tmp_path / "serving", before: str = "") -> Served:
        started.append(Served(folder, *options, before=before))
        return started[-1]

    yield start
    for each in started:
        each.end()
