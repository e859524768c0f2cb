"""A release moves along its path by its gates, and each move stays on the record."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from seatrial.core.clock import iso
from seatrial.core.errors import ArchiveError, ConflictError, NotFoundError, UserError
from seatrial.records.release import Move
from seatrial.runtime.switch import Switch
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.desk import history
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.release import (
    advance,
    override,
    propose,
    renew,
    rollback,
    standing,
)
from seatrial.verbs.watch import watch

ROW = {"x": 1.5, "hour": 18, "origin": "EWR"}
PATH = "path: [shadow, partial 25%, partial 100%]"


def manifest_of(trial):
    """What the answering process is pointed at, as it reads it."""
    folder = serving_folder(trial.project)
    return folder.load(folder.current(), now=trial.clock.now())


def unmet(moved) -> dict[str, str]:
    return {each.what: each.reason for each in moved.check.unmet}


def retrain(trial, old="candidates: [linear]", new='candidates: ["mine:stiff"]'):
    (trial.root / "mine.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n\n\n"
        "def stiff(preprocess):\n"
        "    return make_pipeline(preprocess, LogisticRegression(C=0.2))\n"
    )
    project = trial.plan(old, new)
    project.train()
    project.check()


# -- proposing ---------------------------------------------------------------------------------


def test_a_proposed_candidate_answers_silently_beside_the_rule(trial) -> None:
    moved = propose(trial.project, by="ann")
    assert (moved.exit_code, moved.move.action, moved.move.went) == (0, "propose", "shadow")
    assert moved.standing.decider == "rule hour >= 17"
    with trial.switch() as switch:
        made = switch.decide(key="a", features=ROW)
    assert (made.decided_by, made.decision, made.level) == ("reference", "true", "shadow")


def test_a_manifest_bears_the_digests_of_what_is_served(trial) -> None:
    moved = propose(trial.project, by="ann")
    found = manifest_of(trial)
    assert found.digest == moved.move.manifest == standing(trial.project).manifest
    assert found.candidate.artefact == moved.move.artefact
    assert found.reference.kind == "rule"
    assert trial.project.blobs.get(found.digest) == found.to_bytes()
    digests = [getattr(found.versions, name) for name in found.versions.__slots__]
    assert len(set(digests)) == 5
    entry = trial.project.ledger.get(found.gate.verdicts)
    assert entry.payload == moved.check.to_json()


def test_without_a_candidate_nothing_is_proposed_and_the_next_step_is_named(trial) -> None:
    shutil.rmtree(trial.root / ".seatrial")
    with pytest.raises(NotFoundError, match=r"no candidate.*seatrial train"):
        propose(trial.open())


def test_the_same_candidate_twice_is_a_conflict(trial) -> None:
    propose(trial.project)
    with pytest.raises(ConflictError, match=r"is release 1 already.*seatrial release advance"):
        propose(trial.project)


def test_before_the_first_release_nothing_stands(trial) -> None:
    assert standing(trial.project) is None
    assert history(trial.project) == ()
    for move in (advance, lambda project: rollback(project, reason="x")):
        with pytest.raises(NotFoundError, match="nothing is released"):
            move(trial.project)


def test_an_archive_that_was_changed_is_not_released(trial) -> None:
    artefact = Measuring(trial.project).roles.candidate().artefact
    stored = trial.project.blobs.local_path(artefact)
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:-9] + b"different")
    moved = propose(trial.open(), by="ann")
    assert (moved.move, moved.exit_code) == (None, 3)
    assert list(unmet(moved)) == ["the archive is what was judged, and holds nothing unsafe"]
    assert not trial.serving.joinpath("current").exists()


def test_a_claim_on_memory_is_a_requirement_of_shadow(trial) -> None:
    project = trial.plan("claims:", "claims:\n  - memory_mb <= 2 GB")
    moved = propose(project)
    assert moved.move is None
    assert list(unmet(moved)) == ["memory_mb <= 2 GB, offline"]


# -- gates -------------------------------------------------------------------------------------


def test_a_shut_gate_moves_nothing_and_says_what_it_lacks(trial) -> None:
    propose(trial.project)
    before = trial.serving.joinpath("current").read_text()
    moved = advance(trial.project)
    assert (moved.move, moved.exit_code) == (None, 3)
    assert unmet(moved) == {"compared with the reference, shadow": "nothing was watched there yet"}
    assert trial.serving.joinpath("current").read_text() == before
    assert len(history(trial.project)) == 1


def test_a_healthy_candidate_goes_all_the_way(trial) -> None:
    trial.to("partial 100%")
    assert [move.went for move in reversed(trial.moves())] == [
        "shadow",
        "partial 25%",
        "partial 100%",
    ]
    found = standing(trial.project)
    assert (found.next, found.decider) == (None, found.candidate)
    with pytest.raises(ConflictError, match="the end of its path"):
        advance(trial.project)


def test_with_an_open_business_measure_nothing_goes_beyond_shadow(trial) -> None:
    project = trial.plan("today: 4", "today: null")
    assert propose(project).move.went == "shadow"
    trial.serve(900)
    trial.clock.advance(days=1)
    watch(project)
    assert unmet(advance(project)) == {
        "the business measure has a value": "`problem.measure.today` of overtime is open"
    }


def test_a_candidate_that_was_trained_since_is_not_advanced_in_anothers_name(trial) -> None:
    propose(trial.project)
    retrain(trial)
    with pytest.raises(ConflictError, match=r"what is judged now is .*seatrial release propose"):
        advance(trial.project)
    assert standing(trial.project).next is None
    assert propose(trial.project).move.release == 2


def test_what_one_candidate_proved_lets_no_other_pass(canary) -> None:
    canary.serve(1800)
    canary.clock.advance(days=1)
    watch(canary.project)
    retrain(canary)
    project = canary.plan(PATH, "path: [partial 25%, partial 100%]")
    assert unmet(propose(project))["compared with the reference, shadow"] == (
        "nothing was watched there yet"
    )


def test_a_rung_that_the_path_no_longer_has_is_followed_by_the_next_that_gives_more(
    canary,
) -> None:
    canary.plan(PATH, "path: [shadow, partial 10%, partial 60%, partial 100%]")
    assert str(standing(canary.project).next.rung) == "partial 60%"
    canary.plan("path: [shadow, partial 10%, partial 60%, partial 100%]", "path: [shadow]")
    assert standing(canary.project).next is None
    with pytest.raises(ConflictError, match="the end of its path"):
        advance(canary.project)


def test_a_gate_expires_with_the_oldest_evidence_that_it_rests_on(trial) -> None:
    project = trial.plan("- precision >= 0.30", "- {claim: precision >= 0.30, fresh: 40d}")
    assert propose(project).standing.valid_until is None
    found = override(project, by="ann", reason="a trial").standing
    assert found.valid_until == "2026-06-10T00:00:00.000000Z"
    assert found.valid_until > iso(trial.clock.now())


def test_a_gate_counts_longer_once_its_evidence_was_measured_again(trial) -> None:
    project = trial.plan("- precision >= 0.30", "- {claim: precision >= 0.30, fresh: 40d}")
    trial.to("partial 25%")
    until = standing(project).valid_until
    assert renew(project) is None
    trial.clock.advance(days=1)
    project = trial.open()
    project.check(again=True)
    move = renew(project)
    assert (move.action, move.came, move.went, move.by) == (
        "renew",
        "partial 25%",
        "partial 25%",
        "guard",
    )
    assert until < standing(project).valid_until == iso(trial.clock.now() + timedelta(days=40))
    assert manifest_of(trial).gate.valid_until == standing(project).valid_until
    assert renew(project) is None


def test_what_nobody_measured_again_renews_nothing(trial) -> None:
    project = trial.plan("- precision >= 0.30", "- {claim: precision >= 0.30, fresh: 40d}")
    trial.to("partial 25%")
    trial.clock.advance(days=60)
    assert renew(project) is None


# -- overriding --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "reason"), [(None, "why not"), ("", "why not"), ("ann", ""), ("ann", "  ")]
)
def test_an_override_needs_a_name_and_a_reason(trial, by, reason) -> None:
    propose(trial.project)
    with pytest.raises(UserError, match="needs a name and a reason"):
        override(trial.project, by=by, reason=reason)
    assert len(history(trial.project)) == 1


def test_an_override_is_shown_wherever_the_release_is_shown(trial) -> None:
    propose(trial.project)
    moved = override(trial.project, by="ann", reason="the board decided")
    assert (moved.move.action, moved.move.went) == ("override", "partial 25%")
    for shown in (standing(trial.project).override, history(trial.project)[0].override):
        assert (shown.by, shown.why, shown.at) == (
            "ann",
            "the board decided",
            iso(trial.clock.now()),
        )
    gate = manifest_of(trial).gate
    assert not gate.passed
    assert gate.override.why == "the board decided"
    assert not history(trial.project)[0].gate.passed


def test_an_override_stays_on_the_record_after_it_was_taken_back(trial) -> None:
    propose(trial.project)
    override(trial.project, by="ann", reason="the board decided")
    rollback(trial.project, reason="and thought again")
    assert standing(trial.project).override is None
    assert [move.override.why for move in history(trial.project) if move.override] == [
        "the board decided"
    ]


def test_an_override_of_evidence_that_is_too_old_is_served(trial) -> None:
    project = trial.plan("- precision >= 0.30", "- {claim: precision >= 0.30, fresh: 7d}")
    propose(project)
    assert override(project, by="ann", reason="the board decided").standing.valid_until is None
    with trial.switch() as switch:
        assert switch.decide(key="a", features=ROW).failure == ""


def test_a_gate_that_is_open_needs_no_override_and_gets_none(trial) -> None:
    moved = propose(trial.project, by="ann", override="just to be sure")
    assert (moved.move.action, moved.move.override) == ("propose", None)


def test_names_are_hashed_in_the_ledger_and_can_be_forgotten(trial) -> None:
    propose(trial.project, by="Ann-Marie")
    override(trial.project, by="Ann-Marie", reason="the board decided")
    ledger = trial.project.ledger
    held = [
        entry.payload for kind in ("release", "gate") for entry in ledger.find(kind, "arrivals")
    ]
    assert len(held) == 4
    assert "Ann-Marie" not in json.dumps(held) + manifest_of(trial).to_bytes().decode()
    assert {move.by for move in history(trial.project)} == {"Ann-Marie"}
    assert ledger.forget("Ann-Marie")
    assert "Ann-Marie" not in str(history(trial.project))
    assert [move.override.why for move in history(trial.project) if move.override]


# -- taking back -------------------------------------------------------------------------------


def test_a_canary_is_taken_back_to_shadow_and_from_there_out(canary) -> None:
    back = rollback(canary.project, reason="crews complain", by="ann").move
    assert (back.came, back.went, back.by, back.reason) == (
        "partial 25%",
        "shadow",
        "ann",
        "crews complain",
    )
    out = rollback(canary.project, reason="for good")
    assert (out.move.came, out.move.went, manifest_of(canary).candidate) == (
        "shadow",
        "human",
        None,
    )
    assert out.standing.decider == "rule hour >= 17"
    with canary.switch() as switch:
        made = switch.decide(key="a", features=ROW)
    assert (made.decision, made.candidate) == ("true", "")
    with pytest.raises(NotFoundError, match="nothing is released"):
        rollback(canary.project, reason="again")


def test_what_was_taken_out_may_be_proposed_again_as_a_new_release(trial) -> None:
    propose(trial.project)
    rollback(trial.project, reason="too early")
    assert propose(trial.project).move.release == 2


def test_after_it_was_taken_back_a_share_needs_proof_where_it_stands(canary) -> None:
    rollback(canary.project, reason="crews complain")
    assert "the guarantees, shadow" in unmet(advance(canary.project))
    canary.serve(900)
    canary.clock.advance(days=1)
    watch(canary.project)
    assert advance(canary.project).move.went == "partial 25%"


def test_taking_back_asks_for_nothing_even_without_a_candidate_or_data(canary) -> None:
    (canary.root / "arrivals.parquet").unlink()
    assert rollback(canary.open(), reason="the lake is dry").move.went == "shadow"


# -- who decides where the candidate may not ---------------------------------------------------


def test_a_key_that_was_in_at_a_small_share_stays_in_at_a_larger_one(trial) -> None:
    project = trial.plan(PATH, "path: [shadow, partial 10%, partial 50%, partial 100%]")

    def inside() -> set[str]:
        with trial.switch() as switch:
            made = {
                str(key): switch.decide(key=key, features=ROW, context={}) for key in range(400)
            }
        return {key for key, each in made.items() if each.arm == "candidate"}

    propose(project)
    seen = [inside()]
    for _ in range(3):
        override(project, by="ann", reason="a trial")
        seen.append(inside())
    assert seen[0] == set()
    assert 15 < len(seen[1]) < 70 < len(seen[2]) < 260 < len(seen[3]) == 400
    assert seen[1] < seen[2] < seen[3]
    retrain(trial)
    propose(trial.project)
    override(trial.project, by="ann", reason="a trial")
    assert inside() == seen[1]


def test_what_earned_the_whole_decides_while_the_next_one_is_tried(trial) -> None:
    trial.to("partial 100%")
    champion = trial.moves()[0]
    retrain(trial)
    found = propose(trial.project)
    assert found.standing.decider == champion.candidate
    assert manifest_of(trial).reference.artefact == champion.artefact
    names = trial.serve(300)
    assert len(names) == 300
    rows = trial.tables()["decisions"].tail(300)
    assert rows["@reference"].null_count() == rows["@decided"].null_count() == 0
    assert (rows["@served"] == rows["@reference"]).all()
    rollback(trial.project, reason="no better")
    assert manifest_of(trial).reference.artefact == champion.artefact


def test_what_only_had_a_share_decides_nothing_once_the_next_one_is_proposed(canary) -> None:
    retrain(canary)
    assert propose(canary.project).standing.decider == "rule hour >= 17"
    assert manifest_of(canary).reference.kind == "rule"


def test_where_people_are_replaced_people_decide_in_shadow(trial) -> None:
    project = trial.plan("target: late,", "target: late, replaces: people,")
    assert propose(project).standing.decider == "people"
    with trial.switch() as switch:
        assert switch.decide(key="a", features=ROW).decided_by == "person"


def test_a_release_that_the_answering_process_would_refuse_is_not_put_in_force(trial) -> None:
    """The champion reads a column that a request of the new candidate doesn't hold."""
    trial.to("partial 100%")
    before = trial.serving.joinpath("current").read_text()
    retrain(trial, "drop: [carrier]", "drop: [carrier, x]")
    with pytest.raises(ArchiveError, match="the archive reads x"):
        propose(trial.project)
    assert trial.serving.joinpath("current").read_text() == before
    assert standing(trial.project).release == 1


