"""The one table of all workloads, as rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.turns import INDIVIDUALS, INSTRUCTIONS, STEPS
from benchmarks.workloads import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.roofline import Roofline
    from benchmarks.turns import Result


@dataclass(frozen=True)
class Row:
    """A workload that the table shows."""

    result: Result
    roofline: Roofline | None = None


ASKED = "*"
"""Marks training steps that a search asked for, whether they were run or known."""


def unit_of(result: Result) -> str:
    """Return the unit in which a workload's goal is stated."""
    counted = result.has(INSTRUCTIONS)  # in searches, it is not known how many run
    return STEPS if counted else INDIVIDUALS


def header(given: bool) -> list[str]:
    """Return the columns; `given`: the original was measured in this session."""
    columns = [
        "workload",
        "individuals/s",
        "train steps/s",
        "range",
        "ns/instruction",
        "roofline",
        "original (other machine)",
        "ratio",
    ]
    return columns + ["original (this session)", "ratio here"] * given


def _original(result: Result, reference: float | None, digits: int) -> list[str]:
    if reference is None:
        return ["", ""]
    times = result.rate(unit_of(result)) / reference
    return [large(reference), f"{times:.{digits}f}x"]


def large(rate: float) -> str:
    """Return a rate to four digits at least, whole numbers from 1000 on."""
    if rate >= 1e7:
        return f"{rate / 1e6:,.1f} M"
    if rate >= 1e6:
        return f"{rate / 1e6:,.2f} M"
    return f"{rate:,.0f}"


def cells(row: Row, given: Mapping[str, float] | None) -> list[str]:
    """Return the cells of a row."""
    result = row.result
    low, high = result.spread(unit_of(result))
    each = ""
    if result.has(INSTRUCTIONS):
        each = f"{result.seconds_each(INSTRUCTIONS) * 1e9:.2f}"
    known = ORIGINAL.get(result.name)
    shown = [
        result.name,
        large(result.rate(INDIVIDUALS)),
        large(result.rate(STEPS)) + ASKED * (not result.has(INSTRUCTIONS)),
        f"{low - 1:+.0%} {high - 1:+.0%}",
        each,
        f"{row.roofline.fraction:.0%}" if row.roofline else "",
        *_original(result, known.rate if known else None, 1),
    ]
    if given is not None:
        shown += _original(result, given.get(result.name), 2)
    return shown


def table(rows: list[Row], given: Mapping[str, float] | None) -> list[list[str]]:
    """Return header and rows."""
    return [header(given is not None), *(cells(row, given) for row in rows)]


def as_markdown(lines: list[list[str]]) -> str:
    """Return header and rows as a Markdown table, numbers to the right."""
    rule = ["---", *["---:"] * (len(lines[0]) - 1)]
    return "\n".join(_markdown([lines[0], rule, *lines[1:]]))


def _markdown(lines: list[list[str]]) -> Iterator[str]:
    for line in lines:
        yield f"| {' | '.join(line)} |"
