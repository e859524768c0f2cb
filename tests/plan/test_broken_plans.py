"""A broken plan ends in sentences: every fault at once, each with its line and a way out."""

import os
import re
import subprocess
import sys
from copy import deepcopy
from datetime import date
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from seatrial.core.errors import Fault, PlanError
from seatrial.plan.load import load

GOOD = """\
version: 1
project: flights
owners: {default: ops-desk, engineering: platform}
task:
  kind: classification
  target: arr_delay >= 15
data:
  sources:
    flights: {uri: flights.csv}
    weather: {uri: weather.csv, join: {on: [hour]}}
  key: id
  time: at
  split: {by: hash, train: 0.6, dev: 0.2, test: 0.2}
  features: {drop: [tail]}
train:
  candidates: [linear]
optimize: recall
claims:
  - precision >= 0.40
  - {claim: "recall >= 0.10 where origin = 'LGA'", owner: engineering}
  - {claim: latency_ms(p99) <= 10 ms, fresh: 7d}
hazards:
  - {what: Crews wait for nothing, claim: precision}
release:
  path: [shadow, partial 5%, full]
  fallback: hour >= 18
scenarios:
  vip: {rows: vip.csv, because: the desk asks about them}
"""

BROKEN: dict[str, tuple[str, str, int, str, str]] = {
    "a misspelt key": (
        "hazards:",
        "hazard:",
        22,
        "the plan has no key `hazard`",
        "nearest: hazards. keys: version, project",
    ),
    "a claim on a set that isn't there": (
        "  - {claim: latency_ms(p99) <= 10 ms, fresh: 7d}",
        "  - accuracy on vpi >= 0.9",
        21,
        "`on vpi`: no scenario set is called vpi",
        "nearest: vip. There are train, dev, test, vip; sets stand in `scenarios`",
    ),
    "a claim on a set where there are only requests": (
        "  - {claim: latency_ms(p99) <= 10 ms, fresh: 7d}",
        "  - accuracy on vip >= 0.9 in production",
        21,
        "`on vip` is measured offline, and the claim is `in production`",
        "write two claims",
    ),
    "a set without cases": (
        "vip: {rows: vip.csv, ",
        "vip: {",
        28,
        "`scenarios.vip`: either `rows` (a file) or `where` (a condition) says which cases",
        "",
    ),
    "a set that is called as a part": (
        "vip: {rows",
        "Test: {rows",
        27,
        "`scenarios`: Test is a part of the data already; choose another name",
        "",
    ),
    "a set whose name would be cut": (
        "vip: {rows",
        "a/b: {rows",
        27,
        "`scenarios`: the name of a set has no `/` and no `@`, got a/b",
        "",
    ),
    "a distance between classes": (
        "rows: vip.csv, ",
        "rows: vip.csv, within: 2.0, ",
        28,
        "`scenarios.vip.within` is a distance, and classification answers a class",
        "leave it out",
    ),
    "a set that is chosen by no condition": (
        "rows: vip.csv, ",
        "where: hour >, ",
        28,
        "expected a column, a number or 'text', got the end",
        "",
    ),
    "an optimiser on a set": (
        "optimize: recall",
        "optimize: recall on vip",
        17,
        "`optimize` is chosen on dev, and can't be measured on vip",
        "hold the set to a bound, as a claim",
    ),
    "a cadence that isn't one": (
        "fresh: 7d",
        "every: nigth",
        21,
        "`claims[2].every` must be one of 'push', 'night', 'week', 'continuous', got 'nigth'",
        "nearest: night",
    ),
    "what is measured offline alone, continuously": (
        "latency_ms(p99) <= 10 ms, fresh: 7d",
        "memory_mb <= 500, every: continuous",
        21,
        "`memory_mb` is measured offline alone, so it can't be measured continuously",
        "`every` is push, night or week",
    ),
    "a misspelt key below": (
        "features: {drop: [tail]}",
        "features: {dropp: [tail]}",
        14,
        "`data.features` has no key `dropp`",
        "nearest: drop. keys: drop, forbid",
    ),
    "a missing key": (
        "  key: id\n",
        "",
        7,
        "`data.key` is missing",
        "it has no default",
    ),
    "an unknown kind": (
        "kind: classification",
        "kind: clasification",
        5,
        "`task.kind` must be one of",
        "nearest: classification",
    ),
    "an unknown version": ("version: 1", "version: 2", 1, "`version` must be one of 1, got 2", ""),
    "a share above 1": (
        "train: 0.6, dev: 0.2, test: 0.2",
        "train: 0.6, dev: 0.2, test: 1.5",
        13,
        "`data.split.test` must lie in (0, 1), got 1.5",
        "most projects use 0.2",
    ),
    "shares that don't add up": (
        "train: 0.6",
        "train: 0.5",
        13,
        "`data.split`: train, dev and test must add up to 1, got 0.9",
        "",
    ),
    "a number as text": (
        "train: 0.6",
        "train: '0.6'",
        13,
        "`data.split.train` must lie in (0, 1), got '0.6'",
        "most projects use 0.6",
    ),
    "a project's name that no folder can have": (
        "project: flights",
        "project: Flights 2013",
        2,
        "`project`",
        "small letters, digits and hyphens",
    ),
    "two first sources": (
        ", join: {on: [hour]}",
        "",
        7,
        "exactly one source stands without `join`, got 2: flights, weather",
        "",
    ),
    "a split by time without a time": (
        "  time: at\n  split: {by: hash,",
        "  split: {by: time,",
        7,
        "`split.by: time` needs `data.time`",
        "",
    ),
    "a duration without a unit": (
        "fresh: 7d",
        "fresh: 7",
        21,
        "`claims[2].fresh`",
        "",
    ),
    "a duration with a strange unit": (
        "fresh: 7d",
        "fresh: 7 weeks",
        21,
        "`claims[2].fresh` must be a duration, got '7 weeks'",
        "as in 7d, 12h or 30min",
    ),
    "a rung that is none": (
        "partial 5%",
        "half",
        25,
        "'half' is no rung; write shadow, assist, `partial 5%` or full",
        "",
    ),
    "two metrics to optimise": (
        "optimize: recall",
        "optimize: [recall, precision]",
        17,
        "a plan optimises exactly one metric, got 2",
        "keep one; hold the others to a bound, as claims",
    ),
    "an optimiser that is a claim": (
        "optimize: recall",
        "optimize: recall >= 0.5",
        17,
        "`optimize` names one metric, got `recall >= 0.5`",
        "a bound is a claim; put it under `claims`",
    ),
    "an optimiser that isn't a metric of predictions": (
        "optimize: recall",
        "optimize: memory_mb",
        17,
        "`optimize` must name a metric of the predictions, got memory_mb",
        "as in recall or rmse",
    ),
    "an optimiser that one constant answer maximises": (
        "  - precision >= 0.40\n",
        "  - {claim: precision >= 0.40, commitment: observe}\n",
        17,
        "always answering positive gives the best recall, and no claim stands against it",
        "add a claim on one of accuracy",
    ),
    "a misspelt metric": (
        "precision >= 0.40",
        "precison >= 0.40",
        19,
        "no metric is called precison",
        "nearest: precision. All of them: seatrial probes",
    ),
    "a metric for another task": (
        "claims:\n",
        "claims:\n  - rmse <= 3\n",
        19,
        "rmse does not suit classification",
        "these do: accuracy",
    ),
    "a claim without a bound": (
        "claims:\n",
        "claims:\n  - accuracy\n",
        19,
        "`accuracy` has no bound",
        "as in `accuracy >= 0.5`",
    ),
    "a yes or no with a bound": (
        "claims:\n",
        "claims:\n  - no_leakage >= 1\n",
        19,
        "no_leakage answers yes or no",
        "leave out `>= 1`",
    ),
    "a share in per cent without the sign": (
        "precision >= 0.40",
        "precision >= 40",
        19,
        "the bound of precision must lie in [0, 1], got 40",
        "40 % is 0.4",
    ),
    "a unit of another kind": (
        "latency_ms(p99) <= 10 ms",
        "latency_ms(p99) <= 10 MB",
        21,
        "latency_ms is measured in ms, got <= 10 MB",
        "write it in ms",
    ),
    "a gap without groups": (
        "claims:\n",
        "claims:\n  - gap accuracy <= 0.4\n",
        19,
        "`gap` needs `by`",
        "as in `gap accuracy by COLUMN`",
    ),
    "groups without a gap": (
        "claims:\n",
        "claims:\n  - accuracy by origin >= 0.4\n",
        19,
        "`by` needs gap, ratio or worst",
        "as in `worst accuracy by origin ...`",
    ),
    "a slice of what has no rows": (
        "(p99) <= 10 ms",
        "(p99) <= 10 ms where hour > 9",
        21,
        "latency_ms is not measured `where`",
        "leave `where` out",
    ),
    "groups of what has none": (
        "claims:\n",
        "claims:\n  - worst missing(tail) by origin <= 5 %\n",
        19,
        "missing is not measured `by`",
        "leave `by` out",
    ),
    "a comparison of what no reference has": (
        "claims:\n",
        "claims:\n  - rows vs rule >= 0\n",
        19,
        "rows is not measured `vs`",
        "leave `vs` out",
    ),
    "a part of what is whole": (
        "claims:\n",
        "claims:\n  - duplicates on dev <= 1 %\n",
        19,
        "duplicates is not measured `on`",
        "leave `on` out",
    ),
    "features of what has none": (
        "claims:\n",
        "claims:\n  - gap recall by feature <= 0.1\n",
        19,
        "recall is not measured by feature",
        "benefit is",
    ),
    "classes and groups": (
        "claims:\n",
        "claims:\n  - gap recall by origin, class <= 0.1\n",
        19,
        "`by class` stands alone",
        "use `where` for the slice",
    ),
    "a quote that isn't closed": (
        "\"recall >= 0.10 where origin = 'LGA'\"",
        '"recall >= 0.10 where origin = \'LGA"',
        20,
        "a quote is opened at sign 31 and not closed",
        "put the whole line in double quotes",
    ),
    "a claim that YAML cuts at a #": (
        "claims:\n",
        "claims:\n  - recall >= 0.1 where tail = 'N #1'\n",
        19,
        "a quote is opened at sign 28 and not closed in `recall >= 0.1 where tail = 'N`",
        "in YAML a plain string is cut at ` #`",
    ),
    "costs that aren't given": (
        "claims:\n",
        "claims:\n  - expected_cost <= 40\n",
        19,
        "expected_cost needs `task.errors`",
        "as in {false_negative: 90",
    ),
    "an owner whom nobody knows": (
        "owner: engineering",
        "owner: enginering",
        20,
        "`recall.where-origin-lga` is owned by enginering, whom `owners` doesn't name",
        "owners: default, engineering",
    ),
    "a hazard that no claim shows": (
        "nothing, claim: precision",
        "nothing, claim: precison",
        23,
        "no claim is called precison",
        "nearest: precision",
    ),
    "a fallback that is no condition": (
        "fallback: hour >= 18",
        "fallback: hour >=",
        26,
        "expected a column, a number or 'text', got the end at sign 8 of `hour >=`",
        "",
    ),
    "an exclusion that is no condition": (
        "  key: id\n",
        "  key: id\n  exclude: [{where: at is missing, because: lost}]\n",
        12,
        "expected `null`, got `missing`",
        "",
    ),
    "a key that stands twice": (
        "optimize: recall\n",
        "optimize: recall\noptimize: f1\n",
        18,
        "`optimize` stands twice in one mapping",
        "keep one",
    ),
    "a bracket that isn't closed": (
        "candidates: [linear]",
        "candidates: [linear",
        17,
        "not valid YAML",
        "check the indent",
    ),
    "a tab": (
        "  key: id",
        "\tkey: id",
        11,
        "not valid YAML",
        "check the indent",
    ),
}


