"""Files that are unusual and whole are read as they were meant."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import fsspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seatrial.data.cells import from_text
from seatrial.data.delimited import read_delimited
from seatrial.data.sources import read

# content, columns that must come out
READABLE = {
    "one row": (b"a,b\n1,x\n", {"a": [1], "b": ["x"]}),
    "a byte order mark": (b"\xef\xbb\xbfa,b\n1,x\n", {"a": [1], "b": ["x"]}),
    "semicolons and decimal commas": (b"a;b\n1,5;x\n2,25;y\n", {"a": [1.5, 2.25], "b": ["x", "y"]}),
    "bars": (b"a|b\n1|x\n", {"a": [1], "b": ["x"]}),
    "line ends of Windows": (b"a,b\r\n1,x\r\n", {"a": [1], "b": ["x"]}),
    "line ends of old Macs": (b"a,b\r1,x\r", {"a": [1], "b": ["x"]}),
    "no line end at the end": (b"a,b\n1,x", {"a": [1], "b": ["x"]}),
    "blank lines": (b"a,b\n\n1,x\n\n\n2,y\n\n", {"a": [1, 2], "b": ["x", "y"]}),
    "one column": (b"a\nx\ny\n", {"a": ["x", "y"]}),
    "blanks around cells": (b"a, b\n1 , x\n", {"a": [1], "b": ["x"]}),
    "quotes, delimiters and breaks in cells": (
        b'a,b\n1,"x, ""y""\nz"\n',
        {"a": [1], "b": ['x, "y"\nz']},
    ),
    "inches": (b'a,b\n1,5" pipe\n2,6" pipe\n', {"a": [1, 2], "b": ['5" pipe', '6" pipe']}),
    "missing in every spelling": (
        b"a,b\n1,x\n,\nNA,N/A\n?,null\nNaN,NULL\n",
        {"a": [1, None, None, None, None], "b": ["x", None, None, None, None]},
    ),
    "None is a level": (b"a,b\n1,None\n2,Gas\n", {"a": [1, 2], "b": ["None", "Gas"]}),
    "yes and no are text": (b"a,b\n1,Yes\n2,No\n", {"a": [1, 2], "b": ["Yes", "No"]}),
    "truth values": (b"a,b\n1,True\n2,\n3,false\n", {"a": [1, 2, 3], "b": [True, None, False]}),
    "postcodes keep their zeros": (b"a,b\n01067,x\n10115,y\n", {"a": ["01067", "10115"], "b": ["x", "y"]}),
    "long ids keep their digits": (
        b"a,b\n12345678901234567890,x\n",
        {"a": ["12345678901234567890"], "b": ["x"]},
    ),
    "a single word makes a column text": (b"a,b\n1,x\ntwo,y\n", {"a": ["1", "two"], "b": ["x", "y"]}),
    "infinite is missing": (b"a,b\n1.5,x\ninf,y\n", {"a": [1.5, None], "b": ["x", "y"]}),
    "exponents": (b"a,b\n1e3,x\n-.5,y\n", {"a": [1000.0, -0.5], "b": ["x", "y"]}),
    "days": (b"a,b\n2026-01-31,x\n", {"a": [datetime(2026, 1, 31)], "b": ["x"]}),  # noqa: DTZ001
    "moments of a zone become UTC": (
        b"a,b\n2026-01-31T01:30:00+02:00,x\n2026-01-31 09:30,y\n",
        {"a": [datetime(2026, 1, 30, 23, 30), datetime(2026, 1, 31, 9, 30)], "b": ["x", "y"]},  # noqa: DTZ001
    ),
    "a day that doesn't exist makes a column text": (
        b"a,b\n2026-02-30,x\n",
        {"a": ["2026-02-30"], "b": ["x"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "columns"), READABLE.values(), ids=READABLE)
def test_an_unusual_file_is_read_as_it_was_meant(tmp_path: Path, content, columns) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    assert read("rows.csv", root=tmp_path).to_dict(as_series=False) == columns


def test_a_column_without_a_value_is_a_missing_number(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\nx,\ny,\n")
    assert read("rows.csv", root=tmp_path)["b"].dtype == pl.Float64


def test_tabs_without_quoting_keep_their_quotes(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text('a\tb\n1\t"so" he said\n2\tyes\n')
    assert read("rows.tsv", root=tmp_path)["b"].to_list() == ['"so" he said', "yes"]


def test_tabs_with_quoting_lose_their_quotes(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text('a\tb\n1\t"so\the said"\n2\tyes\n')
    assert read("rows.tsv", root=tmp_path)["b"].to_list() == ["so\the said", "yes"]


def test_five_thousand_categories_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n" + "".join(f"{n},level-{n}\n" for n in range(5000)))
    assert read("rows.csv", root=tmp_path)["b"].n_unique() == 5000


def test_a_compressed_file_and_one_behind_an_address_read_the_same(tmp_path: Path) -> None:
    content = b"a,b\n1,x\n2,y\n"
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(content))
    with fsspec.open("memory://bucket/rows.csv", "wb") as stream:
        stream.write(content)
    near = read("rows.csv.gz", root=tmp_path)
    assert_frame_equal(near, read("memory://bucket/rows.csv", root=tmp_path))


def test_the_format_of_the_plan_overrides_the_ending(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("a\tb\n1\tx\n")
    assert read("rows.txt", root=tmp_path, format="tsv").rows() == [(1, "x")]


def test_parquet_types_become_the_four_kinds(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "small": pl.Series([1, 2], dtype=pl.UInt8),
            "nan": [float("nan"), float("inf")],
            "day": [date(2026, 1, 31), None],
            "zoned": [datetime(2026, 1, 31, 12, tzinfo=UTC), None],
            "span": [timedelta(seconds=90), None],
            "level": pl.Series(["x", " "], dtype=pl.Categorical),
            "void": pl.Series([None, None], dtype=pl.Null),
        }
    ).write_parquet(tmp_path / "rows.parquet")
    assert read("rows.parquet", root=tmp_path).to_dict(as_series=False) == {
        "small": [1, 2],
        "nan": [None, None],
        "day": [datetime(2026, 1, 31), None],  # noqa: DTZ001
        "zoned": [datetime(2026, 1, 31, 12), None],  # noqa: DTZ001
        "span": [90.0, None],
        "level": ["x", None],
        "void": [None, None],
    }


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20))
def test_what_polars_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema=["first column", "second column"], orient="row")
    written = frame.write_csv(quote_style="always").encode()
    read_back = read_delimited(written, name="rows.csv").frame
    assert read_back.rows() == [(first.strip(), second.strip()) for first, second in rows]


@given(st.lists(st.none() | st.integers(-(10**17), 10**17), min_size=1))
def test_whole_numbers_survive_being_text(numbers: list[int | None]) -> None:
    cells = pl.Series(["" if number is None else str(number) for number in numbers])
    assert from_text(cells).to_list() == numbers


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_but_a_sentence(content: bytes) -> None:
    from seatrial.core.errors import DataError

    try:
        read_delimited(content, name="rows.csv")
    except DataError as error:
        assert error.faults[0].hint  # noqa: PT017 - either outcome is fine
