"""What is said when a document was written, and when somebody signed."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.reports.lines import DIM, Line, line, next_command, wrapped

_KILO = 1000


def written(place: str, size: int, sentence: str, *, next_: str) -> list[Line]:
    """The sentence that the document opens with, where it is, what comes next."""
    kilobytes = max(round(size / _KILO), 1)
    return [
        *wrapped(sentence, indent=0),
        *wrapped(f"Wrote {place}, {kilobytes:,} kB.", indent=0),
        next_command(next_),
    ]


def unstated(fields: Sequence[str]) -> list[Line]:
    """What a card lacks that only a person can say."""
    if not fields:
        return []
    return wrapped(f"Stated by nobody: {', '.join(fields)} in plan.yaml.", indent=0, style=DIM)


def signed(by: str, role: str, claims: Sequence[str], *, whole: bool) -> list[Line]:
    """Who signed what, and until when it holds."""
    about = f"all {len(claims)} claims" if whole and len(claims) > 1 else ", ".join(claims)
    said = f"{by}, {role}, signed off {about}."
    return [
        *wrapped(said, indent=0),
        line("It is void as soon as one of them rests on other evidence."),
        next_command("seatrial report --out report.html"),
    ]
