"""Cases that people wrote down are read as they are meant, or a sentence names the row."""

import gzip
import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from seatrial.core.errors import DataError
from seatrial.data.scenarios import read_cases, units
from seatrial.plan.schema import Scenario
from seatrial.plan.schema_data import Data

KINDS = {"hour": "number", "store": "text", "vip": "boolean", "at": "moment", "late_min": "number"}
ROWS = [
    {"hour": 18, "store": "B", "vip": True, "at": "2026-01-31T18:00", "late": "yes"},
    {"hour": None, "store": "007", "vip": False, "at": "2026-02-01T09:30", "late": "no"},
]
CSV = "hour,store,vip,at,late\n18,B,true,2026-01-31T18:00,yes\n,007,False,2026-02-01 09:30,no\n"


def cases(folder: Path, *, target="late", classes=("no", "yes"), **facts):
    scenario = Scenario(because="the desk asks about them", **facts)
    return read_cases(scenario, root=folder, kinds=KINDS, target=target, classes=classes)


def faults(folder: Path, **facts) -> list[str]:
    with pytest.raises(DataError) as caught:
        cases(folder, **facts)
    return [str(each) for each in caught.value.faults]


@pytest.fixture
def csv(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "vip.csv").write_text(text)
        return tmp_path

    return write


def write_rows(folder: Path, name: str) -> None:
    lines = "".join(f"{json.dumps(row)}\n" for row in ROWS)
    typed = pl.DataFrame(ROWS).with_columns(pl.col("at").str.to_datetime())
    match name:
        case "vip.csv":
            (folder / name).write_text(CSV)
        case "vip.tsv":
            (folder / name).write_text(CSV.replace(",", "\t"))
        case "vip.jsonl":
            (folder / name).write_text(lines)
        case "vip.jsonl.gz":
            (folder / name).write_bytes(gzip.compress(lines.encode()))
        case "vip.parquet":
            typed.write_parquet(folder / name)


@pytest.mark.parametrize("name", ["vip.csv", "vip.tsv", "vip.jsonl", "vip.jsonl.gz", "vip.parquet"])
def test_every_format_gives_the_same_cases(tmp_path, name) -> None:
    write_rows(tmp_path, name)
    found = cases(tmp_path, rows=name, expect="late")
    assert found.frame.rows() == [
        (18.0, "B", True, datetime(2026, 1, 31, 18, 0)),  # noqa: DTZ001 — as a snapshot holds it
        (None, "007", False, datetime(2026, 2, 1, 9, 30)),  # noqa: DTZ001
    ]
    assert found.expected.tolist() == [1, 0]


def test_without_expect_the_target_is_read_off_the_rows(csv) -> None:
    folder = csv("hour,late_min\n18,20\n9,3\n")
    found = cases(folder, rows="vip.csv", target="late_min >= 15", classes=("false", "true"))
    assert found.expected.tolist() == [1, 0]


def test_a_number_is_expected_of_a_regression(csv) -> None:
    found = cases(csv("hour,late_min\n18,20.5\n"), rows="vip.csv", target="late_min", classes=())
    assert found.expected.tolist() == [20.5]


@pytest.mark.parametrize(
    ("written", "code"), [("yes", 1), ("YES", 1), (" no ", 0), ("1", 0), ("2.0", 1), ("2", 1)]
)
def test_a_class_is_found_however_it_is_written(csv, written, code) -> None:
    classes = ("no", "yes") if written.strip().isalpha() else ("1", "2")
    found = cases(csv(f"hour,late\n18,{written}\n"), rows="vip.csv", classes=classes)
    assert found.expected.tolist() == [code]


def test_columns_that_the_data_lacks_are_left_aside(csv) -> None:
    found = cases(csv("hour,note,late\n18,asked twice,yes\n"), rows="vip.csv")
    assert found.frame.columns == ["hour"]


def test_every_broken_value_is_named_with_its_row(csv) -> None:
    folder = csv("hour,vip,at,late\n18,true,2026-01-31,yes\nlate,maybe,yesterday,yse\n9,,,\n")
    assert faults(folder, rows="vip.csv") == [
        (
            "vip.csv: row 2: hour is 'late', and in the data it is a number. "
            "write it so, or leave it empty"
        ),
        (
            "vip.csv: row 2: vip is 'maybe', and in the data it is true or false. "
            "write it so, or leave it empty"
        ),
        (
            "vip.csv: row 2: at is 'yesterday', and in the data it is a moment, "
            "as in 2026-01-31T18:00. write it so, or leave it empty"
        ),
        "vip.csv: row 2: 'yse' is expected, which is not one of no, yes. nearest: yes",
        "vip.csv: row 3: no answer is expected. fill in late, or take the row out",
    ]


@pytest.mark.parametrize(
    ("text", "facts", "sentence"),
    [
        (
            "hour,lat\n18,yes\n",
            {"expect": "late"},
            "vip.csv: there is no column late. nearest: lat",
        ),
        (
            "hour\n18\n",
            {"target": "late_min >= 15"},
            (
                "vip.csv: there is no column late_min, which tells the target. add it, or name the "
                "column of the expected answers in `expect`"
            ),
        ),
        ("hour,late\n", {}, "vip.csv: there is a header and no row"),
        ("", {}, "vip.csv: the file is empty. export it again"),
        ("hour,late\n18\n", {}, "vip.csv:2"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(csv, text, facts, sentence) -> None:
    assert faults(csv(text), rows="vip.csv", **facts)[0].startswith(sentence)


def test_a_line_that_is_no_json_is_named(tmp_path) -> None:
    (tmp_path / "vip.jsonl").write_text('{"hour": 18, "late": "yes"}\n[1]\n')
    assert faults(tmp_path, rows="vip.jsonl")[0].startswith("vip.jsonl:2: it is no JSON object")


def test_a_column_that_is_asked_for_and_missing_is_named(csv) -> None:
    found = cases(csv("hour,late\n18,yes\n"), rows="vip.csv")
    with pytest.raises(DataError, match="there is no column store"):
        found.columns(["hour", "store"])


def test_cases_of_one_unit_are_alike_where_the_file_says_so(csv) -> None:
    text = "hour,store,late\n18,A,yes\n19,B,yes\n20,A,no\n21,,no\n"
    frame = cases(csv(text), rows="vip.csv").frame
    by = {"sources": {"a": {"uri": "a.csv"}}, "key": "id"}
    codes = units(frame, Data(**by, unit="store"))
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3
    assert len(set(units(frame, Data(**by, unit="day", time="at")).tolist())) == 4
