"""Which columns name a group that people may not be treated differently for."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMED = {
    "sex": "sex",
    "gender": "gender",
    "race": "race",
    "rac1p": "race",
    "ethnicity": "ethnicity",
    "ethnic": "ethnicity",
    "religion": "religion",
    "nationality": "nationality",
    "citizenship": "nationality",
    "disability": "disability",
    "disabled": "disability",
}
_SEXES = frozenset({"male", "female", "man", "woman"})
_COLOURS = frozenset({"white", "black"})
_ORIGINS = frozenset({"african", "amer", "asian", "caucasian", "hispanic", "latino", "native"})
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")


def protected(name: str, values: Iterable[object]) -> str | None:
    """What group a column names, by its name or by its values; None if none of those that are known.

    The grounds are those of article 21 of the Charter of Fundamental Rights of the European Union that a
    table names in words. Age is a number, and makes no groups by itself.

    Args:
        name: Of the column.
        values: Its levels.

    >>> protected("PatientGender", ["a", "b"]), protected("column_10", ["Male", "Female"])
    ('gender', 'sex')
    >>> protected("column_9", ["White", "Black", "Asian-Pac-Islander"]), protected("paint", ["White", "Black"])
    ('race', None)
    """
    words = (each.lower() for each in _WORD.findall(name))
    named = next((_NAMED[each] for each in words if each in _NAMED), None)
    if named is not None:
        return named
    first = {each.group().lower() for each in map(_WORD.match, map(str, values)) if each}
    if len(first) > 1 and first <= _SEXES:
        return "sex"
    return "race" if first & _COLOURS and first & _ORIGINS else None
