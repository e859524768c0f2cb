"""A sign-off is bound to the evidence that was shown, and void once a claim rests on other evidence."""

from datetime import UTC, datetime, timedelta

import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.errors import NotFoundError, UserError
from seatrial.verbs.chain import Chain
from seatrial.verbs.check import check
from seatrial.verbs.sign_off import sign_off, sign_offs

TODAY = datetime(2026, 12, 1, 9, tzinfo=UTC)
WHO = {"by": "Ada", "role": "product owner", "note": "enough for a canary"}


class Desk:
    """A project that can be edited, and what is signed in it."""

    def __init__(self, root) -> None:
        self.root, self.clock = root, ManualClock(TODAY)
        self.open()

    def open(self):
        self.project = seatrial.open(self.root, clock=self.clock)
        return self.project

    def plan(self, old: str, new: str) -> None:
        self.project.close()
        path = self.root / "plan.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        self.open()

    def sign(self, **more):
        return sign_off(self.project, **WHO | more)

    @property
    def found(self):
        return sign_offs(Chain(self.project), check(self.project, measure=False))

    def point(self, test: str = "RD-08"):
        results = self.project.readiness().score.results
        return next(each for each in results if each.test.id == test)


@pytest.fixture
def desk(copy_of_shop):
    found = Desk(copy_of_shop)
    yield found
    found.project.close()


def test_it_is_bound_to_plan_data_candidate_and_the_evidence_of_every_claim(desk):
    signed = desk.sign()
    checked = check(desk.project, measure=False)
    shown = desk.project.ledger.get(signed.digest).payload["shown"]
    assert signed.stands
    assert signed.is_whole
    assert set(signed.claims) == {each.id for each in checked.claims}
    assert {"plan", "data", "candidate"} < set(shown)
    assert shown["candidate"] == checked.candidate.artefact
    for judgement in checked.judgements:
        assert shown[f"evidence of {judgement.claim}"] == judgement.evidence.digest
        assert shown[f"verdict of {judgement.claim}"] == "pass"


def test_new_evidence_voids_it_and_the_claim_that_moved_is_named(desk):
    desk.sign()
    desk.sign(role="security", claims=["schema", "recall-b"])
    check(desk.project, only=["precision"], again=True)
    other, whole = desk.found
    assert (whole.stands, whole.moved) == (False, ("precision",))
    assert whole.why_not == "precision is resting on other evidence now"
    assert (other.stands, other.moved, other.is_whole) == (True, (), False)


def test_a_moved_bound_voids_it(desk):
    desk.sign()
    desk.plan("precision >= 0.5", "precision >= 0.4")
    (signed,) = desk.found
    assert signed.moved == ("precision",)
    assert signed.why_not == "precision is claimed otherwise now"


def test_what_it_rests_on_changed_so_that_nothing_is_current(desk):
    desk.sign()
    desk.plan("seed: 1", "seed: 2")
    (signed,) = desk.found
    assert not signed.stands
    assert {"precision", "recall-b", "latency_ms-p90"} <= set(signed.moved)
    assert "without current evidence" in signed.why_not
    assert "plan and candidate changed" in signed.why_not


def test_a_claim_that_is_gone_voids_it_and_one_that_is_new_is_said(desk):
    desk.sign()
    desk.plan("  - coverage >= 0.2\n", "  - accuracy >= 0.2\n")
    (signed,) = desk.found
    assert signed.why_not == "coverage is no longer claimed"
    assert (signed.later, signed.is_whole) == (("accuracy",), False)


def test_who_owns_what_and_what_the_card_says_void_nothing(desk):
    desk.sign()
    desk.plan("engineering: grace", "engineering: linus")
    desk.plan("optimize:", "card: {contact: the desk}\noptimize:")
    assert [each.stands for each in desk.found] == [True]


def test_the_newest_of_a_role_on_the_same_claims_counts(desk):
    desk.sign(note="not yet")
    desk.sign(role="security")
    desk.sign(note="now")
    assert [(each.role, each.note) for each in desk.found] == [
        ("product owner", "now"),
        ("security", "enough for a canary"),
    ]


def test_it_counts_until_its_day_and_a_forgotten_name_is_not_told(desk):
    desk.sign(until=TODAY.date())
    assert desk.found[0].stands
    desk.clock.advance(days=1)
    assert desk.found[0].why_not == f"it counted until {TODAY.date()}"
    assert desk.project.ledger.forget("Ada")
    assert desk.found[0].by == "somebody who was forgotten"


def test_of_every_claim_it_is_a_review_worth_half_a_point_while_it_stands(desk):
    desk.sign(claims=["precision"])
    assert desk.point().points == 0
    signed = desk.sign()
    assert (desk.point().points, desk.point().evidence) == (0.5, signed.digest)
    check(desk.project, only=["schema"], again=True)
    assert desk.point().points == 0
    assert "schema is resting on other evidence now" in desk.point().missing


@pytest.mark.parametrize("blank", ["by", "role", "note"])
def test_without_name_role_or_note_nothing_is_signed(desk, blank):
    with pytest.raises(UserError, match="name, a role and a note"):
        desk.sign(**{blank: " "})
    assert desk.found == ()


def test_what_has_no_evidence_is_not_signed(desk):
    desk.plan("  - coverage >= 0.2\n", "  - accuracy >= 0.2\n")
    with pytest.raises(UserError, match="nothing on file is of what is there now for accuracy"):
        desk.sign(claims=["accuracy"])
    with pytest.raises(NotFoundError, match="no claim is called precison"):
        desk.sign(claims=["precison"])
    desk.plan("project: shop", "project: another")
    with pytest.raises(UserError, match="no candidate"):
        desk.sign()
    assert desk.found == ()


def test_signing_measures_nothing(desk):
    before = len(desk.project.ledger.find("evidence"))
    desk.clock.advance(days=30)
    desk.sign(until=(TODAY + timedelta(days=60)).date())
    assert len(desk.project.ledger.find("evidence")) == before
