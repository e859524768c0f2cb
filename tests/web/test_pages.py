"""Every page, in a real browser: who can use it, where it fits, what it never shows."""

import re
import urllib.request
from contextlib import closing

import pytest
from litestar.testing import TestClient

import seatrial
from seatrial.web.app import create

PATHS = (
    "",
    "claims",
    "claims/precision",
    "claims/gap-recall.by-store",
    "readiness",
    "data",
    "candidates",
    "slices",
    "errors",
    "errors?of=right&case=2",
    "releases",
    "watch",
    "watch?table=1",
    "watch?windows=4",
    "plan",
)
WIDTHS = (320, 390, 768, 1024, 1280)
HEAVIEST = 60_000
"""Bytes of a page with its stylesheet and its script, before compression."""

VISIT = """() => {
  const texts = selector => [...document.querySelectorAll(selector)].map(each => each.innerText);
  const silent = [...document.querySelectorAll('main svg')].filter(svg =>
    !svg.parentElement.closest('svg') && !svg.hasAttribute('aria-hidden')
    && !(svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label')));
  return {titles: texts('h1'), values: texts('td.val, div.val'), silent: silent.length,
    links: [...document.querySelectorAll('a')].map(each => each.href)};
}"""
"""Headings, figures, pictures without a sentence, and links of the page that is shown."""


