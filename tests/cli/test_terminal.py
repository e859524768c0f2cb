"""What people see: the screens of hand-made records, in colour, plain, and where there is no UTF-8.

After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/cli/test_terminal.py``, and read the diff.
"""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from seatrial.cli.console import Progress, show
from seatrial.core.errors import Fault, PlanError, StoreError
from seatrial.core.estimate import Estimate
from seatrial.plan.claims import parse_claim
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Claim, Waiver
from seatrial.records.evidence import Changed, Evidence, GroupEstimate, Judgement
from seatrial.records.metrics import GLOSSARY
from seatrial.records.readiness import TESTS, Result, Score
from seatrial.records.step import Step
from seatrial.reports import check, faults, readiness, steps, training, why
from seatrial.reports.lines import WIDTH, line
from seatrial.verbs.comparison import spoken

GOLDEN = Path(__file__).parent / "golden"
COLOURED = re.compile(r"\x1b\[[0-9;]*m")
SIGN = re.compile(r"[^\x00-\x7f]")


def estimate(value, low, high, n, unit="fraction"):
    return Estimate(value, low, high, n, "wilson-95", unit)


def claim(text, name, **more):
    measure, bound, _ = parse_claim(text)
    return Claim(name, measure, bound, **more)


def evidence(found, *, groups=(), findings=()):
    return Evidence(
        "k", "s", "p", found, groups=groups, findings=findings, at="2026-08-13T10:00:00", digest="d"
    )


def judged(about, verdict, found=None, reason=""):
    blocks = verdict in {"fail", "unknown"} and about.commitment == "guarantee"
    return Judgement(about.id, "offline", verdict, reason, found, found is not None, blocks)


BY_CARRIER = (
    GroupEstimate("HA", estimate(0.91, 0.84, 0.96, 342), settled=True),
    GroupEstimate("US", estimate(0.47, 0.44, 0.5, 1136), settled=True),
    GroupEstimate("OO", estimate(0.2, 0.1, 0.6, 9), settled=False),
)
PRECISION = claim("precision >= 0.45", "precision")
LOW = evidence(estimate(0.308, 0.295, 0.322, 4642))
GAP = claim("gap recall by carrier <= 0.25", "gap-recall.by-carrier", commitment="target")
WIDE = evidence(estimate(0.44, 0.38, 0.49, 1136), groups=BY_CARRIER, findings=("HA leads US",))
LONG = claim(
    "false_positive_rate <= 0.2 where origin = 'LGA' and carrier in ('US', 'HA') and hour >= 17",
    "long",
    draft=True,
)
CLAIMS = [
    (claim("coverage >= 0.60", "coverage"), "pass", estimate(0.651, 0.645, 0.657, 12404), ""),
    (PRECISION, "fail", LOW, ""),
    (GAP, "fail", WIDE, ""),
    (claim("recall vs rule >= 0", "vs"), "unknown", None, "stale"),
    (LONG, "unknown", estimate(0.19, 0.15, 0.23, 140), "not settled; about 2,000 would settle it"),
    (
        claim("mae <= 3", "mae"),
        "not applicable",
        None,
        "mae does not suit a binary target",
    ),
    (
        claim("f1 >= 0.4", "f1", waiver=Waiver("new", "Ada", date(2026, 12, 31))),
        "waived",
        estimate(0.31, 0.29, 0.33, 900),
        "new labels are coming (Ada, until 2026-12-31)",
    ),
    (
        claim("latency_ms(p99) <= 10 ms", "latency"),
        "pass",
        estimate(3.1, 2.9, 3.4, 12404, "ms"),
        "",
    ),
    (claim("memory_mb <= 500", "memory"), "pass", estimate(81, 80, 83, 5, "MB"), ""),
    (claim("schema", "schema"), "pass", estimate(1.0, 1.0, 1.0, 2769, "yes or no"), ""),
]


def check_screen():
    pairs = [
        (
            about,
            judged(about, verdict, evidence(found) if isinstance(found, Estimate) else found, why),
        )
        for about, verdict, found, why in CLAIMS
    ]
    candidate = Candidate(
        family="boosted",
        recipe="r" * 64,
        artefact="7be1c0" + "0" * 58,
        leaves={},
        threshold=0.28,
        chosen_by="recall",
        chosen_under={},
        curve={},
        form="onnx",
        parity="",
        features=(),
        parameters={},
        seconds=1.0,
        peak_mb=1.0,
    )
    claims, judgements = zip(*pairs, strict=True)
    return check.report(
        "flight-delays", candidate, claims, judgements, GLOSSARY, rows=12404, uses=1
    )


def train_screen():
    def row(name, recall, precision, behind, *, kept=False, note=""):
        figures = {"recall": recall, "precision": precision}
        return training.LadderRow(name, figures, behind, 3.8, kept, note)

    nothing = Estimate(None, None, None, 0, "nothing was called true")
    zero = estimate(0.0, 0.0, 0.001, 5060)
    rows = [
        row("majority", zero, nothing, estimate(-0.67, -0.68, -0.66, 9), note="breaks precision"),
        row(
            "linear",
            estimate(0.545, 0.535, 0.556, 5060),
            estimate(0.466, 0.456, 0.476, 5923),
            estimate(-0.126, -0.137, -0.115, 9),
        ),
        row(
            spoken("flight_delays.models:network"),
            estimate(0.612, 0.601, 0.622, 5060),
            estimate(0.461, 0.451, 0.471, 6011),
            estimate(-0.059, -0.07, -0.048, 9),
            note="breaks gap-recall.by-carrier, unchanged",
        ),
        row(
            "boosted trees",
            estimate(0.671, 0.661, 0.681, 5060),
            estimate(0.469, 0.461, 0.478, 7218),
            None,
            kept=True,
        ),
    ]
    why_kept = "best recall on dev of those that keep the claims there"
    return [
        *training.ladder(rows),
        line(""),
        *training.closing(27075, name="boosted trees", digest="7be1c0", why=why_kept),
    ]


