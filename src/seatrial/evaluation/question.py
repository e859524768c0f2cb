"""What is asked of predictions: a metric with its arguments, and why there may be no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from seatrial.core.errors import UserError


class UndefinedError(Exception):
    """The rows don't define the metric; the message is the reason, a phrase for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """One metric with everything that it needs beside the predictions.

    Attributes:
        metric: Name in the glossary.
        arguments: As written in the claim's brackets, by name.
        costs: Cost of one error, by kind; None if the plan states none.
        confidence: Probability from which a decision counts as covered, unless an argument says.
    """

    metric: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    costs: Mapping[str, float] | None = None
    confidence: float = 0.70

    def class_code(self, classes: tuple[str, ...]) -> int | None:
        """Code of the class asked for; the positive one of two; None for all of several.

        Raises:
            UserError: there is no such class.

        >>> Question("recall", {"class": "late"}).class_code(("in time", "late"))
        1
        """
        name = self.arguments.get("class")
        if name is None:
            return 1 if len(classes) == _TWO else None
        if str(name) not in classes:
            message = f"`{self.metric}` asks for the class {str(name)!r}, which there isn't"
            raise UserError(message, hint=f"the classes are {', '.join(classes)}")
        return classes.index(str(name))


_TWO = 2
