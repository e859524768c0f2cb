"""A document of sections, and how it is written in Markdown: names can hold any sign and stay names.

Source:
    CommonMark 0.31 and the tables of GitHub Flavored Markdown 0.29.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """A name, a digest or a command, as it is typed."""

    code: str


Text = tuple[str | Code, ...]
"""Plain words and code, in order."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences."""

    text: Text


@dataclass(frozen=True, slots=True)
class Bullets:
    """Facts, one a line."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells.

    Attributes:
        caption: What it holds; empty where the section's title says it.
        head: Names of the columns.
        rows: Cells; each row as long as ``head``.
        right: Columns that stand at the right.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    right: tuple[int, ...] = ()


Block = Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A title and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


def codes(names: Iterable[str]) -> Text:
    """Names in code, with commas between them.

    >>> codes(["a", "b"])
    (Code(code='a'), ', ', Code(code='b'))
    """
    found: list[str | Code] = []
    for name in names:
        found += [", " if found else "", Code(name)]
    return tuple(filter(None, found))


def markdown(
    title: str, opening: Sequence[Text], sections: Sequence[Section], front: Mapping[str, Any]
) -> str:
    """Write a document.

    Args:
        title: Of the whole.
        opening: Sentences beneath it; the first is bold.
        sections: In order.
        front: What stands in front of it, as YAML.

    >>> print(markdown("A", [("It holds.",)], [Section("B", (Paragraph(("see ", Code("a|b"))),))], {}))
    # A
    <BLANKLINE>
    **It holds.**
    <BLANKLINE>
    ## B
    <BLANKLINE>
    see `a|b`
    <BLANKLINE>
    """
    first, *others = (inline(each) for each in opening)
    parts = [f"# {escaped(title)}", f"**{first}**", *others]
    for section in sections:
        parts += [f"## {escaped(section.title)}", *(_block(each) for each in section.blocks)]
    return _front(front) + "\n\n".join(parts) + "\n"


def _front(front: Mapping[str, Any]) -> str:
    if not front:
        return ""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    buffer = io.StringIO()
    yaml.dump(dict(front), buffer)
    return f"---\n{buffer.getvalue()}---\n\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return inline(text)
        case Bullets(items):
            return "\n".join(f"- {inline(each)}" for each in items)
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    rules = ["--:" if place in table.right else "---" for place in range(len(table.head))]
    lines = [[escaped(each) for each in table.head], rules]
    lines += [[inline(cell, in_table=True) for cell in row] for row in table.rows]
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"### {escaped(table.caption)}\n\n{rows}" if table.caption else rows


def inline(text: Text, *, in_table: bool = False) -> str:
    r"""Write words and code in a line.

    >>> print(inline(("a*b ", Code("x`y"))))
    a\*b ``x`y``
    """
    written = [
        _code(each.code, in_table=in_table) if isinstance(each, Code) else escaped(each)
        for each in text
    ]
    return "".join(written).strip()


_SPECIAL = re.compile(r"[\\`*\[<>|~$&#]|(?<![^\W_])_|_(?![^\W_])")
_INLINE = re.compile(r"[\\`*_\[\]~$!]")
_FIRST = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+])(?=[\s-]|$)|^(=)(?=[=\s]*$)")
"""What makes a list or a heading of a line that begins with it."""


def escaped(text: str) -> str:
    r"""Plain words that Markdown must not read anything into; on one line.

    >>> print(escaped("1. a_b | *c* <d>"))
    1\. a_b \| \*c\* \<d\>
    """
    line = " ".join(text.split(None)) if "\n" in text or "\r" in text else text
    safe = _SPECIAL.sub(lambda found: f"\\{found.group()}", line)
    return _FIRST.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3] or found[4]}", safe)


def _code(text: str, *, in_table: bool) -> str:
    """A code span, whose fence is longer than any run of backticks in it.

    In a table a pipe would end the cell, even in a code span, so that there an element holds it.
    """
    line = " ".join(text.split(None)) if "\n" in text or "\r" in text else text
    if not line.strip():
        return ""
    if in_table and "|" in line:
        held = html.escape(line, quote=False).replace("|", "&#124;")
        return f"<code>{_INLINE.sub(_as_entity, held)}</code>"
    longest = max((len(each) for each in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{room}{line}{room}{fence}"


def _as_entity(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};"
