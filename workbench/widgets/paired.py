"""Two programs on the same tasks: how much better, and whether that may be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Paired:
    """What changed from one program to another, over T tasks on which both ran."""

    mean: float
    """Mean difference of fitness; above 0: better."""
    low: float
    """Lower end of the 95 % t interval of the mean difference; NaN with one task."""
    high: float
    """Upper end."""
    better: int
    """Tasks on which fitness rose."""
    worse: int
    """Tasks on which it fell."""
    tasks: int

    @property
    def equal(self) -> int:
        """Tasks on which fitness stayed, to the last bit."""
        return self.tasks - self.better - self.worse

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def headline(self) -> str:
        """The difference in words: `0.0031 better`."""
        if self.mean == 0.0:
            return "no different" if self.equal < self.tasks else "the same"
        return f"{number(abs(self.mean))} {'better' if self.mean > 0.0 else 'worse'}"

    @property
    def words(self) -> str:
        """Interval, method and counts, as a sentence or two."""
        if self.equal == self.tasks:
            return f"The fitness is the same on {_all(self.tasks)}."
        counts = [
            f"{self.better} of {self.tasks} tasks better",
            f"{self.worse} worse",
            f"{self.equal} the same" if self.equal else "",
        ]
        tally = f"{', '.join(filter(None, counts))}."
        if math.isnan(self.low):
            return f"One task gives no interval. {tally}"
        chance = "" if self.clear else " It holds 0, so this may be chance."
        return (
            f"95 % interval {number(self.low, sign=True)} to "
            f"{number(self.high, sign=True)} (paired t, {self.tasks} tasks)."
            f"{chance} {tally}"
        )


def paired(before: np.ndarray, after: np.ndarray) -> Paired:
    """Compare the fitness of two programs task by task.

    The interval is Student's for the mean of the differences, with T - 1 degrees of
    freedom: it takes the tasks as a sample of those that the spec could draw.

    Parameters
    ----------
    before, after
        float64[T], the same tasks in the same order.

    Raises
    ------
    ValueError
        When they are not of one length, or empty.
    """
    if before.shape != after.shape or before.ndim != 1 or not len(before):
        raise ValueError(
            f"before and after have the shapes {before.shape} and {after.shape}; "
            "accepted: [tasks], both alike, at least one"
        )
    difference = after - before
    count = len(difference)
    mean = float(difference.mean())
    low = high = math.nan
    if count > 1:
        error = float(difference.std(ddof=1)) / math.sqrt(count)
        reach = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) * error
        low, high = mean - reach, mean + reach
    return Paired(
        mean,
        low,
        high,
        int(np.sum(difference > 0.0)),
        int(np.sum(difference < 0.0)),
        count,
    )


def number(value: float, *, sign: bool = False) -> str:
    """Write a difference: three digits, a true minus."""
    size = abs(value)
    text = f"{size:.2e}" if 0.0 < size < 1e-4 else f"{size:.3g}"
    mantissa, _, exponent = text.partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else text
    mark = "-" if value < 0.0 else "+" if sign and value > 0.0 else ""
    return (mark + text).replace("-", "\N{MINUS SIGN}")


def _all(tasks: int) -> str:
    return "the one task" if tasks == 1 else f"all {tasks} tasks"
