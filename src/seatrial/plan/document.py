"""A YAML file as a document: its values, and the line of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seatrial.core.errors import PlanError

Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings, places in lists."""
_MOST_BYTES = 2_000_000
_KINDS: Mapping[type, str] = {CommentedSeq: "a list", str: "text"}


def read_document(path: Path) -> CommentedMap:
    """Read a YAML mapping, with the places of its keys.

    Raises:
        PlanError: it can't be read, isn't UTF-8, isn't YAML, or isn't a mapping.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        hint = "start with: seatrial init NAME --data FILE --target COLUMN"
        raise PlanError(f"there is no {path.name} in {path.parent.resolve()}", hint=hint) from None
    except OSError as error:
        raise PlanError(f"{path} can't be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise PlanError(f"{path.name} has {len(data):,} bytes; a plan has at most {_MOST_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        hint = "save it as UTF-8"
        raise PlanError("not valid UTF-8", where=f"{path.name}:{line}", hint=hint) from None
    tree = _parse(text, path.name)
    if not isinstance(tree, CommentedMap):
        given = "nothing" if tree is None else _KINDS.get(type(tree), f"`{tree}`")
        raise PlanError(
            f"a plan is a mapping of keys to values, got {given}",
            where=f"{path.name}:1",
            hint="it starts with `version: 1`",
        )
    return tree


def _parse(text: str, name: str) -> Any:
    yaml = YAML(typ="rt", pure=True)
    try:
        return yaml.load(text)
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        fact = f"`{key}` stands twice in one mapping"
        raise PlanError(fact, where=_marked(name, error), hint="keep one") from None
    except MarkedYAMLError as error:
        fact = f"not valid YAML: {str(error.problem or error.context).strip()}"
        hint = "check the indent, and put text that has `: ` or ` #` in double quotes"
        raise PlanError(fact, where=_marked(name, error), hint=hint) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise PlanError(
            f"not valid YAML: {str(error).splitlines()[0]}", where=f"{name}:1"
        ) from None


def _marked(name: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"{name}:{mark.line + 1 if mark else 1}"


def lines_of(node: Any, path: Keys) -> Iterator[tuple[Keys, int]]:
    """Line of every value, from 1, by its path of keys."""
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            yield (*path, key), (node.lc.data or {}).get(key, [node.lc.line])[0] + 1
            yield from lines_of(value, (*path, key))
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield (*path, index), (node.lc.data or {}).get(index, [node.lc.line])[0] + 1
            yield from lines_of(value, (*path, index))


def plain(node: Any) -> Any:
    """A document as plain dicts, lists and values.

    Raises:
        RecursionError: a value holds itself.
    """
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
