"""Lay out the demo: the 2013 New York flights with hourly weather, and a plan for them.

The first six months are the project's data. The next three stand in ``later/``: nothing reads them but
the replay, which asks about them in order, as if each day were today. The installation's secret is no
secret here, so that the same flights go to the canary in every run.
"""

from __future__ import annotations

import json
import secrets
import shutil
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.clock import ManualClock
from seatrial.core.digest import digest_bytes
from seatrial.core.errors import ConflictError
from seatrial.verbs.project import INSTALLATION, PLAN, STATE, Project

if TYPE_CHECKING:
    import polars as pl

NAME = "flight-delays"
TODAY = datetime(2013, 7, 1, 4, tzinfo=UTC)
"""When the demo begins, midnight in New York; what lies before was, what lies after is to come."""
END = datetime(2013, 9, 22, 4, tzinfo=UTC)
LATER = "later"
_DATA = ("flights.parquet", "weather.parquet")
_BESIDE = (PLAN, "features.py", "dev-evidence.json", "README.md")


def lay_out(folder: Path) -> Project:
    """Write the demo's files into a folder; one that holds the demo already is used as it is.

    Raises:
        ConflictError: the folder holds something else.
    """
    clock = ManualClock(TODAY)
    if (folder / PLAN).is_file() and f"project: {NAME}" in (folder / PLAN).read_text():
        return Project(folder, clock=clock)
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(
            f"{folder} holds something else", hint="name another: seatrial demo --folder FOLDER"
        )
    for name in ("data", LATER):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with as_file(files("seatrial.verbs") / "flights") as source:
        for name in _DATA:
            _cut(source / name, folder)
        for name in _BESIDE:
            shutil.copyfile(source / name, folder / name)
    (folder / ".gitignore").write_text(f"{STATE}/\n")
    (folder / STATE).mkdir(exist_ok=True)
    me = {"id": secrets.token_hex(6), "secret": digest_bytes(NAME.encode())}
    (folder / STATE / INSTALLATION).write_text(json.dumps(me))
    return Project(folder, clock=clock)


def _cut(source: Path, folder: Path) -> None:
    """Part a table at the demo's first day."""
    import polars as pl

    rows, hour = pl.read_parquet(source), pl.col("time_hour")
    rows.filter(hour < TODAY).write_parquet(folder / "data" / source.name)
    rows.filter((hour >= TODAY) & (hour < END)).write_parquet(folder / LATER / source.name)


def later(project: Project) -> pl.DataFrame:
    """Flights that are still to come, with the weather of their hour, by schedule.

    The columns are those of a request; ``late`` is what will turn out, null where a flight never arrives.
    """
    import polars as pl

    flights, weather = (pl.read_parquet(project.root / LATER / name) for name in _DATA)
    hours = weather.unique(["origin", "time_hour"], keep="first", maintain_order=True)
    joined = flights.join(hours, on=["origin", "time_hour"], how="left", suffix="_weather")
    return joined.with_columns((pl.col("arr_delay") >= 15).alias("late")).sort(  # noqa: PLR2004 — the plan's target
        "time_hour", maintain_order=True
    )
