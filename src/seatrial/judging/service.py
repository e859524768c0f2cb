"""Readiness tests that only a release can show: gates passed, canaries, roll-backs, what watching found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.records.look import Look, Series
from seatrial.records.readiness import TESTS, Result, Test
from seatrial.records.release import Move, Rung

MOST_SKEW = 0.01
"""Share of answers that training may give otherwise."""
SKEW = "share of answers that training gives otherwise"
"""Name of the figure of a look that holds it."""
_INVARIANTS = frozenset({"missing", "new level", "unit"})


@dataclass(frozen=True, slots=True)
class Service:
    """What is known of the release in force.

    Attributes:
        moves: All of its moves, the newest first.
        seen: The newest look at it; None before the first.
        look: Digest of that look's entry; empty without one.
    """

    moves: Sequence[Move]
    seen: Look | None
    look: str


def of_service(service: Service) -> dict[str, Result]:
    """Score the tests that a release can show, by id; the rest wait for a person's record."""
    return {test.id: _WAYS[test.id](test, service) for test in TESTS if test.id in _WAYS}


def _validated(test: Test, service: Service) -> Result:
    deciding = [move for move in service.moves if _decides(move) and move.action != "rollback"]
    if not deciding:
        return _wait(test, "no gate that asks for quality was passed yet")
    newest = deciding[0]
    if newest.override is not None:
        return Result(test, 0.0, None, f"{newest.went} was entered against its gate", "repair")
    return Result(test, 1.0, newest.digest, "")


def _canaried(test: Test, service: Service) -> Result:
    stages = [(Rung.parse(move.went).stage, move) for move in service.moves]
    found = next((move for stage, move in stages if stage == "canary"), None)
    if found is None:
        return _wait(test, "no canary was run: seatrial release advance")
    return Result(test, 1.0, found.digest, "")


def _rolled_back(test: Test, service: Service) -> Result:
    found = next((move for move in service.moves if move.action == "rollback"), None)
    if found is None:
        return _wait(test, "it was never taken back, in earnest or in a drill")
    return Result(test, 1.0, found.digest, "")


def _invariants(test: Test, service: Service) -> Result:
    if service.seen is None or not service.seen.moved:
        return _wait(test, "no input was compared with training yet")
    broken = [
        f"{each.feature}: {each.reading}"
        for each in service.seen.moved
        if each.verdict == "fail" and each.shift in _INVARIANTS
    ]
    return _holds(test, service, broken)


def _skew(test: Test, service: Service) -> Result:
    figures = service.seen.figures if service.seen else ()
    found = next((each.newest for each in figures if each.name == SKEW), None)
    if found is None or found.low is None or found.high is None:
        return _wait(test, "no answer was given again by the training path yet")
    if found.low > MOST_SKEW:
        return _holds(test, service, [f"training gives {found.value:.1%} of the answers otherwise"])
    if found.high > MOST_SKEW:
        return _wait(test, f"{found.n:,} answers are too few to tell")
    return _holds(test, service, [])


def _performance(test: Test, service: Service) -> Result:
    found = [each for each in _claims(service) if str(each.claim).startswith("latency_ms")]
    return _by_claims(test, service, found, "no claim on latency was watched yet")


def _quality(test: Test, service: Service) -> Result:
    found = [each for each in _claims(service) if not str(each.claim).startswith("latency_ms")]
    return _by_claims(test, service, found, "no claim was measured on what was served yet")


def _by_claims(test: Test, service: Service, found: Sequence[Series], nothing: str) -> Result:
    known = [each for each in found if each.newest is not None and each.newest.measured]
    if not known:
        return _wait(test, nothing)
    return _holds(test, service, [f"{each.name} fails" for each in known if each.verdict == "fail"])


def _claims(service: Service) -> list[Series]:
    return [each for each in service.seen.claims if each.blocks] if service.seen else []


def _holds(test: Test, service: Service, broken: Sequence[str]) -> Result:
    if broken:
        return Result(test, 0.0, None, "; ".join(broken[:2]), "repair", service.look)
    return Result(test, 1.0, service.look, "")


def _decides(move: Move) -> bool:
    return Rung.parse(move.went).stage != "shadow"


def _wait(test: Test, why: str) -> Result:
    return Result(test, 0.0, None, why, "release")


_WAYS: Mapping[str, Callable[[Test, Service], Result]] = {
    "RD-18": _validated,
    "RD-20": _canaried,
    "RD-21": _rolled_back,
    "RD-23": _invariants,
    "RD-24": _skew,
    "RD-27": _performance,
    "RD-28": _quality,
}
SHOWN = frozenset(_WAYS)
"""Ids of the tests that a release can show."""
