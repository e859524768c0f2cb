"""Every slice to a depth, against SliceLine's package, and every slice with metrics, against fairlearn.

First it is shown that the ranking equals SliceLine's on small data, slice by slice. Then wall time of
each job, imports left out, in a process of its own; and peak memory, imports included.

    python benchmarks/slices.py
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from peer import ENVIRONMENTS, report, run_peer, say

SLICELINE = "sliceline==0.2.22 scikit-learn<1.8 pandas<3 numpy<2.3"
FAIRLEARN = "fairlearn==0.13.0 scikit-learn<1.8 pandas<3 numpy<2.3"
ADULT = (5, 8, 16, 7, 14, 6, 5, 2, 10, 10, 10, 10, 10, 41)
"""Levels of the columns of the Adult data, its numbers in ranges."""
ADULT_ROWS = 48_842
TEN = (5, 8, 10, 7, 10, 6, 5, 2, 9, 10)
MANY_ROWS = 1_000_000
ALPHA, MOST = 0.99, 10
OURS = """
import json, sys, time
import numpy as np
from seatrial.evaluation import Predictions
from seatrial.evaluation.facets import facets
from seatrial.evaluation.slice_table import tabulate
from seatrial.evaluation.slices import rank
from usage import peak_mb
given = np.load(sys.argv[2])
codes = given["codes"]
columns = {f"c{at}": np.array([f"v{each}" for each in range(100)], dtype=object)[codes[:, at]] for at in range(codes.shape[1])}
start = time.perf_counter()
if sys.argv[1] == "rank":
    alpha, depth, least, most = float(sys.argv[3]), *(int(each) for each in sys.argv[4:7])
    found = rank(facets(columns, least=1), given["errors"], alpha=alpha, depth=depth, least=least, most=most)
    took, told = time.perf_counter() - start, [[str(each.where), each.score, len(each.rows)] for each in found.slices]
else:
    truth, decided = given["truth"], given["decided"]
    answers = Predictions("binary", ("no", "yes"), np.eye(2)[decided], decided, truth, np.arange(len(truth)))
    names = ["recall", "precision", "accuracy", "f1", "selection_rate"]
    told = len(tabulate(facets(columns, least=50), answers, names, depth=2, least=50).where)
    took = time.perf_counter() - start
print(json.dumps({"seconds": took, "peak_mb": peak_mb(), "found": told}))
"""


def table(path: Path, rows: int, levels: tuple[int, ...], *, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(0, each, rows) for each in levels])
    bad = (codes[:, 1] == 1) & (codes[:, 3] == 2)
    errors = (rng.random(rows) < np.where(bad, 0.4, 0.1)).astype(float)
    truth = rng.integers(0, 2, rows)
    decided = np.where(errors > 0, 1 - truth, truth)
    np.savez(path, codes=codes, errors=errors, truth=truth, decided=decided)
    return path


def ours(job: str, *arguments: object) -> dict[str, object]:
    command = [sys.executable, "-c", OURS, job, *(str(each) for each in arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parent
    )
    return json.loads(done.stdout.splitlines()[-1])


def same_on_small_data(folder: Path) -> None:
    for seed in range(3):
        given = table(folder / f"small-{seed}.npz", 2_000, (3, 8, 4, 5, 2), seed=seed)
        options = (given, ALPHA, 3, 20, MOST)
        theirs = run_peer("sliceline", SLICELINE, "peer_sliceline.py", *options)["found"]
        mine = ours("rank", *options)["found"]
        named = [
            (
                " and ".join(f"c{at} = 'v{value}'" for at, value in slice_.items()),
                round(score, 9),
                n,
            )
            for slice_, score, n in theirs
        ]
        assert sorted(named) == sorted((where, round(score, 9), n) for where, score, n in mine)
        say(
            f"the same {len(mine)} slices, scores and sizes as SliceLine on small data, seed {seed}"
        )


def main() -> None:
    folder = ENVIRONMENTS / "slices"
    folder.mkdir(parents=True, exist_ok=True)
    same_on_small_data(folder)
    adult = table(folder / "adult.npz", ADULT_ROWS, ADULT, seed=0)
    options = (adult, ALPHA, 3, ADULT_ROWS // 100, MOST)
    mine = ours("rank", *options)
    say("running SliceLine on the same; minutes, and some GB")
    theirs = run_peer("sliceline", SLICELINE, "peer_sliceline.py", *options)
    print(f"slices to depth 3, {ADULT_ROWS:,} rows x {len(ADULT)} columns")
    print(
        f"  seatrial   {mine['seconds']:8.2f} s {mine['peak_mb']:8.0f} MB  first: {mine['found'][0][0]}"
    )
    print(f"  sliceline  {theirs['seconds']:8.2f} s {theirs['peak_mb']:8.0f} MB")
    many = table(folder / "many.npz", MANY_ROWS, TEN, seed=1)
    wide, frame = ours("table", many), run_peer("fairlearn", FAIRLEARN, "peer_fairlearn.py", many)
    print(f"5 metrics, {MANY_ROWS:,} rows")
    print(
        f"  seatrial   {wide['seconds']:8.2f} s  {wide['found']:,} slices of 10 columns to depth 2, with intervals"
    )
    print(
        f"  fairlearn  {frame['seconds']:8.2f} s  {frame['groups']:,} groups of 3 columns, without intervals"
    )
    report(name="slices, metrics", ours=wide["seconds"], peer=frame["seconds"], unit="s")
    report(name="slices, depth 3", ours=mine["seconds"], peer=theirs["seconds"], unit="s")


if __name__ == "__main__":
    main()
