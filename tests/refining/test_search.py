"""A search gives the same whatever the processes and after any kill, and says what its best is worth."""

import builtins
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import seatrial
from seatrial.core.errors import CodeError, MissingExtraError, NotFoundError, PlanError, UserError
from seatrial.verbs import search as subject
from seatrial.verbs.search import keep, search, shown
from seatrial.web.pictures import page

FAMILY = "builders:plain"
TRIALS = 12


def without_time(found):
    document = found.to_json() | {"seconds": 0, "reused": False}
    trials = [each | {"seconds": 0} for each in document["trials"]]
    return document | {"trials": trials}


@pytest.fixture(scope="module")
def searched(parcels, tmp_path_factory) -> Path:
    """A project that was searched, in one process; not to be changed."""
    root = shutil.copytree(parcels, tmp_path_factory.mktemp("searched") / "parcels")
    search(seatrial.open(root), FAMILY, trials=TRIALS)
    return Path(root)


@pytest.fixture
def opened(searched, tmp_path):
    """A copy of it, to be changed."""
    return seatrial.open(shutil.copytree(searched, tmp_path / "searched"))


@pytest.fixture
def found(opened):
    """What the search found."""
    return search(opened, FAMILY, trials=TRIALS)


def test_two_processes_find_what_one_finds_and_a_killed_search_goes_on(folder, found) -> None:
    command = [sys.executable, "-m", "seatrial.cli.main", "search", FAMILY]
    command += ["--trials", str(TRIALS), "--jobs", "2", "--project", str(folder)]
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "SLOWLY": "0.5"}
    )
    written = folder / ".seatrial" / "search"
    while len(list(written.glob("*/*.npz"))) < 3 and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert 3 <= len(list(written.glob("*/*.npz"))) < TRIALS
    resumed = search(seatrial.open(folder), FAMILY, trials=TRIALS, jobs=2)
    assert not resumed.reused
    assert without_time(resumed) == without_time(found)
    assert not list(written.iterdir())


def test_what_was_found_is_found_again_without_a_fit(opened, found, monkeypatch) -> None:
    monkeypatch.setattr(subject, "_Searching", None)
    again = search(opened, FAMILY, trials=TRIALS)
    assert again.reused
    assert without_time(again) == without_time(found)


def test_the_winner_betters_the_own_values_and_is_worth_less_than_it_looks(found) -> None:
    assert found.uses == TRIALS + 1
    assert [each.trial for each in found.trials] == list(range(TRIALS))
    assert [each.round for each in found.trials] == [1] * 8 + [2] * 4
    assert found.best.value > found.corrected.value > found.own.value
    assert found.is_beyond_noise
    assert found.difference.low > 0


def test_the_best_is_written_into_the_plan_and_trained(opened, found) -> None:
    plan = opened.root / "plan.yaml"
    plan.write_text(plan.read_text().replace('linear, boosted, "builders:plain",', f'"{FAMILY}",'))
    assert keep(opened, found)
    text = (opened.root / "plan.yaml").read_text()
    assert "# What is tried." in text
    assert "# the plain one is ours" in text
    kept = seatrial.open(opened.root)
    assert kept.plan.text.train.parameters == {FAMILY: dict(found.parameters)}
    trained = next(each.candidate for each in kept.train().rungs if each.candidate.family == FAMILY)
    depth = found.parameters["depth"]
    assert trained.parameters["decisiontreeclassifier__max_depth"] == depth
    assert trained.leaves[f"train.parameters.{FAMILY}.depth"] == str(depth)
    assert search(kept, FAMILY, trials=TRIALS).reused


def test_trials_that_break_a_claim_are_not_kept(project) -> None:
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace(">= 0.6", ">= 0.999"))
    opened = seatrial.open(project.root)
    found = search(opened, FAMILY, trials=10, rounds=1)
    assert {each.broken for each in found.trials} == {"accuracy"}
    assert found.winner is None
    assert not keep(opened, found)
    assert shown(found)[1].out == 10


def test_the_pictures_hold_every_trial(found) -> None:
    drawn = page(found)
    assert drawn.count("<circle") == 4 * TRIALS - sum(
        knob.name not in each.parameters for each in found.trials for knob in found.spaces[0]
    )
    assert "<script" not in drawn
    assert "depth" in drawn


def test_ranges_are_shown_by_round(found) -> None:
    knobs, told = shown(found)
    assert [each.name for each in knobs] == ["depth", "leaf", "criterion"]
    assert knobs[0].ranges[0] == "1 to 12"
    assert knobs[2].ranges[0] == "gini, entropy"
    assert told.trials == TRIALS


@pytest.mark.parametrize(
    ("family", "options", "error", "said"),
    [
        ("forest", {}, NotFoundError, "the plan trains no forest"),
        ("builders:bare", {}, CodeError, "takes none of the hyperparameters"),
        (FAMILY, {"trials": 0}, UserError, "a search has 10 to 10,000 trials, got 0"),
        (FAMILY, {"rounds": 3}, UserError, "a search has 1 or 2 rounds, got 3"),
        (FAMILY, {"jobs": 0}, UserError, "got --jobs 0"),
    ],
)
def test_what_cannot_be_asked_is_said(family, options, error, said, project) -> None:
    with pytest.raises(error, match=said):
        search(project, family, **options)


def test_without_the_extra_it_says_what_to_install(project, monkeypatch) -> None:
    imported = builtins.__import__

    def refuse(name, *rest, **options):
        if name == "optuna":
            raise ImportError(name)
        return imported(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError, match=r"pip install 'seatrial\[search\]'"):
        search(project, FAMILY, trials=TRIALS)


def test_a_search_in_which_every_trial_fails_says_why(project) -> None:
    builders = project.root / "builders.py"
    builders.write_text(builders.read_text().replace("max_depth=depth", "max_depth=-depth"))
    with pytest.raises(CodeError, match=r"every trial failed: .* raised InvalidParameterError"):
        search(project, FAMILY, trials=10)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("boosted: {leaves: 3}", "boosted has no hyperparameter called leaves"),
        ('"builders:plain": {width: 3}', "builders:plain has no hyperparameter called width"),
        ("forest: {depth: 3}", "`train.parameters` names forest, which is no candidate"),
        ("boosted: {max_iter: [3]}", "a hyperparameter is a number, a word, true or false"),
    ],
)
def test_a_plan_with_hyperparameters_that_are_none_is_refused(written, said, project) -> None:
    plan = project.root / "plan.yaml"
    text = plan.read_text().replace("[linear, boosted", "[boosted")
    plan.write_text(text.replace("  seed: 1\n", f"  seed: 1\n  parameters: {{{written}}}\n"))
    with pytest.raises(PlanError, match=said):
        seatrial.open(project.root).train()
