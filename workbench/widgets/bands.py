"""Many curves as one: median and quantiles of a group on a common grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Bands(NamedTuple):
    """A group of curves: what its members are at each place of the grid."""

    grid: np.ndarray
    """float64[G]."""
    quantiles: np.ndarray
    """float64[5, G]: 5, 25, 50, 75 and 95 %; NaN before the first member begins."""
    begun: np.ndarray
    """int64[G]: members that have a value."""
    going: np.ndarray
    """int64[G]: members that have not ended; of the others the last value counts."""


def on_grid(x: np.ndarray, y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Read a curve at the places of a grid: each value holds until the next point.

    Returns
    -------
    float64[grid]; NaN before the first point.
    """
    at = np.searchsorted(x, grid, "right") - 1
    if len(x) == 0:
        return np.full(len(grid), np.nan)
    return np.where(at >= 0, y[np.maximum(at, 0)], np.nan)


def common_grid(
    curves: Sequence[tuple[np.ndarray, np.ndarray]], low: float, high: float, count: int
) -> np.ndarray:
    """Return where curves have points between `low` and `high`, or `count` places.

    The points themselves are taken if they are few enough, with both ends.
    """
    inside = [x[(x >= low) & (x <= high)] for x, _ in curves]
    if sum(map(len, inside)) <= 20 * count:
        places = np.unique(np.concatenate([*inside, [low, high]]))
        if len(places) <= count:
            return places
    return np.linspace(low, high, count)


def bands(curves: Sequence[tuple[np.ndarray, np.ndarray]], grid: np.ndarray) -> Bands:
    """Return median and quantiles of curves at each place of a grid.

    Quantiles interpolate linearly between members. A curve that has ended counts with
    its last value, one that has not begun does not count, nor does one that is NaN.
    """
    values = np.array([on_grid(x, y, grid) for x, y in curves])
    there = ~np.isnan(values)
    begun = there.sum(axis=0)
    quantiles = np.full((len(QUANTILES), len(grid)), np.nan)
    some = begun > 0
    if some.any():
        quantiles[:, some] = np.nanquantile(values[:, some], QUANTILES, axis=0)
    going = sum(
        (there[i] & (grid <= x[-1])) for i, (x, _) in enumerate(curves) if len(x)
    )
    return Bands(grid, quantiles, begun, np.asarray(going) + 0 * begun)
