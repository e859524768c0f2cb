"""A document in Markdown says what was put into it, whatever signs a name holds."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from seatrial.reports.document import Bullets, Code, Paragraph, Section, Table, markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = [*"ab 1.|`*_[]()<>\\#-+=~$&!:\"'{}\n", "é", "≥", "&amp;", "<b>", "](x)", "``"]
NAMES = (
    st.lists(st.sampled_from(SIGNS), min_size=1, max_size=24)
    .map(lambda signs: " ".join("".join(signs).split()))
    .filter(bool)
)


def plain(rendered: str) -> str:
    """What a reader sees of HTML."""
    return " ".join(
        html.unescape(re.sub(r"</?(?:p|li|ul|td|tr|h\d|code|strong)[^>]*>", "", rendered)).split()
    )


def cells(rendered: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", rendered, re.DOTALL)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]


@given(text=NAMES)
def test_words_are_read_as_they_were_put_in(text):
    document = markdown("t", [("o",)], [Section("s", (Paragraph((text,)),))], {})
    rendered = READER.render(document)
    body = rendered.partition("</h2>")[2]
    assert re.fullmatch(r"\s*<p>.*</p>\s*", body, re.DOTALL), body
    assert "<em>" not in body
    assert "<a " not in body
    assert plain(body) == text


@given(text=NAMES)
def test_a_name_in_code_is_read_as_it_was_put_in(text):
    document = markdown("t", [("o",)], [Section("s", (Bullets((("see ", Code(text)),)),))], {})
    body = READER.render(document).partition("</h2>")[2]
    (held,) = re.findall(r"<code>(.*?)</code>", body, re.DOTALL)
    assert html.unescape(held) == text


@given(name=NAMES, note=NAMES, head=NAMES)
def test_a_table_keeps_its_cells(name, note, head):
    table = Table("", (head, "n"), (((Code(name),), (note,)), (("a",), ("b",))), (1,))
    body = READER.render(markdown("t", [("o",)], [Section("s", (table,))], {})).partition("</h2>")[
        2
    ]
    first, second, last = cells(body)
    assert [plain(each) for each in first] == [head, "n"]
    (held,) = re.findall(r"^<code>(.*)</code>$", second[0], re.DOTALL)
    assert html.unescape(held) == name
    assert plain(second[1]) == note
    assert last == ["a", "b"]


@given(title=NAMES, sentence=NAMES)
def test_titles_are_read_as_they_were_put_in(title, sentence):
    rendered = READER.render(markdown(title, [(sentence,)], [], {}))
    (found,) = re.findall(r"<h1>(.*?)</h1>", rendered, re.DOTALL)
    assert html.unescape(found) == title


@given(value=NAMES)
def test_metadata_is_yaml_that_holds_what_was_put_in(value):
    document = markdown("t", [("o",)], [], {"license": value, "tags": ["a", value]})
    _, front, body = (
        document.split("---\n", 2) if document.count("---\n") == 2 else (None, None, None)
    )
    front = front if front is not None else document.partition("---\n")[2].partition("\n---\n")[0]
    assert YAML(typ="safe").load(front) == {"license": value, "tags": ["a", value]}
    assert body is None or body.startswith("\n# t")


def test_figures_are_written_as_they_are():
    table = Table("", ("a",), ((("0.13 ",),), (("−0.2 x",),)))
    document = markdown("t", [("o",)], [Section("s", (table,))], {})
    assert "| 0.13 |" in document
    assert "| −0.2 x |" in document
