"""The dataflow graph as a still picture: an arc diagram.

The nodes stand one below the other in the order in which they are computed, so that
nothing has to be laid out and the program can still be read. Values of the same cycle
run down the left side; the state that is carried to the next example runs back up the
right side. The interactive graph is laid out in the browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.insight.dataflow import Dataflow, Edge, Node

ROW = 0.27  # inches
WIDTH = 7.0  # inches
# Okabe and Ito's colours, which colour-blind readers can tell apart. Shape tells too:
# sides, dashes, and the words in front of the rows.
COLOURS = {"setup": "#d55e00", "predict": "#0072b2", "learn": "#007a5a", "": "#666666"}
STATE = "#aa4499"
_TEXT, _DEPTH = 1.0, 0.95  # where rows begin, and how far arcs reach beyond them
_LINES = {
    "now": "solid",
    "kept": "solid",
    "initial": "solid",
    "carried": (0, (5, 2)),
    "validation": (0, (1, 2)),
}


def draw_dataflow(graph: Dataflow, axes: Axes | None = None) -> Axes:
    """Draw the graph and return the axes; `axes.figure.savefig` saves it.

    Parameters
    ----------
    graph
        What `dataflow` returns.
    axes
        Where to draw; by default on a figure of their own, 7 inches wide and as high
        as the graph needs.
    """
    if axes is None:
        height = (len(graph.nodes) + 3) * ROW
        axes = Figure((WIDTH, height), layout="constrained").add_subplot()
    rows = {node.id: -i for i, node in enumerate(graph.nodes)}
    width = max(len(node.text) for node in graph.nodes)
    right = _TEXT + 0.075 * max(width, 20)
    colours = {node.id: _colour(node) for node in graph.nodes}
    for node in graph.nodes:
        _write(axes, node, rows[node.id])
    for edge in graph.edges:
        _bend(axes, edge, rows, colours[edge.source], right)
    axes.set_xlim(0.0, right + 1.0)
    axes.set_ylim(-len(rows) - 1.2, 1.0)
    axes.text(
        _TEXT,
        -len(rows) - 0.3,
        "left: values of the same example; right: state carried to the next one,\n"
        "dashed where training leaves it, dotted where only Predict runs",
        fontsize=8,
        va="top",
        color=COLOURS[""],
    )
    axes.set_axis_off()
    return axes


def _write(axes: Axes, node: Node, row: int) -> None:
    where = node.function.capitalize() if node.function else ""
    axes.text(
        _TEXT + 0.06,
        row,
        f"{where:8}{node.text}",
        family="monospace",
        fontsize=9,
        va="center",
        color=_colour(node),
        weight="bold" if node.kind in ("prediction", "state") else "normal",
    )


def _bend(
    axes: Axes, edge: Edge, rows: dict[str, int], colour: str, right: float
) -> None:
    """Draw an edge as a half ellipse beside the rows, with a head at its target."""
    start, end = rows[edge.source], rows[edge.target]
    back = edge.kind in ("carried", "validation")
    reach = _DEPTH * (abs(start - end) / max(len(rows) - 1, 1)) ** 0.6
    base, out = (right, right + reach) if back else (_TEXT, _TEXT - reach)
    middle = (start + end) / 2
    bow = 0.5523  # makes a quarter of an ellipse of a cubic curve
    points = [
        (base, start),
        (base + (out - base) * bow, start),
        (out, middle + (start - middle) * bow),
        (out, middle),
        (out, middle + (end - middle) * bow),
        (base + (out - base) * bow, end),
        (base, end),
    ]
    colour = STATE if back else colour
    style = {"edgecolor": colour, "linewidth": 1.1, "linestyle": _LINES[edge.kind]}
    path = Path(points, [Path.MOVETO, *[Path.CURVE4] * 6])
    axes.add_patch(PathPatch(path, facecolor="none", gid=_gid(edge), **style))
    axes.plot(
        [base],
        [end],
        marker="<" if back else ">",
        markersize=4,
        color=colour,
        clip_on=False,
    )


def _colour(node: Node) -> str:
    return STATE if node.kind == "state" else COLOURS[node.function or ""]


def _gid(edge: Edge) -> str:
    return f"{edge.source}-{edge.target}-{edge.kind}"