def faults_of(path: Path) -> tuple[Fault, ...]:
    try:
        load(path)
    except PlanError as error:
        return error.faults
    return ()


def plan_file(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text)
    return path


def test_the_plan_that_is_broken_below_is_valid(tmp_path) -> None:
    assert [each.id for each in load(plan_file(tmp_path, GOOD)).claims] == [
        "precision",
        "recall.where-origin-lga",
        "latency_ms-p99",
    ]


@pytest.mark.parametrize(("old", "new", "line", "fact", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plan_says_what_where_and_what_to_do(tmp_path, old, new, line, fact, hint) -> None:
    path = plan_file(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(PlanError) as caught:
        load(path)
    (fault,) = caught.value.faults
    assert fact in fault.fact
    assert fault.where == f"plan.yaml:{line}"
    assert hint in fault.hint


def test_two_claims_of_one_name_are_both_pointed_at(tmp_path) -> None:
    text = GOOD.replace("- precision >= 0.40\n", "- precision >= 0.40\n  - precision >= 0.50\n")
    with pytest.raises(PlanError) as caught:
        load(plan_file(tmp_path, text))
    assert [(each.fact, each.where) for each in caught.value.faults] == [
        ("two claims are called precision", "plan.yaml:19"),
        ("two claims are called precision", "plan.yaml:20"),
    ]


def test_every_fault_of_the_schema_is_told_at_once_in_the_order_of_lines(tmp_path) -> None:
    text = GOOD.replace("train: 0.6", "train: 6").replace("version: 1", "version: 3")
    text = text.replace("kind: classification", "kind: ranking").replace("fresh: 7d", "fresh: soon")
    with pytest.raises(PlanError) as caught:
        load(plan_file(tmp_path, text))
    assert [each.where for each in caught.value.faults] == [
        "plan.yaml:1",
        "plan.yaml:5",
        "plan.yaml:13",
        "plan.yaml:21",
    ]


def test_every_fault_of_claims_rules_and_optimiser_is_told_at_once(tmp_path) -> None:
    text = GOOD.replace("optimize: recall", "optimize: recal").replace(
        "precision >=", "precison >="
    )
    text = text.replace("= 'LGA'", "= LGA'").replace("fallback: hour >= 18", "fallback: hour >=")
    with pytest.raises(PlanError) as caught:
        load(plan_file(tmp_path, text))
    assert [each.where for each in caught.value.faults] == [
        "plan.yaml:17",
        "plan.yaml:19",
        "plan.yaml:20",
        "plan.yaml:26",
    ]


def test_every_contradiction_is_told_at_once(tmp_path) -> None:
    text = GOOD.replace("precision >= 0.40", "no_leakage >= 1").replace("10 ms", "10 MB")
    text = text.replace("claim: precision", "claim: precison").replace("owner: e", "owner: E")
    with pytest.raises(PlanError) as caught:
        load(plan_file(tmp_path, text))
    assert [each.where for each in caught.value.faults] == [
        "plan.yaml:17",
        "plan.yaml:19",
        "plan.yaml:20",
        "plan.yaml:21",
        "plan.yaml:23",
    ]


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "a plan is a mapping of keys to values, got nothing"),
        (b"- version: 1\n", "a plan is a mapping of keys to values"),
        (b"version: 1\nproject: caf\xe9\n", "not valid UTF-8"),
        (b"\x00\x01\x02", "not valid YAML"),
        (b"a: &a [*a]\n", "the plan has no key `a`"),
        (b"version: !!python/object/apply:os.getcwd []\n", "`version`"),
        (b"&a {x: *a}\n", "a value holds itself"),
        (b"version: 1\n<<: {project: x}\n", "`task` is missing"),
        (b"1: 2\n", "keys should be strings, got 1"),
        (b"? [a]\n: 1\n", "keys should be strings"),
        (b"x: " + b"[" * 1_000, "not valid YAML"),
        (b"# " + b"x" * 2_000_001, "plan.yaml has 2,000,003 bytes"),
    ],
)
def test_a_file_that_is_no_plan_at_all_is_refused_in_a_sentence(tmp_path, content, fact) -> None:
    (tmp_path / "plan.yaml").write_bytes(content)
    with pytest.raises(PlanError) as caught:
        load(tmp_path / "plan.yaml")
    assert fact in " | ".join(each.fact for each in caught.value.faults)


