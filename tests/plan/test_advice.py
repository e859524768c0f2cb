"""What a reviewer would say of a plan that is valid."""

from pathlib import Path

import pytest

from seatrial.plan.lint import advice
from seatrial.plan.load import load

PLAN = """
version: 1
project: advised
owners: {{default: {owner}}}
problem: {problem}
task: {{kind: classification, target: late}}
data: {{sources: {{trips: {{uri: trips.csv}}}}, key: id}}
optimize: f1
claims: {claims}
hazards: {hazards}
release: {{fallback: hour > 17}}
"""
GOOD = {
    "owner": "ann",
    "problem": "{statement: Trains are late., measure: {name: refunds a day, today: 4}}",
    "claims": "[accuracy >= 0.5, recall >= 0.3 where line = 4]",
    "hazards": "[{what: Nobody believes it, claim: accuracy}]",
}


def advised(folder: Path, **changes: str) -> list[str]:
    (folder / "plan.yaml").write_text(PLAN.format(**GOOD | changes))
    plan = load(folder / "plan.yaml")
    return [fault.fact for fault in advice(plan.text, plan.claims, plan.metrics)]


def test_of_a_careful_plan_there_is_nothing_to_say(tmp_path) -> None:
    assert advised(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"owner": "nobody"}, "`owners.default` is nobody"),
        ({"problem": "null"}, "no business figure is named that should move"),
        (
            {"problem": "{statement: Late., measure: {name: refunds}}"},
            "`problem.measure.today` is open",
        ),
        ({"claims": "[accuracy >= 0.5]"}, "no claim looks at a slice or a group"),
        (
            {"claims": "[accuracy <= 0.5, recall >= 0.3 where line = 4]"},
            "`accuracy <= 0.5` holds a good value against the system",
        ),
        ({"hazards": "[]"}, "no hazard is named"),
        ({"hazards": "[{what: Nobody cares}]"}, "no claim shows the hazard `Nobody cares`"),
        (
            {"claims": "[{claim: accuracy >= 0.5, draft: true}, recall >= 0.3 where line = 4]"},
            "1 claims are drafts that nobody signed",
        ),
    ],
)
def test_one_thing_amiss_is_one_thing_said(tmp_path, changes, said) -> None:
    assert advised(tmp_path, **changes) == [said]
