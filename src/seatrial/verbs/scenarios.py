"""Scenario sets of the plan, beside the parts of the split: their names, rows and expected answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seatrial.core.digest import digest, merge, short
from seatrial.plan.schema import Scenario
from seatrial.records.condition import columns as columns_of
from seatrial.verbs.chain import Chain

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from seatrial.data.scenarios import Cases

TEST = "test"
"""The part whose rows a set with ``where`` is made of: no candidate was trained on them."""


class Sets:
    """The sets of one plan. A file is read when its rows are first needed."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._read: dict[str, Cases] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.chain.plan.text.scenarios

    def __getitem__(self, name: str) -> Scenario:
        return self.chain.plan.text.scenarios[name]

    def condition(self, name: str) -> str | None:
        """What chooses the rows of test; None if the set is a file."""
        return self[name].where

    def digest(self, name: str, *, reads: Sequence[str] = (), also: str = "") -> str:
        """Name what is read of a set.

        Args:
            name: The set.
            reads: Columns that are read; a file is named as a whole.
            also: Digest of what else is read of the part, where it is not a file.

        Raises:
            DataError: its file isn't there.
        """
        from seatrial.data.scenarios import find

        scenario, project = self[name], self.chain.project
        if scenario.rows is not None:
            file = project.fingerprints.of(find(scenario.rows, root=project.root))
            target = self.chain.plan.text.task.target
            return digest(["file", file, scenario.expect or target, list(self.chain.classes)])
        part = self.chain.split.parts[TEST]
        chosen = merge(part.columns[each] for each in self._chosen_by(name))
        return digest([scenario.where, chosen, also, *(part.columns[each] for each in reads)])

    def leaves(self, name: str) -> Mapping[str, str]:
        """Root inputs behind a set, by name and short value."""
        chain, root = self.chain, f"scenarios.{name}"
        told = chain.plan_leaves(f"{root}.rows", f"{root}.where", f"{root}.expect")
        if self[name].rows is not None:
            return {**told, f"scenario {name}": short(self.digest(name))}
        return {**told, **chain.split_leaves, **chain.column_leaves(self._chosen_by(name))}

    def cases(self, name: str) -> Cases:
        """The rows of a set that is a file.

        Raises:
            DataError: it can't be read; each fault with its row.
        """
        from seatrial.data.scenarios import read_cases

        if name not in self._read:
            self._read[name] = read_cases(
                self[name],
                root=self.chain.project.root,
                kinds=self.chain.snapshot.kinds,
                target=self.chain.plan.text.task.target,
                classes=self.chain.classes,
            )
        return self._read[name]

    def frame(self, name: str, names: Sequence[str]) -> pl.DataFrame:
        """Columns of a set that is a file."""
        return self.cases(name).columns(names)

    def units(self, name: str) -> NDArray[np.int64]:
        """The resampled unit of each row of a set that is a file; (n_rows,)."""
        from seatrial.data.scenarios import units

        return units(self.cases(name).frame, self.chain.plan.text.data)

    def mask(self, name: str, condition: str) -> NDArray[np.bool_]:
        """Rows of a set that is a file which meet a condition; (n_rows,) bool."""
        import numpy as np

        from seatrial.plan.grammar import parse_condition
        from seatrial.records.binding import bind
        from seatrial.records.condition import to_closure

        node = parse_condition(condition)
        told = to_closure(bind(node, self.chain.snapshot.kinds))
        cases = self.cases(name)
        cases.columns(columns_of(node))  # says which are not there
        return np.array([told(row) is True for row in cases.frame.iter_rows(named=True)])

    def _chosen_by(self, name: str) -> tuple[str, ...]:
        from seatrial.plan.grammar import parse_condition

        where: Any = self[name].where
        return columns_of(parse_condition(where))
