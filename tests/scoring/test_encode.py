"""A few rows are encoded as many are."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seatrial.records.contract import Contract, Feature
from seatrial.scoring.encode import encode, encode_few, scalars

CONTRACT = Contract(
    "binary",
    (
        Feature("size", "number"),
        Feature("hidden", "number"),
        Feature("site", "category", levels=("b", "a")),
        Feature("is_new", "boolean"),
    ),
    hidden=("hidden",),
)
ROW = st.fixed_dictionaries(
    {
        "size": st.none() | st.floats() | st.integers(-(10**12), 10**12),
        "hidden": st.none(),
        "site": st.none() | st.sampled_from(["a", "b", "never seen", ""]),
        "is_new": st.none() | st.booleans(),
    }
)


@given(st.lists(ROW, min_size=1, max_size=5))
def test_a_few_rows_are_encoded_as_many_are(rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    few = encode_few(scalars(CONTRACT), columns)
    many = encode(CONTRACT, columns, {})
    assert few.shape == many.shape == (len(rows), 3)
    assert np.array_equal(few, many, equal_nan=True)
    assert not any(math.isinf(each) for each in few.ravel())


def test_what_is_derived_or_wide_has_no_way_for_a_few_rows():
    derived = Contract("binary", (Feature("a", "number"),), derived=(Feature("b", "number"),))
    image = Contract("binary", (Feature("a", "image", shape=(2, 2, 1)),))
    text = Contract("binary", (Feature("a", "text"),))
    assert [scalars(each) for each in (derived, image, text)] == [None, None, None]
