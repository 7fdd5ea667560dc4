"""What the search panel shows of single populations and threads, as JSON values."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.evolution.curve import population_bests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.evolution import Search
    from workbench.evolution.work import Span

POPULATIONS_DRAWN = 12
FIRST_LOOK = 2
"""As in widgets/src/curve.ts: two looks are near those of best and median."""
POINTS = 160
EVERY = 1.0
"""Seconds between two updates: many numbers, that nobody reads faster."""
WINDOW = 20.0
"""Seconds of the past in which threads are shown."""
BINS = 100
DOING = ("evaluating", "waiting", "compiling")
_X = ("individuals", "evaluations", "train_steps", "seconds")


class PopulationCurves:
    """The best so far of each population, thinned to what can be drawn."""

    def __init__(self) -> None:
        # One list: the search's thread appends to it while another reads.
        self._points: list[tuple[list[float], list[float]]] = []

    def clear(self) -> None:
        """Forget all points."""
        self._points = []

    def append(self, point: Mapping[str, float]) -> None:
        """Take a point of the curve, unless it is there already."""
        bests = population_bests(point)
        before = self._points[-1][0][0] if self._points else -1
        if bests and point["individuals"] > before:
            axes = [point.get(name, math.nan) for name in _X]
            self._points.append((axes, bests))

    def part(self) -> dict[str, Any]:
        """Return the axes and, for each population, its losses: 1 - best."""
        points = list(self._points)
        if not points:
            return {}
        count = min(POINTS, len(points))
        picks = [points[k] for k in np.linspace(0, len(points) - 1, count).astype(int)]
        axes = np.array([at for at, _ in picks]).T
        losses = 1.0 - np.array([bests for _, bests in picks]).T
        return {
            "axes": {
                name: [round(value, 3) for value in values]
                for name, values in zip(_X, axes.tolist(), strict=True)
            },
            "losses": [
                [float(f"{loss:.5g}") for loss in row]
                for row in losses[:POPULATIONS_DRAWN].tolist()
            ],
            "of": len(losses),
        }


def threads_part(spans: Sequence[Span], threads: int) -> dict[str, Any]:
    """Return what each thread did in the last seconds of work, in parts of each bin.

    Returns
    -------
    dict
        "seconds": the length of the time shown; "lanes": for each thread and each of
        `DOING`, the parts from 0 to 1, oldest bin first; "shares": of the whole.
    """
    if not spans:
        return {}
    end = max(span.ended for span in spans)
    first = min(span.began for span in spans)
    seconds = max(min(WINDOW, end - first), 1e-6)
    lanes = np.zeros((threads, len(DOING), BINS))
    edges = np.linspace(end - seconds, end, BINS + 1)
    for span in _within(spans, edges[0], threads):
        covered = np.minimum(span.ended, edges[1:]) - np.maximum(span.began, edges[:-1])
        lanes[span.thread, DOING.index(span.doing)] += np.maximum(0.0, covered)
    parts = np.minimum(1.0, lanes * (BINS / seconds))
    return {
        "seconds": round(seconds, 3),
        "lanes": np.round(parts, 2).tolist(),
        "shares": np.round(parts.mean(axis=2), 4).tolist(),
    }


def _within(spans: Iterable[Span], start: float, threads: int) -> Iterable[Span]:
    return (s for s in spans if s.ended > start and s.thread < threads)


class Slow:
    """Values that are worked out once a second while a search runs."""

    def __init__(self) -> None:
        self.curves = PopulationCurves()
        self._next = -math.inf
        self._parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def clear(self) -> None:
        """Forget a search."""
        self.curves.clear()
        self._next = -math.inf

    def parts(
        self, search: Search, resting: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the populations' curves and the threads' work."""
        now = time.monotonic()
        if resting or now >= self._next:
            self._next = now + EVERY
            threads = min(search.threads, search.spec.populations)
            self._parts = self.curves.part(), threads_part(search.work, threads)
        return self._parts
