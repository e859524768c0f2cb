"""A learning curve is fitted on nested subsets, looked at on dev, filed, and goes on after a kill."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest

import seatrial
from seatrial.core.errors import DataError, NotFoundError, UserError
from seatrial.verbs import curves as subject
from seatrial.verbs.chain import Chain
from seatrial.verbs.curves import Draws, curves, shown
from seatrial.verbs.materials import Materials


def test_two_families_are_fitted_forecast_and_filed(project) -> None:
    found = curves(project, families=["linear", "builders:plain"], points=4, repeats=2)
    assert [each.family for each in found.curves] == ["linear", "builders:plain"]
    for curve in found.curves:
        assert len(curve.points) == 4
        assert curve.points[-1].rows == len(Materials(Chain(project)).truth("train"))
        assert all(each.train.measured and each.dev.measured for each in curve.points)
        for times in ("1", "2", "10"):
            assert curve.forecast[times].low < curve.forecast[times].high
        assert curve.forecast["2"].value >= curve.forecast["1"].value
        assert curve.gain["2"].low >= 0
    assert len(project.ledger.find("curve")) == 2


def test_the_last_point_is_what_training_gives(project) -> None:
    plan = project.root / "plan.yaml"
    plan.write_text(re.sub("candidates: .*", "candidates: [linear]", plan.read_text()))
    project = seatrial.open(project.root)
    trained = project.train()
    metrics = {each.candidate.family: each.metrics["accuracy"] for each in trained.rungs}
    (found,) = curves(project, families=["linear"], points=4, repeats=2).curves
    assert found.points[-1].dev.value == pytest.approx(metrics["linear"].value, abs=1e-6)


def test_a_second_call_fits_nothing(project, monkeypatch) -> None:
    first = curves(project, families=["linear"], points=4, repeats=2)
    monkeypatch.setattr(subject.Bench, "attempt", None)
    again = curves(project, families=["linear"], points=4, repeats=2)
    assert again.curves[0].reused
    assert again.curves[0].points == first.curves[0].points
    assert again.curves[0].forecast == first.curves[0].forecast


def test_another_seed_is_another_curve(project) -> None:
    curves(project, families=["linear"], points=4, repeats=2)
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace("seed: 1", "seed: 2"))
    with_seed = seatrial.open(project.root)
    assert not curves(with_seed, families=["linear"], points=4, repeats=2).curves[0].reused


def test_subsets_lie_within_each_other_and_hold_whole_units(project) -> None:
    chain = Chain(project)
    materials = Materials(chain)
    units = materials.units("train")
    subsets = Draws(chain, materials, 4).nested(0)
    for smaller, larger in pairwise(subsets):
        assert set(smaller) < set(larger)
    for subset in subsets:
        inside = np.isin(units, units[subset])
        assert inside.sum() == len(subset)
    assert len(subsets[-1]) == len(units)


def test_no_row_of_test_is_read(project, monkeypatch) -> None:
    asked = []
    frame = Materials.frame
    monkeypatch.setattr(
        Materials, "frame", lambda self, part, names: asked.append(part) or frame(self, part, names)
    )
    curves(project, families=["linear"], points=4, repeats=2)
    assert set(asked) == {"train", "dev"}


def test_a_killed_curve_goes_on_where_it_was(project, tmp_path_factory) -> None:
    copied = shutil.copytree(project.root, tmp_path_factory.mktemp("copied") / "parcels")
    command = [sys.executable, "-m", "seatrial.cli.main", "curve", "--points", "4"]
    command += ["--repeats", "2", "--family", "builders:plain", "--project", str(project.root)]
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "SLOWLY": "0.3"}
    )
    folder = project.state / "curve"
    while len(list(folder.glob("*/*.npz"))) < 3 and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = len(list(folder.glob("*/*.npz")))
    assert 3 <= done < 8
    fitted = []
    attempt = subject.Bench.attempt
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            subject.Bench,
            "attempt",
            lambda self, *given, **options: fitted.append(1) or attempt(self, *given, **options),
        )
        found = curves(project, families=["builders:plain"], points=4, repeats=2)
    assert len(fitted) == 8 - done
    assert not list(folder.iterdir())
    whole = seatrial.open(copied)
    assert curves(whole, families=["builders:plain"], points=4, repeats=2).curves[0].forecast == (
        found.curves[0].forecast
    )


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"points": 3}, UserError, "a curve has 4 to 20 points, got 3"),
        ({"repeats": 1}, UserError, "each size is drawn 2 to 20 times, got 1"),
        ({"families": ["forest"]}, NotFoundError, "the plan trains no forest"),
    ],
)
def test_what_cannot_be_asked_is_said(options, error, said, project) -> None:
    with pytest.raises(error, match=said):
        curves(project, **options)


def test_a_train_part_that_is_too_small_is_said(project) -> None:
    parcels = project.root / "parcels.csv"
    parcels.write_text("\n".join(parcels.read_text().splitlines()[:80]))
    with pytest.raises(DataError, match=r"train has \d+ rows in \d+ units, too few for 6 sizes"):
        curves(project, families=["linear"])


def test_a_bound_that_is_not_met_asks_for_rows(project) -> None:
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace(">= 0.6", ">= 0.999"))
    project = seatrial.open(project.root)
    found = curves(project, families=["linear"], points=4, repeats=2)
    (goal,) = [each.goal for each in found.curves]
    assert goal.claim == "accuracy"
    assert goal.rows.method == "not reachable with 100 times the rows"
    assert shown(found)[0].goal == ("accuracy", goal.rows)
