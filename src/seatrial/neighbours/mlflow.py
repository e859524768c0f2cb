"""Runs in MLflow: ours written there once each, theirs read as foreign."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from seatrial.core.clock import iso, parse_iso
from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate
from seatrial.neighbours.mlflow_http import PAGE, Server, listed, pairs, redacted
from seatrial.records.foreign import ForeignRun, told

RUN = "seatrial.run"
"""Tag that holds the digest of a run's entry in our ledger; by it a run is found again."""
_METRIC = "seatrial.metric."
_BATCH, _MOST_METRICS = 100, 900
"""Parameters, and metrics, of one request: MLflow takes 100, and 1,000 of both together."""
_MOST_VALUE = 500
"""Signs of a parameter that every version takes."""
_MOST_DIGEST = 36
_ENDS = ("low", "high", "n")
_UNFIT = re.compile(r"[^\w./ -]")
_LEFT_OUT = ("mlflow.user", "mlflow.log-model.history")
"""Tags that name a person, or repeat a whole model file."""


@dataclass(frozen=True, slots=True)
class DataTold:
    """What a run was trained on.

    Attributes:
        name: Of the project.
        digest: Of the snapshot.
        sources: Address by name.
        rows: Rows of the snapshot.
        kinds: Kind of each column.
    """

    name: str
    digest: str
    sources: Mapping[str, str]
    rows: int
    kinds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunTold:
    """One of our runs, as it is written there.

    Attributes:
        digest: Of its entry in the ledger.
        name: What people call it.
        ended: ISO.
        seconds: Wall time of the fit.
        parameters: Plain values by name.
        metrics: Estimates by the name of the measure.
        tags: By name.
        data: What it was trained on; None if that isn't on file.
    """

    digest: str
    name: str
    ended: str
    seconds: float
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Estimate]
    tags: Mapping[str, str]
    data: DataTold | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run of ours is.

    Attributes:
        run: Its id there.
        artifacts: Address of its files.
        is_whole: Whether all of it was written.
    """

    run: str
    artifacts: str
    is_whole: bool


class Tracking:
    """The experiments of a server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def experiment(self, name: str) -> str:
        """Id of an experiment.

        Raises:
            NotFoundError: there is none of that name, or it was deleted there.
        """
        found = self._experiment(name)
        if found is None:
            raise NotFoundError(
                f"no experiment is called {name}", where=self.server.address, hint=self._near(name)
            )
        return found

    def make_experiment(self, name: str) -> str:
        """Id of an experiment; it is made if there is none.

        Raises:
            NotFoundError: it was deleted there.
        """
        found = self._experiment(name)
        if found is not None:
            return found
        return str(self.server.post("experiments/create", {"name": name})["experiment_id"])

    def _experiment(self, name: str) -> str | None:
        try:
            found = self.server.get("experiments/get-by-name", experiment_name=name)["experiment"]
        except NotFoundError:
            return None
        if found.get("lifecycle_stage") == "deleted":
            hint = "restore it there, or name another one with --experiment"
            fact = f"the experiment {name} was deleted"
            raise NotFoundError(fact, where=self.server.address, hint=hint)
        return str(found["experiment_id"])

    def _near(self, name: str) -> str:
        found = self.server.post("experiments/search", {"max_results": PAGE})
        names = [str(each["name"]) for each in found.get("experiments", [])]
        near = difflib.get_close_matches(name, names, n=1)
        return f"nearest: {near[0]}" if near else f"there are {', '.join(names[:12]) or 'none'}"

    def places(self, experiment: str) -> dict[str, Place]:
        """Where our runs are in an experiment, by digest; a whole one before one that was cut off."""
        found: dict[str, Place] = {}
        for run in self._search(experiment, f"tags.`{RUN}` != ''"):
            digest = pairs(run["data"], "tags")[RUN]
            place = _place(run["info"])
            if digest not in found or place.is_whole:
                found[digest] = place
        return found

    def write(self, experiment: str, run: RunTold, place: Place | None) -> Place:
        """Write a run, or go on with one that was cut off. Until all is there it says RUNNING.

        Raises:
            UserError: the server refuses, or isn't reached.
        """
        ended = parse_iso(run.ended)
        at = _ms(ended)
        if place is None:
            started = _ms(ended - timedelta(seconds=run.seconds))
            metrics = {
                f"{_METRIC}{_fit(name)}": _method(name, each) for name, each in run.metrics.items()
            }
            tags = listed({**run.tags, **metrics, RUN: run.digest, "mlflow.runName": run.name})
            asked = {"experiment_id": experiment, "start_time": started, "run_name": run.name}
            made = self.server.post("runs/create", {**asked, "tags": tags})
            place = _place(made["run"]["info"])
        for batch in _batches(run, at):
            self.server.post("runs/log-batch", {"run_id": place.run, **batch})
        if run.data is not None:
            self.server.post(
                "runs/log-inputs", {"run_id": place.run, "datasets": [_dataset(run.data)]}
            )
        done = {"run_id": place.run, "status": "FINISHED", "end_time": at}
        self.server.post("runs/update", done)
        return Place(place.run, place.artifacts, is_whole=True)

    def runs(self, experiment: str, name: str) -> Iterator[ForeignRun]:
        """Every run of an experiment, as it is told there."""
        for run in self._search(experiment, ""):
            yield _foreign(run, server=self.server.address, experiment=name)

    def _search(self, experiment: str, condition: str) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {
            "experiment_ids": [experiment],
            "filter": condition,
            "max_results": PAGE,
        }
        while True:
            found = self.server.post("runs/search", asked)
            for run in found.get("runs", []):
                yield {"info": run["info"], "data": run.get("data", {})}
            asked["page_token"] = found.get("next_page_token")
            if not asked["page_token"]:
                return


