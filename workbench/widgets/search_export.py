"""What of a search can be taken along: tables, figures, programs, code."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from workbench.evolution.curve import population_column
from workbench.insight import FamilyTree
from workbench.programs.export import latex_source
from workbench.runs import versions
from workbench.widgets.runs_static import line_style, picture
from workbench.widgets.search_code import python_cell
from workbench.widgets.search_populations import FIRST_LOOK, POPULATIONS_DRAWN
from workbench.widgets.search_static import BEST, FAILED, POPULATION, lane_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from workbench.evolution import Search, SearchSpec
    from workbench.programs import Program
    from workbench.widgets.discoveries import Discovery
    from workbench.widgets.hall_of_fame import Fame
    from workbench.widgets.search_reader import SearchReader

PARETO = "No program with as few effective instructions is fitter."


class Export(NamedTuple):
    """A form in which a search can be taken along."""

    name: str
    label: str
    help: str
    file: str
    mime: str


EXPORTS = (
    Export(
        "code",
        "Python cell",
        "One cell that makes this search again, exactly",
        "search.py",
        "text/x-python",
    ),
    Export(
        "table",
        "LaTeX table",
        "The hall of fame, for a paper; needs the package booktabs",
        "hall_of_fame.tex",
        "application/x-tex",
    ),
    Export(
        "algorithm",
        "LaTeX program",
        "The program shown as an algorithm; needs algorithm and algpseudocode",
        "program.tex",
        "application/x-tex",
    ),
    Export("csv", "Curve as CSV", "Each point of the curve", "curve.csv", "text/csv"),
    Export(
        "parquet",
        "Curve as Parquet",
        "Each point of the curve, for pandas.read_parquet",
        "curve.parquet",
        "application/vnd.apache.parquet",
    ),
    Export(
        "svg",
        "Curve as SVG",
        "The curve as a vector graphic, with its discoveries",
        "curve.svg",
        "image/svg+xml",
    ),
    Export(
        "png",
        "Curve as PNG",
        "The same picture in pixels, 200 to the inch",
        "curve.png",
        "image/png",
    ),
    Export(
        "phylogeny",
        "Family tree as CSV",
        "The recorded bests in the ALife standard for phylogenies",
        "family_tree.csv",
        "text/csv",
    ),
)


def export(form: str, reader: SearchReader | None, spec: SearchSpec) -> str | bytes:
    """Return what is known of a search in one of `EXPORTS`: text, or a file's bytes.

    Raises
    ------
    ValueError
        For another form, or where there is nothing to export yet.
    """
    if form not in (known := [entry.name for entry in EXPORTS]):
        raise ValueError(f"form is {form!r}; accepted: {', '.join(known)}")
    if reader is None:
        if form == "code":
            return python_cell(spec, versions())
        raise ValueError("there is nothing to export before the search has started")
    search = reader.search
    if form == "code":
        return python_cell(search.spec, versions(), _how_it_ended(search))
    if form in ("csv", "parquet"):
        return curve_file(curve_table(search), form)
    if form in ("svg", "png"):
        figure = draw_curve(curve_table(search), reader.found, search.spec.name)
        data = picture(figure, form)
        return data.decode() if form == "svg" else data
    if form == "phylogeny":
        tree = FamilyTree(search.runner.events, search.spec.space)
        return str(tree.table().to_csv(index=False))
    if form == "table":
        made = f"{search.runner.snapshot.position:,} individuals"
        caption = f"Hall of fame of the search {search.spec.name!r} after {made}."
        return latex_table(reader.rows, caption)
    now = reader.shown.now
    if now is None:
        raise ValueError("there is no program to export yet")
    caption = (
        f"A program of the search {search.spec.name!r}, individual"
        f" {now.individuals:,}, of fitness {fitness_text(now.fitness)}."
    )
    return latex_algorithm(now.program, caption)


def _how_it_ended(search: Search) -> str:
    """Return what the spec does not say about where a search stands."""
    status = search.runner.status
    position = search.runner.snapshot.position
    if status == "stopped":
        return f"It was stopped by hand after {position} individuals."
    if status == "finished" and search.spec.seconds is not None:
        return f"It was cut off by the clock after {position} individuals."
    return ""


def fitness_text(value: float) -> str:
    """Return a fitness with the digits that tell it from 1, never rounded up."""
    if not math.isfinite(value):
        return "-"
    if value >= 1.0 or value <= 0.0:
        return str(int(value >= 1.0))
    nines = max(0, math.floor(-math.log10(1.0 - value) + 1e-9))
    digits = min(12, max(4, nines + 2))
    return f"{math.floor(value * 10**digits) / 10**digits:.{digits}f}"


def latex_table(rows: Sequence[Fame], caption: str) -> str:
    """Return the hall of fame as a table in the manner of booktabs."""
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{_latex(caption)}}}",
        r"  \begin{tabular}{rrrrl}",
        r"    \toprule",
        r"    & Fitness & Effective instructions & Individuals & Last mutation \\",
        r"    \midrule",
    ]
    for number, one in enumerate(rows, start=1):
        mark = "$^*$" if one.is_front else ""
        mutation = _latex(one.mutation.replace("_", " ")) or "---"
        lines.append(
            f"    {number} & {fitness_text(one.fitness)} & {one.effective}{mark}"
            f" & {one.individuals} & {mutation} \\\\"
        )
    lines += [
        r"    \bottomrule",
        r"  \end{tabular}",
        rf"  \par\smallskip{{\footnotesize $^*$ {PARETO}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex_algorithm(program: Program, caption: str) -> str:
    """Return the effective program as an algorithm environment."""
    body = latex_source(program.effective(), "algorithmic")
    inside = "\n".join(f"  {line}" for line in body.splitlines())
    return (
        f"\\begin{{algorithm}}\n  \\caption{{{_latex(caption)}}}\n"
        f"{inside}\n\\end{{algorithm}}\n"
    )


def curve_table(search: Search) -> pd.DataFrame:
    """Return the points of a search's curve, with each population's best if several."""
    own = search.population_curves.rename(columns=population_column)
    return search.curve.join(own.reset_index(drop=True))


def curve_file(curve: pd.DataFrame, form: str) -> str | bytes:
    """Return the points of a curve as CSV with a header, or as Parquet."""
    if form == "csv":
        return str(curve.to_csv(index=False))
    buffer = io.BytesIO()
    curve.to_parquet(buffer, index=False)
    return buffer.getvalue()


def draw_curve(
    curve: pd.DataFrame, found: Sequence[Discovery] = (), title: str = ""
) -> Figure:
    """Draw best, median, the population's spread, single populations, discoveries.

    Below it, if that was recorded, which share of the population failed.
    """
    lane = bool(curve["failed"].notna().any())
    figure = Figure(figsize=(7.2, 4.2 if lane else 3.6), layout="constrained")
    ratios = (7, 1) if lane else (1,)
    all_axes = figure.subplots(
        len(ratios), sharex=True, squeeze=False, height_ratios=ratios
    )[:, 0]
    axes = all_axes[0]
    x = curve["individuals"].to_numpy()
    for low, high, alpha in (("q05", "q95", 0.16), ("q25", "q75", 0.3)):
        bounds = curve[low].to_numpy(), curve[high].to_numpy()
        label = f"population, {int(low[1:])} to {int(high[1:])} %"
        axes.fill_between(x, *bounds, color=POPULATION, alpha=alpha, lw=0, label=label)
    axes.plot(x, curve["q50"], "--", color=POPULATION, lw=1.2, label="median")
    own = [name for name in curve.columns if name.startswith("best.")]
    for number, name in enumerate(own[:POPULATIONS_DRAWN]):
        label = f"population {number + 1}"
        style = line_style(number + FIRST_LOOK)
        axes.step(x, curve[name], where="post", lw=0.8, label=label, **style)
    axes.step(x, curve["best"], where="post", color=BEST, lw=1.8, label="best")
    for number, one in enumerate(found, start=1):
        axes.plot(one.individuals, one.fitness, "D", color=BEST, mfc="white", ms=5)
        axes.annotate(
            str(number),
            (one.individuals, one.fitness),
            # Above and beside in turn: finds often come close together.
            xytext=(0, 7) if number % 2 else (9, -11),
            textcoords="offset points",
            ha="center",
            color=BEST,
            fontsize=9,
            fontweight="bold",
        )
    if lane:
        _draw_failed(all_axes[1], x, curve["failed"].to_numpy())
    all_axes[-1].set_xlabel("Individuals")
    axes.set(
        ylabel="Fitness (1 is perfect)",
        xlim=(0, float(np.max(x)) if len(x) else 1.0),
        ylim=(0, 1.06),
        title=title,
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{NARROW NO-BREAK SPACE}"))
    if len(x):
        columns = 1 if len(own) < 4 else 2
        axes.legend(frameon=False, loc="lower right", fontsize=9, ncols=columns)
    return figure


def _draw_failed(axes: Axes, x: np.ndarray, failed: np.ndarray) -> None:
    """Draw which share of the population failed, in a lane of its own."""
    most = lane_top(failed)
    axes.fill_between(x, 100 * failed, color=FAILED, alpha=0.3, lw=0)
    axes.plot(x, 100 * failed, color=FAILED, lw=1)
    axes.set(ylabel="Failed (%)", ylim=(0, most), yticks=(0, most))
    axes.spines[["top", "right"]].set_visible(False)


_ESCAPES = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _latex(text: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in text)
