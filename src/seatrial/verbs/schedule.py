"""What runs at each push, nightly and weekly for this plan: commands, claims, and what they cost."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.records.cadence import TURNS, Cadence, stale_after
from seatrial.records.job import Job
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project
from seatrial.verbs.steps import UNKNOWN_TRAINING_S

_TIMES = {"night": "17 2 * * *", "week": "47 3 * * 0"}
"""Odd minutes: schedulers are busiest at the full hour."""
_TIMERS = {"night": "*-*-* 02:17:00", "week": "Sun *-*-* 03:47:00"}
_COMMANDS: dict[Cadence, tuple[tuple[str, ...], ...]] = {
    "push": (("train",), ("quick",), ("check", "--due", "push")),
    "night": (("train",), ("check", "--due", "night")),
    "week": (("train",), ("check", "--due", "week"), ("ledger", "verify")),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The jobs of a plan.

    Attributes:
        project: Its name.
        root: Its folder.
        repository: The folder of the Git repository that it is in; its own if there is none.
        program: The absolute path of the program; its plain name if it is not on this machine's path.
        jobs: The most frequent first.
        continuous: Ids of claims that the follower measures.
    """

    project: str
    root: Path
    repository: Path
    program: str
    jobs: tuple[Job, ...]
    continuous: tuple[str, ...]

    @property
    def install(self) -> str:
        """The command that installs what the project needs on a fresh machine."""
        if (self.root / "requirements.txt").is_file():
            return "pip install -r requirements.txt"
        return (
            "pip install ." if (self.root / "pyproject.toml").is_file() else "pip install seatrial"
        )

    @property
    def folder(self) -> str:
        """The project's folder, from the repository's; empty if it is that."""
        found = self.root.relative_to(self.repository).as_posix()
        return "" if found == "." else found

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial schedule --json``; see ``docs/json.md``."""
        return {
            "project": self.project,
            "jobs": [each.to_json() for each in self.jobs],
            "continuous": list(self.continuous),
        }


def schedule(project: Project) -> Schedule:
    """Gather the jobs. Measures nothing; costs are those that measuring had last, or about.

    Raises:
        PlanError: the plan is not valid, or doesn't fit the data.
    """
    measuring, plan = Measuring(project), project.plan
    trained = project.ledger.find("run", limit=len(plan.text.train.candidates) or 1)
    seconds = sum(float(run.facts.get("seconds", 0.0)) for run in trained)
    costs = {claim.id: measuring.seconds(claim.measure) for claim in plan.claims}
    jobs = []
    for turn in TURNS:
        claims = tuple(claim.id for claim in plan.claims if plan.cadence(claim) == turn)
        jobs.append(
            Job(
                cadence=turn,
                at=_TIMES.get(turn, ""),
                on_calendar=_TIMERS.get(turn, ""),
                commands=_COMMANDS[turn],
                claims=claims,
                seconds=(seconds or UNKNOWN_TRAINING_S) + sum(costs[each] for each in claims),
                lasts=stale_after(turn) or "",
            )
        )
    followed = tuple(claim.id for claim in plan.claims if plan.cadence(claim) == "continuous")
    return Schedule(
        plan.text.project,
        project.root,
        _repository(project.root),
        program(),
        tuple(jobs),
        followed,
    )


def _repository(root: Path) -> Path:
    return next((each for each in (root, *root.parents) if (each / ".git").exists()), root)


def program() -> str:
    """Where the command stands: beside this Python, else on the path, else by its name."""
    beside = Path(sys.executable).with_name("seatrial")
    return str(beside) if beside.is_file() else shutil.which("seatrial") or "seatrial"
