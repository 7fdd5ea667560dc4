"""The last state of a search as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.widgets.runs_static import look
from workbench.widgets.search_populations import FIRST_LOOK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LANE = 640, 240, 44
LEFT, TOP, RIGHT, BOTTOM = 44, 14, 12, 40
BEST, POPULATION, FAILED = "#0072b2", "#e69f00", "#d55e00"
LANE_TOPS = (2, 5, 10, 20, 50, 100)
"""As in widgets/src/failed_lane.ts."""
STYLE = "font:13px/1.5 sans-serif;max-width:680px"


def static_page(
    state: str,
    rows: np.ndarray,
    columns: Sequence[str],
    listing: Sequence[Mapping[str, Any]],
    facts: Sequence[tuple[str, str]],
    hall: Sequence[Mapping[str, Any]] = (),
    populations: Mapping[str, Any] | None = None,
) -> str:
    """Return the state, the curve, the numbers and the best program.

    Parameters
    ----------
    rows
        The curve as losses, [points, columns].
    listing
        Functions with their rows, as the panel's browser half gets them.
    facts
        Names and values worth a line each.
    hall
        Rows of the hall of fame, likewise.
    populations
        Each population's curve, likewise.
    """
    pieces = [f"<p><b>Search: {escape(state)}</b></p>"]
    if len(rows) > 1:
        pieces.append(_curve(rows, list(columns), populations or {}))
    if facts:
        cells = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in facts
        )
        pieces.append(f"<table>{cells}</table>")
    if listing:
        pieces.append(f"<pre>{escape(_program(listing))}</pre>")
    if hall:
        pieces.append(_hall(hall))
    return f'<div style="{STYLE}">{"".join(pieces)}</div>'


def _hall(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("", "Fitness", "Effective instructions", "Individuals", "Last mutation")
    cells = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(
        f"<tr><td>{number}</td><td>{row['fitness']:.9g}</td>"
        f"<td>{row['effective']}</td><td>{row['individuals']:,}</td>"
        f"<td>{escape(row['mutation'])}</td></tr>"
        for number, row in enumerate(rows, start=1)
    )
    return f"<p><b>Hall of fame</b></p><table><tr>{cells}</tr>{body}</table>"


def _program(listing: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for function in listing:
        lines.append(f"def {function['name']}():")
        for row in function["rows"]:
            mark = "" if row["live"] else "  # dead"
            lines.append(f"  {row['text']}{mark}")
    return "\n".join(lines)


def _curve(rows: np.ndarray, columns: list[str], populations: Mapping[str, Any]) -> str:
    def place(individuals: np.ndarray) -> np.ndarray:
        return LEFT + individuals / max(rows[-1, 0], 1.0) * (WIDTH - LEFT - RIGHT)

    def height(losses: np.ndarray) -> np.ndarray:
        return TOP + np.clip(losses, 0.0, 1.0) * (HEIGHT - TOP - BOTTOM)

    def down(name: str) -> np.ndarray:
        return height(rows[:, columns.index(name)])

    across = place(rows[:, 0])

    def points(xs: np.ndarray, ys: np.ndarray) -> str:
        good = np.isfinite(ys)
        pairs = zip(xs[good], ys[good], strict=True)
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs)

    grid = "".join(
        f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#999" stroke-opacity=".3"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        for value in (0.0, 0.25, 0.5, 0.75, 1.0)
        for y in (TOP + (1 - value) * (HEIGHT - TOP - BOTTOM),)
    )
    own = np.array(populations.get("axes", {}).get("individuals", ()))
    each = "".join(
        f'<polyline points="{points(place(own), height(np.array(losses)))}" fill="none"'
        f' stroke="{colour}" stroke-dasharray="{" ".join(map(str, dashes))}">'
        f"<title>Population {k + 1}</title></polyline>"
        for k, losses in enumerate(populations.get("losses", ()))
        for colour, dashes in (look(k + FIRST_LOOK),)
    )
    thin = ". Thin: the best of each population" if each else ""
    band = points(np.r_[across, across[::-1]], np.r_[down("q95"), down("q05")[::-1]])
    failed = rows[:, columns.index("failed")]
    lane = _lane(across, failed) if np.isfinite(failed).any() else ""
    high = HEIGHT + (LANE if lane else 0)
    return (
        f'<svg viewBox="0 0 {WIDTH} {high}" width="{WIDTH}" role="img" '
        'aria-label="Fitness against individuals" font-size="11" fill="#777">'
        f"{grid}"
        f'<polygon points="{band}" fill="{POPULATION}" fill-opacity=".22"/>'
        f'<polyline points="{points(across, down("q50"))}" fill="none" '
        f'stroke="{POPULATION}" stroke-dasharray="5 3"/>'
        f"{each}"
        f'<polyline points="{points(across, down("best"))}" fill="none" '
        f'stroke="{BEST}" stroke-width="2"/>'
        f"{lane}"
        f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{high - 8}" text-anchor="middle">'
        f"Individuals, 0 to {rows[-1, 0]:,.0f}. Solid: best fitness. Dashed: median "
        f"of the population, with its 5 to 95 % band{thin}</text></svg>"
    )


def _lane(across: np.ndarray, failed: np.ndarray) -> str:
    """Return the share of the population that failed, below the curve."""
    top, bottom = HEIGHT - BOTTOM + 26, HEIGHT - BOTTOM + LANE
    most = lane_top(failed)
    good = np.isfinite(failed)
    xs, ys = across[good], bottom - failed[good] * 100 / most * (bottom - top)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    area = f"{xs[0]:.1f},{bottom} {line} {xs[-1]:.1f},{bottom}"
    grid = "".join(
        f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#999" stroke-opacity=".3"/>'
        f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{label}</text>'
        for y, label in ((top, f"{most} %"), (bottom, "0"))
    )
    return (
        f'{grid}<text x="4" y="{top - 8}">Failed (% of the population)</text>'
        f'<polygon points="{area}" fill="{FAILED}" fill-opacity=".3"/>'
        f'<polyline points="{line}" fill="none" stroke="{FAILED}"/>'
    )


def lane_top(failed: np.ndarray) -> int:
    """Return the percentage that a lane of shares reaches up to."""
    largest = 100 * np.nanmax(failed)
    return next((top for top in LANE_TOPS if largest <= top), 100)
