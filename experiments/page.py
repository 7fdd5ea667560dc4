"""The text of the reports: tables and numbers as words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.statistics import Estimate


_PAGES = Path(__file__).with_name("pages")


def template(name: str) -> str:
    """Return the text of a report, with names in braces where numbers go."""
    return (_PAGES / f"{name}.md").read_text()


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; columns but the first are right-aligned."""
    aligned = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, aligned, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def percent(estimate: Estimate, digits: int = 1) -> str:
    """Return a proportion with its interval: 40 % (25 to 58 %)."""
    value, low, high = (f"{100 * part:.{digits}f}" for part in estimate)
    return f"{value} % ({low} to {high} %)"


def number(estimate: Estimate, form: str = ".4f") -> str:
    """Return a value with its interval, where there is one."""
    value, low, high = (format(part, form) for part in estimate)
    return value if math.isnan(estimate.low) else f"{value} ({low} to {high})"


def small(value: float) -> str:
    """Return a small number with its power of ten: 2.1e-07."""
    return "0" if value == 0 else f"{value:.1e}"


def write(path: Path, text: str) -> None:
    """Write a page, with one newline at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.strip() + "\n")
