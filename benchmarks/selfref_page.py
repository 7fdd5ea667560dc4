"""The section of `docs/performance.md` on self-reference, kept apart from the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.selfref_parts import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.selfref_sizes import Size

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
HEADING = "\n## Self-reference\n"
CHUNKS = "JAX, chunks"

TEMPLATE = """{heading}
Made by

```
python -m benchmarks.selfref_torch TURNS > torch.json   # where torch is
python -m benchmarks.selfref --turns {turns} --torch torch.json --page
```

Machine: {machine}. One thread; processor time; the best of {turns} turns in
JAX; float32.

One SRWM layer, forward and backward: sequences per processor second, and how many times
as fast the chunks are. The PyTorch loop is written once with four matrices as the
equations stand ("by parts") and once with one ("as one").

{layers}

The fraction of the peak counts the products with W alone (forward, and twice that
backward), against {peak:.0f} Gflop/s: what multiply-adds in the first-level cache reach
on one core (`benchmarks.ceilings`).

Where the time of a whole training step goes ({spec}):

{parts}

Each part was compiled and timed by itself with the same batch. "The matrices" is what
an SRWM takes beyond the same model without self-modification (Fake-SR), "the rest" is
the whole step less the parts above it.
"""


def section(
    machine: str,
    turns: int,
    sizes: Mapping[str, Size],
    arithmetic: Mapping[str, float],
    found: Mapping[str, Mapping[str, float]],
    peak: float,
    where: tuple[str, Mapping[str, float]],
) -> str:
    """Return the text: ``arithmetic`` in flop, ``peak`` in flop/s, ``where`` in s."""
    spec, seconds = where
    head = ["sequences", *found, "chunks, part of the peak"]
    lines = [_row(head), _row(["---"] + ["---:"] * (len(head) - 1))]
    for name, size in sizes.items():
        fast = found[CHUNKS][name]
        cells = [
            f"{rates[name]:,.0f}"
            + ("" if way == CHUNKS else f" ({fast / rates[name]:.1f}x)")
            for way, rates in found.items()
        ]
        share = fast * arithmetic[name] / peak
        lines.append(_row([f"{size[0]} of {name}", *cells, f"{share:.1%}"]))
    whole = seconds[WHOLE]
    rows = [_row(["part", "ms", "share"]), _row(["---", "---:", "---:"])]
    rows += [
        _row([name, f"{1e3 * took:.2f}", f"{took / whole:.0%}"])
        for name, took in seconds.items()
    ]
    return TEMPLATE.format(
        heading=HEADING,
        turns=turns,
        machine=machine,
        layers="\n".join(lines),
        peak=peak / 1e9,
        spec=spec,
        parts="\n".join(rows),
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def with_section(page: str, text: str) -> str:
    """Return the page with another section on self-reference, the last one."""
    return page.partition(HEADING)[0] + text


def kept(page: Path) -> str:
    """Return the section of a page that is there, to be put at the end of a new one."""
    if not page.exists():
        return ""
    _, heading, text = page.read_text().partition(HEADING)
    return heading + text
