"""A search's curve: points at intervals that double, so that they stay few."""

from __future__ import annotations

import math
from itertools import count, takewhile
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CURVE_COLUMNS = (
    "individuals",
    "evaluations",
    "cache_hits",
    "train_steps",
    "seconds",
    "best",
    "top",
    "mean",
    "q05",
    "q25",
    "q50",
    "q75",
    "q95",
)
"""A curve's columns: counts, search time (the one that is not reproducible), the best
fitness so far, the best of the present population, and the population's spread."""

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
DENSE_POINTS = 128
"""Points at the first interval; each doubling of the interval adds half as many."""
_COUNTS = ("individuals", "evaluations", "cache_hits", "train_steps")
_MORE_COUNTS = ("boundary", "hurdle_stops", "over_budget")
_NAMES = (*CURVE_COLUMNS, *_MORE_COUNTS)


def population_column(number: int) -> str:
    """Return the column of a population's own best, if there are several."""
    return f"best.{number}"


def population_bests(point: Mapping[str, float]) -> list[float]:
    """Return the best fitness so far of each population at a point; none if of one."""
    columns = takewhile(point.__contains__, map(population_column, count()))
    return [point[name] for name in columns]


class Curve:
    """The points of a curve and where the next one is due.

    Parameters
    ----------
    population
        Members of all populations; the first points are a quarter of that apart, in
        individuals of one population.
    """

    def __init__(self, population: int) -> None:
        self.points: list[dict[str, float]] = []
        self._base = max(1, population // 4)

    @property
    def boundary(self) -> int:
        """Individuals that each population makes before the next point."""
        return self.after(int(self.points[-1]["boundary"]) if self.points else 0)

    def after(self, done: int) -> int:
        """Return the first boundary after a number of individuals."""
        interval = self._base << (done // (DENSE_POINTS * self._base)).bit_length()
        return (done // interval + 1) * interval

    def next(self, done: int) -> int:
        """Return the first boundary after a number of individuals that has no point.

        One that had met a stop rule, which was then changed, has others behind it.
        """
        return max(self.boundary, self.after(done))

    def add(
        self,
        counters: Mapping[str, int],
        seconds: float,
        best: float,
        members: np.ndarray,
        bests: Sequence[float] = (),
    ) -> None:
        """Add the point of this moment.

        `members` are the members' fitness values, `bests` each population's best: kept
        if there are several and all have begun.
        """
        own = bests if len(bests) > 1 and np.isfinite(bests).all() else ()
        ordered = np.sort(members)
        self.points.append(
            {
                "boundary": self.boundary,
                **counters,
                "seconds": seconds,
                "best": best,
                "top": float(ordered[-1]),
                "mean": float(ordered.mean()),
                **{name: _quantile(ordered, q) for name, q in QUANTILES.items()},
                **{population_column(k): float(value) for k, value in enumerate(own)},
            }
        )

    def population_frame(self) -> pd.DataFrame:
        """Return each population's best so far, against individuals of all of them."""
        rows = [population_bests(point) for point in self.points]
        index = pd.Index([int(p["individuals"]) for p in self.points], name=_COUNTS[0])
        return pd.DataFrame(rows, index).rename_axis(columns="population")

    def frame(self) -> pd.DataFrame:
        """Return the points as a table with the columns `CURVE_COLUMNS`."""
        return pd.DataFrame(list(self.points), columns=list(CURVE_COLUMNS))

    def to_array(self) -> np.ndarray:
        """Return the points as float64[points, columns], populations' bests last."""
        rows = [
            [*(point[name] for name in _NAMES), *population_bests(point)]
            for point in self.points
        ]
        width = max(map(len, rows), default=len(_NAMES))
        # A run of an earlier release has points without populations' bests.
        filled = [row + [math.nan] * (width - len(row)) for row in rows]
        return np.array(filled, np.float64).reshape(len(rows), width)

    def read_array(self, array: np.ndarray) -> None:
        """Take the points from what `to_array` returned."""
        counts = {*_COUNTS, *_MORE_COUNTS}
        own = range(array.shape[1] - len(_NAMES))
        names = (*_NAMES, *map(population_column, own))
        self.points = [
            {
                name: int(value) if name in counts else value
                for name, value in zip(names, row, strict=True)
                if name in _NAMES or not math.isnan(value)
            }
            for row in array.tolist()
        ]


def _quantile(ordered: np.ndarray, quantile: float) -> float:
    """Interpolate between neighbours, as numpy does at ten times the time."""
    at = quantile * (len(ordered) - 1)
    low = int(at)
    value = float(ordered[low])
    if low + 1 == len(ordered):
        return value
    return value + (at - low) * (float(ordered[low + 1]) - value)
