"""A claim that names what isn't in the data is refused with its line, before anything is measured."""

import pytest

import seatrial
from seatrial.core.errors import PlanError


@pytest.mark.parametrize(
    ("claim", "fact", "hint"),
    [
        ("recall >= 0 where houer > 9", "no column is called houer", "nearest: hour"),
        ("gap recall by stroe <= 1", "no column is called stroe", "nearest: store"),
        ("missing(agee) <= 5%", "no column is called agee", "nearest: age"),
        ("benefit(hou) > 0", "no column is called hou", "nearest: hour"),
        (
            "recall >= 0 where hour = 'nine'",
            "`hour = 'nine'` compares different kinds: hour is a number, 'nine' is a text",
            "",
        ),
    ],
)
def test_a_claim_on_a_column_that_is_not_there_is_refused(copy_of_shop, claim, fact, hint) -> None:
    plan = copy_of_shop / "plan.yaml"
    lines = plan.read_text().replace("claims:\n", f'claims:\n  - {{claim: "{claim}", id: new}}\n')
    plan.write_text(lines)
    with pytest.raises(PlanError) as caught:
        seatrial.open(copy_of_shop).check()
    (fault,) = caught.value.faults
    assert (fault.fact, fault.hint) == (fact, hint)
    assert fault.where == f"plan.yaml:{lines.splitlines().index('claims:') + 2}"
