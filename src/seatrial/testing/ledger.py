"""The contract of a ledger's database: inherit :class:`LedgerContract` and say where it is.

::

    class TestOurPostgres(LedgerContract):
        @pytest.fixture
        def url(self) -> str:
            return "postgresql://ledger@db.example/empty"

The fixture must name an empty database, or one that doesn't exist yet, for each test.
"""

# ruff: noqa: ARG002, D102
# The name of a test is its promise, and a fixture may be asked for its effect.

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from seatrial.core.clock import ManualClock
from seatrial.core.errors import ConflictError, NotFoundError, TamperedError
from seatrial.store.entry import Draft, Entry
from seatrial.store.ledger import Ledger
from seatrial.testing.ledger_anomalies import LedgerAnomalies
from seatrial.testing.ledger_fixtures import CHAIN, open_as, overwrite


class LedgerContract(LedgerAnomalies):
    """What a ledger promises, whatever database it is kept in."""

    def test_what_was_appended_is_found(self, ledger: Ledger) -> None:
        written = ledger.append("run", {"rows": 3}, key="first", facts={"recall": 0.5, "by": "ada"})
        found = ledger.newest("run", "first")
        assert found == written
        assert found is not None
        assert found.payload == {"rows": 3}
        assert (found.key, found.facts) == ("first", {"recall": 0.5, "by": "ada"})
        assert (found.chain, found.seq, found.at) == (CHAIN, 1, "2026-01-01T00:00:00.000000Z")

    def test_entries_are_numbered_and_linked(self, three: list[Entry]) -> None:
        assert [entry.seq for entry in three] == [1, 2, 3]
        assert [entry.prev for entry in three[1:]] == [entry.digest for entry in three[:-1]]

    def test_many_are_written_together(self, ledger: Ledger) -> None:
        written = ledger.append_many([Draft("run", {"number": 1}), Draft("step", {"number": 2})])
        assert ledger.find(newest_first=False) == written

    def test_many_are_written_all_or_none(self, ledger: Ledger) -> None:
        drafts = [Draft("run", {"value": 1.0}), Draft("run", {"value": float("nan")})]
        with pytest.raises(ValueError, match="Out of range"):
            ledger.append_many(drafts)
        assert ledger.find() == []

    def test_nothing_to_write_writes_nothing(self, ledger: Ledger) -> None:
        assert ledger.append_many([]) == []
        assert ledger.heads() == {}

    def test_a_fact_that_is_no_number_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="Out of range"):
            ledger.append("run", {}, facts={"recall": float("nan")})

    def test_lists_run_by_time_either_way(self, ledger: Ledger, three: list[Entry]) -> None:
        assert ledger.find("run", "k", newest_first=False) == three
        assert ledger.find("run", limit=2) == [three[2], three[1]]
        assert ledger.find("other") == []

    def test_the_newest_is_the_last_even_if_the_clock_was_set_back(
        self, ledger: Ledger, clock: ManualClock, three: list[Entry]
    ) -> None:
        clock.advance(days=-9)
        late = ledger.append("run", {"number": 4}, key="k")
        assert late.at < three[2].at
        assert ledger.newest("run", "k") == late

    def test_the_newest_of_many_keys(self, ledger: Ledger, three: list[Entry]) -> None:
        other = ledger.append("run", {}, key="other")
        ledger.append("evidence", {}, key="k")
        found = ledger.newest_of("run", ["k", "other", "absent"])
        assert found == {"k": three[2], "other": other}
        assert ledger.newest_of("run", []) == {}

    def test_the_newest_of_more_keys_than_a_statement_has_variables(self, ledger: Ledger) -> None:
        keys = [f"claim-{number}" for number in range(1_500)]
        ledger.append_many([Draft("evidence", {}, key) for key in keys])
        assert sorted(ledger.newest_of("evidence", keys)) == sorted(keys)

    def test_a_digest_may_be_shortened(self, ledger: Ledger, three: list[Entry]) -> None:
        assert ledger.get(three[1].digest) == three[1]
        assert ledger.get(three[1].digest[:12]) == three[1]

    @pytest.mark.parametrize("name", ["ffffffffffff", "no-digest", "%", ""])
    def test_a_digest_of_nothing(self, ledger: Ledger, three: list[Entry], name: str) -> None:
        with pytest.raises(NotFoundError, match="no entry's digest starts with"):
            ledger.get(name)

    def test_a_prefix_of_several(self, ledger: Ledger) -> None:
        ledger.append_many([Draft("run", {"number": number}) for number in range(17)])
        digests = sorted(entry.digest for entry in ledger.find())
        twice = next(a[0] for a, b in pairwise(digests) if a[0] == b[0])
        with pytest.raises(ConflictError, match="several digests start with"):
            ledger.get(twice)

    @pytest.fixture
    def runs(self, ledger: Ledger) -> Ledger:
        facts: list[dict[str, float | str]] = [
            {"recall": 0.5, "model": "linear"},
            {"recall": 0.7, "model": "boosted"},
            {"recall": 0.6, "model": "boosted"},
            {"model": "rule"},
        ]
        ledger.append_many([Draft("run", {"n": n}, facts=each) for n, each in enumerate(facts)])
        ledger.append("step", {"n": 9}, facts={"recall": 0.9})
        return ledger

    @pytest.mark.parametrize(
        ("where", "numbers"),
        [
            ([], [3, 2, 1, 0]),
            ([("model", "=", "boosted")], [2, 1]),
            ([("model", "!=", "boosted")], [3, 0]),
            ([("model", "=", "boosted"), ("recall", ">", 0.65)], [1]),
            ([("recall", ">=", 0.6)], [2, 1]),
            ([("recall", "<", 0.6)], [0]),
            ([("recall", "<=", 0.6)], [2, 0]),
            ([("recall", "=", "0.6")], []),
            ([("absent", "=", 1)], []),
        ],
    )
    def test_search_by_facts(
        self, runs: Ledger, where: list[tuple[str, str, float | str]], numbers: list[int]
    ) -> None:
        assert [entry.payload["n"] for entry in runs.search("run", where)] == numbers

    def test_search_in_the_order_of_a_fact(self, runs: Ledger) -> None:
        best = runs.search("run", order_by=("recall", True))
        worst = runs.search("run", order_by=("recall", False), limit=2)
        assert [entry.payload["n"] for entry in best] == [1, 2, 0, 3]
        assert [entry.payload["n"] for entry in worst] == [0, 2]

    def test_an_operator_that_does_not_exist(self, runs: Ledger) -> None:
        with pytest.raises(KeyError):
            runs.search("run", [("recall", "; drop table entry", 1)])

    def test_pull_copies_what_is_missing(self, ledger: Ledger, elsewhere: Ledger) -> None:
        written = elsewhere.append("run", {"number": 1}, key="k", facts={"recall": 0.5})
        assert ledger.pull(elsewhere) == {"desktop": 1}
        assert ledger.pull(elsewhere) == {}
        assert ledger.newest("run", "k") == written
        elsewhere.append_many([Draft("run", {"number": number}) for number in range(1_200)])
        assert ledger.pull(elsewhere) == {"desktop": 1_200}
        assert ledger.verify(against=elsewhere.heads()) == []

    def test_pull_both_ways_makes_two_equal_ledgers(
        self, ledger: Ledger, elsewhere: Ledger, three: list[Entry]
    ) -> None:
        elsewhere.append("run", {"number": 1})
        assert (ledger.pull(elsewhere), elsewhere.pull(ledger)) == ({"desktop": 1}, {CHAIN: 3})
        assert ledger.heads() == elsewhere.heads()

    def test_a_fork_is_refused(
        self, ledger: Ledger, url: str, tmp_path: Path, clock: ManualClock
    ) -> None:
        ledger.append("run", {"number": 1})
        with open_as(CHAIN, f"{tmp_path}/copy.db", clock) as copy:
            copy.append_many([Draft("run", {"number": 2}), Draft("run", {"number": 3})])
            with pytest.raises(ConflictError, match="goes on differently"):
                ledger.pull(copy)
        assert len(ledger.find()) == 1

    def test_a_changed_entry_is_not_pulled(
        self, ledger: Ledger, elsewhere: Ledger, three: list[Entry], url: str
    ) -> None:
        overwrite(url, seq=2, payload=b"{}")
        with pytest.raises(TamperedError, match="entry 2 of chain laptop"):
            elsewhere.pull(ledger)
        assert elsewhere.heads() == {}

    def test_a_name_can_be_forgotten(self, ledger: Ledger) -> None:
        hashed = ledger.remember("Ada Lovelace")
        assert ledger.remember("Ada Lovelace") == hashed
        assert ledger.name_of(hashed) == "Ada Lovelace"
        assert ledger.forget("Ada Lovelace")
        assert ledger.name_of(hashed) is None
        assert not ledger.forget("Ada Lovelace")

    def test_entries_hold_no_name(self, ledger: Ledger) -> None:
        written = ledger.append("run", {})
        assert written.actor == ledger.actor == ledger.remember("ada")
        assert "ada" not in repr(written)
