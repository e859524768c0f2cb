"""Any table is read a column at a time."""

import polars as pl
import pytest

from seatrial.core.errors import DataError, NotFoundError
from seatrial.monitoring.tables import as_kind, table

FRAME = pl.DataFrame({"x": [1.5, None, 3.0], "kind": ["a", "b", None]})


class ArrowStream:
    """A table of a library that we don't know, which speaks Arrow."""

    def __arrow_c_stream__(self, requested_schema=None):
        return FRAME.__arrow_c_stream__(requested_schema)


def written(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    FRAME.write_csv(path) if suffix == ".csv" else FRAME.write_parquet(path)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda _: FRAME,
        lambda _: FRAME.lazy(),
        lambda _: FRAME.to_dict(as_series=False),
        lambda _: ArrowStream(),
        lambda folder: written(folder, ".parquet"),
        lambda folder: str(written(folder, ".csv")),
    ],
)
def test_every_kind_of_table_holds_the_same(make, tmp_path):
    opened = table(make(tmp_path))
    assert opened.columns == ("x", "kind")
    assert opened.height() == 3
    assert opened.column("x").to_list() == [1.5, None, 3.0]
    assert opened.column("kind").to_list() == ["a", "b", None]


def test_several_files_are_one_table(tmp_path):
    path = written(tmp_path, ".parquet")
    assert table([path, path]).height() == 6


def test_nan_and_infinite_numbers_are_missing():
    opened = table({"x": [1.0, float("nan"), float("inf"), float("-inf")]})
    assert opened.column("x").to_list() == [1.0, None, None, None]


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="is no table"):
        table(object())
    with pytest.raises(NotFoundError, match="there is no file"):
        table(tmp_path / "gone.parquet")


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "torn.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"torn\.parquet"):
        table(path)


def test_a_nested_column_is_refused():
    with pytest.raises(DataError, match="nested"):
        table({"x": [[1], [2]]}).column("x")


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "x"], "number", [1.0, None]),
        ([1, 2], "text", ["1", "2"]),
        ([2.0, None], "text", ["2", None]),
        ([True, None], "text", ["true", None]),
        ([1, 2], "moment", [None, None]),
    ],
)
def test_a_column_is_read_as_the_kind_that_it_was(values, kind, expected):
    assert as_kind(pl.Series(values), kind).to_list() == expected
