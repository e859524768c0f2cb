"""An augmentation is used once people still get its rows right, they look real, and the model is poor on them."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seatrial
from seatrial.cli.main import main
from seatrial.core.errors import CodeError, ConflictError, NotFoundError, PlanError, UserError
from seatrial.models.augment import augment as apply
from seatrial.models.ladder import Sample
from seatrial.records import image
from seatrial.records.contract import Contract, Feature
from seatrial.verbs.augment import augment
from seatrial.verbs.augment_sheet import answers, sheet
from seatrial.verbs.augmentations import SHEET
from seatrial.verbs.bench import Bench
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.trainer import Trainer

PLAN = """\
version: 1
project: pears
task: {kind: classification, target: kind}
data:
  sources: {pears: {uri: pears.csv}}
  key: id
  split: {by: hash, train: 0.6, dev: 0.2, test: 0.2}
train:
  candidates: [linear]
  seed: 1
  augment:
    lamp: {function: "lamps:lamp"}
    neon: {function: "lamps:neon"}
    nothing: {function: "lamps:nothing"}
optimize: balanced_accuracy
claims: [balanced_accuracy >= 0.5]
"""

LAMPS = '''\
"""Light that falls on pears; what kind of pear it is does not change."""


def lamp(red, green, random):
    """The difference of the colours tells the kind, whatever the light."""
    light = random.normal(0, 15, len(red))
    return {"red": red + light, "green": green + light}


def neon(red, green):
    return {"red": red + 999, "green": green + 999}


def nothing(weight):
    return weight + 1e-6
'''
DONE = {"people": "pass", "detectable": "pass", "error": "pass"}


def pears() -> pl.DataFrame:
    """Two kinds, told by red; where a lamp shines on them, as on a few, by red without green."""
    random = np.random.default_rng(5)
    rows = 4_000
    conference = random.random(rows) < 0.4
    light = random.normal(0, 15, rows) * (random.random(rows) < 0.1)
    red = 100 + 25 * conference + random.normal(0, 8, rows) + light
    green = 100 + random.normal(0, 8, rows) + light
    return pl.DataFrame(
        {
            "id": np.arange(rows),
            "red": red,
            "green": green,
            "weight": random.normal(180, 20, rows),
            "kind": np.where(conference, "conference", "comice"),
        }
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("pears")
    pears().write_csv(root / "pears.csv")
    (root / "plan.yaml").write_text(PLAN)
    (root / "lamps.py").write_text(LAMPS)
    project = seatrial.open(root)
    yield project
    project.close()


def filled(project, path: Path, *, right: float) -> Path:
    """Answer a sheet as people would who get a share of it right."""
    random = np.random.default_rng(7)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    cases = project.ledger.newest(SHEET, rows[0]["case"].partition("-")[0]).payload["cases"]
    other = {"comice": "conference", "conference": "comice"}
    for row in rows:
        truth = cases[row["case"]]["truth"]
        row["answer"] = truth.upper() if random.random() < right else other[truth]
    with path.open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def found(project):
    return {each.name: each for each in augment(project)}


def verdicts(one):
    return {check: verdict for check, (verdict, _) in one.verdicts.items()}


@pytest.fixture(scope="module")
def asked(made, tmp_path_factory):
    """Before anybody was asked, and after people answered rightly to all three."""
    before = made.train(), found(made), made.next().steps
    for name in ("lamp", "neon", "nothing"):
        path = tmp_path_factory.mktemp("sheets") / f"{name}.csv"
        sheet(made, name, path)
        answers(made, filled(made, path, right=1.0), by="ada")
    trained = made.train()
    return before, trained, found(made)


def test_nothing_is_used_before_people_were_asked(asked):
    (training, before, _), *_ = asked
    assert not any(each.is_used for each in before.values())
    assert {verdicts(each)["people"] for each in before.values()} == {"unknown"}
    rung = next(each for each in training.rungs if each.candidate.family == "linear")
    assert rung.augmented == dict.fromkeys(before, "people were not asked yet")


def test_what_is_next_names_each_that_is_not_used(made, asked):
    def commands(steps):
        return {each.title: each.command for each in steps if "augment" in each.command}

    assert commands(asked[0][2]) == {
        f"Ask people about the rows of {name}": f"seatrial augment sheet {name} --out {name}.csv"
        for name in ("lamp", "neon", "nothing")
    }
    assert set(commands(made.next().steps).values()) == {"seatrial augment"}
    assert "Mend the augmentation neon, or take it out" in commands(made.next().steps)
    assert "Mend the augmentation lamp, or take it out" not in commands(made.next().steps)


def test_one_that_passes_is_used_and_what_it_gave_is_told(asked):
    (before, *_), trained, after = asked
    assert verdicts(after["lamp"]) == DONE
    assert after["lamp"].is_used
    assert after["lamp"].gain.high < 0  # few rows of dev stood under a lamp
    assert after["lamp"].is_harmful
    rungs = [each.kept.candidate for each in (before, trained)]
    assert rungs[0].artefact != rungs[1].artefact
    assert trained.kept.augmented["lamp"] == ""


def test_train_is_followed_by_what_was_made_of_it_with_its_own_truth(made, asked):
    chain = Chain(made)
    materials = Materials(chain)
    trainer = Trainer(chain, materials)
    recipe, (contract, _) = chain.recipe("linear"), trainer.contract("linear")
    names = [each.name for each in contract.features]
    plain = Sample(materials.raw("train", names), materials.truth("train"))
    more = trainer.augmented(recipe, contract, plain)
    light = more.columns["red"][len(plain.truth) :] - plain.columns["red"]
    assert recipe.augment == ("lamp",)
    assert more.truth.tolist() == [*plain.truth, *plain.truth]
    assert more.columns["red"][: len(plain.truth)].tolist() == plain.columns["red"].tolist()
    assert np.allclose(light, more.columns["green"][len(plain.truth) :] - plain.columns["green"])


def test_a_curve_and_a_search_fit_with_what_is_in_use(made, asked):
    trained = asked[1].kept.candidate
    chain = Chain(made)
    materials = Materials(chain)
    attempt = Bench(chain, materials).attempt("linear")
    assert np.allclose(attempt.dev.scores, materials.predictions(trained, "dev").scores, atol=1e-5)


def test_rows_that_no_real_row_looks_like_are_refused(asked):
    one = asked[2]["neon"]
    assert verdicts(one) == DONE | {"detectable": "fail"}
    assert one.estimates["detectable"].low > 0.99
    assert not one.is_used


def test_rows_that_the_model_gets_right_already_teach_it_nothing(asked):
    one = asked[2]["nothing"]
    assert verdicts(one)["error"] != "pass"
    assert verdicts(one)["detectable"] == "pass"
    assert not one.is_used


def test_rows_that_people_get_wrong_are_refused(made, asked, tmp_path):
    path = tmp_path / "sheet.csv"
    written = sheet(made, "lamp", path, rows=40)
    told = answers(made, filled(made, path, right=0.5), by="grace")
    assert (written.rows, told.people.n, told.real.n) == (60, 40, 20)
    one = found(made)["lamp"]
    assert verdicts(one) == DONE | {"people": "fail"}
    assert not one.is_used
    assert "grace" not in json.dumps(
        [each.payload for each in made.ledger.find("augmentation-answers")]
    )
    path = tmp_path / "again.csv"  # and so that what comes after has it as it was
    sheet(made, "lamp", path)
    answers(made, filled(made, path, right=1.0), by="ada")


def test_a_sheet_has_as_many_of_each_class_and_tells_nothing(made, asked, tmp_path):
    sheet(made, "neon", tmp_path / "sheet.csv")
    rows = pl.read_csv(tmp_path / "sheet.csv")
    assert rows.columns == ["case", "red", "green", "weight", "answer"]
    assert rows["answer"].null_count() == 90
    changed = rows["red"] > 500
    assert changed.sum() == 60
    assert changed[:45].sum() not in {0, 45}
    number = rows["case"][0].partition("-")[0]
    cases = made.ledger.newest(SHEET, number).payload["cases"].values()
    assert sum(each["truth"] == "comice" for each in cases if each["changed"]) == 30


def test_a_changed_function_must_pass_again(made, asked, tmp_path):
    path = tmp_path / "sheet.csv"
    sheet(made, "lamp", path)
    file = made.root / "lamps.py"
    file.write_text(LAMPS.replace("(0, 15,", "(0, 20,"))
    try:
        assert "lamp" not in Chain(made).recipe("linear").augment
        with pytest.raises(ConflictError, match="was changed since this sheet was written"):
            answers(made, filled(made, path, right=1.0), by="ada")
    finally:
        file.write_text(LAMPS)
    assert "lamp" in Chain(made).recipe("linear").augment


def test_the_same_rows_come_out_of_training_again(made, asked):
    check = made.check(only=["balanced_accuracy"])
    assert check.judgements[0].verdict == "pass"
    assert made.train().kept.reused


@pytest.mark.parametrize(
    ("rows", "fact"),
    [
        ("case,answer\n", "has no columns"),
        ("case,said\nx-1,comice\n", "has no columns `case` and `answer`"),
        ("case,answer\nabc-000,comice\n", "no sheet of this project has the cases"),
        (None, "can't be read"),
    ],
)
def test_what_is_no_sheet_is_refused(made, tmp_path, rows, fact):
    path = tmp_path / "sheet.csv"
    if rows is not None:
        path.write_text(rows)
    with pytest.raises((UserError, NotFoundError), match=fact):
        answers(made, path, by="ada")


def test_an_answer_that_is_no_class_and_too_few_answers_are_refused(made, tmp_path):
    path = tmp_path / "sheet.csv"
    sheet(made, "neon", path)
    text = path.read_text()
    first, second, *rest = text.splitlines()
    path.write_text("\n".join([first, f"{second}quince", *rest]))
    with pytest.raises(UserError, match="'quince' is no answer"):
        answers(made, path, by="ada")
    path.write_text(text)
    with pytest.raises(UserError, match="0 changed rows are answered, and 20 are needed"):
        answers(made, path, by="ada")
    with pytest.raises(ConflictError, match="is there already"):
        sheet(made, "neon", path)
    with pytest.raises(NotFoundError, match="no augmentation is called moon"):
        sheet(made, "moon", tmp_path / "other.csv")


CONTRACT = Contract(
    "binary",
    (
        Feature("age", "number"),
        Feature("town", "category", levels=("Oslo",)),
        Feature("face", "image", shape=(2, 2, 1)),
    ),
)
FACES = [image.write(np.full((2, 2, 1), each, np.uint8)) for each in (10, 20)]
COLUMNS = {
    "age": np.array([30.0, np.nan]),
    "town": np.array(["Oslo", None], object),
    "face": np.array(FACES, object),
}


def test_images_are_handed_as_pixels_and_taken_back():
    changed, which = apply("m:f", lambda face: [255 - face[0], face[1]], CONTRACT, COLUMNS, seed=0)
    assert which.tolist() == [True, False]
    assert image.read(changed["face"][0]).ravel().tolist() == [245] * 4


def test_a_generator_of_its_own_makes_the_same_rows_again():
    def older(age, random):
        return age + random.random(len(age))

    one, two = (apply("m:older", older, CONTRACT, COLUMNS, seed=3)[0]["age"] for _ in range(2))
    other = apply("m:older", older, CONTRACT, COLUMNS, seed=4)[0]["age"]
    assert one[0] == two[0] != other[0]


@pytest.mark.parametrize(
    ("function", "fact"),
    [
        (lambda shoe: shoe, "reads no such column: shoe"),
        (lambda age: {"shoe": age}, "gave no such column: shoe"),
        (lambda age: age[:1], "1 values of age for 2 rows"),
        (lambda age, town: age, "reads 2 columns and gave ndarray"),
        (lambda age: ["old", "older"], "can't stand in a column of numbers"),
        (lambda town: [1, 2], "can't stand in a column of categorys: 1 is no text"),
        (lambda face: [each / 2 for each in face], "whole numbers from 0 to 255"),
        (lambda age: 1 / 0, "raised ZeroDivisionError"),
        (lambda age: None, "can't stand in a column"),
    ],
)
def test_a_function_that_gives_something_else_is_told_what(function, fact):
    with pytest.raises(CodeError, match=fact):
        apply("m:f", function, CONTRACT, COLUMNS, seed=0)


def test_what_people_answer_of_a_number_has_to_be_near_enough(tmp_path):
    pears().write_csv(tmp_path / "pears.csv")
    numbers = PLAN.replace("classification, target: kind", "regression, target: weight").replace(
        "balanced_accuracy >= 0.5", "mae <= 100"
    )
    plan = tmp_path / "plan.yaml"
    plan.write_text(numbers.replace("balanced_accuracy", "mae"))
    with pytest.raises(PlanError, match="`lamp` doesn't say when people's answer is right"):
        seatrial.open(tmp_path).plan  # noqa: B018 — reading it is what is tried
    plan.write_text(PLAN.replace('"lamps:lamp"', '"lamps:lamp", within: 5'))
    with pytest.raises(PlanError, match="`within` is for numbers"):
        seatrial.open(tmp_path).plan  # noqa: B018


def test_the_terminal_says_what_to_do_next(made, asked, monkeypatch, capsys, tmp_path):
    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["seatrial", *words, "--project", str(made.root)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
        return capsys.readouterr().out

    told = run("augment")
    assert "lamp for linear: used, balanced_accuracy " in told
    assert "on dev: take it out of train.augment" in told
    assert "looks real" in told
    assert max(map(len, told.splitlines())) <= 96
    assert "comice, conference" in run("augment", "sheet", "neon", "--out", str(tmp_path / "s.csv"))
    filled(made, tmp_path / "s.csv", right=1.0)
    told = run("augment", "answers", str(tmp_path / "s.csv"), "--by", "ada")
    assert "neon: 1.00 [0.94, 1.00] of the changed rows are answered rightly" in told
    shown = json.loads(run("augment", "--json"))["augmentations"]
    assert {each["id"] for each in shown[0]["checks"]} == set(DONE)
