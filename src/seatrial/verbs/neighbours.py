"""Push runs and models to a tracker that people have already; pull its runs as foreign ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seatrial.core.clock import iso
from seatrial.core.digest import digest, short
from seatrial.core.errors import NotFoundError
from seatrial.neighbours.mlflow import RUN, DataTold, Place, RunTold, Tracking
from seatrial.neighbours.mlflow_http import Server
from seatrial.neighbours.mlflow_registry import Registry, Version
from seatrial.records.candidate import Candidate
from seatrial.records.dataset import Snapshot
from seatrial.records.foreign import ForeignRun
from seatrial.records.manifest import Manifest
from seatrial.records.release import Rung
from seatrial.store import Draft
from seatrial.verbs.project import Project
from seatrial.verbs.runs import FOREIGN, Foreign, Run, find, runs

Told = Callable[[str, int, int], None]
"""Is told what is going on, how much of it is done, and of how much."""
CANDIDATE, CHAMPION = "candidate", "champion"
_ARTEFACT = "seatrial.artefact"


@dataclass(frozen=True, slots=True)
class PushedModel:
    """A candidate in the registry.

    Attributes:
        name: Of the registered model.
        version: Its number there.
        family: The candidate's.
        candidate: The candidate's short name.
        aliases: What points to it.
        rung: Where its release stands; empty if it isn't released.
        added: Whether this push registered it.
    """

    name: str
    version: str
    family: str
    candidate: str
    aliases: tuple[str, ...]
    rung: str
    added: bool


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Attributes:
        server: Its address.
        experiment: Name of the experiment.
        added: Runs that were written.
        there: Runs that were there already.
        models: Candidates in the registry.
    """

    server: str
    experiment: str
    added: int
    there: int
    models: tuple[PushedModel, ...]

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial runs push --json``; see ``docs/json.md``."""
        models = [{**asdict(each), "aliases": list(each.aliases)} for each in self.models]
        return {**asdict(self), "models": models}


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did.

    Attributes:
        server: Its address.
        experiment: Name of the experiment.
        added: Runs that were not on file.
        changed: Runs of which something else was told before.
        same: Runs of which the same is on file.
        own: Runs that this project pushed; they are no foreign ones.
    """

    server: str
    experiment: str
    added: int
    changed: int
    same: int
    own: int

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial runs pull --json``; see ``docs/json.md``."""
        return asdict(self)


def push(
    project: Project,
    to: str,
    *,
    run: str | None = None,
    experiment: str | None = None,
    tell: Told = lambda _what, _done, _total: None,
) -> Pushed:
    """Write runs to an MLflow server, and register the candidates that are kept and in force.

    What is there already isn't written again; a push that was cut off is gone on with.

    Args:
        project: The project.
        to: Address of the server.
        run: One run alone, named as in ``seatrial runs compare``.
        experiment: Name of the experiment; the project's without.
        tell: Told how far it is.

    Raises:
        NotFoundError: there is no such run, or the experiment was deleted.
        UserError: the server isn't reached, refuses, or is too old.
        MissingExtraError: the extra is not installed.
        ArchiveError: a candidate can't be opened with the code that is there.
    """
    chosen = [_own(project, run)] if run else list(reversed(runs(project)))
    tracking = Tracking(Server(to))
    name = experiment or project.plan.text.project
    place = tracking.make_experiment(name)
    there = tracking.places(place)
    missing = [each for each in chosen if not _is_whole(there.get(each.digest))]
    snapshots = _snapshots(project)
    for count, each in enumerate(missing):
        tell("Pushing runs", count, len(missing))
        said = _told(project, each, snapshots)
        there[each.digest] = tracking.write(place, said, there.get(each.digest))
    made = {
        each.candidate.artefact: _Made(there[each.digest], _snapshot(each, snapshots))
        for each in chosen
    }
    return Pushed(
        server=tracking.server.address,
        experiment=name,
        added=len(missing),
        there=len(chosen) - len(missing),
        models=tuple(_push_models(project, tracking.server, made, tell)),
    )


def _own(project: Project, name: str) -> Run:
    found = find(project, name)
    if isinstance(found, Foreign):
        hint = f"it is kept on {found.told.server}"
        raise NotFoundError(f"{name} is a foreign run, and none to push", hint=hint)
    return found


def _is_whole(place: Place | None) -> bool:
    return place is not None and place.is_whole


def _snapshots(project: Project) -> dict[str, Snapshot]:
    entries = project.ledger.find("snapshot")
    return {entry.payload["id"]: Snapshot.from_json(entry.payload) for entry in entries}


def _told(project: Project, run: Run, snapshots: Mapping[str, Snapshot]) -> RunTold:
    candidate, made_of = run.candidate, run.made_of
    git = run.git or {}
    code = {
        "mlflow.source.git.commit": git.get("commit"),
        "seatrial.git.dirty": str(git["dirty"]).lower() if git else None,
        "seatrial.code": digest(made_of["code"]) if made_of["code"] else None,
    }
    tags = {
        **{name: each for name, each in code.items() if each is not None},
        **{f"seatrial.environment.{name}": each for name, each in made_of["environment"].items()},
        "mlflow.source.name": f"seatrial {project.plan.text.project}",
        "seatrial.project": project.plan.text.project,
        "seatrial.part": "dev",
        "seatrial.family": candidate.family,
        "seatrial.recipe": candidate.recipe,
        _ARTEFACT: candidate.artefact,
        "seatrial.data.snapshot": made_of["data"]["snapshot"],
        "seatrial.data.split": made_of["data"]["split"],
        "seatrial.config": made_of["config"],
        "seatrial.seconds": f"{candidate.seconds:g}",
        "seatrial.peak_mb": f"{candidate.peak_mb:g}",
    }
    own = {"family": candidate.family, "seed": made_of["seed"], "threshold": candidate.threshold}
    parameters = {
        **candidate.parameters,
        **{name: each for name, each in own.items() if each is not None},
    }
    return RunTold(
        digest=run.digest,
        name=f"{candidate.family} {candidate.name}",
        ended=run.at,
        seconds=candidate.seconds,
        parameters=parameters,
        metrics=run.metrics,
        tags=tags,
        data=_data(project, _snapshot(run, snapshots)),
    )


def _snapshot(run: Run, snapshots: Mapping[str, Snapshot]) -> Snapshot | None:
    return snapshots.get(run.made_of["data"]["snapshot"])


def _data(project: Project, snapshot: Snapshot | None) -> DataTold | None:
    if snapshot is None:
        return None
    plan = project.plan.text
    named = {each.name for each in snapshot.sources}
    sources = {name: each.uri for name, each in plan.data.sources.items() if name in named}
    return DataTold(plan.project, snapshot.id, sources, snapshot.rows, snapshot.kinds)


@dataclass(frozen=True, slots=True)
class _Model:
    """A candidate to register: its artefact, its family, where its code is, where it stands."""

    artefact: str
    family: str
    code: Mapping[str, bytes]
    alias: str
    rung: str


@dataclass(frozen=True, slots=True)
class _Made:
    """Where the run that made an artefact is there, and the snapshot that it read, if it is on file."""

    place: Place
    snapshot: Snapshot | None


def _push_models(
    project: Project, server: Server, made: Mapping[str, _Made], tell: Told
) -> Iterator[PushedModel]:
    """Register what is kept and what is in force; their aliases say which is which."""
    wanted = [each for each in (_kept(project), _released(project)) if each is not None]
    if not any(each.artefact in made for each in wanted):
        return
    registry = Registry(server, project.plan.text.project)
    there = {each.tags.get(_ARTEFACT): each for each in registry.versions()}
    added: set[str] = set()
    for count, each in enumerate(wanted):
        if each.artefact in made and each.artefact not in there:
            tell("Pushing models", count, len(wanted))
            there[each.artefact] = _register(project, registry, each, made[each.artefact])
            added.add(each.artefact)
    found = [each for each in wanted if each.artefact in there]
    aliases = {each.alias: there[each.artefact].number for each in found if each.alias}
    registry.point(aliases, known=(CANDIDATE, CHAMPION))
    rungs = {each.artefact: each.rung for each in found if each.rung}
    for artefact, version in there.items():
        stands = rungs.get(artefact or "", "")
        if stands or version.tags.get("seatrial.rung"):
            registry.tag(version, {"seatrial.rung": stands or "out of service"})
    for artefact in dict.fromkeys(each.artefact for each in found):
        family = next(each.family for each in found if each.artefact == artefact)
        number = there[artefact].number
        points = tuple(sorted(alias for alias, to in aliases.items() if to == number))
        stands, is_new = rungs.get(artefact, ""), artefact in added
        yield PushedModel(registry.name, number, family, short(artefact), points, stands, is_new)


def _register(project: Project, registry: Registry, model: _Model, made: _Made) -> Version:
    from seatrial.neighbours.mlflow_model import files

    content = files(
        project.blobs.get(model.artefact),
        model.code,
        whole=_whole(made.snapshot),
        run=made.place.run,
        at=iso(project.clock.now()),
        mlflow=registry.server.version(),
    )
    tags = {_ARTEFACT: model.artefact, "seatrial.family": model.family}
    return registry.add(content, made.place, tags)


def _whole(snapshot: Snapshot | None) -> set[str]:
    """Columns of whole numbers that fit into 64 bits with a sign."""
    from seatrial.store import TableVersion

    schema = TableVersion.from_json(snapshot.table).schema if snapshot else {}
    return {name for name, kind in schema.items() if "int" in kind and kind != "uint64"}


def _kept(project: Project) -> _Model | None:
    """What the last training kept, if it can be opened with the code of now."""
    from seatrial.scoring.archive import open_archive
    from seatrial.verbs.bundle import modules_of, sources

    selection = project.ledger.newest("selection", project.plan.text.project)
    if selection is None:
        return None
    recipe = selection.payload["recipes"][selection.payload["chosen"]]
    entry = project.ledger.newest("candidate", recipe)
    assert entry is not None
    candidate = Candidate.from_json(entry.payload)
    scorer = open_archive(project.blobs.get(candidate.artefact), root=project.root)
    code = sources(modules_of(candidate, scorer.header), project.root)
    return _Model(candidate.artefact, candidate.family, code, CANDIDATE, "")


def _released(project: Project) -> _Model | None:
    """What is in force; the champion once it may do more than answer silently."""
    from seatrial.verbs.bundle import serving_folder
    from seatrial.verbs.release import in_force

    manifest: Manifest | None = in_force(project)
    if manifest is None or manifest.candidate is None:
        return None
    arm, policy = manifest.candidate, manifest.policy
    where = serving_folder(project).code(arm)
    alias = CHAMPION if policy.level not in {"human", "shadow"} else ""
    rung = "" if policy.level == "human" else str(Rung(policy.level, policy.share))
    return _Model(arm.artefact, arm.family, _below(where) if where else {}, alias, rung)


def _below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }


def pull(
    project: Project,
    source: str,
    *,
    experiment: str,
    tell: Told = lambda _what, _done, _total: None,
) -> Pulled:
    """File an experiment's runs as foreign ones; of each the newest that was told counts.

    They are listed and compared by their figures. No claim, gate or choice reads them.

    Args:
        project: The project.
        source: Address of the server.
        experiment: Name of the experiment there.
        tell: Told how far it is.

    Raises:
        NotFoundError: there is no such experiment.
        UserError: the server isn't reached, or refuses.
        MissingExtraError: the extra is not installed.
    """
    tracking = Tracking(Server(source))
    found: list[ForeignRun] = []
    for each in tracking.runs(tracking.experiment(experiment), experiment):
        found.append(each)
        tell("Reading runs", len(found), 0)
    mine = {entry.digest for entry in project.ledger.find("run")}
    foreign = [each for each in found if each.tags.get(RUN) not in mine]
    filed = project.ledger.newest_of(FOREIGN, [each.key for each in foreign])
    known = {key: ForeignRun.from_json(entry.payload) for key, entry in filed.items()}
    new = [each for each in foreign if known.get(each.key) != each]
    project.ledger.append_many(
        [Draft(FOREIGN, each.to_json(), each.key, _facts(each)) for each in new]
    )
    changed = sum(each.key in known for each in new)
    return Pulled(
        server=tracking.server.address,
        experiment=experiment,
        added=len(new) - changed,
        changed=changed,
        same=len(foreign) - len(new),
        own=len(found) - len(foreign),
    )


def _facts(run: ForeignRun) -> dict[str, float | str]:
    """What a foreign run can be found by."""
    facts: dict[str, float | str] = {name: _plain(each) for name, each in run.parameters.items()}
    facts |= {name: each.value for name, each in run.metrics.items() if each.value is not None}
    return {**facts, "experiment": run.experiment, "name": run.name}


def _plain(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if abs(number) < float("inf") else text
