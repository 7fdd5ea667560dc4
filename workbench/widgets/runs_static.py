"""Runs as a picture and a plain table: for files, and for hosts without widgets."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from workbench.runs import RunRecord
    from workbench.widgets.runs_lines import Chart, Line

# As in widgets/src/line_styles.ts; a little darker than Okabe and Ito's where those
# would be hard to see on white.
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#00795a",
    "#a6467f",
    "#b87700",
    "#3d8fc7",
    "#4d4d4d",
    "#7a7300",
)
DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (7, 3),
    (2, 2),
    (9, 3, 2, 3),
    (13, 4),
    (4, 2, 1, 2),
    (1, 2.5),
    (9, 3, 2, 3, 2, 3),
)
NEUTRAL = "#777777"
ROWS = 20
SMALLEST_LOSS = 1e-12
STYLE = "font:13px/1.5 sans-serif;max-width:820px"


def look(slot: int) -> tuple[str, tuple[float, ...]]:
    """Return colour and dashes of a line; no two of the first 64 are alike."""
    dashes = DASHES[(slot + slot // len(COLOURS)) % len(DASHES)]
    return COLOURS[slot % len(COLOURS)], dashes


def line_style(slot: int) -> dict[str, Any]:
    """Return the same in the words of matplotlib."""
    colour, dashes = look(slot)
    return {"color": colour, "linestyle": (0, dashes) if dashes else "solid"}


def draw_chart(chart: Chart, near_one: bool = False, colour: str = "black") -> Figure:
    """Draw the lines or bands of a chart.

    Parameters
    ----------
    chart
        What to draw.
    near_one
        Give each nine the same room; for fitness only.
    colour
        Of text and axes.
    """
    figure = Figure((7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    nines = near_one and chart.is_fitness
    for line in chart.lines():
        _draw_line(axes, line, chart.stepped, nines)
    axes.set_xlabel(chart.axes[chart.x] + (" (s)" if chart.x == "seconds" else ""))
    what = chart.measures[chart.measure]
    axes.set_ylabel(f"Fitness: {what.lower()}" if chart.is_fitness else what)
    axes.set_xlim(*chart.window)
    if nines:
        _label_nines(axes)
    elif chart.is_fitness:
        axes.set_ylim(-0.02, 1.02)
    for spine in axes.spines.values():
        spine.set_color(colour)
    axes.tick_params(colors=colour)
    axes.xaxis.label.set_color(colour)
    axes.yaxis.label.set_color(colour)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
    if axes.lines:
        legend = figure.legend(
            loc="outside lower center",
            ncols=3,
            frameon=False,
            handlelength=3.2,
            fontsize=8,
            labelcolor=colour,
        )
        legend.set_in_layout(True)
    return figure


def _draw_line(axes: Axes, line: Line, stepped: bool, nines: bool) -> None:
    y = _nines(1.0 - line.y) if nines else line.y
    style = line_style(line.slot)
    step: Literal["post"] | None = "post" if stepped else None
    if len(y) > 1:
        for low, high, alpha in ((y[0], y[4], 0.13), (y[1], y[3], 0.24)):
            axes.fill_between(
                line.x, low, high, step=step, alpha=alpha, color=style["color"], lw=0
            )
    label = f"{line.label} ({line.members} runs)" if len(y) > 1 else line.label
    # A label that begins with an underscore would be left out of the legend.
    label = label.replace("$", r"\$").lstrip("_") or "run"
    how = "steps-post" if stepped else "default"
    axes.plot(line.x, y[len(y) // 2], drawstyle=how, label=label, lw=1.6, **style)


def _nines(loss: np.ndarray) -> np.ndarray:
    return -np.log10(np.clip(loss, SMALLEST_LOSS, 1.0))


def _label_nines(axes: Axes) -> None:
    top = max(2, int(np.ceil(axes.get_ylim()[1])))
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(FixedLocator(range(0, top + 1, -(-top // 7))))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda n, _: f"0.{'9' * round(n)}" if n else "0")
    )


def picture(figure: Figure, form: str = "svg") -> bytes:
    """Return a figure as the bytes of a file: "svg" or "png".

    The same figure gives the same bytes.
    """
    buffer = io.BytesIO()
    metadata = {"Date": None} if form == "svg" else {}
    with mpl.rc_context({"svg.hashsalt": "workbench", "svg.fonttype": "none"}):
        figure.savefig(
            buffer, format=form, dpi=200, transparent=True, metadata=metadata
        )
    return buffer.getvalue()


def static_runs(records: Sequence[RunRecord], chart: Chart) -> str:
    """Return the newest runs as a table, and the curves of those selected."""
    if not records:
        return f'<div style="{STYLE}"><p><b>Runs</b>: none yet.</p></div>'
    pieces = []
    if any(len(line.x) > 1 for line in chart.lines()):
        svg = picture(draw_chart(chart, colour=NEUTRAL)).decode()
        pieces.append(svg[svg.index("<svg") :])
    more = f", the newest {ROWS} of {len(records)}" if len(records) > ROWS else ""
    pieces.append(f"<p><b>Runs</b>{more}</p>")
    heads = (
        "Name",
        "Status",
        "Best fitness",
        "Final",
        "Done",
        "Seed",
        "Created",
        "Tags",
    )
    head = "".join(f"<th>{name}</th>" for name in heads)
    rows = "".join(_row(record) for record in records[:ROWS])
    pieces.append(f'<table style="font-size:13px"><tr>{head}</tr>{rows}</table>')
    return f'<div style="{STYLE}">{"".join(pieces)}</div>'


def _row(record: RunRecord) -> str:
    created = datetime.fromtimestamp(record.created, UTC).astimezone()
    cells = (
        record.name,
        record.status,
        _number(record.metrics.get("best")),
        _number(record.metrics.get("final")),
        f"{record.position:,} {record.unit}",
        "" if record.seed is None else str(record.seed),
        f"{created:%Y-%m-%d %H:%M}",
        " ".join(record.tags),
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else ""
