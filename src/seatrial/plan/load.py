"""Read a plan file: everything that is wrong with it at once, each with its line and a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from seatrial.core.errors import Fault, NotFoundError, PlanError
from seatrial.plan.claims import parse_claim
from seatrial.plan.document import Keys, lines_of, plain, read_document
from seatrial.plan.grammar import parse_condition
from seatrial.plan.lint import faults
from seatrial.plan.schema import ClaimText, PlanText
from seatrial.plan.section import Section
from seatrial.records.cadence import Cadence
from seatrial.records.claim import Claim, Measure, Waiver, claim_id
from seatrial.records.condition import Node
from seatrial.records.metrics import GLOSSARY, Metric
from seatrial.records.rule import Rule


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that is valid in itself; whether it fits the data is seen when it meets them.

    Attributes:
        path: The file.
        text: What stands in it.
        claims: Its claims, in its order.
        optimise: The one metric to optimise.
        fallback: The rule that answers when the model may not; None without one.
        metrics: The glossary it was read with.
    """

    path: Path
    text: PlanText
    claims: tuple[Claim, ...]
    optimise: Measure
    fallback: Rule | None
    metrics: Mapping[str, Metric]

    @property
    def root(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent

    def claim(self, name: str) -> Claim:
        """Find a claim by its id.

        Raises:
            NotFoundError: no claim has it; names the nearest.
        """
        for claim in self.claims:
            if name in {claim.id, str(claim), str(claim.measure)}:
                return claim
        ids = [claim.id for claim in self.claims]
        near = difflib.get_close_matches(name, ids, n=1, cutoff=0.4)
        hint = f"nearest: {near[0]}" if near else f"claims: {', '.join(ids) or 'none'}"
        raise NotFoundError(f"no claim is called {name}", where=self.path.name, hint=hint)

    def cadence(self, claim: Claim) -> Cadence:
        """When a claim is measured: as it says, as its scenario set says, or as its metric is worth."""
        if claim.every is not None:
            return claim.every
        if claim.stage not in {None, "offline"}:
            return "continuous"
        cases = self.text.scenarios.get(claim.measure.part)
        if cases is not None and cases.every is not None:
            return cases.every
        return self.metrics[claim.measure.metric].every

    def owner(self, claim: Claim) -> str:
        """Who answers for a claim: the name behind its role, or its own."""
        return self.text.owners.get(claim.owner, claim.owner)


def load(path: Path, *, metrics: Mapping[str, Metric] = GLOSSARY) -> Plan:
    """Read a plan file.

    Args:
        path: The file.
        metrics: Every metric that a claim may name.

    Raises:
        PlanError: the file can't be read or is not valid; holds every fault, in order of lines.
    """
    tree = read_document(path)
    try:
        place = _Place(path.name, dict(lines_of(tree, ())))
        values = plain(tree)
    except RecursionError:
        fact, hint = "a value holds itself", "take out the alias, as in `*name`"
        raise PlanError(fact, where=f"{path.name}:1", hint=hint) from None
    try:
        text = PlanText.model_validate(values, strict=True)
    except ValidationError as error:
        found = [*_schema_faults(error, place), *_unreadable(values, metrics, place)]
        raise PlanError.of(_sorted(found)) from None
    found = []
    claims = tuple(_claims(text, metrics, place, found))
    optimise = _optimise(text, metrics, place, found)
    fallback = _fallback(text, place, found)
    if optimise is not None:
        found += faults(text, claims, optimise, metrics, place, every=not found)
    if found or optimise is None:
        raise PlanError.of(_sorted(found))
    return Plan(path, text, claims, optimise, fallback, metrics)


@dataclass(frozen=True, slots=True)
class _Place:
    """Lines of a file by path in the document; called with a path it gives ``plan.yaml:14``."""

    name: str
    lines: Mapping[Keys, int]

    def __call__(self, *path: str | int) -> str:
        return f"{self.name}:{self.line(path)}"

    def line(self, path: Keys) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _sorted(found: list[Fault]) -> list[Fault]:
    return sorted(found, key=lambda fault: int(fault.where.rpartition(":")[2] or 0))


def _schema_faults(error: ValidationError, place: _Place) -> list[Fault]:
    found = []
    for entry in error.errors(include_url=False):
        path, section = _path(entry["loc"])
        if section is None or _is_other_branch(entry):
            continue
        fact, hint = _sentence(entry, path, section)
        found.append(Fault(fact, place(*path), hint))
    unique = {(fault.fact, fault.where): fault for fault in found}
    return list(unique.values())


def _is_other_branch(entry: Any) -> bool:
    """Whether it says that a claim that is a mapping is no text, which it need not be."""
    loc, given = entry["loc"], entry["input"]
    is_claim = loc[0] == "claims" and len(loc) == 3  # noqa: PLR2004 — claims, index, branch
    return is_claim and entry["type"] == "string_type" and isinstance(given, dict)


def _path(loc: tuple[str | int, ...]) -> tuple[Keys, type[Section] | None]:
    """Tell the keys in a location from the names of union branches, and find the section."""
    if len(loc) > 2 and loc[0] == "claims":  # noqa: PLR2004 — claims, index, branch
        mapping = loc[2] == ClaimText.__name__
        branch = loc[3:] if mapping else ()
        return (*loc[:2], *branch), ClaimText if mapping or len(loc) == 3 else None  # noqa: PLR2004
    path = tuple(part for part in loc if not _is_branch(part))
    section: type[Section] = PlanText
    for part in path[:-1]:
        field = section.model_fields.get(str(part))
        section = (_inner(field.annotation) if field else None) or section
    return path, section


def _is_branch(part: str | int) -> bool:
    return isinstance(part, str) and ("[" in part or part in {"str", "constrained-str", "float"})


def _inner(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, (_inner(inner) for inner in get_args(annotation))), None)


