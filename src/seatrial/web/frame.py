"""What stands around every page: the rail with its figures, the key of each page, the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seatrial.core.errors import SeatrialError
from seatrial.verbs.project import Project
from seatrial.web.facts import Facts
from seatrial.web.shown import rows


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the rail: its group, name, path, and the key that follows ``g``."""

    group: str
    name: str
    path: str
    key: str


PAGES = (
    Page("", "Overview", "", "o"),
    Page("Prove", "Claims", "claims", "c"),
    Page("Prove", "Readiness", "readiness", "r"),
    Page("Build", "Data", "data", "d"),
    Page("Build", "Candidates", "candidates", "k"),
    Page("Build", "Slices", "slices", "s"),
    Page("Build", "Errors", "errors", "e"),
    Page("Run", "Releases", "releases", "v"),
    Page("Run", "Watch", "watch", "w"),
    Page("Plan", "Plan file", "plan", "p"),
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A figure beside an entry; ``fails`` says what it counts if that must be seen to."""

    text: str
    fails: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Around one page.

    Attributes:
        project: Name of the project.
        moment: When the facts were asked for, in UTC.
        root: The way back to the overview, as a relative link.
        here: Path of the page.
        twin: Its JSON twin, as a relative link; empty for an error.
        tags: Figures of the rail, by path.
        pages: Entries of the rail.
    """

    project: str
    moment: str
    root: str
    here: str
    twin: str
    tags: dict[str, Tag]
    pages: tuple[Page, ...] = PAGES

    @property
    def groups(self) -> list[tuple[str, list[Page]]]:
        """The rail's entries by group, in order."""
        names = dict.fromkeys(page.group for page in self.pages)
        return [(name, [page for page in self.pages if page.group == name]) for name in names]

    @property
    def entry(self) -> str:
        """The rail's entry that the page belongs to."""
        return {"compare": "candidates", "rows": "slices"}.get(
            self.here, self.here.partition("/")[0]
        )


def frame(facts: Facts, path: str, *, twin: bool = True, query: str = "") -> Frame:
    """What stands around a page.

    Args:
        facts: The facts; a part that can't be had leaves its figure out.
        path: The page's path, without the slash in front.
        twin: Whether it has a JSON twin.
        query: The page's query, which its twin keeps.
    """
    name = path.rpartition("/")[2] or "index"
    return Frame(
        project=_name(facts),
        moment=_moment(facts.now),
        root=_root(path),
        here=path,
        twin=f"{name}.json{f'?{query}' if query else ''}" if twin else "",
        tags=_tags(facts),
    )


def bare_frame(project: Project, path: str) -> Frame:
    """What stands around a page of a project that nothing can be read of."""
    return Frame(project.root.name, _moment(project.clock.now()), _root(path), path, "", {})


def _moment(now: datetime) -> str:
    return f"{now.day} {now:%b %Y, %H:%M} UTC"


def _root(path: str) -> str:
    return "../" * path.count("/") or "./"


def _name(facts: Facts) -> str:
    try:
        return facts.name
    except SeatrialError:
        return facts.project.root.name


def _tags(facts: Facts) -> dict[str, Tag]:
    try:
        failing = sum(row.verdict == "fail" for row in rows(facts))
        alarms = sum(each.is_open for each in facts.look.alarms) if facts.look else 0
        score = facts.ready.score.score
    except SeatrialError:
        return {}
    found = {"readiness": Tag(f"{score:g}")}
    if failing:
        found["claims"] = Tag(str(failing), "failing")
    if alarms:
        found["watch"] = Tag(str(alarms), "alarm")
    return found
