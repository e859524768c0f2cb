"""One essential case: what was asked, what must come out, what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

CaseKind = Literal["archive", "contract", "edge", "scenario"]


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        kind: What it tries.
        name: Which one: ``vip row 3``, ``age = -1e12``.
        passed: Whether it came out as it must.
        given: What was asked, by column; empty where nothing was.
        expected: What must come out, in words.
        answered: What came out, in words.
    """

    kind: CaseKind
    name: str
    passed: bool
    given: Mapping[str, Any]
    expected: str
    answered: str

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object; a value that JSON lacks is text."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "given": {name: _plain(value) for name, value in self.given.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
