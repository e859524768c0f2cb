"""Every broken file ends in a sentence: the fact, the place and the way out."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from seatrial.core.errors import DataError
from seatrial.data.sources import read


def parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


WHOLE = parquet(pl.DataFrame({"a": list(range(1000)), "b": ["x"] * 1000}))
NESTED = parquet(pl.DataFrame({"a": [1], "tags": [["x", "y"]]}))
NO_ROWS = parquet(pl.DataFrame({"a": []}, schema={"a": pl.Int64}))
IN_BYTES = parquet(pl.DataFrame({"a": [1], "picture": [b"\x00\x01"]}))

# file name, content, what the fact must say, where, what the hint must say
CASES = [
    ("empty.csv", b"", "is empty", "empty.csv", "export"),
    ("blank.csv", b" \n\n  \n", "is empty", "blank.csv", "export"),
    ("header.csv", b"a,b\n", "a header and no row", "header.csv", "export"),
    ("quoted.csv", b'"a","b"\n', "a header and no row", "quoted.csv", "export"),
    ("numbers.csv", b"1,2\n3,4\n", "looks like data", "numbers.csv:1", "2 names"),
    ("adult.csv", b"39,M,x\n50,F,x\n39,M,y\n", "looks like data", "adult.csv:1", "3 names"),
    ("void.csv", b"a,b\n,\nNA,?\n", "every cell of its 2 rows", "void.csv", "export"),
    ("twice.csv", b"a,b,a\n1,2,3\n", "a column twice: a", "twice.csv:1", "of its own"),
    ("unnamed.csv", b",a\n0,x\n1,y\n", "no name for column 1", "unnamed.csv:1", "index=False"),
    ("latin.csv", b"a,b\n1,x\n2,caf\xe9\n", "byte 13 is 0xe9", "latin.csv:3", "iconv"),
    ("utf16.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16", "utf16.csv", "UTF-8"),
    ("binary.csv", b"a,b\n1,\x00\x01\n", "a NUL byte", "binary.csv:2", "as UTF-8 text"),
    ("picture.csv", b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file", "picture.csv", "CSV"),
    ("sheet.csv", b"PK\x03\x04" + bytes(50), "a spreadsheet", "sheet.csv", "save the sheet"),
    ("parquet.csv", WHOLE, "it is a Parquet file", "parquet.csv", "format: parquet"),
    ("packed.csv", gzip.compress(b"a,b\n1,2\n"), "with gzip", "packed.csv", ".gz"),
    ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-20], "cut off", "cut.csv.gz", "again"),
    ("plain.csv.gz", b"a,b\n1,2\n", "damaged", "plain.csv.gz", "again"),
    ("long.csv", b"a,b\n1,2\n1,2,3\n", "has 3 cells, the header has 2", "long.csv:3", "quotes"),
    ("short.csv", b"a,b\n1,2\n1\n", "has 1 cells, the header has 2", "short.csv:3", "quotes"),
    ("open.csv", b'a,b\n1,x\n2,"y\n3,z\n', "never closed", "open.csv:3", "close it"),
    ("after.csv", b'a,b\n1,"x"y\n', "after its closing quote", "after.csv:2", "a cell"),
    ("wide.csv", b"c" + b",c" * 1_000_000 + b"\n1\n", "1,000,001 cells", "wide.csv:1", "side"),
    ("huge.csv", b"a,b\n1," + b"x" * 1_000_001 + b"\n", "longer than", "huge.csv:2", "documents"),
    ("cut.parquet", WHOLE[:-9], "cut off after", "cut.parquet", "again"),
    ("hole.parquet", WHOLE[:60] + bytes(90) + WHOLE[-99:], "damaged", "hole.parquet", "again"),
    ("ends.parquet", b"PAR1" + bytes(40) + b"PAR1", "damaged", "ends.parquet", "again"),
    ("text.parquet", b"a,b\n1,2\n", "isn't a Parquet file", "text.parquet", "format: csv"),
    ("empty.parquet", b"", "is empty", "empty.parquet", "again"),
    ("rows.parquet", NO_ROWS, "a header and no row", "rows.parquet", "export"),
    ("nested.parquet", NESTED, "column tags holds nested", "nested.parquet", "plain columns"),
    ("bytes.parquet", IN_BYTES, "column picture holds bytes", "bytes.parquet", "plain columns"),
    ("table.xlsx", b"PK\x03\x04", "the ending .xlsx", "table.xlsx", "format: csv"),
    ("table", b"a,b\n1,2\n", "a name without an ending", "table", "format: csv"),
]


@pytest.mark.parametrize(
    ("name", "content", "fact", "where", "hint"), CASES, ids=[case[0] for case in CASES]
)
def test_a_broken_file_is_refused_with_fact_place_and_way_out(
    tmp_path: Path, name: str, content: bytes, fact: str, where: str, hint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(name, root=tmp_path)
    (fault,) = caught.value.faults
    assert fact in fault.fact
    assert fault.where == where
    assert hint in fault.hint


def test_a_missing_file_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("a,b\n1,2\n")
    with pytest.raises(
        DataError, match=r"customer\.csv: there is no such file. nearest: customers.csv"
    ):
        read("customer.csv", root=tmp_path)


def test_a_file_in_a_missing_folder_says_that_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"isn't there either"):
        read("data/customers.csv", root=tmp_path)


def test_a_folder_is_answered_with_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "data.csv").mkdir()
    (tmp_path / "data.csv" / "part-1.csv").write_text("a\nx\n")
    with pytest.raises(
        DataError, match=r"it is a folder, not a file. name a file in it: part-1.csv"
    ):
        read("data.csv", root=tmp_path)


@pytest.fixture
def as_nobody() -> Callable[[], None]:
    """Root may read everything, so the test takes on a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    yield
    os.seteuid(0)


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (tmp_path / "secret.csv").chmod(0)
    request.getfixturevalue("as_nobody")
    with pytest.raises(DataError, match=r"secret.csv: it may not be read. ask for the right"):
        read("secret.csv", root=tmp_path)


def test_an_address_that_leads_nowhere_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone.csv: there is no such file"):
        read("memory://nowhere/gone.csv", root=tmp_path)


def test_an_address_of_a_kind_that_nobody_knows_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"it can't be reached"):
        read("nosuch://bucket/rows.csv", root=tmp_path)
