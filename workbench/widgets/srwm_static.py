"""The last state of the trainings as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH, HEIGHT = 640, 240
LEFT, TOP, RIGHT, BOTTOM = 44, 14, 12, 40
COLOURS = ("#0072b2", "#d55e00", "#00795a", "#a6467f", "#b87700")
DASHES = ("", "7 3", "2 2", "9 3 2 3", "13 4")
STYLE = "font:13px/1.5 sans-serif;max-width:680px"


def static_training(
    words: str, curves: Mapping[str, Any], runs: Mapping[str, Any]
) -> str:
    """Return the settings, the curve of the accuracy and a table of the runs."""
    pieces = [f"<p><b>SRWM</b>: {escape(words)}</p>"]
    lines = [line for line in curves.get("lines", []) if line["steps"]]
    if lines:
        pieces.append(_curve(lines, curves))
    if runs.get("rows"):
        pieces.append(_table(runs["rows"]))
    return f'<div style="{STYLE}">{"".join(pieces)}</div>'


def _table(rows: list[dict[str, Any]]) -> str:
    head = ("", "Steps", "Accuracy in training", "Best in validation", "Test")
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(
        f"<tr><td>{escape(row['name'])}</td><td>{row['steps']:,}</td>"
        + "".join(f"<td>{_share(row[n])}</td>" for n in ("score", "best", "final"))
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{titles}</tr>{body}</table>"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _curve(lines: list[dict[str, Any]], curves: Mapping[str, Any]) -> str:
    """Return the accuracy in training as SVG, with chance and nearest neighbour."""
    total = curves["total"]

    def across(steps: Any) -> Any:
        return LEFT + steps / total * (WIDTH - LEFT - RIGHT)

    def down(share: Any) -> Any:
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    drawn = [
        f'<path d="M{LEFT} {down(value):.1f}H{WIDTH - RIGHT}" stroke="#999"'
        f' stroke-opacity=".3"/><text x="{LEFT - 6}" y="{down(value) + 4:.1f}"'
        f' text-anchor="end">{value:g}</text>'
        for value in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    levels = {"chance": curves["chance"], "1-NN": curves.get("neighbour")}
    for name, level in levels.items():
        if level is not None:
            y = down(level)
            drawn.append(
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#777"'
                f' stroke-dasharray="2 3"/><text x="{WIDTH - RIGHT}" y="{y - 3:.1f}"'
                f' text-anchor="end">{name}</text>'
            )
    for number, line in enumerate(lines):
        steps, shares = _floats(line["steps"]), _floats(line["score"])
        points = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in zip(across(steps), down(shares), strict=True)
        )
        slot = number % len(COLOURS)
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[slot]}"'
            f' stroke-width="2" stroke-dasharray="{DASHES[slot]}"/>'
        )
    names = ", ".join(
        f"{line['label']} {('solid', 'dashed', 'dotted', 'dash-dotted')[i % 4]}"
        for i, line in enumerate(lines)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
        ' aria-label="Accuracy in training against steps" font-size="11"'
        f' fill="#777">{"".join(drawn)}<text x="{(LEFT + WIDTH) / 2:.0f}"'
        f' y="{HEIGHT - 8}" text-anchor="middle">Share of queries right against'
        f" steps, 0 to {total:,}. {escape(names)}</text></svg>"
    )


def _floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")
