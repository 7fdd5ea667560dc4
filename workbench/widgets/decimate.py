"""Fewer points for a drawing that looks the same: spikes and gaps survive.

A drawing has so many columns of pixels. Of the points that fall into one column, the
first, the last, the lowest and the highest draw the same picture as all of them.
"""

from __future__ import annotations

import numpy as np


def step_starts(axis: np.ndarray, count: int, low: float, high: float) -> np.ndarray:
    """Cut an axis that never decreases into equal steps.

    Parameters
    ----------
    axis
        float64[N], N at least 1.
    count
        Number of steps between `low` and `high`; what lies outside belongs to the
        first and the last.
    low, high
        Without extent between them, the points themselves are shared out evenly.

    Returns
    -------
    Index of the first point of each step that has points, int64[at most count].
    """
    if high > low:
        place = (axis - low) / (high - low) * count
        step = np.clip(place, 0, count - 1).astype(np.int64)
    else:
        step = np.arange(len(axis)) * count // len(axis)
    return np.flatnonzero(np.r_[True, step[1:] != step[:-1]])


def window_of(x: np.ndarray, low: float, high: float) -> slice:
    """Return the points from `low` to `high`, and one more on either side."""
    first = int(np.searchsorted(x, low, "left"))
    last = int(np.searchsorted(x, high, "right"))
    return slice(max(0, first - 1), min(len(x), last + 1))


def decimate(
    x: np.ndarray, y: np.ndarray, count: int, low: float, high: float
) -> np.ndarray:
    """Choose the points that draw a curve between `low` and `high`.

    Parameters
    ----------
    x
        float64[N]; never decreases.
    y
        float64[N]; NaN is a gap.
    count
        Columns of pixels; at least 1.
    low, high
        What part of the axis is drawn.

    Returns
    -------
    Indices into `x`, increasing: of each column the first and last point, the lowest
    and highest that is no NaN, and the first NaN; and a point beyond either end, so
    that lines lead there. All, if these would hardly be fewer.

    Raises
    ------
    ValueError
        When `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}; accepted: 1 or more")
    window = window_of(x, low, high)
    x, y = x[window], y[window]
    if len(x) <= 4 * count + 2:
        return np.arange(window.start, window.stop)
    inside = slice(int(x[0] < low), len(x) - int(x[-1] > high))
    first = inside.start
    chosen = _of_each_step(x[inside], y[inside], count, low, high) + first
    ends = [0, len(x) - 1]
    return np.unique(np.concatenate([chosen, ends])) + window.start


def _of_each_step(
    x: np.ndarray, y: np.ndarray, count: int, low: float, high: float
) -> np.ndarray:
    if len(x) == 0:
        return np.zeros(0, np.int64)
    starts = step_starts(x, count, low, high)
    lengths = np.diff(np.r_[starts, len(x)])
    gap = np.isnan(y)
    kept = [starts, starts + lengths - 1]
    for extreme, worst in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        values = np.where(gap, worst, y)
        best = np.repeat(extreme.reduceat(values, starts), lengths)
        kept.append(_first_of_each(np.flatnonzero((values == best) & ~gap), starts))
    kept.append(_first_of_each(np.flatnonzero(gap), starts))
    return np.concatenate(kept)


def _first_of_each(indices: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the first of increasing indices in each step."""
    step = np.searchsorted(starts, indices, "right")
    return indices[np.flatnonzero(np.r_[True, step[1:] != step[:-1]][: len(step)])]


def turns(y: np.ndarray) -> np.ndarray:
    """Return the indices of the points without which the line would be another.

    Left out is what equals both of its neighbours, NaN included.
    """
    if len(y) < 3:
        return np.arange(len(y))
    same = (y[1:] == y[:-1]) | (np.isnan(y[1:]) & np.isnan(y[:-1]))
    return np.flatnonzero(np.r_[True, ~(same[:-1] & same[1:]), True])
