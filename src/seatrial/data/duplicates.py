"""Rows that stand in training and again in dev or test, told from rows that are alike by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs

DIGITS = 6
"""Significant digits in which two numbers must agree to be called equal."""

_FEWEST_ROWS = 3
_TIMES_CHANCE = 3.0
_TIMES_DEPENDENCE = 50.0
_EXCESS = 0.5
_OFTEN_DIFFERED = 1.1
_FEWEST_COLUMNS = 3
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, Knuth's multiplicative hashing
_SHIFT = np.uint64(29)
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class SharedRows:
    """Held-out rows that stand in training too.

    Attributes:
        rows: How many.
        by_chance: How many chance explains, by the column that speaks the clearest.
    """

    rows: int
    by_chance: float


def shared_rows(
    features: pl.DataFrame, target: npt.NDArray[Any], codes: npt.NDArray[np.uint8]
) -> SharedRows | None:
    """Count held-out rows that agree with a row of training in all columns and the target.

    Rows of few columns with few values agree by chance. So each column in turn is left out: among
    the held-out rows that agree with training in all *other* columns, chance gives the number that
    would agree in this one as well, from how frequent the row's value is. Copied rows exceed that
    number whichever column is left out; one column that explains them clears the data.

    Columns that depend on each other agree more often than that. So there must be more: either far
    too many rows stand there exactly twice for independent rows of *any* distribution, or a column
    that isn't bound by the others agrees at least 50 times as often as by chance. So a few copies
    are found if some column has many values; in a table of small numbers and levels alone, they are
    found when about a third of the held-out rows are copies.

    Args:
        features: (n_rows, n_features).
        target: (n_rows,) codes or numbers.
        codes: (n_rows,) uint8: 0 train, 1 dev, 2 test.

    Returns:
        None if there are fewer than 3 such rows, or chance explains them.
    """
    columns = [*_hashes(features), *_hashes(pl.DataFrame({"target": target}))]
    columns = [column for column in columns if (column != column[0]).any()]
    said = _testimonies(columns, codes) if columns else []
    proofs = _proofs(said)
    if not proofs:
        return None
    if not _too_many_pairs(columns) and not _holds_without_idle_columns(columns, codes):
        return None
    return SharedRows(proofs[0].rows, min(each.chance for each in proofs))


@dataclass(frozen=True, slots=True)
class _Testimony:
    """What one column says of the rows that agree.

    Attributes:
        column: Its place.
        rows: Held-out rows that agree with training in all columns.
        candidates: Those that agree in all others.
        chance: Those of the candidates that would agree in this one by chance.
    """

    column: int
    rows: int
    candidates: int
    chance: float

    @property
    def has_power(self) -> bool:
        """Whether it could speak against chance, if all candidates agreed."""
        return _exceeds(self.candidates, self.chance)

    @property
    def is_surprising(self) -> bool:
        """Whether more agree than chance allows."""
        return _exceeds(self.rows, self.chance)

    @property
    def is_proof(self) -> bool:
        """Whether it is surprising and also far more, or most of what could be."""
        many = self.rows >= _TIMES_CHANCE * self.chance
        most = self.rows - self.chance >= _EXCESS * (self.candidates - self.chance)
        return self.is_surprising and (many or most)

    @property
    def is_strong(self) -> bool:
        """Whether no dependence between columns can explain it."""
        return self.is_surprising and self.rows >= _TIMES_DEPENDENCE * self.chance

    @property
    def never_differed(self) -> bool:
        """Whether almost all rows that agree in the others agree here."""
        return self.candidates < _OFTEN_DIFFERED * self.rows


def _proofs(said: list[_Testimony]) -> list[_Testimony]:
    """Columns that prove copies; none if a single one that has power to do so doesn't."""
    powerful = [each for each in said if each.has_power]
    return powerful if all(each.is_proof for each in powerful) else []


