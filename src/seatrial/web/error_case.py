"""A row whose answer is tagged: its columns, what the model said and why, the tags it can have."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.records.image import Pixels, png
from seatrial.reports.trace import cell
from seatrial.verbs.error_records import PART, Case, Errors
from seatrial.web.facts import Facts

MOST_FIELDS = 14
SHORT, LONGEST = 28, 600
"""Signs of a value: in a cell of its own, and at most."""
LEAST_SIDE = 196
"""Pixels on the screen that the longer side of a small image takes, about."""
KEYED = 9
"""Tags that have a key of their own."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the row.

    Attributes:
        name: Of the column.
        value: For people; a text whole, up to :data:`LONGEST` signs.
        lies: Where it lies among all rows, in per cent; None if unordered.
        is_long: Whether the value takes the room of where it lies.
    """

    name: str
    value: str
    lies: float | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the row.

    Attributes:
        name: Of its column.
        address: A ``data:`` address of it.
        width: In pixels.
        height: In pixels.
    """

    name: str
    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Toggle:
    """A tag that can be given: its name, its key, whether the row has it."""

    name: str
    key: str
    given: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The row that is being looked at.

    Attributes:
        id: Its name.
        place: From 1.
        of: How many there are of its kind.
        kind: ``wrong`` or ``right``.
        said: What the model said.
        truth: What it was.
        loss: How wrong, for people.
        pushes: What pushed the score most, for people.
        fields: Its columns.
        pictures: Its images.
        toggles: Tags.
        tags: Those that it has.
        seen: Whether somebody looked at it.
    """

    id: str
    place: int
    of: int
    kind: str
    said: str
    truth: str
    loss: str
    pushes: str
    fields: tuple[Field, ...]
    pictures: tuple[Picture, ...]
    toggles: tuple[Toggle, ...]
    tags: tuple[str, ...]
    seen: bool


def shown(facts: Facts, found: Errors, cases: Sequence[Case], place: int, kind: str) -> Shown:
    """One row of a sample, as it is looked at.

    Args:
        facts: The facts.
        found: The wrong answers of the part.
        cases: Those of the row's kind.
        place: Of the row among them.
        kind: ``wrong`` or ``right``.
    """
    case = cases[place]
    known = [each.priority.tag for each in found.tags]
    names = list(dict.fromkeys([*known, *case.tags]))
    names.sort(key=_first_given(found))
    fields = tuple(
        Field(name, _told(value), _per_cent(case.lies.get(name)), len(_told(value)) > SHORT)
        for name, value in list(case.fields.items())[:MOST_FIELDS]
    )
    return Shown(
        id=case.id,
        place=place + 1,
        of=len(cases),
        kind=kind,
        said=case.said,
        truth=case.truth,
        loss=f"{case.loss:.3g}",
        pushes=", ".join(
            f"{each.feature} {cell(each.value)} {each.change:+.2g}".replace("-", "−")
            for each in (facts.pushes(case)[:3] if found.part == PART else ())
        ),
        fields=fields,
        pictures=tuple(
            _picture(name, each) for name, each in facts.pictures(case, found.part).items()
        ),
        toggles=tuple(
            Toggle(name, str(at) if at <= KEYED else "", name in case.tags)
            for at, name in enumerate(names, start=1)
        ),
        tags=case.tags,
        seen=case.is_seen,
    )


def _picture(name: str, image: Pixels) -> Picture:
    """An image, each of its pixels shown as a square where it is small."""
    height, width, _ = image.shape
    times = max(1, LEAST_SIDE // max(height, width))
    address = f"data:image/png;base64,{b64encode(png(image)).decode()}"
    return Picture(name, address, width * times, height * times)


def _told(value: Any) -> str:
    """A value; of a text as much as can be read at a glance."""
    if not isinstance(value, str):
        return cell(value)
    return value if len(value) <= LONGEST else f"{value[:LONGEST]} …"


def _first_given(found: Errors) -> Any:
    """The order of the tags' keys: as they were first given in the sample, so that none moves."""
    order = {
        name: at for at, name in enumerate(dict.fromkeys(n for c in found.cases for n in c.tags))
    }
    return lambda name: order.get(name, len(order))


def _per_cent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
