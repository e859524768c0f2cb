"""The stylesheet's tokens have the contrast that people need, in both themes."""

import re

import pytest

from seatrial.web.app import STATIC

TEXT, SHAPE = 4.5, 3.0
_SHEET = (STATIC / "seatrial.css").read_text()


def tokens(scheme):
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", _SHEET, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return {
        **found,
        **(dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if scheme == "dark" else {}),
    }


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21_to_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme):
    found = tokens(scheme)
    pairs = [
        (ink, ground) for ink in ("ink", "ink-2", "ink-3", "link") for ground in ("bg", "sunk")
    ]
    verdicts = ("pass", "fail", "unknown", "waived", "na")
    pairs += [(each, "bg") for each in verdicts] + [(each, f"{each}-bg") for each in verdicts]
    low = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in pairs}
    assert {pair: each for pair, each in low.items() if each < TEXT} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shapes_can_be_seen(scheme):
    found = tokens(scheme)
    pairs = [
        ("edge", "bg"),
        ("edge", "sunk"),
        ("focus", "bg"),
        ("fail", "holds"),
        ("pass", "holds"),
        ("ink", "holds"),
        ("on-fail", "fail"),
    ]
    low = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in pairs}
    assert {pair: each for pair, each in low.items() if each < SHAPE} == {}


def test_no_page_sets_a_style_by_itself():
    templates = (STATIC.parent / "templates").glob("*.html")
    assert [
        file.name for file in templates if re.search(r"\sstyle=|<style|\son\w+=", file.read_text())
    ] == []
