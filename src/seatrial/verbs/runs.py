"""Tracked runs, and foreign ones that were pulled: search them, compare two, run one again."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.clock import parse_iso
from seatrial.core.digest import short
from seatrial.core.errors import NotFoundError, PlanError
from seatrial.core.estimate import Estimate
from seatrial.judging.staleness import changes
from seatrial.plan.grammar import parse_condition
from seatrial.records.candidate import Candidate
from seatrial.records.condition import Both, Column, Compare, Constant, Node
from seatrial.records.evidence import Changed
from seatrial.records.foreign import ForeignRun
from seatrial.reports.runs import FOREIGN as MARK
from seatrial.reports.runs import FigureRow, RunRow
from seatrial.store import Entry
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import estimated
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.released import unanswering

FOREIGN = "foreign run"
"""Kind of the ledger's entries that hold runs of other trackers; nothing that judges reads them."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training of one family.

    Attributes:
        digest: Of the ledger's entry.
        at: When, ISO.
        candidate: What came out.
        git: Commit that was checked out, and whether files differed from it; None outside of git.
        metrics: Estimates on dev.
        made_of: Digests of code and data, versions, seed.
    """

    digest: str
    at: str
    candidate: Candidate
    git: dict[str, Any] | None
    metrics: Mapping[str, Estimate]
    made_of: Mapping[str, Any]

    @property
    def row(self) -> RunRow:
        """It, as a row for people."""
        commit = str(self.git["commit"])[:7] if self.git else "no git"
        code = f"{commit}{' +changes' if self.git and self.git['dirty'] else ''}"
        return RunRow(
            short(self.digest),
            self.at,
            self.candidate.family,
            self.candidate.name,
            self.candidate.seconds,
            self.candidate.peak_mb,
            code,
        )

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        candidate = self.candidate
        return {
            "run": self.digest,
            "at": self.at,
            "family": candidate.family,
            "recipe": candidate.recipe,
            "artefact": candidate.artefact,
            "parameters": dict(candidate.parameters),
            "threshold": candidate.threshold,
            "seconds": candidate.seconds,
            "peak_mb": candidate.peak_mb,
            "git": self.git,
            "metrics": {name: each.to_json() for name, each in self.metrics.items()},
            **self.made_of,
        }


@dataclass(frozen=True, slots=True)
class Foreign:
    """One run that was pulled from another tracker.

    Attributes:
        digest: Of the ledger's entry.
        told: What the tracker tells of it.
    """

    digest: str
    told: ForeignRun

    @property
    def at(self) -> str:
        """When it started, ISO; empty if its tracker doesn't tell."""
        return self.told.started or ""

    @property
    def row(self) -> RunRow:
        """It, as a row for people."""
        told = self.told
        where = f"{told.tracker} {told.experiment}"
        return RunRow(short(self.digest), self.at, told.name, MARK, self._seconds, None, where)

    @property
    def _seconds(self) -> float | None:
        started, ended = self.told.started, self.told.ended
        if started is None or ended is None:
            return None
        return max((parse_iso(ended) - parse_iso(started)).total_seconds(), 0.0)

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        told = self.told.to_json()
        return {"run": self.digest, "id": told.pop("run"), **told}


def foreign(
    project: Project, *, where: str | None = None, limit: int | None = None
) -> list[Foreign]:
    """Find foreign runs by their parameters and figures, the newest first.

    Args:
        project: The project.
        where: As for :func:`runs`.
        limit: How many at most.

    Raises:
        PlanError: the condition is more than comparisons joined by ``and``.
    """
    conditions = list(_conditions(parse_condition(where))) if where else []
    entries = project.ledger.search(FOREIGN, conditions)
    newest = project.ledger.newest_of(FOREIGN, [entry.key for entry in entries if entry.key])
    last = {entry.digest for entry in newest.values()}
    found = [_foreign(entry) for entry in entries if entry.digest in last]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def _foreign(entry: Entry) -> Foreign:
    return Foreign(entry.digest, ForeignRun.from_json(entry.payload))


