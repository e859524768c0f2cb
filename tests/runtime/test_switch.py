"""Who decides what, by the policy alone; and every decision is on disk before it is given."""

import math
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest
from releases import AMOUNT, RAISES, ROW, SALT, TRAPPED, arm_of, release

from seatrial.core.clock import ManualClock, iso
from seatrial.core.digest import keyed_hash
from seatrial.core.errors import DataError, StoreError
from seatrial.models.export import archive
from seatrial.models.ladder import Sample, fit
from seatrial.records.condition import Column, Compare, Constant
from seatrial.records.contract import Contract
from seatrial.records.manifest import Arm, Gate, LogRules
from seatrial.records.rule import Rule
from seatrial.runtime import switch as switching
from seatrial.runtime.folder import ServingFolder
from seatrial.runtime.model import HereModel
from seatrial.runtime.segments import read, segments
from seatrial.runtime.switch import Switch
from seatrial.scoring.archive import open_archive

PEOPLE = Arm("people", "people")
SURE, UNSURE = {**ROW, "x": 3.0}, {**ROW, "x": 0.0}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def opened(shop, tmp_path, clock):
    """Opens a release of the fast archive by its policy."""
    switches = []

    def open_release(data: bytes = shop.fast, **options: object) -> Switch:
        release(tmp_path, data, **options)
        switches.append(Switch.open(tmp_path, clock=clock))
        return switches[-1]

    yield open_release
    for each in switches:
        each.close()


def logged(folder) -> list[dict]:
    return [record for path in segments(folder / "log") for record, _ in read(path)]


def test_at_full_the_model_decides(opened) -> None:
    made = opened().decide(key=1, features=SURE)
    assert (made.decision, made.decided_by, made.form, made.failure) == ("yes", "model", "onnx", "")
    assert made.confidence == made.output["yes"] > 0.9
    assert math.isclose(sum(made.output.values()), 1, abs_tol=1e-6)


@pytest.mark.parametrize("level", ["human", "shadow"])
def test_below_assist_the_reference_decides_and_the_model_is_not_asked(opened, level) -> None:
    switch = opened(level=level, share=0.0)
    made = switch.decide(key=1, features=SURE)
    assert (made.decision, made.decided_by, made.arm) == ("yes", "reference", "reference")
    assert (made.output, made.form, made.propensity) == (None, "", 1.0)
    assert made.candidate == switch.force.manifest.candidate.artefact


def test_people_as_the_reference_decide_themselves(opened) -> None:
    made = opened(level="shadow", share=0.0, reference=PEOPLE).decide(key=1, features=SURE)
    assert (made.decision, made.decided_by) == (None, "person")


def test_an_archive_as_the_reference_is_asked(shop, opened, tmp_path) -> None:
    reference = arm_of(ServingFolder(tmp_path), shop.other)
    switch = opened(level="shadow", share=0.0, reference=reference)
    made = switch.decide(key=1, features=SURE)
    assert (made.decision, made.decided_by, made.form) == ("yes", "reference", "onnx")


def test_at_assist_a_person_decides_and_sees_the_answer(opened) -> None:
    made = opened(level="assist").decide(key=1, features=SURE)
    assert (made.decision, made.decided_by, made.failure) == (None, "person", "")
    assert made.output["yes"] == made.confidence


def test_at_partial_a_sure_case_is_the_models_and_an_unsure_one_a_persons(opened) -> None:
    switch = opened(level="partial", confidence=0.9, queue_per_hour=10.0)
    assert switch.decide(key=1, features=SURE).decided_by == "model"
    unsure = switch.decide(key=1, features=UNSURE)
    assert (unsure.decision, unsure.decided_by, unsure.failure) == (None, "person", "unsure")


def test_without_people_an_unsure_case_gets_the_fallback(opened) -> None:
    made = opened(level="partial", confidence=0.9).decide(key=1, features=UNSURE)
    assert (made.decision, made.decided_by, made.failure) == ("no", "fallback", "unsure")


def test_a_full_queue_gets_the_fallback_until_people_had_time(opened, clock) -> None:
    switch = opened(level="partial", confidence=0.9, queue_per_hour=2.0)
    failures = [switch.decide(key=1, features=UNSURE).failure for _ in range(4)]
    assert failures == ["unsure", "unsure", "queue full", "queue full"]
    clock.advance(seconds=1_800)
    failures = [switch.decide(key=1, features=UNSURE).failure for _ in range(2)]
    assert failures == ["unsure", "queue full"]


