"""What a probe may ask for, by role: its digest now, the root inputs behind it, the thing itself."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seatrial.core.digest import digest, merge, short
from seatrial.core.errors import ArchiveError, ProbeError, SeatrialError, UserError
from seatrial.records.candidate import Candidate
from seatrial.records.condition import columns as columns_of
from seatrial.records.contract import Feature
from seatrial.records.manifest import Arm
from seatrial.scoring.timing import Runs
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.pipeline import made_of
from seatrial.verbs.recipe import Recipe
from seatrial.verbs.released import REFERENCES, Unfit, arm_of, fitted
from seatrial.verbs.scenarios import TEST

SAMPLE_ROWS = 200
"""Rows of dev that stand for a day's requests when answers are timed."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a role can't be given now, and what would give it."""

    reason: str
    command: str


class Roles:
    """The roles of one project, as it is now.

    Args:
        chain: The way from sources to candidate.
        materials: Rows and answers.
        retrain: Trains a candidate again and gives the digest of its archive.
        rerun: Goes the whole way from the raw sources to an answer; says whether, and a sentence.
    """

    def __init__(
        self,
        chain: Chain,
        materials: Materials,
        *,
        retrain: Callable[[Candidate], str],
        rerun: Callable[[], tuple[bool, str]],
    ) -> None:
        self.chain, self.materials, self._retrain, self._rerun = chain, materials, retrain, rerun
        self._released: dict[str, Candidate | Missing] = {}
        self._trained_now: dict[str, Candidate] = {}
        self._timings: Runs | None = None

    def moot(self, reference: str | None) -> str:
        """Why a comparison doesn't apply to the chosen candidate; empty if it does, or isn't known to."""
        ours = self.chain.family(None)
        if reference is None or ours is None:
            return ""
        if reference in REFERENCES:
            return "" if self._arm(reference) else self._alone(reference)
        return (
            f"the candidate is {reference} itself" if self.chain.family(reference) == ours else ""
        )

    def _alone(self, reference: str) -> str:
        if self.chain.project.ledger.newest("release", self.chain.plan.text.project) is None:
            return f"there is no {reference}: nothing has been released"
        return f"there is no {reference}: no other candidate was released"

    def _arm(self, reference: str) -> Arm | None:
        ours = self.candidate()
        artefact = None if isinstance(ours, Missing) else ours.artefact
        return arm_of(self.chain.project, reference, ours=artefact)

    def released(self, reference: str) -> Candidate | Missing:
        """The released candidate behind `champion` or `previous`, if it can answer the data of now."""
        if reference not in self._released:
            self._released[reference] = self._opened(reference)
        return self._released[reference]

    def _opened(self, reference: str) -> Candidate | Missing:
        arm = self._arm(reference)
        if arm is None:
            return Missing(self._alone(reference), "seatrial release propose")
        found = fitted(self.chain, arm, reference)
        if isinstance(found, Unfit):
            return Missing(found.reason, "")
        return self.materials.released(found)

    def candidate(self, reference: str | None = None) -> Candidate | Missing:
        """The candidate behind a reference, trained from what is there now; None: the chosen one."""
        if self.chain.selection is None:
            return Missing("no candidate has been trained", "seatrial train")
        if reference in REFERENCES:
            return self.released(str(reference))
        if reference == "offline":
            return Missing("offline is where this is measured; name a candidate or champion", "")
        if reference == "people" and reference not in self.chain.given:
            hint = "a column of their answers as `baselines.people`"
            return Missing(
                f"people have not been measured on these rows: the plan names {hint}", ""
            )
        family = self.chain.family(reference)
        if family is None:
            return Missing(f"there is no {reference} candidate", "seatrial train")
        stated = self.chain.plan.text.baselines.get(str(reference))
        if stated is not None and stated.column is None:
            fact = f"{reference} is a figure of others, and no answers to these rows"
            hint = f"claim `{stated.metric} = {stated.value:g} +- 0.01`"
            return Missing(f"{fact}; {hint}", "")
        if family == "rule" and self.chain.plan.fallback is None:
            return Missing("`release.fallback` is open, so there is no rule", "")
        known = {*self.chain.selection["ladder"], self.chain.selection["chosen"]}
        if family not in known:
            return Missing(
                f"no candidate is called {family}; there are {', '.join(sorted(known))}", ""
            )
        if family not in self._trained_now:
            found = self.chain.on_file(self.chain.recipe(family))
            if found is None:
                return Missing("stale", "seatrial train")
            self._trained_now[family] = found
        return self._trained_now[family]

    def recipe(self, reference: str | None = None) -> Recipe | None:
        """What the candidate behind a reference would be made of."""
        family = self.chain.family(reference)
        return self.chain.recipe(family) if family is not None else None

    def digest(self, role: str, *, make: bool) -> str | Missing:
        """The digest of a role now.

        Args:
            role: ``predictions/test``, ``column/test/origin`` ...
            make: Whether answers that aren't on file may be computed.
        """
        kind, part, name = _parts(role)
        if part in self.materials.sets:
            return self._digest_of_set(kind, part, name, make=make)
        split = self.chain.split
        match kind:
            case "predictions":
                return self._predictions(part, name, make=make)
            case "truth":
                return split.parts[part].target
            case "units":
                return split.parts[part].units
            case "column":
                return self._column(part, name)
            case "mask":
                return merge(split.parts[part].columns[each] for each in _condition_columns(name))
            case "frame" | "table" | "sample" | "features":
                given = split.parts[{"sample": "dev", "features": "train"}.get(kind, part)]
                return merge(
                    [str(given.unlabelled), *(given.columns[each] for each in self._asked)]
                )
            case "snapshot" | "layout" | "host" | "pipeline":
                return self._whole(kind)
            case "archive" | "scorer" | "artefact" | "retrain":
                candidate = self.candidate()
                return candidate if isinstance(candidate, Missing) else candidate.artefact
            case "timings":
                candidate, sample = self.candidate(), str(self.digest("sample", make=make))
                if isinstance(candidate, Missing):
                    return candidate
                return merge([candidate.artefact, sample])
        raise ProbeError(f"no role is called {role}")

    def _whole(self, kind: str) -> str:
        """The digest of a role that is of no part."""
        ways: Mapping[str, Callable[[], str]] = {
            "snapshot": lambda: self.chain.snapshot.id,
            "layout": lambda: digest([self.chain.split_key, self._asked]),
            "host": lambda: digest(host()),
            "pipeline": lambda: made_of(self.chain),
        }
        return ways[kind]()

    def _digest_of_set(self, kind: str, part: str, name: str, *, make: bool) -> str | Missing:
        """The digest of a role of a scenario set."""
        sets, test = self.materials.sets, self.chain.split.parts[TEST]
        reads = {"column": (name,), "mask": _condition_columns(name) if kind == "mask" else ()}
        also = {"truth": test.target, "units": test.units}
        try:
            if kind == "predictions":
                return self._predictions(part, name, make=make)
            asked = reads.get(kind, () if kind in also else self._asked)
            return digest([kind, name, sets.digest(part, reads=asked, also=also.get(kind, ""))])
        except UserError as error:
            return Missing(_sentence(error), "")

    def leaves(self, role: str) -> Mapping[str, str]:
        """Root inputs behind a role, by name and short value."""
        kind, part, name = _parts(role)
        chain = self.chain
        if part in self.materials.sets:
            try:
                cases = self.materials.sets.leaves(part)
            except UserError:
                return {}
            return {**cases, **(self._candidate_leaves(name) if kind == "predictions" else {})}
        match kind:
            case "predictions":
                return {**chain.split_leaves, **self._candidate_leaves(name)}
            case "truth":
                return {**chain.split_leaves, **chain.column_leaves(chain.target_columns)}
            case "units":
                data = chain.plan.text.data
                named = data.time if data.unit == "day" and data.time else data.unit
                own = [named] if named in chain.snapshot.kinds else []
                return {**chain.split_leaves, **chain.column_leaves(tuple(own))}
            case "column":
                split = chain.plan_leaves("data.exclude") if part == "all" else chain.split_leaves
                return {**split, **chain.column_leaves((name,))}
            case "mask":
                return {**chain.split_leaves, **chain.column_leaves(_condition_columns(name))}
            case "frame" | "table" | "sample" | "features":
                rules = chain.plan_leaves("data.features", "data.context", "train.features")
                return {**chain.split_leaves, **rules, **chain.column_leaves(self._asked)}
            case "snapshot" | "layout":
                names = tuple(each.name for each in chain.snapshot.columns)
                plan = chain.plan_leaves(
                    "data.exclude", "data.key", "data.time", "data.unit", "data.split"
                )
                return {**plan, **chain.column_leaves(names)}
            case "host":
                return {"host": short(digest(host()))}
        recipe = self.recipe()
        sample = self.leaves("sample") if kind == "timings" else {}
        return {**sample, **recipe.leaves} if recipe else sample

    def _candidate_leaves(self, reference: str) -> Mapping[str, str]:
        if reference in REFERENCES:
            found = self.released(reference)
            return {} if isinstance(found, Missing) else {reference: found.name}
        recipe = self.recipe(reference or None)
        return recipe.leaves if recipe else {}

    def load(self, role: str) -> Any:
        """The thing itself."""
        kind, part, name = _parts(role)
        chain, materials = self.chain, self.materials
        ways: dict[str, Callable[[], Any]] = {
            "predictions": lambda: materials.predictions(self._trained(name or None), part),
            "truth": lambda: materials.truth(part),
            "units": lambda: materials.units(part),
            "column": lambda: materials.column(part, name),
            "mask": lambda: materials.mask(part, name),
            "frame": lambda: materials.raw(part, self._asked),
            "table": lambda: materials.frame(part, self._asked),
            "features": self._described,
            "sample": self._sample,
            "timings": self._timed,
            "snapshot": lambda: chain.snapshot,
            "layout": lambda: materials.layout(self._asked),
            "host": host,
            "archive": self._archive,
            "scorer": lambda: materials.scorer(self._trained()),
            "artefact": lambda: self._trained().artefact,
            "retrain": lambda: lambda: self._retrain(self._trained()),
            "pipeline": lambda: self._rerun,
        }
        return ways[kind]()

    @property
    def _asked(self) -> tuple[str, ...]:
        recipe = self.recipe()
        return (*recipe.features, *recipe.hidden) if recipe else self.chain.features

    def _sample(self) -> list[dict[str, Any]]:
        return self.materials.sample("dev", self._asked, rows=SAMPLE_ROWS)

    def _archive(self) -> tuple[Path, Path]:
        project = self.chain.project
        return project.blobs.local_path(self._trained().artefact), project.root

    def _timed(self) -> Runs:
        archive, root = self._archive()
        if self._timings is None or self._timings.archive != archive:
            self._timings = Runs(archive, self._sample(), root)
        return self._timings

    def _described(self) -> tuple[Feature, ...]:
        from seatrial.data.schema import infer

        frame = self.materials.frame("train", self._asked)
        kinds = self.chain.snapshot.kinds
        told = [name for name in frame.columns if kinds[name] != "moment"]
        return tuple(infer(frame, told, text=self.chain.text))

    def _trained(self, reference: str | None = None) -> Candidate:
        found = self.candidate(reference)
        if isinstance(found, Missing):
            raise ProbeError(found.reason)
        return found

    def _predictions(self, part: str, reference: str, *, make: bool) -> str | Missing:
        candidate = self.candidate(reference or None)
        if isinstance(candidate, Missing):
            return candidate
        found = self.materials.predictions_digest(candidate, part)
        if found is None and make:
            try:
                self.materials.predictions(candidate, part)
            except (UserError, ArchiveError) as error:
                if reference not in REFERENCES and part not in self.materials.sets:
                    raise
                return Missing(_sentence(error), "")
            found = self.materials.predictions_digest(candidate, part)
        return found or Missing("not measured", "seatrial check")

    def _column(self, part: str, name: str) -> str:
        if part == "all":
            return next(each.digest for each in self.chain.snapshot.columns if each.name == name)
        return self.chain.split.parts[part].columns[name]


def _sentence(error: SeatrialError) -> str:
    """All that an error says, as one."""
    return "; ".join(str(fault) for fault in error.faults)


def _parts(role: str) -> tuple[str, str, str]:
    """``predictions/test@rule`` as kind, part and name."""
    kind, _, rest = role.partition("/")
    if kind == "predictions":
        part, _, name = rest.partition("@")
    else:
        part, _, name = rest.partition("/")
    return kind, part, name


def _condition_columns(text: str) -> tuple[str, ...]:
    from seatrial.plan.grammar import parse_condition

    return columns_of(parse_condition(text))


@cache
def host() -> Mapping[str, str]:
    """What decides how fast this machine answers."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
