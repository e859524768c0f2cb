"""What a ledger promises when things go wrong: edits, cuts, kills, crowds and other versions."""

# ruff: noqa: ARG002, D102
# The name of a test is its promise, and a fixture may be asked for its effect.

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from seatrial.core.clock import ManualClock
from seatrial.core.errors import StoreError, TamperedError
from seatrial.store.entry import Entry
from seatrial.store.ledger import Ledger
from seatrial.testing.ledger_fixtures import (
    CHAIN,
    LedgerFixtures,
    child,
    drop_projections,
    open_as,
    overwrite,
)

WRITERS = 4
ENTRIES_EACH = 50

_OPEN = """
import sys
from seatrial.core.clock import SystemClock
from seatrial.store.ledger import Ledger
ledger = Ledger.open(sys.argv[1], installation="laptop", clock=SystemClock(), actor="ada", secret=b"s")
"""

_WRITE_MANY = (
    _OPEN
    + """
for number in range(int(sys.argv[2])):
    ledger.append("run", {"writer": sys.argv[3], "number": number}, key=sys.argv[3])
"""
)

_DIE_AT_A_STATEMENT = (
    _OPEN
    + """
import os, signal
from sqlalchemy import Engine, event
ledger.append("run", {"number": 1})
left = int(sys.argv[2])

def die(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", die)
ledger.append("run", {"number": 2}, key="k", facts={"recall": 0.5})
"""
)


