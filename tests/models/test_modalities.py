"""Texts, images and earlier values go the ladder's way: fit, archive, open, answer, again."""

import hashlib
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from seatrial.core.errors import ArchiveError, PlanError, UserError
from seatrial.models import export
from seatrial.models.export import archive, edge_rows
from seatrial.models.ladder import Sample, fit
from seatrial.records.contract import Contract, Feature
from seatrial.records.image import write
from seatrial.scoring import encoders
from seatrial.scoring.archive import audit, open_archive
from seatrial.scoring.encode import encode

ROWS = 1_100
SHAPE = (6, 6, 1)
CLASSES = ("no", "yes")
WIDTH = 8
TRUTH = np.random.default_rng(1).integers(0, 2, ROWS)


@pytest.fixture(scope="module")
def columns():
    """Words, an image and a number that each tell something of the truth, and some missing ones."""
    random = np.random.default_rng(2)
    said = np.array(["see you at home tonight", "win a free prize now"], dtype=object)
    text = np.array([f"{said[each]} {random.integers(99)}!" for each in TRUTH], dtype=object)
    shade = random.integers(0, 120, (ROWS, *SHAPE)) + 100 * TRUTH[:, None, None, None]
    image = np.array([write(each.astype(np.uint8)) for each in shade], dtype=object)
    text[:5], image[5:9] = None, None
    plan = random.choice(np.array(["a", "b", None], dtype=object), ROWS)
    number = np.where(random.random(ROWS) < 0.1, np.nan, random.normal(TRUTH, 1))
    return {"text": text, "image": image, "plan": plan, "number": number}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A package with a network as small as can be: a vector a piece."""
    folder = tmp_path_factory.mktemp("packages")
    random = np.random.default_rng(3)
    table = numpy_helper.from_array(random.normal(size=(30_522, WIDTH)).astype(np.float32), "table")
    names = ("input_ids", "attention_mask", "token_type_ids")
    given = [
        helper.make_tensor_value_info(each, onnx.TensorProto.INT64, ["n", "s"]) for each in names
    ]
    states = helper.make_tensor_value_info("states", onnx.TensorProto.FLOAT, ["n", "s", WIDTH])
    node = helper.make_node("Gather", ["table", "input_ids"], ["states"])
    graph = helper.make_graph([node], "tiny", given, [states], [table])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    (folder / "tiny_sentences").mkdir()
    (folder / "tiny_sentences" / "__init__.py").write_text("")
    (folder / "tiny_sentences" / "model.onnx").write_bytes(model)
    (folder / "tiny_sentences-2.1.dist-info").mkdir()
    about = "Metadata-Version: 2.1\nName: tiny-sentences\nVersion: 2.1\n"
    (folder / "tiny_sentences-2.1.dist-info" / "METADATA").write_text(about)
    digest = hashlib.sha256(model).hexdigest()
    return folder, encoders._Source(
        "text", "tiny-sentences", "tiny_sentences", "model.onnx", digest, WIDTH, "pip install it"
    )


@pytest.fixture
def installed(network, monkeypatch):
    folder, source = network
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(encoders, "_SOURCES", {**encoders._SOURCES, "sentence": source})
    encoders._run.cache_clear()
    yield folder / "tiny_sentences" / "model.onnx"
    encoders._run.cache_clear()


def contract(*names: str, encoder=None) -> Contract:
    known = {
        "text": Feature("text", "text", encoder=encoder),
        "image": Feature("image", "image", shape=SHAPE),
        "plan": Feature("plan", "category", levels=("a", "b")),
        "number": Feature("number", "number", -3, 4),
    }
    return Contract("binary", tuple(known[name] for name in names), classes=CLASSES)


def archived(family: str, asked: Contract, columns) -> bytes:
    given = {each.name: columns[each.name] for each in asked.features}
    made = fit(family, asked, Sample(given, TRUTH), {})
    return archive(made, asked, threshold=0.5, proof=encode(asked, given, {}))


@pytest.fixture(scope="module")
def archives(columns):
    """Archives by family and columns, each made once."""
    return lru_cache(lambda family, names: archived(family, contract(*names), columns))


def share_right(data: bytes, columns) -> float:
    return float((open_archive(data).answer(columns).decided == TRUTH).mean())


WAYS = [
    ("tfidf", ("text",), 0.99),
    (
        "linear",
        (
            "text",
            "plan",
            "number",
        ),
        0.99,
    ),
    (
        "boosted",
        (
            "number",
            "text",
            "plan",
        ),
        0.99,
    ),
    ("pixels", ("image",), 0.95),
    (
        "linear",
        (
            "image",
            "number",
        ),
        0.95,
    ),
]


@pytest.mark.parametrize(("family", "names", "least"), WAYS)
class TestEveryWay:
    def test_learns_what_is_to_be_learnt(self, family, names, least, columns, archives):
        assert share_right(archives(family, names), columns) >= least

    def test_trained_twice_is_the_same_archive(self, family, names, least, columns, archives):
        assert archived(family, contract(*names), columns) == archives(family, names)

    def test_answers_missing_and_strange_values(self, family, names, least, archives):
        strange = {
            "text": [None, "", "\U0001f600 " * 50, "a" * 10_000],
            "image": [
                None,
                write(np.zeros(SHAPE, np.uint8)),
                write(np.full(SHAPE, 255, np.uint8)),
                None,
            ],
            "plan": [None, "new", "a", "b"],
            "number": [None, 1e9, -1e9, 0.0],
        }
        answers = open_archive(archives(family, names)).answer(strange)
        assert np.isfinite(answers.scores).all()

    def test_one_row_is_answered_as_among_others(self, family, names, least, columns, archives):
        opened = open_archive(archives(family, names))
        alone = opened.answer({name: values[20:21] for name, values in columns.items()})
        assert alone.scores[0] == pytest.approx(opened.answer(columns).scores[20], abs=1e-6)


def test_pixels_are_answered_in_a_fast_form_that_is_proved(columns, archives):
    data = archives("pixels", ("image",))
    assert audit(data).parity.proved
    slow = open_archive(data, fast=False).answer(columns).scores
    assert np.abs(open_archive(data).answer(columns).scores - slow).max() < 1e-5


def test_words_have_no_fast_form_and_the_archive_says_so(archives):
    header = audit(archives("tfidf", ("text",)))
    assert (header.parity.proved, header.parity.reason) == (False, "no converter: it reads words")


def test_edge_rows_fill_every_column_of_a_wide_input(columns):
    asked = contract("image", "number")
    rows = encode(asked, columns, {})
    edges = edge_rows(asked, rows)
    assert edges.shape[1] == rows.shape[1] == 37
    assert {0.0, 1.0} <= set(edges[:, 0])
    assert np.isnan(edges[:, 36]).any()


@pytest.mark.parametrize(("family", "kind"), [("tfidf", "text"), ("pixels", "image")])
def test_a_family_without_what_it_reads_is_refused(family, kind, columns):
    with pytest.raises(PlanError, match=f"`{family}` reads {kind}s, and no column is one"):
        archived(family, contract("number"), columns)


def test_a_sentence_encoder_is_named_in_the_archive_and_not_held_by_it(installed, columns):
    asked = contract("text", "number", encoder=encoders.encoder("sentence"))
    data = archived("sentence", asked, columns)
    (named,) = audit(data).contract.encoders
    assert (named.package, named.version, named.width) == ("tiny-sentences", "2.1", WIDTH)
    assert named.digest == hashlib.sha256(installed.read_bytes()).hexdigest()
    assert len(data) < 50_000
    assert share_right(data, columns) >= 0.99
    assert audit(data).parity.proved


def test_another_network_than_the_one_that_was_trained_with_is_refused(installed, columns):
    asked = contract("text", encoder=encoders.encoder("sentence"))
    data = archived("sentence", asked, columns)
    original = installed.read_bytes()
    encoders._run.cache_clear()
    try:
        installed.write_bytes(original + b"\0")
        with pytest.raises(ArchiveError, match="not the one that it should be"):
            open_archive(data)
    finally:
        installed.write_bytes(original)


def test_texts_that_would_be_prepared_in_another_way_are_refused(installed, columns, monkeypatch):
    asked = contract("text", encoder=encoders.encoder("sentence"))
    data = archived("sentence", asked, columns)
    monkeypatch.setattr(encoders, "READING", encoders.READING + 1)
    with pytest.raises(ArchiveError, match="in another way than this program"):
        open_archive(data)


def test_a_network_that_is_not_installed_is_told_with_the_command_that_installs_it(
    installed, columns, monkeypatch
):
    asked = contract("text", encoder=encoders.encoder("sentence"))
    data = archived("sentence", asked, columns)
    gone = {
        **encoders._SOURCES,
        "sentence": encoders._Source(
            "text", "no-such-package", "no_such_package", "model.onnx", "", WIDTH, "pip install it"
        ),
    }
    monkeypatch.setattr(encoders, "_SOURCES", gone)
    with pytest.raises(UserError, match=r"is not installed\. pip install it"):
        open_archive(data)


def test_a_part_is_read_by_the_network_once(installed, columns, monkeypatch):
    asked = contract("text", encoder=encoders.encoder("sentence"))
    scorer = open_archive(archived("sentence", asked, columns))
    first = scorer.matrix("dev", columns)
    monkeypatch.setattr(encoders, "encode", None)
    assert scorer.matrix("dev", columns) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0.0


def test_the_sentence_encoder_reads_each_text_by_itself(installed):
    feature = Feature("text", "text", encoder=encoders.encoder("sentence"))
    texts = ["win a prize now", None, "see you", "a much longer text than the others are"]
    together = encoders.encode(feature, texts)
    apart = np.vstack([encoders.encode(feature, [each]) for each in texts])
    assert together == pytest.approx(apart, abs=1e-6)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4))


@pytest.mark.parametrize("family", ["naive", "seasonal_naive"])
def test_a_naive_forecast_says_what_was_and_the_mean_where_nothing_was(family):
    asked = Contract("regression", (Feature("n_1d_ago", "number", 0, 9),))
    made = fit(family, asked, Sample({"n_1d_ago": np.array([1.0, 2.0])}, np.array([4.0, 8.0])), {})
    opened = open_archive(archive(made, asked, threshold=None, proof=np.empty((0, 0))))
    assert opened.answer({"n_1d_ago": [7.0, None]}).decided.tolist() == [7.0, 6.0]


def test_no_archive_holds_a_pickle(archives, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(archives(*WAYS[2][:2]))
    inside = zipfile.ZipFile(tmp_path / "a.zip").read("estimator.skops")
    (tmp_path / "b.zip").write_bytes(inside)
    names = zipfile.ZipFile(tmp_path / "b.zip").namelist()
    assert {Path(each).suffix for each in names} <= {".json", ".npy", ".npz"}


def test_words_are_archived_alike_wherever_their_stop_words_lie() -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    made = []
    for _ in range(2):
        vectoriser = CountVectorizer(stop_words=["a", "the"]).fit(["the cat", "a dog"])
        vectoriser.transform(["the dog"])
        made.append(vectoriser)
    assert made[0]._stop_words_id != made[1]._stop_words_id
    assert len({export._skops(each) for each in made}) == 1
