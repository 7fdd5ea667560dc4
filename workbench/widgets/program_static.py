"""A program as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from workbench.programs.export import explain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from workbench.programs import Program
    from workbench.widgets.recording import Moment, Recording

# Dark enough on white and light enough on black to be read on both.
COLOURS = {"s": "#3f7fb5", "v": "#2e8b6f", "m": "#94792a"}
DEAD = "#808080"
WHEN = {
    "setup": "once, before the first example",
    "predict": "for each example",
    "learn": "after each training example",
}
_ADDRESS = re.compile(r"\b([svm])(\d+)\b")


def static_listing(title: str, program: Program, words: str = "") -> str:
    """Return the functions as tables of text and meaning; dead lines say so.

    `words` stand between the title and the program.
    Colours stand in the elements themselves: such hosts drop style sheets.
    """
    dead = sum(not live for flags in program.live for live in flags)
    count = f"{len(program)} instructions, {dead} of them dead"
    pieces = [f"<p><b>{escape(title)}</b> ({count})</p>"]
    if words:
        pieces.append(f"<p>{escape(words)}</p>")
    for (name, instructions), flags in zip(
        program.functions.items(), program.live, strict=True
    ):
        rows = "".join(
            _row(
                number,
                str(instruction),
                explain(instruction, program.space, name),
                live,
            )
            for number, (instruction, live) in enumerate(
                zip(instructions, flags, strict=True), start=1
            )
        )
        pieces.append(
            f"<p><b>{name.capitalize()}</b> {WHEN[name]}</p>"
            f'<table style="font-size:13px">{rows}</table>'
        )
    return f'<div style="font:13px/1.5 sans-serif">{"".join(pieces)}</div>'


def _row(number: int, text: str, words: str, live: bool) -> str:
    code = escape(text)
    if live:
        code = _ADDRESS.sub(
            lambda m: f'<span style="color:{COLOURS[m[1]]}">{m[0]}</span>', code
        )
    mark = "" if live else "dead"
    style = "" if live else f' style="color:{DEAD}"'
    left = ' style="text-align:left"'
    return (
        f'<tr{style}><td style="color:{DEAD}">{number}</td>'
        f"<td{left}><code>{code}</code></td><td>{mark}</td>"
        f"<td{left}>{escape(words)}</td></tr>"
    )


def static_moment(
    title: str, recording: Recording, moment: Moment, now: Mapping[str, Any]
) -> str:
    """Return one step of an evaluation: where it stands, and what memory holds."""
    lines = [f"<p><b>{escape(title)}</b>: after {escape(str(now['where']))}</p>"]
    if moment.index >= 0:
        function = recording.program.functions[moment.function]
        lines.append(f"<p><code>{escape(str(function[moment.index]))}</code></p>")
    if now.get("known"):
        facts = (
            f"{name} " + ", ".join(f"{float(value):.6g}" for value in values)
            for name, values in (
                ("prediction", now["prediction"]),
                ("label", now["label"]),
                ("error", [now["error"]]),
            )
        )
        lines.append(f"<p>{escape('; '.join(facts))}</p>")
    rows = "".join(
        f"<tr><td><code>{a.name}</code></td>"
        f'<td style="text-align:left">{_contents(moment.after[a.part])}</td></tr>'
        for a in recording.addresses
    )
    lines.append(f'<table style="font-size:13px">{rows}</table>')
    return f'<div style="font:13px/1.5 sans-serif">{"".join(lines)}</div>'


def _contents(values: np.ndarray) -> str:
    if len(values) <= 8:
        return ", ".join(f"{value:.6g}" for value in values)
    finite = values[np.isfinite(values)]
    parts = [f"{len(values)} numbers"]
    if len(finite):
        parts.append(f"from {finite.min():.6g} to {finite.max():.6g}")
    counts = {"NaN": np.isnan(values).sum(), "infinite": np.isinf(values).sum()}
    parts += [f"{count} {name}" for name, count in counts.items() if count]
    return ", ".join(parts)
