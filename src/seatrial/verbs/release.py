"""Propose a release, move it along its path, take it back: each move is looked at by a gate and filed."""

from __future__ import annotations

from dataclasses import replace

from seatrial.core.errors import ConflictError
from seatrial.judging.gates import renewal
from seatrial.judging.rollout import rollout
from seatrial.records.manifest import Manifest
from seatrial.records.release import Action, GateCheck, Move, Standing
from seatrial.records.step import Step
from seatrial.verbs.bundle import Right, expiry
from seatrial.verbs.desk import GUARD, OUT, SHADOW, Desk, Moved, named
from seatrial.verbs.profile import keep_profile
from seatrial.verbs.project import Project


def propose(project: Project, *, by: str | None = None, override: str | None = None) -> Moved:
    """Take the kept candidate to the first rung of the path.

    Args:
        project: The project.
        by: Who asks; the machine's user if None.
        override: The reason to enter although the gate is shut; None: don't.

    Raises:
        NotFoundError: no candidate was trained.
        ConflictError: this candidate is released already.
    """
    desk = Desk(project)
    candidate = desk.candidate
    if desk.newest is not None and desk.newest.artefact == candidate.artefact and desk.is_in:
        raise ConflictError(
            f"{named(candidate)} is release {desk.newest.release} already",
            hint="to take it further: seatrial release advance",
        )
    check = desk.gate(desk.path[0])
    release = 1 + max((move.release for move in desk.history), default=0)
    right = desk.right(check, by=by, override=override)
    if right is None:
        return Moved(None, check, standing(project))
    manifest = desk.bundle.first(candidate, release=release, right=right, before=desk.manifest)
    keep_profile(desk.materials, candidate)
    action: Action = "override" if right.override else "propose"
    reason = override or f"{named(candidate)} enters {check.rung}"
    return desk.file(manifest, right, action, by=by, reason=reason, came="")


def advance(project: Project, *, by: str | None = None, override: str | None = None) -> Moved:
    """Take the release in force to the next rung of the path, if the gate lets it.

    Raises:
        NotFoundError: nothing is released.
        ConflictError: it stands at the end of its path, or it isn't the candidate that is judged now.
    """
    desk = Desk(project)
    stands = desk.demand_release()
    if stands.artefact != desk.candidate.artefact:
        raise ConflictError(
            f"release {stands.release} is {stands.candidate}, and what is judged now is "
            f"{named(desk.candidate)}",
            hint="release that one: seatrial release propose",
        )
    following = desk.following
    if following is None:
        raise ConflictError(
            f"release {stands.release} stands at {stands.went}, the end of its path",
            hint="the path stands in `release.path`",
        )
    check = desk.gate(following)
    right = desk.right(check, by=by, override=override)
    if right is None:
        return Moved(None, check, standing(project))
    assert desk.manifest is not None
    met = len(check.requirements)
    action: Action = "override" if right.override else "advance"
    reason = override or f"{met} requirement{'s' if met != 1 else ''} met"
    manifest = desk.bundle.moved(desk.manifest, right)
    return desk.file(manifest, right, action, by=by, reason=reason, came=stands.went)


def override(project: Project, *, by: str | None, reason: str) -> Moved:
    """Take the next step against its gate: of the release in force, or of a candidate not yet released.

    Raises:
        UserError: there is no name, or no reason.
    """
    desk = Desk(project)
    is_released = desk.is_in and desk.newest and desk.newest.artefact == desk.candidate.artefact
    move = advance if is_released else propose
    return move(project, by=by, override=reason)


def rollback(project: Project, *, reason: str, by: str | None = None, claim: str = "") -> Moved:
    """Take the release in force back to shadow; one that is in shadow, out of service. Asks nothing.

    Args:
        project: The project.
        reason: Why.
        by: Who takes it back; the machine's user if None.
        claim: Id of the claim that was proved broken; empty if that isn't why.

    Raises:
        NotFoundError: nothing is released.
    """
    desk = Desk(project)
    stands = desk.demand_release()
    rung = OUT if desk.rung.stage == "shadow" else SHADOW
    assert desk.manifest is not None
    check = GateCheck(rung, ())
    right = Right(check, desk.manifest.gate.verdicts, None, None)
    manifest = desk.bundle.moved(desk.manifest, right)
    if rung == OUT:
        manifest = replace(manifest, candidate=None)
    return desk.file(
        manifest, right, "rollback", by=by, reason=reason, came=stands.went, claim=claim
    )


def renew(project: Project) -> Move | None:
    """Let the gate in force count longer, if the evidence that would be too old was measured again.

    Returns:
        The move; None where nothing ages, nothing is newer, or what is newer doesn't hold.
    """
    desk = Desk(project)
    manifest = desk.manifest
    if manifest is None or manifest.gate.valid_until is None or not desk.is_judged:
        return None
    check = renewal(desk.rung, desk.facts())
    until = expiry(desk.checked.claims, desk.checked.judgements)
    if not check.passed or until is None or until <= manifest.gate.valid_until:
        return None
    right = Right(check, manifest.gate.verdicts, manifest.gate.override, until)
    reason = f"its evidence was measured again; it counts until {until[:16].replace('T', ' ')}"
    renewed = desk.bundle.moved(manifest, right)
    rung = str(desk.rung)
    return desk.file(renewed, right, "renew", by=GUARD, reason=reason, came=rung).move


def standing(project: Project) -> Standing | None:
    """Where the newest release stands, with the gate of the next rung as it is now; measures nothing."""
    desk = Desk(project)
    return desk.standing if desk.history else None


def in_force(project: Project) -> Manifest | None:
    """The manifest in force; None before the first release."""
    return Desk(project).manifest


def rollout_steps(project: Project) -> tuple[Step, ...]:
    """What the release waits for; nothing without a candidate."""
    desk = Desk(project)
    candidate = desk.kept
    if candidate is None:
        return ()
    is_released = desk.is_in and desk.newest and desk.newest.artefact == candidate.artefact
    first = None if is_released else desk.gate(desk.path[0])
    return rollout(desk.standing if desk.history else None, first, named(candidate))