def test_in_a_replay_the_queue_empties_by_the_events_own_time(opened) -> None:
    switch = opened(level="partial", confidence=0.9, queue_per_hour=1.0)
    failures = [
        switch.decide(key=1, features=UNSURE, at=f"2026-01-01T{hour:02}:{minute:02}:00").failure
        for hour, minute in [(1, 0), (1, 30), (2, 0)]
    ]
    assert failures == ["unsure", "queue full", "unsure"]


def test_a_model_that_raises_is_replaced_by_the_fallback_for_its_row_alone(
    shop, opened, tmp_path
) -> None:
    data, code = shop.trapped(tmp_path / "project")
    switch = opened(data, code=code, contract=TRAPPED)
    reader = switch.force.reader
    requests = [reader.one(key=1, features={**ROW, "x": x}) for x in (0.5, RAISES, 1.5)]
    made = switch.decide_many(requests, switch.force)
    assert [each.decided_by for each in made] == ["model", "fallback", "model"]
    assert [each.failure for each in made] == ["", "raised", ""]
    assert made[1].decision == "yes"


def test_a_model_that_answers_nan_is_replaced_by_the_fallback(shop, opened) -> None:
    switch = opened(shop.nan, contract=AMOUNT, fallback=Rule((), 7))
    made = switch.decide(key=1, features=ROW)
    assert (made.decision, made.decided_by, made.failure) == (7.0, "fallback", "not a number")
    assert made.output is None


def test_a_person_still_decides_at_assist_when_the_model_raises(shop, opened, tmp_path) -> None:
    data, code = shop.trapped(tmp_path / "project")
    switch = opened(data, code=code, contract=TRAPPED, level="assist")
    made = switch.decide(key=1, features={**ROW, "x": RAISES})
    assert (made.decision, made.decided_by, made.failure) == (None, "person", "raised")


def test_the_releases_threshold_goes_before_the_archives(opened) -> None:
    score = opened().decide(key=1, features=ROW).output["yes"]
    assert opened(threshold=score - 0.01).decide(key=1, features=ROW).decision == "yes"
    assert opened(threshold=score + 0.01).decide(key=1, features=ROW).decision == "no"


def test_a_gate_that_expires_leaves_the_fallback_in_charge(opened, clock) -> None:
    gate = Gate("full", "p", "v", passed=True, valid_until="2026-06-02T00:00:00Z")
    switch = opened(gate=gate)
    assert switch.decide(key=1, features=SURE).decided_by == "model"
    clock.advance(days=1)
    made = switch.decide(key=1, features=SURE)
    assert (made.decided_by, made.failure, made.output) == ("fallback", "gate expired", None)


def test_a_key_that_is_in_at_5_percent_is_in_at_25(opened) -> None:
    def inside(share: float) -> set[int]:
        switch = opened(level="partial", share=share)
        arms = {key: switch.decide(key=key, features=SURE).arm for key in range(2_000)}
        return {key for key, arm in arms.items() if arm == "candidate"}

    few, many = inside(0.05), inside(0.25)
    assert few < many
    for found, share in ((few, 0.05), (many, 0.25)):
        sigma = math.sqrt(2_000 * share * (1 - share))
        assert abs(len(found) - 2_000 * share) < 4 * sigma


def test_the_propensity_is_that_of_the_arm(opened) -> None:
    switch = opened(level="partial", share=0.25)
    made = [switch.decide(key=key, features=SURE) for key in range(60)]
    assert {(each.arm, each.propensity) for each in made} == {
        ("candidate", 0.25),
        ("reference", 0.75),
    }


def test_explored_decisions_are_drawn_evenly_and_weigh_what_they_should(opened) -> None:
    switch = opened(share=0.5, explore=0.4)
    made = [switch.decide(key=key, features=SURE) for key in range(4_000)]
    inside = [each for each in made if each.arm == "candidate"]
    drawn = Counter(each.decision for each in inside if each.explored)
    assert abs(drawn.total() - 0.4 * len(inside)) < 4 * math.sqrt(0.24 * len(inside))
    assert abs(drawn["yes"] - drawn.total() / 2) < 4 * math.sqrt(drawn.total() / 4)
    assert {each.decision: round(each.propensity, 9) for each in inside} == {
        "yes": 0.5 * (0.6 + 0.2),
        "no": 0.5 * 0.2,
    }
    assert not any(each.explored for each in made if each.arm == "reference")
    # Inverse propensity gives the number of all keys back.
    weighed = sum(1 / each.propensity for each in inside) / 2
    assert abs(weighed - 4_000) < 400


