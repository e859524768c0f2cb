"""The candidates that stand behind `champion` and `previous`: asked with their own contract and code."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.errors import ArchiveError, SeatrialError, UserError
from seatrial.plan.lint import NUMBERED
from seatrial.records.candidate import Candidate
from seatrial.records.condition import Kind
from seatrial.records.contract import Contract
from seatrial.records.manifest import Arm, Manifest
from seatrial.records.release import Move, Rung
from seatrial.scoring.archive import audit
from seatrial.verbs.chain import Chain
from seatrial.verbs.project import STATE, Project

if TYPE_CHECKING:
    from seatrial.verbs.materials import Materials

CHAMPION, PREVIOUS = "champion", "previous"
REFERENCES = frozenset({CHAMPION, PREVIOUS})

_KINDS: dict[str, Kind] = {"number": "number", "category": "text", "boolean": "boolean"}
"""Kind of a snapshot's column by that of a feature; a moment is one in both."""


@dataclass(frozen=True, slots=True)
class Released:
    """A candidate that was released.

    Attributes:
        candidate: Its record.
        asks: Raw columns that its contract asks for, in order.
        root: The folder that its own modules are in.
    """

    candidate: Candidate
    asks: tuple[str, ...]
    root: Path


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a released candidate can't be asked about the data as it is now, and what to do."""

    reason: str


def arm_of(project: Project, reference: str, *, ours: str | None) -> Arm | None:
    """The released candidate behind a reference; None if nothing but our own was released.

    The champion is the candidate of the release in force. While that one is in shadow or is our own, it
    is the released candidate that decides instead, else the newest other one that was released: so
    releasing a candidate never takes away what it is held against. The previous one was released
    before the champion.

    Args:
        project: The project.
        reference: ``champion`` or ``previous``.
        ours: Digest of the archive of the candidate that is judged.
    """
    entries = project.ledger.find("release", project.plan.text.project)
    moves = [Move.from_json(entry.payload, digest=entry.digest) for entry in entries]
    if not moves:
        return None
    champion = _champion(_manifest(project, moves[0]), ours) or _newest(project, moves, {ours})
    if reference == CHAMPION or champion is None:
        return champion
    first = max(move.release for move in moves if move.artefact == champion.artefact)
    older = [move for move in moves if move.release < first]
    return _newest(project, older, {ours, champion.artefact})


def _champion(manifest: Manifest, ours: str | None) -> Arm | None:
    own, reference = manifest.candidate, manifest.reference
    decides = Rung(manifest.policy.level, manifest.policy.share).stage != "shadow"
    arms = [own if decides else None, reference if reference.kind == "archive" else None, own]
    return next((arm for arm in arms if arm is not None and arm.artefact != ours), None)


def _newest(project: Project, moves: Sequence[Move], but: Collection[str | None]) -> Arm | None:
    """The candidate of the newest move that has one, some archives left aside."""
    found = (_manifest(project, move).candidate for move in moves if move.artefact not in but)
    return next((arm for arm in found if arm is not None), None)


def _manifest(project: Project, move: Move) -> Manifest:
    return Manifest.from_json(json.loads(project.blobs.get(move.manifest)))


def fitted(chain: Chain, arm: Arm, reference: str) -> Released | Unfit:
    """Open a released candidate's record and contract, if it can answer the data as it is now."""
    called = reference if reference == CHAMPION else f"{reference} candidate"
    name = f"the {called} ({arm.name})"
    record = recorded(chain.project, arm.recipe, arm.artefact)
    if record is None:
        pull = "merge the ledger that has it: seatrial ledger pull"
        return Unfit(f"{name} was released elsewhere; {pull}")
    root = chain.project.state / "serving" / arm.code if arm.code else chain.project.root
    if not root.is_dir():
        where = f"{STATE}/serving/{arm.code}"
        return Unfit(f"the code of {name} is not in {where}; run this where it is released")
    return opened(chain, record, name, root)


def recorded(project: Project, recipe: str, artefact: str) -> Candidate | None:
    """The record of an archive; None if this ledger has none."""
    entries = project.ledger.find("candidate", recipe)
    found = (each.payload for each in entries if each.payload["artefact"] == artefact)
    return next(map(Candidate.from_json, found), None)


def opened(chain: Chain, candidate: Candidate, name: str, root: Path) -> Released | Unfit:
    """Open a candidate's contract, if it can answer the data as it is now.

    Args:
        chain: The project, as it is now.
        candidate: Its record.
        name: What it is called in a reason.
        root: The folder that its own modules are in.
    """
    artefact = candidate.artefact
    try:
        contract = audit(chain.project.blobs.get(artefact), expected=artefact).contract
    except SeatrialError as error:
        return Unfit(f"{name} can't be opened: {error}")
    if why := _misfit(chain, contract):
        return Unfit(f"{name} {why}")
    return Released(candidate, tuple(each.name for each in contract.features), root)


def unanswering(chain: Chain, materials: Materials, candidate: Candidate) -> str:
    """Why a candidate that was trained once can't be asked about the dev rows of now.

    Returns:
        The reason; empty if it can, and then its answers are at hand in the materials.
    """
    rules = {
        name: value for name, value in chain.split_leaves.items() if name.startswith("data.split")
    }
    if any(candidate.leaves.get(name, value) != value for name, value in rules.items()):
        return "the rows were split otherwise: dev may hold what it was trained on"
    if chain.plan.text.data.keys == NUMBERED and _has_fewer_rows(chain, candidate):
        return (
            "rows are named by their number, and some are gone: dev may hold what it was trained on"
        )
    found = opened(chain, candidate, candidate.name, chain.project.root)
    if isinstance(found, Unfit):
        return found.reason
    materials.released(found)
    try:
        materials.predictions(candidate, "dev")
    except (UserError, ArchiveError) as error:
        return str(error)
    return ""


def _has_fewer_rows(chain: Chain, candidate: Candidate) -> bool:
    """Whether a source lost rows since a candidate was trained: those behind them then bear other numbers."""
    now = chain.column_leaves(())
    return any(int(now[name]) < int(was) for name, was in candidate.leaves.items() if name in now)


def _misfit(chain: Chain, contract: Contract) -> str:
    """What keeps a contract from being asked about the plan's data; empty if nothing does."""
    kinds, target = chain.snapshot.kinds, chain.plan.text.task.target
    way_out = "bring it back under `data.sources`, or take this claim out until the next release"
    gone = [each.name for each in contract.features if each.name not in kinds]
    if gone:
        columns = f"column{'s' if len(gone) > 1 else ''} {', '.join(gone)}"
        return f"asks for the {columns}, which the data no longer has; {way_out}"
    for each in contract.features:
        was, now = _KINDS.get(each.kind, "moment"), kinds[each.name]
        if was != now:
            return f"reads {each.name} as {was}, and in the data it is {now} now; {way_out}"
    if contract.target != target or contract.classes != chain.classes:
        answers = f"predicts `{contract.target}`"
        if contract.target == target:
            answers = f"knows the answers {', '.join(contract.classes)}"
        another = "it is no measure of this candidate; take this claim out until the next release"
        return f"{answers}, and the plan asks for `{target}` with other answers; {another}"
    return ""
