"""Recording 1,000 runs and searching them: our ledger and MLflow, both in SQLite.

Each run has 20 parameters and 20 metrics and is recorded by itself, in MLflow by its batched calls.
Both then list all runs, and those that meet a condition on a metric and one on a parameter, and
read a metric of each.

    python benchmarks/ledger.py [--runs 1000]
"""

import argparse
import tempfile
import time
from pathlib import Path

from peer import report, run_peer, say
from runs import LEARNING_RATE, RECALL, metrics_of, parameters_of
from seatrial.core.clock import SystemClock
from seatrial.store import Ledger

PEER = "mlflow==3.17.0"
STEPS = ("record", "search_all", "search_filtered")


def ours(folder: Path, runs: int) -> dict[str, float]:
    ledger = Ledger.open(
        str(folder / "ledger.db"),
        installation="benchmark",
        clock=SystemClock(),
        actor="benchmark",
        secret=b"benchmark",
    )
    started = time.perf_counter()
    for number in range(runs):
        parameters, metrics = parameters_of(number), metrics_of(number)
        payload = {"parameters": parameters, "metrics": metrics}
        ledger.append("run", payload, facts={**parameters, **metrics})
    recorded = time.perf_counter()
    everything = [entry.payload["metrics"]["recall"] for entry in ledger.search("run")]
    searched = time.perf_counter()
    where = [("recall", ">", RECALL), ("learning_rate", "=", LEARNING_RATE)]
    some = [entry.payload["metrics"]["recall"] for entry in ledger.search("run", where)]
    filtered = time.perf_counter()
    ledger.close()
    times = (recorded - started, searched - recorded, filtered - searched)
    return dict(zip(STEPS, times, strict=True)) | {"all": len(everything), "some": len(some)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        say("running seatrial")
        mine = ours(Path(folder), runs)
        theirs = run_peer("mlflow", PEER, "peer_mlflow.py", folder, runs)
    if (mine["all"], mine["some"]) != (theirs["all"], theirs["some"]):
        raise SystemExit(f"the two found different runs: {mine} and {theirs}")
    print(f"{runs} runs of 20 parameters and 20 metrics, seconds\n")
    print(f"{'':16} {'seatrial':>10} {PEER:>14} {'ratio':>7}")
    for step in STEPS:
        ratio = theirs[step] / mine[step]
        print(f"{step:16} {mine[step]:10.4f} {theirs[step]:14.4f} {ratio:7.1f}")
    print()
    report(
        name="ledger",
        ours=sum(mine[step] for step in STEPS),
        peer=sum(theirs[step] for step in STEPS),
        unit="s",
    )


if __name__ == "__main__":
    main()
