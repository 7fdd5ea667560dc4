"""What a concept is worth: a program with it and without it, on the same fresh tasks.

A knock-out takes a concept out of a program, a knock-in puts one in. Both programs
train on the same tasks with the same seed of random instructions, so that what differs
between the pairs is the concept and not the luck of the draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scipy.special import stdtrit

if TYPE_CHECKING:
    import numpy as np

    from workbench.insight.discover import Discovery
    from workbench.programs import Program

CONFIDENCE = 0.95

Verdict = Literal["helps", "harms", "no effect within noise"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean difference of fitness over pairs, with its 95 % t interval.

    Attributes
    ----------
    difference
        Mean of the fitness with, minus the fitness without.
    low, high
        Ends of Student's interval for that mean, with one degree of freedom less than
        pairs; NaN with one pair.
    pairs
        Fresh tasks on which both programs ran.
    """

    difference: float
    low: float
    high: float
    pairs: int

    @classmethod
    def of(cls, having: np.ndarray, lacking: np.ndarray) -> Effect:
        """Compare the fitness with and without something, float64[T] each.

        Raises
        ------
        ValueError
            When they are not of one length, or empty.
        """
        if having.shape != lacking.shape or having.ndim != 1 or not len(having):
            raise ValueError(
                f"having and lacking have the shapes {having.shape} and"
                f" {lacking.shape}; accepted: [tasks], both alike, at least one"
            )
        apart = having - lacking
        count, mean = len(apart), float(apart.mean())
        if count == 1:
            return cls(mean, math.nan, math.nan, 1)
        error = float(apart.std(ddof=1)) / math.sqrt(count)
        reach = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) * error
        return cls(mean, mean - reach, mean + reach, count)

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0

    def within(self, margin: float) -> bool:
        """Tell whether the interval lies within -margin to margin."""
        return -margin <= self.low and self.high <= margin

    def __str__(self) -> str:
        return (
            f"{self.difference:+.4f} (95 % interval {self.low:+.4f} to"
            f" {self.high:+.4f}, {self.pairs} tasks)"
        )


@dataclass(frozen=True, slots=True)
class Ablation:
    """A concept, the program without it (or with it put in), and what that changed.

    Attributes
    ----------
    discovery
        The concept; of a knock-in as it was found after the graft.
    program
        The changed program: the concept knocked out, or grafted in.
    before, after
        Mean fitness on the fresh tasks of the program as it was and as it became.
    effect
        Fitness with the concept minus fitness without it: above 0 it helps, whether
        it was knocked out or grafted in.
    grafted
        Whether the concept was put in; else it was taken out.
    """

    discovery: Discovery
    program: Program
    before: float
    after: float
    effect: Effect
    grafted: bool = False

    @property
    def concept(self) -> str:
        """The concept's name."""
        return self.discovery.concept.name

    @property
    def verdict(self) -> Verdict:
        """Whether fitness is clearly higher or lower with the concept than without."""
        if not self.effect.clear:
            return "no effect within noise"
        return "helps" if self.effect.difference > 0.0 else "harms"

    def __str__(self) -> str:
        done = "grafting it in" if self.grafted else "knocking it out"
        words = {
            "no effect within noise": "has no effect within noise",
            "helps": "gains fitness" if self.grafted else "costs fitness",
            "harms": "costs fitness" if self.grafted else "gains fitness",
        }
        return f"{self.concept}: {done} {words[self.verdict]}; with it {self.effect}"
