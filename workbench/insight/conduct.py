"""How a program conducts itself: numbers that tell concepts apart whatever its code.

All are taken on `Probe.states`, without the program's noise. A program that carries a
state W from example to example and predicts f(x, W) is asked: how does f grow with x,
where does W go after an example, and how far, as the error and the features grow?
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.insight.probe import CHECKPOINTS, Probe, get, put

if TYPE_CHECKING:
    from workbench.engine import Memory
    from workbench.insight.values import Address, Place

TINY = 1e-9
_ALIKE = 0.5  # how far what arrives of a change may be from a multiple of it
_DRAWN = 8  # seeds with which a draw is tried
_PUSHES = 6
_PUSH = 0.1  # relative to what an entry holds
_SMALL, _UNIT, _LARGE = (1e-3, 1e-2), (0.2, 0.4), (20.0, 80.0)
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


@dataclass(frozen=True, eq=False)
class Making:
    """What an entry is made of after an example, at a fixed error.

    Attributes
    ----------
    parts
        How much of each entry of its kind goes into it, itself included: of its own 1
        in a plain sum, 1 - d in a decay by d, 0 where it is written anew.
    by_label
        How much of its answer to the error is one to the label alone: 0 where label and
        prediction may grow together and nothing changes, as in a gradient step; 1 where
        the prediction does not count.
    """

    parts: dict[Address, float]
    by_label: float


class Conduct:
    """Measures a program on demand; each number is taken once.

    Parameters
    ----------
    probe
        The program under test.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._carried: dict[tuple[Address, Address], tuple[float, float, float]] = {}
        self._makings: dict[Address, Making] = {}
        self._stirs: dict[Place, bool] = {}

    # Prediction against features.

    def prediction(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions at the probe's states, float64[P, O]."""
        return self.probe.output(self.probe.predict(self.probe.states, x))

    @cached_property
    def uses_features(self) -> bool:
        """Whether the prediction depends on the features at all."""
        x = self.probe.x
        change = np.abs(self.prediction(x) - self.prediction(x[::-1]))
        return bool(np.max(change, where=np.isfinite(change), initial=0.0) > TINY)

    @cached_property
    def affine(self) -> float:
        """In which share of the memories the prediction is affine in the features.

        There f(a) + f(b) = f(a + b) + f(0).
        """
        a, b = self.probe.x, self.probe.x[::-1]
        both = self.prediction(a) + self.prediction(b)
        rest = both - self.prediction(a + b) - self.prediction(np.zeros_like(a))
        with np.errstate(all="ignore"):
            size = np.nan_to_num(np.median(np.abs(both)))
            small = np.abs(rest) <= 1e-6 * max(float(size), 1e-6)
        return float(np.mean(small.all(axis=1)))

    @cached_property
    def offset(self) -> np.ndarray:
        """The prediction where all features are zero, float64[P, O]."""
        return self.prediction(np.zeros_like(self.probe.x))

    @cached_property
    def shifts(self) -> bool:
        """Whether training moves the prediction at zero."""
        size = np.median(np.abs(self.prediction(self.probe.x)))
        return bool(np.ptp(self.offset) > 1e-6 * max(size, 1e-6))

    def node(self, place: Place, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Return what an instruction of Predict writes, float64[P, ...].

        A seed lets random draws be random.
        """
        output = self.probe.values.instructions[place].output
        assert output is not None  # effective instructions write
        return get(self._before(place, x, after=True, seed=seed), output)

    def operand(self, place: Place, number: int, x: np.ndarray) -> np.ndarray:
        """Return what an instruction of Predict reads, float64[P, ...]."""
        address = self.probe.values.instructions[place].inputs[number]
        return get(self._before(place, x, after=False), address)

    def written(self, place: Place, states: Memory) -> np.ndarray:
        """Return what an instruction writes if memories hold something else."""
        output = self.probe.values.instructions[place].output
        assert output is not None  # effective instructions write
        count = self._number(place) + 1
        if place[0] == "predict":
            return get(self.probe.predict(states, self.probe.x, count=count), output)
        memory = self.probe.predict(states, self.probe.x)
        return get(self.probe.learn(memory, self.probe.y, count=count), output)

    def step_growth(self, place: Place, number: int) -> np.ndarray:
        """Return by which power of large errors an operand in Learn grows."""
        address = self.probe.values.instructions[place].inputs[number]
        count = self._number(place)
        memory = self.probe.predict(self.probe.states, self.probe.x)
        lengths = {}
        for error in (_SMALL[1], *_LARGE):
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

    def learnt_value(self, place: Place) -> np.ndarray:
        """Return what an instruction of Learn writes, float64[P, ...]."""
        output = self.probe.values.instructions[place].output
        assert output is not None  # effective instructions write
        memory = self.probe.predict(self.probe.states, self.probe.x)
        count = self._number(place) + 1
        return get(self.probe.learn(memory, self.probe.y, count=count), output)

    def typical(self, place: Place) -> float:
        """Return the median of what an instruction writes, over memories and elements.

        0 where nothing is finite.
        """
        here = place[0] == "predict"
        held = self.node(place, self.probe.x) if here else self.learnt_value(place)
        held = held[np.isfinite(held)]
        return float(np.median(held)) if held.size else 0.0

    def _number(self, place: Place) -> int:
        """Return which of the effective instructions of its function a place is."""
        return [p for p in self.probe.values.instructions if p[0] == place[0]].index(
            place
        )

    def _before(
        self, place: Place, x: np.ndarray, *, after: bool, seed: int | None = None
    ) -> Memory:
        count = self._number(place) + after
        return self.probe.predict(self.probe.states, x, seed, count)

    def stirs(self, draw: Place) -> bool:
        """Tell whether a draw, the only one that is random, changes the prediction.

        Of a draw in Learn, the next prediction.
        """
        if draw not in self._stirs:
            self._stirs[draw] = self._moved_by(draw)
        return self._stirs[draw]

    def _moved_by(self, draw: Place) -> bool:
        probe = self.probe
        quiet = probe.noisy(draw, None)
        size = 1e-9 * (np.abs(quiet) + 1e-3)
        return any(
            bool(np.any(np.abs(probe.noisy(draw, seed) - quiet) > size))
            for seed in range(_DRAWN)
        )

    # Updates against errors.

    @cached_property
    def learnt(self) -> set[Address]:
        """The entries that the label moves, be it in one direction only."""
        found = {address for address, update in self.updates.items() if update.answers}
        error, none = (self.probe.update(error=e) for e in (_UNIT[0], 0.0))
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
        own = self.probe.values
        return [a for a in own.entries if a != self.probe.prediction]

    @cached_property
    def _answers(self) -> dict[float, dict[Address, np.ndarray]]:
        errors = (*_SMALL, *_UNIT, *_LARGE)
        return {error: self._answer(error, self.probe.x) for error in errors}

    @cached_property
    def _doubled(self) -> dict[Address, np.ndarray]:
        return self._answer(_UNIT[0], 2 * self.probe.x)

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
        at_once = self._halves(_UNIT[0], self.probe.x, later=False)
        return [a for a in self._entries() if not np.any(at_once[a])]

    def _halves(
        self, error: float, x: np.ndarray, *, later: bool
    ) -> dict[Address, np.ndarray]:
        up = self.probe.update(x=x, error=error, later=later)
        down = self.probe.update(x=x, error=-error, later=later)
        return {address: (up[address] - down[address]) / 2 for address in up}

    def _update(self, address: Address) -> Update:
        slope = self.probe.slope(address)[:, 0]
        change = self._answers[_UNIT[0]][address]
        lengths = {
            error: np.linalg.norm(found[address], axis=1)
            for error, found in self._answers.items()
        }
        length = lengths[_UNIT[0]]
        steep = np.linalg.norm(slope, axis=1)
        with np.errstate(all="ignore"):
            alignment = np.sum(slope * change, axis=1) / (steep * length)
            rate = length / (steep * _UNIT[0])
        usable = (steep > TINY) & (length > TINY**2) & np.isfinite(alignment)
        doubled = np.linalg.norm(self._doubled[address], axis=1)
        return Update(
            alignment=alignment[usable],
            growth=_power(lengths[_UNIT[1]], lengths[_UNIT[0]], 2.0),
            growth_small=_power(lengths[_SMALL[1]], lengths[_SMALL[0]], 10.0),
            growth_large=_bounded(lengths),
            growth_features=_power(doubled, length, 2.0),
            rate=np.where(usable, rate, np.nan),
            length=length,
            answers=bool(np.max(length, where=np.isfinite(length), initial=0.0) > TINY),
        )

    def by_checkpoint(self, found: np.ndarray) -> list[np.ndarray]:
        """Return numbers over memories, checkpoint by checkpoint."""
        number = self.probe.checkpoint
        return [found[number == k] for k in range(len(CHECKPOINTS)) if k in number]

    # State against state.

    def held(self, address: Address) -> np.ndarray:
        """Return what an entry holds, float64[P, n]."""
        return get(self.probe.states, address).reshape(self.probe.count, -1)

    def drift(
        self, address: Address, *, labels: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what an entry holds, and how it moves whatever the error's sign.

        Whatever the label's, with `labels`.
        """
        probe, size = self.probe, _UNIT[0]
        if labels:
            up, down = (probe.update(label=e)[address] for e in (size, -size))
        else:
            up, down = (probe.update(error=e)[address] for e in (size, -size))
        return self.held(address), (up + down) / 2

    def rests(self, address: Address) -> bool:
        """Tell whether an entry stays what it is where there is no error.

        Then only the error moves it.
        """
        if address in self._late:
            return False
        moved, still = (
            np.linalg.norm(self.probe.update(error=e)[address], axis=1)
            for e in (_UNIT[0], 0.0)
        )
        return bool(np.all(still <= 1e-9 * moved) and np.any(moved > TINY))

    def making(self, address: Address) -> Making:
        """Return what an entry is made of, itself one of those in `updates`."""
        if address not in self._makings:
            self._makings[address] = self._making(address)
        return self._makings[address]

    def _making(self, address: Address) -> Making:
        """Fit what arrives of random changes of the state, by least squares.

        They change the prediction too, and the label with it, since the error is fixed.
        What follows the label then moves by rate times slope times that.
        """
        sources = [a for a in self._entries() if a[0] is address[0]]
        slope = self.probe.slope(address)
        rate = np.nan_to_num(self.updates[address].rate)
        columns, targets = [], []
        for push in self._pushes:
            label = np.einsum("po,pon->pn", push.told, slope) * rate[:, None]
            flat = [push.given[a].reshape(label.shape) for a in sources]
            columns.append(np.stack([*flat, label], axis=2))
            targets.append(push.arrived[address])
        given, arrived = (
            np.concatenate(columns, axis=1),
            np.concatenate(targets, axis=1),
        )
        size = np.linalg.norm(given, axis=(1, 2))
        good = np.isfinite(size) & np.isfinite(arrived).all(axis=1)
        if rate.any():
            good &= rate > 0
        if not good.any():
            return Making(dict.fromkeys(sources, np.nan), np.nan)
        given, arrived = given[good], arrived[good]
        given /= size[good, None, None]
        arrived /= size[good, None]
        if slope.shape[2] == 1:
            # Of one number each memory tells too little: its own change and the
            # prediction's may go together.
            given = given.reshape(1, -1, given.shape[2])
            arrived = arrived.reshape(1, -1)
        fits = [np.linalg.lstsq(a, b)[0] for a, b in zip(given, arrived, strict=True)]
        *parts, label = np.median(fits, axis=0).tolist()
        return Making(dict(zip(sources, parts, strict=True)), label)

    @cached_property
    def _pushes(self) -> list[_Push]:
        random = np.random.default_rng(0)
        base, told = self._even(self.probe.states)
        pushes = []
        for _ in range(_PUSHES):
            given, moved = {}, self.probe.states
            for address in self._entries():
                held = get(moved, address)
                size = np.abs(self.held(address)).max(axis=1) + 0.1
                size = size.reshape(-1, *(1,) * (held.ndim - 1))
                given[address] = random.standard_normal(held.shape) * size * _PUSH
                moved = put(moved, address, held + given[address])
            after, then = self._even(moved)
            arrived = {address: after[address] - base[address] for address in given}
            pushes.append(_Push(given, then - told, arrived))
        return pushes

    def _even(self, states: Memory) -> tuple[dict[Address, np.ndarray], np.ndarray]:
        """Return what entries hold after an example, whatever the error's sign.

        After the next where they answer to it only then. Also what is predicted.
        """
        found = {}
        for late in (False, True):
            if late and not self._late:
                break
            up, down = (
                self.probe.update(error=e, states=states, absolute=True, later=late)
                for e in (_UNIT[0], -_UNIT[0])
            )
            for address in self._late if late else up:
                found[address] = (up[address] + down[address]) / 2
        told = self.probe.compared(self.probe.predict(states, self.probe.x))
        return found, told.reshape(self.probe.count, -1)

    def carried(self, source: Address, target: Address) -> float:
        """Return how much of a change of one entry arrives in another after an example.

        Both of one kind; at a fixed error. 1 on itself is a plain sum, 1 - d a decay by
        d; NaN where it is no multiple.
        """
        return self._carry(source, target)[0]

    def carried_share(self, source: Address, target: Address) -> float:
        """Return in which share of the memories `carried` holds."""
        return self._carry(source, target)[1]

    def straight(self, source: Address, target: Address) -> bool:
        """Tell whether all that arrives of a change is a multiple of it."""
        return self._carry(source, target)[2] >= _ALIKE

    def _carry(self, source: Address, target: Address) -> tuple[float, float, float]:
        if (source, target) not in self._carried:
            self._carried[source, target] = self._push(source, target)
        return self._carried[source, target]

    def _push(self, source: Address, target: Address) -> tuple[float, float, float]:
        probe = self.probe
        held = get(probe.states, source)
        random = np.random.default_rng(0)
        push = random.standard_normal(held.shape) * (np.abs(held).max() + 0.1) * 1e-3
        moved = put(probe.states, source, held + push)
        before = probe.update(error=_UNIT[0], absolute=True)[target]
        after = probe.update(error=_UNIT[0], absolute=True, states=moved)[target]
        change = (after - before).reshape(len(held), -1)
        flat = push.reshape(len(held), -1)
        if change.shape != flat.shape:
            return float("nan"), 0.0, 0.0
        with np.errstate(all="ignore"):
            part = np.sum(change * flat, axis=1) / np.sum(flat * flat, axis=1)
            rest = np.linalg.norm(change - part[:, None] * flat, axis=1)
            same = rest <= _ALIKE * np.linalg.norm(flat, axis=1)
            straight = rest <= _ALIKE * np.linalg.norm(change, axis=1)
        share = float(np.mean(same))
        kept = float(np.median(part[same])) if share >= 0.5 else np.nan
        return kept, share, float(np.mean(straight))


class _Push(NamedTuple):
    """A random change of the state."""

    given: dict[Address, np.ndarray]  #: to each entry, of its shape
    told: np.ndarray  #: how the prediction changes, float64[P, O]
    arrived: dict[Address, np.ndarray]  #: after an example, float64[P, n]


def _power(high: np.ndarray, low: np.ndarray, times: float) -> np.ndarray:
    """Return by which power `low` became `high`; NaN where both are nothing."""
    with np.errstate(all="ignore"):
        found = np.log(high / low) / np.log(times)
    return np.where(np.isfinite(found) & (low > 1e-300), found, np.nan)


def _bounded(lengths: dict[float, np.ndarray]) -> np.ndarray:
    """Return the power among large errors; 0 where only they change nothing."""
    low, high = lengths[_LARGE[0]], lengths[_LARGE[1]]
    nothing = (low == 0) & (high == 0) & (lengths[_SMALL[1]] > 0)
    return np.where(nothing, 0.0, _power(high, low, 4.0))


def middle(found: np.ndarray) -> float:
    """Return the median of what is no NaN; NaN if all is."""
    found = found[~np.isnan(found)]
    return float(np.median(found)) if found.size else float("nan")