def runs(project: Project, *, where: str | None = None, limit: int | None = None) -> list[Run]:
    """Find runs by their parameters and figures, the newest first.

    Args:
        project: The project.
        where: Comparisons with ``and``, as in ``family = 'boosted' and seconds < 10``.
        limit: How many at most.

    Raises:
        PlanError: the condition is more than comparisons joined by ``and``.
    """
    conditions = list(_conditions(parse_condition(where))) if where else []
    _demand_known(project, [name for name, _, _ in conditions])
    return [_run(entry) for entry in project.ledger.search("run", conditions, limit=limit)]


def _demand_known(project: Project, names: list[str]) -> None:
    """Refuse names that no run has a value for."""
    known = {
        name
        for kind in ("run", FOREIGN)
        for entry in project.ledger.find(kind)
        for name in entry.facts
    }
    for name in names:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"nearest: {near[0]}" if near else f"there are {', '.join(sorted(known)[:12])}"
            raise PlanError(f"no run has a value called {name}", hint=hint)


def _conditions(node: Node) -> list[tuple[str, str, float | str]]:
    if isinstance(node, Both):
        return [*_conditions(node.left), *_conditions(node.right)]
    if (
        isinstance(node, Compare)
        and isinstance(node.left, Column)
        and isinstance(node.right, Constant)
    ):
        value = node.right.value
        return [(node.left.name, node.sign, value if isinstance(value, str) else float(value))]  # type: ignore[arg-type]
    raise PlanError(
        f"`{node}` can't be searched for",
        hint="write comparisons with `and`: family = 'boosted' and seconds < 10",
    )


def _run(entry: Entry) -> Run:
    payload = dict(entry.payload)
    git = payload.pop("git")
    metrics = {name: Estimate.from_json(each) for name, each in payload.pop("metrics").items()}
    made_of = {
        name: payload.pop(name) for name in ("code", "config", "data", "environment", "seed")
    }
    return Run(entry.digest, entry.at, Candidate.from_json(payload), git, metrics, made_of)


def find(project: Project, name: str) -> Run | Foreign:
    """Find a run by the first signs of its digest, of its artefact's, or by its family's newest.

    A foreign run is found by the first signs of its entry's digest or of its own id.

    Raises:
        NotFoundError: there is none.
    """
    for entry in project.ledger.find("run"):
        run = _run(entry)
        if (
            run.digest.startswith(name)
            or run.candidate.artefact.startswith(name)
            or run.candidate.family == name
        ):
            return run
    for each in foreign(project):
        if each.digest.startswith(name) or each.told.run.startswith(name):
            return each
    raise NotFoundError(f"no run is called {name}", hint="seatrial runs list")


