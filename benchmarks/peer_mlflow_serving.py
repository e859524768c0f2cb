"""MLflow's side of `serving.py`; runs where MLflow is installed."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow.sklearn
import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import load

PORT, CONNECTIONS = 18_081, 8
LEVELS = list("abcdefgh")
NUMBERS, CATEGORIES = [f"n{at}" for at in range(14)], [f"c{at}" for at in range(6)]


def pipeline(estimator: Path, known: list[str]):
    """The estimator behind the encoding that it was trained on."""
    model = skops.io.load(estimator, trusted=known)
    codes = OrdinalEncoder(
        categories=[LEVELS] * len(CATEGORIES),
        handle_unknown="use_encoded_value",
        unknown_value=len(LEVELS),
    )
    encoding = ColumnTransformer(
        [("number", "passthrough", NUMBERS), ("category", codes, CATEGORIES)]
    )
    example = pd.DataFrame(
        [[0.0] * len(NUMBERS) + ["a"] * len(CATEGORIES)], columns=NUMBERS + CATEGORIES
    )
    return make_pipeline(encoding.fit(example), model)


def wait(process: subprocess.Popen) -> None:
    while process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("mlflow models serve ended before it answered")


def ask(bodies: list[str]) -> list[int]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    said = []
    for body in bodies:
        connection.request(
            "POST", "/invocations", body, headers={"content-type": "application/json"}
        )
        said += json.loads(connection.getresponse().read())["predictions"]
    return [int(each) for each in said]


def main(folder: Path, seconds: float, compared: int) -> None:
    model, estimator = folder / "mlflow", folder / "estimator.skops"
    known = skops.io.get_untrusted_types(file=estimator)  # our own file, made a minute ago
    mlflow.sklearn.save_model(
        pipeline(estimator, known),
        model,
        skops_trusted_types=known,
        pip_requirements=[f"numpy=={np.__version__}"],
    )
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model)]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--env-manager", "local", "--port", str(PORT), "--workers", "1"],
        stdout=sys.stderr,
        start_new_session=True,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
    )
    try:
        wait(process)
        ready = time.perf_counter() - started
        bodies = folder / "theirs.jsonl"
        said = ask(bodies.read_text().splitlines()[:compared])
        url = f"http://127.0.0.1:{PORT}/invocations"
        found = load.run(url, bodies, seconds=seconds, connections=CONNECTIONS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    print(json.dumps(found | {"ready_s": ready, "said": said}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