def paths(node, path=()):
    children = node.items() if isinstance(node, dict) else enumerate(node)
    return [path] + [
        inner
        for key, value in children
        for inner in (
            paths(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
        )
    ]


TREE = YAML(typ="safe").load(GOOD)


@settings(max_examples=125, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    path=st.sampled_from(paths(TREE)[1:]),
    value=st.sampled_from(
        [
            *(None, 3, -1, True, date(2026, 1, 1), [], {}, "", "x", "☃", [[1]], {1: 2}, b"x"),
            *({"a": {"b": 1}}, float("nan"), float("inf"), 10**400, [None], {"claim": None}),
            *("a" * 300, [{"when": None, "answer": 1}], [{"answer": True}], {"train": 0.5}),
        ]
    ),
)
def test_any_value_in_any_place_is_either_valid_or_a_fault_with_a_line(
    tmp_path, path, value
) -> None:
    tree = deepcopy(TREE)
    *above, last = path
    reduce(getitem, above, tree)[last] = value
    with (tmp_path / "plan.yaml").open("w") as stream:
        YAML().dump(tree, stream)
    faults = faults_of(tmp_path / "plan.yaml")
    assert [each for each in faults if not re.fullmatch(r"plan.yaml:\d+", each.where)] == []
    assert [each for each in faults if not each.fact] == []


def test_a_plan_that_is_not_there_says_how_to_start(tmp_path) -> None:
    with pytest.raises(PlanError, match=r"there is no plan.yaml .* start with: seatrial init"):
        load(tmp_path / "plan.yaml")


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("optimize: recall", "optimise: recall", "plan.yaml:17", "nearest: optimize"),
        ("precision >= 0.40", "precison >= 0.40", "plan.yaml:19", "no metric is called precison"),
        ("train: 0.6", "train: 6", "plan.yaml:13", "must lie in (0, 1), got 6"),
        ("candidates: [linear]", "candidates: [linear", "plan.yaml:17", "not valid YAML"),
        ("flights: {uri: flights.csv}", "flights: {uri: nowhere.csv}", "", "nowhere.csv"),
    ],
    ids=["key", "metric", "share", "yaml", "file"],
)
def test_the_command_ends_with_2_and_a_sentence(tmp_path, old, new, place, said) -> None:
    plan_file(tmp_path, GOOD.replace(old, new, 1))
    (tmp_path / "weather.csv").write_text("hour,rain\n1,2\n2,3\n")
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.cli.main", "check"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert place in done.stderr
    assert said in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert not (tmp_path / ".seatrial" / "ledger.db").exists() or place == ""
