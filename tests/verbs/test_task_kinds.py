"""Every kind of task goes from `init` to `check` with no edit of the plan but the target."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.runtime.switch import Switch
from seatrial.verbs.answered import counted
from seatrial.verbs.bundle import serving_folder
from seatrial.verbs.chain import Chain
from seatrial.verbs.error_desk import Desk
from seatrial.verbs.init import init
from seatrial.verbs.materials import Materials
from seatrial.verbs.release import propose
from seatrial.verbs.trace import trace
from seatrial.web.answers import FOOT, TOP, answers

CLAIMS = {
    "text": ["f1", "schema", "no_leakage"],
    "image": ["balanced_accuracy", "worst-recall.by-class", "schema", "no_leakage"],
    "forecast": ["mae", "mae.vs-seasonal_naive", "schema", "no_leakage"],
}


def messages(folder: Path) -> tuple[Path, None]:
    """Two columns without a header: what somebody said of a text, and the text."""
    random = np.random.default_rng(1)
    words = {
        "ham": ["see", "you", "home", "later", "tonight", "dinner", "work", "love", "call"],
        "spam": ["win", "free", "prize", "cash", "claim", "now", "urgent", "offer", "reply"],
    }
    label = np.where(random.random(1_500) < 0.15, "spam", "ham")
    lines = [
        f"{each}\t{' '.join(random.choice(words[each], 7))} {random.choice(words['ham'], 3)[0]} {place}"
        for place, each in enumerate(label)
    ]
    (folder / "messages.tsv").write_text("\n".join(lines) + "\n")
    return folder / "messages.tsv", None


def digits(folder: Path) -> tuple[Path, None]:
    from sklearn.datasets import load_digits

    given = load_digits()
    images = (given.images * 15).astype(np.uint8)
    for name, magic, values in (("images-idx3", 2051, images), ("labels-idx1", 2049, given.target)):
        head = struct.pack(f">{1 + values.ndim}I", magic, *values.shape)
        raw = head + values.astype(np.uint8).tobytes()
        (folder / f"t-{name}-ubyte.gz").write_bytes(gzip.compress(raw))
    return folder / "t-images-idx3-ubyte.gz", None


def hires(folder: Path) -> tuple[Path, str]:
    """Bikes by the hour; two of the columns add up to the target, and one is the weather."""
    random = np.random.default_rng(2)
    hour = np.arange(24 * 200)
    day, hr = hour // 24, hour % 24
    busy = 60 * (1 + np.sin((hr - 8) / 24 * 2 * np.pi)) * (1 - 0.4 * (day % 7 >= 5))
    members, guests = random.poisson(busy), random.poisson(0.2 * busy + 1)
    start = pl.date(2025, 1, 1)
    frame = pl.DataFrame(
        {"hr": hr, "warmth": random.normal(size=len(hour)), "guests": guests, "members": members}
    )
    days = pl.Series("on", day).to_frame().select(start + pl.duration(days=pl.col("on")))
    frame = frame.insert_column(0, days.to_series().alias("on"))
    frame.with_columns(hires=members + guests).write_csv(folder / "hires.csv")
    return folder / "hires.csv", "hires"


MADE = {"text": messages, "image": digits, "forecast": hires}


@pytest.fixture(scope="module", params=MADE)
def done(request, tmp_path_factory):
    """A kind of task, what `init` said, and the project, trained and checked."""
    folder = tmp_path_factory.mktemp(request.param)
    data, target = MADE[request.param](folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        said = init("tried", data, target=target)
    project = seatrial.open(folder / "tried")
    training = project.train()
    check = project.check(only=CLAIMS[request.param])
    yield request.param, said, project, training, check
    project.close()


def test_the_kind_is_recognised(done):
    kind, _, project, *_ = done
    assert project.plan.text.task.kind == kind


def test_a_model_is_kept_and_keeps_every_claim_that_was_drafted(done):
    kind, _, _, training, check = done
    assert training.chosen in {"tfidf", "pixels", "linear", "boosted"}
    found = {each.claim: each.verdict for each in check.judgements}
    assert {name: found[name] for name in CLAIMS[kind]} == dict.fromkeys(CLAIMS[kind], "pass")


def test_no_claim_stands_on_a_metric_that_does_not_suit(done):
    kind, _, project, *_ = done
    metrics = {claim.measure.metric for claim in project.plan.claims}
    assert "accuracy" not in metrics
    assert ("mae" in metrics) is (kind == "forecast")


def test_what_is_extra_is_not_drafted_and_said(done):
    kind, said, project, *_ = done
    lacking = {"text": "sentence", "image": "convolutional", "forecast": "recurrent"}.get(kind)
    told = dict(said.assumptions)
    assert lacking is None or "pip install" in told.get(f"without {lacking}", "pip install")
    assert lacking not in project.plan.text.train.candidates or f"without {lacking}" not in told


def test_it_is_told_what_to_do_next_and_why_a_claim_is_what_it_is(done):
    kind, _, project, *_ = done
    assert project.next()
    assert project.why(CLAIMS[kind][0])


def test_what_was_trained_is_released_and_answers_a_request(done):
    kind, _, project, *_ = done
    propose(project, by="ada", override="a trial")
    chain = Chain(project)
    row = Materials(chain).sample("test", chain.features, rows=1)[0]
    with Switch.open(serving_folder(project).path) as switch:
        made = switch.decide(key=1, features=row)
    assert made.decision in {"text": {"true", "false"}, "image": chain.classes}.get(
        kind, [made.decision]
    )
    assert made.decision is not None


@pytest.mark.parametrize("done", ["forecast"], indirect=True)
def test_a_forecast_is_compared_with_what_was_known_and_sees_nothing_else(done):
    _, _, project, training, _ = done
    families = [rung.candidate.family for rung in training.rungs]
    assert families[:3] == ["mean", "naive", "seasonal_naive"]
    assert {"guests", "members", "warmth"} == set(project.plan.text.data.features.forbid)
    assert set(training.kept.candidate.features) >= {"hires_1h_ago", "hires_24h_ago", "hr"}


@pytest.mark.parametrize("done", ["text"], indirect=True)
def test_training_again_uses_what_is_on_file(done):
    _, _, project, *_ = done
    assert all(rung.reused for rung in project.train().rungs)


def test_a_trace_names_the_words_that_told_and_counts_what_cannot_be_read(done) -> None:
    kind, _, project, *_ = done
    row = Desk(project).cases[0].id
    found = trace(project, row)
    (name, *_) = found.encoded
    if kind == "text":
        assert re.fullmatch(r"\d+ words", found.encoded[name])
        assert found.pushes
        assert all(each.value in found.inputs[name] for each in found.pushes)
    if kind == "image":
        assert found.encoded[name] == "64 numbers"
        assert found.pushes == ()
    if kind == "forecast":
        assert {each.feature for each in found.pushes} <= set(found.inputs)


def test_its_answers_are_held_against_what_was_true(done):
    kind, _, project, training, _ = done
    shown = answers(counted(Chain(project), training.kept.candidate))
    if kind != "forecast":
        assert shown.calibration is not None
        assert shown.said is None
        among = [each.figure.estimate.value for each in shown.hits]
        assert len(among) == (5 if kind == "image" else 0)
        assert among == sorted(set(among))
        right = counted(Chain(project), training.kept.candidate).confusion
        assert kind != "image" or among[0] == pytest.approx(np.trace(right) / np.sum(right))
        return
    assert shown.calibration is None
    assert all(0 <= each.x <= 100 and TOP <= each.y <= FOOT for each in shown.said.spots)
    assert sum(int(each.figure.n.replace(",", "")) for each in shown.levels) == int(
        shown.rows.replace(",", "")
    )
    of_rows = (
        project.plan.text.data.unit is None
    )  # where rows are alike, a quantile has no interval
    assert len(shown.errors) == (5 if of_rows else 2)
