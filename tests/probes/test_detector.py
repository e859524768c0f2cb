"""A detector of the project is a metric: prevalence with an interval, by slice and group, stale when it changes."""

import pytest

import seatrial
from seatrial.core.errors import UserError
from seatrial.stats import wilson

PROBES = """
from seatrial.probes.detector import detector


def hasty(decided, confidence, hour):
    '''Answers that are sure of a late order in the evening.'''
    return (decided == "true") & (confidence > 0.6) & (hour.to_numpy() >= 20)


PROBES = {**detector(hasty)}
"""


@pytest.fixture
def harm(copy_of_shop):
    """Claims on it in the shop's plan, and its figures as they are checked."""

    def measure(*claims, source=PROBES):
        (copy_of_shop / "probes.py").write_text(source)
        plan = copy_of_shop / "plan.yaml"
        listed = "".join(
            f'  - {{claim: "{each}", id: harm-{at}}}\n' for at, each in enumerate(claims)
        )
        plan.write_text(plan.read_text().replace("claims:\n", f"claims:\n{listed}"))
        project = seatrial.open(copy_of_shop)
        found = project.check(only=[f"harm-{at}" for at in range(len(claims))]).judgements
        project.close()
        return found

    return measure


def test_its_prevalence_has_an_interval_and_is_judged(harm) -> None:
    whole, evening, apart = harm(
        "hasty <= 50%", "hasty <= 1% where hour >= 20", "gap hasty by store <= 0.9"
    )
    estimate = whole.evidence.estimate
    alone = wilson(round(estimate.value * estimate.n), estimate.n)
    assert (estimate.low, estimate.high) == pytest.approx((alone.low, alone.high))
    assert (whole.verdict, evening.verdict) == ("pass", "fail")
    assert evening.evidence.estimate.n < estimate.n
    assert {each.label for each in apart.evidence.groups} == {"A", "B", "C"}


def test_a_changed_detector_is_measured_again(harm, copy_of_shop) -> None:
    harm("hasty <= 50%")
    (copy_of_shop / "probes.py").write_text(PROBES.replace("20", "22"))
    project = seatrial.open(copy_of_shop)
    (stale,) = project.check(only=["harm-0"], measure=False).judgements
    project.close()
    assert stale.evidence is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('x')", "the detector raised KeyError"),
        ("return True", "the detector gave bool of shape () for"),
        ("return hour.to_numpy()", "the detector gave int64 of shape"),
    ],
)
def test_a_detector_that_fails_is_told_and_nothing_is_filed(harm, body, said) -> None:
    lines = PROBES.splitlines()
    at = next(place for place, each in enumerate(lines) if "return" in each)
    lines[at] = f"    {body}"
    (judgement,) = harm("hasty <= 50%", source="\n".join(lines))
    assert judgement.verdict == "unknown"
    assert said in judgement.reason


def test_it_is_not_measured_against_another_candidate(harm) -> None:
    with pytest.raises(UserError, match="not measured `vs`"):
        harm("hasty vs rule <= 0")


def test_its_interval_respects_the_unit(harm, copy_of_shop) -> None:
    plan = copy_of_shop / "plan.yaml"
    plan.write_text(plan.read_text().replace("  key: order_id", "  key: order_id\n  unit: day"))
    project = seatrial.open(copy_of_shop)
    project.train()
    project.close()
    (found,) = harm("hasty <= 50%")
    estimate = found.evidence.estimate
    alone = wilson(round(estimate.value * estimate.n), estimate.n)
    assert estimate.high - estimate.low > 1.1 * (alone.high - alone.low)
