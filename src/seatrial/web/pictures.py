"""A search in pictures: best so far, one slice a hyperparameter, what matters; one file without script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from seatrial.core.estimate import Estimate
from seatrial.models.spaces import Knob
from seatrial.reports.numbers import whole
from seatrial.verbs.comparison import spoken
from seatrial.verbs.search_records import Search, Tried
from seatrial.web.figures import Axis, axis

_TOP, _FOOT, _HEIGHT = 14.0, 150.0, 172
_STYLE = Path(__file__).parent / "static" / "seatrial.css"
_OWN_STYLE = """
body{display:block}main{max-width:1080px;margin:0 auto;padding:28px 40px}
.slices{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:24px}
figure{margin:0}figcaption{font-size:12px}svg text{font-size:11px;fill:var(--ink-3)}
.early{fill:none;stroke:var(--edge)}.late{fill:var(--ink)}.out{fill:none;stroke:var(--line)}
.best{fill:var(--link)}.step{fill:none;stroke:var(--ink);vector-effect:non-scaling-stroke}
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """A trial in a figure: x in per cent, y in pixels; ``early``, ``late``, ``out`` or ``best``."""

    x: float
    y: float
    kind: str


def page(found: Search) -> str:
    """The pictures of a search as one HTML file, in the pages' look."""
    scale = _scale(found)
    title = f"{len(found.trials)} trials of {spoken(found.family)}: {found.metric} on dev"
    slices = "".join(
        f"<figure>{_slice(found, knob, scale)}<figcaption>{escape(_caption(found, knob))}</figcaption></figure>"
        for knob in found.spaces[0]
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text()}{_OWN_STYLE}</style></head>"
        f'<body><main><h1>{escape(title)}</h1><p class="lede">{escape(_lede(found))}</p>'
        f"<section><h2>Best so far</h2>{_so_far(found, scale)}</section>"
        f'<section><h2>Each hyperparameter</h2><div class="slices">{slices}</div></section>'
        '<p class="meta">Hollow: first round. Filled: second round. Blue: the best. Faint: breaks a claim.</p>'
        "</main></body></html>\n"
    )


def _lede(found: Search) -> str:
    if found.best is None or found.corrected is None or found.corrected.value is None:
        return "No trial betters the family's own values."
    best, honest = whole(found.best), whole(found.corrected)
    return f"The best has {best} on dev, and was picked for it: {honest} is expected on other rows."


def _scale(found: Search) -> Axis:
    values = [each.value for each in found.trials if each.value is not None]
    return axis([Estimate(each, each, each, 1, "") for each in [*values, found.own.value or 0.0]])


def spots(found: Search, places: Sequence[float | None], scale: Axis) -> list[Spot]:
    """The trials of a figure, the best one last so that nothing lies on it.

    Args:
        found: The search.
        places: x of each trial in per cent; None for a trial that has none.
        scale: Of the metric.
    """
    drawn = [
        Spot(round(x, 2), _height(each.value, scale), _kind(each, found))
        for each, x in zip(found.trials, places, strict=True)
        if each.value is not None and x is not None
    ]
    return sorted(drawn, key=lambda spot: spot.kind == "best")


def _height(value: float, scale: Axis) -> float:
    return round(_FOOT - scale.x(value) / 100 * (_FOOT - _TOP), 1)


def _kind(tried: Tried, found: Search) -> str:
    if tried.trial == found.winner:
        return "best"
    if not tried.is_eligible:
        return "out"
    return "early" if tried.round == 1 else "late"


def _figure(label: str, inside: str, scale: Axis) -> str:
    texts = "".join(
        f'<text x="0" y="{_height(each, scale) - 3}">{scale.text(each)}</text>'
        f'<line class="hair" x2="100%" y1="{_height(each, scale)}" y2="{_height(each, scale)}"/>'
        for each in (scale.low, scale.high)
    )
    return f'<svg width="100%" height="{_HEIGHT}" role="img" aria-label="{escape(label)}">{texts}{inside}</svg>'


def _dots(drawn: Sequence[Spot]) -> str:
    return "".join(
        f'<circle class="{each.kind}" cx="{each.x}%" cy="{each.y}" r="{4 if each.kind == "best" else 3}"/>'
        for each in drawn
    )


def _so_far(found: Search, scale: Axis) -> str:
    count = len(found.trials)
    best: float | None = None
    path: list[str] = []
    sense = 1.0 if found.higher else -1.0
    for each in found.trials:
        if each.is_eligible and each.value is not None:
            best = each.value if best is None else sense * max(sense * best, sense * each.value)
        if best is not None:
            x, y = each.trial / count * 100, _height(best, scale)
            path.append(f"{'H' if path else 'M'}{x:.2f}" + (f"V{y}" if path else f" {y}"))
    step = (
        f'<svg viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none" width="100%" height="{_HEIGHT}">'
        f'<path class="step" d="{"".join(path)}H100"/></svg>'
        if path
        else ""
    )
    places = [each.trial / count * 100 for each in found.trials]
    label = f"Best {found.metric} so far over {count} trials"
    return _figure(label, step + _dots(spots(found, places, scale)), scale)


def _slice(found: Search, knob: Knob, scale: Axis) -> str:
    places = [
        4 + 92 * knob.place(each.parameters[knob.name]) if knob.name in each.parameters else None
        for each in found.trials
    ]
    ends = (knob.choices[0], knob.choices[-1]) if knob.scale == "choice" else (knob.low, knob.high)
    foot = "".join(
        f'<text x="{x}%" y="{_HEIGHT - 4}" text-anchor="{anchor}">{escape(_said(end))}</text>'
        for x, anchor, end in ((4, "start", ends[0]), (96, "end", ends[1]))
    )
    label = f"{found.metric} by {knob.name}"
    return _figure(label, foot + _dots(spots(found, places, scale)), scale)


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _caption(found: Search, knob: Knob) -> str:
    share = found.importance.get(knob.name)
    told = f"{share * 100:.0f} % of what is explained" if share else "can't be told from chance"
    told = "too few trials to tell" if share is None else told
    unit = f", {knob.unit}" if knob.unit else ""
    log = ", logarithmic" if knob.scale == "log" else ""
    return f"{knob.name}{unit}{log}: {told}"
