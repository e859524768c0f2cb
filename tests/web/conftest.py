"""Served projects: one that was only trained, one with a release taken back and a look at production."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import seatrial
from seatrial.core.clock import ManualClock, iso
from seatrial.core.estimate import Estimate
from seatrial.records.look import Alarm, Look, Moved, Point, Series, Window
from seatrial.records.release import Guard
from seatrial.verbs.desk import GUARD
from seatrial.verbs.release import advance, propose, rollback
from seatrial.web.server import Handle, start

JULY = datetime(2026, 7, 1, 8, tzinfo=UTC)
WEEKS = 11
RUNGS = ["shadow"] * 4 + ["partial 5%"] * 4 + ["shadow"] * 3


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[tuple[str, list[str]]]]:
    """What axe finds on the page that is shown: all of it as it is, the contrasts in both themes."""
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    light, dark = "rules: {'target-size': {enabled: true}}", "runOnly: ['color-contrast']"

    def find(page: Page) -> list[tuple[str, list[str]]]:
        found = []
        page.evaluate(axe)
        for scheme, rules in (("light", light), ("dark", dark)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            done = page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], {rules}}})")
            found += [
                (f"{each['id']}, {scheme}", [node["html"][:160] for node in each["nodes"][:3]])
                for each in done["violations"]
            ]
        return found

    return find


@pytest.fixture(scope="session")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, trained and checked; nothing is released."""
    return Path(shutil.copytree(shop, tmp_path_factory.mktemp("trained") / "shop"))


