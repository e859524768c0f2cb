"""Beside the claims stands what could go wrong, with the verdict of the claim that would show it."""

import pytest
from litestar.testing import TestClient

import seatrial
from seatrial.web.app import create


@pytest.fixture
def shown(copy_of_shop):
    """Ask for the claims' page of the shop with other hazards; give the page and its twin."""
    projects = []

    def ask(hazards):
        plan = copy_of_shop / "plan.yaml"
        head, _, tail = plan.read_text().partition("hazards:\n")
        plan.write_text(f"{head}{hazards}release:{tail.partition('release:')[2]}")
        projects.append(seatrial.open(copy_of_shop))
        with TestClient(create(projects[-1]), base_url="http://127.0.0.1:8765") as client:
            return client.get("/claims").text, client.get("/claims.json").json()["hazards"]

    yield ask
    for project in projects:
        project.close()


def test_each_hazard_stands_with_its_claim_and_one_without_says_so(shown):
    page, twin = shown(
        "hazards:\n  - {what: The courier waits, claim: precision}\n  - {what: Nobody <b>cares</b>}\n"
    )
    assert twin["sentence"] == "1 of 2 hazards has a claim that holds; 1 has none."
    assert [(each["what"], each["claim"], each["verdict"]) for each in twin["rows"]] == [
        ("The courier waits", "precision", "pass"),
        ("Nobody <b>cares</b>", None, None),
    ]
    assert "Nobody &lt;b&gt;cares&lt;/b&gt;" in page
    assert 'aria-label="no claim"' in page


def test_a_plan_without_hazards_says_where_to_name_them(shown):
    page, twin = shown("")
    assert twin == {"sentence": "No hazard is named.", "rows": []}
    assert "<code>hazards:</code>" in page
