"""A plan as leaves: every value by its path, for telling two plans apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seatrial.plan.schema import PlanText


def leaves(text: PlanText) -> dict[str, str]:
    """Every value of a plan by its path, as JSON; what is open or empty is left out."""
    return dict(_walk(text.model_dump(mode="json"), ""))


def leaves_below(found: Mapping[str, str], above: Iterable[str]) -> dict[str, str]:
    """The leaves at or below some paths.

    >>> leaves_below({"data.split.by": "time", "data.key": "id"}, ["data.split"])
    {'data.split.by': 'time'}
    """
    kept = tuple(above)
    return {
        path: value for path, value in found.items() if any(_below(path, each) for each in kept)
    }


def _below(path: str, above: str) -> bool:
    return path == above or path.startswith((f"{above}.", f"{above}["))


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _walk(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list) and node:
        for index, value in enumerate(node):
            yield from _walk(value, f"{path}[{index}]")
    elif node not in (None, []):
        yield path, json.dumps(node, ensure_ascii=False)
