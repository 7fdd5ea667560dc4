"""What became of a program that was simplified, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from workbench.insight.ablation import Effect
    from workbench.insight.shortening import How
    from workbench.insight.values import Place
    from workbench.programs import Program

ROUNDING = 1e-9
"""Differences of fitness that tell other sums, not other programs."""

Why = Literal["dead", "equal", "rounding", "within noise"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An instruction that was left out, and why it could be.

    Attributes
    ----------
    place, text
        Where it stood in the program as given, and what it was.
    why
        "dead": it influenced no prediction, or none any more. "equal": fitness on all
        tuning tasks stayed to the last bit; "rounding": to 1e-9. "within noise": within
        the margin.
    instead
        What is read or written in its place; nothing where it was just left out.
    together
        Where others stood that had to go, or to change, with it.
    how
        What became of those that read it; see `Drop`.
    """

    place: Place
    text: str
    why: Why
    instead: str = ""
    together: tuple[Place, ...] = ()
    how: How = "read"

    def __str__(self) -> str:
        told = {
            "read": "is read instead",
            "onto": "is written to its address instead",
            "carried": "is read instead, at the next example too",
        }
        read = f", {self.instead} {told[self.how]}" if self.instead else ""
        others = ", ".join(map(_told, self.together))
        also = f", together with {others}" if others else ""
        return f"{_told(self.place)}: {self.text} ({self.why}{read}{also})"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An instruction that became a constant, or a constant that became another.

    Attributes
    ----------
    place, text
        Where it stood in the program as given, and what it was.
    now
        What stands there instead.
    why
        As of `Dropped`.
    together
        What went or changed with it.
    """

    place: Place
    text: str
    now: str
    why: Why
    together: tuple[Place, ...] = ()

    def __str__(self) -> str:
        others = ", ".join(map(_told, self.together))
        also = f", together with {others}" if others else ""
        return f"{_told(self.place)}: {self.text} is {self.now} now ({self.why}{also})"


@dataclass(frozen=True, slots=True)
class Simplified:
    """A program and its shorter equal.

    Attributes
    ----------
    program
        What is left.
    dropped
        What was left out, in the order in which it went.
    rewritten
        Where another constant stands now, in the order in which it came.
    effect
        Fitness of the program as given minus that of what is left, on fresh tasks.
    margin
        How much less fitness counted as the same.
    tried
        How many shorter programs were evaluated.
    finished
        Whether all ways were tried; if not, more `tries` may find a shorter program.
    """

    program: Program
    dropped: tuple[Dropped, ...]
    rewritten: tuple[Rewritten, ...]
    effect: Effect
    margin: float
    tried: int
    finished: bool

    @property
    def same(self) -> bool:
        """Whether the interval on fresh tasks leaves no loss above the margin."""
        return self.effect.high <= self.margin + ROUNDING


def _told(place: Place) -> str:
    return f"{place[0]} {place[1] + 1}"
