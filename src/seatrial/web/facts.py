"""All that the pages read of a project, each thing once for as long as nothing changed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from seatrial.core.errors import NotFoundError, SeatrialError
from seatrial.verbs.project import PLAN, Project

if TYPE_CHECKING:
    from seatrial.records.check import Check
    from seatrial.records.evidence import Evidence
    from seatrial.records.image import Pixels
    from seatrial.records.look import Look
    from seatrial.records.release import Standing
    from seatrial.records.step import Step
    from seatrial.verbs.answered import Counted
    from seatrial.verbs.chain import Chain
    from seatrial.verbs.check import Checked
    from seatrial.verbs.error_records import Case, Errors, TagChange
    from seatrial.verbs.readiness import Ready
    from seatrial.verbs.runs import Comparison, Run
    from seatrial.verbs.sign_off import SignOff
    from seatrial.verbs.slices import Slices
    from seatrial.verbs.trace import Push, Tracer
    from seatrial.verbs.train import Training
    from seatrial.verbs.why import Reason

MOST_RUNS = 20
MOST_EVIDENCE = 12
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_MODULES = ("*.py", "*/*.py", "src/*/*.py")


class Facts:
    """What is known of a project as it is now. Nothing is asked before it is needed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.now = project.clock.now()
        self._reasons: dict[str, Reason] = {}
        self._errors: dict[str, Errors | NotFoundError] = {}

    @classmethod
    def dated(cls, project: Project) -> Self:
        """Facts for a document, which is read later: every moment in it is a date, none is "2 h ago"."""
        found = cls(project)
        found.now = _BEFORE_ALL
        return found

    @property
    def name(self) -> str:
        """The project's name."""
        return self.project.plan.text.project

    @cached_property
    def ready(self) -> Ready:
        """The readiness score, and the claims judged on what is on file."""
        return self.project.readiness()  # type: ignore[no-any-return]

    @property
    def checked(self) -> Checked:
        """The claims, judged offline on what is on file."""
        return self.ready.checked

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What can be done, best first."""
        return self.project.next().steps  # type: ignore[no-any-return]

    @cached_property
    def training(self) -> Training | None:
        """What the last training gave; None before the first."""
        from seatrial.verbs.train import newest

        return newest(self.project)

    @cached_property
    def runs(self) -> list[Run]:
        """The newest runs."""
        from seatrial.verbs.runs import runs

        return runs(self.project, limit=MOST_RUNS)

    @cached_property
    def standing(self) -> Standing | None:
        """Where the newest release stands; None before the first."""
        from seatrial.verbs.release import standing

        return standing(self.project)

    @cached_property
    def look(self) -> Look | None:
        """The newest look at production; None before the first."""
        from seatrial.verbs.look import newest

        return newest(self.project)

    @property
    def watched(self) -> Look | None:
        """The newest look, if it is of the newest release; what was seen of an older one proves nothing now."""
        same = self.look and self.standing and self.look.release == self.standing.release
        return self.look if same else None

    def errors_on(self, part: str) -> Errors | NotFoundError:
        """The wrong answers on a part, and what was said of them; why not, where nothing is on file."""
        if part not in self._errors:
            from seatrial.verbs.errors import errors

            try:
                self._errors[part] = errors(self.project, part=part, look=False)
            except NotFoundError as error:
                self._errors[part] = error
        return self._errors[part]

    @cached_property
    def symptoms(self) -> list[Check]:
        """What the doctor found, as far as it is on file; nothing without a candidate."""
        from seatrial.verbs.doctor import checks_of
        from seatrial.verbs.measuring import Measuring

        if self.checked.candidate is None:
            return []
        return checks_of(Measuring(self.project), measure=False)

    @cached_property
    def slices(self) -> Slices | None:
        """The newest search for slices of the kept candidate; None before the first."""
        from seatrial.verbs.slices import newest

        if self.checked.candidate is None:
            return None
        name, optimised = self.checked.candidate.name, str(self.project.plan.optimise)
        return newest(self.project, name, metric=optimised) or newest(self.project, name)

    @cached_property
    def _tracer(self) -> Tracer:
        from seatrial.verbs.trace import Tracer

        return Tracer(self.project)

    def pushes(self, case: Case) -> tuple[Push, ...]:
        """What pushed the answer to a row of the sample most."""
        return self._tracer.follow(case).pushes

    def pictures(self, case: Case, part: str) -> dict[str, Pixels]:
        """The images of a row of a part's sample, by column."""
        from seatrial.verbs.errors import pictures

        return pictures(self.project, case, part=part)

    def rows_where(self, where: str) -> tuple[int, int, list[Case]]:
        """Rows of dev that meet a condition: how many, how many wrong, the worst."""
        from seatrial.verbs.errors import rows_where

        return rows_where(self.project, where)

    def tag_history(self, tag: str) -> list[TagChange]:
        """When which row was given a tag, or lost it; the newest first."""
        from seatrial.verbs.errors import history

        return history(self.project, tag)

    @cached_property
    def chain(self) -> Chain:
        """Snapshot and split."""
        from seatrial.verbs.chain import Chain

        return Chain(self.project)

    @cached_property
    def sign_offs(self) -> tuple[SignOff, ...]:
        """Who found the evidence enough, and whether it still is what they were shown."""
        from seatrial.verbs.sign_off import sign_offs

        return sign_offs(self.chain, self.checked)

    @cached_property
    def counted(self) -> Counted | None:
        """What the candidate answered on the test part; None if it was never asked."""
        from seatrial.verbs.answered import counted

        candidate = self.checked.candidate
        return counted(self.chain, candidate) if candidate else None

    def why(self, claim: str) -> Reason:
        """What a claim rests on, and what changed since."""
        if claim not in self._reasons:
            self._reasons[claim] = self.project.why(claim)
        return self._reasons[claim]

    def earlier(self, claim: str) -> list[Evidence]:
        """Evidence of a claim's measure, the newest first."""
        from seatrial.verbs.why import measured

        return measured(self.project, claim)[:MOST_EVIDENCE]

    def compare(self, first: str, second: str) -> Comparison:
        """What differs between two runs."""
        from seatrial.verbs.runs import compare

        return compare(self.project, first, second)


