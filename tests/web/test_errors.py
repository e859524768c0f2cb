"""Tagging by keyboard in a real browser, and the way from a finding to its rows."""

import re
import shutil
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.verbs.errors import case_of, errors, pictures
from seatrial.verbs.init import init
from seatrial.verbs.slices import slices
from seatrial.web.server import start

TYPED = "late at night"


@pytest.fixture(scope="module")
def pages(shop: Path, tmp_path_factory: pytest.TempPathFactory):
    """The shop, trained, with its slices searched; a copy that may be tagged."""
    root = Path(shutil.copytree(shop, tmp_path_factory.mktemp("errors") / "shop"))
    project = seatrial.open(root, clock=ManualClock(datetime(2026, 12, 1, 9, tzinfo=UTC)))
    slices(project, least=20, metric="accuracy")
    errors(project, part="train")
    handle = start(project, 0)
    yield handle
    handle.stop()
    project.close()


@pytest.fixture
def page(browser, pages):
    found = browser.new_page(viewport={"width": 1280, "height": 900})
    found.goto(f"{pages.address}errors?of=wrong&case=1")
    yield found
    found.close()


def place(page) -> str:
    return page.locator(".bar.plain .meta").inner_text()


def kept(page, what: str) -> None:
    expect(page.locator("#status")).to_have_text(what)


def pressed(page) -> list[str]:
    return [
        each.get_attribute("value") for each in page.locator("[data-tag][aria-pressed=true]").all()
    ]


def test_a_new_tag_is_given_by_keyboard_and_is_there_for_the_next_row(page):
    page.keyboard.press("n")
    page.keyboard.type(TYPED)
    page.keyboard.press("Enter")
    kept(page, f"Kept: {TYPED}")
    assert pressed(page) == [TYPED]
    page.keyboard.press("j")
    expect(page.locator(".bar.plain .meta")).to_have_text(re.compile("^2 of"))
    assert pressed(page) == []
    row = page.locator("input[name=row]").input_value()
    with page.expect_response(lambda each: row in (each.request.post_data or "")):
        page.keyboard.press("1")
    page.reload()
    assert pressed(page) == [TYPED]
    assert place(page).endswith("looked at")


def test_keys_that_are_pressed_while_a_row_is_loaded_act_on_that_row(page):
    page.goto(page.url.replace("case=1", "case=7"))
    for key in ("j", "n", *"fast", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".bar.plain .meta")).to_have_text(re.compile("^8 of"))
    expect(page.locator("#status")).to_have_text("Kept: fast")
    assert pressed(page) == ["fast"]
    assert page.locator("input[name=new]").input_value() == ""


