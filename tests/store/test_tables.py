"""Tables are named by what they hold, and versions share what they have in common."""

import datetime as dt
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seatrial.core.errors import DataError, NotFoundError, TamperedError
from seatrial.store.blobs import Blobs
from seatrial.store.chunks import PartSizes
from seatrial.store.tables import Tables, TableVersion
from seatrial.store.versions import Part

SMALL = PartSizes(least=32, mean=96, most=300)
ROWS = 1_500
FEW = settings(max_examples=20, deadline=None)


def flights(rows: int = ROWS, *, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    late = rng.normal(10, 30, rows).round(1)
    return pl.DataFrame(
        {
            "flight": np.arange(rows),
            "origin": rng.choice(["LGA", "EWR", "JFK"], rows),
            "late_min": pl.Series(late).set(pl.Series(late > 60), None),
            "tail": pl.Series(
                [f"N{number}" * (number % 3) for number in rng.integers(0, 999, rows)],
                dtype=pl.String,
            ),
        }
    )


FLIGHTS = flights()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.open(str(tmp_path / "blobs"))


@pytest.fixture
def tables(blobs: Blobs) -> Tables:
    return Tables(blobs, sizes=SMALL)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return Tables(Blobs.open(str(tmp_path_factory.mktemp("blobs"))), sizes=SMALL)


@pytest.fixture(scope="module")
def written(shared: Tables) -> TableVersion:
    return shared.write(FLIGHTS)


@pytest.fixture
def version(tables: Tables) -> TableVersion:
    return tables.write(FLIGHTS)


def new_parts(version: TableVersion, before: TableVersion) -> set[str]:
    return {part.digest for part in version.parts} - {part.digest for part in before.parts}


def changed_columns(version: TableVersion, before: TableVersion) -> set[str]:
    return {
        name for name in version.schema if version.column_digest(name) != before.column_digest(name)
    }


def test_rows_come_back_in_their_order(tables: Tables, version: TableVersion) -> None:
    assert_frame_equal(tables.read(version), FLIGHTS)
    assert_frame_equal(tables.scan(version).collect(), FLIGHTS)
    assert version.rows == ROWS
    assert len(version.parts) > 10


def test_columns_come_in_the_order_asked_for(tables: Tables, version: TableVersion) -> None:
    chosen = ["tail", "flight"]
    assert_frame_equal(tables.read(version, columns=chosen), FLIGHTS.select(chosen))


def test_duckdb_reads_the_parts(tables: Tables, version: TableVersion) -> None:
    paths = [str(path) for path in tables.paths(version)]
    query = "SELECT count(*), sum(flight) FROM read_parquet($1)"
    with duckdb.connect() as connection:
        found = connection.execute(query, [paths]).fetchall()
    assert found[0] == (ROWS, sum(range(ROWS)))


def test_parts_are_as_big_as_they_may_be(version: TableVersion) -> None:
    rows = [part.rows for part in version.parts[:-1]]
    assert min(rows) >= SMALL.least
    assert max(rows) <= SMALL.most
    assert SMALL.least < sum(rows) / len(rows) < 2 * SMALL.mean


def test_rows_that_are_all_alike_are_cut_too(tables: Tables) -> None:
    alike = tables.write(pl.DataFrame({"value": [1] * 1_000}))
    assert {part.rows for part in alike.parts[:-1]} <= {SMALL.least, SMALL.most}
    assert alike.rows == 1_000


def test_a_table_without_rows_keeps_its_schema(tables: Tables) -> None:
    empty = tables.write(FLIGHTS.clear())
    assert_frame_equal(tables.read(empty), FLIGHTS.clear())
    assert tables.append(empty, FLIGHTS).digest == tables.write(FLIGHTS).digest


def test_every_type_comes_back(tables: Tables) -> None:
    zone = dt.UTC
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=zone)
    times = {
        f"at_{unit}": pl.Series([moment, None], dtype=pl.Datetime(unit, "Europe/Oslo"))
        for unit in ("ms", "us", "ns")
    }
    spans = {
        f"for_{unit}": pl.Series([dt.timedelta(seconds=-1), None], dtype=pl.Duration(unit))
        for unit in ("ms", "us", "ns")
    }
    whole = {
        str(kind): pl.Series([None, 7], dtype=kind)
        for kind in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
    }
    frame = pl.DataFrame(
        {
            **times,
            **spans,
            **whole,
            "day": [dt.date(1969, 7, 20), None],
            "time": [dt.time(1, 2, 3), None],
            "bool": [True, None],
            "float32": pl.Series([0.1, None], dtype=pl.Float32),
            "text": ["æøå 🚢", None],
            "naive": pl.Series([moment.replace(tzinfo=None), None], dtype=pl.Datetime("us")),
        }
    )
    written = tables.write(frame)
    assert_frame_equal(tables.read(written), frame)
    assert written.schema["at_ns"] == "datetime[ns, Europe/Oslo]"
    assert written.schema["for_ms"] == "duration[ms]"
    tables.verify(written)


