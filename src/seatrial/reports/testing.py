"""One claim as the result of a test: the words of the terminal, without its line."""

from __future__ import annotations

from seatrial.records.claim import Claim
from seatrial.records.evidence import Judgement
from seatrial.records.metrics import Metric
from seatrial.reports import numbers
from seatrial.reports.claims import blocked, claim_text
from seatrial.reports.lines import GLYPHS, WORDS, Line, line, next_command, wrapped


def outcome(
    claim: Claim, judgement: Judgement, metric: Metric, *, name: str, owner: str
) -> list[Line]:
    """Value, interval, bound, reason, what it keeps shut, and the next command."""
    evidence = judgement.evidence
    figure = ""
    if evidence is not None and evidence.estimate.measured:
        count = f", n = {evidence.estimate.n:,}"
        figure = f": {numbers.whole(evidence.estimate)}{count}"
    mark, word = (
        GLYPHS[judgement.verdict],
        WORDS.get(judgement.verdict, judgement.verdict),
    )
    where = "" if judgement.stage == "offline" else f" in {judgement.stage}"
    lines = [line(f"{mark} {word} {claim_text(claim)}{where}{figure}")]
    said = [judgement.reason, *(evidence.findings[:1] if evidence and claim.bound else ())]
    for each in dict.fromkeys(filter(None, said)):
        lines += wrapped(f"{each[0].upper()}{each[1:]}.", indent=2)
    lines += wrapped(f"Owned by {owner}; it stands in {name}:{claim.line}.", indent=2)
    shut = blocked([claim], [judgement], {claim.measure.metric: metric})
    if shut is not None:
        lines.append(shut)
    return [*lines, next_command(f"seatrial why {claim.id}")]


def sentence(claim: Claim, judgement: Judgement) -> str:
    """The same in one line: why a test is skipped, or expected to fail."""
    evidence = judgement.evidence
    figure = (
        f"{numbers.whole(evidence.estimate)}" if evidence and evidence.estimate.measured else ""
    )
    said = "; ".join(filter(None, [figure, judgement.reason]))
    word = WORDS.get(judgement.verdict, judgement.verdict)
    return f"{word} {claim_text(claim)}" + (f": {said}" if said else "")
