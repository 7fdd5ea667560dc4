"""Figures for the reports: one look, the same bytes from the same numbers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""Colours that the colour-blind tell apart (Okabe and Ito 2008)."""

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "experiments",
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}


@contextmanager
def figure(path: Path, width: float = 7.0, height: float = 4.0) -> Iterator[Axes]:
    """Yield axes and write them as SVG afterwards; sizes in inches."""
    with mpl.rc_context(_STYLE):
        drawing = Figure((width, height), layout="constrained")
        FigureCanvasSVG(drawing)
        yield drawing.add_subplot()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without a date, equal figures are equal files.
        drawing.savefig(path, format="svg", metadata={"Date": None})


def legend(axes: Axes) -> None:
    """Put the legend above the axes, where it covers nothing."""
    names = axes.get_legend_handles_labels()[1]
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=min(4, len(names)),
        frameon=False,
        fontsize=8,
    )
