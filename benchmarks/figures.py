"""What both sides of `snapshot.py` make of what they measured."""

from itertools import pairwise
from pathlib import Path
from statistics import median


def size(folder: Path) -> int:
    """Bytes in the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def figures(times: list[float], sizes: list[int]) -> dict[str, float]:
    """The first version, and the median of the appends after it."""
    grown = [after - before for before, after in pairwise(sizes)]
    return {
        "first": times[0],
        "append": median(times[1:]),
        "first_bytes": sizes[0],
        "append_bytes": median(grown),
    }
