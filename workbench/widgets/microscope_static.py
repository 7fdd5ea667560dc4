"""One step of the microscope as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.selfref.microscope import LayerRecord

POSITIVE, NEGATIVE = "#d55e00", "#0072b2"
CELL, GAP, LEVELS = 9, 8, 6
STYLE = "font:13px/1.5 sans-serif;max-width:1100px"


def static_step(
    title: str,
    where: str,
    layer: LayerRecord | None,
    facts: Mapping[str, str],
    place: Any,
) -> str:
    """Return the step in words, and its matrix with the step's change.

    Parameters
    ----------
    layer
        The layer drawn; None: there is nothing to draw.
    place
        Head and step.
    """
    pieces = [f"<p><b>{escape(title)}</b>: {escape(where)}</p>"]
    if facts:
        cells = "".join(
            f"<tr><td>{escape(name)}</td>"
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in facts.items()
        )
        pieces.append(f"<table>{cells}</table>")
    if layer is not None:
        head, step = place
        weights = layer.weights[:, head]
        pieces.append(_matrix("W after this step", weights[step], weights, layer))
        if step > 0:
            changes = layer.changes()[:, head]
            pieces.append(
                _matrix("Change by this step", changes[step - 1], changes, layer)
            )
    return f'<div style="{STYLE}">{"".join(pieces)}</div>'


def _matrix(
    name: str, values: np.ndarray, over_time: np.ndarray, layer: LayerRecord
) -> str:
    """Return a heat map whose scale, part by part, is that of the whole episode."""
    rows = len(values)
    drawn, words, left = [], [], 0
    for part, columns in layer.parts.items():
        top = float(np.abs(over_time[..., columns]).max()) or 1.0
        drawn.append(_cells(values[:, columns] / top, left))
        drawn.append(f'<text x="{left}" y="11" fill="#777">{part} ±{top:.2g}</text>')
        words.append(f"part {part} up to {top:.2g}")
        left += max((columns.stop - columns.start) * CELL, 46) + GAP
    return (
        f"<p>{name}. Orange is positive, blue negative.</p>"
        f'<svg viewBox="0 0 {left} {rows * CELL + 18}" width="{left}" role="img"'
        f' style="max-width:100%" font-size="11"'
        f' aria-label="{name}: {", ".join(words)}">{"".join(drawn)}</svg>'
    )


def _cells(shares: np.ndarray, left: int) -> str:
    """Return cells in a few depths; one path for each keeps the file small."""
    rows, columns = shares.shape
    depth = np.ceil(np.abs(shares) * LEVELS).astype(int) * np.sign(shares).astype(int)
    frame = f"M{left} 18h{columns * CELL}v{rows * CELL}h{-columns * CELL}z"
    paths = [f'<path d="{frame}" fill="none" stroke="#999" stroke-opacity=".5"/>']
    for level in np.unique(depth[depth != 0]).tolist():
        squares = "".join(
            f"M{left + j * CELL} {18 + i * CELL}h{CELL}v{CELL}h-{CELL}z"
            for i, j in np.argwhere(depth == level).tolist()
        )
        colour = POSITIVE if level > 0 else NEGATIVE
        opacity = abs(level) / LEVELS
        paths.append(f'<path d="{squares}" fill="{colour}" opacity="{opacity:.2g}"/>')
    return "".join(paths)