class Current:
    """The facts of a project; asked anew once something that they rest on changed.

    What they rest on: the ends of the ledger's chains, and size and time of the plan, of local sources and
    of the project's modules. Evidence also grows too old and waivers end, so an hour is the longest.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = _again(project)
        self._sources: tuple[Path, ...] = ()
        self._stamp: object = None
        self._facts: Facts | None = None

    def __call__(self) -> Facts:
        """The facts as they are now."""
        stamp = self._look()
        if self._facts is None or stamp != self._stamp:
            self._let_go()
            self._facts = Facts(_again(self._project))
            self._sources = _sources(self._facts.project)
            self._stamp = self._look()
        return self._facts

    def close(self) -> None:
        """Let go of the ledger."""
        self._project.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._facts is not None:
            self._facts.project.close()

    def _look(self) -> object:
        root = self._project.root
        files = [root / PLAN, *self._sources]
        files += sorted(file for each in _MODULES for file in root.glob(each))
        hour = self._project.clock.now().strftime("%Y-%m-%dT%H")
        return hour, self._project.ledger.heads(), [_stamp(each) for each in files]


def _again(project: Project) -> Project:
    """The same project with nothing read, for a thread of its own."""
    return Project(project.root, clock=project.clock)


def _sources(project: Project) -> tuple[Path, ...]:
    """Files that the plan names; none of a plan that isn't valid."""
    try:
        named = project.plan.text.data.sources.values()
    except SeatrialError:
        return ()
    return tuple(project.root / each.uri for each in named if "://" not in each.uri)


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        seen = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), seen.st_size, seen.st_mtime_ns
