"""A program as plain HTML, for hosts that show no widgets."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from workbench.programs.export import explain

if TYPE_CHECKING:
    from workbench.programs import Program

# Dark enough on white and light enough on black to be read on both.
COLOURS = {"s": "#3f7fb5", "v": "#2e8b6f", "m": "#94792a"}
DEAD = "#808080"
WHEN = {
    "setup": "once, before the first example",
    "predict": "for each example",
    "learn": "after each training example",
}
_ADDRESS = re.compile(r"\b([svm])(\d+)\b")


def static_listing(title: str, program: Program) -> str:
    """Return the functions as tables of text and meaning; dead lines say so.

    Colours stand in the elements themselves: such hosts drop style sheets.
    """
    dead = sum(not live for flags in program.live for live in flags)
    count = f"{len(program)} instructions, {dead} of them dead"
    pieces = [f"<p><b>{escape(title)}</b> ({count})</p>"]
    for (name, instructions), flags in zip(
        program.functions.items(), program.live, strict=True
    ):
        rows = "".join(
            _row(number, str(instruction), explain(instruction, program.space), live)
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
