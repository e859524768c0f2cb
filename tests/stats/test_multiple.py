"""Many tests at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from seatrial.stats import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(P_VALUES)
def test_false_discoveries_are_controlled_as_scipy_does(p_values):
    assert np.allclose(benjamini_hochberg(p_values), false_discovery_control(p_values))


@given(P_VALUES)
def test_holm_lies_between_no_adjustment_and_bonferroni(p_values):
    adjusted = holm(p_values)
    assert np.all(adjusted >= np.array(p_values) - 1e-12)
    assert np.all(adjusted <= np.minimum(np.array(p_values) * len(p_values), 1) + 1e-12)


def test_holm_steps_down_and_never_back():
    assert holm([0.01, 0.02, 0.021]).tolist() == pytest.approx([0.03, 0.04, 0.04])


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_what_is_no_p_value_is_refused(adjust):
    with pytest.raises(ValueError, match="p-values"):
        adjust([0.5, 1.5])
