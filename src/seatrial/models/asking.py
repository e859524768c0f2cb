"""Ask a model one question: whatever it does, the answer is a check and never a traceback."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seatrial.core.estimate import Estimate
from seatrial.records.check import Check, Layer

_LONGEST = 160
"""Characters of a foreign error that are repeated."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; an answer carries its name, its sentence and its layer.

    >>> question = Question("answers_twice_alike", "It answers twice alike", "implementation")
    >>> question.fails("2 of 5 answers differ", repair="Pass the seed on").verdict
    'fail'
    """

    id: str
    title: str
    layer: Layer

    def passes(self, reason: str, estimate: Estimate | None = None) -> Check:
        """Answer yes."""
        return Check(self.id, self.title, self.layer, "pass", reason, estimate)

    def fails(self, reason: str, *, repair: str, estimate: Estimate | None = None) -> Check:
        """Answer no, and say what to do."""
        return Check(self.id, self.title, self.layer, "fail", reason, estimate, repair)

    def unknown(self, reason: str) -> Check:
        """Say why it can't be told."""
        return Check(self.id, self.title, self.layer, "unknown", reason)

    def is_not_for(self, reason: str) -> Check:
        """Say why the question isn't one for this model."""
        return Check(self.id, self.title, self.layer, "not applicable", reason)


class CannotTellError(Exception):
    """The question has no answer here; the message is the reason."""


def ask(question: Question, measure: Callable[[], Check]) -> Check:
    """Measure, and turn whatever the user's model raises into ``unknown`` with its reason.

    >>> ask(Question("adds_up", "It adds up", "fit"), lambda: 1 / 0).reason
    'it raised ZeroDivisionError: division by zero'
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return measure()
        except CannotTellError as reason:
            return question.unknown(str(reason))
        except Exception as error:  # noqa: BLE001 — a user's model may raise anything
            return question.unknown(f"it raised {told(error)}")


def told(error: Exception) -> str:
    """A foreign error in one line."""
    first = (str(error).strip() or "without a message").splitlines()[0]
    text = f"{type(error).__name__}: {first}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def counted(value: float, n: int, unit: str = "fraction") -> Estimate:
    """A figure that was counted on just these rows and stands for no others."""
    return Estimate(value, value, value, n, "counted", unit)


def listed(names: list[str], *, most: int = 5) -> str:
    """Name the first few of many.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