def _place(info: Mapping[str, Any]) -> Place:
    run = str(info.get("run_id") or info["run_uuid"])
    return Place(run, str(info.get("artifact_uri", "")), is_whole=info.get("status") == "FINISHED")


def _batches(run: RunTold, at: int) -> Iterator[dict[str, Any]]:
    """Requests that hold every parameter and figure; one, for most runs."""
    parameters = listed({_fit(name): _cut(value) for name, value in run.parameters.items()})
    figures = [
        {"key": key, "value": value, "timestamp": at, "step": 0}
        for name, each in run.metrics.items()
        for key, value in _figures(_fit(name), each)
    ]
    rounds = max(math.ceil(len(parameters) / _BATCH), math.ceil(len(figures) / _MOST_METRICS))
    for each in range(rounds):
        yield {
            "params": parameters[each * _BATCH : (each + 1) * _BATCH],
            "metrics": figures[each * _MOST_METRICS : (each + 1) * _MOST_METRICS],
        }


def _figures(key: str, estimate: Estimate) -> Iterator[tuple[str, float]]:
    """Value, ends and rows, each a metric of its own; nothing of what couldn't be measured."""
    if estimate.value is None:
        return
    yield key, estimate.value
    for end, value in zip(_ENDS, (estimate.low, estimate.high, estimate.n), strict=True):
        if value is not None:
            yield f"{key}.{end}", float(value)


def _method(name: str, estimate: Estimate) -> str:
    return json.dumps({"name": name, "method": estimate.method, "unit": estimate.unit})


def _dataset(data: DataTold) -> dict[str, Any]:
    columns = [{"name": name, "type": _TYPES[kind]} for name, kind in data.kinds.items()]
    sources = {name: redacted(address) for name, address in data.sources.items()}
    dataset = {
        "name": data.name,
        "digest": data.digest[:_MOST_DIGEST],
        "source_type": "seatrial",
        "source": json.dumps({"snapshot": data.digest, "sources": sources}),
        "schema": json.dumps({"mlflow_colspec": columns}),
        "profile": json.dumps({"num_rows": data.rows}),
    }
    return {"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}


_TYPES = {"number": "double", "text": "string", "boolean": "boolean", "moment": "datetime"}


def _foreign(run: Mapping[str, Any], *, server: str, experiment: str) -> ForeignRun:
    info, tags = run["info"], pairs(run["data"], "tags")
    values = {
        str(each["key"]): _number(each.get("value")) for each in run["data"].get("metrics", [])
    }
    return ForeignRun(
        tracker="mlflow",
        server=server,
        experiment=experiment,
        run=_place(info).run,
        name=str(info.get("run_name") or tags.get("mlflow.runName", "")),
        status=str(info.get("status", "")),
        started=_moment(info.get("start_time")),
        ended=_moment(info.get("end_time")),
        artifacts=redacted(str(info.get("artifact_uri", ""))),
        parameters={name: redacted(each) for name, each in pairs(run["data"], "params").items()},
        metrics=_estimates(values, tags),
        tags={name: redacted(each) for name, each in tags.items() if name not in _LEFT_OUT},
    )


def _estimates(values: Mapping[str, float | None], tags: Mapping[str, str]) -> dict[str, Estimate]:
    """Figures with the intervals that stand beside them as ``.low``, ``.high`` and ``.n``."""
    found: dict[str, Estimate] = {}
    for key, value in sorted(values.items()):
        base, _, end = key.rpartition(".")
        if end in _ENDS and base in values:
            continue
        low, high, n = (values.get(f"{key}.{each}") for each in _ENDS)
        found[_spoken(key, tags)] = told(value, low=low, high=high, n=int(n or 0))
    return found


def _spoken(key: str, tags: Mapping[str, str]) -> str:
    """The measure's name, where it was one of ours that MLflow can't write."""
    try:
        return str(json.loads(tags[f"{_METRIC}{key}"])["name"])
    except (KeyError, ValueError, TypeError):
        return key


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _moment(ms: Any) -> str | None:
    """Milliseconds since 1970, as ISO; servers send them as numbers or as text."""
    try:
        return iso(datetime.fromtimestamp(int(ms) / 1000, UTC)) if ms else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _fit(name: str) -> str:
    """A name that MLflow takes.

    >>> _fit("recall where store = 'B'")
    'recall where store _ _B_'
    """
    return _UNFIT.sub("_", name)


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MOST_VALUE else f"{text[: _MOST_VALUE - 1]}…"
