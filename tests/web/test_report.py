"""The audit report: one file that anybody can open, with everything that is on file and nothing else."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.estimate import Estimate
from seatrial.verbs.check import check
from seatrial.verbs.doctor import doctor
from seatrial.verbs.errors import errors, tag
from seatrial.verbs.sign_off import sign_off
from seatrial.web.document import write
from seatrial.web.report import PARTS, render
from seatrial.web.slice_rows import Slice

LATER = datetime(2026, 12, 1, 9, tzinfo=UTC)
LOOKED = datetime(2026, 9, 17, 8, tzinfo=UTC)
"""The day of the look at production."""
WIDTHS = (320, 390, 768, 1280)
MOST_BYTES = 3_000_000
OVERALL = Estimate(0.7, 0.66, 0.74, 4000, "wilson-95")


def slices(count):
    """Slices of recall, some worse than the whole, some too few to tell."""
    return [
        Slice(
            where=f"store = 'B{place}' and hour >= {place % 24}",
            metric="recall",
            estimate=Estimate(None, None, None, 0, "too few")
            if place % 50 == 7
            else Estimate(0.4 + place * 0.0005, 0.35, 0.95, 40 + place, "wilson-95"),
            overall=OVERALL,
            n=7 if place % 50 == 7 else 40 + place,
            p_adjusted=None if place % 50 == 7 else place * 0.001,
        )
        for place in range(count)
    ]


def made(root, clock, out, **more):
    """Write the report of a project; give what it shows and its text."""
    project = seatrial.open(root, clock=ManualClock(clock))
    shown, text = render(project, **more)
    project.close()
    write(out, text)
    return shown, text


@pytest.fixture(scope="module")
def signed(live, tmp_path_factory):
    """The project whose release was taken back, signed off twice; then one claim was measured again."""
    root = tmp_path_factory.mktemp("signed") / "shop"
    shutil.copytree(live, root)
    project = seatrial.open(root, clock=ManualClock(LOOKED))
    sign_off(
        project, by="Ada <script>alert(1)</script>", role="product owner", note="a | b & <i>c</i>"
    )
    sign_off(project, by="Grace", role="security", note="fine", claims=["schema"])
    check(project, only=["rows"], again=True)
    project.close()
    return root


@pytest.fixture(scope="module")
def report(signed, tmp_path_factory):
    """Its report with a search of slices: what it shows, its text, where it is."""
    place = tmp_path_factory.mktemp("report") / "report.html"
    return *made(signed, LOOKED, place, slices=slices(60)), place


@pytest.fixture(scope="module")
def empty(bare, tmp_path_factory):
    """The report of a project in which nothing was done."""
    place = tmp_path_factory.mktemp("empty") / "report.html"
    return *made(bare, LATER, place), place


@pytest.fixture
def opened(browser):
    """Open a file without script; whatever it asks for or complains of fails the test."""
    contexts, asked = [], []

    def show(place, *, width=1280, scheme="light", script=False):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=True,
            bypass_csp=script,
        )
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: asked.append(message.text))
        contexts.append(context)
        page.goto(place.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert {each for each in asked if not each.startswith(("file:", "data:"))} == set()


def test_axe_finds_no_barrier(opened, barriers, report, empty):
    for place, width in ((report[2], 390), (empty[2], 1280)):
        assert barriers(opened(place, width=width, script=True)) == []


def test_it_doesnt_scroll_sideways(opened, report):
    wide = {}
    for width in WIDTHS:
        found = opened(report[2], width=width).evaluate("document.documentElement.scrollWidth")
        wide[width] = found
    assert {width: found for width, found in wide.items() if found > width} == {}


def test_it_needs_no_script_and_nothing_from_elsewhere(report):
    text = report[1]
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*\"", text) == []
    assert "url(http" not in text


def test_a_thousand_slices_stay_below_3_mb_and_are_all_in_it(opened, signed, tmp_path):
    place = tmp_path / "report.html"
    shown, text = made(signed, LOOKED, place, slices=slices(1000))
    assert place.stat().st_size < MOST_BYTES
    assert text.count('<td class="slice">') == 1000
    seen = opened(place).locator("td.slice").filter(visible=True).all_inner_texts()
    assert len(seen) == 25
    assert seen[0] == "store = 'B0' and hour >= 0"
    (table,) = shown.slices
    last = table.drawers[-1][1]
    assert [each.verdict for each in last][-20:] == ["unknown"] * 20
    assert table.rows[0].verdict == "fail"
    assert "1,000 looked at, 49 worse than the whole" in text


def test_each_link_in_it_leads_to_a_place_in_it(report, empty):
    for _, text, _ in (report, empty):
        targets = {""} | set(re.findall(r"\sid=\"([^\"]+)\"", text))
        assert set(re.findall(r"<a[^>]* href=\"#([^\"]*)\"", text)) - targets == set()
        assert {part.path for part in PARTS} <= targets


def test_each_claim_has_its_figure_its_method_its_evidence_and_its_inputs(opened, report):
    shown, _, place = report
    page = opened(place)
    assert len(shown.claims) == 16
    for claim in shown.claims:
        said = page.locator(f"article[id='claims/{claim.row.id}']").inner_text()
        figure = claim.row.newest
        assert claim.row.text in said
        assert figure.value in said
        assert figure.interval in said
        assert figure.n in said
        assert claim.evidence in said
        assert f"{len(claim.inputs)} inputs by digest or value" in said


def test_the_headline_is_that_of_the_pages(report, empty):
    assert report[0].head.title == "Precision no longer holds, so release 1 is back in shadow."
    assert empty[0].head.title == "Nothing is trained yet, so nothing is proved."


def test_a_sign_off_that_stands_and_one_that_is_void_are_told_apart(opened, report):
    said = opened(report[2]).locator("#sign-offs li").all_inner_texts()
    grace, ada = said
    assert "Stands: all that was shown is what there is now." in grace
    assert "on schema" in grace
    assert "Void: rows is resting on other evidence now." in ada
    assert "on every claim" in ada


def test_names_are_shown_as_they_are_and_never_as_markup(opened, report):
    said = opened(report[2]).locator("#sign-offs").inner_text()
    assert "Ada <script>alert(1)</script>, product owner" in said
    assert "a | b & <i>c</i>" in said


def test_what_was_entered_against_its_gate_says_so(report):
    assert "Entered against the gate by ada" in report[1]
    assert "courier&#39;s contract" in report[1]


def test_answers_are_counted_from_what_is_on_file(report, live):
    shown = report[0].answers
    project = seatrial.open(live)
    evidence = project.why("precision").nearest
    project.close()
    table = evidence.statistics["confusion"]
    assert [[count.replace(",", "") for count in each.counts] for each in shown.table] == [
        [str(count) for count in row] for row in table
    ]
    positive = shown.table[-1]
    assert positive.precision.estimate.value == pytest.approx(evidence.estimate.value)
    assert positive.precision.interval == report[0].claims[0].stages[0].figure.interval
    assert len(shown.bins) == len(shown.answered) == 10


def test_what_isnt_there_is_said_with_the_command_that_measures_it(opened, empty):
    page = opened(empty[2])
    commands = {
        "claims/precision": "seatrial check precision",
        "sign-offs": "seatrial sign-off --by NAME --role ROLE --note TEXT",
        "candidates": "seatrial train",
        "answers": "seatrial train",
        "symptoms": "seatrial doctor",
        "errors": "seatrial train",
        "releases": "seatrial release propose",
    }
    for part, command in commands.items():
        assert command in page.locator(f"[id='{part}'] .cmd code").all_inner_texts(), part
    assert "none: " in page.locator("#candidates table").last.inner_text()


def test_what_the_doctor_found_and_people_tagged_is_told(trained, tmp_path):
    root = shutil.copytree(trained, tmp_path / "shop")
    assert made(root, LATER, tmp_path / "before.html")[0].symptoms == ()
    project = seatrial.open(root, clock=ManualClock(LATER))
    found = doctor(project)
    wrong = [each for each in errors(project).cases if each.is_wrong]
    tag(project, wrong[0].id, ["late"])
    project.close()
    shown, text = made(root, LATER, tmp_path / "after.html")
    assert [(each.title, each.verdict) for each in shown.symptoms] == [
        (each.title, each.verdict) for each in found.checks
    ]
    assert (shown.errors.seen, shown.errors.drawn) == (1, len(wrong))
    assert [each.name for each in shown.errors.tags] == ["late"]
    assert "1 of" in text
    assert "It learns a few rows by heart" in text


def test_writing_it_measures_nothing_and_it_is_the_same_every_time(trained, tmp_path):
    project = seatrial.open(trained)
    before = project.ledger.heads()
    first = made(trained, LATER, tmp_path / "a.html")[1]
    second = made(trained, LATER + timedelta(days=90), tmp_path / "b.html")[1]
    assert project.ledger.heads() == before
    project.close()
    assert first == second


def test_on_paper_there_is_no_rail_and_every_drawer_is_open(opened, report):
    page = opened(report[2])
    page.emulate_media(media="print")
    assert not page.locator(".rail").is_visible()
    assert page.locator("td.slice").last.bounding_box()["height"] > 10


def test_how_to_get_it_again_names_the_run_and_the_ledger(report):
    shown = report[0]
    commands = [each.command for each in shown.again]
    assert "seatrial ledger verify" in commands
    assert any(re.fullmatch("seatrial runs rerun [0-9a-f]{6}", each) for each in commands)
    named = {each.what for each in shown.lineage}
    assert {
        "plan",
        "source",
        "snapshot",
        "split",
        "code",
        "version",
        "recipe",
        "candidate",
        "manifest",
        "ledger",
    } == named
