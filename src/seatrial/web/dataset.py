"""The data: what went in, what was left out, how it was split, what each column is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.digest import short
from seatrial.records.dataset import PARTS, SourceReport, SplitPart
from seatrial.reports import numbers
from seatrial.web import words
from seatrial.web.facts import Facts
from seatrial.web.head import Fact, Head


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source on its way into the snapshot."""

    name: str
    uri: str
    digest: str
    rows: str
    joined: str
    left_out: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """Rows that the plan leaves out."""

    where: str
    because: str
    rows: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the split: its rows, those without a target, the share of each class."""

    name: str
    rows: str
    share: float
    unlabelled: str
    classes: str
    used_for: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column: what it is, where from, what for."""

    name: str
    kind: str
    source: str
    role: str
    digest: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The page."""

    head: Head
    sources: tuple[SourceRow, ...]
    excluded: tuple[Excluded, ...]
    repeats: str
    parts: tuple[PartRow, ...]
    split: str
    columns: tuple[ColumnRow, ...]
    command: str


_USES = {
    "train": "candidates are fitted on it",
    "dev": "thresholds and the best family are chosen on it",
    "test": "claims are judged on it; training never reads it",
}


def view(facts: Facts, asked: Mapping[str, str]) -> Dataset:  # noqa: ARG001 — all pages are asked alike
    """What the page of the data shows."""
    snapshot, split = facts.chain.snapshot, facts.chain.split
    data = facts.project.plan.text.data
    dropped = sum(each.rows for each in snapshot.exclusions) + sum(
        each.dropped for each in snapshot.sources
    )
    told = (
        Fact("Snapshot", "", short(snapshot.id)),
        Fact("Rows", numbers.count(snapshot.rows)),
        Fact("Columns", str(len(snapshot.columns))),
        Fact("Key", "", ", ".join(data.keys)),
        Fact("Target", "", facts.project.plan.text.task.target),
    )
    left = f", and {numbers.count(dropped)} are left out" if dropped else ", and none is left out"
    title = f"{numbers.count(snapshot.rows)} rows are frozen{left}."
    lede = "Everything that was measured names this snapshot by its digest. A changed file makes a new one."
    parts = {name: split.parts[name] for name in PARTS}
    total = sum(part.rows for part in parts.values()) or 1
    unit = f", whole {data.unit}s together" if data.unit else ""
    return Dataset(
        Head(title, lede, told),
        tuple(_source(each, facts) for each in snapshot.sources),
        tuple(
            Excluded(each.where, each.because, numbers.count(each.rows))
            for each in snapshot.exclusions
        ),
        _repeats(snapshot.duplicate_rows, snapshot.repeated_keys),
        tuple(_part(name, part, total) for name, part in parts.items()),
        f"by {data.split.by}{unit}",
        tuple(
            ColumnRow(
                each.name, each.kind, each.source, _role(each.name, facts), short(each.digest)
            )
            for each in snapshot.columns
        ),
        "seatrial check schema"
        if any(each.id == "schema" for each in facts.checked.claims)
        else "seatrial check",
    )


def _source(report: SourceReport, facts: Facts) -> SourceRow:
    uri = facts.project.plan.text.data.sources[report.name].uri
    joined = "the first source"
    if report.join_keys:
        found = (
            f"{numbers.count(report.unmatched)} rows found no partner"
            if report.unmatched
            else "every row found a partner"
        )
        joined = f"joined on {', '.join(report.join_keys)}; {found}"
    left_out = [
        f"{numbers.count(count)} {what}"
        for count, what in (
            (report.dropped, "rows dropped by the join"),
            (report.unused, "rows unused"),
            (report.repeated_keys, "repeated keys"),
        )
        if count
    ]
    return SourceRow(
        report.name,
        uri,
        short(report.digest),
        numbers.count(report.rows),
        joined,
        ", ".join(left_out),
    )


def _repeats(rows: int, keys: int) -> str:
    if not rows and not keys:
        return "No row repeats another, and no key stands twice."
    return f"{numbers.count(rows)} rows repeat an earlier one and {numbers.count(keys)} keys stand twice; both are counted and kept."


def _part(name: str, part: SplitPart, total: int) -> PartRow:
    labelled = sum(part.classes.values())
    shares = ", ".join(
        f"{label} {words.per_cent(count / labelled)}" for label, count in part.classes.items()
    )
    return PartRow(
        name,
        numbers.count(part.rows),
        part.rows / total,
        numbers.count(part.unlabelled) if part.unlabelled else "none",
        shares if labelled else "",
        _USES.get(name, ""),
    )


def _role(name: str, facts: Facts) -> str:
    chain, data = facts.chain, facts.project.plan.text.data
    roles = {
        "target": name in chain.target_columns,
        "key": name in data.keys,
        "time": name == data.time,
        "forbidden": name in data.features.forbid,
        "dropped": name in data.features.drop,
        "context": name in data.context,
        "feature": name in chain.features,
        "read by features": name in chain.hidden,
    }
    return ", ".join(role for role, holds in roles.items() if holds) or "not used"
