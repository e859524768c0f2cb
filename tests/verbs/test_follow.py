"""The follower resumes where it stopped, counts nothing twice, and loses nothing."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seatrial.cli.main import main
from seatrial.core.clock import iso
from seatrial.core.errors import ConflictError, StoreError, TamperedError
from seatrial.records.decision import Aftermath
from seatrial.runtime.log import LogWriter, payload
from seatrial.runtime.segments import read, segments
from seatrial.verbs import follow
from seatrial.verbs.follow import Follower
from seatrial.verbs.release import propose, rollback

DRIVER = """
import sys
from pathlib import Path

from seatrial.verbs import follow
from seatrial.verbs.project import Project

follow.BATCH = 100
with follow.Follower(Project(Path(sys.argv[1]))) as follower:
    print("reads", flush=True)
    follower.read_on()
    print("is done", flush=True)
"""
MINE = """
class Bad(Exception):
    pass


def risky(x):
    if (x > 90).any():
        raise Bad("too much")
    return x * 2
"""


@pytest.fixture
def served(trial):
    """A release in shadow that answered 1,200 requests."""
    propose(trial.project)
    trial.serve(1200)
    return trial


def on_the_log(trial) -> tuple[list[str], list[tuple]]:
    """Ids of all decisions, and all outcomes, read from the segments directly."""
    records = [record for path in segments(trial.serving / "log") for record, _ in read(path)]
    decided = [each["decision_id"] for each in records if each["kind"] == "decision"]
    told = [(each["decision_id"], each["value"]) for each in records if each["kind"] == "outcome"]
    return sorted(decided), sorted(told)


def in_tables(tables: dict[str, pl.DataFrame]) -> tuple[list[str], list[tuple]]:
    aftermath = tables["aftermath"]
    told = aftermath.filter(pl.col("kind") == "outcome").select("@id", "value")
    return sorted(tables["decisions"]["@id"]), sorted(told.rows())


def batches_of(trial) -> list:
    return sorted((trial.root / ".seatrial" / "follow").glob("*.parquet"))


def in_order(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return tables["decisions"].sort("@at", "@id")


def test_every_record_of_the_log_is_in_a_table_once(served) -> None:
    assert in_tables(served.tables()) == on_the_log(served)


def test_a_follower_that_is_killed_resumes_and_counts_nothing_twice(served, monkeypatch) -> None:
    """At three moments of its work; what it had done stays done."""
    served.serve(1200)
    expected = on_the_log(served)
    folder = served.root / ".seatrial" / "follow"
    kept = set()
    for parts in (3, 9, 14):
        command = [sys.executable, "-c", DRIVER, str(served.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "reads\n"
            while len(batches_of(served)) < parts and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            assert process.stdout.read() == "", "it was done before it was killed"
        before = kept
        with Follower(served.project) as follower:
            kept = set(follower._folder.glob("*.parquet"))
            seen = follower.table("decisions")
            ids = seen.collect()["@id"].to_list() if seen is not None else []
        assert before <= kept
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(expected[0])
    assert 0 < len(ids) < len(expected[0])
    monkeypatch.setattr(follow, "BATCH", 100)
    assert in_tables(served.tables()) == expected
    assert not list(folder.glob("*.half"))


def test_what_a_killed_follower_left_half_done_is_removed(served) -> None:
    before = served.tables()
    folder = served.root / ".seatrial" / "follow"
    (folder / "x.000000000015.decisions.parquet").write_bytes(b"whole, and in no state file")
    (folder / "x.000000000099.decisions.parquet.half").write_bytes(b"PAR1")
    after = served.tables()
    assert_frame_equal(in_order(before), in_order(after))
    assert {path.name[0] for path in folder.glob("*.parquet*")} == {"2"}


def test_reading_on_reads_only_what_is_new(served) -> None:
    with Follower(served.project) as follower:
        assert follower.read_on() == 2400
        root = follower.root
        assert follower.read_on() == 0
        assert follower.root == root
        served.serve(7)
        assert follower.read_on() == 14
        assert follower.root != root


def test_a_second_follower_refuses(served) -> None:
    with Follower(served.project), pytest.raises(ConflictError, match="another follower"):
        Follower(served.open())
    Follower(served.project).close()


def test_the_command_line_says_that_another_one_follows(served, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["seatrial", "watch", "-p", str(served.root)])
    with Follower(served.project), pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 4
    assert "another follower reads this log" in capsys.readouterr().err


def test_a_torn_tail_is_left_out_until_it_is_whole(served) -> None:
    """A batch that its writer had begun; then the writer's next bytes."""
    (path,) = segments(served.serving / "log")
    whole, count = path.read_bytes(), len(list(read(path)))
    with path.open("r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # its writer lives
        stream.truncate(len(whole) // 3)
        some = len(list(read(path)))
        with Follower(served.project) as follower:
            assert follower.read_on() == some < count
            assert follower.read_on() == 0
            stream.write(whole)
            stream.flush()
            assert follower.read_on() == count - some
    assert in_tables(served.tables()) == on_the_log(served)


def test_a_tail_that_stays_torn_costs_its_batch_only(served) -> None:
    (path,) = segments(served.serving / "log")
    os.truncate(path, path.stat().st_size - 300)
    with Follower(served.project) as follower:
        assert follower.read_on() == 2200  # outcomes came in batches of a thousand, and 200
    assert in_tables(served.tables()) == on_the_log(served)
    served.serve(10)
    assert in_tables(served.tables()) == on_the_log(served)


def test_a_byte_that_was_changed_is_named_and_what_stands_before_it_is_kept(
    served, monkeypatch
) -> None:
    (path,) = segments(served.serving / "log")
    ends = [end for _, end in read(path)]
    data = bytearray(path.read_bytes())
    data[ends[1000] + 30] ^= 1
    path.write_bytes(data)
    monkeypatch.setattr(follow, "BATCH", 100)
    with Follower(served.project) as follower:
        with pytest.raises(TamperedError, match=f"changed at offset {ends[1000]}"):
            follower.read_on()
        assert follower.table("decisions").collect().height == 1000


def test_a_finished_segment_becomes_one_table_and_one_entry_of_the_ledger(served) -> None:
    served.tables()
    (entry,) = served.project.ledger.find("segment")
    (path,) = segments(served.serving / "log")
    assert entry.payload["segment"] == path.name
    assert entry.payload["records"] == 2400
    assert [each.name for each in batches_of(served)] == [
        f"{path.stem}.aftermath.parquet",
        f"{path.stem}.decisions.parquet",
    ]
    for name, blob in entry.payload["tables"].items():
        stored = pl.read_parquet(served.project.blobs.get(blob))
        assert_frame_equal(stored, pl.read_parquet(batches_of(served)[name == "decisions"]))
    served.tables()
    assert len(served.project.ledger.find("segment")) == 1


def test_sealing_changes_no_row(served, monkeypatch) -> None:
    monkeypatch.setattr(follow, "BATCH", 100)
    with served.switch() as switch:  # its segment is open
        names = [
            switch.decide(
                key=row["key"], features=row["features"], at=row["at"].isoformat()
            ).decision_id
            for row in served.rows(300, minutes=1, effect=2)
        ]
        before = served.tables()
        assert len(batches_of(served)) == 5
    after = served.tables()
    assert len(batches_of(served)) == 3
    assert set(names) <= set(after["decisions"]["@id"])
    assert_frame_equal(in_order(before), in_order(after))
    shutil.rmtree(served.root / ".seatrial" / "follow")
    assert_frame_equal(in_order(after), in_order(served.tables()))
    assert len(served.project.ledger.find("segment")) == 2


def test_a_log_that_is_read_again_gives_the_same_tables_and_no_second_entry(served) -> None:
    folder = served.root / ".seatrial" / "follow"
    before, state = served.tables(), (folder / "state.json").read_text()
    shutil.rmtree(folder)
    assert_frame_equal(in_order(before), in_order(served.tables()))
    assert (folder / "state.json").read_text() == state
    assert len(served.project.ledger.find("segment")) == 1


def test_no_more_than_a_batch_is_held_at_once(served, monkeypatch) -> None:
    monkeypatch.setattr(follow, "BATCH", 100)
    held = []
    tables = follow.Shadow.tables
    monkeypatch.setattr(
        follow.Shadow,
        "tables",
        lambda self, records: (held.append(len(records)), tables(self, records))[1],
    )
    assert in_tables(served.tables()) == on_the_log(served)
    assert Counter(held) == {100: 24}


def test_a_state_file_that_cannot_be_read_names_what_to_delete(served) -> None:
    served.tables()
    state = served.root / ".seatrial" / "follow" / "state.json"
    state.write_text('{"x": {"offset": 1, "nonsense": 2}}')
    with pytest.raises(StoreError, match=r"can't be read.*the log is then read from its start"):
        Follower(served.project)
    shutil.rmtree(state.parent)
    assert in_tables(served.tables()) == on_the_log(served)


def test_an_empty_log_gives_no_table(trial) -> None:
    propose(trial.project)
    with Follower(trial.project) as follower:
        assert follower.read_on() == 0
        assert follower.table("decisions") is None
        assert follower.table("aftermath") is None
    assert (trial.serving / "log").is_dir()


def test_the_shadow_answers_what_the_answering_process_would_have_said(canary) -> None:
    canary.serve(400)
    rows = canary.tables()["decisions"].sort("@at").tail(400)
    asked = rows.filter(pl.col("@decided_by") == "model")
    assert 50 < asked.height < 150
    assert (asked["@decided"] == asked["@served"]).all()
    said = asked["@scores"].list.get(1)
    logged = pl.when(asked["@decided"] == 1).then(said).otherwise(1 - said)
    assert (asked.select(logged.alias("p"))["p"] - asked["@confidence"]).abs().max() < 1e-6
    silent = rows.filter(pl.col("@arm") == "reference")
    assert silent["@decided"].null_count() == 0
    assert (silent["@served"] == silent["@reference"]).all()


def test_decisions_of_two_releases_that_interleave_are_scored_each_by_its_own(canary) -> None:
    """One process still answers by the old release while another one has the new."""
    rows = canary.rows(40, minutes=1, effect=2)
    with canary.switch() as old:
        rollback(canary.project, reason="crews complain")
        rollback(canary.project, reason="for good")
        with canary.switch() as new:
            for place, row in enumerate(rows):
                switch = (old, new)[place % 2]
                switch.refresh = lambda: None
                at = row["at"].isoformat()
                switch.decide(key=row["key"], features=row["features"], at=at)
    found = canary.tables()["decisions"].sort("@at").tail(40)
    assert found["@level"].to_list() == ["partial", "human"] * 20
    assert found.gather_every(2)["@decided"].null_count() == 0
    assert found.gather_every(2, 1)["@decided"].null_count() == 20
    assert found["@reference"].null_count() == 0


def test_requests_with_every_input_missing_are_scored_like_any_other(trial) -> None:
    propose(trial.project)
    nothing = {"x": None, "hour": None, "origin": None}
    with trial.switch() as switch:
        for key in range(5):
            switch.decide(key=key, features=nothing, context={"carrier": None})
    found = trial.tables()["decisions"]
    assert found.height == 5
    assert found.select("x", "hour", "origin", "carrier").null_count().row(0) == (5, 5, 5, 5)
    assert found["@decided"].null_count() == 0


def test_a_candidate_that_raises_on_a_row_costs_that_answer_only(trial) -> None:
    (trial.root / "risky.py").write_text(MINE)
    project = trial.plan("features: feats", "features: risky")
    project.train()
    project.check()
    propose(project)
    with trial.switch() as switch:
        for key, x in enumerate([0.5, 99.0, -1.0, 98.0, 2.0]):
            switch.decide(key=key, features={"x": x, "hour": 9, "origin": "EWR"})
    found = trial.tables()["decisions"].sort("x")
    assert found["x"].to_list() == [-1.0, 0.5, 2.0, 98.0, 99.0]
    assert found["@decided"].is_null().to_list() == [False, False, False, True, True]
    assert found["@scores"].is_null().to_list() == [False, False, False, True, True]
    assert found["@reference"].null_count() == 0


def test_people_and_outcomes_keep_their_moment_and_their_words(served) -> None:
    moment = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    writer = LogWriter(served.serving / "log", clock=served.clock)
    told = [
        Aftermath("person", iso(moment), "a", "", True, {"by": "x"}),
        Aftermath("outcome", iso(moment), "", "hash", 3.25, {}),
        Aftermath("event", iso(moment), "a", "", "complaint", {"text": "late"}),
        Aftermath("outcome", iso(moment), "a", "", None, {}),
    ]
    writer.write([payload(each) for each in told])
    writer.close()
    rows = served.tables()["aftermath"].tail(4)
    assert rows["value"].to_list() == ["true", "3.25", "complaint", None]
    assert rows["kind"].to_list() == ["person", "outcome", "event", "outcome"]
    assert rows["@at"].unique().to_list() == [moment]
    assert rows["@key"].to_list() == ["", "hash", "", ""]
