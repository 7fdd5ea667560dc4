"""Comparing what searches ended with, to the last bit."""

import numpy as np

from workbench.evolution import CURVE_COLUMNS
from workbench.runs.experiment import array_to_json


def without_time(state):
    """Return a state's arrays but for what the clock says."""
    facts = array_to_json(state["search"])
    del facts["seconds"]
    arrays = {name: a for name, a in state.items() if name not in {"search", "curve"}}
    clock = CURVE_COLUMNS.index("seconds")
    return facts, np.delete(state["curve"], clock, axis=1), arrays


def assert_same_state(one, other):
    (facts, curve, arrays), (facts_2, curve_2, arrays_2) = map(
        without_time, (one, other)
    )
    assert facts == facts_2
    assert np.array_equal(curve, curve_2)
    assert set(arrays) == set(arrays_2)
    for name, array in arrays.items():
        assert array.dtype == arrays_2[name].dtype
        assert np.array_equal(array, arrays_2[name], equal_nan=True), name
