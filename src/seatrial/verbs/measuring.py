"""Measure what is due: ask, look for the answer on file, measure if there is none, file it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import ArchiveError, UserError
from seatrial.core.estimate import Estimate
from seatrial.judging.verdicts import Filed, is_older
from seatrial.probes.probe import Inputs, Reading
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Measure
from seatrial.records.evidence import Ask, Evidence
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.roles import Missing, Roles


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measurement as it is wanted now.

    Attributes:
        measure: What.
        ask: What its probe needs.
        key: Name of the evidence; None while something is missing.
        missing: What is missing; None if nothing is.
        leaves: Every root input by name and short value.
    """

    measure: Measure
    ask: Ask
    key: str | None
    missing: Missing | None
    leaves: dict[str, str]


class Measuring:
    """Asks, evidence and roles of one project, as it is now; ``measured`` counts what was filed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.chain = Chain(project)
        self.materials = Materials(self.chain)
        self.measured = 0
        self.roles = Roles(self.chain, self.materials, retrain=self._retrain, rerun=self._rerun)

    def wanted(self, measure: Measure, *, make: bool) -> Wanted:
        """Say what is wanted, and of which inputs.

        Args:
            measure: What.
            make: Whether answers that aren't on file may be computed.
        """
        ask = self.project.registry.probe(measure.metric).ask(measure, self.chain.plan)
        digests: dict[str, str] = {}
        missing: Missing | None = None
        leaves = {
            **self.chain.plan_leaves(*ask.plan),
            "measure": str(replace(measure, where=None)),
            "probe": f"{ask.probe} {ask.version}",
        }
        if ask.where is not None:
            leaves["where"] = ask.where
        for role in ask.roles:
            found = self.roles.digest(role, make=make)
            leaves |= self.roles.leaves(role)
            if isinstance(found, Missing):
                missing = missing or found
            else:
                digests[role] = found
        key = ask.key(digests) if missing is None else None
        return Wanted(measure, ask, key, missing, leaves)

    def on_file(self, wanted: Sequence[Wanted]) -> dict[str, Evidence]:
        """Evidence that is on file, by key, in one look."""
        keys = [each.key for each in wanted if each.key is not None]
        found = self.project.ledger.newest_of("evidence", keys)
        return {
            key: Evidence.from_json(entry.payload, digest=entry.digest, at=entry.at)
            for key, entry in found.items()
        }

    def measure(self, wanted: Wanted) -> Filed:
        """Run the probe and file what it found; what the user must repair first is said instead."""
        assert wanted.key is not None
        probe = self.project.registry.probe(wanted.measure.metric)
        watch = Stopwatch()
        try:
            reading = probe.run(wanted.ask, Inputs(wanted.ask, self.roles.load))
        except (UserError, ArchiveError) as error:
            return Filed(None, str(error))
        evidence = _evidence(wanted, reading, seconds=watch.seconds)
        if reading.retry:
            return Filed(None, reading.estimate.method)
        entry = self.project.ledger.append(
            "evidence",
            evidence.to_json(),
            key=wanted.key,
            facts={
                "subject": evidence.subject,
                "probe": evidence.probe,
                "seconds": round(watch.seconds, 3),
            },
        )
        self.measured += 1
        return Filed(replace(evidence, digest=entry.digest, at=entry.at))

    def gather(
        self,
        measures: Sequence[Measure],
        *,
        measure: bool,
        ages: Sequence[str | None] = (),
        again: bool = False,
        tell: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
    ) -> list[tuple[Wanted, Filed]]:
        """Find the evidence of many measures; measure what is due.

        Args:
            measures: What.
            measure: Whether anything may be measured.
            ages: Greatest age of the evidence of each, as written, ``7d``; older is due.
            again: Whether what is on file is measured again.
            tell: Told what is being measured, how many are done, how many there are.
        """
        wanted = [self.wanted(each, make=measure) for each in measures]
        known = self.on_file(wanted)
        due = [
            each
            for each, age in zip(wanted, ages or [None] * len(wanted), strict=True)
            if each.key is not None and (again or self._is_due(known.get(each.key), age))
        ]
        fresh: dict[str, Filed] = {}
        for place, each in enumerate(due):
            if measure and each.key not in fresh:
                tell(str(each.measure), place, len(due))
                assert each.key is not None
                fresh[each.key] = self.measure(each)
        return [(each, self._filed(each, known, fresh)) for each in wanted]

    def _is_due(self, evidence: Evidence | None, age: str | None) -> bool:
        return evidence is None or is_older(evidence, age, now=self.project.clock.now())

    def _filed(self, wanted: Wanted, known: dict[str, Evidence], fresh: dict[str, Filed]) -> Filed:
        if wanted.missing is not None:
            return Filed(None, wanted.missing.reason)
        assert wanted.key is not None
        if wanted.key in fresh:
            return fresh[wanted.key]
        found = known.get(wanted.key)
        return Filed(found, "" if found else self._why_not(wanted))

    def _why_not(self, wanted: Wanted) -> str:
        if "host" not in wanted.ask.roles:
            return "not measured"
        here = {**wanted.leaves, "host": ""}
        for entry in self.project.ledger.search(
            "evidence", [("subject", "=", str(wanted.measure))]
        ):
            if {**entry.payload["leaves"], "host": ""} == here:
                return "measured elsewhere"
        return "not measured"

    def seconds(self, measure: Measure) -> float:
        """What measuring this costs: as it did last, or about."""
        probe = self.project.registry.probe(measure.metric)
        last = self.project.ledger.search("evidence", [("probe", "=", probe.name)], limit=1)
        return float(last[0].facts["seconds"]) if last else probe.seconds

    def _retrain(self, candidate: Candidate) -> str:
        from seatrial.verbs.trainer import Trainer

        return Trainer(self.chain, Materials(self.chain)).again(candidate)

    def _rerun(self) -> tuple[bool, str]:
        from seatrial.verbs.pipeline import run

        return run(self.project)


def _evidence(wanted: Wanted, reading: Reading, *, seconds: float) -> Evidence:
    assert wanted.key is not None
    return Evidence(
        key=wanted.key,
        subject=str(wanted.measure),
        probe=wanted.ask.probe,
        estimate=_finite(reading.estimate),
        statistics=_plain(reading.statistics),
        groups=tuple(replace(each, estimate=_finite(each.estimate)) for each in reading.groups),
        leaves=wanted.leaves,
        findings=reading.findings,
        seconds=seconds,
    )


def _finite(estimate: Estimate) -> Estimate:
    values = (estimate.value, estimate.low, estimate.high)
    if all(value is None or abs(value) < float("inf") for value in values):
        numbers = [None if value is None else float(value) for value in values]
        return replace(estimate, value=numbers[0], low=numbers[1], high=numbers[2])
    return replace(estimate, value=None, low=None, high=None, method="the value is not finite")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