def next_screen():
    exact = Estimate(0.5, 0.5, 0.5, 1, "rubric", "points")
    return steps.steps(
        [
            Step(
                "Choose the threshold again, under the bounds of the plan",
                "precision is 0.308 and misses its bound by 0.142; on dev a threshold of 0.5 gives "
                "0.46 at recall 0.6",
                ("d",),
                None,
                "precision 0.46 on dev, read off the curve; no interval before it is tried",
                41.0,
                "seatrial train",
            ),
            Step(
                "Measure whether training is reproducible",
                "infrastructure has 0 of 7; not measured",
                (),
                None,
                "infrastructure 0 → 1, the score 0 → 1, if it holds",
                0.04,
                "seatrial readiness --measure RD-15",
            ),
            Step("Read the code", "nobody did", (), exact, "", None, "seatrial readiness"),
            Step("Fourth", "why", (), None, "gain", None, "seatrial next"),
        ]
    )


def readiness_screen():
    points = {"RD-01": 1.0, "RD-02": 0.5, "RD-12": 1.0, "RD-15": 1.0, "RD-26": 0.5}
    results = tuple(
        Result(test, points.get(test.id, 0.0), None, "" if test.id in points else "not measured")
        for test in TESTS
    )
    return readiness.meter(Score(results), every=True)


def why_screen():
    failing = why.why(GAP, judged(GAP, "fail", WIDE), (), WIDE, stale=False, same=0)
    changed = (
        Changed("data.split.test", "0.2", "0.3"),
        Changed("column temp of weather", "a" * 64, "b" * 64),
        Changed("code flight_delays.features.evening", None, "c" * 64),
    )
    stale = judged(PRECISION, "unknown", None, "stale")
    return [*failing, line(""), *why.why(PRECISION, stale, changed, LOW, stale=True, same=41)]


def faults_screen():
    hint = "most projects use 0.2"
    plan = PlanError.of(
        [
            Fault("`data.split.test` must lie in (0, 1), got 1.5", "plan.yaml:14", hint),
            Fault("no metric is called `precison`", "plan.yaml:31", "nearest: precision"),
        ]
    )
    far = StoreError(
        "the ledger is not a database", where="/" + "a-long-path/" * 9, hint="restore it"
    )
    return [*faults.faults(plan), line(""), *faults.faults(far)]


SCREENS = {
    "check": check_screen,
    "train": train_screen,
    "next": next_screen,
    "readiness": readiness_screen,
    "why": why_screen,
    "faults": faults_screen,
}
FORMS = {"colour": ("utf-8", True), "plain": ("utf-8", False), "ascii": ("ascii", False)}


def shown(name, form, stream):
    encoding, terminal = FORMS[form]
    out = stream(encoding=encoding, terminal=terminal)
    show(SCREENS[name](), stream=out)
    return out.text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_was_read_and_approved(name, form, stream):
    path, text = GOLDEN / f"{name}.{form}.txt", shown(name, form, stream)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_96_columns(name, form, stream):
    text = COLOURED.sub("", shown(name, form, stream))
    wide = [each for each in text.splitlines() if len(each) > WIDTH and "a-long-path" not in each]
    assert wide == []


@pytest.mark.parametrize("name", SCREENS)
def test_colour_changes_no_letter(name, stream):
    assert (
        COLOURED.sub("", shown(name, "colour", stream)).split()
        == shown(name, "plain", stream).split()
    )


@pytest.mark.parametrize("name", SCREENS)
def test_without_a_terminal_there_is_no_colour(name, stream):
    assert not COLOURED.search(shown(name, "plain", stream))


@pytest.mark.parametrize("name", SCREENS)
def test_no_color_is_obeyed_on_a_terminal(name, stream, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(name, "colour", stream) == shown(name, "plain", stream)


@pytest.mark.parametrize("name", SCREENS)
def test_without_utf_8_every_sign_is_ascii_and_none_is_lost(name, stream):
    text = shown(name, "ascii", stream)
    assert not SIGN.search(text)
    signs = SIGN.search(shown(name, "plain", stream))
    assert signs is None or "?" not in text or name == "check"


def test_a_terminal_without_utf_8_has_no_colour(stream):
    out = stream(encoding="latin-1", terminal=True)
    show(SCREENS["check"](), stream=out)
    assert not COLOURED.search(out.text)


def test_a_name_that_the_terminal_can_not_write_does_not_stop_the_answer(stream):
    out = stream(encoding="ascii", terminal=False)
    show([line("größe ≥ 3")], stream=out)
    assert out.text == "gr??e >= 3\n"


def test_no_line_ends_in_spaces(stream):
    for name in SCREENS:
        text = shown(name, "plain", stream)
        assert [each for each in text.splitlines() if each != each.rstrip()] == []


def test_progress_is_silent_where_nobody_looks(stream):
    out = stream(encoding="utf-8", terminal=False)
    with Progress(out) as progress:
        progress.say("Training boosted trees")
        progress.count("precision", 1, 3)
    assert out.text == ""


def test_progress_leaves_nothing_behind(stream):
    out = stream(encoding="utf-8", terminal=True)
    with Progress(out) as progress:
        progress.say("Training boosted trees")
    assert out.text.endswith("\r\x1b[K")
