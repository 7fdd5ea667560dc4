"""A diff as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from workbench.widgets.program_static import DEAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Dark enough on white and light enough on black to be read on both.
BEFORE, AFTER = "#c4611a", "#3f7fb5"
SIGNS = {
    "same": "",
    "renamed": "=",
    "moved": "↕",
    "changed": "~",
    "added": "+",
    "removed": "-",
}
WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 520, 90, 20, 16, 8, 34
TASKS_SHOWN = 40


def static_diff(difference: Mapping[str, Any], fitness: Mapping[str, Any]) -> str:
    """Return the verdict, what became of the fitness, and the rows of both programs.

    Parameters
    ----------
    difference, fitness
        The parts that the panel's browser half gets.
    """
    titles = [escape(title) for title in difference["titles"]]
    pieces = [f"<p><b>{escape(difference['verdict']['text'])}</b></p>"]
    pieces += _fitness(fitness, titles)
    left = ' style="text-align:left"'
    rows = ["<tr><th></th>", *(f"<th{left}>{title}</th>" for title in titles)]
    rows.append("<th></th></tr>")
    for function in difference["functions"]:
        rows.append(f"<tr><th colspan=4{left}>{function['name']}</th></tr>")
        rows += map(_row, function["rows"])
    pieces.append(f'<table style="font-size:13px">{"".join(rows)}</table>')
    return f'<div style="font:13px/1.5 sans-serif">{"".join(pieces)}</div>'


def _row(row: Mapping[str, Any]) -> str:
    sign = "≠" if row["rewired"] and row["kind"] == "same" else SIGNS[row["kind"]]
    left = _code(row["left"], row["left_line"], row["left_live"], BEFORE, row)
    right = _code(row["right"], row["right_line"], row["right_live"], AFTER, row)
    return (
        f"<tr><td><b>{sign}</b></td>{left}{right}"
        f'<td style="text-align:left;color:{DEAD}">{escape(_note(row))}</td></tr>'
    )


def _code(
    text: str | None, line: int | None, live: bool, colour: str, row: Mapping[str, Any]
) -> str:
    if text is None:
        return "<td></td>"
    tell = row["matters"] and row["left"] != row["right"]
    styles = [f"color:{DEAD}"] if not live else [f"color:{colour}"] if tell else []
    dead = "" if live else " (dead)"
    code = f"<code>{escape(text)}</code>"
    return (
        f'<td style="{";".join(["text-align:left", *styles])}">{line} '
        f"{f'<b>{code}</b>' if tell and live else code}{dead}</td>"
    )


def _note(row: Mapping[str, Any]) -> str:
    if row["kind"] == "moved":
        return (
            f"moved to line {row['right_line']}"
            if row["right"] is None
            else f"moved from line {row['left_line']}"
        )
    if row["kind"] == "renamed":
        return "same computation, renamed"
    return str(row.get("why", ""))


def fitness_text(fitness: Mapping[str, Any]) -> str:
    """Return what became of the fitness, in one sentence; "" if that is not known."""
    if fitness.get("state") != "done":
        return ""
    count, better, worse = len(fitness["after"]), fitness["better"], fitness["worse"]
    before, after = fitness["mean"]
    median = " to ".join(f"{value:.4f}" for value in fitness["median"])
    return (
        f"Mean fitness {before:.4f} to {after:.4f}, median {median}: better on "
        f"{better} of {count} task{'' if count == 1 else 's'}, worse on {worse}."
    )


def _fitness(fitness: Mapping[str, Any], titles: Sequence[str]) -> list[str]:
    if fitness.get("state") == "failed":
        return [f"<p>The fitness is not known: {escape(fitness['message'])}</p>"]
    if fitness.get("state") != "done":
        return []
    return [f"<p>{fitness_text(fitness)}</p>", _chart(fitness, titles)]


def _chart(fitness: Mapping[str, Any], titles: Sequence[str]) -> str:
    """Draw a line from before to after for each task, the largest gain on top."""
    pairs = sorted(
        enumerate(zip(fitness["before"], fitness["after"], strict=True)),
        key=lambda item: item[1][0] - item[1][1],
    )
    # Evenly through the order, so that what got worse is not left out.
    step = max(1.0, len(pairs) / TASKS_SHOWN)
    shown = [pairs[int(i * step)] for i in range(min(len(pairs), TASKS_SHOWN))]
    values = [value for _, pair in shown for value in pair]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    scale = (WIDTH - LEFT - RIGHT) / span
    height = TOP + ROW * len(shown) + BOTTOM
    marks = []
    for i, (task, (old, new)) in enumerate(shown):
        y = TOP + ROW * (i + 0.5)
        x, to = LEFT + (old - low) * scale, LEFT + (new - low) * scale
        name = fitness["names"][task] if fitness["names"] else f"Task {task + 1}"
        marks.append(
            f'<text x="{LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(str(name))}</text>"
            f'<path d="M{x:.1f} {y:.1f}H{to:.1f}" stroke="{DEAD}" stroke-width="1.5"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="{BEFORE}" '
            f'stroke-width="2"/><circle cx="{to:.1f}" cy="{y:.1f}" r="4" '
            f'fill="{AFTER}"/>'
        )
    text = (
        f"Fitness, 1 is best. Ring: {titles[0]}. Disc: {titles[1]}. "
        f"{len(shown)} of {len(pairs)} tasks"
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'aria-label="Fitness of each task" font-size="11" fill="{DEAD}">'
        f"{''.join(marks)}"
        f'<text x="{LEFT}" y="{height - 20}">{low:.4g}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{height - 20}" text-anchor="end">{high:.4g}'
        f'</text><text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{height - 4}" '
        f'text-anchor="middle">{text}</text></svg>'
    )
