"""An episode as the microscope takes it: plain arrays, drawings, and edits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from workbench.tasks.episode_spec import EpisodeSpec

MOST_NOISE = 4.0


@dataclass(frozen=True, eq=False)
class Example:
    """An episode in NumPy, with what a reader wants to see of it.

    Attributes
    ----------
    number
        Which episode of its source it is.
    inputs, targets, query_inputs, query_targets, shots, segments
        As in `workbench.tasks.episodes.Episode`.
    drawings
        uint8 [T + Q, side, side], 255 where ink is full, or None if there are none.
    """

    spec: EpisodeSpec
    number: int
    inputs: NDArray[np.float32]
    targets: NDArray[np.int32]
    query_inputs: NDArray[np.float32]
    query_targets: NDArray[np.int32]
    shots: NDArray[np.int32]
    segments: NDArray[np.int32]
    drawings: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def unlabelled(self) -> NDArray[np.float32]:
        """The inputs [T, inputs] as questions: the label that comes with them withheld.

        With delayed labels an input has the label of the example before, and nothing
        is withheld.
        """
        if self.spec.delayed:
            return self.inputs
        asked = self.inputs.copy()
        asked[:, -self.spec.ways - 1 :] = self.query_inputs[:1, -self.spec.ways - 1 :]
        return asked


@dataclass(frozen=True)
class Edits:
    """What was done to an episode.

    Attributes
    ----------
    noise
        By example (from 0): the deviation of normal noise on its features, whose own
        deviation is 1 on average.
    labels
        By example: the label that it is shown with.
    frozen_from
        The example from which on the matrices stay as they are; None: never.
    """

    noise: Mapping[int, float] = field(default_factory=dict)
    labels: Mapping[int, int] = field(default_factory=dict)
    frozen_from: int | None = None

    def __bool__(self) -> bool:
        return bool(self.noise or self.labels or self.frozen_from is not None)

    def with_noise(self, example: int, noise: float) -> Edits:
        """Return the edits with other noise on one example; 0 takes it away."""
        kept = {k: v for k, v in self.noise.items() if k != example}
        return replace(self, noise={**kept, example: noise} if noise else kept)

    def with_label(self, example: int, label: int | None) -> Edits:
        """Return the edits with another label on one example; None: its own."""
        kept = {k: v for k, v in self.labels.items() if k != example}
        return replace(self, labels=kept if label is None else {**kept, example: label})

    def applied(self, example: Example) -> Example:
        """Return the episode as edited. Targets stay: they are what is true."""
        if not (self.noise or self.labels):
            return example
        inputs = example.inputs.copy()
        ways = example.spec.ways
        features = inputs.shape[1] - ways - 1
        for at, size in self.noise.items():
            random = np.random.default_rng([example.number, at])
            inputs[at, :features] += size * random.standard_normal(features)
        for at, label in self.labels.items():
            row = at + example.spec.delayed
            if row < len(inputs):
                inputs[row, features:] = np.eye(ways + 1, dtype=np.float32)[label]
        return replace(example, inputs=inputs)


class Source(Protocol):
    """Where the microscope takes its episodes from."""

    @property
    def spec(self) -> EpisodeSpec:
        """What the episodes are."""
        ...

    def take(self, number: int) -> Example:
        """Return an episode by its number, from 0; equal numbers, equal episodes."""
        ...


class Kept:
    """A few episodes that lie at hand, and more from where they came from.

    Parameters
    ----------
    examples
        Episodes number 0, 1, ...
    more
        Makes the source of further ones, when one is asked for.
    """

    def __init__(
        self, examples: Sequence[Example], more: Callable[[], Source] | None = None
    ) -> None:
        if not examples:
            raise ValueError("examples is empty; accepted: one episode or more")
        self._examples = tuple(examples)
        self._more = more
        self._source: Source | None = None

    @property
    def spec(self) -> EpisodeSpec:
        """What the episodes are."""
        return self._examples[0].spec

    def at_hand(self, number: int) -> bool:
        """Tell whether an episode can be had without a further source."""
        return number < len(self._examples) or self._more is None

    def take(self, number: int) -> Example:
        """Return an episode by its number."""
        if self._more is None or self.at_hand(number):
            return self._examples[number % len(self._examples)]
        if self._source is None:
            self._source = self._more()
        return self._source.take(number)
