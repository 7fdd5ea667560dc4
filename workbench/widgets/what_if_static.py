"""Two programs compared as plain HTML and SVG, for hosts that show no widgets."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from workbench.widgets.paired import paired
from workbench.widgets.program_static import static_listing
from workbench.widgets.what_if_parts import quantiles, tasks_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from workbench.engine import Evaluation, LearningCurve
    from workbench.programs import Program
    from workbench.widgets.bench import Bench

ORIGINAL, EDITED = "#8a5a00", "#0072b2"
INK = "#777777"
LOSS = {
    "rmse": "Validation error (RMSE)",
    "accuracy": "Share of mistakes in validation",
}


def static_comparison(
    title: str, bench: Bench, original: Program, edited: Program
) -> str:
    """Return fitness, difference and curves as far as they are known, and the program.

    Nothing is computed for it.
    """
    pieces = [f"<p><b>{escape(title)}</b> ({tasks_words(bench.tasks, bench.draw)})</p>"]
    before, after = bench.known(original), bench.known(edited)
    if before is not None and after is not None:
        change = paired(before.task_fitness, after.task_fitness)
        pieces.append(
            f"<p>Fitness: original {before.fitness:.6g}, edited {after.fitness:.6g}, "
            f"{change.headline}. {change.words}</p>"
        )
        curves = bench.known_curve(original), bench.known_curve(edited)
        pieces.append(_picture(before, after, *curves))
    listing = static_listing("The edited program", edited)
    return f'<div style="font:13px/1.5 sans-serif">{"".join(pieces)}</div>{listing}'


def _picture(
    before: Evaluation,
    after: Evaluation,
    first: LearningCurve | None,
    last: LearningCurve | None,
) -> str:
    # Styles are given piece by piece: those of rc_context are the whole process's.
    figure = Figure((7.2, 2.8), layout="constrained")
    figure.patch.set_alpha(0.0)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.patch.set_alpha(0.0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(INK)
        axes.tick_params(which="both", colors=INK, labelsize=8)
    _draw_tasks(left, before.task_fitness, after.task_fitness)
    if first is not None and last is not None:
        _draw_curves(right, first, last)
    else:
        right.set_axis_off()
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    return svg[svg.index("<svg") :]


def _draw_tasks(axes: Axes, before: np.ndarray, after: np.ndarray) -> None:
    """Draw each task's two fitnesses, joined."""
    order = np.argsort(before, kind="stable")
    rows = np.arange(len(order))
    axes.hlines(rows, before[order], after[order], color=INK, linewidth=1.0)
    axes.plot(before[order], rows, "o", mfc="none", color=ORIGINAL, ms=4.5)
    axes.plot(after[order], rows, "D", color=EDITED, ms=3.5)
    axes.set_yticks([])
    axes.set_xlabel(
        "Fitness (circle: original, diamond: edited)", color=INK, fontsize=8.5
    )
    axes.set_ylabel("Tasks", color=INK, fontsize=8.5)


def _draw_curves(axes: Axes, first: LearningCurve, last: LearningCurve) -> None:
    """Draw the medians, and the quartiles as bands."""
    for curve, colour, line in ((first, ORIGINAL, "--"), (last, EDITED, "-")):
        low, median, high = (
            np.where(np.isfinite(one), one, np.nan) for one in quantiles(curve.loss)
        )
        axes.fill_between(
            curve.examples, low, high, color=colour, alpha=0.16, linewidth=0
        )
        axes.plot(curve.examples, median, line, color=colour, linewidth=1.6)
    lowest = min(np.min(curve.loss) for curve in (first, last))
    if first.measure == "rmse" and lowest > 0.0:
        axes.set_yscale("log")
    axes.set_xlabel(
        "Training examples seen (dashed: original)", color=INK, fontsize=8.5
    )
    axes.set_ylabel(LOSS[first.measure], color=INK, fontsize=8.5)
