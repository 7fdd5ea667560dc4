"""What the chart of many runs draws: a line for each run, or bands for each group."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.widgets.bands import bands, common_grid
from workbench.widgets.decimate import decimate, turns, window_of
from workbench.widgets.runs_settings import differing_fields, field_text, labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.runs import RunRecord
    from workbench.widgets.runs_cache import CurveCache

AXES = {
    "individuals": "Individuals",
    "evaluations": "Full evaluations",
    "train_steps": "Train steps",
    "seconds": "Running time",
}
MEASURES = {
    "best": "Best so far",
    "top": "Best of the population",
    "q50": "Median of the population",
}
STEPPED = {"best"}
"""What holds until the next point; other values are joined by straight lines."""
_NO_MEASURE = {*AXES, "cache_hits", "mean", "q05", "q25", "q75", "q95"}
_NO_MEASURE |= {"boundary", "hurdle_stops", "over_budget", "failed"}
QUANTILE_NAMES = ("q05", "q25", "median", "q75", "q95")
POINTS = 20_000
"""Points that a page gets, over all lines."""
GROUPS = 24
GRID = 400


@dataclass(slots=True)
class Choice:
    """What is drawn, as far as readers choose it."""

    measure: str = "best"
    x: str = "individuals"
    group: str = ""
    """"" for each run alone, "name", "tag", or "spec." and a field."""
    window: tuple[float, float] | None = None
    """What part of the horizontal axis is drawn; None for all."""
    columns: int = 700
    """Columns of pixels that the page has."""


@dataclass(slots=True)
class Line:
    """A curve, or the bands of a group: numbers as they are, not decimated."""

    key: str
    label: str
    slot: int
    """Number of its colour and dash pattern."""
    x: np.ndarray
    """float64[N]."""
    y: np.ndarray
    """float64[1, N], or float64[5, N]: 5, 25, 50, 75 and 95 %."""
    members: int = 1
    going: np.ndarray | None = None
    """int64[N]: members of a group that have not ended."""

    @property
    def middle(self) -> np.ndarray:
        """The curve itself, or the median."""
        return self.y[len(self.y) // 2]


class Chart:
    """The lines of some runs.

    Parameters
    ----------
    records
        The runs.
    slots
        The number of each run's colour.
    cache
        Their curves.
    choice
        What is drawn of them.
    """

    def __init__(
        self,
        records: Sequence[RunRecord],
        slots: Mapping[str, int],
        cache: CurveCache,
        choice: Choice,
    ) -> None:
        self._records, self._slots = records, slots
        self._cache, self._choice = cache, choice
        names = [name for r in records for name in cache.get(r.id).names]
        self.axes = _ordered(names, AXES)
        for record in records:
            if record.unit in cache.get(record.id).names and record.unit not in AXES:
                self.axes[record.unit] = record.unit.replace("_", " ").capitalize()
        self.axes = self.axes or {"individuals": "Individuals"}
        self.measures = _ordered(names, MEASURES)
        for name in names:
            if name not in (_NO_MEASURE | set(self.axes) | set(self.measures)):
                self.measures[name] = name.replace("_", " ").capitalize()
        self.measures = self.measures or {"best": MEASURES["best"]}
        self.x = choice.x if choice.x in self.axes else next(iter(self.axes))
        wanted = choice.measure in self.measures
        self.measure = choice.measure if wanted else next(iter(self.measures))
        self.groups = {"": "each run alone", "name": "name", "tag": "tag"}
        for name in differing_fields(records):
            self.groups[f"spec.{name}"] = name
        self.group = choice.group if choice.group in self.groups else ""
        self._curves = {r.id: self._curve(r.id) for r in records}
        ends = [x[-1] for x, _ in self._curves.values() if len(x)]
        starts = [x[0] for x, _ in self._curves.values() if len(x)]
        self.span = (min(0.0, *starts, 0.0), max(ends)) if ends else (0.0, 1.0)
        self.window = choice.window or self.span

    @property
    def is_fitness(self) -> bool:
        """Whether what is drawn is fitness, from 0 to 1."""
        return self.measure in MEASURES

    @property
    def stepped(self) -> bool:
        """Whether values hold until the next point."""
        return self.measure in STEPPED

    def _curve(self, run_id: str) -> tuple[np.ndarray, np.ndarray]:
        curve = self._cache.get(run_id)
        x, y = curve.column(self.x), curve.column(self.measure)
        if x is None or y is None:
            return np.zeros(0), np.zeros(0)
        good = np.isfinite(x)
        x, y = (x, y) if good.all() else (x[good], y[good])
        # What came after a clock that was set back would draw backwards.
        return np.maximum.accumulate(x) if len(x) else x, y

    def lines(self) -> list[Line]:
        """Return what is drawn, in full."""
        if self.group:
            return self._grouped()
        names = labels(self._records)
        return [
            Line(r.id, names[r.id], self._slots.get(r.id, 0), x, y[None])
            for r in self._records
            for x, y in (self._curves[r.id],)
            if len(x)
        ]

    def members(self) -> dict[str, list[str]]:
        """Return the groups and the runs in each; a run has several tags or none."""
        found: dict[str, list[str]] = {}
        for record in self._records:
            for name in self._names_of(record):
                found.setdefault(name, []).append(record.id)
        return dict(sorted(found.items(), key=lambda item: _natural(item[0])))

    def _names_of(self, record: RunRecord) -> Sequence[str]:
        if self.group == "name":
            return [record.name]
        if self.group == "tag":
            return record.tags or ["no tag"]
        name = self.group.removeprefix("spec.")
        return [f"{name} {field_text(record, name)}"]

    def _grouped(self) -> list[Line]:
        lines = []
        groups = list(self.members().items())[:GROUPS]
        for slot, (name, runs) in enumerate(groups):
            curves = [self._curves[run] for run in runs if len(self._curves[run][0])]
            if not curves:
                continue
            grid = common_grid(curves, self.window[0], self.window[1], GRID)
            found = bands(curves, grid)
            lines.append(
                Line(
                    f"group:{name}",
                    name,
                    slot,
                    grid,
                    found.quantiles,
                    len(curves),
                    found.going,
                )
            )
        return lines

    def frame(self, most: int | None = None) -> pd.DataFrame:
        """Return the lines as a table; decimated if they have more than `most` points.

        Returns
        -------
        One row for each point of each line: its `line`, the horizontal axis, and the
        value, or for groups the quantiles and how many runs are `going` on.
        """
        lines = self.lines()
        total = sum(len(line.x) for line in lines)
        pieces = [pd.DataFrame({"line": [], self.x: [], self.measure: []})]
        for line in lines:
            whole = most is None or total <= most
            kept = slice(None) if whole else self.kept(line, self._choice.columns)
            values: dict[str, Any] = {"line": line.label, self.x: line.x[kept]}
            if line.going is None:
                values[self.measure] = line.y[0][kept]
            else:
                values |= dict(zip(QUANTILE_NAMES, line.y[:, kept], strict=True))
                values["runs"] = line.members
                values["going"] = line.going[kept]
            pieces.append(pd.DataFrame(values))
        return pd.concat(pieces[1:] or pieces, ignore_index=True)

    def to_part(self) -> dict[str, Any]:
        """Return the lines, decimated to what the page can show, and its choices."""
        lines = self.lines()
        room = POINTS // (4 * max(1, len(lines)))
        columns = max(20, min(self._choice.columns, room))
        silent = [r for r in self._records if not len(self._curves[r.id][0])]
        names = labels(self._records)
        return {
            "x": self.x,
            "xTitle": self.axes[self.x],
            "measure": self.measure,
            "yTitle": self.measures[self.measure],
            "fitness": self.is_fitness,
            "stepped": self.stepped,
            "group": self.group,
            "axes": _options(self.axes),
            "measures": _options(self.measures),
            "groups": _options(self.groups),
            "span": list(self.span),
            "window": list(self.window),
            "lines": [self._packed(line, columns) for line in lines],
            "silent": [names[r.id] for r in silent],
            "points": self._cache.points,
            "missing": self._cache.missing,
        }

    def _packed(self, line: Line, columns: int) -> dict[str, Any]:
        kept = self.kept(line, columns)
        low, _ = self.window
        y = 1.0 - line.y[:, kept] if self.is_fitness else line.y[:, kept]
        rows = [line.x[kept] - low, *y]
        if line.going is not None:
            rows.append(line.going[kept].astype(np.float64))
        data = np.array(rows, np.float32)
        return {
            "key": line.key,
            "label": line.label,
            "slot": line.slot,
            "members": line.members,
            "rows": len(rows),
            "data": base64.b64encode(data.tobytes()).decode(),
        }

    def kept(self, line: Line, columns: int) -> np.ndarray:
        """Return which points of a line to send."""
        if len(line.y) > 1:
            return np.arange(len(line.x))
        window = window_of(line.x, self.window[0], self.window[1])
        there = turns(line.middle[window]) + window.start
        chosen = decimate(
            line.x[there], line.middle[there], columns, self.window[0], self.window[1]
        )
        return there[chosen]


def _ordered(names: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    return {name: title for name, title in known.items() if name in names}


def _options(titles: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in titles.items()]


def _natural(text: str) -> list[tuple[int, float, str]]:
    """Return a key by which numbers sort as numbers."""
    parts: list[tuple[int, float, str]] = []
    for word in text.split():
        try:
            parts.append((0, float(word.replace(",", "")), ""))
        except ValueError:
            parts.append((1, 0.0, word.casefold()))
    return parts