@pytest.fixture(scope="session")
def live(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, released, at 5 % for four weeks against the gate, taken back by a guard, watched."""
    root = Path(shutil.copytree(shop, tmp_path_factory.mktemp("live") / "shop"))
    clock = ManualClock(JULY)
    project = seatrial.open(root, clock=clock)
    propose(project, by="grace")
    clock.advance(days=28)
    advance(project, by="ada", override="the courier's contract ends in August")
    clock.advance(days=24)
    rollback(
        project,
        reason="precision 0.31 [0.29, 0.32], evidence 61 of 20",
        by=GUARD,
        claim="precision",
    )
    clock.advance(days=26)
    found = look(clock.now())
    project.ledger.append("look", found.to_json(), key="shop")
    project.close()
    return root


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, shop: Path) -> Path:
    """The shop before anything was done."""
    root = tmp_path_factory.mktemp("bare")
    for name in ("plan.yaml", "feats.py", "builders.py", "orders.csv", "days.csv"):
        shutil.copy(shop / name, root)
    return root


def _served(root: Path, now: datetime) -> Iterator[Handle]:
    project = seatrial.open(root, clock=ManualClock(now))
    handle = start(project, 0)
    yield handle
    handle.stop()
    project.close()


@pytest.fixture(scope="session")
def pages_of_trained(trained: Path) -> Iterator[Handle]:
    """Its pages."""
    yield from _served(trained, datetime(2026, 12, 1, 9, tzinfo=UTC))


@pytest.fixture(scope="session")
def pages_of_live(live: Path) -> Iterator[Handle]:
    """Its pages, on the day of the look."""
    yield from _served(live, JULY + timedelta(days=78))


@pytest.fixture(scope="session")
def pages_of_bare(bare: Path) -> Iterator[Handle]:
    """Its pages."""
    yield from _served(bare, datetime(2026, 12, 1, 9, tzinfo=UTC))


def around(value: float, half: float, n: int = 400, unit: str = "fraction") -> Estimate:
    """An estimate with a symmetrical interval."""
    return Estimate(value, value - half, value + half, n, "wilson-95", unit)


def look(at: datetime) -> Look:
    """A look at eleven weeks: a week without decisions, two whose outcomes are still to come."""
    starts = [JULY + timedelta(weeks=each) for each in range(WEEKS)]
    windows = tuple(
        Window(
            iso(start),
            iso(start + timedelta(weeks=1)),
            0 if place == 5 else 600 + 10 * place,
            0 if place == 5 else (600 + 10 * place if place < 9 else 400),
            place < 9,
            RUNGS[place],
        )
        for place, start in enumerate(starts)
    )
    precision = (0.47, 0.58, 0.55, 0.61, 0.56, None, 0.31, 0.30, 0.28, 0.29, 0.50)
    guard = Guard(
        "precision", "precision >= 0.5", around(0.31, 0.015, 4503), 61.0, 20.0, 4503, "fail"
    )
    calm = Guard("coverage", "coverage >= 0.2", around(0.65, 0.006, 6400), 1.0, 20.0, 6400, "pass")
    open_ = Guard(
        "recall-b",
        "recall >= 0.2 where store = 'B'",
        around(0.22, 0.05, 300),
        2.4,
        20.0,
        300,
        "unknown",
    )
    return Look(
        project="shop",
        at=iso(at),
        release=1,
        candidate="plain",
        rung="shadow",
        decisions=sum(each.decisions for each in windows),
        known=around(0.981, 0.003, 6000),
        delay_h=26.0,
        windows=windows,
        claims=(
            Series(
                "precision >= 0.5",
                "precision",
                "ada",
                "shadow",
                _points(precision, 0.02, 0.5),
                around(0.308, 0.0135, 4642),
                "fail",
                blocks=True,
                reason="below the bound in 4 of the last 5 weeks",
                guard=guard,
            ),
            Series(
                "coverage >= 0.2",
                "coverage",
                "ada",
                "shadow",
                _points(
                    [0.65 + 0.01 * (each % 3) if each != 5 else None for each in range(WEEKS)],
                    0.012,
                    0.2,
                ),
                around(0.651, 0.006, 6400),
                "pass",
                "pass",
                blocks=True,
                guard=calm,
            ),
            Series(
                "recall >= 0.2 where store = 'B'",
                "recall-b",
                "ada",
                "shadow",
                _points(
                    [0.24, 0.3, 0.27, 0.22, 0.21, None, 0.26, 0.2, 0.19, 0.24, 0.23], 0.05, 0.2
                ),
                around(0.22, 0.05, 300),
                "pass",
                blocks=True,
                guard=open_,
            ),
        ),
        figures=(
            Series(
                "share that is late",
                None,
                "outcomes",
                "",
                _points(
                    [0.32, 0.38, 0.27, 0.39, 0.27, None, 0.25, 0.17, 0.17, 0.13, 0.21], 0.01, None
                ),
                around(0.214, 0.01, 1000),
                "not applicable",
            ),
        ),
        moved=(
            Moved(
                "rain",
                "distance",
                "4.2",
                "9.8",
                0.89,
                0.2,
                0.0001,
                "fail",
                "33 % of orders lie above the range of training",
            ),
            Moved(
                "age",
                "missing",
                "5.0 %",
                "31 %",
                0.26,
                0.1,
                0.0001,
                "fail",
                "the age is missing five times as often",
            ),
            Moved(
                "items",
                "distance",
                "4.0",
                "4.1",
                0.02,
                0.2,
                0.4,
                "pass",
                "within the range of training",
            ),
        ),
        reference="training, 1,440 rows",
        alarms=(
            Alarm(
                "precision",
                iso(JULY + timedelta(days=49)),
                "ada",
                "precision is 0.31 and needs at least 0.5",
                sent=("the log",),
            ),
            Alarm(
                "input age missing",
                iso(JULY + timedelta(days=15)),
                "grace",
                "age is missing in 31 % of the rows",
                closed=iso(JULY + timedelta(days=16)),
            ),
        ),
        advice="33 % of orders lie above the rain that training saw",
        paired=around(-0.01, 0.03, 900),
    )


def _points(values: object, half: float, bound: float | None) -> tuple[Point, ...]:
    return tuple(_point(each, half, bound) for each in values)  # type: ignore[attr-defined]


def _point(value: float | None, half: float, bound: float | None) -> Point:
    if value is None:
        return Point(None, "unknown")
    if bound is None:
        return Point(around(value, half), "not applicable")
    settled = "pass" if value - half >= bound else "fail" if value + half < bound else "unknown"
    return Point(around(value, half), settled)
