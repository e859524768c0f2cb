"""A plan as leaves: every value by its path, for telling two plans apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seatrial.plan.schema import PlanText


def leaves(text: PlanText, *, below: Iterable[str] = ("",)) -> dict[str, str]:
    """Every value of a plan by its path, as JSON.

    Args:
        text: The plan.
        below: Paths to keep; a path keeps all that is below it.
    """
    kept = tuple(below)
    found = dict(_walk(text.model_dump(mode="json"), ""))
    return {
        path: value for path, value in found.items() if any(_below(path, each) for each in kept)
    }


def _below(path: str, above: str) -> bool:
    return above in {"", path} or path.startswith((f"{above}.", f"{above}["))


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _walk(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list) and node:
        for index, value in enumerate(node):
            yield from _walk(value, f"{path}[{index}]")
    elif node not in (None, []):
        yield path, json.dumps(node, ensure_ascii=False)
