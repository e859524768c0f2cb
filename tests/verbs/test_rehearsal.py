"""Old and new answer the same rows through the real server before anything is released."""

import json
import re
import sys
import time
from contextlib import closing

import pytest

import seatrial
from seatrial.cli.main import main
from seatrial.core.errors import NotFoundError, UserError
from seatrial.records.rehearsal import LoadStep
from seatrial.verbs import load as loading
from seatrial.verbs import rehearsal
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.rehearsal import rehearse
from seatrial.verbs.release import propose
from seatrial.verbs.slices import candidate_of


def test_both_answer_every_row_as_they_did_offline(shop):
    project = seatrial.open(shop)
    materials = Materials(Chain(project))
    offline = materials.predictions(candidate_of(materials.chain, materials), "dev")
    found = rehearse(project, rows=len(offline))
    for arm in (found.old, found.new):
        assert (arm.answered, arm.refused, arm.fallback, arm.otherwise) == (len(offline), {}, {}, 0)
        assert 0 < arm.latency_ms["p50"] <= arm.latency_ms["p99"]
    assert found.new.is_sound
    assert not found.is_released
    assert found.new.metric.value == pytest.approx(offline.decided[offline.truth == 1].mean())
    assert found.change.value == pytest.approx(found.new.metric.value - found.old.metric.value)
    assert not (project.state / "serving").exists()  # nothing was put in force
    project.close()