class LedgerAnomalies(LedgerFixtures):
    """Inherited through :class:`seatrial.testing.ledger.LedgerContract`."""

    def test_an_untouched_ledger_verifies(self, ledger: Ledger, three: list[Entry]) -> None:
        assert ledger.verify() == []
        assert ledger.verify(against=ledger.heads()) == []

    @pytest.mark.parametrize(
        "change",
        [
            "kind = 'rum'",
            "at = '2026-01-01T00:00:00.000001Z'",
            "actor = 'b'",
            "chain = 'laptoq'",
            "seq = 7",
            "prev = 'b'",
            "digest = 'b'",
        ],
    )
    def test_one_changed_column_is_found(
        self, ledger: Ledger, three: list[Entry], tamper: Callable[[str], None], change: str
    ) -> None:
        tamper(f"UPDATE entry SET {change} WHERE seq = 2")  # noqa: S608 - a test's own words
        assert ledger.verify() != []

    def test_one_changed_byte_is_found_and_named(
        self, ledger: Ledger, three: list[Entry], url: str
    ) -> None:
        overwrite(url, seq=2, payload=three[1].envelope.replace(b'"number":2', b'"number":3'))
        faults = [str(fault) for fault in ledger.verify()]
        assert faults == [
            "entry 2 of chain laptop: its content is not what its digest names; it was changed"
        ]
        with pytest.raises(TamperedError, match="entry 2 of chain laptop"):
            ledger.find("run")

    def test_one_missing_entry_is_found_and_named(
        self, ledger: Ledger, three: list[Entry], tamper: Callable[[str], None]
    ) -> None:
        tamper("DELETE FROM entry WHERE seq = 2")
        assert "chain laptop: entry 2 is missing" in [str(fault) for fault in ledger.verify()]

    def test_two_swapped_entries_are_found_and_named(
        self, ledger: Ledger, three: list[Entry], tamper: Callable[[str], None]
    ) -> None:
        for old, new in ((2, 9), (3, 2), (9, 3)):
            tamper(f"UPDATE entry SET seq = {new} WHERE seq = {old}")  # noqa: S608
        places = {fault.where for fault in ledger.verify()}
        assert {"entry 2 of chain laptop", "entry 3 of chain laptop"} <= places

    def test_a_head_that_is_not_the_last_entry_is_found(
        self, ledger: Ledger, three: list[Entry], tamper: Callable[[str], None]
    ) -> None:
        tamper("DELETE FROM entry WHERE seq = 3")
        facts = [fault.fact for fault in ledger.verify()]
        assert any(fact.startswith("its head says entry 3") for fact in facts)

    def test_a_cut_end_is_found_against_a_noted_head(
        self, ledger: Ledger, three: list[Entry], tamper: Callable[[str], None]
    ) -> None:
        noted = ledger.heads()
        tamper("DELETE FROM entry WHERE seq = 3")
        tamper(f"UPDATE head SET seq = 2, digest = '{three[1].digest}'")  # noqa: S608
        ledger.rebuild()
        assert ledger.verify() == []
        assert [fault.fact for fault in ledger.verify(against=noted)] == [
            "entry 3 was there before and is gone; the end was cut off"
        ]

    def test_a_rewritten_end_is_found_against_a_noted_head(
        self, ledger: Ledger, three: list[Entry]
    ) -> None:
        facts = [fault.fact for fault in ledger.verify(against={CHAIN: (2, "0" * 64)})]
        assert facts == ["it is not the entry that stood here before; history was rewritten"]

    @pytest.mark.parametrize(
        "change",
        ["UPDATE record SET key = 'x'", "DELETE FROM record", "UPDATE fact SET number = 9"],
    )
    def test_a_changed_projection_is_found_and_made_again(
        self, ledger: Ledger, tamper: Callable[[str], None], change: str
    ) -> None:
        written = ledger.append("run", {}, key="k", facts={"recall": 0.5})
        tamper(change)
        assert ledger.verify() != []
        ledger.rebuild()
        assert ledger.verify() == []
        assert ledger.newest("run", "k") == written
        assert ledger.search("run", [("recall", "=", 0.5)]) == [written]

    def test_four_writers_at_once_lose_and_corrupt_nothing(self, url: str, ledger: Ledger) -> None:
        writers = [child(_WRITE_MANY, url, ENTRIES_EACH, name) for name in range(WRITERS)]
        assert [writer.wait() for writer in writers] == [0] * WRITERS
        assert ledger.verify() == []
        assert [entry.seq for entry in ledger.find(newest_first=False)] == list(
            range(1, WRITERS * ENTRIES_EACH + 1)
        )
        for name in range(WRITERS):
            mine = ledger.find("run", str(name), newest_first=False)
            assert [entry.payload["number"] for entry in mine] == list(range(ENTRIES_EACH))

    def test_four_can_open_a_new_ledger_at_once(self, url: str, clock: ManualClock) -> None:
        writers = [child(_WRITE_MANY, url, 1, name) for name in range(WRITERS)]
        assert [writer.wait() for writer in writers] == [0] * WRITERS
        with open_as(CHAIN, url, clock) as ledger:
            assert ledger.verify() == []
            assert len(ledger.find()) == WRITERS

    @pytest.mark.parametrize("statement", [1, 2, 3, 4, 5, 6])
    def test_a_writer_killed_between_two_writes_leaves_a_ledger_that_verifies(
        self, url: str, clock: ManualClock, statement: int
    ) -> None:
        writer = child(_DIE_AT_A_STATEMENT, url, statement)
        assert writer.wait() == -signal.SIGKILL
        with open_as(CHAIN, url, clock) as ledger:
            assert ledger.verify() == []
            assert [entry.payload for entry in ledger.find()] == [{"number": 1}]
            ledger.append("run", {"number": 3})
            assert ledger.verify() == []

    def test_a_ledger_without_projections_is_brought_up_to_date(
        self, url: str, ledger: Ledger, three: list[Entry], clock: ManualClock
    ) -> None:
        drop_projections(url)
        with open_as(CHAIN, url, clock) as upgraded:
            assert upgraded.find("run", "k", newest_first=False) == three
            assert upgraded.verify() == []

    def test_a_ledger_of_a_newer_version_is_refused(
        self, url: str, ledger: Ledger, tamper: Callable[[str], None], clock: ManualClock
    ) -> None:
        tamper("UPDATE seatrial_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="written by a newer Seatrial"):
            open_as(CHAIN, url, clock)
