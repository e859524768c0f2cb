"""Sign-offs: who said that the evidence is enough, and whether it still is what they were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from seatrial.core.errors import UserError
from seatrial.records.claim import Claim
from seatrial.records.evidence import Judgement
from seatrial.store import Entry
from seatrial.verbs.chain import Chain
from seatrial.verbs.check import Checked, checked
from seatrial.verbs.judgement import KIND, ended, file_judgement, shown
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project

QUESTION = "Is this evidence enough?"
_EVIDENCE, _TEXT, _VERDICT = "evidence of ", "text of ", "verdict of "


@dataclass(frozen=True, slots=True)
class SignOff:
    """One sign-off, held against what is there now.

    Attributes:
        by: Who signed; ``somebody who was forgotten`` once the name was erased.
        role: As whom.
        note: What they said.
        at: When, ISO.
        until: Last day on which it counts; None without one.
        claims: Ids of the claims that were shown.
        stands: Whether all that was shown is what is there now.
        moved: Ids of the claims that no longer rest on what was shown.
        why_not: Why it is void; empty while it stands.
        later: Ids of claims that were judged offline only since; it says nothing of them.
        is_whole: Whether it was shown every claim of the plan that is judged offline now.
        digest: Of the record.
    """

    by: str
    role: str
    note: str
    at: str
    until: str | None
    claims: tuple[str, ...]
    stands: bool
    moved: tuple[str, ...]
    why_not: str
    later: tuple[str, ...]
    is_whole: bool
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object; see ``docs/json.md``."""
        return asdict(self)


def sign_off(
    project: Project,
    *,
    by: str,
    role: str,
    note: str,
    claims: Sequence[str] = (),
    until: date | None = None,
) -> SignOff:
    """Record that somebody finds the evidence enough, bound to exactly what there is of it now.

    Args:
        project: The project.
        by: Who signs.
        role: As whom.
        note: What they say.
        claims: Ids of the claims; all that are judged offline if none is named.
        until: Last day on which it counts.

    Raises:
        NotFoundError: no claim has such an id.
        UserError: a name, role or note is missing; there is no candidate; there is no evidence.
    """
    if not by.strip() or not role.strip() or not note.strip():
        raise UserError(
            "a sign-off needs a name, a role and a note", hint="--by NAME --role ROLE --note TEXT"
        )
    measuring = Measuring(project)
    result = checked(measuring, measure=False)
    if result.candidate is None:
        fact = "there is no candidate of what is there now, so there is nothing to sign off"
        raise UserError(fact, hint="seatrial train, then seatrial check")
    wanted = {project.plan.claim(name).id for name in claims}
    pairs = [
        pair for pair in _pairs(result) if pair[0].id in wanted or (not wanted and _offline(pair))
    ]
    _demand_evidence(pairs, named=bool(wanted))
    seen = {**shown(measuring.chain, result.candidate), **_claims_shown(pairs)}
    entry = file_judgement(
        project,
        _key(project),
        question=QUESTION,
        note=note,
        by=by,
        shown=seen,
        until=until,
        role=role,
    )
    return next(each for each in sign_offs(measuring.chain, result) if each.digest == entry.digest)


Pair = tuple[Claim, Judgement]


def _key(project: Project) -> str:
    return f"sign-off {project.plan.text.project}"


def _pairs(result: Checked) -> list[Pair]:
    return list(zip(result.claims, result.judgements, strict=True))


def _offline(pair: Pair) -> bool:
    """Whether a claim is judged offline; a later stage gives it new evidence with each look."""
    return pair[0].stage in {None, "offline"}


def _demand_evidence(pairs: Sequence[Pair], *, named: bool) -> None:
    bare = [claim.id for claim, judgement in pairs if judgement.evidence is None]
    if named and bare:
        fact = f"nothing on file is of what is there now for {', '.join(bare)}"
        raise UserError(fact, hint=f"seatrial check {' '.join(bare)}")
    if len(bare) == len(pairs):
        raise UserError(
            "no claim has evidence, so there is nothing to sign off", hint="seatrial check"
        )


def _claims_shown(pairs: Sequence[Pair]) -> dict[str, str]:
    """What is seen of each claim: what it says, what it rests on, what is held of it."""
    found = {}
    for claim, judgement in pairs:
        found[f"{_TEXT}{claim.id}"] = f"{claim} ({claim.commitment})"
        found[f"{_EVIDENCE}{claim.id}"] = judgement.evidence.digest if judgement.evidence else ""
        found[f"{_VERDICT}{claim.id}"] = judgement.verdict
    return found


def sign_offs(chain: Chain, result: Checked) -> tuple[SignOff, ...]:
    """Every sign-off that a newer one of the same role on the same claims didn't replace, newest first.

    Args:
        chain: What is there now.
        result: What is held of all claims now.
    """
    entries = chain.project.ledger.find(KIND, _key(chain.project))
    if not entries:
        return ()
    now = {**shown(chain, result.candidate), **_claims_shown(_pairs(result))}
    newest: dict[tuple[str, frozenset[str]], Entry] = {}
    for entry in entries:
        newest.setdefault((entry.payload["role"], frozenset(_ids(entry.payload["shown"]))), entry)
    offline = [claim.id for claim, judgement in _pairs(result) if _offline((claim, judgement))]
    return tuple(_read(entry, now, offline, chain.project) for entry in newest.values())


def _ids(seen: Mapping[str, str]) -> list[str]:
    return sorted(name.removeprefix(_TEXT) for name in seen if name.startswith(_TEXT))


def _read(
    entry: Entry, now: Mapping[str, str], offline: Sequence[str], project: Project
) -> SignOff:
    payload = entry.payload
    seen = payload["shown"]
    claims = _ids(seen)
    moves = {name: _moved(name, seen, now) for name in claims}
    moved = tuple(name for name in claims if moves[name])
    changed = [name for name in ("plan", "data", "candidate") if seen[name] != now[name]]
    said = [ended(payload, project.clock.now().date()), *_by_reason(moves)]
    said += [f"{' and '.join(changed)} changed"] if changed else []
    why_not = "; ".join(filter(None, said))
    later = tuple(name for name in offline if name not in claims)
    return SignOff(
        by=project.ledger.name_of(payload["by"]) or "somebody who was forgotten",
        role=payload["role"],
        note=payload["note"],
        at=entry.at,
        until=payload["until"],
        claims=tuple(claims),
        stands=not why_not,
        moved=moved,
        why_not=why_not,
        later=later,
        is_whole=not later,
        digest=entry.digest,
    )


def _moved(name: str, seen: Mapping[str, str], now: Mapping[str, str]) -> str:
    """How a claim is no longer what was shown; empty if it is."""
    text, evidence, verdict = (f"{each}{name}" for each in (_TEXT, _EVIDENCE, _VERDICT))
    if text not in now:
        return "no longer claimed"
    if now[text] != seen[text]:
        return "claimed otherwise now"
    if now[evidence] != seen[evidence]:
        return "resting on other evidence now" if now[evidence] else "without current evidence"
    if now[verdict] != seen[verdict]:
        return f"{now[verdict]} now, and was {seen[verdict]}"
    return ""


def _by_reason(moves: Mapping[str, str]) -> list[str]:
    """One clause for each way in which claims moved, naming each of them."""
    reasons = dict.fromkeys(filter(None, moves.values()))
    clauses = []
    for reason in reasons:
        names = [name for name, found in moves.items() if found == reason]
        joined = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        clauses.append(f"{joined} {'is' if len(names) == 1 else 'are'} {reason}")
    return clauses
