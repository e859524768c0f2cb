"""A pytest plugin: with ``--seatrial``, each claim of ``plan.yaml`` is a test that is called by its id.

It does nothing until it is asked for, by the option or by ``seatrial = true`` in pytest's
configuration, and imports nothing of Seatrial before that.
"""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seatrial.plan.load import Plan
    from seatrial.records.claim import Claim
    from seatrial.verbs.check import Checked
    from seatrial.verbs.measuring import Measuring
    from seatrial.verbs.project import Project

_PLAN = "plan.yaml"
_UNKNOWN = "fail", "xfail"
_TURNS = "push", "night", "week"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and their settings."""
    group = parser.getgroup("seatrial", "claims of plan.yaml as tests")
    group.addoption(
        "--seatrial", action="store_true", help="Measure and judge each claim of plan.yaml."
    )
    group.addoption(
        "--seatrial-due",
        choices=_TURNS,
        help="Only the claims that are measured so often, or more often.",
    )
    group.addoption(
        "--seatrial-unknown",
        choices=_UNKNOWN,
        default="fail",
        help="What a guarantee is that is not proved: fail (default) or xfail.",
    )
    parser.addini("seatrial", "Measure and judge each claim of plan.yaml.", type="bool")


def pytest_configure(config: pytest.Config) -> None:
    """Look at the plan too, where pytest is started without naming files."""
    if not _is_on(config):
        return
    plan, source = config.rootpath / _PLAN, pytest.Config.ArgsSource
    above = {str(plan), *map(str, plan.parents)}
    seen = any(str(config.rootpath / each) in above for each in config.args)
    if config.args_source == source.TESTPATHS and plan.is_file() and not seen:
        config.args.append(str(plan))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PlanFile | None:
    """Collect the claims of a plan."""
    if file_path.name == _PLAN and _is_on(parent.config):
        return PlanFile.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name the feature functions and model builders that no test names."""
    plan = config.rootpath / _PLAN
    if not _is_on(config) or config.option.collectonly or not plan.is_file():
        return
    from seatrial.core.errors import SeatrialError
    from seatrial.verbs.project import Project
    from seatrial.verbs.untested import untested

    try:
        found = untested(Project(plan.parent).plan)
    except SeatrialError:
        return  # collecting has said it
    if found:
        terminalreporter.section("seatrial")
        for each in found:
            terminalreporter.line(str(each.fault))


def _is_on(config: pytest.Config) -> bool:
    return bool(config.getoption("--seatrial") or config.getini("seatrial"))


class ClaimFailedError(Exception):
    """A claim that keeps a gate shut; its text is what the terminal says of it."""


class PlanFile(pytest.File):
    """The claims of one plan, in its order."""

    @cached_property
    def project(self) -> Project:
        """The project that the plan is of."""
        from seatrial.verbs.project import Project

        return Project(self.path.parent)

    @cached_property
    def measuring(self) -> Measuring:
        """What measures, once for all claims of this process."""
        from seatrial.verbs.measuring import Measuring

        return Measuring(self.project)

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.project.plan

    def collect(self) -> Iterator[ClaimItem]:
        """Make a test of each claim."""
        from seatrial.records.cadence import wanted_at

        due = self.config.getoption("--seatrial-due")
        for claim in self.plan.claims:
            if due is None or self.plan.cadence(claim) in wanted_at(due):
                yield ClaimItem.from_parent(self, name=claim.id, claim=claim)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002 — a collector has one style
    ) -> Any:
        """What is wrong with the plan, as the terminal says it."""
        return _said(excinfo) or super().repr_failure(excinfo)

    def check(self, claim: Claim) -> Checked:
        """Judge a claim; measure it first if that is due, one measurement at a time on this project.

        Workers that run side by side would measure one key twice, and disturb each other's clocks.
        """
        from seatrial.verbs.check import checked

        due = self.config.getoption("--seatrial-due")
        with _alone(self.project.state), warnings.catch_warnings():
            warnings.simplefilter("default")  # what a model warns of fails no claim
            return checked(self.measuring, only=[claim.id], due=due, measure=True)

    def teardown(self) -> None:
        """Let go of the ledger."""
        if "project" in self.__dict__:
            self.project.close()
            self.__dict__.pop("measuring", None)
            self.__dict__.pop("project")


class ClaimItem(pytest.Item):
    """One claim.

    Args:
        claim: The claim.
        of: What pytest wants to know of a test.
    """

    parent: PlanFile

    def __init__(self, *, claim: Claim, **of: Any) -> None:
        super().__init__(**of)
        self.claim = claim

    def runtest(self) -> None:
        """Measure and judge it."""
        from seatrial.reports.lines import plain
        from seatrial.reports.testing import outcome, sentence

        done = self.parent.check(self.claim)
        judgement = (*done.blocking, *done.newest)[0]
        said = sentence(self.claim, judgement)
        if judgement.verdict in {"not applicable", "waived"}:
            pytest.skip(said)
        if judgement.verdict == "pass":
            return
        lenient = self.config.getoption("--seatrial-unknown") == "xfail"
        if not judgement.blocks or (judgement.verdict == "unknown" and lenient):
            pytest.xfail(said)
        metric = done.metrics[self.claim.measure.metric]
        told = outcome(self.claim, judgement, metric, name=self.path.name, owner=done.owners[0])
        raise ClaimFailedError(plain(told))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the terminal says of the claim, without a stack."""
        return _said(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the claim stands, and its text."""
        return self.path, self.claim.line - 1, str(self.claim)


def _said(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """A sentence of ours; empty for what nobody expected."""
    from seatrial.core.errors import SeatrialError

    error = excinfo.value
    if isinstance(error, SeatrialError):
        return "\n".join(str(fault) for fault in error.faults)
    return str(error) if isinstance(error, ClaimFailedError) else ""


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Wait until no other process measures for this project."""
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "measuring.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
