"""Make a project from a data file: infer what can be seen, draft the rest, say why."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.errors import ConflictError, UserError
from seatrial.core.estimate import Estimate
from seatrial.records.rule import Rule
from seatrial.reports import numbers
from seatrial.reports.dataset import described
from seatrial.verbs.chain import Chain
from seatrial.verbs.draft import DraftedClaim, Simple, plan_text
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import PLAN, Project
from seatrial.verbs.scaffold import write_project
from seatrial.verbs.scaffold_full import package_name

if TYPE_CHECKING:
    from seatrial.data.infer import Roles
    from seatrial.evaluation import Predictions

Told = Callable[[str], None]
LAYOUTS = ("small", "full")


@dataclass(frozen=True, slots=True)
class Made:
    """A project that was made.

    Attributes:
        name: Its name, and that of its folder.
        rows: Rows of the file.
        columns: Columns of the file.
        assumptions: What was assumed, and why, as pairs.
        written: Files, from the folder that the command ran in.
        claims: How many claims were drafted.
    """

    name: str
    rows: int
    columns: int
    assumptions: tuple[tuple[str, str], ...]
    written: tuple[Path, ...]
    claims: int


def init(
    name: str,
    data: Path,
    *,
    target: str | None = None,
    layout: str = "small",
    tell: Told = lambda _line: None,
) -> Made:
    """Make a project in a new folder.

    Args:
        name: Small letters, digits and hyphens.
        data: A CSV, TSV or Parquet file.
        target: The column to predict; guessed if None.
        layout: ``small``, or ``full`` for a package with data, models and an API.
        tell: Told what is going on.

    Raises:
        UserError: the name or the layout can't be used.
        ConflictError: the folder is there already, with something in it.
        DataError: the file can't be used, or no column can be the target.
    """
    folder = _demand(name, layout)
    from seatrial.data.infer import roles
    from seatrial.data.sources import names_its_columns, read

    tell(f"Reading {data.name}")
    address = str(data.resolve())
    header = names_its_columns(address, root=Path())
    frame = read(address, root=Path(), header=header)
    seen = roles(frame, target=target, name=data.name)
    tell("Looking for a rule")
    uri = os.path.relpath(address, folder.resolve())
    source = (_source_name(data), uri)
    rule, quality, claims = _drafts(name, (source[0], address), seen, header=header)
    own = [f"{package_name(name)}.models:network"] if layout == "full" else []
    families, lacking = families_for(seen)
    text = plan_text(
        name,
        source=source,
        seen=seen,
        rule=rule,
        claims=claims,
        candidates=[*families, *own],
        header=header,
    )
    about = described(
        rows=frame.height,
        columns=frame.columns,
        sources=dict([source]),
        target=seen.target,
        key=seen.key,
    )
    written = write_project(folder, name, text, layout=layout, described=about)
    return Made(
        name,
        frame.height,
        frame.width,
        (*_assumptions(seen, rule, quality, header=header), *lacking),
        tuple(written),
        len(claims),
    )


def _demand(name: str, layout: str) -> Path:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,79}", name):
        hint = "small letters, digits and hyphens, as in flight-delays"
        raise UserError(f"`{name}` can't name a project", hint=hint)
    if layout not in LAYOUTS:
        raise UserError(f"there is no layout {layout}", hint=f"one of {', '.join(LAYOUTS)}")
    if layout == "full":
        package_name(name)
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(
            f"{name} is there already", where=str(folder), hint="choose another name, or remove it"
        )
    return folder


def _source_name(data: Path) -> str:
    stem = re.sub(r"[^a-z0-9_]+", "_", data.name.split(".")[0].lower()).strip("_")
    return stem or "data"


def families_for(seen: Roles) -> tuple[list[str], list[tuple[str, str]]]:
    """Families that suit a task, and those for which something isn't installed, with the way to it."""
    from seatrial.models.ladder import lacks

    families = {"text": ["tfidf"], "image": ["pixels"]}.get(seen.task, ["linear", "boosted"])
    further = [
        *(["sentence"] if seen.text else []),
        *(["convolutional"] if seen.images else []),
        *(["recurrent"] if seen.task == "forecast" else []),
    ]
    lacking = [
        (f"without {family}", f"{command}, then add it")
        for family in further
        if (command := lacks(family)) is not None
    ]
    return [*families, *(each for each in further if lacks(each) is None)], lacking


def _drafts(
    name: str, source: tuple[str, str], seen: Roles, *, header: bool
) -> tuple[Rule | None, Estimate | None, list[DraftedClaim]]:
    """Find the rule on train, and bounds that it keeps on dev; the test part is not read."""
    scratch = Path(tempfile.mkdtemp(prefix="seatrial-"))
    try:
        plan = plan_text(name, source=source, seen=seen, rule=None, claims=[], header=header)
        (scratch / PLAN).write_text(plan, encoding="utf-8")
        project = Project(scratch)
        drafted = _from_data(project)
        project.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return drafted


def _from_data(project: Project) -> tuple[Rule | None, Estimate | None, list[DraftedClaim]]:
    from seatrial.evaluation import measure
    from seatrial.models.one_rule import find_rule
    from seatrial.verbs.draft import FLOOR, draft_claims

    chain = Chain(project)
    materials = Materials(chain)
    looked_up = [name for name in chain.features if name not in {*chain.text, *chain.images}]
    train = materials.raw("train", looked_up)
    rule = find_rule(train, materials.truth("train"), chain.classes)
    simple = _simple(chain, rule)
    on_dev = {each.family: _answers(chain, materials, each.family, rule) for each in simple}
    quality = measure(FLOOR[chain.task], on_dev["rule"]).estimate if "rule" in on_dev else None
    best = min(simple, key=lambda each: _error(on_dev[each.family]))
    claims = draft_claims(
        chain, best, on_dev[best.family], groups=_group_columns(chain, materials, looked_up)
    )
    return rule, quality if quality is not None and quality.measured else None, claims


