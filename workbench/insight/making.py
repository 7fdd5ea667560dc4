"""What entries of the state are made of after an example, of themselves and others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.insight.answers import TINY, UNIT, Answers
from workbench.insight.probe import Probe, get, put

if TYPE_CHECKING:
    from workbench.engine import Memory
    from workbench.insight.values import Address

_ALIKE = 0.5  # how far what arrives of a change may be from a multiple of it
_PUSHES = 6
_PUSH = 0.1  # relative to what an entry holds


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


class Makings(Answers):
    """Measures how state goes on into state; see `Answers`."""

    def __init__(self, probe: Probe) -> None:
        super().__init__(probe)
        self._carried: dict[tuple[Address, Address], tuple[float, float, float]] = {}
        self._makings: dict[Address, Making] = {}

    def held(self, address: Address) -> np.ndarray:
        """Return what an entry holds, float64[P, n]."""
        return get(self.probe.states, address).reshape(self.probe.count, -1)

    def drift(
        self, address: Address, *, labels: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what an entry holds, and how it moves whatever the error's sign.

        Whatever the label's, with `labels`.
        """
        probe, size = self.probe, UNIT[0]
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
            for e in (UNIT[0], 0.0)
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
                for e in (UNIT[0], -UNIT[0])
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
        before = probe.update(error=UNIT[0], absolute=True)[target]
        after = probe.update(error=UNIT[0], absolute=True, states=moved)[target]
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
