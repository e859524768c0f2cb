"""Answers of others that stand in a column: an older system's, or people's."""

from __future__ import annotations

import polars as pl

from seatrial.core.errors import DataError
from seatrial.records.condition import Column, Compare, Constant, Kind
from seatrial.records.rule import Rule

_HALF = 0.5
_BINARY = 2


def rule_of(column: str, kind: Kind, classes: tuple[str, ...]) -> Rule:
    """Read a column as decided classes.

    A number answers a task of two classes by a half, whether it is 0 or 1 or a probability; else each
    class is the number that it is written as. A text answers with the class that it names, a truth value
    with the positive class. What names no class answers with the first.

    Args:
        column: Its name.
        kind: Of its values.
        classes: Names of the classes, the positive one last.

    Raises:
        DataError: the classes are no numbers, and the column is one; or it holds moments.

    >>> str(rule_of("old_score", "number", ("No", "Yes")))
    'old_score >= 0.5'
    """
    read = Column(column)
    if kind == "boolean" and len(classes) == _BINARY:
        return Rule(((read, True),), otherwise=False)
    if kind == "number" and len(classes) == _BINARY:
        return Rule(((Compare(">=", read, Constant(_HALF)), True),), otherwise=False)
    if kind == "number" and all(_is_number(each) for each in classes):
        cases = [(Compare("=", read, Constant(float(each))), each) for each in classes[1:]]
        return Rule(tuple(cases), otherwise=classes[0])
    if kind == "text":
        named = [(Compare("=", read, Constant(each)), each) for each in classes[1:]]
        return Rule(tuple(named), otherwise=classes[0])
    fact = f"{column} holds {kind}s, which can't be the classes {', '.join(classes[:5])}"
    raise DataError(fact, where="baselines", hint="name a column that holds the answers")


def demand_answers(column: pl.Series, classes: tuple[str, ...]) -> None:
    """Refuse a column that holds no answers.

    Raises:
        DataError: of two classes, a number outside of 0 to 1; or no text that names a class.
    """
    known = column.drop_nulls()
    hint = "0 and 1, a probability, or the names of the classes"
    if known.dtype.is_numeric() and len(classes) == _BINARY:
        values = known.cast(pl.Float64).to_numpy()
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
        if low < 0 or high > 1:
            fact = f"{column.name} goes from {low:g} to {high:g}, which is no answer of two classes"
            raise DataError(fact, where="baselines", hint=hint)
    elif known.dtype == pl.String and not known.is_in(list(classes)).any():
        some = ", ".join(known.unique().sort().head(4).to_list())
        fact = f"{column.name} holds {some} ..., and the classes are {', '.join(classes[:5])}"
        raise DataError(fact, where="baselines", hint=hint)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
