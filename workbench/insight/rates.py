"""Which loss the steps follow, and at which rate."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.answers import middle
from workbench.insight.carrying import ALIGNED, TAKEN, StateReader, named
from workbench.insight.prediction import Evidence
from workbench.insight.probe import get, put
from workbench.insight.values import Address, Entry, Value, Written
from workbench.programs import Kind

if TYPE_CHECKING:
    from workbench.insight.values import Place

FLAT = 0.15  # powers below it are none
_ALIKE = 2e-3  # rates that differ by less are taken for the same
_MOSTLY = 0.8  # of the memories
_MAJORITY = 0.5
_STAYS = 1e-5  # the same of one task


class RateReader(StateReader):
    """Reads how far steps go."""

    @cached_property
    def loss(self) -> str:
        """Of which loss steps follow the gradient.

        Logistic is that in which the label is compared with the sigmoid of what the
        weights predict, be it the engine's or the program's own.
        """
        conduct, probe = self.conduct, self.conduct.probe
        memory = probe.predict(probe.states, probe.x)
        compared = probe.compared(memory)
        if probe.against_address != probe.prediction or probe.metric == "accuracy":
            like = np.allclose(compared, probe.probability(memory), rtol=1e-6)
            return "logistic loss" if like else "squared error"
        # The slope of a probability p is p (1 - p) times that of what it is made of.
        within = (compared > 0) & (compared < 1)
        if compared.ndim > 1 or not np.all(within):
            return "squared error"
        for address, update in self.steps.items():
            rates = conduct.by_checkpoint(update.rate)
            times = conduct.by_checkpoint(update.rate * compared * (1 - compared))
            plain, whole = (
                float(np.median([_spread(row) for row in rows]))
                for rows in (rates, times)
            )
            if whole < _ALIKE < plain and address not in self.running:
                return "logistic loss"
        return "squared error"

    @cached_property
    def _rates(self) -> dict[Address, list[np.ndarray]]:
        """Return the rate by checkpoint and task of each step of a plain gradient.

        Of a normalised one, its length.
        """
        probe = self.conduct.probe
        slope = np.ones(probe.count)
        if self.loss == "logistic loss" and probe.metric == "rmse":
            compared = probe.compared(probe.predict(probe.states, probe.x))
            if probe.against_address == probe.prediction:
                slope = compared * (1 - compared)
        return {
            a: self.conduct.by_checkpoint(
                u.length if is_flat(u.growth) else u.rate * slope
            )
            for a, u in self.steps.items()
        }

    @cached_property
    def _drawn(self) -> set[Address]:
        """Return the steps whose rate Setup draws: it stays, but not for all tasks.

        A mean of weights may stay too, where features are centred.
        """
        if self.rate_from_weights():
            return set()
        task = np.concatenate(self.conduct.by_checkpoint(self.conduct.probe.task))
        found = set()
        for address, rows in self._rates.items():
            rate = np.concatenate(rows)
            own = [_spread(rate[task == k]) for k in np.unique(task)]
            if _spread(rate) > _ALIKE and max(own) < _STAYS:
                found.add(address)
        return found

    def constant_rate(self) -> Evidence | None:
        """Look for a rate that stays."""
        for address in self._drawn:
            why = f"drawn in Setup, then always the same for {named(address)}"
            return Evidence(self._scaling(address), 1.0, why)
        for address, rows in self._rates.items():
            rate = np.concatenate(rows)
            if _spread(rate) < _ALIKE or _stays(rate):
                why = f"always {middle(rate):.3g} for {named(address)}"
                return Evidence(self._scaling(address), _near(rate), why)
        return None

    def decaying_rate(self) -> Evidence | None:
        """Look for a rate that falls."""
        for address, rate in self._rates.items():
            by_time = np.array([middle(row) for row in rate])
            alike = all(_near(row) > _MAJORITY for row in rate)
            falls = np.all(np.diff(by_time) <= _STAYS * by_time[:-1])
            falls = falls and by_time[-1] < 0.98 * by_time[0]
            if alike and falls:
                places = self._scaling(address)
                return Evidence(
                    places,
                    float(np.mean([_near(row) for row in rate])),
                    f"from {by_time[0]:.3g} to {by_time[-1]:.3g} for {named(address)}",
                )
        return None

    def adaptive_rate(self) -> Evidence | None:
        """Look for a rate that adapts; if that of any step stays, it does not."""
        spreads = {
            address: float(np.median([_spread(row) for row in rate]))
            for address, rate in self._rates.items()
        }
        stay = (_stays(np.concatenate(rate)) for rate in self._rates.values())
        if self._drawn or any(stay):
            return None
        if not spreads:
            return None
        address = min(spreads, key=spreads.__getitem__)
        if not spreads[address] > _ALIKE:
            return None
        apart = [1.0 - _near(row) for row in self._rates[address]]
        return Evidence(
            self._scaling(address),
            float(np.mean(apart)),
            f"differs by {spreads[address]:.2%} between memories for {named(address)}",
        )

    def rate_from_weights(self) -> Evidence | None:
        """Look for a rate made of the weights' mean."""
        for address in self.steps:
            for value in self.cones.in_order(
                self.cones.of(self.entries[address].learn)
            ):
                instruction = self.cones.instruction(value)
                if instruction is None or instruction.op.output is not Kind.SCALAR:
                    continue
                held = {a for a in self.cones.parameters(value) if a in self.updates}
                learnt = {a for a in held if a[0] is Kind.MATRIX and self.learns(a)}
                predicts = value in self.cones.of(self.cones.values.prediction)
                if not learnt or predicts or self.cones.error(value):
                    continue
                if self.cones.features(value) or not any(
                    self._is_mean(value, a) for a in learnt
                ):
                    continue
                return Evidence(
                    self.cones.places({value}),
                    1.0,
                    f"the mean of {named(min(learnt, key=named))} scales the step"
                    f" of {named(address)}",
                )
        return None

    def _is_mean(self, value: Written, matrix: Address) -> bool:
        """Tell whether a value follows the mean of a matrix, and nothing else of it."""
        states = self.conduct.probe.states
        held = get(states, matrix)
        push = np.random.default_rng(0).standard_normal(held.shape)
        push *= np.abs(held).mean() + TAKEN
        push -= push.mean(axis=(1, 2), keepdims=True)
        place = (value.function, value.index)
        still, turned, moved = (
            self.conduct.written(place, put(states, matrix, held + change))
            for change in (0.0, push, np.abs(push).mean())
        )
        size = np.abs(moved - still)
        same = np.abs(turned - still) <= 1e-6 * size
        return bool(np.mean(same & (size > 0)) > ALIGNED)

    def _scaling(self, address: Address) -> tuple[Place, ...]:
        """Return what makes the step's factor: scalars of Learn that know no error."""
        cone = self.cones.of(self.entries[address].learn)
        near = {
            operand
            for v in cone
            if self.cones.error(v)
            for operand in self.cones.values.operands(v)
            if not self.cones.error(operand) and not self.cones.features(operand)
        }
        found: set[Value] = set()
        for value in near:
            instruction = self.cones.instruction(value)
            if instruction is not None and instruction.op.output is Kind.SCALAR:
                found |= self.cones.of(value)
            if (
                isinstance(value, Entry)
                and value.address[0] is Kind.SCALAR
                and not self.learns(value.address)
            ):
                for origin in self.entries[value.address]:
                    found |= self.cones.of(origin)
        return self.cones.places(found) or self.made_by([address])


def is_flat(powers: np.ndarray) -> bool:
    """Tell whether something does not grow, by the median power."""
    return abs(middle(powers)) < FLAT


def share_of(true: np.ndarray, known: np.ndarray) -> float:
    """Return how often something is true where it is known; 0 if it is nowhere."""
    held = true[~np.isnan(known)]
    return float(np.mean(held)) if held.size else 0.0


def _near(rate: np.ndarray) -> float:
    """Return the share of rates that are alike, of those that are known."""
    center = middle(rate)
    return share_of(np.abs(rate - center) <= 2 * _ALIKE * abs(center), rate)


def _stays(rate: np.ndarray) -> bool:
    """Tell whether rates are the same, but for few of which other things take part."""
    center = middle(rate)
    return share_of(np.abs(rate - center) <= _STAYS * abs(center), rate) > _MOSTLY


def _spread(found: np.ndarray) -> float:
    """Return the standard deviation over the mean of what is finite."""
    found = found[np.isfinite(found)]
    if found.size == 0:
        return float("inf")
    return float(np.std(found) / max(abs(np.mean(found)), 1e-300))
