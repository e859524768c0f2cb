"""The text of a claim or a condition is read as it is meant, and written as it was read."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodes import conditions

from seatrial.core.errors import PlanError
from seatrial.core.units import UNITS
from seatrial.plan.claims import parse_claim
from seatrial.plan.grammar import parse_condition
from seatrial.records.claim import (
    Bound,
    Claim,
    Measure,
    Quantifier,
    Stage,
    claim_id,
)
from seatrial.records.dataset import PARTS
from seatrial.records.metrics import Metric

METRICS = ["recall", "precision", "accuracy", "roc_auc", "rows"]
NAMES = ["carrier", "origin", "class", "rule", "a.b", "größe", "Store"]
ODD_NAMES = ["flight number", "or", "by", "where", "in", "2nd", 'a"b', "it's"]
SETS = ["vip_customers", "storm 2013", "by", "where", "Größe", "it's"]
values = st.integers(-1000, 1000).map(float) | st.floats(-1e6, 1e6, allow_nan=False)

bounds = st.builds(Bound, st.sampled_from([">=", "<=", ">", "<"]), values, st.none()) | st.builds(
    Bound, st.sampled_from([">=", "<"]), values, st.sampled_from(UNITS)
)
equals = st.builds(Bound, st.just("="), values, st.none() | st.sampled_from(UNITS), values.map(abs))
arguments = st.sampled_from(
    [
        ("recall", (("class", "late"),)),
        ("recall", (("class", "not late"),)),
        ("recall", (("class", "it's"),)),
        ("coverage", (("confidence", 0.9),)),
        ("latency_ms", (("percentile", "p99"),)),
        ("missing", (("column", "age"),)),
        ("missing", (("column", "flight number"),)),
        ("within", (("distance", 5.0),)),
    ]
)
measures = st.builds(
    Measure,
    st.sampled_from(METRICS),
    quantifier=st.none() | st.sampled_from(get_args(Quantifier)),
    by=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    versus=st.none() | st.sampled_from(["rule", "people", "linear", "pkg.models:mlp", "my own"]),
    part=st.sampled_from([*PARTS, *SETS]),
    over=st.none() | st.sampled_from(["28d", "12h", "30min"]),
    where=st.none() | conditions,
) | arguments.map(lambda each: Measure(each[0], each[1]))


@given(
    measure=measures,
    bound=st.none() | bounds | equals,
    stage=st.none() | st.sampled_from(get_args(Stage)),
)
def test_parse_undoes_print_for_claims(measure, bound, stage) -> None:
    text = str(Claim("id", measure, bound, stage))
    again, bound_again, stage_again = parse_claim(text)
    assert str(Claim("id", again, bound_again, stage_again)) == text
    assert (again.by, again.versus, again.part, again.arguments) == (
        measure.by,
        measure.versus,
        measure.part,
        measure.arguments,
    )
    assert (bound_again, stage_again) == (bound, stage)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_column_with_an_odd_name_is_grouped_by(name) -> None:
    text = str(Measure("recall", quantifier="gap", by=(name, "origin")))
    assert parse_claim(text)[0].by == (name, "origin")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_column_with_an_odd_name_is_measured(name) -> None:
    text = str(Measure("missing", (("column", name),)))
    assert parse_claim(text)[0].arguments == (("column", name),)


@pytest.mark.parametrize("name", ["pkg.models:mlp", "my own", "on", "v2"])
def test_a_reference_with_an_odd_name_is_compared_with(name) -> None:
    assert parse_claim(str(Measure("recall", versus=name)))[0].versus == name


@pytest.mark.parametrize(
    ("text", "measure", "bound", "stage"),
    [
        ("precision >= 0.40", Measure("precision"), Bound(">=", 0.4), None),
        (
            "latency_ms(p99) <= 10 ms",
            Measure("latency_ms", (("percentile", "p99"),)),
            Bound("<=", 10.0, "ms"),
            None,
        ),
        ("memory_mb <= 500", Measure("memory_mb"), Bound("<=", 500.0), None),
        (
            "recall >= 0.10 where origin = 'LGA'",
            Measure("recall", where=parse_condition("origin = 'LGA'")),
            Bound(">=", 0.1),
            None,
        ),
        (
            "gap recall by carrier <= 0.40",
            Measure("recall", quantifier="gap", by=("carrier",)),
            Bound("<=", 0.4),
            None,
        ),
        ("recall vs rule >= 0.02", Measure("recall", versus="rule"), Bound(">=", 0.02), None),
        (
            "precision >= 0.35 over 28d in production",
            Measure("precision", over="28d"),
            Bound(">=", 0.35),
            "production",
        ),
        (
            "ratio selection_rate by sex >= 0.8",
            Measure("selection_rate", quantifier="ratio", by=("sex",)),
            Bound(">=", 0.8),
            None,
        ),
        (
            "worst benefit by feature > 0",
            Measure("benefit", quantifier="worst", by=("feature",)),
            Bound(">", 0.0),
            None,
        ),
        ("accuracy = 0.83 +- 0.01", Measure("accuracy"), Bound("=", 0.83, None, 0.01), None),
        (
            "missing(age) <= 5%",
            Measure("missing", (("column", "age"),)),
            Bound("<=", 5.0, "%"),
            None,
        ),
        ("no_leakage", Measure("no_leakage"), None, None),
        ("recall(class=2) ≥ .5", Measure("recall", (("class", "2"),)), Bound(">=", 0.5), None),
        ("mean_error >= −1_000", Measure("mean_error"), Bound(">=", -1000.0), None),
        ("recall on dev > 0", Measure("recall", part="dev"), Bound(">", 0.0), None),
        ("recall on DEV > 0", Measure("recall", part="dev"), Bound(">", 0.0), None),
        ("accuracy on vip >= 0.9", Measure("accuracy", part="vip"), Bound(">=", 0.9), None),
    ],
)
def test_a_claim_is_read_as_it_is_meant(text, measure, bound, stage) -> None:
    assert parse_claim(text) == (measure, bound, stage)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("recall >= 0.10 where origin = 'LGA'", "recall.where-origin-lga"),
        ("recall >= 0.2 where origin = 'LGA'", "recall.where-origin-lga"),
        ("precision >= 0.4", "precision"),
        ("recall vs rule >= 0.02", "recall.vs-rule"),
        ("gap recall by carrier <= 0.4", "gap-recall.by-carrier"),
        ("latency_ms(p99) <= 10 ms", "latency_ms-p99"),
        ("missing(age) <= 5%", "missing-age"),
        ("precision >= 0.35 over 28d in production", "precision.over-28d.in-production"),
        ("recall >= 0.5 where hour >= 17", "recall.where-hour-ge-17"),
    ],
)
def test_a_claim_is_called_by_its_text_without_the_bound(text, name) -> None:
    measure, _, stage = parse_claim(text)
    assert claim_id(measure, stage) == name


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("recal >= 0.5", "no metric is called recal"),
        ("recall >= ", "expected a number, got the end at sign 11 of `recall >= `"),
        ("recall >= 0.5 0.6", "expected the end, or a clause, got `0.6`"),
        ("recall >= 0.5 percent", "expected a unit or a clause, got `percent`"),
        ("recall by a by b <= 1", "`by` stands twice in a claim"),
        ("recall = 0.5", "expected `+-`, got the end"),
        ("recall(a=1) >= 0.5", "recall takes no argument `a`"),
        ("recall(a, b) >= 0.5", "recall takes no argument `b`"),
        ("recall(class=a, class=b) >= 0.5", "`class` is given twice to recall"),
        ("missing <= 0.5", "missing needs `column`"),
        ("latency_ms(99) <= 10 ms", "`percentile` of latency_ms must be a percentile, got 99"),
        ("coverage(1.5) >= 0.5", "`confidence` of coverage must lie in [0.0, 1.0], got 1.5"),
        ("recall on 5 >= 0.5", "expected train, dev, test or a set of `scenarios`, got `5`"),
        ("recall over 3 moons >= 0.5", "'3moons' is not a duration"),
        ("recall >= 0.5 where origin = 'LGA", "a quote is opened at sign 30 and not closed"),
        ("recall >= 0.5 where hour in ()", "expected a column, a number or 'text', got `)`"),
        ("recall >= 0.5 where hour in (a)", "`a` stands in a list, where values are wanted"),
        ("recall >= 0.5 where hour ! 3", "`!` at sign 26 of"),
        ("recall >= 0.5 where hour is 3", "expected `null`, got `3`"),
        ("recall >= 0.5 where hour not 3", "expected `in` or `between`, got `3`"),
        ("recall >= 0.5 where hour between 3", "expected `and`, got the end"),
        ("recall >= 0.5 where n > 1e999", "`1e999` is beyond the numbers that a computer holds"),
        ("recall >= 1e999", "`1e999` is beyond the numbers that a computer holds"),
        ("", "expected the name of a metric, got the end at sign 1 of ``"),
    ],
)
def test_a_text_that_is_no_claim_is_refused_with_the_place(text, fact) -> None:
    with pytest.raises(PlanError) as caught:
        parse_claim(text, where="plan.yaml:7")
    assert fact in caught.value.faults[0].fact
    assert caught.value.faults[0].where == "plan.yaml:7"


@pytest.mark.parametrize("text", ["(" * 60 + "a > 1" + ")" * 60, "not " * 60 + "a"])
def test_a_condition_nested_too_deep_is_refused(text) -> None:
    with pytest.raises(PlanError, match="nested more than 50 deep"):
        parse_condition(text)


def test_a_metric_of_the_project_can_be_claimed() -> None:
    metrics = {"profit": Metric("profit", "what is earned", "data", unit="EUR")}
    assert parse_claim("profit >= 3", metrics=metrics)[0] == Measure("profit")
