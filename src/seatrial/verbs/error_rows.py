"""Where wrong answers are looked for: rows of the split, or logged decisions whose outcome is known."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seatrial.core.errors import ConflictError, NotFoundError, UserError
from seatrial.verbs.error_records import PART, PARTS, PRODUCTION

if TYPE_CHECKING:
    import polars as pl

    from seatrial.evaluation import Predictions
    from seatrial.records.candidate import Candidate
    from seatrial.verbs.materials import Materials
    from seatrial.verbs.project import Project
    from seatrial.verbs.watching import Watching


FAR = 0.8
"""Of numbers: answers further off than this share of all are taken for wrong."""


class Rows(Protocol):
    """Rows, and what a candidate answered to each."""

    @property
    def artefact(self) -> str:
        """Digest of the candidate's archive."""

    @property
    def answers(self) -> Predictions:
        """Its answers, with the truth."""

    @property
    def keys(self) -> pl.DataFrame:
        """What names each row."""

    def frame(self, names: Sequence[str]) -> pl.DataFrame:
        """Columns of the rows, those of them that are known here."""


class OfPart:
    """Rows of a part of the split, answered by the kept candidate."""

    def __init__(self, materials: Materials, candidate: Candidate, part: str) -> None:
        self._materials, self._candidate, self._part = materials, candidate, part
        self.artefact = candidate.artefact

    @property
    def answers(self) -> Predictions:
        """Its answers, with the truth."""
        return self._materials.predictions(self._candidate, self._part)

    @property
    def keys(self) -> pl.DataFrame:
        """What names each row."""
        return self.frame(self._materials.chain.plan.text.data.keys)

    def frame(self, names: Sequence[str]) -> pl.DataFrame:
        """Columns of the rows."""
        return self._materials.frame(self._part, names)


class OfLog:
    """Mature decisions of the newest release whose outcome is known, answered by its candidate.

    Raises:
        NotFoundError: nothing is released, or no outcome is known yet.
    """

    def __init__(self, project: Project) -> None:
        from seatrial.verbs.follow import Tables
        from seatrial.verbs.watching import Watching

        watching = Watching(project, Tables(project), before=None)
        self._served = watching.whole
        if not self._served.judged.any():
            raise _unjudged(watching)
        assert watching.manifest.candidate is not None
        self.artefact = watching.manifest.candidate.artefact

    @cached_property
    def answers(self) -> Predictions:
        """The candidate's answers, with the outcomes."""
        return self._served.predictions(self._served.judged)

    @property
    def keys(self) -> pl.DataFrame:
        """What names each row."""
        return self.frame(["@id"])

    def frame(self, names: Sequence[str]) -> pl.DataFrame:
        """Columns of the rows, those of them that are on the log."""
        import polars as pl

        known = [name for name in names if name in self._served.frame.columns]
        return self._served.frame.select(known).filter(pl.Series(self._served.judged))


def _unjudged(watching: Watching) -> NotFoundError:
    release, within = watching.stretch.newest.release, watching.plan.text.watch.outcome_within
    if watching.frame["@outcome"].is_not_null().any():
        fact = f"no outcome of release {release} has had its time yet"
        return NotFoundError(
            fact, hint=f"`watch.outcome_within` is {within}; later: seatrial watch"
        )
    fact = f"no outcome of release {release} is known yet"
    return NotFoundError(fact, hint="post outcomes to the server, then: seatrial watch")


def rows_of(
    project: Project, materials: Materials, candidate: Candidate, part: str, *, look: bool
) -> Rows:
    """Rows of a part.

    Args:
        project: The project.
        materials: Rows of the split.
        candidate: The kept one.
        part: One of :data:`PARTS`.
        look: Whether the log is read on, and the candidate asked; else only what is on file is read.

    Raises:
        UserError: there is no such part, or it is not to be looked at.
        NotFoundError: nothing is on file.
    """
    if part not in PARTS:
        fact = "wrong answers to the test part are not looked at: it would be worn out"
        if part != "test":
            fact = f"there is no part {part!r}"
        raise UserError(fact, hint=f"one of {', '.join(PARTS)}")
    if part == PRODUCTION:
        if look:
            read_log(project)
        return OfLog(project)
    if part != PART and not look and materials.predictions_digest(candidate, part) is None:
        fact = f"the candidate was not asked about {part} yet"
        raise NotFoundError(fact, hint=f"seatrial errors --on {part}")
    return OfPart(materials, candidate, part)


def read_log(project: Project) -> None:
    """Read what was logged since; a follower that is at work does so by itself."""
    from seatrial.verbs.follow import Follower

    with suppress(ConflictError), Follower(project) as follower:
        follower.read_on()


def ranks(column: Any, places: Any) -> Any:
    """Share of all values that lie below those at some places; NaN for a missing one."""
    values = column.cast(float).to_numpy()
    known = np.sort(values[~np.isnan(values)])
    found = np.searchsorted(known, values[places]) / max(len(known) - 1, 1)
    return np.where(np.isnan(values[places]), np.nan, np.minimum(found, 1.0))


def wrong_of(answers: Predictions, *, like: Predictions | None = None) -> Any:
    """Which answers are wrong, (n_rows,) bool.

    Of numbers those that are further off than four fifths of the answers are, or of those they are held against.
    """
    if answers.task != "regression":
        return np.asarray(answers.decided) != answers.truth
    return np.abs(answers.errors) > np.quantile(np.abs((like or answers).errors), FAR)


def told(answers: Predictions, place: int) -> tuple[str, str, float]:
    """What was said, what is true, and how wrong it is."""
    if answers.task == "regression":
        said, truth = float(answers.decided[place]), float(answers.truth[place])
        return f"{said:.4g}", f"{truth:.4g}", abs(said - truth)
    decided, truth = int(answers.decided[place]), int(answers.truth[place])
    names = answers.classes
    if not answers.states_probabilities:
        return names[decided], names[truth], float(decided != truth)
    given = answers.scores[place]
    loss = -float(np.log(max(float(given[truth]), 1e-12)))
    return f"{names[decided]}, {given[decided]:.2f}", names[truth], loss