def test_a_share_of_the_models_decisions_is_marked_for_people(opened) -> None:
    switch = opened(audit=0.2)
    marked = sum(switch.decide(key=key, features=SURE).audit for key in range(1_000))
    assert abs(marked - 200) < 4 * math.sqrt(160)
    assert not opened(audit=0.0).decide(key=1, features=SURE).audit


def test_a_decision_is_in_the_log_before_it_is_given(opened, tmp_path) -> None:
    switch = opened()
    for number in range(1, 4):
        made = switch.decide(key=number, features=SURE, context={"region": "N"})
        record = logged(tmp_path)[-1]
        assert record.pop("kind") == "decision"
        assert record == {name: getattr(made, name) for name in made.__slots__}
        assert len(logged(tmp_path)) == number


def test_the_key_stands_nowhere_in_the_log(opened, tmp_path) -> None:
    opened().decide(key="ada@example.org", features=SURE)
    (path,) = segments(tmp_path / "log")
    assert b"ada" not in path.read_bytes()
    assert keyed_hash(bytes.fromhex(SALT), "ada@example.org").encode() in path.read_bytes()


def test_redacted_columns_are_logged_as_null_and_still_asked_about(opened, tmp_path) -> None:
    switch = opened(log=LogRules(redact=("x", "region")))
    made = switch.decide(key=1, features=SURE, context={"region": "N", "visits": 2})
    (record,) = logged(tmp_path)
    assert (record["features"]["x"], record["context"]) == (None, {"region": None, "visits": 2.0})
    assert made.decision == "yes"


def broken_log(switch: Switch) -> None:
    """Take the writer's file away from under it."""
    os.close(switch._writer._handle)
    switch._writer._handle = os.open("/dev/full", os.O_WRONLY)


def test_a_log_that_can_not_be_written_is_raised(opened) -> None:
    switch = opened()
    broken_log(switch)
    with pytest.raises(StoreError, match="can't be written"):
        switch.decide(key=1, features=SURE)
    assert (switch.tally.unlogged, switch.tally.decisions.total()) == (1, 0)


def test_a_release_that_does_not_demand_its_log_answers_without(opened) -> None:
    switch = opened(log=LogRules(required=False))
    broken_log(switch)
    assert switch.decide(key=1, features=SURE).decision == "yes"
    assert switch.tally.unlogged == 1


def test_a_bad_request_is_refused_and_not_logged(opened, tmp_path) -> None:
    with pytest.raises(DataError, match=r"features\.x"):
        opened().decide(key=1, features={**ROW, "x": "1"})
    assert logged(tmp_path) == []


def test_levels_that_training_never_saw_are_counted(opened) -> None:
    switch = opened()
    switch.decide(key=1, features={**ROW, "store": "Z"}, context={"region": "W"})
    switch.decide(key=1, features={**ROW, "store": None})
    assert switch.tally.unseen == {"store": 1, "region": 1}


def test_decisions_are_counted_by_arm_decider_and_failure(opened) -> None:
    switch = opened(level="partial", confidence=0.9)
    switch.decide(key=1, features=SURE)
    switch.decide(key=2, features=UNSURE)
    assert switch.tally.decisions == {
        ("candidate", "model", ""): 1,
        ("candidate", "fallback", "unsure"): 1,
    }
    assert sum(switch.tally.buckets) == 2


@pytest.fixture
def always_looks(monkeypatch) -> None:
    monkeypatch.setattr(switching, "LOOK_EVERY_S", 0.0)


def test_the_pointer_is_followed(always_looks, shop, opened, tmp_path) -> None:
    switch = opened()
    before = switch.decide(key=1, features=SURE)
    after_manifest = release(tmp_path, shop.other, number=2)
    after = switch.decide(key=1, features=SURE)
    assert before.release != after.release == after_manifest.digest
    assert after.candidate == after_manifest.candidate.artefact


