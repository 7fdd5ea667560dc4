"""Drawing in a terminal: curves in braille, programs, the list of runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.programs import Program
    from workbench.runs import RunRecord

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_COLUMNS = ("best", "mean")
_STYLES = ("bold cyan", "dim")
STATUS_STYLES = {
    "running": "green",
    "preparing": "green",
    "stopping": "yellow",
    "paused": "yellow",
    "interrupted": "yellow",
    "failed": "red",
}


def draw_program(program: Program, lines: int | None = None) -> Text:
    """Return a listing with the instructions that change no prediction dimmed."""
    rows = []
    for (name, instructions), flags in zip(
        program.functions.items(), program.live, strict=True
    ):
        rows.append(Text(f"def {name.capitalize()}():", style="bold"))
        for instruction, is_live in zip(instructions, flags, strict=True):
            rows.append(Text(f"  {instruction}", style="" if is_live else "dim"))
    if lines is not None and len(rows) > lines:
        rows = [*rows[: max(0, lines - 1)], Text("  ...", style="dim")]
    return Text("\n").join(rows)


@dataclass(slots=True)
class _Canvas:
    """Braille characters: two dots wide and four high each."""

    width: int
    height: int
    bits: dict[tuple[int, int], int] = field(default_factory=dict)
    styles: dict[tuple[int, int], str] = field(default_factory=dict)

    def dot(self, x: int, y: int, style: str) -> None:
        """Set a dot; y counts from the top. The style set last shows."""
        cell = (y // 4, x // 2)
        self.bits[cell] = self.bits.get(cell, 0) | _DOTS[y % 4][x % 2]
        self.styles[cell] = style

    def row(self, y: int) -> Text:
        """Return a row of characters."""
        text = Text()
        cells = [(y, x) for x in range(self.width)]
        for style, group in groupby(cells, lambda cell: self.styles.get(cell, "")):
            bits = [self.bits.get(cell, 0) for cell in group]
            text.append("".join(chr(0x2800 + b) if b else " " for b in bits), style)
        return text


def draw_curve(
    points: Sequence[Mapping[str, float]], unit: str, width: int, height: int
) -> list[Text]:
    """Return a plot of the points over their position, as lines of text.

    Draws the columns "best" and "mean", or the first other column.
    """
    positions = [float(point.get(unit, i)) for i, point in enumerate(points)]
    names = [name for name in _COLUMNS if name in points[0]]
    names = names or [name for name in points[0] if name != unit][:1]
    columns = [[float(point.get(name, math.nan)) for point in points] for name in names]
    values = [value for column in columns for value in column if math.isfinite(value)]
    if not values:
        return []
    low, high = min(values), max(values)
    span = high - low or 1.0
    labels = [number(high), number(low)]
    margin = max(len(label) for label in labels) + 1
    canvas = _Canvas(max(8, min(100, width - margin - 1)), height)
    # The first column comes last, to lie on top.
    for column, style in reversed(list(zip(columns, _STYLES, strict=False))):
        heights = [
            round((high - value) / span * (4 * height - 1))
            if math.isfinite(value)
            else None
            for value in column
        ]
        _draw_steps(canvas, positions, heights, style)
    lines = []
    for y in range(height):
        label = {0: labels[0], height - 1: labels[1]}.get(y, "")
        lines.append(Text(f"{label:>{margin - 1}} ", "dim") + canvas.row(y))
    first, last = number(positions[0]), number(positions[-1])
    gap = max(1, canvas.width - len(first) - len(last) - len(unit) - 1)
    axis = f"{' ' * margin}{first}{' ' * gap}{last} {unit}"
    return [*lines, Text(axis, style="dim")]


def _draw_steps(
    canvas: _Canvas, positions: list[float], heights: list[int | None], style: str
) -> None:
    """Draw values that hold until the next position."""
    last = 2 * canvas.width - 1
    start, span = positions[0], positions[-1] - positions[0] or 1.0
    index = 0
    before: int | None = None
    for x in range(last + 1):
        while (
            index + 1 < len(positions)
            and (positions[index + 1] - start) / span * last <= x
        ):
            index += 1
        y = heights[index]
        if y is not None:
            near = y if before is None else before
            for dot in range(min(y, near), max(y, near) + 1):
                canvas.dot(x, dot, style)
        before = y


def number(value: float) -> str:
    """Return a number as people read it."""
    if isinstance(value, int) or (math.isfinite(value) and abs(value) >= 1e4):
        return f"{value:,.0f}"
    return f"{value:.6g}"


def runs_table(records: Sequence[RunRecord]) -> Table:
    """Return the list of runs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "name", "seed", "status", "done", "best", "began", "tags"):
        right = name in ("seed", "done", "best")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for record in records:
        best = record.metrics.get("final", record.metrics.get("best"))
        share = f" ({record.position / record.total:.0%})" if record.total else ""
        began = datetime.fromtimestamp(record.created, UTC).astimezone()
        table.add_row(
            record.id,
            record.name,
            "" if record.seed is None else str(record.seed),
            Text(record.status, style=STATUS_STYLES.get(record.status, "")),
            f"{record.position:,}" + share,
            number(best) if isinstance(best, int | float) else "",
            began.strftime("%Y-%m-%d %H:%M"),
            " ".join(record.tags),
        )
    return table
