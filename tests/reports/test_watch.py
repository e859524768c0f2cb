"""A look at production as people read it: hand-made records, screens that were read and approved.

After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/reports``, and read the diff.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seatrial.core.clock import iso
from seatrial.core.estimate import Estimate, not_measured
from seatrial.records.look import Alarm, Look, Moved, Point, Series, Window
from seatrial.reports.lines import WIDTH, plain
from seatrial.reports.watch import alarm, look, nothing_yet

GOLDEN = Path(__file__).parent / "golden"
WEEK = timedelta(weeks=1)
JULY = datetime(2013, 7, 1, tzinfo=UTC)
VERDICTS = {"+": "pass", "x": "fail", "?": "unknown"}
RUNGS = [*["shadow"] * 4, "partial 5%", *["partial 25%"] * 2, *["shadow"] * 4]


def windows(rungs, *, length=WEEK, immature=0, start=JULY):
    return tuple(
        Window(
            iso(start + place * length),
            iso(start + (place + 1) * length),
            6360,
            6240,
            is_mature=place < len(rungs) - immature,
            rung=rung,
        )
        for place, rung in enumerate(rungs)
    )


def series(name, claim, marks, newest, *, verdict="pass", reason="", owner="ops-desk"):
    """Marks: ``+ x ?`` for a verdict, ``.`` where nothing could be measured."""
    points = tuple(
        Point(None, "unknown") if mark == "." else Point(newest, VERDICTS[mark]) for mark in marks
    )
    return Series(name, claim, owner, "shadow", points, newest, verdict, reason=reason)


def estimate(value, low, high, n, unit="fraction"):
    return Estimate(value, low, high, n, "day-bootstrap-95", unit)


PRECISION = series(
    "precision >= 0.45",
    "precision",
    "x+x+x+xxxx.",
    estimate(0.308, 0.295, 0.322, 4642),
    verdict="fail",
    reason="the whole sequence lies under its bound since 19 Aug",
)
LGA = series(
    "recall ≥ 0.50 where origin = 'LGA' and hour between 5 and 23",
    "recall-lga",
    "?+++?+?+.+.",
    estimate(0.73, 0.70, 0.76, 723),
)
COVERAGE = series(
    "coverage ≥ 0.60", "coverage", "+++?+++++++", estimate(0.651, 0.645, 0.657, 12404)
)
FAST = series(
    "latency_ms(p99) ≤ 10 ms", "latency", "+++++++++++", estimate(3.1, 2.9, 3.4, 12404, "ms")
)
GAP = series(
    "gap recall by carrier ≤ 0.25",
    "gap",
    "...........",
    None,
    verdict="unknown",
    reason="no carrier has 30 late flights in a window",
)
LATE = series("share that is late", None, "+++++++++++", estimate(0.17, 0.164, 0.176, 12404))
MOVED = (
    Moved(
        "temp",
        "distance",
        "57",
        "78",
        0.89,
        0.2,
        0.0,
        "fail",
        "A third of the flights are warmer than 95 % of those in training.",
    ),
    Moved("dewp", "distance", "41", "64", 0.8, 0.2, 0.0, "fail", "It moved with temp."),
    Moved(
        "precipitation_of_the_last_six_hours",
        "missing",
        "1.0 %",
        "4.0 %",
        0.03,
        0.02,
        1e-9,
        "fail",
        "The weather station of EWR sends none since 12 Aug.",
    ),
    Moved(
        "distance",
        "unit",
        "miles",
        "a word of many letters",
        1.61,
        1.5,
        0.0,
        "fail",
        "It looks like km.",
    ),
    Moved("wind", "distance", "10", "11", 0.04, 0.2, 0.4, "pass", "As in training."),
)
OPEN = Alarm(
    "precision",
    iso(JULY + 7 * WEEK + timedelta(hours=14)),
    "ops-desk",
    "precision >= 0.45 is proved broken: 0.305 [0.291, 0.318], evidence 61 of 20.",
    sent=("ops-desk@example.org", "#late-flights"),
    evidence="d",
)
CLOSED = replace(OPEN, id="input wind", closed=iso(JULY + 8 * WEEK))
FAILING = Look(
    project="flight-delays",
    at=iso(JULY + 11 * WEEK),
    release=5,
    candidate="boosted 7be1c0",
    rung="shadow",
    decisions=69_965,
    known=estimate(0.981, 0.977, 0.985, 63_600),
    delay_h=26.4,
    windows=windows(RUNGS, immature=1),
    claims=(COVERAGE, PRECISION, LGA, GAP, FAST),
    figures=(LATE,),
    moved=MOVED,
    reference="training, 182,000 rows",
    alarms=(OPEN, CLOSED),
    paired=estimate(-0.151, -0.172, -0.130, 61_000),
    advice="The inputs moved and precision fell with them: train on the flights up to 1 September.",
)
HEALTHY = replace(
    FAILING,
    rung="partial 25%",
    windows=windows(["shadow"] * 3 + ["partial 5%"] * 4 + ["partial 25%"] * 4),
    claims=(
        replace(
            PRECISION,
            points=COVERAGE.points,
            verdict="pass",
            newest=estimate(0.469, 0.461, 0.478, 4642),
        ),
        FAST,
    ),
    figures=(),
    moved=MOVED[-1:],
    alarms=(),
    paired=None,
    advice="",
)
YOUNG = replace(
    FAILING,
    decisions=1204,
    known=not_measured("no decision is old enough"),
    windows=windows(["shadow"] * 3, length=timedelta(hours=6), immature=3),
    claims=(
        replace(
            PRECISION,
            points=(Point(None, "unknown"),) * 3,
            newest=None,
            verdict="unknown",
            reason="outcomes are still to come",
        ),
        replace(COVERAGE, points=COVERAGE.points[:3]),
    ),
    figures=(),
    moved=(),
    alarms=(),
    paired=None,
    advice="",
)
RESTLESS = replace(
    HEALTHY,
    windows=windows(["shadow", "partial 25%"] * 5 + ["partial 100%"]),
    claims=(LGA, FAST),
)
SCREENS = {
    "failing": lambda: look(FAILING),
    "healthy": lambda: look(HEALTHY),
    "immature": lambda: look(YOUNG),
    "restless": lambda: look(RESTLESS),
    "nothing-yet": nothing_yet,
}


@pytest.mark.parametrize("form", ["plain", "colour", "ascii"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_look_is_as_it_was_read_and_approved(name, form, shown):
    path, text = GOLDEN / f"watch-{name}.{form}.txt", shown(SCREENS[name](), form)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["plain", "ascii"])
@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_96_columns(name, form, shown):
    assert [each for each in shown(SCREENS[name](), form).splitlines() if len(each) > WIDTH] == []


@pytest.mark.parametrize("name", SCREENS)
def test_without_utf_8_nothing_becomes_unknown(name, shown):
    assert shown(SCREENS[name](), "ascii").count("?") == shown(SCREENS[name]()).count("?")


def marks(text, name):
    row = next(each for each in text.splitlines() if name in each)
    return "".join(sign for sign in row.split(name)[1] if sign in "✓✗?·")


def test_each_window_has_one_mark_in_order():
    assert marks(plain(look(FAILING)), "precision ≥ 0.45") == "✗✓✗✓✗✓✗✗✗✗?"


def test_a_window_that_waits_for_outcomes_is_told_from_one_that_has_nothing():
    assert marks(plain(look(FAILING)), "gap recall by carrier ≤ 0.25") == "··········?"


def test_a_failing_claim_stands_first_and_is_what_to_ask_about():
    lines = plain(look(FAILING)).splitlines()
    assert next(each for each in lines if each[2:3] in set("✗✓?")).startswith("  ✗ precision")
    assert lines[-1] == "Next: seatrial why precision"


def test_where_nothing_fails_the_next_steps_are_next():
    assert plain(look(HEALTHY)).endswith("Next: seatrial next")


def test_what_was_pooled_is_said():
    first, *rest = HEALTHY.windows
    pooled = replace(first, start=iso(JULY - 4 * WEEK))
    text = plain(look(replace(HEALTHY, windows=(pooled, *rest))))
    assert text.startswith("15 weeks, ")
    assert "One mark is one week, the first 5 weeks." in text


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(hours=1), "One mark is one hour."),
        (timedelta(hours=6), "One mark is 6 hours."),
        (timedelta(days=1), "One mark is one day."),
        (timedelta(days=28), "One mark is 4 weeks."),
    ],
)
def test_the_width_of_a_mark_is_said(length, said):
    of_length = replace(HEALTHY, windows=windows(RUNGS, length=length))
    assert said in plain(look(of_length))


def test_a_release_that_moved_within_a_day_is_told_by_the_hour():
    hours = windows(RUNGS, length=timedelta(hours=1))
    heading = plain(look(replace(HEALTHY, windows=hours))).splitlines()[4]
    assert heading.split() == ["1", "Jul", "00:00", "04:00", "05:00", "07:00"]


def test_many_moved_inputs_are_counted_not_listed():
    many = tuple(replace(MOVED[0], feature=f"input_{place}") for place in range(8))
    text = plain(look(replace(FAILING, moved=many)))
    assert "8 of 8" in text
    assert "input_4" in text
    assert "input_5" not in text
    assert "and 3 more" in text


def test_many_alarms_are_counted_not_listed():
    many = tuple(replace(OPEN, id=f"input x{place}") for place in range(7))
    text = plain(look(replace(FAILING, alarms=many)))
    assert "7 open alarms:" in text
    assert "input x5" not in text
    assert "and 2 more" in text


def test_a_difference_that_could_not_be_paired_is_left_out():
    unpaired = replace(FAILING, paired=not_measured("no outcome"))
    assert "on the same requests: −0.15 ± 0.02" in plain(look(FAILING))
    assert "same requests" not in plain(look(unpaired))


def test_inputs_that_were_not_compared_are_not_said_to_stand_still():
    assert "moved" not in plain(look(replace(YOUNG, moved=())))


def test_only_open_alarms_are_listed():
    text = plain(look(FAILING))
    assert "1 open alarm" in text
    assert "input wind" not in text


def test_before_any_decision_a_look_says_so():
    assert look(replace(YOUNG, windows=(), claims=())) == nothing_yet()


def test_an_alarm_says_in_one_line_that_it_opened_and_that_it_ended():
    assert alarm(replace(OPEN, sentence="precision >= 0.45 is broken.")) == (
        "19 Aug 14:00  alarm  precision (ops-desk): precision ≥ 0.45 is broken."
    )
    assert alarm(replace(OPEN, closed=iso(JULY + 27 * WEEK))) == (
        "6 Jan 00:00  ended  precision (ops-desk), open since 19 Aug 2013 14:00"
    )


def test_a_long_alarm_is_cut_between_words():
    said = alarm(replace(OPEN, sentence="of words " * 40))
    assert len(said) <= WIDTH
    assert "\n" not in said
    assert said.endswith((" of …", " words …"))