def test_a_refused_manifest_leaves_the_old_one_in_force_and_is_told_once(
    always_looks, shop, opened, tmp_path, caplog
) -> None:
    switch = opened()
    old = switch.force.digest
    release(tmp_path, shop.other, gate=Gate("full", "p", "v", passed=False))
    assert {switch.decide(key=1, features=SURE).release for _ in range(3)} == {old}
    assert switch.tally.refused_manifests == 1
    assert [each.getMessage().split(":")[0] for each in caplog.records] == ["manifest_refused"]


def test_a_pointer_that_is_gone_leaves_the_release_in_force(always_looks, opened, tmp_path) -> None:
    switch = opened()
    (tmp_path / "current").unlink()
    assert switch.decide(key=1, features=SURE).decision == "yes"
    assert switch.tally.refused_manifests == 1


def test_a_turn_that_began_under_one_release_ends_under_it(shop, opened, tmp_path) -> None:
    switch = opened()
    request = switch.force.reader.one(key=1, features=SURE)
    turn = switch.begin([request], switch.force)
    release(tmp_path, shop.other, number=2)
    switch.swap(switch.prepare())
    (made,) = switch.finish(turn, switching.ask(turn))
    assert made.release == turn.force.digest != switch.force.digest


def test_outcomes_people_and_events_are_logged(opened, tmp_path, clock) -> None:
    switch = opened()
    switch.outcome({"decision_id": "a", "outcome": True})
    switch.outcome({"rows": [{"key": 7, "outcome": "no", "at": "2026-01-01T01:00:00+01:00"}]})
    switch.person({"decision_id": "a", "decision": "no", "by": "desk 3"})
    switch.event({"key": 7, "event": "complaint", "note": {"channel": "mail"}})
    now = iso(clock.now())
    key = keyed_hash(bytes.fromhex(SALT), "7")
    shown = ("kind", "at", "decision_id", "key_hash", "value", "note")
    assert [tuple(record[name] for name in shown) for record in logged(tmp_path)] == [
        ("outcome", now, "a", "", "yes", {}),
        ("outcome", "2026-01-01T00:00:00.000000Z", "", key, "no", {}),
        ("person", now, "a", "", "no", {"by": "desk 3"}),
        ("event", now, "", key, "complaint", {"channel": "mail"}),
    ]


FAULTY = {
    "a wrong class": ({"decision_id": "a", "outcome": "maybe"}, "outcome"),
    "a number for a class": ({"decision_id": "a", "outcome": 1}, "outcome"),
    "no outcome": ({"decision_id": "a"}, "outcome"),
    "nothing to join": ({"outcome": "yes"}, "decision_id"),
    "an unknown field": ({"decision_id": "a", "outcome": "yes", "when": 1}, "when"),
    "no moment": ({"decision_id": "a", "outcome": "yes", "at": "soon"}, "at"),
    "a list": ([], "body"),
    "no rows": ({"rows": []}, "rows"),
    "a row that is none": ({"rows": [{"key": 1, "outcome": "yes"}, 3]}, "rows[1]."),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_bad_outcome_is_refused_with_its_field(opened, tmp_path, case) -> None:
    plain, field = FAULTY[case]
    with pytest.raises(DataError) as refusal:
        opened().outcome(plain)
    assert [fault.where for fault in refusal.value.faults] == [field]
    assert logged(tmp_path) == []


def test_several_threads_may_decide_at_once(opened, tmp_path) -> None:
    switch = opened(level="partial", confidence=0.9, queue_per_hour=50.0)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda key: switch.decide(key=key, features=UNSURE), range(200)))
    assert Counter(each.failure for each in made) == {"unsure": 50, "queue full": 150}
    assert {each["decision_id"] for each in logged(tmp_path)} == {each.decision_id for each in made}


def test_a_rule_that_compares_text_with_numbers_answers_otherwise(opened) -> None:
    rule = Rule(((Compare(">", Column("store"), Constant(3)), True),), otherwise=False)
    switch = opened(level="shadow", share=0.0, fallback=rule)
    assert switch.decide(key=1, features=ROW).decision == "no"


def test_a_constant_that_asks_for_no_column_answers():
    contract = Contract("binary", (), classes=("no", "yes"), target="is_late")
    fitted = fit("majority", contract, Sample({}, np.array([0, 0, 0, 1])), {})
    data = archive(fitted, contract, threshold=None, proof=np.empty((0, 0)))
    answers = HereModel(open_archive(data), threshold=None).answer([{}, {}])
    assert [(each.decided, each.confidence) for each in answers] == [("no", 0.75)] * 2
