"""Views to HTML: the templates, and what they may call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from seatrial.core.errors import Fault
from seatrial.records.evidence import VERDICTS
from seatrial.reports.numbers import count
from seatrial.web import figures, words
from seatrial.web.frame import Frame
from seatrial.web.production import Track
from seatrial.web.shown import STAGES, Figure, label

SHEET = Path(__file__).parent / "static" / "seatrial.css"
_CODE = re.compile("`([^`]+)`")


class Renderer:
    """Renders pages.

    Args:
        version: Of the stylesheet and the script; stands in their addresses.
    """

    def __init__(self, version: str) -> None:
        self._environment = Environment(
            loader=PackageLoader("seatrial.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            count=count, coded=coded, per_cent=words.per_cent, capital=words.capital
        )
        self._environment.globals.update(
            version=version,
            VERDICTS=VERDICTS,
            STAGES=STAGES,
            on_line=figures.on_line,
            label=label,
            axis=_axis,
            plot=_plot,
            centre=figures.centre,
            evidence=figures.evidence,
            sheet=_sheet(),
        )

    def page(self, template: str, view: Any, frame: Frame) -> str:
        """Render a view."""
        return self._environment.get_template(template).render(view=view, frame=frame)

    def error(self, status: int, faults: Sequence[Fault], frame: Frame) -> str:
        """Render what went wrong."""
        template = self._environment.get_template("error.html")
        return template.render(status=status, faults=faults, frame=frame)


def _sheet() -> Markup:
    """The stylesheet as an element, for a page that stands alone."""
    return Markup(f"<style>{SHEET.read_text(encoding='utf-8')}</style>")  # noqa: S704 — a file of ours


def coded(text: str) -> Markup:
    """Text in which what stands in backticks is code.

    >>> print(coded("`a` < b"))
    <code>a</code> &lt; b
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 — escaped before


def _axis(
    found: Sequence[Figure | None], bound: float | None = None, sign: str = ""
) -> figures.Axis:
    """An axis for figures, those left out that weren't measured."""
    return figures.axis([each.estimate for each in found if each], bound=bound, sign=sign)


def _plot(track: Track, top: float, foot: float) -> figures.Plot:
    points = [(shown.estimate if shown else None, verdict) for shown, verdict in track.points]
    return figures.plot(points, bound=track.bound, sign=track.sign, top=top, foot=foot)
