"""Where a release stands, what its next gate looks at, and how a move of it is filed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.clock import iso
from seatrial.core.digest import short
from seatrial.core.errors import DataError, NotFoundError, UserError
from seatrial.judging.gates import Facts, Paired, gate
from seatrial.plan.schema import BusinessMeasure
from seatrial.records.candidate import Candidate
from seatrial.records.look import Look
from seatrial.records.manifest import Manifest, Override
from seatrial.records.release import Action, GateCheck, Move, Rung, Standing
from seatrial.verbs.bundle import Bundle, Right, expiry
from seatrial.verbs.check import Checked, checked
from seatrial.verbs.comparison import spoken
from seatrial.verbs.form import form
from seatrial.verbs.look import newest
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project, actor
from seatrial.verbs.roles import Missing

GUARD = "guard"
"""Who moved a release that no person moved."""
OUT = Rung("human", 0.0)
SHADOW = Rung("shadow", 0.0)


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of asking for a move.

    Attributes:
        move: What was done; None if the gate is shut.
        check: The gate.
        standing: Where the release stands now; None before the first.
    """

    move: Move | None
    check: GateCheck
    standing: Standing | None

    @property
    def exit_code(self) -> int:
        """3 if the gate is shut."""
        return 0 if self.move else 3

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial release advance --json``; see ``docs/json.md``."""
        return {
            "moved": self.move is not None,
            "move": {**self.move.to_json(), "digest": self.move.digest} if self.move else None,
            "gate": self.check.to_json(),
        }


def history(project: Project) -> tuple[Move, ...]:
    """Every move of the project's releases, the newest first."""
    entries = project.ledger.find("release", project.plan.text.project)
    found = [Move.from_json(entry.payload, digest=entry.digest) for entry in entries]
    return tuple(_with_names(project, move) for move in found)


def _with_names(project: Project, move: Move) -> Move:
    """Names are kept where they can be forgotten; the ledger holds their hashes."""

    def name(hashed: str) -> str:
        return hashed if hashed == GUARD else project.ledger.name_of(hashed) or short(hashed)

    override = move.override
    told = replace(override, by=name(override.by)) if override else None
    return replace(move, by=name(move.by), override=told)


