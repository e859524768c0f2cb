"""MLflow's side of `ledger.py`; runs where MLflow is installed."""

import json
import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from runs import LEARNING_RATE, RECALL, metrics_of, parameters_of


def record(client: MlflowClient, experiment: str, number: int) -> None:
    run = client.create_run(experiment).info.run_id
    now_ms = int(time.time() * 1000)
    client.log_batch(
        run,
        metrics=[Metric(name, value, now_ms, 0) for name, value in metrics_of(number).items()],
        params=[Param(name, value) for name, value in parameters_of(number).items()],
    )
    client.set_terminated(run)


def search(client: MlflowClient, experiment: str, condition: str) -> list[float]:
    found, page = [], None
    while True:
        runs = client.search_runs([experiment], condition, max_results=1_000, page_token=page)
        found += [run.data.metrics["recall"] for run in runs]
        page = runs.token
        if not page:
            return found


def main(folder: str, runs: int) -> None:
    client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
    experiment = client.create_experiment("benchmark", artifact_location=f"{folder}/artifacts")
    started = time.perf_counter()
    for number in range(runs):
        record(client, experiment, number)
    recorded = time.perf_counter()
    everything = search(client, experiment, "")
    searched = time.perf_counter()
    condition = f"metrics.recall > {RECALL} and params.learning_rate = '{LEARNING_RATE}'"
    some = search(client, experiment, condition)
    filtered = time.perf_counter()
    figures = {
        "record": recorded - started,
        "search_all": searched - recorded,
        "search_filtered": filtered - searched,
        "all": len(everything),
        "some": len(some),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
