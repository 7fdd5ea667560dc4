"""Cases that take turns, and what came of their runs.

A machine that others use, or that grows warm, is not the same from one minute to the
next. So each case runs once in every turn, and two cases are compared within turns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

INDIVIDUALS = "individuals"
STEPS = "train steps"
INSTRUCTIONS = "instructions"


class Sample(NamedTuple):
    """What one run did, and in what time."""

    seconds: float
    counts: Mapping[str, float]  #: how many of each unit
    outcome: object = None  #: what a faster way must come to as well


class Case(Protocol):
    """Something to measure."""

    @property
    def name(self) -> str: ...

    def prepare(self) -> None:
        """Do what is not to be measured: compile, load, lay out."""

    def run(self, turn: int, /) -> Sample:
        """Run once; `turn` counts from 1 and serves as the seed."""


@dataclass(frozen=True)
class Result:
    """All runs of one case, by turns."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    def has(self, unit: str) -> bool:
        """Tell whether the case counts such units."""
        return all(unit in sample.counts for sample in self.samples)

    def rates(self, unit: str) -> list[float]:
        """Return units a second, by turns."""
        return [sample.counts[unit] / sample.seconds for sample in self.samples]

    def rate(self, unit: str) -> float:
        """Return the median of the units a second."""
        return median(self.rates(unit))

    def pooled(self, unit: str) -> float:
        """Return the units of all runs over their seconds: slow runs weigh more."""
        done = sum(sample.counts[unit] for sample in self.samples)
        return done / sum(sample.seconds for sample in self.samples)

    def best(self, unit: str) -> float:
        """Return the highest rate: what can be done."""
        return max(self.rates(unit))

    def spread(self, unit: str) -> tuple[float, float]:
        """Return the lowest and the highest rate as parts of the median."""
        rates = self.rates(unit)
        return min(rates) / median(rates), max(rates) / median(rates)

    def seconds_each(self, unit: str) -> float:
        """Return the median of the seconds that one such unit takes."""
        return 1.0 / self.rate(unit)


def ratio(one: Result, other: Result, unit: str) -> float:
    """Return the median, over the turns, of one rate over the other."""
    pairs = zip(one.rates(unit), other.rates(unit), strict=True)
    return median(a / b for a, b in pairs)


def take_turns(
    cases: Iterable[Case], turns: int, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Result]:
    """Run every case once a turn; return the results by name.

    Raises
    ------
    ValueError
        When two cases have the same name.
    """
    everything = list(cases)
    results = {case.name: Result(case.name) for case in everything}
    if len(results) < len(everything):
        raise ValueError("two cases have one name; accepted: a name for each")
    for case in everything:
        tell(f"prepare {case.name}")
        case.prepare()
    for turn in range(1, turns + 1):
        for case in everything:
            tell(f"turn {turn} of {turns}: {case.name}")
            results[case.name].samples.append(case.run(turn))
    return results
