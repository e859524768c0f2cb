"""What kind of task a table is for: texts, images, a series in time, or none of these."""

import numpy as np
import polars as pl
import pytest

from seatrial.data.free_text import free_text
from seatrial.data.infer import roles
from seatrial.data.sources import names_its_columns, read
from seatrial.records.image import write

N = 400
WORDS = np.array(["we", "met", "at", "the", "old", "harbour", "before", "a", "storm", "came", "in"])


def texts(random: np.random.Generator, n: int = N) -> list[str]:
    return [" ".join(random.choice(WORDS, 8)) + f" {place}" for place in range(n)]


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_texts_alone_make_a_task_on_text(random):
    frame = pl.DataFrame({"label": random.choice(["a", "b", "c"], N), "said": texts(random)})
    found = roles(frame)
    assert (found.task, found.target) == ("text", "label")
    assert [each.value for each in found.text] == ["said"]
    assert found.key == ("row",)


def test_a_text_beside_other_columns_makes_a_table_with_a_text(random):
    frame = pl.DataFrame(
        {"age": random.normal(size=N), "said": texts(random), "late": random.integers(0, 2, N)}
    )
    found = roles(frame)
    assert found.task == "classification"
    assert [each.value for each in found.text] == ["said"]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("name", [f"Ada Lovelace {n}" for n in range(N)]),
        pl.Series("city", ["Oslo", "New York"] * (N // 2)),
        pl.Series("id", [f"{n:06d}" for n in range(N)]),
        pl.Series(
            "notice", ["the goods were sent back to us again", "all is well with this one"] * 200
        ),
    ],
    ids=["names", "places", "ids", "few sentences"],
)
def test_names_ids_and_few_sentences_are_no_free_text(column):
    assert free_text(column) == ""


def test_texts_that_stand_twice_stay_in_one_part(random):
    said = texts(random, 300)
    said += said[:100]
    frame = pl.DataFrame({"label": random.choice(["a", "b"], N), "said": said})
    found = roles(frame)
    assert (found.split.value, found.group, found.unit.value) == ("group", "said", "said")
    assert "100 rows repeat" in found.unit.because


def test_images_make_a_task_on_images(random):
    drawn = random.integers(0, 256, (N, 3, 3, 1), dtype=np.uint8)
    frame = pl.DataFrame(
        {"image": [write(each) for each in drawn], "label": random.integers(0, 9, N)}
    )
    found = roles(frame)
    assert (found.task, found.target, found.key) == ("image", "label", ("row",))
    assert found.images[0].because == "400 images of 3 × 3, gray"


def test_the_only_column_of_few_values_beside_texts_is_the_target(random):
    frame = pl.DataFrame({"column_1": random.choice(["ham", "spam"], N), "column_2": texts(random)})
    found = roles(frame)
    assert (found.target, found.task) == ("column_1 = 'spam'", "text")


def test_a_file_without_a_header_is_recognised_and_read_with_made_up_names(tmp_path, random):
    labels = random.choice(["ham", "spam"], N)
    lines = [f"{one}\t{two}" for one, two in zip(labels, texts(random), strict=True)]
    (tmp_path / "sms.tsv").write_text("\n".join(lines) + "\n")
    assert not names_its_columns("sms.tsv", root=tmp_path)
    frame = read("sms.tsv", root=tmp_path, header=False)
    assert frame.shape == (N, 2)
    assert frame.row(0) == tuple(lines[0].split("\t"))
    assert frame.columns == ["column_1", "column_2"]


def test_a_single_line_without_a_header_is_a_row(tmp_path):
    (tmp_path / "one.csv").write_text('"1",2\n')
    assert read("one.csv", root=tmp_path, header=False).rows() == [(1, 2)]


def test_a_file_with_a_header_is_known_by_it(tmp_path):
    (tmp_path / "t.csv").write_text("age,plan\n3,a\n4,b\n")
    assert names_its_columns("t.csv", root=tmp_path)
