"""How the pages say things: moments, shares, levels, lists, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from seatrial.core.clock import iso, parse_iso
from seatrial.records.claim import Bound, Claim
from seatrial.records.evidence import Verdict
from seatrial.records.release import Rung
from seatrial.reports import dates
from seatrial.reports.claims import claim_text

SPACE = "\u00a0"
"""Between a number and its unit: the two stay on one line."""
_NAMED = 2

STATES: dict[Verdict, str] = {
    "pass": "holds",
    "fail": "fails",
    "unknown": "is not known",
    "waived": "is waived",
    "not applicable": "does not apply",
}
"""A verdict as the verb of a sentence."""


def day(at: str, now: datetime) -> str:
    """A day; with its year if that isn't this one.

    >>> from datetime import UTC
    >>> day("2013-08-22T14:00:00.000000Z", datetime(2013, 9, 17, tzinfo=UTC))
    '22 Aug'
    """
    return dates.day(at, newest=iso(now))


def when(at: str, now: datetime) -> str:
    """A moment: how long ago within a day, else day and time.

    >>> from datetime import UTC
    >>> when("2013-08-22T14:00:00.000000Z", datetime(2013, 8, 22, 16, 30, tzinfo=UTC))
    '2 h ago'
    """
    past = now - parse_iso(at)
    if timedelta() <= past < timedelta(hours=1):
        return f"{past.seconds // 60} min ago"
    if timedelta() <= past < timedelta(days=1):
        return f"{past.seconds // 3600} h ago"
    return dates.moment(at, newest=iso(now))


def per_cent(share: float) -> str:
    """A share.

    >>> per_cent(0.25).replace(SPACE, " "), per_cent(0.981).replace(SPACE, " ")
    ('25 %', '98.1 %')
    """
    return f"{round(share * 100, 1):g}{SPACE}%"


def rung_text(step: Rung | str) -> str:
    """A rung of the path.

    >>> rung_text("partial 5%").replace(SPACE, " "), rung_text("shadow")
    ('partial, 5 %', 'shadow')
    """
    rung = Rung.parse(step) if isinstance(step, str) else step
    plain = str(rung) == rung.level
    return rung.level if plain else f"{rung.level}, {per_cent(rung.share)}"


def share_text(step: str) -> str:
    """A rung in a sentence: its share, where that tells more than its level.

    >>> share_text("partial 25%").replace(SPACE, " "), share_text("shadow")
    ('25 %', 'shadow')
    """
    rung = Rung.parse(step)
    return rung.level if str(rung) == rung.level else per_cent(rung.share)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence; from the third on, how many.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a and 2 more')
    """
    if len(names) > _NAMED:
        return f"{names[0]} and {len(names) - 1} more"
    return " and ".join(names)


def sentence(text: str) -> str:
    """Text with a capital and a full stop; empty stays empty.

    >>> sentence("not settled")
    'Not settled.'
    """
    return f"{capital(text)}." if text and text[-1] not in ".?!" else capital(text)


def capital(text: str) -> str:
    """Text with a capital; a name in code stays as it is.

    >>> capital("recall"), capital("`a` is open")
    ('Recall', '`a` is open')
    """
    return text[:1].upper() + text[1:]


def name_of(claim: Claim) -> str:
    """A claim without its bound, for a sentence or a caption."""
    return str(claim.measure)


def needs(bound: Bound) -> str:
    """What a bound asks for.

    >>> needs(Bound(">=", 0.45)), needs(Bound("<", 10, "ms"))
    ('needs at least 0.45', 'needs less than 10 ms')
    """
    words = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "=": ""}
    return " ".join(filter(None, ["needs", words[bound.sign], str(bound).partition(" ")[2]]))


def claimed(claim: Claim) -> str:
    """A claim as people read it, a number and its unit kept together."""
    bound = str(claim.bound or "").partition(" ")[2]
    return claim_text(claim).replace(bound, bound.replace(" ", SPACE)) if bound else str(claim)