def test_categories_are_text(tables: Tables) -> None:
    text = pl.DataFrame({"origin": ["LGA", "EWR", None]})
    category = text.cast(pl.Categorical)
    enum = text.cast(pl.Enum(["EWR", "LGA"]))
    assert tables.write(category) == tables.write(enum) == tables.write(text)


def test_nan_is_null_and_there_is_one_zero(tables: Tables) -> None:
    odd = tables.write(pl.DataFrame({"value": [-0.0, math.nan, 1.0]}))
    even = tables.write(pl.DataFrame({"value": [0.0, None, 1.0]}))
    read = tables.read(odd)["value"]
    assert odd == even
    assert (read[1], math.copysign(1, read[0])) == (None, 1.0)


def test_an_empty_text_is_not_a_missing_one(tables: Tables) -> None:
    empty, missing = (tables.write(pl.DataFrame({"text": ["a", text]})) for text in ("", None))
    assert empty.digest != missing.digest
    assert empty.column_digest("text") != missing.column_digest("text")


def test_a_type_is_part_of_the_name(tables: Tables) -> None:
    long = pl.DataFrame({"value": [1, 2]})
    assert tables.write(long).digest != tables.write(long.cast(pl.Int32)).digest


@pytest.mark.parametrize(
    "dtype", [pl.Decimal(10, 2), pl.List(pl.Int64), pl.Struct({"a": pl.Int64}), pl.Binary, pl.Null]
)
def test_a_type_that_cannot_be_stored_is_named(tables: Tables, dtype: pl.DataType) -> None:
    with pytest.raises(DataError, match="column `odd` has the type"):
        tables.write(pl.DataFrame({"odd": pl.Series([None], dtype=dtype)}))


def test_rows_of_another_schema_are_refused(tables: Tables, version: TableVersion) -> None:
    other = FLIGHTS.with_columns(pl.col("flight").cast(pl.String))
    with pytest.raises(DataError, match="`flight` is string in these rows and int64 in the table"):
        tables.append(version, other)
    with pytest.raises(DataError, match="`tail` is nothing in these rows"):
        tables.append(version, FLIGHTS.drop("tail"))


def test_no_batch_is_no_table(tables: Tables) -> None:
    with pytest.raises(DataError, match="not one batch"):
        tables.write([])


def test_a_column_that_is_not_there(tables: Tables, version: TableVersion) -> None:
    with pytest.raises(NotFoundError, match="no column `tails`"):
        tables.read(version, columns=["tails"])
    with pytest.raises(NotFoundError, match="no column `tails`"):
        version.column_digest("tails")


@FEW
@given(cuts=st.lists(st.integers(0, ROWS), max_size=6))
def test_the_name_does_not_depend_on_batches(shared: Tables, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), ROWS]
    batches = [FLIGHTS[start:stop] for start, stop in pairwise(edges)]
    assert shared.write(batches) == shared.write(pl.concat(batches, rechunk=False))


def test_the_name_does_not_depend_on_the_order_of_batched_columns(tables: Tables) -> None:
    turned = FLIGHTS[1_000:].select(sorted(FLIGHTS.columns))
    assert tables.write([FLIGHTS[:1_000], turned]) == tables.write(FLIGHTS)


@FEW
@given(row=st.integers(0, ROWS - 1), column=st.sampled_from(["flight", "late_min"]))
def test_one_changed_cell_changes_the_name_and_its_column(
    shared: Tables, written: TableVersion, row: int, column: str
) -> None:
    is_row = pl.int_range(pl.len()) == row
    after = shared.write(
        FLIGHTS.with_columns(pl.when(is_row).then(-1).otherwise(pl.col(column)).alias(column))
    )
    assert after.digest != written.digest
    assert changed_columns(after, written) == {column}


def test_two_swapped_cells_change_the_name_of_their_column(tables: Tables) -> None:
    rows = pl.Series(range(ROWS))
    swapped = FLIGHTS["flight"].gather(rows.replace({10: 1_200, 1_200: 10}))
    before = tables.write(FLIGHTS)
    assert changed_columns(tables.write(FLIGHTS.with_columns(swapped)), before) == {"flight"}


def test_a_new_column_moves_every_cut_and_changes_no_other_column(tables: Tables) -> None:
    before = tables.write(FLIGHTS)
    after = tables.write(FLIGHTS.with_columns(fuel_t=pl.col("flight") * 0.1))
    assert [part.rows for part in after.parts] != [part.rows for part in before.parts]
    assert {name: after.column_digest(name) for name in FLIGHTS.columns} == {
        name: before.column_digest(name) for name in FLIGHTS.columns
    }


