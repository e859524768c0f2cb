"""Read claims; printing is ``str()`` of what is read, and the two are inverse.

::

    claim  := [gap | ratio | worst] METRIC [(args)] {clause} [op bound [unit] | = value +- tolerance]
              {clause} [where CONDITION]
    clause := by GROUP{, GROUP} | vs NAME | on PART | on SET | over DURATION | in STAGE
    args   := value | name=value, comma separated
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from seatrial.core.units import UNITS, duration
from seatrial.plan.grammar import Reader, either, read_number
from seatrial.records.claim import Bound, Measure, Quantifier, Stage
from seatrial.records.dataset import PARTS
from seatrial.records.metrics import GLOSSARY, Argument, Metric

_CLAUSES = ("by", "vs", "on", "over", "in")


def parse_claim(
    text: str, *, where: str = "", metrics: Mapping[str, Metric] = GLOSSARY
) -> tuple[Measure, Bound | None, Stage | None]:
    """Read a claim: what is measured, what it must reach, the stage if it names one.

    Raises:
        PlanError: it isn't a claim, or its metric is not in the glossary.

    >>> measure, bound, stage = parse_claim("gap recall by carrier <= 0.25")
    >>> measure.quantifier, measure.metric, measure.by, str(bound)
    ('gap', 'recall', ('carrier',), '<= 0.25')
    """
    reader = Reader(text, where)
    quantifier = reader.take_word(*get_args(Quantifier))
    metric = _metric(reader, metrics)
    arguments = _arguments(reader, metric)
    clauses = _clauses(reader, {})
    bound = _bound(reader)
    clauses = _clauses(reader, clauses)
    condition = either(reader) if reader.take_word("where") else None
    reader.finish()
    stage = cast("Stage | None", clauses.pop("in", None))
    measure = Measure(
        metric=metric.name,
        arguments=arguments,
        quantifier=cast("Quantifier | None", quantifier),
        by=clauses.get("by", ()),
        versus=clauses.get("vs"),
        part=clauses.get("on", "test"),
        over=clauses.get("over"),
        where=condition,
    )
    return measure, bound, stage


def _metric(reader: Reader, metrics: Mapping[str, Metric]) -> Metric:
    token = reader.take("word")
    if token is None:
        raise reader.error("the name of a metric", hint="as in `recall >= 0.5`")
    if token.text in metrics:
        return metrics[token.text]
    near = difflib.get_close_matches(token.text.lower(), metrics, n=1, cutoff=0.5)
    hint = f"nearest: {near[0]}. " if near else ""
    raise reader.refuse(
        f"no metric is called {token.text}", hint=f"{hint}All of them: seatrial probes"
    )


def _arguments(reader: Reader, metric: Metric) -> tuple[tuple[str, str | float], ...]:
    found: dict[str, str | float] = {}
    if reader.take_sign("("):
        while True:
            name, value = _argument(reader, metric, len(found))
            if name in found:
                raise reader.refuse(f"`{name}` is given twice to {metric.name}")
            found[name] = value
            if not reader.take_sign(","):
                break
        reader.need_sign(")")
    for argument in metric.arguments:
        if argument.required and argument.name not in found:
            raise reader.refuse(
                f"{metric.name} needs `{argument.name}`",
                hint=f"as in `{metric.name}({argument.name})`",
            )
    return tuple(sorted(found.items()))


def _argument(reader: Reader, metric: Metric, place: int) -> tuple[str, str | float]:
    value = _argument_value(reader)
    known = {argument.name: argument for argument in metric.arguments}
    if reader.take_sign("="):
        name, value = str(value), _argument_value(reader)
    elif place < len(known):
        name = list(known)[place]
    else:
        name = ""
    if name not in known:
        allowed = ", ".join(known) or "none"
        raise reader.refuse(
            f"{metric.name} takes no argument `{name or value}`", hint=f"allowed: {allowed}"
        )
    return name, _fitting(reader, metric, known[name], value)


def _argument_value(reader: Reader) -> str | float:
    if reader.next.kind == "number" or reader.next.text == "-":
        sign = -1 if reader.take_sign("-") else 1
        return sign * read_number(reader)
    for kind in ("word", "text", "name"):
        if token := reader.take(kind):
            return token.text
    raise reader.error("an argument")


def _fitting(reader: Reader, metric: Metric, argument: Argument, value: str | float) -> str | float:
    given = f"`{argument.name}` of {metric.name}"
    if argument.kind == "percentile":
        digits = str(value)[1:] if str(value)[:1] in {"p", "P"} else ""
        if not digits.isdigit() or not 0 < int(digits) < 100:  # noqa: PLR2004
            raise reader.refuse(f"{given} must be a percentile, got {value}", hint="as in p99")
        return f"p{int(digits)}"
    if argument.kind == "number":
        if isinstance(value, str):
            raise reader.refuse(f"{given} must be a number, got {value}")
        low, high = argument.low, argument.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise reader.refuse(
                f"{given} must lie in [{low}, {high if high is not None else '∞'}], got {value}"
            )
        return float(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _clauses(reader: Reader, found: dict[str, Any]) -> dict[str, Any]:
    while word := reader.take_word(*_CLAUSES):
        if word in found:
            raise reader.refuse(f"`{word}` stands twice in a claim")
        found[word] = _CLAUSE[word](reader)
    return found


def _by(reader: Reader) -> tuple[str, ...]:
    names = [_group(reader)]
    while reader.take_sign(","):
        names.append(_group(reader))
    return tuple(names)


def _group(reader: Reader) -> str:
    token = reader.take("word") or reader.take("name")
    if token is None:
        raise reader.error("a column, class or feature")
    return token.text


def _versus(reader: Reader) -> str:
    token = reader.take("word") or reader.take("name") or reader.take("text")
    if token is None:
        raise reader.error(
            "a reference", hint="rule, simplest, champion, people or a candidate's name"
        )
    return token.text


def _set(reader: Reader) -> str:
    token = reader.take("word") or reader.take("name")
    if token is None:
        raise reader.error("train, dev, test or a set of `scenarios`")
    return token.text.lower() if token.text.lower() in PARTS else token.text


def _one_of(allowed: tuple[str, ...], reader: Reader) -> str:
    word = reader.take_word(*allowed)
    if word is None:
        raise reader.error(f"one of {', '.join(allowed)}")
    return word


def _over(reader: Reader) -> str:
    count, unit = reader.take("number"), reader.take("word")
    text = f"{count.text if count else ''}{unit.text if unit else ''}"
    try:
        duration(text)
    except ValueError as error:
        raise reader.refuse(str(error)) from error
    return text


_CLAUSE: Mapping[str, Callable[[Reader], Any]] = {
    "by": _by,
    "vs": _versus,
    "on": _set,
    "over": _over,
    "in": lambda reader: _one_of(get_args(Stage), reader),
}


def _bound(reader: Reader) -> Bound | None:
    sign = reader.take_sign(">=", "<=", ">", "<", "=")
    if sign is None:
        return None
    value = _signed(reader)
    unit = _unit(reader)
    tolerance = None
    if sign == "=":
        reader.need_sign("+-")
        tolerance = _signed(reader)
        unit = _unit(reader) or unit
    return Bound(sign, float(value), unit, tolerance)  # type: ignore[arg-type]


def _signed(reader: Reader) -> float:
    sign = -1 if reader.take_sign("-") else 1
    return float(sign * read_number(reader))


def _unit(reader: Reader) -> str | None:
    if reader.take_sign("%"):
        return "%"
    if reader.next.kind == "word" and reader.next.text in UNITS:
        token = reader.take("word")
        assert token is not None
        return token.text
    if reader.next.kind == "word" and reader.next.text.lower() not in {*_CLAUSES, "where"}:
        raise reader.error("a unit or a clause", hint=f"units: {', '.join(UNITS)}")
    return None
