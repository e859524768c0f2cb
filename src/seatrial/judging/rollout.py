"""What to do next about the release: bring it in, take it further, or open what keeps its gate shut."""

from __future__ import annotations

from seatrial.core.estimate import brief
from seatrial.judging.gates import BUSINESS
from seatrial.records.look import Look
from seatrial.records.release import GateCheck, Standing
from seatrial.records.step import Step

_PROPOSE, _ADVANCE = "seatrial release propose", "seatrial release advance"


def rollout(standing: Standing | None, first: GateCheck | None, candidate: str) -> tuple[Step, ...]:
    """Steps that the release waits for.

    Args:
        standing: Where the newest release stands; None before the first.
        first: The gate of the first rung for the kept candidate, if it isn't released; else None.
        candidate: Name of the kept candidate.
    """
    if first is not None:
        if not first.passed:
            return ()
        why = f"{candidate} answers nobody yet; every requirement of {first.rung} is met"
        gain = "real requests prove it, and nobody depends on it yet"
        return (_step(f"Release {candidate} to {first.rung}", why, gain, _PROPOSE, first),)
    check = standing.next if standing else None
    if standing is None or check is None:
        return ()
    if check.passed:
        why = f"all {len(check.requirements)} requirements of {check.rung} are met"
        title = f"Advance release {standing.release} to {check.rung}"
        return (_step(title, why, f"it decides for {check.rung.share:.0%}", _ADVANCE, check),)
    if [each.what for each in check.unmet] == [BUSINESS]:
        title = "Measure the business value that should move, and write it into the plan"
        why = f"{check.unmet[0].reason}, and nothing else keeps release {standing.release} from {check.rung}"
        return (_step(title, why, f"the gate to {check.rung} opens", "seatrial release", check),)
    return ()


def repair(seen: Look | None, train_s: float) -> tuple[Step, ...]:
    """What may help the guarantees that fail where they are served: one step for all of them.

    Args:
        seen: The newest look at the candidate; None without one.
        train_s: Seconds that a training takes.
    """
    broken = [each for each in seen.claims if each.verdict == "fail"] if seen else []
    broken.sort(key=lambda each: not each.blocks)
    if seen is None or not broken:
        return ()
    first = broken[0]
    found = first.newest
    figure = "nothing measured"
    if found is not None and found.measured:
        figure = f"{brief(found.value)} [{brief(found.low)}, {brief(found.high)}]"
    others = len(broken) - 1
    more = f", and so {'do' if others > 1 else 'does'} {others} more" if others else ""
    since = seen.windows[0].start[:10] if seen.windows else ""
    why = f"{first.name} fails in {first.stage} with {figure}{more}"
    if seen.advice:
        why += f"; {seen.advice[0].lower()}{seen.advice[1:].rstrip('.')}"
    return (
        Step(
            f"Add what was served since {since} to the data, and train again",
            why,
            tuple(each.evidence for each in broken if each.evidence),
            None,
            "not known before it is tried; the next check says",
            train_s,
            "seatrial log --jsonl --outcomes",
        ),
    )


def _step(title: str, why: str, gain: str, command: str, check: GateCheck) -> Step:
    evidence = tuple(each.evidence for each in check.requirements if each.evidence)
    return Step(title, why, evidence, None, gain, None, command)
