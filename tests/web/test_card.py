"""The model card: nine sections from plan and ledger, the same in Markdown and HTML, and nothing made up."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from ruamel.yaml import YAML

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.web import card as cards

LATER = datetime(2026, 12, 1, 9, tzinfo=UTC)
SECTIONS = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]


def made(root, now=LATER):
    project = seatrial.open(root, clock=ManualClock(now))
    found = cards.card(project)
    project.close()
    return found


@pytest.fixture(scope="module")
def whole(live):
    """The card of a project that was trained, released and taken back."""
    return made(live, datetime(2026, 9, 17, 8, tzinfo=UTC))


@pytest.fixture(scope="module")
def text(whole):
    return cards.as_markdown(whole)


def section(text, title):
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_it_has_the_nine_sections_of_a_model_card(whole, text):
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert re.findall(r"<h2[^>]*>(.+?)</h2>", cards.as_html(whole)) == SECTIONS


def test_what_nobody_has_stated_is_said_with_the_field_that_would_state_it(whole, text):
    for field in ("card.intended_use", "card.out_of_scope", "card.contact", "card.licence"):
        assert field in whole.unstated
        assert (
            len(re.findall(f"Nobody has stated .*: `{re.escape(field)}` in `plan.yaml`", text)) == 1
        )
    assert "`problem.statement`" in section(text, "Intended use")
    assert "`data.sources.days.licence`" in section(text, "Evaluation data")


def test_what_was_stated_is_said(copy_of_shop):
    plan = copy_of_shop / "plan.yaml"
    stated = "card: {intended_use: Sending couriers, out_of_scope: Judging *clerks*, contact: desk, licence: MIT}\n"
    plan.write_text(f"{plan.read_text()}{stated}")
    found = made(copy_of_shop)
    text = cards.as_markdown(found)
    assert found.unstated == ()
    assert "- May be used for: Sending couriers" in text
    assert r"- Must not be used for: Judging \*clerks\*" in text
    assert found.front["license"] == "mit"


def test_results_are_given_by_group_each_with_its_interval_and_n(text):
    analyses = section(text, "Quantitative analyses")
    table = analyses.partition("### recall by store")[2].partition("###")[0]
    rows = re.findall(r"\| `([ABC])` \| (\S+) \| \\\[(.+?), (.+?)\] \| (\d+) \|", table)
    assert [name for name, *_ in rows] == ["A", "B", "C"]
    for _, value, low, high, n in rows:
        assert float(low) <= float(value) <= float(high)
        assert int(n) >= 30


def test_what_holds_on_test_and_fails_where_it_is_served_is_said_of_both(text):
    row = next(each for each in text.splitlines() if each.startswith("| fails | `precision ≥ 0.5`"))
    assert "0.308 \\[0.294, 0.322], n = 4,642" in row
    assert row.count("n = ") == 2


def test_hazards_stand_with_the_verdict_of_the_claim_that_would_show_them(text):
    ethics = section(text, "Ethical considerations")
    assert "0 of 1 hazard have a claim that holds; 1 has one that fails." in ethics
    assert "| The courier waits for nothing | `precision ≥ 0.5` | fails |" in ethics
    assert "Nobody signed it off" in ethics


def test_its_metadata_is_a_model_index_of_what_was_measured_on_test(whole, text, live):
    front = YAML(typ="safe").load(text.split("---\n")[1])
    assert front["pipeline_tag"] == "tabular-classification"
    (index,) = front["model-index"]
    (result,) = index["results"]
    assert result["task"]["type"] == "tabular-classification"
    assert {"type", "name", "split", "revision"} == set(result["dataset"])
    project = seatrial.open(live)
    measured = project.why("precision").judgement.evidence.estimate
    judged = [each for each in project.check(measure=False).judgements if each.claim == "precision"]
    project.close()
    assert measured is not None
    first = result["metrics"][0]
    assert first["type"] == "precision"
    assert first["value"] == judged[0].evidence.estimate.value
    assert all(isinstance(each["value"], float) for each in result["metrics"])
    assert [each["type"] for each in result["metrics"]] == [
        "precision", "recall", "recall_gap", "recall_difference", "coverage",
    ]  # fmt: skip


def test_without_a_candidate_it_says_so_and_still_is_a_card(bare):
    found = made(bare)
    text = cards.as_markdown(found)
    assert "**Nothing is trained yet, so nothing is proved.**" in text
    assert "There is no candidate of what is there now: `seatrial train`" in text
    assert "Nothing is measured yet: `seatrial check`." in section(text, "Quantitative analyses")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert "model-index" not in found.front


def test_the_same_ledger_gives_the_same_bytes_on_another_day(trained):
    first, second = made(trained), made(trained, LATER + timedelta(days=200))
    assert cards.as_markdown(first) == cards.as_markdown(second)
    assert cards.as_html(first) == cards.as_html(second)


def test_where_a_verdict_depends_on_the_day_the_day_is_said(copy_of_shop):
    plan = copy_of_shop / "plan.yaml"
    plan.write_text(plan.read_text().replace("  - schema\n", "  - {claim: schema, fresh: 900d}\n"))
    assert "Ages and waivers as of 2026-12-01." in cards.as_markdown(made(copy_of_shop))


def test_axe_finds_no_barrier_and_it_doesnt_scroll_sideways(browser, barriers, whole, tmp_path):
    place = tmp_path / "card.html"
    place.write_text(cards.as_html(whole), encoding="utf-8")
    for width in (1280, 320):
        context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.goto(place.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(page) == []
        context.close()
