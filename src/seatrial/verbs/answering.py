"""Answer one row with the candidate that was kept. Loads what scoring needs, and no training library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.digest import short
from seatrial.core.errors import NotFoundError, UserError
from seatrial.verbs.project import PLAN, Project

if TYPE_CHECKING:
    from seatrial.scoring.archive import Scorer


@dataclass(frozen=True, slots=True)
class Answering:
    """An opened candidate that answers rows; every kind of model in the same words.

    Attributes:
        candidate: Its short name.
        scorer: The opened archive.
    """

    candidate: str
    scorer: Scorer

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that a row must have, in order."""
        return tuple(each.name for each in self.scorer.header.contract.features)

    def answer(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one row.

        Args:
            row: Values by column; None where one is missing. Other columns are left aside.

        Returns:
            ``decision``, a class or a number; ``scores``, a probability for each class, or None where
            the candidate claims none; ``candidate``, the name of what answered.

        Raises:
            UserError: the row lacks a column.
        """
        asked = self._asked(row)
        answers = self.scorer.answer({name: _column(row[name]) for name in asked} or {"": [None]})
        classes = self.scorer.header.contract.classes
        if not classes:
            decision: str | float = float(answers.decided[0])
            return {"decision": decision, "scores": None, "candidate": self.candidate}
        scores = [float(each) for each in answers.scores[0]]
        claimed = dict(zip(classes, scores, strict=True)) if np.isfinite(scores).all() else None
        decision = classes[int(answers.decided[0])]
        return {"decision": decision, "scores": claimed, "candidate": self.candidate}

    def _asked(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        lacking = [name for name in self.features if name not in row]
        if lacking:
            hint = "give each column; None where its value is missing"
            raise UserError(f"the row lacks {', '.join(lacking)}", hint=hint)
        return self.features


def _column(value: Any) -> Any:
    column = np.empty(1, dtype=object)
    column[0] = value
    return column


def kept(project: Project, family: str | None = None) -> Answering:
    """Open the candidate that the last training kept.

    Args:
        project: The project.
        family: Another rung of the same training; the kept one if None.

    Raises:
        NotFoundError: nothing was trained, or there was no such rung.
        ArchiveError: the archive may not be opened.
    """
    from seatrial.scoring.archive import open_archive

    entry = project.ledger.newest("selection", _name(project))
    if entry is None:
        raise NotFoundError("no candidate has been trained", hint="start with: seatrial train")
    wanted, rungs = family or str(entry.payload["chosen"]), entry.payload["dev"]
    if wanted not in rungs:
        raise NotFoundError(
            f"no candidate is called {wanted}", hint=f"there are {', '.join(rungs)}"
        )
    artefact = str(rungs[wanted]["artefact"])
    data = project.blobs.get(artefact)
    return Answering(short(artefact), open_archive(data, root=project.root, expected=artefact))


def _name(project: Project) -> str:
    """The project's name, read without the machinery that checks a whole plan."""
    from ruamel.yaml import YAML

    text = (project.root / PLAN).read_text(encoding="utf-8-sig")
    return str(YAML(typ="safe", pure=True).load(text)["project"])
