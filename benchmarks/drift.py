"""Drift of every column between two Parquet files of 20 numeric and 10 categorical columns.

First at a size that Evidently finishes, both sides in processes of their own; then ours alone, at
sizes that it doesn't. Counted are CPU seconds, start and imports included, and peak memory.

    python benchmarks/drift.py [--rows 100000]
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from peer import ENVIRONMENTS, report, run_peer, say

PEER = "evidently==0.7.23 pandas<3 pyarrow"
ALONE = (1_000_000, 10_000_000)
CHUNK = 1_000_000
NUMBERS, LEVELS = 20, 10
MOVED = {"n03": "distance", "c05": "distance", "n07": "missing"}
RUN = """
import json, sys
from seatrial.monitoring.drift import drift, moved
from usage import cpu_s, peak_mb
found = moved(drift(sys.argv[1], sys.argv[2]))
failed = {each.feature: each.shift for each in found if each.verdict == "fail"}
print(json.dumps({"cpu_s": cpu_s(), "peak_mb": peak_mb(), "columns": len(found), "failed": failed}))
"""


def chunk(rows: int, *, seed: int, has_moved: bool) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {}
    for place in range(NUMBERS):
        values = rng.normal(place, 1 + place, rows)
        values[rng.random(rows) < (0.05 if has_moved and place == 7 else 0.01)] = np.nan
        columns[f"n{place:02}"] = values + (3 if has_moved and place == 3 else 0)
    for place in range(LEVELS):
        names = np.array([f"level-{each}" for each in range(4 * (place + 1))])
        weights = np.ones(len(names))
        weights[0] = 12 if has_moved and place == 5 else 1
        columns[f"c{place:02}"] = names[rng.choice(len(names), rows, p=weights / weights.sum())]
    return pl.DataFrame(columns, nan_to_null=True)


def write(path: Path, rows: int, *, has_moved: bool) -> None:
    """Write in chunks, so that this process stays small."""
    parts = path.with_suffix("")
    parts.mkdir()
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        seed = 2 * start + has_moved
        chunk(size, seed=seed, has_moved=has_moved).write_parquet(parts / f"{start:09}.parquet")
    pl.scan_parquet(parts / "*.parquet").sink_parquet(path)
    shutil.rmtree(parts)


def sides(folder: Path, rows: int) -> list[Path]:
    say(f"writing two tables of {rows:,} rows x {NUMBERS + LEVELS} columns")
    paths = [folder / f"{side}-{rows}.parquet" for side in ("reference", "current")]
    for path in paths:
        write(path, rows, has_moved=path.name.startswith("current"))
    return paths


def ours(paths: list[Path]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *paths],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    if found["failed"] != MOVED:
        raise SystemExit(f"planted were {MOVED}, found {found['failed']}")
    return found


def alone(folder: Path, rows: int) -> None:
    paths = sides(folder, rows)
    found = ours(paths)
    for path in paths:
        path.unlink()
    tell(rows, found)


def tell(rows: int, found: dict[str, float]) -> None:
    print(f"{rows:>12,} {found['cpu_s']:10.2f} {found['peak_mb']:12,.0f}")
    for figure, unit in (("cpu_s", "CPU s"), ("peak_mb", "MB")):
        name = f"drift-{rows}-{figure}"
        print(json.dumps({"name": name, "ours": round(found[figure], 2), "unit": unit}))


def compare(folder: Path, rows: int) -> None:
    paths = sides(folder, rows)
    mine = ours(paths)
    theirs = run_peer("evidently", PEER, "peer_evidently.py", *paths)
    print(f"{'rows':>12} {'CPU s':>10} {'peak MB':>12}")
    tell(rows, mine)
    print(f"{rows:>12,} {theirs['cpu_s']:10.2f} {'':12}   {PEER.split(maxsplit=1)[0]}")
    for size in ALONE:
        alone(folder, size)
    print()
    report(name="drift", ours=mine["cpu_s"], peer=theirs["cpu_s"], unit="CPU s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    folder = ENVIRONMENTS / "drift"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        compare(folder, rows)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
