"""What to try next, by the part of the error that dominates: concrete, in the order in which it pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.core.estimate import Estimate
from seatrial.records.check import Check
from seatrial.records.step import Step


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured that speaks to an experiment.

    Attributes:
        checks: The doctor's, by id.
        family: Of the candidate.
        tag: The tag of the errors with the most room, and its gain in points; None without tags.
        seconds: What the last training took.
    """

    checks: Mapping[str, Check]
    family: str
    tag: tuple[str, Estimate] | None
    seconds: float


def experiments(dominant: str | None, why: str, known: Known) -> tuple[Step, ...]:
    """Ordered experiments for the part that dominates.

    Args:
        dominant: ``avoidable bias``, ``variance``, ``validation overfitting``, ``irreducible``; None if
            nothing is proved to be there.
        why: The figure that it rests on, as a sentence without its stop.
        known: What was measured that speaks to them.
    """
    ways = {
        "avoidable bias": _bias,
        "variance": _variance,
        "validation overfitting": _validation,
        "irreducible": _irreducible,
    }
    return ways[dominant](why, known) if dominant in ways else ()


def _bias(why: str, known: Known) -> tuple[Step, ...]:
    return (
        _tried("not_underfitted", "Give the model more capacity", why, known),
        _step("Add features that the wrong answers ask for", why, _tag(known), "seatrial errors"),
        _step(
            "Search hyperparameters, with less regularisation in the space",
            why,
            "not known before it is tried; the search says whether it is beyond noise",
            f"seatrial search {known.family}",
            30 * known.seconds,
        ),
    )


def _variance(why: str, known: Known) -> tuple[Step, ...]:
    return (
        _step(
            "Measure what more data would give",
            why,
            "the error at twice and ten times the rows, with an interval",
            "seatrial curve",
            15 * known.seconds,
        ),
        _tried("not_overfitted", "Regularise, or take a smaller model", why, known),
        _step(
            "Drop features that are not proved to help",
            why,
            "fewer features to overfit; readiness RD-02 rises",
            "seatrial readiness --measure RD-02",
        ),
        _step(
            "Collect or augment rows like the wrong answers", why, _tag(known), "seatrial errors"
        ),
    )


def _validation(why: str, known: Known) -> tuple[Step, ...]:
    return (
        _step(
            "Find out whether test is another world than dev",
            why,
            "which features differ; re-weighting or newer rows mend that",
            "seatrial check parts_are_alike"
            if "parts_are_alike" in known.checks
            else "seatrial doctor",
        ),
        _step(
            "Give dev more rows, and choose among fewer candidates",
            why,
            "dev promises less that test does not keep",
            "seatrial train",
            known.seconds,
        ),
    )


def _irreducible(why: str, known: Known) -> tuple[Step, ...]:
    return (
        _step(
            "Settle what the labels mean, and label what contradicts itself again",
            why,
            _tag(known),
            "seatrial errors",
        ),
        _step(
            "Look for inputs that people don't have",
            why,
            "the only way below the error of people",
            "seatrial errors",
        ),
    )


def _tried(check: str, title: str, why: str, known: Known) -> Step:
    """An experiment that the doctor has tried already, with what it found."""
    found = known.checks.get(check)
    if found is None or found.verdict not in {"pass", "fail"}:
        return _step(title, why, "not known before it is tried", f"seatrial search {known.family}")
    rests = (found.evidence,) if found.evidence else ()
    command = f"seatrial search {known.family}"
    return Step(title, f"{why}; {found.reason}", rests, None, _gain(found), None, command)


def _gain(found: Check) -> str:
    return "proved on dev" if found.verdict == "fail" else f"tried on dev: {found.reason}"


def _tag(known: Known) -> str:
    if known.tag is None:
        return "which kinds of error there are is not known: tag a hundred"
    name, gain = known.tag
    if gain.value is None or gain.low is None or gain.high is None:
        return f"{name} leads"
    return f"{name}: {gain.value:.1f} points [{gain.low:.1f}, {gain.high:.1f}] to gain"


def _step(title: str, why: str, gain: str, command: str, seconds: float | None = None) -> Step:
    return Step(title, why, (), None, gain, seconds, command)