def _simple(chain: Chain, rule: Rule | None) -> list[Simple]:
    """Simple answers, the one that is to be beaten first where they are no numbers."""
    found = [Simple("rule", "the rule", "rule")] if rule is not None else []
    lags = chain.plan.text.data.lags
    if lags is not None:
        found.append(Simple("naive", "the last known value", "naive"))
    if lags is not None and lags.season is not None:
        found.append(Simple("seasonal_naive", "the value a season ago", "seasonal_naive"))
    constant = "majority" if chain.classes else "mean"
    return found or [Simple(constant, "the constant answer", None)]


def _error(on_dev: Predictions) -> float:
    """Mean absolute error of numbers; of classes all are taken alike."""
    if on_dev.classes:
        return 0.0
    return float(np.abs(on_dev.decided - on_dev.truth).mean())


def _answers(chain: Chain, materials: Materials, family: str, rule: Rule | None) -> Predictions:
    """What a baseline says of dev."""
    from seatrial.data.schema import infer
    from seatrial.models.ladder import Sample, fit
    from seatrial.records.candidate import NAIVE
    from seatrial.records.contract import Contract
    from seatrial.scoring.archive import finish
    from seatrial.scoring.format import Header

    names = [chain.repeated_column(family)] if family in NAIVE else list(chain.features)
    asked = infer(materials.frame("train", names), names) if family in NAIVE else ()
    contract = Contract(chain.task, asked, classes=chain.classes)
    sample = Sample(materials.raw("train", names), materials.truth("train"))
    fitted = fit(family, contract, sample, {}, rule=rule)
    scores = fitted.form.scores(np.empty((0, 0)), materials.raw("dev", names))
    answers = finish(Header(fitted.kind, family, contract), scores)
    joined = np.column_stack(
        [np.nan_to_num(answers.scores.reshape(len(answers.decided), -1)), answers.decided]
    )
    return as_predictions(
        chain, joined, materials.truth("dev"), materials.units("dev"), rule=fitted.kind == "rule"
    )


FEWEST_GROUPS, MOST_GROUPS = 2, 8
_FEWEST_ROWS = 100


def _group_columns(
    chain: Chain, materials: Materials, looked_up: Sequence[str]
) -> list[tuple[str, str]]:
    """Columns whose groups are held against each other, and why: those of the context, else one of the others.

    Two of the groups at least must have 100 rows of dev and 30 positives; outside of the context all of them.
    """
    if chain.task != "binary":
        return []
    context = chain.plan.text.data.context
    found, others = [], []
    for name in (*context, *looked_up):
        groups, large = _groups(chain, materials, name)
        if not FEWEST_GROUPS <= len(groups) <= MOST_GROUPS or large < FEWEST_GROUPS:
            continue
        if name in context:
            found.append((name, f"groups: {', '.join(map(str, groups))}"))
        elif large == len(groups) and chain.snapshot.kinds[name] in {"text", "boolean"}:
            others.append((name, f"{name} makes groups of 100 rows and more"))
    return found or others[:1]


def _groups(chain: Chain, materials: Materials, name: str) -> tuple[list[object], int]:
    """Levels of a column in dev, and how many of them have rows and positives enough."""
    from seatrial.evaluation.measurement import FEWEST_RELEVANT

    is_positive = materials.truth("dev") == len(chain.classes) - 1
    values = materials.frame("dev", [name])[name]
    rows = dict(values.drop_nulls().value_counts().iter_rows())
    positive = dict(values.filter(is_positive).drop_nulls().value_counts().iter_rows())
    large = sum(
        count >= _FEWEST_ROWS and positive.get(level, 0) >= FEWEST_RELEVANT
        for level, count in rows.items()
    )
    return sorted(rows, key=str), large


def _assumptions(
    seen: Roles, rule: Rule | None, quality: Estimate | None, *, header: bool
) -> Sequence[tuple[str, str]]:
    pairs = [(f"{seen.task}, target {seen.target}", seen.target_because)]
    if not header:
        pairs.append(("no header", "the first line is a row; columns are column_1, column_2 ..."))
    pairs.append((f"key {', '.join(seen.key)}", seen.key_because))
    pairs.append((f"time {seen.time.value}" if seen.time.value else "no time", seen.time.because))
    pairs.append((f"unit {seen.unit.value or 'the row'}", seen.unit.because))
    pairs.append((f"split by {seen.split.value} 0.6, 0.2, 0.2", seen.split.because))
    if seen.course is not None:
        pairs.append((f"horizon {seen.course.step}", seen.course.step_because))
        if seen.course.hour is not None:
            why = f"{seen.time.value} holds the day alone; with {seen.course.hour} no time repeats"
            pairs.append((f"hour {seen.course.hour}", why))
        pairs.append((f"lags {', '.join(seen.course.back)}", seen.course.because))
    pairs += [(f"image {each.value}", each.because) for each in seen.images]
    listed = {
        "text": seen.text,
        "forbid": seen.forbid,
        "context": seen.context,
        "drop": seen.drop,
    }
    for verb, choices in listed.items():
        pairs += [(f"{verb} {choice.value}", choice.because) for choice in choices]
    if rule is not None and quality is not None:
        metric = {"fraction": "precision" if rule.is_condition else "accuracy"}.get(
            quality.unit, "mean absolute error"
        )
        pairs.append(
            (
                f"fallback {rule}" if rule.is_condition else f"fallback by {rule.columns[0]}",
                f"best rule of one column on train: {metric} {numbers.whole(quality)} on dev",
            )
        )
    return pairs