def test_undo_takes_the_last_tag_back_and_k_goes_back(page):
    page.goto(page.url.replace("case=1", "case=3"))
    page.keyboard.press("1")
    kept(page, f"Kept: {TYPED}")
    page.keyboard.press("u")
    expect(page.locator("[data-tag][aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("k")
    expect(page.locator(".bar.plain .meta")).to_have_text(re.compile("^2 of"))


def test_keys_do_nothing_while_a_tag_is_typed(page):
    before = pressed(page)
    page.keyboard.press("n")
    page.keyboard.type("1 j k u")
    assert place(page).startswith("1 of")
    assert pressed(page) == before
    assert page.locator("input[name=new]").input_value() == "1 j k u"


def test_without_script_a_row_is_tagged_all_the_same(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{pages.address}errors?of=wrong&case=5")
    page.locator("input[name=new]").fill("by hand")
    page.locator("[data-next]").click()
    assert place(page).startswith("6 of")
    page.goto(f"{pages.address}errors?of=wrong&case=5")
    assert "by hand" in pressed(page)
    context.close()


def test_a_tag_leads_to_its_rows_and_its_history(page):
    page.get_by_role("link", name=TYPED).first.click()
    page.wait_for_url("**/errors/late%20at%20night")
    assert page.locator("table").first.locator("tbody tr").count() >= 2
    assert page.get_by_text("given").count() >= 2


def test_a_row_of_train_is_tagged_and_stands_beside_dev(browser, pages):
    page = browser.new_page()
    page.goto(f"{pages.address}errors")
    page.locator(".seg").get_by_role("link", name="train").click()
    assert page.locator("[data-copy]").count() == 0  # no command that goes with dev alone
    page.keyboard.press("n")
    page.keyboard.type("of train")
    page.keyboard.press("Enter")
    kept(page, "Kept: of train")
    page.keyboard.press("u")
    expect(page.locator("[data-tag][aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("n")
    page.keyboard.type(TYPED)
    page.keyboard.press("Enter")
    kept(page, f"Kept: {TYPED}")
    page.goto(f"{pages.address}errors?on=dev")
    beside = page.locator("section", has=page.locator("#b")).locator("tbody tr")
    assert beside.first.inner_text().startswith(f"{TYPED}\ttrain")
    page.close()


def test_a_part_of_which_nothing_is_known_names_what_tells(browser, pages):
    page = browser.new_page()
    page.goto(f"{pages.address}errors?on=production")
    assert page.locator("h1").inner_text() == "Nothing is known of wrong answers on production."
    assert page.locator("main .cmd code").inner_text() == "seatrial release propose"
    assert page.goto(f"{pages.address}errors?on=test").status == 422
    assert "it would be worn out" in page.locator("main").inner_text()
    page.close()


def test_a_form_of_another_address_is_refused(pages, browser):
    page = browser.new_page()
    answer = page.request.post(
        f"{pages.address}errors/tag",
        form={"row": "0", "tag": "x"},
        headers={"origin": "http://evil.example"},
    )
    assert answer.status == 403
    page.close()


def test_a_slice_leads_to_its_rows_and_a_filter_changes_no_figure(browser, pages):
    page = browser.new_page()
    page.goto(f"{pages.address}slices")
    every = page.locator("table tbody tr").count()
    first = page.locator("main summary").first.inner_text()
    figure = page.locator("tbody tr td.val").first.inner_text()
    page.locator("main summary").first.click()
    page.get_by_text("Its rows, the worst first").first.click()
    page.wait_for_url("**/rows?where=*")
    assert first in page.locator("h1").inner_text()
    page.goto(f"{pages.address}slices?q={first.split()[0]}")
    assert 0 < page.locator("table tbody tr").count() <= every
    assert page.locator("tbody tr td.val").first.inner_text() == figure
    page.close()


BARS = 60
"""Images of upright and of level bars, some of them under the other's name."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory):
    """Pages of a project whose rows are images of 8 x 6 pixels."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    upright = np.arange(BARS * 4) % 2 == 0
    pixels = random.integers(0, 120, (len(upright), 8, 6), dtype=np.uint8)
    pixels[upright, :, 3] = pixels[~upright, 4, :] = 255
    named = np.where(random.random(len(upright)) < 0.2, ~upright, upright)
    for name, magic, values in (("images-idx3", 2051, pixels), ("labels-idx1", 2049, named)):
        head = struct.pack(f">{1 + values.ndim}I", magic, *values.shape)
        (folder / f"bars-{name}-ubyte").write_bytes(head + values.astype(np.uint8).tobytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        init("bars", folder / "bars-images-idx3-ubyte")
    project = seatrial.open(folder / "bars")
    project.train()
    handle = start(project, 0)
    yield handle, project
    handle.stop()
    project.close()


def test_an_image_is_shown_with_its_own_pixels(browser, barriers, images):
    handle, project = images
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(f"{handle.address}errors?of=wrong&case=1")
    picture = page.locator(".case img")
    assert picture.get_attribute("alt") == "The row's image"
    seen = picture.evaluate("""async image => {
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const drawn = canvas.getContext("2d");
      drawn.drawImage(image, 0, 0);
      const pixels = drawn.getImageData(0, 0, canvas.width, canvas.height).data;
      return [canvas.width, canvas.height, [...pixels].filter((_, at) => at % 4 === 0)];
    }""")
    case = case_of(project, page.locator("[name=row]").get_attribute("value"))
    (image,) = pictures(project, case).values()
    assert seen == [6, 8, image.ravel().tolist()]
    assert "AAAA" not in page.locator(".case").inner_text()
    assert barriers(page) == []
    page.close()
