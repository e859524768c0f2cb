"""Lay out the demo: the 2013 New York flights with hourly weather, and a plan for them."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from seatrial.core.errors import ConflictError
from seatrial.verbs.project import PLAN, STATE, Project

NAME = "flight-delays"
_DATA = ("flights.parquet", "weather.parquet")
_BESIDE = (PLAN, "features.py", "dev-evidence.json", "README.md")


def lay_out(folder: Path) -> Project:
    """Write the demo's files into a folder; one that holds the demo already is used as it is.

    Raises:
        ConflictError: the folder holds something else.
    """
    if (folder / PLAN).is_file() and f"project: {NAME}" in (folder / PLAN).read_text():
        return Project(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(
            f"{folder} holds something else", hint="name another: seatrial demo --folder FOLDER"
        )
    with as_file(files("seatrial.verbs") / "flights") as source:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        for name in _DATA:
            shutil.copyfile(source / name, folder / "data" / name)
        for name in _BESIDE:
            shutil.copyfile(source / name, folder / name)
    (folder / ".gitignore").write_text(f"{STATE}/\n")
    return Project(folder)
