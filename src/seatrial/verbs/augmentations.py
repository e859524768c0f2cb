"""Augmentations of the plan: which passed their three checks, by what is on file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from seatrial.core.digest import digest
from seatrial.core.estimate import Estimate
from seatrial.plan.load import Plan
from seatrial.plan.schema import Augmentation
from seatrial.records.bounds import beside
from seatrial.records.evidence import Verdict
from seatrial.reports import numbers
from seatrial.verbs.project import Project

VERSION = 1
"""Raised when the same function and data would give other checks."""
CHECK, PEOPLE, SHEET = "augmentation", "augmentation-answers", "augmentation-sheet"
"""Kinds of entries in the ledger."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What is known of one augmentation for one family.

    Attributes:
        people: Share of the changed rows that people answer as the truth says; None if nobody was asked.
        detectable: Area under the ROC curve of telling changed rows from real ones; None before.
        error: How much greater the error of the candidate without it is on changed rows; None before.
    """

    people: Estimate | None = None
    detectable: Estimate | None = None
    error: Estimate | None = None

    def verdicts(self, asked: Augmentation) -> dict[str, tuple[Verdict, str]]:
        """Each check's verdict, and what to say of it."""
        return {
            "people": _verdict(self.people, "people get {} of them right", ">=", asked.people)
            if self.people
            else ("unknown", "people were not asked yet"),
            "detectable": _verdict(
                self.detectable,
                "a classifier tells them from real rows with an area under the ROC curve of {}",
                "<=",
                asked.detectable,
            ),
            "error": _verdict(self.error, "the error on them is greater by {}", ">", 0.0),
        }

    def why_not(self, asked: Augmentation) -> str:
        """Why it is not used; empty if it is."""
        found = self.verdicts(asked)
        return next((said for verdict, said in found.values() if verdict != "pass"), "")


def _verdict(found: Estimate | None, said: str, sign: str, at: float) -> tuple[Verdict, str]:
    if found is None:
        return "unknown", "not measured yet"
    if not found.measured:
        return "unknown", found.method
    keeps, breaks = beside(sign, at, found)
    told = said.format(numbers.whole(found))
    if keeps:
        return "pass", told
    return ("fail" if breaks else "unknown"), f"{told}, and {sign} {at:g} is asked"


def people_key(project: Project, plan: Plan, name: str) -> str:
    """Name of all that people's answers depend on: the function's code and what is asked."""
    task = plan.text.task
    return digest([VERSION, code_of(project, plan, name), task.kind, task.target])


def check_key(project: Project, plan: Plan, name: str, plain: str) -> str:
    """Name of all that the measured checks depend on: the code, and the candidate without it."""
    return digest([VERSION, code_of(project, plan, name), plain])


def code_of(project: Project, plan: Plan, name: str) -> Mapping[str, str]:
    """Digest of each definition that the function is made of, and its name.

    Raises:
        CodeError: it can't be read.
    """
    from seatrial.scoring.code import code_digests

    reference = plan.text.train.augment[name].function
    module = reference.partition(":")[0]
    return {"function": reference, **code_digests(module, project.root)}


def on_file(project: Project, plan: Plan, name: str, plain: str) -> Checks:
    """What was measured of an augmentation, for the family whose plain recipe is named."""
    ledger = project.ledger
    people = ledger.newest(PEOPLE, people_key(project, plan, name))
    measured = ledger.newest(CHECK, check_key(project, plan, name, plain))
    given = {**(people.payload if people else {}), **(measured.payload if measured else {})}
    found = {each.name: given.get(each.name) for each in fields(Checks)}
    return Checks(**{name: Estimate.from_json(each) for name, each in found.items() if each})


def admitted(project: Project, plan: Plan, plain: str) -> dict[str, str]:
    """Augmentations that passed, in the plan's order, each with a digest of its code."""
    return {
        name: digest(dict(code_of(project, plan, name)))
        for name, asked in plan.text.train.augment.items()
        if not on_file(project, plan, name, plain).why_not(asked)
    }
