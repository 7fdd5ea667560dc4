"""How a program conducts itself: numbers that tell concepts apart whatever its code.

All are taken on `Probe.states`, without the program's noise. A program that carries a
state W from example to example and predicts f(x, W) is asked: how does f grow with x,
where does W go after an example, and how far, as the error and the features grow?
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.answers import TINY
from workbench.insight.making import Makings
from workbench.insight.probe import Probe, get

if TYPE_CHECKING:
    from workbench.engine import Memory
    from workbench.insight.values import Place

_DRAWN = 8  # seeds with which a draw is tried


class Conduct(Makings):
    """Measures a program on demand; each number is taken once.

    Parameters
    ----------
    probe
        The program under test.
    """

    def __init__(self, probe: Probe) -> None:
        super().__init__(probe)
        self._stirs: dict[Place, bool] = {}

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
