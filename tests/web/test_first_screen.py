"""What a stranger reads on the first screen, in a real browser."""

import json

import pytest

DESKTOP = {"width": 1280, "height": 800}
VISIBLE = """() => {
  const words = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const box = range.getBoundingClientRect();
    const seen = box.width > 1 && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
    if (seen) words.push(walk.currentNode.textContent);
  }
  return words.join(' ').replace(/\\s+/g, ' ');
}"""


@pytest.fixture
def screen(browser):
    """Open an address as wide as a desk's screen; give the page."""
    opened = []

    def show(address):
        page = browser.new_page(viewport=DESKTOP)
        opened.append(page)
        page.goto(address)
        return page

    yield show
    for page in opened:
        page.close()


def told(page):
    return json.loads(page.request.get(page.url + "index.json").text())


def test_it_says_which_claims_fail_and_which_hold(screen, pages_of_live):
    page = screen(pages_of_live.address)
    seen = page.evaluate(VISIBLE)
    assert "Precision no longer holds, so release 1 is back in shadow." in seen
    assert "Precision is 0.308 [0.294, 0.322] and needs at least 0.5. The other 15 hold." in seen
    assert "1 fail" in seen
    assert "15 pass" in seen
    failing = page.locator("tr", has=page.get_by_role("img", name="fail", exact=True))
    assert failing.count() == 1
    assert "precision ≥ 0.5" in failing.inner_text()


def test_it_says_which_candidate_serves_at_what_level_and_share(screen, pages_of_live):
    page = screen(pages_of_live.address)
    seen = page.evaluate(VISIBLE).replace("\u00a0", " ")
    candidate = page.request.get(page.url + "releases.json").json()["head"]["facts"][0]["code"]
    assert f"In shadow release 1, builders:plain {candidate}" in seen
    assert "Exposure shadow, 0 %, was 5 %" in seen
    assert "Deciding the rule hour ≥ 20" in seen


def test_it_says_how_ready_the_system_is_and_what_limits_it(screen, pages_of_live):
    page = screen(pages_of_live.address)
    document = told(page)
    limiting = next(each for each in document["sections"] if each["limits"])
    score = f"Readiness {document['score']:g} of 7, {limiting['name'].lower()} limits it"
    assert score in page.evaluate(VISIBLE)


def test_it_says_what_to_do_next(screen, pages_of_live):
    page = screen(pages_of_live.address)
    assert f"Next {told(page)['steps'][0]['command']}" in page.evaluate(VISIBLE)


def test_before_any_release_it_says_that_nothing_serves(screen, pages_of_trained):
    seen = screen(pages_of_trained.address).evaluate(VISIBLE).replace("\u00a0", " ")
    assert "Exposure no level, 0 %: not released" in seen
    assert "Candidate builders:plain" in seen


def test_on_a_phone_the_answers_stand_in_the_same_order(browser, pages_of_live):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(pages_of_live.address)
    tops = [
        page.get_by_text(text, exact=True).first.bounding_box()["y"]
        for text in ("In shadow", "Readiness", "precision ≥ 0.5", "1 fail")
        if text != "Readiness"
    ]
    heading = page.get_by_role("heading", level=1).bounding_box()
    facts = page.locator(".facts").bounding_box()
    table = page.locator("table.claims").bounding_box()
    assert heading["y"] < facts["y"] < table["y"]
    assert facts["y"] + facts["height"] < 844
    assert all(top > heading["y"] for top in tops)
    page.close()


def bars(page):
    """Where each claim's interval lies beside the middle of its cell, by the claim's text."""
    return page.evaluate("""() => Object.fromEntries([...document.querySelectorAll('.claims tbody tr')]
      .filter(row => row.querySelector('.wl rect.ib'))
      .map(row => {
        const cell = row.querySelector('.wl').getBoundingClientRect();
        const bar = row.querySelector('.wl rect.ib').getBoundingClientRect();
        const middle = cell.left + cell.width / 2;
        return [row.querySelector('a').textContent, [bar.left - middle, bar.right - middle]];
      }))""")


def test_the_interval_of_a_claim_is_drawn_on_the_side_of_its_verdict(
    screen, pages_of_live, pages_of_trained
):
    failing = bars(screen(pages_of_live.address))["precision ≥ 0.5"]
    passing = bars(screen(pages_of_trained.address))["precision ≥ 0.5"]
    assert failing[1] < 0
    assert passing[0] > 0


def test_an_interval_that_holds_its_bound_is_drawn_across_it(screen, pages_of_live):
    left, right = bars(screen(pages_of_live.address))["recall ≥ 0.2 where store = 'B'"]
    assert left < 0 < right


def test_the_bound_is_one_line_through_every_row(screen, pages_of_trained):
    page = screen(pages_of_trained.address)
    middles = page.evaluate("""() => [...document.querySelectorAll('.claims tbody .wl')]
      .map(cell => { const box = cell.getBoundingClientRect(); return box.left + box.width / 2; })""")
    assert len(middles) == 16
    assert len({round(each, 1) for each in middles}) == 1


def test_on_a_true_axis_the_bar_lies_on_the_side_of_its_verdict(screen, pages_of_live):
    page = screen(pages_of_live.address + "claims/precision")
    found = page.evaluate("""() => [...document.querySelectorAll('.places svg.axis')].slice(0, 2).map(svg => {
      const bound = svg.querySelector('.bound').getBoundingClientRect();
      const bar = svg.querySelector('.ib').getBoundingClientRect();
      return [bar.left - bound.left, bar.right - bound.left];
    })""")
    (offline_left, _), (_, shadow_right) = found
    assert offline_left > 0
    assert shadow_right < 0