def _holds_without_idle_columns(columns: list[Hashes], codes: npt.NDArray[np.uint8]) -> bool:
    """Whether a column that could have differed is strong proof.

    A column that follows from others never differs where they agree, and so proves nothing. Such
    columns are dropped, every other one at a time, until one that is left could have differed.
    """
    while True:
        proofs = _proofs(_testimonies(columns, codes))
        strong = [each for each in proofs if each.is_strong]
        idle = sorted(
            (each for each in strong if each.never_differed), key=lambda each: each.chance
        )
        if len(idle) < len(strong) or not strong or len(columns) <= _FEWEST_COLUMNS:
            return bool(strong)
        dropped = {each.column for each in idle[::2]}
        columns = [column for index, column in enumerate(columns) if index not in dropped]


def _too_many_pairs(columns: list[Hashes]) -> bool:
    """Whether more rows stand there exactly twice than any distribution of rows allows.

    However columns depend on each other, the number of different rows that stand there r times is
    a mixture of Poisson's, so with N for these numbers N2 ** 2 <= 3 / 2 * N1 * N3 (Cauchy and
    Schwarz). Copies made once break this.
    """
    _, times = np.unique(np.sum(columns, axis=0, dtype=np.uint64), return_counts=True)
    once, twice, thrice = (float((times == r).sum()) for r in (1, 2, 3))
    thrice += 2.0 * np.sqrt(thrice) + 3.0
    return bool(twice - 3.0 * np.sqrt(twice) > np.sqrt(1.5 * once * thrice))


def _testimonies(columns: list[Hashes], codes: npt.NDArray[np.uint8]) -> list[_Testimony]:
    whole: Hashes = np.asarray(np.sum(columns, axis=0, dtype=np.uint64))
    train, held_out = codes == 0, codes > 0
    rows = int((held_out & np.isin(whole, whole[train])).sum())
    if rows < _FEWEST_ROWS:
        return []
    said = [_chance(column, whole - column, train, held_out) for column in columns]
    return [
        _Testimony(index, rows, candidates, chance)
        for index, (chance, candidates) in enumerate(said)
    ]


def _chance(
    column: Hashes, rest: Hashes, train: npt.NDArray[np.bool_], held_out: npt.NDArray[np.bool_]
) -> tuple[float, int]:
    """Held-out rows expected to agree in this column too, and those that agree in the others."""
    others, times = np.unique(rest[train], return_counts=True)
    place = np.minimum(np.searchsorted(others, rest), len(others) - 1)
    candidates = held_out & (others[place] == rest)
    _, value, frequency = np.unique(column, return_inverse=True, return_counts=True)
    # without the row and one copy of it, so that a value of a copied row alone has no chance
    likely = np.maximum(frequency[value[candidates]] - 2, 0) / max(len(column) - 2, 1)
    partners = times[place[candidates]]
    return float(np.sum(1.0 - (1.0 - likely) ** partners)), int(candidates.sum())


def _exceeds(rows: int, chance: float) -> bool:
    """Whether a count is more than 4 standard errors above its expectation (Poisson's)."""
    return bool(rows - chance > 4.0 * np.sqrt(max(chance, 0.25)))


def _hashes(frame: pl.DataFrame) -> list[Hashes]:
    """(n_rows,) uint64 of each column."""
    names = pl.Series(frame.columns, dtype=pl.String).hash().to_numpy()
    hashed = frame.select(cs.float().fill_nan(None).round_sig_figs(DIGITS), ~cs.float())
    found = hashed.select(pl.col(frame.columns).hash(seed=0))
    return [
        _mixed(found[name].to_numpy(), salt)
        for name, salt in zip(found.columns, names, strict=True)
    ]


def _mixed(raw: Hashes, salt: np.uint64) -> Hashes:
    """Sums of hashes are compared, so equal columns must not cancel or share a pattern."""
    salted = (raw + np.uint64(1)) * _MIX ^ salt
    mixed: Hashes = (salted ^ (salted >> _SHIFT)) * _MIX
    return mixed