def _sentence(entry: Any, path: Keys, section: type[Section]) -> tuple[str, str]:
    name = dotted(path)
    given = entry["input"]
    match entry["type"]:
        case "extra_forbidden":
            inside = f"`{dotted(path[:-1])}`" if path[:-1] else "the plan"
            near = difflib.get_close_matches(str(path[-1]), section.model_fields, n=1)
            hint = f"nearest: {near[0]}. " if near else ""
            return (
                f"{inside} has no key `{path[-1]}`",
                f"{hint}keys: {', '.join(section.model_fields)}",
            )
        case "missing":
            return f"`{name}` is missing", _HINTS.get(name, "it has no default")
        case "literal_error":
            allowed = str(entry["ctx"]["expected"]).replace(" or ", ", ")
            near = difflib.get_close_matches(str(given), allowed.replace("'", "").split(", "), n=1)
            return f"`{name}` must be one of {allowed}, got {_shown(given)}", (
                f"nearest: {near[0]}" if near else ""
            )
        case "value_error":
            return f"`{name}`: {str(entry['msg']).removeprefix('Value error, ')}", ""
    if entry["type"] == "string_pattern_mismatch" and name == "project":
        return f"`{name}` has signs that it may not have, got {_shown(given)}", _HINTS[name]
    if entry["type"] == "string_pattern_mismatch" and _DURATION in str(entry["ctx"]["pattern"]):
        return f"`{name}` must be a duration, got {_shown(given)}", "as in 7d, 12h or 30min"
    if path == ("optimize",) and isinstance(given, list):
        fact = f"a plan optimises exactly one metric, got {len(given)}"
        return fact, "keep one; hold the others to a bound, as claims"
    ranges = _range(section, path)
    return f"`{name}` {ranges or _expected(entry)}, got {_shown(given)}", _HINTS.get(name, "")


_DURATION = "(ms|s|min|h|d)"
_HINTS = {
    "optimize": "a plan optimises exactly one metric, as in `optimize: recall`",
    "data.split.train": "most projects use 0.6",
    "data.split.dev": "most projects use 0.2",
    "data.split.test": "most projects use 0.2",
    "project": "small letters, digits and hyphens, as in flight-delays",
}