_OF_DATA = ("column ", "rows of ", "data.", "task.")
"""Root inputs that are data begin so."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs.

    Attributes:
        names: Of both.
        changed: Root inputs that differ: code, data, plan, environment.
        parameters: Hyperparameters that differ.
        difference: Paired difference of the optimised metric on dev, second less first; None where
            one of them can't be asked about the rows of now.
        metric: The optimised metric.
        foreign: Names of those that are foreign.
        figures: Where one is foreign, figures that either has, side by side.
        families: Of both; empty where one is foreign.
    """

    names: tuple[str, str]
    changed: tuple[Changed, ...]
    parameters: tuple[Changed, ...]
    difference: Estimate | None
    metric: str
    foreign: tuple[str, ...] = ()
    figures: tuple[FigureRow, ...] = field(default=())
    families: tuple[str, str] = ("", "")

    @property
    def iteration(self) -> str:
        """What kind of step leads from the first to the second, by what changed.

        ``data-centric`` if data alone did, ``model-centric`` if code, hyperparameters or the family alone
        did, ``both``; ``environment`` if versions alone did; ``none`` if nothing did.
        """
        named = [each.input for each in self.changed]
        data = any(each.startswith(_OF_DATA) for each in named)
        rest = [each for each in named if not each.startswith((*_OF_DATA, "environment "))]
        model = bool(self.parameters or rest) or self.families[0] != self.families[1]
        if data and model:
            return "both"
        if data or model:
            return "data-centric" if data else "model-centric"
        return "environment" if named else "none"

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial runs compare --json``; see ``docs/json.md``."""

        def plain(found: tuple[Changed, ...]) -> list[dict[str, Any]]:
            return [{"input": each.input, "was": each.was, "now": each.now} for each in found]

        return {
            "runs": list(self.names),
            "iteration": self.iteration,
            "changed": plain(self.changed),
            "parameters": plain(self.parameters),
            "metric": self.metric,
            "difference": self.difference.to_json() if self.difference else None,
            "foreign": list(self.foreign),
            "figures": [
                {
                    "metric": name,
                    "first": first.to_json() if first else None,
                    "second": second.to_json() if second else None,
                }
                for name, first, second in self.figures
            ],
        }


def compare(project: Project, first: str, second: str) -> Comparison:
    """Say what differs between two runs, and whether what moved is beyond noise.

    Raises:
        NotFoundError: one of them isn't there.
    """
    one, two = find(project, first), find(project, second)
    if isinstance(one, Foreign) or isinstance(two, Foreign):
        return _side_by_side(project, one, two)
    return Comparison(
        names=(short(one.digest), short(two.digest)),
        families=(one.candidate.family, two.candidate.family),
        changed=changes(one.candidate.leaves, two.candidate.leaves, first=first_source(project)),
        parameters=parameters_of(one.candidate, two.candidate),
        difference=_difference(project, one.candidate, two.candidate),
        metric=project.plan.text.optimize,
    )


def parameters_of(one: Candidate, two: Candidate) -> tuple[Changed, ...]:
    """Hyperparameters that differ between two candidates of a family; none between families."""
    if one.family != two.family:
        return ()
    plain = [{name: str(value) for name, value in each.parameters.items()} for each in (one, two)]
    return changes(*plain)


def _side_by_side(project: Project, one: Run | Foreign, two: Run | Foreign) -> Comparison:
    """Figures and parameters of two runs of which one is foreign: nothing can be paired."""
    both = (one, two)
    parameters = [{name: str(value) for name, value in _parameters(each).items()} for each in both]
    figures = [each.told.metrics if isinstance(each, Foreign) else each.metrics for each in both]
    names = sorted({*figures[0], *figures[1]})
    return Comparison(
        names=(short(one.digest), short(two.digest)),
        changed=(),
        parameters=changes(*parameters),
        difference=None,
        metric=project.plan.text.optimize,
        foreign=tuple(short(each.digest) for each in both if isinstance(each, Foreign)),
        figures=tuple((name, figures[0].get(name), figures[1].get(name)) for name in names),
    )


def _parameters(run: Run | Foreign) -> Mapping[str, Any]:
    return run.told.parameters if isinstance(run, Foreign) else run.candidate.parameters


def first_source(project: Project) -> str:
    """The source that the others are joined to."""
    sources = project.plan.text.data.sources
    return next(name for name, source in sources.items() if source.join is None)


def _difference(project: Project, one: Candidate, two: Candidate) -> Estimate | None:
    chain = Chain(project)
    materials = Materials(chain)
    if any(unanswering(chain, materials, each) for each in (one, two)):
        return None
    first, second = (materials.predictions(each, "dev") for each in (one, two))
    return estimated(chain, project.plan.optimise, second, first)


def rerun(project: Project, name: str) -> tuple[bool, str, str]:
    """Train a run again; needs the plan, data and code that it was made of.

    Returns:
        Whether the archives are the same, and their digests.

    Raises:
        NotFoundError: there is no such run, or what it was made of is not what is there now.
    """
    from seatrial.verbs.trainer import Trainer

    run = find(project, name)
    if isinstance(run, Foreign):
        hint = f"it was made elsewhere: {run.told.server}, experiment {run.told.experiment}"
        raise NotFoundError(f"{name} is a foreign run; it can't be trained here", hint=hint)
    chain = Chain(project)
    recipe = chain.recipe(run.candidate.family)
    if recipe.digest != run.candidate.recipe:
        moved = changes(run.candidate.leaves, recipe.leaves, first=first_source(project))
        named = ", ".join(each.input for each in moved[:5]) or "the environment"
        raise NotFoundError(
            f"what {name} was made of is not what is there now: {named} changed",
            hint="check out its commit and data, then try again",
        )
    again = Trainer(chain, Materials(chain)).again(run.candidate)
    return again == run.candidate.artefact, run.candidate.artefact, again
