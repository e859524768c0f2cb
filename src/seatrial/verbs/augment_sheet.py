"""Ask people whether they still get changed rows right: a sheet to fill in, and what came back."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import ConflictError, NotFoundError, UserError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.records import image
from seatrial.records.candidate import is_baseline
from seatrial.records.contract import Contract
from seatrial.scoring.encode import typed
from seatrial.verbs.augment import applied, demand
from seatrial.verbs.augmentations import PEOPLE, SHEET, people_key
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project
from seatrial.verbs.trainer import Trainer

ROWS = 60
"""Changed rows that people are asked about; half as many real ones stand among them."""
FEWEST = 20
"""Answers to changed rows from which a share is told."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows for people to answer: the file, its rows, and what may stand in an answer."""

    path: Path
    rows: int
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What people answered: of the changed rows and of the real ones, and how many cells stayed empty."""

    name: str
    people: Estimate
    real: Estimate
    empty: int

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object; see ``docs/json.md``."""
        return {
            "name": self.name,
            "people": self.people.to_json(),
            "people_on_real_rows": self.real.to_json(),
            "empty": self.empty,
        }


def sheet(project: Project, name: str, path: Path, *, rows: int = ROWS) -> Sheet:
    """Write rows for people to answer: changed ones and real ones, in one order, as many of each class.

    Images are written as PNG files into a folder beside it.

    Args:
        project: The project.
        name: Of the augmentation.
        path: A CSV file that isn't there yet.
        rows: Changed rows; half as many real ones are added.

    Raises:
        NotFoundError: the plan has no such augmentation.
        ConflictError: the file is there already.
        UserError: too few rows, or the file can't be written.
    """
    chain = Chain(project)
    demand(chain, name)
    if rows < FEWEST:
        raise UserError(f"a sheet has at least {FEWEST} changed rows, got {rows}")
    if path.exists():
        raise ConflictError(f"{path} is there already", hint="choose another name")
    materials = Materials(chain)
    family = next(each for each in chain.plan.text.train.candidates if not is_baseline(each))
    contract, _ = Trainer(chain, materials).contract(family)
    asked = [each.name for each in contract.features]
    columns = typed(contract, materials.raw("dev", asked))
    changed, which = applied(chain, name, contract, columns)
    truth, units = materials.truth("dev"), materials.units("dev")
    number = secrets.token_hex(4)
    random = np.random.default_rng(int(number, 16))
    classes = truth if chain.classes else np.zeros(len(truth))
    altered = _balanced(np.flatnonzero(which), classes, rows, random)
    rest = np.setdiff1d(np.arange(len(truth)), altered)
    real = _balanced(rest, classes, rows // 2, random)
    if len(altered) < FEWEST:
        raise UserError(f"{name} changes {len(altered)} rows of dev; {FEWEST} are needed")
    drawn = [(place, True) for place in altered] + [(place, False) for place in real]
    drawn = [drawn[place] for place in random.permutation(len(drawn))]
    written, cases = [], {}
    for at, (place, is_changed) in enumerate(drawn):
        case = f"{number}-{at:03d}"
        given = changed if is_changed else columns
        written.append({"case": case} | {each: given[each][place] for each in asked})
        known = truth[place]
        cases[case] = {
            "truth": chain.classes[known] if chain.classes else float(known),
            "unit": int(units[place]),
            "changed": is_changed,
        }
    _write(path, contract, written)
    key = people_key(project, chain.plan, name)
    project.ledger.append(SHEET, {"name": name, "key": key, "cases": cases}, key=number)
    return Sheet(path, len(drawn), chain.classes)


def answers(project: Project, path: Path, *, by: str) -> Answers:
    """Take a sheet that people filled in, and file how many they got right.

    Raises:
        UserError: it is no sheet, an answer can't be one, or there are too few of them.
        NotFoundError: no sheet of this project has these cases.
        ConflictError: the function was changed since the sheet was written.
    """
    if not by.strip():
        raise UserError("who answered is missing", hint="--by NAME")
    chain = Chain(project)
    given = _read(path)
    number = next(iter(given)).partition("-")[0]
    entry = project.ledger.newest(SHEET, number)
    if entry is None or not set(given) <= set(entry.payload["cases"]):
        raise NotFoundError(
            f"no sheet of this project has the cases of {path.name}",
            hint="keep the column `case` as it was written",
        )
    name, cases = entry.payload["name"], entry.payload["cases"]
    demand(chain, name)
    if people_key(project, chain.plan, name) != entry.payload["key"]:
        fact = f"{name} was changed since this sheet was written"
        raise ConflictError(fact, hint=f"seatrial augment sheet {name} --out FILE")
    within = chain.plan.text.train.augment[name].within
    answered = {case: answer for case, answer in given.items() if answer}
    right = {
        case: _is_right(answer, cases[case]["truth"], chain.classes, within, case)
        for case, answer in answered.items()
    }
    people = _share(right, cases, is_changed=True)
    if people.n < FEWEST:
        fact = f"{people.n} changed rows are answered, and {FEWEST} are needed"
        raise UserError(fact, where=path.name)
    real = _share(right, cases, is_changed=False)
    record = {
        "name": name,
        "sheet": number,
        "by": project.ledger.remember(by.strip()),
        "people": people.to_json(),
        "real": real.to_json(),
        "answers": answered,
    }
    project.ledger.append(PEOPLE, record, key=entry.payload["key"])
    return Answers(name, people, real, len(given) - len(answered))


def _balanced(
    places: NDArray[np.intp], classes: NDArray[Any], rows: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """Draw rows, of each class as many as of the others while it has some."""
    mixed = random.permutation(places)
    order = np.empty(len(mixed))
    for each in np.unique(classes[mixed]):
        own = np.flatnonzero(classes[mixed] == each)
        order[own] = np.arange(len(own)) + random.random()
    return mixed[np.argsort(order, kind="stable")][:rows]


def _write(path: Path, contract: Contract, rows: Sequence[Mapping[str, Any]]) -> None:
    shown = {each.name: each.kind for each in contract.features}
    pictures = path.with_suffix("")
    try:
        if "image" in shown.values():
            pictures.mkdir(parents=True, exist_ok=False)
        with path.open("x", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["case", *shown, "answer"])
            writer.writeheader()
            for row in rows:
                told = {}
                for name, kind in shown.items():
                    told[name] = row[name]
                    if kind == "image" and row[name] is not None:
                        picture = pictures / f"{row['case']}-{name}.png"
                        picture.write_bytes(image.png(image.read(row[name])))
                        told[name] = f"{pictures.name}/{picture.name}"
                writer.writerow({"case": row["case"], **told, "answer": ""})
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}", where=str(path)) from error


def _read(path: Path) -> dict[str, str]:
    """Answers by case."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} can't be read: {error}", where=str(path)) from error
    if not found or not {"case", "answer"} <= set(found[0]):
        fact = f"{path.name} has no columns `case` and `answer`"
        raise UserError(fact, hint="seatrial augment sheet NAME --out FILE writes one")
    return {str(each["case"]): (each["answer"] or "").strip() for each in found}


def _is_right(
    answer: str, truth: Any, classes: Sequence[str], within: float | None, case: str
) -> bool:
    if classes:
        known = {each.casefold(): each for each in classes}
        if answer.casefold() not in known:
            hint = f"one of {', '.join(classes)}"
            raise UserError(f"{answer!r} is no answer", where=f"case {case}", hint=hint)
        return bool(known[answer.casefold()] == truth)
    try:
        return bool(abs(float(answer) - truth) <= (within or 0.0))
    except ValueError:
        raise UserError(f"{answer!r} is no number", where=f"case {case}") from None


def _share(
    right: Mapping[str, bool], cases: Mapping[str, Mapping[str, Any]], *, is_changed: bool
) -> Estimate:
    """Share of the answers that are right; units stay together."""
    from seatrial.stats import wilson_by_unit

    asked = [case for case in right if cases[case]["changed"] is is_changed]
    if not asked:
        return not_measured("none of them is answered")
    units = np.array([cases[case]["unit"] for case in asked])
    return wilson_by_unit(np.array([right[case] for case in asked]), units)
