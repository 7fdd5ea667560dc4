"""Measure, print a table and write `docs/performance.md`: `python -m benchmarks`."""

import argparse
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import busy, describe
from benchmarks.speed import Result, evaluations, ratio, searches

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"

TEMPLATE = """# Performance

Made by `{command}`. Medians of {runs} runs with the seeds 1 to {runs}, lowest and
highest beside them; the cases take turns, and ratios are medians of the ratios within
a turn. Compilation is not counted.

Machine: {machine}. {others}

{table}

- The cache makes the demo {cache:.2f} times as fast in individuals.
- Two populations on two threads are {threads:.2f} times as fast as on one.

"demo" is the preset (F = 4, ten tasks of 100 training and 100 validation examples,
programs of 20 instructions) over its first {individuals:,} individuals. An individual
is counted whether it is evaluated in full, stopped early or known to the cache; a
training step is one example of one task. The two programs below it are the
hand-designed ones, trained on sixteen tasks (F = 4, 10,000 examples) in one call of
`evaluate`.

## Beside the original engine

The original C++ engine does about 38,000 individuals a second without its cache and
45,000 with it in its demo, on one core of an idle 2-core AMD EPYC: another machine, and
whole runs of 2e8 training steps. So take the ratio to the figures above as a hint, not
as a measurement.

What makes the difference: the ten tasks run side by side in the lanes of vector
registers; instructions that cannot influence a prediction are left out before a
program runs; the whole loop is one compiled call.

## First use

The loop compiles once for each number of lanes (4, 8 or 16) and precision, in about
half a minute, and is then kept on disk; a second process loads it in about a second.
"""


def row(result: Result) -> list[str]:
    """Return the cells of a result."""
    low, high = min(result.rates), max(result.rates)
    return [
        result.name,
        f"{result.median:,.0f}",
        f"{low:,.0f} to {high:,.0f}",
        result.unit,
    ]


HEADER = ["what", "median", "range", "unit"]


def as_markdown(results: list[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = [HEADER, ["---", "---:", "---:", "---"], *map(row, results)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bystanders(
    before: tuple[float, float] | None,
    after: tuple[float, float] | None,
    seconds: float,
) -> str:
    """Return how busy other processes were, in a sentence."""
    if before is None or after is None:
        return "How busy it was with other work is not known."
    everything, own = after[0] - before[0], after[1] - before[1]
    cores = max(0.0, everything - own) / seconds
    return f"Other work took {cores:.2f} cores meanwhile."


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each case")
    parser.add_argument("--individuals", type=int, default=200_000)
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write")
    options = parser.parse_args()
    before, began = busy(), time.perf_counter()
    results = searches(options.runs, options.individuals)
    results += evaluations(options.runs)
    others = bystanders(before, busy(), time.perf_counter() - began)
    table = Table(*HEADER, title=describe())
    for column in table.columns[1:3]:
        column.justify = "right"
    for result in results:
        table.add_row(*row(result))
    Console().print(table)
    by_name = {r.name: r for r in results if r.unit == "individuals/s"}
    cached, plain, one, two = by_name.values()
    page = TEMPLATE.format(
        command="python -m benchmarks",
        runs=options.runs,
        machine=describe(),
        others=others,
        individuals=options.individuals,
        table=as_markdown(results),
        cache=ratio(cached, plain),
        threads=ratio(two, one),
    )
    options.page.write_text(page)


if __name__ == "__main__":
    main()
