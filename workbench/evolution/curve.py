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
    "failed",
)
"""A curve's columns: counts, search time (the one that is not reproducible), the best
fitness so far, the best of the present population, the population's spread, and which
share of it failed: has fitness 0, the lowest there is. Each individual enters the
population, so that is a share of the last individuals made. NaN at points of releases
that did not record it."""

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
DENSE_POINTS = 128
"""Points at the first interval; each doubling of the interval adds half as many."""
_COUNTS = ("individuals", "evaluations", "cache_hits", "train_steps")
_MORE_COUNTS = ("boundary", "hurdle_stops", "over_budget")
LATER = ("failed",)
"""Columns that what earlier releases kept does not have."""
_NAMES = (*(n for n in CURVE_COLUMNS if n not in LATER), *_MORE_COUNTS)


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
                "failed": failing(ordered),
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

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what `read_arrays` reads.

        "curve" is float64[points, columns], populations' bests last, "curve.failed" is
        float64[points].
        """
        rows = [
            [*(point[name] for name in _NAMES), *population_bests(point)]
            for point in self.points
        ]
        width = max(map(len, rows), default=len(_NAMES))
        # A run of an earlier release has points without populations' bests.
        filled = [row + [math.nan] * (width - len(row)) for row in rows]
        later = {
            f"curve.{name}": np.array([p.get(name, math.nan) for p in self.points])
            for name in LATER
        }
        array = np.array(filled, np.float64).reshape(len(rows), width)
        return {"curve": array, **later}

    def read_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the points from what `to_arrays` returned, of this release or before."""
        array = arrays["curve"]
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
        for name in LATER:
            values = arrays.get(f"curve.{name}", np.full(len(array), math.nan))
            for point, value in zip(self.points, values.tolist(), strict=True):
                if not math.isnan(value):
                    point[name] = value


def failing(fitness: np.ndarray) -> float:
    """Return the share of members at fitness 0, the lowest there is; NaN of none."""
    return float(np.mean(fitness <= 0.0)) if len(fitness) else math.nan


def _quantile(ordered: np.ndarray, quantile: float) -> float:
    """Interpolate between neighbours, as numpy does at ten times the time."""
    at = quantile * (len(ordered) - 1)
    low = int(at)
    value = float(ordered[low])
    if low + 1 == len(ordered):
        return value
    return value + (at - low) * (float(ordered[low + 1]) - value)
