"""Every error that Seatrial raises on purpose, with its exit code and HTTP status.

::

    SeatrialError                 1  500   something of ours went wrong
    ├── UserError                 2  422   the user's input; nothing was changed
    │   ├── PlanError                      the plan file, all of its faults at once
    │   ├── DataError                      a data file, or rows in it
    │   ├── CodeError                      the user's own Python
    │   └── MissingExtraError                   an optional dependency is not installed
    ├── NotFoundError             4  404   no such claim, candidate, project
    ├── ConflictError             4  409   somebody else was there first
    ├── StoreError                1  503   the ledger, a blob or a table can't be read or written
    │   └── TamperedError                  what is stored is not what was written
    ├── ArchiveError              2  422   a candidate archive that may not be opened
    └── ProbeError                1  500   a probe broke its contract

A ``ValueError`` means that our own code called wrongly, never that a user did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the fact, the place and the way out.

    >>> print(Fault("`data.split.test` must lie in (0, 1), got 1.5", "plan.yaml:14", "most use 0.2"))
    plan.yaml:14: `data.split.test` must lie in (0, 1), got 1.5. most use 0.2
    """

    fact: str
    where: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        way_out = f". {self.hint}" if self.hint else ""
        return f"{place}{self.fact}{way_out}"


class SeatrialError(Exception):
    """The root; ``faults`` holds at least one :class:`Fault`."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, fact: str, *, where: str = "", hint: str = "") -> None:
        self.faults: tuple[Fault, ...] = (Fault(fact, where, hint),)
        super().__init__(str(self.faults[0]))

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UserError(SeatrialError):
    """The user's input can't be used as it is; nothing was changed."""

    exit_code = 2
    http_status = 422


class PlanError(UserError):
    """The plan file is not valid. Holds every fault that was found, not the first."""

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> PlanError:
        """Build one error from all faults, in the order of their lines."""
        found = tuple(faults)
        error = cls(found[0].fact, where=found[0].where, hint=found[0].hint)
        error.faults = found
        return error


class DataError(UserError):
    """A data file or rows in it can't be used."""


class CodeError(UserError):
    """The user's own Python failed, or isn't where the plan says."""


class MissingExtraError(UserError):
    """An optional dependency is not installed; the hint is the command that installs it."""

    def __init__(self, job: str, *, extra: str) -> None:
        super().__init__(
            f"{job} needs the extra `{extra}`", hint=f"pip install 'seatrial[{extra}]'"
        )


class NotFoundError(SeatrialError):
    """What was named does not exist."""

    exit_code = 4
    http_status = 404


class ConflictError(SeatrialError):
    """What was asked for collides with what is there."""

    exit_code = 4
    http_status = 409


class StoreError(SeatrialError):
    """The ledger, a blob or a table can't be read or written."""

    http_status = 503


class TamperedError(StoreError):
    """What is stored is not what was written."""


class ArchiveError(SeatrialError):
    """A candidate archive that may not be opened: wrong digest, unknown version, unsafe type."""

    exit_code = 2
    http_status = 422


class ProbeError(SeatrialError):
    """A probe broke its contract: it read what it didn't declare, or answered twice differently."""
