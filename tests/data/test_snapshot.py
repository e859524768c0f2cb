"""Sources become one frozen table, and everything that happened to the rows is counted."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.errors import DataError, PlanError
from seatrial.data import query
from seatrial.data.fingerprint import Fingerprints
from seatrial.data.joins import join
from seatrial.data.recipe import recipe_key
from seatrial.data.snapshot import freeze
from seatrial.plan.schema_data import Data, Join
from seatrial.records.dataset import Exclusion, Snapshot, SourceReport


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text("id,shop,amount\n1,a,10\n2,b,20\n3,c,30\n4,,40\n5,a,50\n")
    (tmp_path / "shops.csv").write_text(
        "shop,city,amount\na,Oslo,7\na,Rome,8\nb,Bern,9\nz,Wien,6\n"
    )
    return tmp_path


def plan(how: str = "left", **section) -> Data:
    sources = {
        "orders": {"uri": "orders.csv"},
        "shops": {"uri": "shops.csv", "join": {"on": ["shop"], "how": how}},
    }
    return Data(**{"sources": sources, "key": "id", **section})


def test_a_left_join_keeps_every_row_in_order_and_counts_what_found_no_partner(
    orders, tables, digests
) -> None:
    snapshot = freeze(plan(), root=orders, tables=tables, digests=digests)
    frame = query.columns(snapshot, ["id", "city", "amount", "amount_shops"], tables)
    assert frame.rows() == [
        (1, "Oslo", 10, 7),
        (2, "Bern", 20, 9),
        (3, None, 30, None),
        (4, None, 40, None),
        (5, "Oslo", 50, 7),
    ]
    report = snapshot.sources[1]
    assert (report.rows, report.unmatched, report.unused) == (4, 2, 1)
    assert (report.repeated_keys, report.dropped, report.join_keys) == (1, 0, ("shop",))


def test_an_inner_join_drops_rows_without_a_partner_and_says_how_many(
    orders, tables, digests
) -> None:
    snapshot = freeze(plan("inner"), root=orders, tables=tables, digests=digests)
    assert query.columns(snapshot, ["id"], tables)["id"].to_list() == [1, 2, 5]
    assert snapshot.sources[1].dropped == 2


def test_a_column_knows_its_source(orders, tables, digests) -> None:
    snapshot = freeze(plan(), root=orders, tables=tables, digests=digests)
    origin = {column.name: column.source for column in snapshot.columns}
    assert origin == {
        "id": "orders", "shop": "orders", "amount": "orders", "city": "shops", "amount_shops": "shops",
    }  # fmt: skip


@given(
    st.lists(st.sampled_from("abc") | st.none(), min_size=1, max_size=30),
    st.lists(st.sampled_from("abcd") | st.none(), max_size=30),
    st.sampled_from(["left", "inner"]),
)
def test_a_join_never_multiplies_rows_and_every_partner_is_counted_once(left, right, how) -> None:
    base = pl.DataFrame({"k": left, "n": range(len(left))}, schema={"k": pl.String, "n": pl.Int64})
    other = pl.DataFrame(
        {"k": right, "m": range(len(right))}, schema={"k": pl.String, "m": pl.Int64}
    )
    joined = join(base, other, Join(on=["k"], how=how), name="other", digest="")
    first = {key: index for index, key in reversed(list(enumerate(right))) if key is not None}
    expected = [(key, n, first.get(key)) for n, key in enumerate(left)]
    kept = [row for row in expected if how == "left" or row[2] is not None]
    assert joined.frame.rows() == kept
    used = len({key for key in left if key in first})
    whole = sum(key is not None for key in right)
    assert joined.report == SourceReport(
        "other", "", len(right), ("k",),
        unmatched=sum(row[2] is None for row in expected),
        unused=len(first) - used + len(right) - whole,
        repeated_keys=whole - len(first),
        dropped=len(expected) - len(kept),
    )  # fmt: skip


def test_a_join_on_columns_that_are_not_there_names_what_is(orders, tables, digests) -> None:
    (orders / "shops.csv").write_text("store,city\na,Oslo\n")
    with pytest.raises(DataError, match=r"shops has no column shop. it has: store, city"):
        freeze(plan(), root=orders, tables=tables, digests=digests)


def test_a_join_of_a_number_with_a_text_is_refused(orders, tables, digests) -> None:
    (orders / "shops.csv").write_text("shop,city\n1,Oslo\n2,Rome\n")
    with pytest.raises(DataError, match=r"shop is a text here, number in shops"):
        freeze(plan(), root=orders, tables=tables, digests=digests)


def test_exclusions_are_counted_in_their_order_and_each_row_once(orders, tables, digests) -> None:
    rules = [
        {"where": "amount >= 40", "because": "trial"},
        {"where": "shop is null or amount < 20", "because": "no shop"},
    ]
    snapshot = freeze(plan(exclude=rules), root=orders, tables=tables, digests=digests)
    assert query.columns(snapshot, ["id"], tables)["id"].to_list() == [2, 3]
    assert snapshot.exclusions == (
        Exclusion("amount >= 40", "trial", 2),
        Exclusion("shop is null or amount < 20", "no shop", 1),
    )


def test_an_exclusion_of_every_row_is_refused(orders, tables, digests) -> None:
    rules = [{"where": "amount > 0", "because": "oops"}]
    with pytest.raises(DataError, match=r"no row is left"):
        freeze(plan(exclude=rules), root=orders, tables=tables, digests=digests)


def test_an_exclusion_of_an_unknown_column_is_a_plan_error(orders, tables, digests) -> None:
    rules = [{"where": "amont > 0", "because": "oops"}]
    with pytest.raises(PlanError, match=r"no column is called amont. nearest: amount"):
        freeze(plan(exclude=rules), root=orders, tables=tables, digests=digests)


def test_every_name_that_is_no_column_is_reported_at_once(orders, tables, digests) -> None:
    section = {
        "key": ["idd", "shop"],
        "time": "att",
        "unit": "town",
        "split": {"by": "group", "group": "shopp"},
        "features": {"drop": ["citty"], "forbid": ["amout"]},
        "context": ["contry"],
    }
    with pytest.raises(DataError) as caught:
        freeze(plan(**section), root=orders, tables=tables, digests=digests)
    assert [(fault.where, fault.fact.split()[-1]) for fault in caught.value.faults] == [
        ("data.key", "idd"),
        ("data.time", "att"),
        ("data.unit", "town"),
        ("data.split.group", "shopp"),
        ("data.features.drop", "citty"),
        ("data.features.forbid", "amout"),
        ("data.context", "contry"),
    ]
    assert caught.value.faults[0].hint == "nearest: id"


def test_a_time_that_is_text_is_refused(orders, tables, digests) -> None:
    with pytest.raises(DataError, match=r"shop is a text, not a moment"):
        freeze(plan(time="shop"), root=orders, tables=tables, digests=digests)


def test_repeated_rows_and_keys_are_counted_and_kept(frozen) -> None:
    frame = pl.DataFrame({"id": [1, 2, 2, 3], "a": [5, 5, 5, 6], "b": ["x", "x", "x", "x"]})
    snapshot, _ = frozen(frame)
    assert (snapshot.rows, snapshot.duplicate_rows, snapshot.repeated_keys) == (4, 2, 1)


def test_rows_are_numbered_when_the_key_is_row(frozen, tables) -> None:
    snapshot, _ = frozen(pl.DataFrame({"a": [7, 8]}), key="row")
    assert query.columns(snapshot, ["row", "a"], tables).rows() == [(1, 7), (2, 8)]


def test_a_snapshot_survives_being_written_down(frozen) -> None:
    snapshot, _ = frozen(pl.DataFrame({"id": [1, 2], "a": [7, 8]}))
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


def test_equal_content_has_one_id_and_a_changed_column_changes_its_digest_alone(frozen) -> None:
    first, _ = frozen(pl.DataFrame({"id": [1, 2], "a": [7, 8], "b": ["x", "y"]}))
    again, _ = frozen(pl.DataFrame({"id": [1, 2], "a": [7, 8], "b": ["x", "y"]}))
    other, _ = frozen(pl.DataFrame({"id": [1, 2], "a": [7, 9], "b": ["x", "y"]}))
    assert again.id == first.id != other.id
    changed = [
        before.name
        for before, after in zip(first.columns, other.columns, strict=True)
        if before.digest != after.digest
    ]
    assert changed == ["a"]


def test_the_recipe_follows_bytes_joins_and_exclusions_and_nothing_else(orders, digests) -> None:
    def key(data: Data) -> str:
        return recipe_key(data, root=orders, digests=digests)

    before = key(plan())
    assert key(plan(context=["city"], unit="shop")) == before
    assert key(plan("inner")) != before
    assert key(plan(exclude=[{"where": "amount > 9", "because": "x"}])) != before
    (orders / "shops.csv").write_text("shop,city,amount\na,Oslo,7\n")
    assert key(plan()) != before


def test_the_recipe_needs_neither_polars_nor_duckdb() -> None:
    import subprocess
    import sys

    program = (
        "import sys, seatrial.data.recipe; "
        "sys.exit(bool({'polars', 'duckdb', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(6)))
def test_the_order_of_rows_is_kept(tables, tmp_path, order) -> None:
    pl.DataFrame({"id": order}).write_parquet(tmp_path / "rows.parquet")
    data = Data(sources={"rows": {"uri": "rows.parquet"}}, key="id")
    digests = Fingerprints(tmp_path / "digests.json")
    snapshot = freeze(data, root=tmp_path, tables=tables, digests=digests)
    assert query.columns(snapshot, ["id"], tables)["id"].to_list() == list(order)
