"""How what the state holds answers to errors: whither, how far, by which power."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.probe import CHECKPOINTS, Probe, get
from workbench.insight.values import Entry

if TYPE_CHECKING:
    from workbench.insight.values import Address, Place

TINY = 1e-9
SMALL, UNIT, LARGE = (1e-3, 1e-2), (0.2, 0.4), (20.0, 80.0)
"""Errors between which the growth of an update is measured; the engine's usual limit
ends training at 100."""


@dataclass(frozen=True, eq=False)
class Update:
    """How the error of one example changes one entry; arrays are over memories.

    Attributes
    ----------
    alignment
        Cosine of the change and the error times the prediction's slope: 1 is a
        gradient step of the squared error (of the logistic loss on accuracy tasks),
        or any multiple of it. Memories in which either is zero are left out.
    growth, growth_small, growth_large
        By which power of the error the change grows: around the usual error, below,
        and far above. 1 is a plain gradient, 0 does not depend on the error.
    growth_features
        By which power of the features' scale it grows, at a fixed error. In all four,
        NaN where nothing changes.
    rate
        Length of the change over that of the gradient, at a fixed error.
    length
        Of the change at a fixed error.
    answers
        Whether the error changes anything.
    """

    alignment: np.ndarray
    growth: np.ndarray
    growth_small: np.ndarray
    growth_large: np.ndarray
    growth_features: np.ndarray
    rate: np.ndarray
    length: np.ndarray
    answers: bool


class Answers:
    """Measures what one example's error does; each number is taken once.

    Parameters
    ----------
    probe
        The program under test.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    @cached_property
    def learnt(self) -> set[Address]:
        """The entries that the label moves, be it in one direction only."""
        found = {address for address, update in self.updates.items() if update.answers}
        error, none = (self.probe.update(error=e) for e in (UNIT[0], 0.0))
        for address in self._entries():
            change = np.abs(error[address] - none[address])
            if np.max(change, where=np.isfinite(change), initial=0.0) > TINY:
                found.add(address)
        return found

    @cached_property
    def updates(self) -> dict[Address, Update]:
        """How one example changes each entry on which something depends."""
        return {address: self._update(address) for address in self._entries()}

    def _entries(self) -> list[Address]:
        # A prediction that Predict writes is none; one that it leaves as it is, is.
        own, kept = self.probe.values, Entry(self.probe.prediction)
        return [a for a in own.entries if Entry(a) != kept or own.prediction == kept]

    @cached_property
    def _answers(self) -> dict[float, dict[Address, np.ndarray]]:
        errors = (*SMALL, *UNIT, *LARGE)
        return {error: self._answer(error, self.probe.x) for error in errors}

    @cached_property
    def _doubled(self) -> dict[Address, np.ndarray]:
        return self._answer(UNIT[0], 2 * self.probe.x)

    def _answer(self, error: float, x: np.ndarray) -> dict[Address, np.ndarray]:
        """Return half of what an error changes more than its opposite does.

        So what moves by itself (momentum, decay) is left out. Of entries that do not
        answer at once, what the next example, without an error, makes of it.
        """
        found = self._halves(error, x, later=False)
        if self._late:
            next_one = self._halves(error, x, later=True)
            found |= {address: next_one[address] for address in self._late}
        return found

    @cached_property
    def _late(self) -> list[Address]:
        """Return the entries that do not answer to the error of the same example."""
        at_once = self._halves(UNIT[0], self.probe.x, later=False)
        return [a for a in self._entries() if not np.any(at_once[a])]

    def _halves(
        self, error: float, x: np.ndarray, *, later: bool
    ) -> dict[Address, np.ndarray]:
        up = self.probe.update(x=x, error=error, later=later)
        down = self.probe.update(x=x, error=-error, later=later)
        return {address: (up[address] - down[address]) / 2 for address in up}

    def _update(self, address: Address) -> Update:
        slope = self.probe.slope(address)[:, 0]
        change = self._answers[UNIT[0]][address]
        lengths = {
            error: np.linalg.norm(found[address], axis=1)
            for error, found in self._answers.items()
        }
        length = lengths[UNIT[0]]
        steep = np.linalg.norm(slope, axis=1)
        with np.errstate(all="ignore"):
            alignment = np.sum(slope * change, axis=1) / (steep * length)
            rate = length / (steep * UNIT[0])
        usable = (steep > TINY) & (length > TINY**2) & np.isfinite(alignment)
        doubled = np.linalg.norm(self._doubled[address], axis=1)
        return Update(
            alignment=alignment[usable],
            growth=_power(lengths[UNIT[1]], lengths[UNIT[0]], 2.0),
            growth_small=_power(lengths[SMALL[1]], lengths[SMALL[0]], 10.0),
            growth_large=_bounded(lengths),
            growth_features=_power(doubled, length, 2.0),
            rate=np.where(usable, rate, np.nan),
            length=length,
            answers=bool(np.max(length, where=np.isfinite(length), initial=0.0) > TINY),
        )

    def step_growth(self, place: Place, number: int) -> np.ndarray:
        """Return by which power of large errors an operand in Learn grows."""
        address = self.probe.values.instructions[place].inputs[number]
        count = self._number(place)
        memory = self.probe.predict(self.probe.states, self.probe.x)
        lengths = {}
        for error in (SMALL[1], *LARGE):
            up, down = (
                get(
                    self.probe.learn(
                        memory, self.probe.against(memory, e), count=count
                    ),
                    address,
                )
                for e in (error, -error)
            )
            flat = ((up - down) / 2).reshape(self.probe.count, -1)
            lengths[error] = np.linalg.norm(flat, axis=1)
        return _bounded(lengths)

    def _number(self, place: Place) -> int:
        """Return which of the effective instructions of its function a place is."""
        return [p for p in self.probe.values.instructions if p[0] == place[0]].index(
            place
        )

    def by_checkpoint(self, found: np.ndarray) -> list[np.ndarray]:
        """Return numbers over memories, checkpoint by checkpoint."""
        number = self.probe.checkpoint
        return [found[number == k] for k in range(len(CHECKPOINTS)) if k in number]


def _power(high: np.ndarray, low: np.ndarray, times: float) -> np.ndarray:
    """Return by which power `low` became `high`; NaN where both are nothing."""
    with np.errstate(all="ignore"):
        found = np.log(high / low) / np.log(times)
    return np.where(np.isfinite(found) & (low > 1e-300), found, np.nan)


def _bounded(lengths: dict[float, np.ndarray]) -> np.ndarray:
    """Return the power among large errors; 0 where only they change nothing."""
    low, high = lengths[LARGE[0]], lengths[LARGE[1]]
    nothing = (low == 0) & (high == 0) & (lengths[SMALL[1]] > 0)
    return np.where(nothing, 0.0, _power(high, low, 4.0))


def middle(found: np.ndarray) -> float:
    """Return the median of what is no NaN; NaN if all is."""
    found = found[~np.isnan(found)]
    return float(np.median(found)) if found.size else float("nan")
