"""Change a plan file by command: the comments, the order and the quotes of the rest stay."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from seatrial.core.errors import StoreError

_WIDE = 10_000


def change_claims(path: Path, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Set keys of some claims; a claim that is a plain string becomes a mapping.

    Args:
        path: The plan file.
        changes: New values by place of the claim, from 0; None takes a key out.

    Raises:
        StoreError: the file can't be written; it is then as it was.
    """

    def change(document: CommentedMap) -> None:
        claims = document["claims"]
        for place, values in changes.items():
            claims[place] = _changed(claims[place], values)

    _edit(path, change)


def set_parameters(path: Path, family: str, parameters: Mapping[str, Any]) -> None:
    """Set the hyperparameters of a family, in the place of those that it had.

    Args:
        path: The plan file.
        family: As it stands in ``train.candidates``.
        parameters: Values by name.

    Raises:
        StoreError: the file can't be written; it is then as it was.
    """

    def change(document: CommentedMap) -> None:
        if "train" not in document:
            document.insert(list(document).index("data") + 1, "train", CommentedMap())
        families = document["train"].setdefault("parameters", CommentedMap())
        families[family] = CommentedMap(parameters)
        families[family].fa.set_flow_style()

    _edit(path, change)


def _edit(path: Path, change: Callable[[CommentedMap], None]) -> None:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    document = yaml.load(path.read_text(encoding="utf-8"))
    yaml.indent(mapping=2, sequence=4, offset=2)
    change(document)
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    _replace(path, buffer.getvalue())


def _changed(claim: Any, values: Mapping[str, Any]) -> CommentedMap:
    mapping: CommentedMap = claim
    if not isinstance(claim, CommentedMap):
        mapping = CommentedMap({"claim": claim})
        mapping.fa.set_flow_style()
    for key, value in values.items():
        if value is None:
            mapping.pop(key, None)
        else:
            mapping[key] = value
    return mapping


def _replace(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise StoreError(
            f"{path.name} can't be written: {error.strerror}", where=str(path)
        ) from error
