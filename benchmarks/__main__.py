"""Measure, print a table and write `docs/performance.md`: `python -m benchmarks`."""

import argparse
import json
import math
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import first_use
from benchmarks.machine import busy, bystanders, describe, in_words
from benchmarks.measure import measure
from benchmarks.page import page
from benchmarks.selfref_page import kept
from benchmarks.table import table
from benchmarks.workloads import ORIGINAL, SMALLEST, Sizes

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
LEAST_TURNS = 5
WIDE = 150  # columns of the table where the terminal does not say


def read_original(path: Path) -> dict[str, float]:
    """Read the original's rates: {"B": 4.5e7, ...}, in the units of the issue.

    Raises
    ------
    ValueError
        When the file holds anything else.
    """
    given = json.loads(path.read_text())
    accepted = f"accepted: positive rates by workload, out of {', '.join(ORIGINAL)}"
    if not isinstance(given, dict) or not given.keys() <= ORIGINAL.keys():
        raise ValueError(f"{path} holds {given!r}; {accepted}")
    for name, rate in given.items():
        number = type(rate) in (int, float)
        if not number or not math.isfinite(rate) or rate <= 0:
            raise ValueError(f"{path} holds {rate!r} for {name}; {accepted}")
    return {name: float(rate) for name, rate in given.items()}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--turns", type=int, default=LEAST_TURNS, help="of all cases")
    parser.add_argument(
        "--original",
        type=Path,
        help='the original\'s rates, measured in this session: {"B": 4.5e7, ...}',
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write")
    parser.add_argument(
        "--smallest", action="store_true", help="only try whether everything runs"
    )
    options = parser.parse_args(arguments)
    if options.turns < LEAST_TURNS and not options.smallest:
        parser.error(f"--turns is {options.turns}; accepted: {LEAST_TURNS} or more")
    if options.smallest and options.page == PAGE:
        parser.error(f"--smallest measures nothing worth {PAGE}; give another --page")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    options = parse(arguments)
    console, log = Console(), Console(stderr=True)
    given = read_original(options.original) if options.original else None
    with log.status("") as status:
        before, began = busy(), time.perf_counter()
        sizes = SMALLEST if options.smallest else Sizes()
        session = measure(sizes, options.turns, status.update)
        others = bystanders(before, busy(), time.perf_counter() - began)
        if options.smallest:
            started = first_use.measure_filled(1)
        else:
            started = first_use.measure(options.turns, status.update)
    lines = table(session.rows, given)
    machine = describe()
    if options.smallest:
        machine = f"SMALLEST SIZES, FIGURES MEAN NOTHING. {machine}"
    shown = Table(*lines[0], title=f"{machine}\n{in_words(others)}")
    for column in shown.columns[1:]:
        column.justify = "right"
    for line in lines[1:]:
        shown.add_row(*line)
    console.width = max(console.width, WIDE)
    shown.caption = "* asked for by a search, whether run or known"
    console.print(shown)
    text = page(session, started, given, machine, others) + kept(options.page)
    options.page.write_text(text)


if __name__ == "__main__":
    main()
