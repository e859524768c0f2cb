"""Appending 5 % to a table of 8 million rows and 11 columns: our tables and DVC.

The first version is stored by both from a CSV file of about 950 MB. Then new rows come, three
times: we read them from a CSV file of their own and append them; DVC adds the file that has grown
by them. The median of the three is what counts.

    python benchmarks/snapshot.py [--rows 8000000]
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from figures import figures, size
from peer import report, run_peer, say
from seatrial.store import Blobs, Tables

PEER = "dvc==3.67.1"
SHARE_APPENDED = 0.05
BATCH_ROWS = 131_072
CSV_BYTES_A_ROW = 130
APPENDS = 3
# The CSV, the CSV that has grown, DVC's copy of each version, and our parts.
COPIES = 4 + APPENDS
STEPS = ("first", "append")


def flights(first: int, rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(first)
    minute_us = 60_000_000
    return pl.DataFrame(
        {
            "flight_id": np.arange(first, first + rows),
            "scheduled": pl.Series((first + np.arange(rows)) * minute_us).cast(pl.Datetime("us")),
            "tail": pl.Series(rng.integers(10_000, 99_999, rows)).cast(pl.String),
            "carrier": rng.choice(["AA", "B6", "DL", "EV", "UA", "WN"], rows),
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
            "distance_km": rng.integers(150, 8_000, rows),
            "late_min": rng.normal(8, 40, rows),
            "wind_m_s": rng.gamma(2.0, 2.5, rows),
            "temperature_c": rng.normal(12, 9, rows),
            "precipitation_mm": rng.exponential(0.2, rows).round(2),
            "is_late": rng.random(rows) < 0.23,
        }
    )


def generate(path: Path, *, first: int, rows: int) -> None:
    with path.open("wb") as file:
        for start in range(0, rows, BATCH_ROWS):
            batch = flights(first + start, min(BATCH_ROWS, rows - start))
            batch.write_csv(file, include_header=start == 0 and first == 0)


def ours(folder: Path, table: Path, more: list[Path]) -> dict[str, float]:
    schema = flights(0, 1).schema
    store = folder / "blobs"
    tables = Tables(Blobs.open(str(store)))
    os.sync()  # what was generated is on the disk before anything is timed, here and at the peer
    started = time.perf_counter()
    version = tables.write(batches(table, schema=schema))
    times, sizes = [time.perf_counter() - started], [size(store)]
    for rows in more:
        os.sync()
        started = time.perf_counter()
        version = tables.append(version, batches(rows, schema=schema, has_header=False))
        times.append(time.perf_counter() - started)
        sizes.append(size(store))
    return figures(times, sizes)


def batches(path: Path, **options: object) -> Iterator[pl.DataFrame]:
    rows = pl.scan_csv(path, **options)
    return rows.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)


def compare(folder: Path, rows: int) -> None:
    table = folder / "flights.csv"
    say(f"writing a CSV of {rows:,} rows")
    generate(table, first=0, rows=rows)
    more = [folder / f"more-{number}.csv" for number in range(APPENDS)]
    new_rows = round(rows * SHARE_APPENDED)
    for number, path in enumerate(more):
        generate(path, first=rows + number * new_rows, rows=new_rows)
    csv_mb = table.stat().st_size / 1e6
    say("running seatrial")
    mine = ours(folder, table, more)
    theirs = run_peer("dvc", PEER, "peer_dvc.py", folder, table, *more)
    print(f"{rows:,} rows x 11 columns, a CSV of {csv_mb:,.0f} MB, then 5 % more\n")
    print(f"{'':12} {'seatrial':>14} {PEER:>14} {'ratio':>7}")
    for step in STEPS:
        ratio = theirs[step] / mine[step]
        print(f"{step + ' s':12} {mine[step]:14.3f} {theirs[step]:14.3f} {ratio:7.1f}")
    for step in STEPS:
        a, b = mine[f"{step}_bytes"], theirs[f"{step}_bytes"]
        print(f"{step + ' MB':12} {a / 1e6:14.1f} {b / 1e6:14.1f} {b / a:7.1f}")
    print()
    report(name="snapshot", ours=mine["append"], peer=theirs["append"], unit="s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        needed = rows * CSV_BYTES_A_ROW * COPIES
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise SystemExit(f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} are free")
        compare(Path(folder), rows)


if __name__ == "__main__":
    main()
