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
        has_features: Whether it has features that people chose, and not a text or an image alone.
    """

    checks: Mapping[str, Check]
    family: str
    tag: tuple[str, Estimate] | None
    seconds: float
    has_features: bool = True


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


def of_baseline(why: str, known: Known) -> tuple[Step, ...]:
    """Ordered experiments where a baseline was kept: what could make a trained candidate better than it.

    Args:
        why: The figure that it rests on, as a sentence without its stop.
        known: What was measured, with the trained family that is to be tried.
    """
    return (
        _features(why, known),
        _search("Search hyperparameters of what is trained", why, known),
        _curve(why, known),
    )


def _bias(why: str, known: Known) -> tuple[Step, ...]:
    others = (
        _features(why, known),
        _search("Search hyperparameters, with less regularisation in the space", why, known),
    )
    return _with("not_underfitted", "Give the model more capacity", others, why, known)


def _features(why: str, known: Known) -> Step:
    return _step("Add features that the wrong answers ask for", why, _tag(known), "seatrial errors")


def _search(title: str, why: str, known: Known) -> Step:
    gain = "not known before it is tried; the search says whether it is beyond noise"
    return _step(title, why, gain, f"seatrial search {known.family}", 30 * known.seconds)


def _curve(why: str, known: Known) -> Step:
    gain = "the error at twice and ten times the rows, with an interval"
    title = "Measure what more data would give"
    return _step(title, why, gain, "seatrial curve", 15 * known.seconds)


def _variance(why: str, known: Known) -> tuple[Step, ...]:
    others = (
        *(_fewer(why) if known.has_features else ()),
        _step(
            "Collect or augment rows like the wrong answers", why, _tag(known), "seatrial errors"
        ),
    )
    title = "Regularise, or take a smaller model"
    return (_curve(why, known), *_with("not_overfitted", title, others, why, known))


def _fewer(why: str) -> tuple[Step, ...]:
    gain = "fewer features to overfit; readiness RD-02 rises"
    command = "seatrial readiness --measure RD-02"
    return (_step("Drop features that are not proved to help", why, gain, command),)


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


def _with(
    check: str, title: str, others: tuple[Step, ...], why: str, known: Known
) -> tuple[Step, ...]:
    """Other experiments after one that the doctor may have tried; before it, if it did so in vain."""
    found, tried = known.checks.get(check), _tried(check, title, why, known)
    in_vain = found is not None and found.verdict == "pass"
    return (*others, tried) if in_vain else (tried, *others)


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
