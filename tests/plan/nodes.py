"""Conditions of every shape, for properties."""

from hypothesis import strategies as st

from seatrial.records.condition import (
    Arithmetic,
    Between,
    Both,
    Column,
    Compare,
    Constant,
    Either,
    IsNull,
    Node,
    Not,
    OneOf,
)

KINDS = {
    "n": "number",
    "k": "number",
    "order": "number",
    "t": "text",
    "flight number": "text",
    "b": "boolean",
    "at": "moment",
}
COMPARISONS = ["=", "!=", "<", "<=", ">", ">="]
TEXTS = ["", "a", "b", "é", "it's", 'say "no"', "or", "x -- y", "%", "2026-01-02"]
MOMENTS = ["2026-01-01", "2026-01-02T03:04:05", "2026-01-02 03:04:05.000006", "1969-12-31"]

whole = st.integers(-3, 3) | st.sampled_from([10**9, -(2**53)])
broken = st.sampled_from([-2.5, -1.0, 0.0, 0.1, 0.5, 1.5, 1e-9, 1e300])
numbers = (whole | broken).map(Constant)
texts = st.sampled_from(TEXTS).map(Constant)
truths = st.booleans().map(Constant)
moments = st.sampled_from(MOMENTS).map(Constant)


def columns(kind: str) -> st.SearchStrategy[Column]:
    return st.sampled_from([Column(name) for name, each in KINDS.items() if each == kind])


sums: st.SearchStrategy[Node] = st.recursive(
    numbers | columns("number"),
    lambda inner: st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
    max_leaves=5,
)
text_values = texts | columns("text")
moment_values = moments | columns("moment")
tests: st.SearchStrategy[Node] = st.one_of(
    st.builds(Compare, st.sampled_from(COMPARISONS), sums, sums),
    st.builds(Compare, st.sampled_from(COMPARISONS), columns("text"), text_values),
    st.builds(Compare, st.sampled_from(COMPARISONS), columns("moment"), moment_values),
    st.builds(Compare, st.sampled_from(["=", "!="]), columns("boolean"), truths),
    st.builds(OneOf, sums, st.lists(numbers, min_size=1, max_size=3).map(tuple)),
    st.builds(OneOf, columns("text"), st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(OneOf, columns("moment"), st.lists(moments, min_size=1, max_size=2).map(tuple)),
    st.builds(Between, sums, sums, sums),
    st.builds(Between, columns("text"), text_values, text_values),
    st.builds(Between, columns("moment"), moment_values, moment_values),
    st.builds(IsNull, sums | columns("text") | columns("boolean") | columns("moment")),
    columns("boolean"),
)
conditions: st.SearchStrategy[Node] = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Both, inner, inner),
        st.builds(Either, inner, inner),
        st.builds(IsNull, inner),
        st.builds(Compare, st.sampled_from(["=", "!="]), inner, inner),
    ),
    max_leaves=6,
)
"""Each can be evaluated on a table with the columns of ``KINDS``."""