@pytest.fixture
def opened(browser):
    """Open a page; whatever the browser complains of fails the test."""
    pages, complaints = [], []

    def show(address, *, width=1280, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        pages.append(page)
        page.goto(address)
        return page

    yield show
    for page in pages:
        page.close()
    assert not complaints


@pytest.mark.parametrize(
    ("project", "width"), [("pages_of_live", 1280), ("pages_of_live", 390), ("pages_of_bare", 390)]
)
def test_axe_finds_no_barrier(opened, barriers, request, project, width):
    address = request.getfixturevalue(project).address
    page, found = opened(address, width=width), {}
    for path in PATHS:
        page.goto(address + path)
        found[path] = barriers(page)
    assert {path: each for path, each in found.items() if each} == {}


@pytest.fixture(scope="module")
def visited(browser, pages_of_live):
    """What a visit of each page finds, by path."""
    page, found = browser.new_page(viewport={"width": 1280, "height": 800}), {}
    for path in PATHS:
        page.goto(pages_of_live.address + path)
        found[path] = page.evaluate(VISIT)
        found[path]["overflows"] = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found[path]["overflows"].append(width)
    page.close()
    return found


@pytest.mark.parametrize("state", ["live", "trained", "bare"])
def test_who_looks_at_the_pages_writes_nothing_but_what_is_looked_up_once(request, state):
    root = request.getfixturevalue(state)
    address = request.getfixturevalue(f"pages_of_{state}").address
    with closing(seatrial.open(root)) as project:
        before = len(project.ledger.find())
        for path in PATHS:
            with urllib.request.urlopen(address + path) as page:
                assert page.status == 200
        new = project.ledger.find()[: len(project.ledger.find()) - before]
        assert {each.kind for each in new} <= {"snapshot", "split", "audit"}


def test_no_page_scrolls_sideways(visited):
    assert {path: each["overflows"] for path, each in visited.items() if each["overflows"]} == {}


def test_no_page_weighs_more_than_60_kb(opened, pages_of_live):
    page = opened(pages_of_live.address)
    shared = sum(
        len(page.request.get(page.url + name).body())
        for name in ("static/seatrial.css", "static/seatrial.js")
    )
    weights = {
        path: shared + len(page.request.get(pages_of_live.address + path).body()) for path in PATHS
    }
    assert {path: each for path, each in weights.items() if each > HEAVIEST} == {}


def test_each_page_has_one_heading_that_is_a_sentence_or_a_claim(visited):
    for each in visited.values():
        (title,) = each["titles"]
        assert title.endswith(".") or re.search("[≥≤]", title), title


def test_nobody_sees_a_bare_number(visited):
    for path, each in visited.items():
        for text in each["values"]:
            plain = text.replace("\u00a0", " ").strip()
            exact = {"2,400", "0", "0.0537"}  # all rows were counted: no interval is hidden
            has_words = re.search(r"\[.*\]|[a-z]{2}", plain)
            assert has_words or plain in exact | {""}, (path, plain)


def test_every_figure_has_a_sentence_for_those_who_cant_see_it(visited):
    assert {path: each["silent"] for path, each in visited.items() if each["silent"]} == {}


def test_a_page_shows_what_its_twin_says(opened, pages_of_live):
    page = opened(pages_of_live.address)
    document = page.request.get(page.url + "index.json").json()
    assert page.locator("h1").inner_text() == document["head"]["title"]
    shown = page.locator(".claims tbody tr").all_inner_texts()
    assert len(shown) == len(document["rows"])
    for text, row in zip(shown, document["rows"], strict=True):
        assert row["text"] in text
        assert row["newest"]["value"] in text
        assert row["newest"]["interval"] in text
    assert page.locator(".steps code").all_inner_texts() == [
        *(re.findall("`([^`]+)`", " ".join(each["title"] for each in document["steps"]))),
        *(each["command"] for each in document["steps"]),
    ]


def test_every_page_has_a_twin(opened, visited, pages_of_live):
    page = opened(pages_of_live.address)
    for path, each in visited.items():
        (twin,) = {link for link in each["links"] if ".json" in link}
        document = page.request.get(twin).json()
        assert document["head"]["title"] == each["titles"][0].replace("\n", " "), path


def test_the_series_stand_in_a_table_too(opened, pages_of_live):
    page = opened(pages_of_live.address + "watch?table=1")
    rows = page.locator("table.points tbody tr").all_inner_texts()
    assert len(rows) == 11
    assert "0.47 [0.45, 0.49]" in rows[0]
    assert rows[5].count("not measured") == 4


def test_a_window_without_decisions_breaks_the_line(opened, pages_of_live):
    page = opened(pages_of_live.address + "watch")
    chart = (
        page.locator(".wrow", has=page.get_by_text("precision ≥ 0.5")).locator("svg[role=img]").last
    )
    line = chart.locator(".ln").get_attribute("d")
    assert line.count("M") == 2
    assert chart.locator(".dot, .open").count() == 10


def test_outcomes_still_to_come_are_hatched(opened, pages_of_live):
    page = opened(pages_of_live.address + "watch")
    assert "Hatched: 42 % of the outcomes there are still to come." in page.locator(
        ".cap"
    ).first.inner_text().replace("\u00a0", " ")
    assert page.locator(".wrow").nth(1).locator("rect[fill='url(#hatch)']").count() == 2


def test_fewer_windows_can_be_asked_for(opened, pages_of_live):
    page = opened(pages_of_live.address + "watch?windows=4")
    assert (
        page.request.get(pages_of_live.address + "watch.json?windows=4").json()["production"][
            "spans"
        ][0]["start"]
        == "19 Aug"
    )
    assert page.locator(".seg [aria-current]").inner_text() == "4 weeks"


def test_the_override_is_shown_in_the_history(opened, pages_of_live):
    page = opened(pages_of_live.address + "releases")
    history = page.locator(".track").inner_text()
    assert "Release 1 to partial, 5 %, against the gate, by ada" in history.replace("\u00a0", " ")
    assert "Entered against the gate by ada" in history
    assert "courier's contract" in history


def test_a_closed_gate_says_why(opened, pages_of_live):
    page = opened(pages_of_live.address + "releases")
    said = page.locator(".closed").inner_text().replace("\u00a0", " ")
    assert said.startswith("The gate of 5 % is shut: precision ≥ 0.5")


def test_the_plan_bears_the_verdict_of_each_claim_in_its_margin(opened, pages_of_live):
    page = opened(pages_of_live.address + "plan")
    marked = page.locator(".lines li", has=page.get_by_role("img", name="fail")).all_inner_texts()
    assert len(marked) == 1
    assert "precision >= 0.5" in marked[0]
    assert page.locator(".lines .g").count() == 16


def test_two_runs_are_compared_by_what_differs(opened, pages_of_live):
    page = opened(pages_of_live.address + "candidates")
    page.get_by_role("link", name="with the one before").first.click()
    assert "was made of other inputs than" in page.locator("h1").inner_text()
    same = page.locator("tbody tr").evaluate_all(
        "rows => rows.filter(row => row.cells[1].innerText === row.cells[2].innerText).length"
    )
    assert same == 0
    assert page.locator("tbody tr").count() > 0


def test_every_link_leads_somewhere(opened, visited, pages_of_live):
    page = opened(pages_of_live.address)
    links = {link.split("#")[0] for each in visited.values() for link in each["links"]}
    assert {link for link in links if page.request.get(link).status != 200} == set()


def test_without_script_everything_is_there_but_the_buttons(browser, pages_of_live):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(pages_of_live.address)
    assert page.locator(".claims tbody tr").count() == 16
    assert page.get_by_role("button", name="Copy").count() == 0
    page.get_by_text("Menu", exact=True).click()
    page.get_by_label("Menu").get_by_role("link", name="Watch").click()
    assert page.locator("h1").inner_text().startswith("One alarm is open")
    context.close()


def test_a_page_that_isnt_there_says_so_in_the_same_look(browser, pages_of_live):
    page = browser.new_page()
    answer = page.goto(pages_of_live.address + "claims/precison")
    assert answer.status == 404
    said = page.locator("main").inner_text()
    assert "No claim is called precison" in said
    assert "nearest: precision" in said.lower()
    assert page.locator(".rail nav a").first.get_attribute("href") == "../"
    page.close()


def test_a_ledger_that_cant_be_read_is_said_in_the_same_look(copy_of_shop):
    ledger = copy_of_shop / ".seatrial" / "ledger.db"
    for file in ledger.parent.glob("ledger.db-*"):
        file.unlink()
    ledger.write_text("not a ledger " * 400)
    project = seatrial.open(copy_of_shop)
    with TestClient(create(project), base_url="http://127.0.0.1:8765") as client:
        answer = client.get("/claims")
    assert answer.status_code == 503
    assert "This file is not a ledger" in answer.text
    assert "restore a copy" in answer.text.lower()
    assert 'class="rail"' in answer.text


def test_a_plan_that_isnt_valid_is_said_with_each_fault(copy_of_shop):
    plan = copy_of_shop / "plan.yaml"
    text = plan.read_text().replace("test: 0.2", "test: 1.5").replace("version: 1", "version: 7")
    plan.write_text(text)
    project = seatrial.open(copy_of_shop)
    with TestClient(create(project), base_url="http://127.0.0.1:8765") as client:
        answer = client.get("/")
        twin = client.get("/index.json")
    project.close()
    assert answer.status_code == twin.status_code == 422
    assert answer.text.count('class="fault"') == len(twin.json()["faults"]) >= 2
    assert "plan.yaml:" in answer.text
    assert 'class="rail"' in answer.text


def test_before_anything_was_done_each_page_says_what_would_fill_it(opened, pages_of_bare):
    page = opened(pages_of_bare.address)
    assert page.locator("h1").inner_text() == "Nothing is trained yet, so nothing is proved."
    commands = {
        "": "seatrial train",
        "candidates": "seatrial train",
        "releases": "seatrial release propose",
        "watch": "seatrial release propose",
        "claims/precision": "seatrial check precision",
    }
    for path, command in commands.items():
        page.goto(pages_of_bare.address + path)
        assert command in page.locator("main .cmd code").all_inner_texts(), path