class Desk:
    """What is known when somebody asks for a move. Measures nothing."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._measuring = Measuring(project)
        self.plan = self._measuring.chain.plan
        self.path = tuple(Rung.parse(each) for each in self.plan.text.release.path)
        self.history = history(project)
        self.materials = self._measuring.materials
        self.bundle = Bundle(self._measuring.chain, self.materials)
        self._checked: Checked | None = None

    @property
    def newest(self) -> Move | None:
        """The last move."""
        return self.history[0] if self.history else None

    @property
    def rung(self) -> Rung:
        """Where the newest release stands."""
        return Rung.parse(self.newest.went) if self.newest else OUT

    @property
    def is_in(self) -> bool:
        """Whether the newest release's candidate is asked at all."""
        return self.rung != OUT

    @property
    def following(self) -> Rung | None:
        """The next rung of the path; None at its end."""
        if self.rung not in self.path:
            return self.path[0] if not self.is_in else self._further()
        place = self.path.index(self.rung) + 1
        return self.path[place] if place < len(self.path) else None

    def _further(self) -> Rung | None:
        """Of a rung that the plan no longer has: the first that gives more."""
        return next((each for each in self.path if each.share > self.rung.share), None)

    @property
    def manifest(self) -> Manifest | None:
        """The manifest in force, from where it was filed."""
        import json

        if self.newest is None:
            return None
        return Manifest.from_json(json.loads(self.project.blobs.get(self.newest.manifest)))

    @property
    def kept(self) -> Candidate | None:
        """What is kept and judged now; None if there is nothing of what is there now."""
        found = self._measuring.roles.candidate()
        return None if isinstance(found, Missing) else found

    @property
    def candidate(self) -> Candidate:
        """What is kept and judged now.

        Raises:
            NotFoundError: there is nothing.
        """
        if self.kept is None:
            hint = "start with: seatrial train"
            raise NotFoundError("there is no candidate of what is there now", hint=hint)
        return self.kept

    def demand_release(self) -> Move:
        """The newest move, if its release is in force."""
        if self.newest is None or not self.is_in:
            raise NotFoundError("nothing is released", hint="start with: seatrial release propose")
        return self.newest

    @property
    def checked(self) -> Checked:
        """The claims, judged offline on what is on file."""
        if self._checked is None:
            self._checked = checked(self._measuring, measure=False)
        return self._checked

    def gate(self, rung: Rung) -> GateCheck:
        """Look at a rung's gate."""
        return gate(rung, self.facts())

    def facts(self) -> Facts:
        """All that a gate looks at."""
        move, seen = self.newest, newest(self.project)
        if move is not None and move.artefact != self.candidate.artefact:
            move = None  # what another candidate proved or lost says nothing of this one
        current = seen if seen and move and seen.release == move.release else None
        is_here = current is not None and Rung.parse(current.rung).stage == self.rung.stage
        if current and move and is_here and self._taken_back and current.at <= move.at:
            current = None  # what was proved before it was taken back earns nothing anew
        business = self.plan.text.problem.measure if self.plan.text.problem else None
        offline = self.checked
        return Facts(
            form=form(self.project, self.candidate, offline),
            claims=offline.claims,
            judgements=offline.judgements,
            stands=self.rung.stage if move and self.is_in else None,
            taken_back=self._taken_back and move is not None,
            measured=current.claims if current else (),
            paired=self._paired(current) if is_here else None,
            measure=_open(business),
        )

    @property
    def _taken_back(self) -> bool:
        """Whether the last that is on record of this candidate deciding is that it was taken back.

        Releasing it anew doesn't make it forgotten.
        """
        if self.newest is None or not self.is_in:
            return False
        own = (move for move in self.history if move.artefact == self.newest.artefact)
        found = next(
            (move for move in own if {_stage(move.came), _stage(move.went)} != {"shadow"}), None
        )
        return found is not None and found.action == "rollback"

    def _paired(self, seen: Look | None) -> Paired | None:
        if seen is None or seen.paired is None:
            return None
        metric = self.plan.metrics[self.plan.optimise.metric]
        assert self.manifest is not None
        return Paired(
            self.manifest.reference.name,
            str(self.plan.optimise),
            seen.paired if seen.paired.measured else None,
            metric.higher_is_better,
            "" if seen.paired.measured else seen.paired.method,
        )

    def right(self, check: GateCheck, *, by: str | None, override: str | None) -> Right | None:
        """By what right the rung is entered; None if it may not be."""
        if override is not None and (not override.strip() or not (by or "").strip()):
            raise UserError("an override needs a name and a reason", hint="--by NAME --reason TEXT")
        if not check.passed and override is None:
            return None
        if by == GUARD:
            hint = "give the name of a person"
            raise UserError(f"`{GUARD}` is what moves a release by itself", hint=hint)
        now, named = self.project.clock.now(), self.project.ledger.remember(by or actor())
        excused = (
            Override(named, override, iso(now))
            if override is not None and not check.passed
            else None
        )
        offline = self.checked
        entry = self.project.ledger.append("gate", check.to_json(), key=self.plan.text.project)
        until = expiry(offline.claims, offline.judgements) if check.rung.stage != "shadow" else None
        if until is not None and until <= iso(now):
            until = None  # what is too old already was overridden, or waived
        return Right(check, entry.digest, excused, until)

    def file(
        self,
        manifest: Manifest,
        right: Right,
        action: Action,
        *,
        by: str | None,
        reason: str,
        came: str,
        claim: str = "",
    ) -> Moved:
        """Put a manifest into force and file the move."""
        ledger, candidate = self.project.ledger, manifest.candidate
        name = self.bundle.publish(manifest)
        move = Move(
            at=manifest.at,
            action=action,
            release=manifest.release,
            candidate=candidate.name if candidate else self.history[0].candidate,
            artefact=candidate.artefact if candidate else self.history[0].artefact,
            came=came,
            went=str(right.check.rung),
            by=GUARD if by == GUARD else ledger.remember(by or actor()),
            reason=reason,
            gate=right.check,
            override=right.override,
            manifest=name,
            claim=claim,
        )
        entry = ledger.append("release", move.to_json(), key=manifest.project)
        filed = _with_names(self.project, replace(move, digest=entry.digest))
        return Moved(filed, right.check, Desk(self.project).standing)

    @property
    def standing(self) -> Standing:
        """Where the newest release stands."""
        move, manifest = self.newest, self.manifest
        assert move is not None
        assert manifest is not None
        seen = newest(self.project)
        guards = seen.guards if seen is not None and self._is_of_here(seen, move) else ()
        following = self.following if self.is_in else None
        return Standing(
            project=self.plan.text.project,
            release=move.release,
            candidate=move.candidate,
            rung=self.rung,
            path=self.path,
            decider=_decider(manifest, self.rung),
            next=self.gate(following) if following and self.is_judged else None,
            guards=guards,
            history=self.history,
            manifest=move.manifest,
            valid_until=manifest.gate.valid_until,
            sticky_by=self.plan.text.data.keys,
        )

    def _is_of_here(self, seen: Look, move: Move) -> bool:
        """Whether a look's guards say something of where the release stands, or why it stands there."""
        same_stage = Rung.parse(seen.rung).stage == self.rung.stage
        return seen.release == move.release and (same_stage or self._taken_back)

    @property
    def is_judged(self) -> bool:
        """Whether what is released is what is kept and judged now."""
        try:
            kept = self.kept
        except DataError:  # where it answers there need be no training data
            return False
        return (
            kept is not None and self.newest is not None and kept.artefact == self.newest.artefact
        )


def _stage(rung: str) -> str:
    return Rung.parse(rung).stage if rung else "shadow"


def _decider(manifest: Manifest, rung: Rung) -> str:
    reference = manifest.reference.name
    if manifest.reference.kind == "rule":
        reference = f"rule {manifest.fallback}"
    if rung.stage == "shadow" or manifest.candidate is None:
        return reference
    model = manifest.candidate.name
    if rung.level == "assist":
        return f"people, who see what {model} says"
    return model if rung.share >= 1 else f"{model} for {rung.share:.0%}, {reference} for the rest"


def _open(measure: BusinessMeasure | None) -> str | None:
    """Name of the business measure if its value is open, else nothing; None without one."""
    if measure is None:
        return None
    return measure.name if measure.today is None else ""


def named(candidate: Candidate) -> str:
    """What people call a candidate: its family and its short name."""
    return f"{spoken(candidate.family)} {candidate.name}"