# -- what travels with it ----------------------------------------------------------------------


def test_feature_code_travels_with_the_release(trial, tmp_path) -> None:
    propose(trial.project)
    override(trial.project, by="ann", reason="a trial")
    override(trial.project, by="ann", reason="a trial")
    arm = manifest_of(trial).candidate
    assert (trial.serving / arm.code / "feats.py").read_text().startswith("def evening")
    elsewhere = Path(shutil.copytree(trial.serving, tmp_path / "elsewhere"))
    shutil.rmtree(trial.root)
    with Switch.open(elsewhere, clock=trial.clock) as switch:
        made = switch.decide(key="a", features={"x": 3.0, "hour": 18, "origin": "EWR"})
    assert (made.decided_by, made.decision) == ("model", "true")


def test_columns_of_slices_and_of_the_rule_may_be_sent_beside_the_inputs(trial) -> None:
    project = trial.plan("fallback: hour >= 17", "fallback: hour >= 17 and carrier = 'UA'")
    propose(project)
    found = manifest_of(trial)
    assert [each.name for each in found.contract.features] == ["x", "hour", "origin"]
    assert [(each.name, set(each.levels)) for each in found.context] == [("carrier", {"AA", "UA"})]
    with trial.switch() as switch:
        made = [
            switch.decide(key=name, features=ROW, context={"carrier": name}).decision
            for name in ("UA", "AA")
        ]
    assert made == ["true", "false"]


# -- the record --------------------------------------------------------------------------------


def test_a_move_is_read_back_as_it_was_filed(canary) -> None:
    rollback(canary.project, reason="crews complain")
    for move in history(canary.project):
        plain = json.loads(json.dumps(move.to_json()))
        assert Move.from_json(plain, digest=move.digest) == move


def test_a_gates_check_is_filed_with_every_move_and_the_newest_move_comes_first(canary) -> None:
    rollback(canary.project, reason="crews complain")
    back, to_share, first = history(canary.project)
    assert back.at >= to_share.at >= first.at
    assert (len(first.gate.requirements), len(to_share.gate.requirements)) == (4, 8)
    assert not back.gate.requirements
    assert to_share.reason == "8 requirements met"