def test_names_are_the_same_in_every_version_of_our_libraries(tables: Tables) -> None:
    version = tables.write(GOLDEN)
    assert version.digest == "6fca7d367755a9b23cc631af4bde26f87b7c05ee943e840e29c858cdac944da7"
    assert (
        version.column_digest("text")
        == "ff986516155138febff9c31fb6871aebf779aea4825b00faeffba86a0b63abb6"
    )


GOLDEN = pl.DataFrame(
    {
        "whole": [1, None, -3],
        "real": [0.5, -0.0, math.nan],
        "text": ["", "sea trial", None],
        "yes": [True, False, None],
        "day": [dt.date(2026, 1, 1), None, dt.date(1969, 7, 20)],
    }
)


@FEW
@given(rows=st.integers(0, 700))
def test_an_append_equals_writing_it_all_and_shares_all_but_the_last_part(
    shared: Tables, written: TableVersion, rows: int
) -> None:
    more = flights(rows, seed=1)
    after = shared.append(written, more)
    assert after == shared.write(pl.concat([FLIGHTS, more]))
    assert after.parts[: len(written.parts) - 1] == written.parts[:-1]


def test_an_append_reads_only_the_last_part(
    tables: Tables, blobs: Blobs, version: TableVersion
) -> None:
    for part in version.parts[:-1]:
        blobs.delete(part.blob)
    assert tables.append(version, flights(10, seed=1)).rows == ROWS + 10


@FEW
@given(row=st.integers(0, ROWS - 1))
def test_one_deleted_row_rewrites_few_parts(
    shared: Tables, written: TableVersion, row: int
) -> None:
    after = shared.delete_rows(written, lambda number: number == row)
    assert after == shared.write(FLIGHTS.filter(pl.int_range(pl.len()) != row))
    assert len(new_parts(after, written)) <= 4


def test_one_deleted_row_near_the_front_rewrites_at_most_two_parts(
    tables: Tables, version: TableVersion
) -> None:
    mask = np.arange(ROWS) == 10
    assert len(new_parts(tables.delete_rows(version, mask), version)) <= 2


@FEW
@given(kept=st.sets(st.integers(0, ROWS - 1), max_size=50))
def test_many_deleted_rows_are_gone(shared: Tables, written: TableVersion, kept: set[int]) -> None:
    after = shared.delete_rows(written, lambda number: ~np.isin(number, list(kept)))
    assert_frame_equal(shared.read(after), FLIGHTS[sorted(kept)])


def test_a_mask_of_another_length_is_our_mistake(tables: Tables, version: TableVersion) -> None:
    with pytest.raises(ValueError, match="a mask of shape"):
        tables.delete_rows(version, np.zeros(3, dtype=bool))


def test_the_same_rows_take_no_room(tables: Tables, blobs: Blobs, version: TableVersion) -> None:
    before = list(blobs.digests())
    tables.write(FLIGHTS)
    assert list(blobs.digests()) == before


def test_parts_that_are_known_are_taken_over_unwritten(
    tables: Tables, blobs: Blobs, version: TableVersion
) -> None:
    for part in version.parts:
        blobs.delete(part.blob)
    assert tables.write(FLIGHTS, like=version) == version
    assert list(blobs.digests()) == []


def test_a_version_survives_json(version: TableVersion) -> None:
    assert TableVersion.from_json(version.to_json()) == version


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["parts"].pop(),
        lambda data: data["parts"].reverse(),
        lambda data: data["parts"][0].update(rows=1),
        lambda data: data["parts"][0]["columns"].update(tail="0" * 64),
        lambda data: data["parts"][0]["sums"].update(tail="0" * 32),
        lambda data: data["schema"].reverse(),
        lambda data: data.update(digest="0" * 64),
    ],
)
def test_a_changed_list_of_parts_is_refused(
    version: TableVersion, change: Callable[[dict[str, object]], None]
) -> None:
    data = version.to_json()
    change(data)
    with pytest.raises(TamperedError):
        TableVersion.from_json(data)


def test_a_changed_file_is_found_when_read(tables: Tables, version: TableVersion) -> None:
    path = tables.paths(version)[3]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(TamperedError):
        tables.read(version)


def test_a_part_that_points_to_other_rows_is_found(tables: Tables, version: TableVersion) -> None:
    first, second, *rest = version.parts
    forged = Part(first.digest, first.rows, second.blob, first.columns, first.sums)
    with pytest.raises(TamperedError, match=f"part {first.digest} holds other rows"):
        tables.verify(TableVersion(version.digest, version.schema, (forged, second, *rest), ROWS))
