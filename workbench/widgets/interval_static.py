"""Estimates with their intervals as pictures and tables, for hosts without widgets."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

MAIN, CONTROL = "#0072b2", "#b87700"
INK = "#777777"
ROW_INCHES = 0.3


class Bar(NamedTuple):
    """An estimate, and the ends of its interval where there is one."""

    value: float
    low: float | None
    high: float | None
    clear: bool = True

    @property
    def reach(self) -> tuple[list[list[float]], float]:
        """The error bars for matplotlib, and their width in points."""
        if self.low is None or self.high is None:
            return [[0.0], [0.0]], 0.0
        return [[self.value - self.low], [self.high - self.value]], 1.8


def interval_figure(
    names: Sequence[str],
    main: Sequence[Bar],
    control: Sequence[Bar] = (),
    *,
    title: str,
    titles: tuple[str, str] = ("", ""),
) -> Figure:
    """Return a figure with a row for each name: a dot and its interval.

    Parameters
    ----------
    names, main
        The rows from top to bottom.
    control
        A second estimate for each row, drawn below the first as a diamond.
    title
        Of the axis.
    titles
        What the two are called, for the legend; none with one estimate a row.
    """
    height = 0.9 + ROW_INCHES * len(names)
    figure = Figure((7.2, height), layout="constrained")
    figure.patch.set_alpha(0.0)
    axes = figure.subplots()
    apart = 0.17 if control else 0.0
    for row, bar in enumerate(main):
        _draw(axes, row - apart, bar, MAIN, "o", titles[0] if row == 0 else "")
    for row, bar in enumerate(control):
        _draw(axes, row + apart, bar, CONTROL, "D", titles[1] if row == 0 else "")
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(title, color=INK, fontsize=8.5)
    axes.patch.set_alpha(0.0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.tick_params(which="both", colors=INK, labelsize=8)
    if control:
        axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="best")
    return figure


def _draw(axes: Axes, y: float, bar: Bar, colour: str, marker: str, label: str) -> None:
    reach, width = bar.reach
    axes.errorbar(
        [bar.value],
        [y],
        xerr=reach,
        fmt=marker,
        color=colour,
        markerfacecolor=colour if bar.clear else "none",
        markersize=5,
        elinewidth=width,
        label=label or None,
    )


def svg_of(figure: Figure) -> str:
    """Return a figure as an SVG element; equal figures give equal texts."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    return svg[svg.index("<svg") :]


def ablation_figure(items: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the ablation chart of the items that were measured."""
    measured = [item for item in items if "effect" in item]
    bars = [
        Bar(
            item["effect"]["difference"],
            item["effect"]["low"],
            item["effect"]["high"],
            is_clear(item["effect"]),
        )
        for item in measured
    ]
    names = [item["name"] for item in measured]
    return interval_figure(names, bars, title="Fitness lost without it")


def is_clear(effect: Mapping[str, Any]) -> bool:
    """Tell whether an effect's interval leaves out 0, or there is none."""
    low, high = effect["low"], effect["high"]
    return low is None or high is None or low > 0.0 or high < 0.0


def static_ablation(part: Mapping[str, Any]) -> str:
    """Return the ablation chart as far as it is known."""
    items = part.get("items", [])
    pieces = [f"<p><b>{escape(part.get('title', ''))}</b></p>"]
    measured = [item for item in items if "effect" in item]
    if part.get("state") == "done" and not items:
        pieces.append("<p>No known concept found in this program.</p>")
    if measured:
        pieces.append(svg_of(ablation_figure(measured)))
        pieces.append(
            f"<p>Dot: mean over {part['tasks']} fresh tasks, hollow where it may be"
            " chance; line: Student's 95 % interval of the paired differences.</p>"
        )
    rows = [
        (
            item["name"],
            *(
                f"{value:.4f}"
                for value in (
                    item["before"],
                    item["after"],
                    item["effect"]["difference"],
                )
            ),
        )
        for item in measured
    ]
    if rows:
        heads = ("Concept", "Fitness with it", "Fitness without it", "Lost")
        pieces.append(html_table(heads, rows))
    return f'<div style="font:13px/1.5 sans-serif">{"".join(pieces)}</div>'


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is text, the others are numbers."""

    def line(tag: str, cells: Sequence[str]) -> str:
        texts = [
            f'<{tag} style="padding-right:14px;text-align:{"right" if n else "left"}">'
            f"{escape(c)}</{tag}>"
            for n, c in enumerate(cells)
        ]
        return f"<tr>{''.join(texts)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f'<table style="font-size:13px">{line("th", heads)}{body}</table>'