def run(monkeypatch, *words: str, command: str = "rehearse") -> int:
    monkeypatch.setattr(sys, "argv", ["seatrial", "release", command, *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def test_the_terminal_shows_both_beside_each_other(shop, monkeypatch, capsys):
    assert run(monkeypatch, "--rows", "25", "--project", str(shop)) == 0
    told = capsys.readouterr().out
    assert "about 25 rows of dev over HTTP" in told
    assert "other than offline  0" in told
    assert told.endswith("Next: seatrial release propose\n")
    assert max(map(len, told.splitlines())) <= 96


def test_what_answers_otherwise_alone_than_among_many_is_found(copy_of_shop, monkeypatch, capsys):
    feats = copy_of_shop / "feats.py"
    feats.write_text(feats.read_text().replace("hour >= 17", "hour >= hour.mean()", 1))
    project = seatrial.open(copy_of_shop)
    project.train()
    project.close()
    assert run(monkeypatch, "--rows", "200", "--json", "--project", str(copy_of_shop)) == 3
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"old", "new", "released", "rows", "metric", "differ", "change", "sound"}
    assert found["new"]["other_than_offline"] > 0
    assert found["old"]["other_than_offline"] == 0
    assert found["sound"] is False


def test_what_was_released_is_the_old_one_with_the_code_that_it_had(copy_of_shop):
    project = seatrial.open(copy_of_shop)
    before = candidate_of(Chain(project), Materials(Chain(project)))
    propose(project, by="grace", override="it is tried")
    project.close()
    feats = copy_of_shop / "feats.py"
    feats.write_text(feats.read_text().replace("hour >= 17", "hour >= 12", 1))
    project = seatrial.open(copy_of_shop)
    project.train()
    found = rehearse(project, rows=60)
    assert found.is_released
    assert found.old.name == before.name != found.new.name
    assert (found.old.answered, found.old.otherwise) == (60, 0)
    project.close()


def test_what_was_released_without_code_of_its_own_is_the_old_one_too(copy_of_shop):
    plan = copy_of_shop / "plan.yaml"
    text = plan.read_text().replace("builders:plain", "linear").replace("  features: feats\n", "")
    plan.write_text(text)
    project = seatrial.open(copy_of_shop)
    project.train()
    propose(project, by="grace", override="it is tried")
    project.close()
    plan.write_text(text.replace("drop: [clerk]", "drop: [clerk, items]"))
    project = seatrial.open(copy_of_shop)
    project.train()
    assert rehearse(project, rows=10).is_released
    project.close()


def test_a_candidate_that_is_not_there_and_no_rows_are_sentences(copy_of_shop, shop):
    project = seatrial.open(copy_of_shop)
    with pytest.raises(UserError, match="at least one row"):
        rehearse(project, rows=0)
    project.close()
    (copy_of_shop / ".seatrial" / "ledger.db").unlink()
    project = seatrial.open(copy_of_shop)
    with pytest.raises(NotFoundError):
        rehearse(project)
    project.close()


def test_the_server_is_asked_as_often_as_is_required(shop, monkeypatch, capsys):
    asked = ("--rate", "40", "--seconds", "1", "--project", str(shop))
    assert run(monkeypatch, *asked, command="load") in {0, 3}  # as this host is busy
    told = capsys.readouterr().out
    assert re.search(r"reach(ed)? 40 requests a second", told)
    assert max(map(len, told.splitlines())) <= 96


def test_what_stalls_is_charged_with_what_waited_behind_it(shop, monkeypatch):
    """Each answer takes 50 ms, so two connections give at most 40 a second; 100 are asked for."""

    def slow(self, _turn, *, due):
        time.sleep(max(due - time.perf_counter(), 0.0))
        time.sleep(0.05)
        self.last = time.perf_counter()
        self.seconds.append(self.last - due)

    monkeypatch.setattr(loading._Client, "ask", slow)
    project = seatrial.open(shop)
    found = loading.load(project, rate=100, seconds=0.5, connections=2)
    last = found.steps[-1]
    assert [each.rate for each in found.steps] == [25, 50, 100]
    assert last.reached <= 40
    assert last.latency_ms["p99"] > 500  # the last was due at 0.5 s, and had its turn at 1.2 s
    assert not found.holds
    assert found.peak_mb > 20
    assert {*found.to_json()["steps"][0]} == {
        "rate", "sent", "reached", "refused", "fallback", "latency_ms", "asking", "holds",
    }  # fmt: skip
    project.close()


def test_what_is_refused_is_no_answer(shop, monkeypatch):
    def half(self, turn, *, due):
        time.sleep(max(due - time.perf_counter(), 0.0))
        self.refused["503"] += turn % 2
        self.last = time.perf_counter()
        self.seconds.append(self.last - due)

    monkeypatch.setattr(loading._Client, "ask", half)
    with closing(seatrial.open(shop)) as project:
        last = loading.load(project, rate=100, seconds=0.4, connections=2).steps[-1]
    assert last.refused == {"503": 20}
    assert last.reached <= 50


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"reached": 97.9}, False),
        ({"refused": {"503": 1}}, False),
        ({"fallback": {"stalled": 1}}, False),
    ],
)
def test_a_rate_holds_if_the_model_answered_all_of_it(changed, holds):
    step = {"reached": 98.0, "refused": {}, "fallback": {}} | changed
    assert LoadStep(rate=100, sent=100, latency_ms={}, asking=0.1, **step).holds is holds


def test_each_of_the_two_is_asked_first_in_turns(shop, monkeypatch):
    asked, ask = [], rehearsal._Asked.ask

    def seen(self, place, *, is_counted):
        asked.append(self)
        ask(self, place, is_counted=is_counted)

    monkeypatch.setattr(rehearsal._Asked, "ask", seen)
    with closing(seatrial.open(shop)) as project:
        rehearse(project, rows=8)
    first = asked[-16::2]  # what came before warmed them up
    assert [each is first[0] for each in first] == [True, False] * 4


@pytest.mark.parametrize(
    "given", [{"rate": 0}, {"rate": 1e9}, {"rate": 1, "seconds": 0}, {"rate": 1, "connections": 0}]
)
def test_a_load_that_can_not_be_is_a_sentence(shop, given):
    project = seatrial.open(shop)
    with pytest.raises(UserError, match="must lie in"):
        loading.load(project, **given)
    project.close()
