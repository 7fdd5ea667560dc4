"""The dataflow of a program as a still picture, for hosts that show no widgets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib import rc_context

from workbench.insight import dataflow
from workbench.insight.arcs import draw_dataflow

if TYPE_CHECKING:
    from workbench.programs import Program


def picture(program: Program) -> str:
    """Return the arc diagram as SVG that stands within HTML."""
    image = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):
        figure = draw_dataflow(dataflow(program)).get_figure(root=True)
        if figure is None:
            return ""
        figure.savefig(image, format="svg", metadata={"Date": None})
    text = image.getvalue()
    return text[text.index("<svg") :]
