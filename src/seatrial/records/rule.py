"""A rule: an ordered list of cases, the first that is true answers. It needs no training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.records.condition import Node, columns, to_closure

Answer = str | float | bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What answers when the model may not.

    Attributes:
        cases: Conditions and their answers, in order. An answer is a class, a number, or True for
            the positive class.
        otherwise: The answer when no condition is true.
    """

    cases: tuple[tuple[Node, Answer], ...]
    otherwise: Answer

    def __str__(self) -> str:
        if self.is_condition:
            return str(self.cases[0][0])
        words = [f"{answer} when {node}" for node, answer in self.cases]
        return (
            ", ".join([*words, f"else {self.otherwise}"]) if words else f"always {self.otherwise}"
        )

    @property
    def is_condition(self) -> bool:
        """Whether it is one condition that says yes or no."""
        return len(self.cases) == 1 and self.cases[0][1] is True and self.otherwise is False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it reads, sorted."""
        return tuple(sorted({name for node, _ in self.cases for name in columns(node)}))

    def compiled(self) -> Callable[[Mapping[str, Any]], Answer]:
        """The rule as a function of one row.

        >>> from seatrial.records.condition import Column, Compare, Constant
        >>> late = Rule(((Compare(">=", Column("hour"), Constant(17)), True),), otherwise=False)
        >>> late.compiled()({"hour": 18})
        True
        """
        cases = [(to_closure(node), answer) for node, answer in self.cases]

        def answer(row: Mapping[str, Any]) -> Answer:
            return next((each for is_true, each in cases if is_true(row)), self.otherwise)

        return answer
