"""Run the whole way once, from the raw sources to an archive that answers, beside what is on file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.digest import digest
from seatrial.core.errors import SeatrialError
from seatrial.verbs.chain import Chain
from seatrial.verbs.project import Project, actor

if TYPE_CHECKING:
    from seatrial.store import Blobs, Ledger


class Scratch(Project):
    """The same plan, sources and code, with a state of its own; nothing that is on file is reused.

    Args:
        project: The project.
        state: An empty folder.
    """

    def __init__(self, project: Project, state: Path) -> None:
        super().__init__(project.root, clock=project.clock)
        self._own = state

    @property
    def state(self) -> Path:
        """The folder for what is written."""
        return self._own

    @cached_property
    def ledger(self) -> Ledger:
        """A ledger of its own, whatever the environment says."""
        from seatrial.store import Ledger

        me = self._installation
        return Ledger.open(
            str(self._own / "ledger.db"),
            installation=me["id"],
            clock=self.clock,
            actor=actor(),
            secret=bytes.fromhex(me["secret"]),
        )

    @cached_property
    def blobs(self) -> Blobs:
        """Blobs of its own, whatever the environment says."""
        from seatrial.store import Blobs

        return Blobs.open(str(self._own / "blobs"), cache=self._own / "cache")


def made_of(chain: Chain) -> str:
    """Name of all that a run of the whole way reads."""
    families = ["majority" if chain.classes else "mean", *chain.plan.text.train.candidates]
    return digest(
        [chain.snapshot_key, chain.split_key, [chain.recipe(each).digest for each in families]]
    )


def run(project: Project) -> tuple[bool, str]:
    """Go the whole way in a folder that is thrown away.

    Returns:
        Whether it came to an answer, and a sentence: what came out, or which step failed and why.
    """
    with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
        scratch = Scratch(project, Path(folder))
        chain = Chain(scratch)
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("reading the sources", lambda: chain.snapshot),
            ("dividing the rows", lambda: chain.split),
            ("training", scratch.train),
            ("answering", lambda: _answered(scratch, chain)),
        )
        try:
            for name, step in steps:
                try:
                    found = step()
                except SeatrialError as error:
                    return False, f"{name} failed: {error}"
                except Exception as error:  # noqa: BLE001 — the user's code may raise anything
                    return False, f"{name} raised {type(error).__name__}: {error}"
            return True, f"{chain.snapshot.rows:,} rows became {found}, which answers"
        finally:
            scratch.close()


def _answered(scratch: Project, chain: Chain) -> str:
    """Ask what was kept about a row of dev; give its short name."""
    from seatrial.verbs.materials import Materials

    kept = scratch.kept()
    row = Materials(chain).sample("dev", kept.features, rows=1)[0]
    kept.answer(row)
    return kept.candidate
