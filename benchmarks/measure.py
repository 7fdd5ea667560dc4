"""All measurements of one session, and what the report is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.ceilings import ceilings
from benchmarks.roofline import roofline
from benchmarks.table import Row
from benchmarks.turns import take_turns
from benchmarks.workloads import (
    EVALUATED,
    SINGLE,
    Sizes,
    evaluated,
    evaluations,
    plain,
    probes,
    searches,
    single,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.roofline import Roofline
    from benchmarks.turns import Case, Result


SEARCHES = ("A", "A+", "D4", "D16")


@dataclass(frozen=True)
class Session:
    """What was measured, everything in the same turns."""

    sizes: Sizes
    turns: int
    results: dict[str, Result]
    rooflines: dict[str, Roofline]
    shown: list[str]  #: the workloads of the table, in its order

    @property
    def rows(self) -> list[Row]:
        """The rows of the table."""
        return [Row(self.results[n], self.rooflines.get(n)) for n in self.shown]


def check_outcomes(results: dict[str, Result]) -> None:
    """See that searches came to the same with shortcuts as without, in every turn.

    Compared are all counters, the best fitness and the fitness of every member.

    Raises
    ------
    RuntimeError
        When they did not.
    """
    for name in SEARCHES:
        runs = zip(results[name].samples, results[plain(name)].samples, strict=True)
        for turn, (short, full) in enumerate(runs, start=1):
            if short.outcome != full.outcome:
                raise RuntimeError(
                    f"{name} came to something else without shortcuts in turn {turn}:"
                    " no figure of it means anything"
                )


def measure(sizes: Sizes, turns: int, tell: Callable[[str], None]) -> Session:
    """Measure everything but first use."""
    shown: list[Case] = [*searches(sizes), *evaluations(sizes)]
    unshown: list[Case] = [*probes(sizes), *ceilings(sizes.seconds / 3)]
    results = take_turns([*shown, *unshown], turns, tell)
    check_outcomes(results)
    rooflines = {}
    for name in EVALUATED:
        case = evaluated(name, sizes)
        rooflines[name] = roofline(case, results)
        if name in SINGLE:
            other = replace(case, name=single(name), dtype="float32")
            rooflines[other.name] = roofline(other, results)
    names = [case.name for case in shown]
    return Session(sizes, turns, results, rooflines, names)
