"""The keyboard: skip link, visible focus, one key map that is off where somebody types."""

import pytest


@pytest.fixture
def page(browser, pages_of_live):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = context.new_page()
    found.goto(pages_of_live.address)
    yield found
    context.close()


def test_the_first_tab_offers_to_skip_to_the_content(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_focus_is_seen(page):
    for _ in range(4):
        page.keyboard.press("Tab")
    style = page.evaluate(
        "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
    )
    assert style == ["solid", "2px"]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("o", "/"),
        ("c", "/claims"),
        ("r", "/readiness"),
        ("d", "/data"),
        ("k", "/candidates"),
        ("s", "/slices"),
        ("e", "/errors"),
        ("v", "/releases"),
        ("w", "/watch"),
        ("p", "/plan"),
    ],
)
def test_g_and_a_letter_go_to_a_page(page, key, path):
    page.keyboard.press("g")
    page.keyboard.press(key)
    page.wait_for_url(f"**{path}")


def test_j_and_k_move_along_the_claims_and_enter_opens_one(page):
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "precision ≥ 0.5"
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/precision")


def test_a_point_copies_the_next_command_and_says_so(page):
    page.keyboard.press(".")
    page.wait_for_function("document.getElementById('status').textContent.startsWith('Copied')")
    command = page.locator(".steps .cmd code").first.inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == command
    assert page.locator(".steps button").first.inner_text() == "Copied"


def test_a_question_mark_lists_the_keys(page):
    page.keyboard.press("?")
    assert page.get_by_text("copy the command").is_visible()
    page.keyboard.press("?")
    assert not page.get_by_text("copy the command").is_visible()


def test_keys_can_be_turned_off_for_good(page):
    page.keyboard.press("?")
    page.get_by_label("Keys off").check()
    page.reload()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.keyboard.press("?")
    assert page.url.endswith("/")
    assert not page.get_by_text("copy the command").is_visible()


def test_keys_do_nothing_while_somebody_types(page):
    page.keyboard.press("?")
    page.get_by_label("Keys off").focus()
    page.keyboard.press("?")
    assert page.get_by_text("copy the command").is_visible()