def _expected(entry: Any) -> str:
    message = str(entry["msg"])
    return message[0].lower() + message[1:].replace("Input should", "should").replace("input ", "")


def _range(section: type[Section], path: Keys) -> str:
    field = section.model_fields.get(str(path[-1])) if path else None
    ends = {
        name: getattr(limit, name)
        for limit in (field.metadata if field else ())
        for name in ("gt", "ge", "lt", "le")
        if getattr(limit, name, None) is not None
    }
    low, high = ends.get("gt", ends.get("ge")), ends.get("lt", ends.get("le"))
    if low is None or high is None:
        return ""
    return (
        f"must lie in {'(' if 'gt' in ends else '['}{low:g}, {high:g}{')' if 'lt' in ends else ']'}"
    )


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    most = 60
    return text if len(text) <= most else f"{text[:most]}..."


def dotted(path: Keys) -> str:
    """Write a path in the document as ``data.features.drop[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _unreadable(values: Any, metrics: Mapping[str, Metric], place: _Place) -> list[Fault]:
    """Claims that can't be read, in a plan whose sections aren't valid either."""
    claims = values.get("claims")
    found: list[Fault] = []
    for index, written in enumerate(claims if isinstance(claims, list) else []):
        text = written.get("claim") if isinstance(written, dict) else written
        if isinstance(text, str):
            try:
                parse_claim(text, where=place("claims", index), metrics=metrics)
            except PlanError as error:
                found += error.faults
    return found


def _claims(
    text: PlanText, metrics: Mapping[str, Metric], place: _Place, found: list[Fault]
) -> Iterator[Claim]:
    for index, written in enumerate(text.claims):
        each = ClaimText(claim=written) if isinstance(written, str) else written
        try:
            yield _claim(each, metrics, place.line(("claims", index)), place("claims", index))
        except PlanError as error:
            found += error.faults


def _claim(each: ClaimText, metrics: Mapping[str, Metric], line: int, where: str) -> Claim:
    measure, bound, stage = parse_claim(each.claim, where=where, metrics=metrics)
    waived = each.waived
    return Claim(
        id=each.id or claim_id(measure, stage),
        measure=measure,
        bound=bound,
        stage=stage,
        commitment=each.commitment,
        owner=each.owner or "default",
        fresh=each.fresh,
        every=each.every,
        draft=each.draft,
        waiver=Waiver(waived.reason, waived.by, waived.until) if waived else None,
        line=line,
    )


def _optimise(
    text: PlanText, metrics: Mapping[str, Metric], place: _Place, found: list[Fault]
) -> Measure | None:
    where = place("optimize")
    try:
        measure, bound, stage = parse_claim(text.optimize, where=where, metrics=metrics)
    except PlanError as error:
        found += error.faults
        return None
    if bound or stage:
        fact = f"`optimize` names one metric, got `{text.optimize}`"
        found.append(Fault(fact, where, "a bound is a claim; put it under `claims`"))
    return measure


def _fallback(text: PlanText, place: _Place, found: list[Fault]) -> Rule | None:
    written = text.release.fallback
    if written is None:
        return None
    if isinstance(written, float):
        return Rule((), written)
    if isinstance(written, str):
        node = _condition(written, place("release", "fallback"), found)
        return Rule(((node, True),), otherwise=False) if node is not None else None
    where = [place("release", "fallback", index) for index in range(len(written))]
    if any((case.when is None) is not (case is written[-1]) for case in written):
        fact = "the last case of `release.fallback` has no `when`, and only the last"
        found.append(Fault(fact, where[-1], "it is what answers when no condition is true"))
        return None
    nodes = [
        _condition(str(case.when), at, found) for case, at in zip(written[:-1], where, strict=False)
    ]
    cases = [
        (node, case.answer) for node, case in zip(nodes, written, strict=False) if node is not None
    ]
    return Rule(tuple(cases), written[-1].answer)


def _condition(text: str, where: str, found: list[Fault]) -> Node | None:
    try:
        return parse_condition(text, where=where)
    except PlanError as error:
        found += error.faults
        return None
