"""One row a request over 8 connections: our server and `mlflow models serve`, one answering process each.

The model is one HistGradientBoosting on 14 numbers and 6 categories. Ours answers with the archive of
it: every request is validated, its key hashed and routed, and the decision is in the log before the
answer leaves. MLflow answers with the very same fitted estimator behind the same encoding, in a
scikit-learn pipeline. The answers of both are compared first. The load comes from a process of its own
that shares the machine's cores with the server, so that its own ceiling is told too.

    python benchmarks/serving.py [--seconds 10]
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

import load
from peer import report, run_peer, say
from seatrial.core.digest import digest_bytes
from seatrial.models.export import archive
from seatrial.models.ladder import Sample, fit
from seatrial.records.contract import Contract, Feature
from seatrial.records.manifest import Arm, Gate, LogRules, Manifest, Policy, Versions
from seatrial.records.rule import Rule
from seatrial.runtime.folder import ServingFolder
from seatrial.scoring.encode import encode

PEER = "mlflow==3.17.0"
CONNECTIONS = 8
ROWS, ASKED, COMPARED, PORT = 20_000, 500, 50, 18_080
LEVELS = tuple("abcdefgh")
CONTRACT = Contract(
    "binary",
    (
        *(Feature(f"n{at}", "number", -4, 4) for at in range(14)),
        *(Feature(f"c{at}", "category", levels=LEVELS) for at in range(6)),
    ),
    classes=("no", "yes"),
)


def columns(rows: int) -> dict:
    random = np.random.default_rng(1)
    numbers = {f"n{at}": random.normal(size=rows) for at in range(14)}
    return numbers | {f"c{at}": random.choice(LEVELS, rows) for at in range(6)}


def release(folder: Path) -> list[dict]:
    """Train, archive and release the model; give rows to ask about."""
    given = columns(ROWS)
    pull = given["n0"] + given["n1"] * (given["c0"] < "d") + (given["c1"] == "a")
    truth = (pull + np.random.default_rng(2).normal(size=ROWS) > 0).astype(np.int64)
    made = fit("boosted", CONTRACT, Sample(given, truth), {})
    data = archive(made, CONTRACT, threshold=0.5, proof=encode(CONTRACT, given, {}))
    serving, name = ServingFolder(folder / "serving"), digest_bytes(data)
    arm = Arm("archive", "boosted", "", name, serving.put_archive(name, data))
    manifest = Manifest(
        project="benchmark",
        release=1,
        at="2026-01-01T00:00:00.000000Z",
        candidate=arm,
        reference=Arm("rule", "rule"),
        contract=CONTRACT,
        context=(),
        policy=Policy("full", 1.0, "5e" * 32, None, 0.0),
        fallback=Rule((), "no"),
        log=LogRules(),
        versions=Versions("a", "b", "c", "d", "e"),
        gate=Gate("full", "plan", "verdicts", passed=True),
    )
    serving.point(serving.put_manifest(manifest))
    with zipfile.ZipFile(folder / "serving" / arm.archive) as members:
        (folder / "estimator.skops").write_bytes(members.read("estimator.skops"))
    plain = {feature: values[:ASKED].tolist() for feature, values in given.items()}
    return [{feature: values[row] for feature, values in plain.items()} for row in range(ASKED)]


def lines(path: Path, bodies: list[dict]) -> Path:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in bodies))
    return path


def ours(folder: Path, bodies: Path, seconds: float) -> tuple[dict, list[int]]:
    command = ["serve", "--from", str(folder / "serving"), "--port", str(PORT)]
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "seatrial.cli.main", *command], stderr=subprocess.PIPE, text=True
    ) as server:
        server.stderr.readline()
        ready = time.perf_counter() - started
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        said = []
        for body in bodies.read_text().splitlines()[:COMPARED]:
            connection.request("POST", "/predict", body)
            said.append(json.loads(connection.getresponse().read())["decision"] == "yes")
        connection.close()
        url = f"http://127.0.0.1:{PORT}/predict"
        found = load.run(url, bodies, seconds=seconds, connections=CONNECTIONS)
        server.terminate()
    return found | {"ready_s": ready}, [int(each) for each in said]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("training")
        rows = release(folder)
        asked = [{"key": f"k{at}", "features": row} for at, row in enumerate(rows)]
        bodies = lines(folder / "ours.jsonl", asked)
        split = [
            {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}
            for row in rows
        ]
        lines(folder / "theirs.jsonl", split)
        say("running the load generator alone")
        most = load.ceiling(bodies, seconds=seconds, connections=CONNECTIONS)
        say("running seatrial")
        mine, my_answers = ours(folder, bodies, seconds)
        theirs = run_peer("mlflow", PEER, "peer_mlflow_serving.py", folder, seconds, COMPARED)
    if my_answers != theirs["said"]:
        raise SystemExit("the two answered differently, so there is nothing to compare")
    print(f"one row a request, {CONNECTIONS} connections, {seconds:.0f} s\n")
    print(f"{'':16} {'seatrial':>10} {PEER:>14} {'load alone':>12}")
    for what in ("per_second", "p50_ms", "p99_ms", "errors"):
        print(f"{what:16} {mine[what]:10.2f} {theirs[what]:14.2f} {most[what]:12.2f}")
    print(f"{'ready_s':16} {mine['ready_s']:10.2f} {theirs['ready_s']:14.2f}\n")
    print("The load comes from this machine and takes its share of the same cores.\n")
    each = {side: 1000 / found["per_second"] for side, found in (("ours", mine), ("peer", theirs))}
    report(name="serving", **each, unit="ms a request")


if __name__ == "__main__":
    main()
