"""Ranges are read, drawn from by seed and number, and narrowed to where the first round was good."""

import numpy as np
import pytest

from seatrial.core.errors import CodeError
from seatrial.models.spaces import Knob, drawn, importance, narrowed, space_of

SPACE = (
    Knob("rate", "log", 0.001, 1.0, simplest=0.1),
    Knob("depth", "even", 1, 20, whole=True, simplest=6),
    Knob("idle", "even", 0.0, 1.0, simplest=0.0),
)
OPTIMA = {"rate": 0.45, "depth": 0.7}
"""Places in their ranges; nothing depends on the idle one."""


def trials(seed, count=30):
    return [
        {knob.name: drawn(knob, seed=seed, trial=trial) for knob in SPACE} for trial in range(count)
    ]


def losses(tried, seed, noise=0.2):
    places = np.array([[knob.place(each[knob.name]) for knob in SPACE[:2]] for each in tried])
    exact = (places[:, 0] - OPTIMA["rate"]) ** 2 + 0.5 * (places[:, 1] - OPTIMA["depth"]) ** 2
    return exact + noise * exact.std() * np.random.default_rng(seed).normal(size=len(tried))


@pytest.mark.truth
def test_the_second_space_lies_in_the_first_and_holds_the_optimum_in_95_of_100() -> None:
    held, size = [], []
    for seed in range(100):
        tried = trials(seed)
        second = {knob.name: knob for knob in narrowed(SPACE, tried, losses(tried, seed))}
        for knob in SPACE:
            if knob.name in second:
                assert knob.low <= second[knob.name].low < second[knob.name].high <= knob.high
        ends = {
            name: (knob.place(second[name].low), knob.place(second[name].high))
            for knob in SPACE
            for name in [knob.name]
            if name in second
        }
        held.append(
            all(
                name in ends and ends[name][0] <= at <= ends[name][1] for name, at in OPTIMA.items()
            )
        )
        size.append(np.prod([high - low for low, high in ends.values()]))
    assert np.mean(held) >= 0.95
    assert np.mean(size) < 0.6


@pytest.mark.truth
def test_what_does_not_matter_is_left_at_its_simplest_value_about_half_of_the_time() -> None:
    found = [importance(SPACE, trials(seed), losses(trials(seed), seed)) for seed in range(60)]
    assert 0.3 <= np.mean([each["idle"] == 0.0 for each in found]) <= 0.7
    assert all(each["rate"] > 0 and each["depth"] > 0 for each in found)


def test_few_trials_tell_nothing_of_what_matters_and_leave_nothing_out() -> None:
    tried = trials(1, count=10)
    assert importance(SPACE, tried, losses(tried, 1)) == {}
    assert len(narrowed(SPACE, tried, losses(tried, 1))) == len(SPACE)


def test_a_trial_is_a_matter_of_seed_number_and_name() -> None:
    assert trials(1) == trials(1)
    assert trials(1, count=10) == trials(1)[:10]
    assert trials(1) != trials(2)
    values = [each["rate"] for each in trials(1, count=400)]
    assert min(values) < 0.002
    assert max(values) > 0.5
    assert 0.02 < np.median(values) < 0.05


@pytest.mark.parametrize("knob", SPACE)
def test_a_place_and_a_value_are_two_names_of_one_thing(knob) -> None:
    for place in (0.0, 0.31, 0.99):
        step = 0.06 if knob.whole else 0.001
        assert knob.place(knob.value(place)) == pytest.approx(place, abs=step)


def test_of_a_choice_those_are_kept_that_are_among_the_best() -> None:
    knob = Knob("kind", "choice", choices=("a", "b", "c"), simplest="a")
    tried = [{"kind": knob.choices[place % 3]} for place in range(30)]
    scores = np.array([1.0 if each["kind"] == "c" else 0.1 for each in tried])
    (second,) = narrowed((knob,), tried, scores)
    assert second.choices == ("a", "b")
    assert second.among == ("a", "b", "c")


def test_a_knob_comes_back_from_json_as_it_was() -> None:
    for knob in (*SPACE, Knob("kind", "choice", choices=("a", 2, True), among=("a", 2, True, "z"))):
        assert Knob.from_json(knob.to_json()) == knob


def builder(tmp_path, space: str, signature: str = "width=4"):
    (tmp_path / "mine.py").write_text(f"{space}\n\n\ndef net({signature}):\n    return None\n")
    return space_of("mine:net", is_classification=True, root=tmp_path)


def test_a_users_space_is_read_beside_the_builder(tmp_path) -> None:
    found = builder(
        tmp_path,
        'SPACE = {"width": (2, 64, "log"), "rate": (0.1, 0.9), "kind": ["a", "b"], "other": (1, 2)}',
        'width=4, rate=0.5, kind="a"',
    )
    assert found == (
        Knob("width", "log", 2.0, 64.0, whole=True, simplest=4),
        Knob("rate", "even", 0.1, 0.9, simplest=0.5),
        Knob("kind", "choice", choices=("a", "b"), simplest="a"),
    )


@pytest.mark.parametrize(
    ("space", "signature", "said"),
    [
        ("", "width=4", "mine:net states no hyperparameters to search"),
        ("SPACE = 3", "width=4", "states no hyperparameters"),
        (
            'SPACE = {"depth": (1, 2)}',
            "width=4",
            "takes none of the hyperparameters of SPACE: depth",
        ),
        ('SPACE = {"width": (1, 2)}', "width", "gives width no value of its own"),
        ('SPACE = {"width": (2, 1)}', "width=4", r"the range of width can't be read: \(2, 1\)"),
        ('SPACE = {"width": (1, 2, "cubic")}', "width=4", "the range of width can't be read"),
        ('SPACE = {"width": ["a"]}', "width=4", "the range of width can't be read"),
        ('SPACE = {"width": (0, 2, "log")}', "width=4", "starts above 0"),
    ],
)
def test_a_space_that_cannot_be_read_is_said(space, signature, said, tmp_path) -> None:
    with pytest.raises(CodeError, match=said):
        builder(tmp_path, space, signature)
