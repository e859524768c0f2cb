"""Releases as people read them: hand-made records, the screens that were read and approved.

After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/reports``, and read the diff.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.estimate import Estimate
from seatrial.records.manifest import Override
from seatrial.records.release import GateCheck, Guard, Move, Requirement, Rung, Standing
from seatrial.reports.lines import WIDTH, plain
from seatrial.reports.release import history, moved, none_yet, shut, standing

GOLDEN = Path(__file__).parent / "golden"
PATH = tuple(Rung.parse(each) for each in ("shadow", "partial 5%", "partial 25%", "partial 100%"))
LONG = tuple(
    Rung.parse(each)
    for each in (
        *("human", "shadow", "assist 10%", "assist 50%", "assist"),
        *(
            f"partial {share:g}%"
            for share in (0.1, 0.5, 1, 2, 5, 10, 20, 25, 40, 50, 60, 75, 90, 100)
        ),
        "full",
    )
)
FORM = (
    Requirement("the archive is what was judged", "pass"),
    Requirement("the contract is closed", "pass"),
    Requirement("the form answers as the estimator does", "pass"),
    Requirement("memory_mb <= 500, offline", "waived", "a new host comes (Ada)", "memory"),
)
OFFLINE = (
    Requirement("precision >= 0.45, offline", "pass", claim="precision"),
    Requirement("coverage >= 0.6, offline", "pass", claim="coverage"),
)
OPEN = GateCheck(PATH[1], (*FORM, *OFFLINE))
SHUT = GateCheck(
    PATH[1],
    (
        *FORM,
        Requirement(
            "the business measure has a value", "unknown", "`problem.measure.today` is open"
        ),
        *OFFLINE,
        Requirement(
            "recall >= 0.50 where origin = 'LGA' and carrier in ('US', 'HA'), shadow",
            "unknown",
            "0.52 [0.44, 0.60] is not settled; about 2,000 more rows with an outcome would settle it",
            "recall-lga",
        ),
        Requirement(
            "precision ≥ 0.45, shadow", "fail", "0.305 [0.291, 0.318] in 4,642 rows", "precision"
        ),
    ),
)
BROKEN = Guard(
    claim="precision",
    text="precision >= 0.45",
    seen=Estimate(0.305, 0.291, 0.318, 4642, "e-process-95"),
    against=61.4,
    limit=20,
    n=4642,
    verdict="fail",
)
FAST = Guard(
    claim="latency",
    text="latency_ms(p99) ≤ 10 ms",
    seen=Estimate(3.2, 2.9, 3.6, 12404, "quantile-95", "ms"),
    against=1.0,
    limit=20,
    n=12404,
    verdict="pass",
)
OPEN_GUARD = Guard(
    claim="gap-recall.by-carrier",
    text="gap recall by carrier, of all carriers with at least 30 late flights ≤ 0.25",
    seen=None,
    against=2.41,
    limit=20,
    n=0,
    verdict="unknown",
)


def move(action, came, went, at, *, by="Ada", reason="", gate=OPEN, override=None):
    return Move(
        at=at,
        action=action,
        release=5,
        candidate="boosted 7be1c0",
        artefact="7be1c0" + "0" * 58,
        came=came,
        went=went,
        by=by,
        reason=reason,
        gate=gate,
        override=override,
        manifest="m" * 64,
    )


PROPOSED = move(
    "propose",
    "",
    "shadow",
    "2013-07-01T08:00:00.000000Z",
    reason="boosted trees 7be1c0 enters shadow",
)
TO_5 = move("advance", "shadow", "partial 5%", "2013-07-29T08:00:00.000000Z", by="guard")
TO_25 = move("advance", "partial 5%", "partial 25%", "2013-08-05T08:00:00.000000Z", by="guard")
BACK = move(
    "rollback",
    "partial 25%",
    "shadow",
    "2013-08-22T14:00:00.000000Z",
    by="guard",
    reason="precision >= 0.45: 0.305 [0.291, 0.318], evidence 61 against a limit of 20",
    gate=GateCheck(PATH[0], ()),
)
FORCED = move(
    "override",
    "shadow",
    "partial 5%",
    "2013-08-23T09:30:00.000000Z",
    gate=SHUT,
    override=Override(
        "Ada Lovelace",
        "The desk is short of crews until Monday and a late list is better than none; we look at "
        "every case by hand.",
        "2013-08-23T09:30:00.000000Z",
    ),
)
IN_SHADOW = Standing(
    project="flight-delays",
    release=5,
    candidate="boosted 7be1c0",
    rung=PATH[0],
    path=PATH,
    decider="the rule hour >= 17",
    next=OPEN,
    guards=(FAST,),
    history=(PROPOSED,),
    manifest="m" * 64,
    valid_until=None,
    sticky_by=("carrier", "flight"),
)
ROLLED_BACK = replace(
    IN_SHADOW,
    next=SHUT,
    guards=(FAST, OPEN_GUARD, BROKEN),
    history=(BACK, TO_25, TO_5, PROPOSED),
)
OVERRIDDEN = replace(
    IN_SHADOW,
    rung=PATH[1],
    decider="boosted 7be1c0 for 5%, the rule hour >= 17 for the rest",
    next=replace(SHUT, rung=PATH[2]),
    guards=(),
    history=(FORCED, PROPOSED),
    valid_until="2013-10-02T12:00:00.000000Z",
)
LONG_LOST = replace(
    ROLLED_BACK,
    rung=LONG[4],
    path=LONG,
    decider="people, who see what boosted 7be1c0 says",
    guards=(replace(BROKEN, limit=40, against=3e9), FAST),
    history=(replace(BACK, came="partial 60%", went="assist"), PROPOSED),
)
SCREENS = {
    "shadow": lambda: standing(IN_SHADOW),
    "rolled-back": lambda: standing(ROLLED_BACK),
    "override": lambda: standing(OVERRIDDEN),
    "long-path": lambda: standing(LONG_LOST),
    "moved": lambda: [
        *moved(PROPOSED, IN_SHADOW),
        *moved(BACK, ROLLED_BACK),
        *moved(FORCED, OVERRIDDEN),
    ],
    "history": lambda: history([FORCED, *ROLLED_BACK.history]),
    "shut": lambda: shut(SHUT),
    "none-yet": lambda: none_yet(PATH),
}


@pytest.mark.parametrize("form", ["plain", "colour", "ascii"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_release_is_as_it_was_read_and_approved(name, form, shown):
    path, text = GOLDEN / f"release-{name}.{form}.txt", shown(SCREENS[name](), form)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["plain", "ascii"])
@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_96_columns(name, form, shown):
    assert [each for each in shown(SCREENS[name](), form).splitlines() if len(each) > WIDTH] == []


def test_without_utf_8_no_sign_is_lost(shown):
    signs = shown(SCREENS["rolled-back"](), "ascii")
    assert signs.count("?") == shown(SCREENS["rolled-back"]()).count("?")


@pytest.mark.parametrize("about", [OVERRIDDEN, replace(OVERRIDDEN, guards=(FAST,), next=None)])
def test_an_override_is_red_wherever_the_release_is_shown(about):
    said = [
        piece for each in standing(about) for piece in each if "against the gate by" in piece.text
    ]
    assert [each.style for each in said] == ["red bold"]
    assert "Ada Lovelace, 23 Aug 09:30" in said[0].text


def test_an_override_is_gone_once_the_release_was_taken_back():
    taken = replace(ROLLED_BACK, history=(BACK, FORCED, PROPOSED))
    assert "Ada Lovelace" not in plain(standing(taken))


def test_the_way_round_a_gate_is_told_only_where_it_is_shut():
    assert "--override" in plain(standing(ROLLED_BACK))
    assert "--override" not in plain(standing(IN_SHADOW))


def test_what_a_person_took_back_is_not_called_lost():
    by_hand = replace(ROLLED_BACK, history=(replace(BACK, by="Ada"), PROPOSED), guards=())
    assert "○ left 22 Aug, by Ada" in plain(standing(by_hand))
    assert "lost" not in plain(standing(by_hand))


def test_a_year_is_said_where_it_is_not_the_newest(shown):
    old = replace(PROPOSED, at="2012-12-30T08:00:00.000000Z")
    text = shown(history([TO_5, old]))
    assert "29 Jul 08:00" in text
    assert "30 Dec 2012 08:00" in text


def test_a_rung_that_left_the_path_still_shows_where_the_release_stands():
    gone = replace(IN_SHADOW, rung=Rung.parse("partial 10%"))
    assert "partial 5 % ── partial 10 % ── partial 25 %" in plain(standing(gone))


def test_words_stand_to_the_left_of_a_mark_that_has_no_room_at_its_right():
    path = tuple(Rung.parse(f"partial {share}%") for share in (1, 5, 10, 25, 50, 100))
    lost = replace(BACK, came="partial 100%", went="partial 1%")
    text = plain(standing(replace(ROLLED_BACK, path=path, rung=path[0], history=(lost,))))
    row, mark = next(
        pair
        for pair in zip(text.splitlines(), text.splitlines()[1:], strict=False)
        if "lost" in pair[1]
    )
    assert mark.endswith("lost 22 Aug: precision ✗")
    assert row.index("partial 100 %") < mark.index("✗") < len(row)


def test_marks_that_would_meet_stand_in_two_lines():
    path = tuple(Rung.parse(f"partial {share}%") for share in (1, 5, 10, 25, 50, 100))
    lost = replace(BACK, came="partial 100%", went="partial 50%")
    about = replace(ROLLED_BACK, path=path, rung=path[4], history=(lost,))
    lines = [each.strip() for each in plain(standing(about)).splitlines()]
    assert lines[lines.index("●") + 1] == "lost 22 Aug: precision ✗"


def test_no_release_is_said_to_be_in_force_after_the_last_was_withdrawn():
    none = replace(IN_SHADOW, release=0, candidate="", guards=(), decider="people", next=None)
    text = plain(standing(none))
    assert text.startswith("No release is in force. People decide.")
    assert "●" not in text
    assert text.endswith("seatrial release propose")


def test_a_release_that_was_taken_out_of_service_is_not_called_done():
    withdrawn = replace(BACK, came="shadow", went="human", by="Ada")
    out = replace(
        IN_SHADOW, rung=Rung("human", 0.0), next=None, guards=(), history=(withdrawn, PROPOSED)
    )
    text = plain(standing(out))
    assert text.startswith("Release 5 is out of service. The rule hour ≥ 17 decides.")
    assert "○ left 22 Aug, by Ada" in text
    assert "human" not in text
    assert text.endswith("Next: seatrial release propose")
    assert plain(moved(withdrawn, out)).startswith("Ada took release 5 out of service.")


def test_a_release_whose_candidate_is_judged_no_more_is_told_so():
    text = plain(standing(replace(IN_SHADOW, next=None)))
    assert "Another candidate is judged now" in text
    assert "the end of its path" not in text
    assert text.endswith("Next: seatrial release propose")


def test_who_decides_the_rest_is_said_while_the_model_has_a_share():
    text = " ".join(plain(standing(OVERRIDDEN)).split())
    assert "boosted 7be1c0 decides for 5 %, the rule hour ≥ 17 for the rest." in text
    assert "Routed by carrier and flight." in text


def test_the_end_of_a_path_leads_to_watching():
    done = replace(IN_SHADOW, rung=PATH[3], decider="boosted 7be1c0", next=None)
    text = plain(standing(done))
    assert text.startswith("Release 5 is at partial 100 %, the end of its path. ")
    assert text.endswith("Next: seatrial watch")


def test_a_guard_that_failed_without_taking_back_says_what_it_will_do():
    text = plain(standing(replace(IN_SHADOW, guards=(BROKEN,))))
    assert "61   roll back" in text
    assert "rolled back" not in text
