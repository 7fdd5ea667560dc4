"""What runs find again and again, against a control: a table and a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.insight.convergence import to_frame, to_latex
from workbench.widgets.interval_static import (
    Bar,
    html_table,
    interval_figure,
    svg_of,
)
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.insight import Motif

STATIC = Path(__file__).parent / "static"
AXIS = "Share of runs that have it"


class ConvergenceTable(Panel):
    """Show motifs with their shares in runs and in a control, odds and p values.

    A panel and no mere picture, so that it follows the theme, can be read by row with
    the keyboard or a screen reader, and is copied as text; `figure` is for papers.

    Parameters
    ----------
    motifs
        What `workbench.insight.converge` returned.
    titles
        What the runs and the control are called.
    title
        What stands above it.

    Raises
    ------
    ValueError
        When there are not two titles.

    Examples
    --------
    >>> ConvergenceTable(converge(found, control))  # doctest: +SKIP
    """

    _esm = STATIC / "convergence_table.js"
    _css = STATIC / "convergence_table.css"

    convergence = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        motifs: Sequence[Motif],
        *,
        titles: Sequence[str] = ("Runs", "Control"),
        title: str = "Convergence",
    ) -> None:
        if isinstance(titles, str) or len(titles) != 2:
            raise ValueError(f"titles is {titles!r}; accepted: two texts")
        self._motifs = tuple(motifs)
        self._titles = str(titles[0]), str(titles[1])
        super().__init__()
        self.put(
            "convergence",
            title=str(title),
            titles=list(self._titles),
            latex=to_latex(self._motifs),
            items=[motif_part(motif) for motif in self._motifs],
        )
        self.settle()

    def __repr__(self) -> str:
        return f"ConvergenceTable({len(self._motifs)} motifs)"

    # --- for notebook code

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """What is shown."""
        return self._motifs

    def frame(self) -> pd.DataFrame:
        """Return what is shown as a table."""
        return to_frame(self._motifs)

    def latex(self) -> str:
        """Return what is shown as a table in LaTeX, as the button copies it."""
        return to_latex(self._motifs)

    def figure(self) -> Figure:
        """Return the shares with their intervals as a matplotlib figure."""
        return interval_figure(
            [motif.concept for motif in self._motifs],
            [Bar(motif.share, *motif.interval) for motif in self._motifs],
            [Bar(m.control_share, *m.control_interval) for m in self._motifs],
            title=AXIS,
            titles=self._titles,
        )

    def static_html(self) -> str:
        """Return figure and table for hosts without widgets."""
        if not self._motifs:
            return "<p>Nothing was found in any run.</p>"
        heads = ("Motif", *self._titles, "Odds ratio", "p", "p (Holm)")
        rows = [
            (
                m.concept,
                f"{m.runs}/{m.of}",
                f"{m.control_runs}/{m.control_of}",
                f"{m.odds_ratio:.3g}",
                f"{m.p_value:.2g}",
                f"{m.adjusted:.2g}",
            )
            for m in self._motifs
        ]
        return svg_of(self.figure()) + html_table(heads, rows)


def motif_part(motif: Motif) -> dict[str, Any]:
    """Return a motif as JSON values: counts, shares with intervals, odds, p values.

    An infinite odds ratio is "inf", one that is not defined None.
    """
    odds = motif.odds_ratio
    return {
        "name": motif.concept,
        "runs": [motif.runs, motif.of, motif.share, *motif.interval],
        "control": [
            motif.control_runs,
            motif.control_of,
            motif.control_share,
            *motif.control_interval,
        ],
        "odds": None if math.isnan(odds) else "inf" if math.isinf(odds) else odds,
        "p": motif.p_value,
        "adjusted": motif.adjusted,
    }
