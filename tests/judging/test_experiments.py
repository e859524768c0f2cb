"""What is to be tried next: by the part of the error that dominates, what was tried in vain last."""

import pytest

from seatrial.core.estimate import Estimate
from seatrial.judging.experiments import Known, experiments, of_baseline
from seatrial.records.check import Check

WHY = "variance is 0.1 of an error of 0.2 on dev"
CAPACITY = "Give the model more capacity"
SMALLER = "Regularise, or take a smaller model"


def check(name: str, verdict: str) -> Check:
    return Check(name, name, "fit", verdict, f"{name} was tried", evidence="e1")


def known(*checks: Check, **options) -> Known:
    return Known({each.id: each for each in checks}, "boosted", None, 2.0, **options)


@pytest.mark.parametrize(
    ("dominant", "titles"),
    [
        ("avoidable bias", [CAPACITY, "Add features", "Search hyperparameters, with less"]),
        ("variance", ["Measure what more data", SMALLER, "Drop features", "Collect or augment"]),
        ("validation overfitting", ["Find out whether test", "Give dev more rows"]),
        ("irreducible", ["Settle what the labels", "Look for inputs"]),
        (None, []),
    ],
)
def test_the_part_that_dominates_names_what_is_tried_in_order(dominant, titles) -> None:
    found = experiments(dominant, WHY, known())
    assert len(found) == len(titles)
    for step, title in zip(found, titles, strict=True):
        assert step.title.startswith(title)
        assert step.command.startswith("seatrial ")
        assert step.why.startswith(WHY)


@pytest.mark.parametrize(
    ("dominant", "name", "title"),
    [
        ("avoidable bias", "not_underfitted", CAPACITY),
        ("variance", "not_overfitted", SMALLER),
    ],
)
def test_what_the_doctor_tried_in_vain_comes_last_and_what_it_proved_first(
    dominant, name, title
) -> None:
    vain = experiments(dominant, WHY, known(check(name, "pass")))[-1]
    assert vain.title == title
    assert vain.evidence == ("e1",)
    assert vain.gain_reason == f"tried on dev: {name} was tried"
    titles = [each.title for each in experiments(dominant, WHY, known(check(name, "fail")))]
    assert titles.index(title) == (dominant == "variance")  # a curve costs less than a training
    proved = experiments(dominant, WHY, known(check(name, "fail")))[titles.index(title)]
    assert proved.gain_reason == "proved on dev"


def test_a_text_or_an_image_has_no_features_to_drop() -> None:
    titles = [each.title for each in experiments("variance", WHY, known(has_features=False))]
    assert not any(each.startswith("Drop features") for each in titles)


def test_a_tag_says_what_there_is_to_gain() -> None:
    gain = Estimate(2.0, 1.0, 3.5, 100, "mover-95", "points")
    found = experiments("avoidable bias", WHY, Known({}, "boosted", ("rain", gain), 2.0))
    assert found[1].gain_reason == "rain: 2.0 points [1.0, 3.5] to gain"


def test_where_a_baseline_was_kept_the_trained_family_is_worked_on() -> None:
    found = of_baseline(WHY, known())
    assert [each.command for each in found] == [
        "seatrial errors",
        "seatrial search boosted",
        "seatrial curve",
    ]
    assert [each.cost_s for each in found] == [None, 60.0, 30.0]
