"""A look at production: what holds, what is broken, what is taken back, who is told."""

import importlib.util
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from seatrial.cli.main import main
from seatrial.core.clock import iso
from seatrial.core.errors import NotFoundError
from seatrial.records.decision import Aftermath
from seatrial.records.look import Look
from seatrial.runtime.log import LogWriter, payload
from seatrial.verbs.look import newest
from seatrial.verbs.release import advance, override, propose, rollback, standing
from seatrial.verbs.watch import watch

RECALL = "recall.where-carrier-aa"
"""Id of the claim."""


def series(look: Look, name: str):
    (found,) = [each for each in look.claims if each.claim == name]
    return found


def open_alarms(look: Look) -> set[str]:
    return {each.id for each in look.alarms if each.is_open}


def healthy(trial, count: int = 900) -> Look:
    trial.serve(count)
    trial.clock.advance(days=1)
    return watch(trial.project)


def command(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["seatrial", *arguments])
    code = 0
    try:
        main()
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def webhook():
    """An address, and what was posted there."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


# -- nothing to look at ------------------------------------------------------------------------


def test_before_a_release_there_is_nothing_to_watch(trial, monkeypatch, capsys) -> None:
    with pytest.raises(NotFoundError, match="nothing is released"):
        watch(trial.project)
    code, out, err = command(monkeypatch, capsys, "watch", "-p", str(trial.root))
    assert (code, out) == (4, "")
    assert "seatrial release propose" in err


def test_a_release_that_answered_nothing_yet_names_how_it_is_asked(
    trial, monkeypatch, capsys
) -> None:
    propose(trial.project)
    code, out, err = command(monkeypatch, capsys, "watch", "-p", str(trial.root))
    assert (code, out) == (4, "")
    assert "release 1 has answered nothing yet" in err
    assert "seatrial serve" in err
    assert newest(trial.project) is None


def test_decisions_of_an_older_release_are_not_this_ones(canary) -> None:
    rollback(canary.project, reason="x")
    rollback(canary.project, reason="x")
    propose(canary.project)
    with pytest.raises(NotFoundError, match="release 2 has answered nothing yet"):
        watch(canary.project)


# -- a healthy release -------------------------------------------------------------------------


def test_a_healthy_shadow_is_measured_on_every_request(trial) -> None:
    propose(trial.project)
    look = healthy(trial)
    assert (look.release, look.rung, look.decisions) == (1, "shadow", 900)
    assert "answering" not in open_alarms(look)  # what answered was stopped on purpose
    assert {each.claim: each.verdict for each in look.claims} == {
        "precision": "pass",
        RECALL: "pass",
        "gap-recall.by-origin": "pass",
    }
    assert series(look, "precision").newest.n > 200
    assert series(look, "precision").settled == "pass"
    assert 1 < series(look, "precision").guard.limit == 2160
    assert look.paired.low > 0
    assert look.known.value == 1.0
    assert look.delay_h == 2.0
    assert look.alarms == ()
    assert standing(trial.project).rung.stage == "shadow"


def test_a_canary_is_judged_on_the_requests_that_its_candidate_was_given(canary) -> None:
    look = healthy(canary, 1200)
    found = series(look, "precision")
    rows = canary.tables()["decisions"]
    own = rows.filter((rows["@arm"] == "candidate") & (rows["@level"] == "partial"))
    called = int((own["@decided"] == 1).sum())
    assert found.stage == "canary"
    assert found.newest.n == called
    assert look.decisions == rows.height
    assert look.windows[0].rung == "shadow"
    assert look.windows[-1].rung == "partial 25%"


def test_what_is_claimed_of_the_data_is_not_judged_on_the_log(trial) -> None:
    project = trial.plan("claims:", "claims:\n  - rows >= 10")
    propose(project)
    assert {each.claim for each in healthy(trial).claims} == {
        "precision",
        RECALL,
        "gap-recall.by-origin",
    }


def test_a_claim_is_judged_at_its_own_stage_only(trial) -> None:
    claims = "claims:\n  - {claim: accuracy in canary >= 0.1, id: later}\n  - {claim: accuracy in shadow >= 0.1, id: now}"
    propose(trial.plan("claims:", claims))
    look = healthy(trial)
    assert series(look, "now").verdict == "pass"
    assert "later" not in {each.claim for each in look.claims}


def test_a_claim_over_seven_days_looks_back_no_further(trial) -> None:
    text = "claims:\n  - {claim: accuracy over 7d in shadow >= 0.1, id: recent}\n  - {claim: accuracy in shadow >= 0.1, id: all}"
    propose(trial.plan("claims:", text))
    look = healthy(trial, 10 * 288)
    assert series(look, "recent").newest.n == 7 * 288
    assert series(look, "all").newest.n == 10 * 288


def test_a_claim_over_seven_days_in_production_is_judged_at_the_whole_alone(canary) -> None:
    project = canary.plan(
        "claims:", "claims:\n  - {claim: recall over 7d in production >= 0.2, id: live}"
    )
    assert "live" not in {each.claim for each in healthy(canary, 600).claims}
    override(project, by="ann", reason="a trial")
    found = series(healthy(canary, 9 * 288), "live")
    assert (found.stage, found.verdict) == ("production", "pass")
    last = canary.tables()["decisions"]["@at"].max()
    rows = canary.tables()["decisions"].filter(
        canary.tables()["decisions"]["@at"] > last - timedelta(days=7)
    )
    assert found.newest.n < rows.height


def test_windows_whose_outcomes_had_no_time_yet_are_shown_and_judge_nothing(trial) -> None:
    propose(trial.project)
    trial.serve(288 * 3)
    look = watch(trial.project)
    due = trial.clock.now() - timedelta(days=1)
    assert {each.is_mature for each in look.windows} == {True, False}
    assert all(each.is_mature == (each.end <= iso(due)) for each in look.windows)
    rows = trial.tables()["decisions"]
    called = rows.filter((rows["@at"] <= due) & (rows["@decided"] == 1)).height
    assert series(look, "precision").newest.n == called
    assert series(look, "precision").guard.n == called


def test_before_any_outcome_is_due_nothing_is_judged(trial) -> None:
    propose(trial.project)
    trial.serve(100)
    look = watch(trial.project)
    found = series(look, "precision")
    assert (found.verdict, found.settled) == ("unknown", "unknown")
    assert found.reason == "no outcome is due yet; they have 1d"
    assert not look.known.measured


def test_outcomes_that_never_come_are_counted_as_not_known(trial) -> None:
    propose(trial.project)
    trial.serve(200)
    trial.serve(600, outcomes=False)
    trial.clock.advance(days=1)
    look = watch(trial.project)
    assert look.known.value == 0.25
    assert sum(window.known for window in look.windows) == 200
    assert series(look, "gap-recall.by-origin").newest.n < 200


# -- filing ------------------------------------------------------------------------------------


def test_a_look_that_saw_nothing_new_is_filed_once(trial) -> None:
    propose(trial.project)
    first = healthy(trial)
    filed = len(list(trial.project.ledger.find("evidence")))
    trial.clock.advance(seconds=60)
    again = watch(trial.project)
    assert again.at > first.at
    assert len(trial.project.ledger.find("look")) == 1
    assert len(list(trial.project.ledger.find("evidence"))) == filed
    trial.serve(10)
    watch(trial.project)
    assert len(trial.project.ledger.find("look")) == 2


def test_a_look_is_read_back_as_it_was_filed(canary) -> None:
    look = healthy(canary, 400)
    assert newest(canary.project) == look
    assert Look.from_json(json.loads(json.dumps(look.to_json()))) == look


def test_each_claim_that_was_measured_rests_on_filed_evidence(trial) -> None:
    propose(trial.project)
    for each in healthy(trial).claims:
        entry = trial.project.ledger.get(each.evidence)
        assert entry.payload["estimate"] == each.newest.to_json()
        assert entry.payload["leaves"]["release"] == "1 shadow"


def test_an_outcome_that_is_revised_changes_what_is_measured(trial) -> None:
    propose(trial.project)
    first = healthy(trial, 300)
    rows = trial.tables()["decisions"]
    wrong = rows.filter(rows["@decided"] == 1)["@id"].to_list()
    with trial.switch() as switch:
        told = [
            {"decision_id": each, "outcome": "false", "at": iso(trial.clock.now())}
            for each in wrong
        ]
        switch.outcome({"rows": told})
    later = series(watch(trial.project), "precision")
    assert series(first, "precision").newest.value > 0.3
    assert later.newest.value == 0.0
    assert later.newest.n == len(wrong)


def test_an_outcome_of_a_class_that_does_not_exist_counts_for_nothing(trial) -> None:
    propose(trial.project)
    names = trial.serve(300)
    writer = LogWriter(trial.serving / "log", clock=trial.clock)
    said = [Aftermath("outcome", iso(trial.clock.now()), each, "", "maybe", {}) for each in names]
    writer.write([payload(each) for each in said[:100]])
    writer.close()
    trial.clock.advance(days=1)
    look = watch(trial.project)
    (share,) = [each for each in look.figures if each.name == "share where late"]
    assert sum(point.estimate.n for point in share.points if point.estimate) == 200


def test_a_slice_whose_column_nobody_sends_is_not_measured(trial) -> None:
    propose(trial.project)
    rows = trial.rows(300, minutes=5, effect=2)
    with trial.switch() as switch:
        for row in rows:
            at = row["at"].isoformat()
            made = switch.decide(key=row["key"], features=row["features"], at=at)
            switch.outcome({"decision_id": made.decision_id, "outcome": row["is_late"], "at": at})
    trial.clock.advance(days=5)
    look = watch(trial.project)
    found = series(look, RECALL)
    assert (found.verdict, found.newest.measured) == ("unknown", False)
    assert series(look, "precision").verdict == "pass"


# -- a release that fails ----------------------------------------------------------------------


@pytest.fixture
def failing(canary):
    """A canary in a world that has turned round, looked at once."""
    canary.serve(2000, effect=-2)
    canary.clock.advance(days=1)
    canary.said = []
    canary.look = watch(canary.project, say=canary.said.append)
    return canary


def test_a_guard_takes_a_canary_back_to_shadow_and_files_why(failing) -> None:
    found = series(failing.look, "precision")
    assert (found.verdict, found.guard.verdict) == ("fail", "fail")
    assert found.reason.startswith("broken since ")
    move = failing.moves()[0]
    assert (move.action, move.by, move.came, move.went) == (
        "rollback",
        "guard",
        "partial 25%",
        "shadow",
    )
    assert move.claim == "precision"
    assert move.reason.startswith("precision")
    assert move.reason.endswith(found.reason)
    with failing.switch() as switch:
        made = switch.decide(key="a", features={"x": 3.0, "hour": 9, "origin": "EWR"})
    assert made.decided_by == "reference"


def test_what_a_guard_took_back_goes_no_further_without_proof_where_it_stands(failing) -> None:
    unmet = {each.what: each.verdict for each in advance(failing.project).check.unmet}
    assert unmet["the guarantees, shadow"] == "unknown"
    assert unmet["precision >= 0.3, canary"] == "fail"
    look = healthy(failing)
    assert series(look, "precision").settled == "pass"
    assert advance(failing.project).move.went == "partial 25%"


def test_a_shadow_that_fails_stays_in_shadow(trial) -> None:
    propose(trial.project)
    trial.serve(2000, effect=-2)
    trial.clock.advance(days=1)
    look = watch(trial.project)
    assert series(look, "precision").verdict == "fail"
    assert [move.action for move in trial.moves()] == ["propose"]
    assert "precision" in open_alarms(look)


def test_a_target_that_fails_takes_nothing_back_and_alarms_nobody(canary) -> None:
    project = canary.plan(
        "  - precision >= 0.30", "  - {claim: precision >= 0.9, commitment: target}"
    )
    canary.serve(1500)
    canary.clock.advance(days=1)
    look = watch(project)
    assert series(look, "precision").verdict == "fail"
    assert canary.moves()[0].action == "advance"
    assert look.alarms == ()


def test_a_guarantee_without_a_sequence_is_judged_every_seven_days(canary) -> None:
    project = canary.plan("  - precision >= 0.30", "  - f1 >= 0.95")
    canary.serve(1500)
    canary.clock.advance(days=1)
    early = series(watch(project), "f1")
    assert (early.verdict, early.guard) == ("pass", None)
    canary.serve(900)
    canary.clock.advance(days=1)
    late = series(watch(project), "f1")
    assert late.verdict == "fail"
    assert late.reason.endswith("a window excludes it")
    assert canary.moves()[0].claim == "f1"


def test_a_waived_claim_that_is_broken_takes_nothing_back(canary) -> None:
    waiver = "{reason: the desk knows, by: ann, until: 2027-01-01}"
    canary.plan("  - precision >= 0.30", f"  - {{claim: precision >= 0.9, waived: {waiver}}}")
    canary.serve(1500)
    canary.clock.advance(days=1)
    look = watch(canary.project)
    assert series(look, "precision").verdict == "waived"
    assert canary.moves()[0].action == "advance"
    assert look.alarms == ()


# -- alarms ------------------------------------------------------------------------------------


def test_a_broken_claim_is_an_alarm_for_its_owner(failing) -> None:
    assert open_alarms(failing.look) == {"precision", RECALL}
    (alarm,) = [each for each in failing.look.alarms if each.id == "precision"]
    assert (alarm.owner, alarm.sent) == ("desk", ("stdout",))
    assert alarm.evidence == series(failing.look, "precision").evidence
    assert len(failing.said) == 2
    assert failing.said[0].startswith("alarm: precision")
    assert "fails in canary: 0." in failing.said[0]
    assert failing.said[0].endswith("For desk.")


def test_what_was_taken_back_stays_broken_with_one_alarm_until_shadow_proves_it_good(
    failing,
) -> None:
    said: list[str] = []
    unknown = watch(failing.project, say=said.append)
    assert unknown.rung == "shadow"
    assert series(unknown, "precision").verdict == "fail"
    assert "nothing in shadow has proved it good since" in series(unknown, "precision").reason
    assert open_alarms(unknown) == {"precision", RECALL}
    assert said == []
    failing.serve(900)
    failing.clock.advance(days=1)
    good = watch(failing.project, say=said.append)
    assert open_alarms(good) == set()
    assert {each.closed for each in good.alarms} == {good.at}
    assert [line.partition(":")[0] for line in said] == ["alarm over", "alarm over"]
    assert watch(failing.project, say=said.append).alarms == good.alarms
    assert len(said) == 2


def test_releasing_it_anew_does_not_forget_what_took_it_back(failing) -> None:
    rollback(failing.project, reason="out with it")
    moved = propose(failing.project, by="ann")
    assert moved.move.release == 2
    failing.serve(12)
    failing.clock.advance(days=1)
    seen = watch(failing.project)
    assert series(seen, "precision").settled == "unknown"
    assert series(seen, "precision").verdict == "fail"
    assert open_alarms(seen) == {"precision", RECALL}
    unmet = {each.claim for each in standing(failing.project).next.unmet}
    assert "precision" in unmet


def test_an_alarm_goes_to_a_webhook_and_an_unreachable_one_costs_nothing(canary, webhook) -> None:
    address, got = webhook
    channels = f'["http://127.0.0.1:9/x", "{address}/hook", stdout]'
    project = canary.plan("watch: {", f"watch: {{notify: {channels}, ")
    canary.serve(2000, effect=-2)
    canary.clock.advance(days=1)
    said: list[str] = []
    look = watch(project, say=said.append)
    assert {each["id"] for each in got} == open_alarms(look) == {"precision", RECALL}
    assert len(said) == 2
    for alarm in look.alarms:
        assert alarm.sent[0].startswith("http://127.0.0.1:9 (not reached: ")
        assert alarm.sent[1:] == (address, "stdout")
    assert canary.moves()[0].action == "rollback"


@pytest.mark.skipif(
    importlib.util.find_spec("apprise") is not None, reason="the extra is installed"
)
def test_an_address_of_apprise_without_it_is_a_sentence_with_what_to_install(
    canary, monkeypatch, capsys
) -> None:
    canary.plan("watch: {", "watch: {notify: ['slack://TOKEN'], ")
    code, _, err = command(monkeypatch, capsys, "watch", "-p", str(canary.root))
    assert code == 2
    assert "pip install" in err
    assert "TOKEN" not in err
    assert newest(canary.project).rung == "shadow"


def test_a_gate_that_expired_is_an_alarm(trial) -> None:
    project = trial.plan("- precision >= 0.30", "- {claim: precision >= 0.30, fresh: 35d}")
    propose(project)
    override(project, by="ann", reason="a trial")
    trial.serve(300)
    trial.clock.advance(days=10)
    look = watch(project)
    assert open_alarms(look) == {"gate"}
    assert "only the fallback answers" in look.alarms[0].sentence


# -- the command -------------------------------------------------------------------------------


def test_watch_prints_one_json_document(canary, monkeypatch, capsys) -> None:
    canary.serve(100)
    code, out, _ = command(monkeypatch, capsys, "watch", "-p", str(canary.root), "--json")
    assert code == 0
    document = json.loads(out)
    assert (document["rung"], document["release"]) == ("partial 25%", 1)
    assert Look.from_json(document) == newest(canary.open())


def test_watch_needs_no_training_data_where_it_answers(failing) -> None:
    (failing.root / "arrivals.parquet").unlink()
    failing.open()
    failing.serve(50)
    assert watch(failing.project).rung == "shadow"


def test_a_log_that_stands_elsewhere_is_named(trial, tmp_path, monkeypatch, capsys) -> None:
    propose(trial.project)
    trial.serve(20)
    elsewhere = tmp_path / "elsewhere"
    (trial.serving / "log").rename(elsewhere)
    code, out, _ = command(
        monkeypatch, capsys, "watch", "-p", str(trial.root), "--log", str(elsewhere), "--json"
    )
    assert code == 0
    assert json.loads(out)["decisions"] == 20


DIES = """
import os, sys
from pathlib import Path
from seatrial.runtime.switch import Switch
switch = Switch.open(Path(sys.argv[1]))
switch.decide(key="k", features={"x": 0.0, "hour": 3, "origin": "EWR"})
os._exit(9)
"""


@contextmanager
def killed_after(process):
    try:
        yield
    finally:
        process.kill()


def test_a_follower_tells_at_once_that_nobody_answers_and_that_somebody_does_again(trial) -> None:
    propose(trial.project, by="ann")
    trial.serve(60)
    command = [sys.executable, "-m", "seatrial.cli.main", "watch", "--follow"]
    with (
        subprocess.Popen(command, cwd=trial.root, stdout=subprocess.PIPE, text=True) as process,
        killed_after(process),
    ):
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(
            target=lambda: [said.put(each) for each in process.stdout], daemon=True
        ).start()
        while not trial.project.ledger.find("look") and process.poll() is None:
            time.sleep(0.05)
        subprocess.run([sys.executable, "-c", DIES, str(trial.serving)], check=False)
        while "Nobody answers" not in (alarm := said.get(timeout=30)):
            pass
        assert alarm.endswith("For platform.\n")
        with trial.switch():
            while "alarm over: answering" not in said.get(timeout=30):
                pass
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert newest(trial.project).decisions == trial.tables()["decisions"].height == 61
