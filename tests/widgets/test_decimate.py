import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets.decimate import decimate, step_starts, turns

NAN = np.nan
values = st.one_of(
    st.floats(-1e6, 1e6), st.just(NAN), st.sampled_from([0.0, 1.0, np.inf, -np.inf])
)


@st.composite
def curves(draw):
    y = np.array(draw(st.lists(values, min_size=1, max_size=200)))
    gaps = draw(st.lists(st.floats(0, 100), min_size=len(y), max_size=len(y)))
    return np.cumsum(gaps), y


def columns(x, count, low, high):
    """The column of pixels of each point, said in another way."""
    edges = low + (high - low) * np.arange(1, count) / count
    return np.searchsorted(edges, x, "right")


@given(curves(), st.integers(1, 20), st.floats(0, 1), st.floats(0, 1))
def test_lowest_and_highest_of_each_column_survive_and_gaps_stay(
    curve, count, start, share
):
    x, y = curve
    low = x[0] + start * (x[-1] - x[0])
    high = low + share * (x[-1] - low)
    kept = decimate(x, y, count, low, high)
    assert np.all(np.diff(kept) > 0)
    inside = np.flatnonzero((x >= low) & (x <= high))
    if not high > low:
        return
    column = columns(x, count, low, high)
    # A point on the edge between two columns may belong to either by rounding.
    clear = ~np.isin(column, column[np.abs(edge_distance(x, count, low, high)) < 1e-6])
    for one in np.unique(column[inside]):
        members = inside[column[inside] == one]
        if not clear[members].all():
            continue
        left = np.intersect1d(kept, members)
        assert members[0] in left
        assert members[-1] in left
        assert np.isnan(y[left]).any() == np.isnan(y[members]).any()
        if not np.isnan(y[members]).all():
            assert np.nanmin(y[left]) == np.nanmin(y[members])
            assert np.nanmax(y[left]) == np.nanmax(y[members])


def edge_distance(x, count, low, high):
    place = (x - low) / (high - low) * count
    return place - np.round(place)


@given(curves(), st.integers(1, 20))
def test_what_is_drawn_is_bounded_and_reaches_both_ends(curve, count):
    x, y = curve
    kept = decimate(x, y, count, x[0], x[-1])
    assert len(kept) <= 5 * count + 2
    assert {kept[0], kept[-1]} == {0, len(x) - 1}
    everywhere = decimate(x, y, count, x[0] - 1, x[-1] + 1)
    assert {everywhere[0], everywhere[-1]} == {0, len(x) - 1}


def test_one_spike_among_a_million_is_there():
    x = np.arange(1_000_000.0)
    y = np.zeros(len(x))
    y[123_456], y[777_777], y[500_000] = 9.0, -9.0, NAN
    kept = decimate(x, y, 800, 0.0, 999_999.0)
    assert {123_456, 777_777, 500_000} <= set(kept.tolist())
    assert len(kept) <= 4 * 800


def test_a_part_of_the_axis_is_drawn_with_a_point_beyond_either_end():
    x = np.arange(100.0)
    assert decimate(x, x, 1000, 10.0, 12.0).tolist() == [9, 10, 11, 12, 13]
    assert decimate(x, x, 1000, 10.2, 10.8).tolist() == [10, 11]
    assert decimate(x, x, 1000, 200.0, 300.0).tolist() == [99]
    few = decimate(x, x, 2, 10.0, 89.0)
    assert few.tolist() == [9, 10, 49, 50, 89, 90]


def test_steps_of_an_axis_without_extent_share_its_points():
    assert step_starts(np.zeros(4), 2, 0.0, 0.0).tolist() == [0, 2]
    assert step_starts(np.array([0.0, 1, 2, 9]), 3, 0.0, 9.0).tolist() == [0, 3]


def test_no_columns_is_refused():
    with pytest.raises(ValueError, match="count is 0"):
        decimate(np.zeros(3), np.zeros(3), 0, 0.0, 1.0)


def test_what_repeats_itself_is_left_out():
    y = np.array([0, 0, 0, 1, 1, 1, 1, 2, NAN, NAN, NAN, 2])
    assert turns(y).tolist() == [0, 2, 3, 6, 7, 8, 10, 11]
    assert turns(np.array([1.0, 1.0])).tolist() == [0, 1]
    assert turns(np.zeros(0)).tolist() == []


@given(curves())
def test_steps_read_the_same_without_what_repeats_itself(curve):
    _, y = curve
    kept = turns(y)
    held = y[kept][np.searchsorted(kept, np.arange(len(y)), "right") - 1]
    assert np.array_equal(held, y, equal_nan=True)
