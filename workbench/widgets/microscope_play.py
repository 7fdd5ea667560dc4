"""A model going through one episode: every step, and what it answers after each.

In NumPy, so that the first picture does not wait for JAX to be loaded and to compile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.selfref.microscope import layer_records
from workbench.selfref.plain import answers, softmax, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.selfref.microscope import LayerRecord
    from workbench.selfref.spec import ModelSpec
    from workbench.widgets.microscope_episode import Example

    Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Play:
    """What a model made of an episode of T examples and Q queries.

    Attributes
    ----------
    layers
        One for each layer with fast matrices; empty for a model without.
    before, after
        [T, ways], the probabilities it gives the example without its label, before
        and after the label was seen.
    answers
        [T + 1, Q, ways], the probabilities it gives the queries after so many
        examples.
    targets, query_targets
        [T] and [Q], what is true.
    """

    layers: tuple[LayerRecord, ...]
    before: Floats
    after: Floats
    answers: Floats
    targets: NDArray[np.int32]
    query_targets: NDArray[np.int32]

    @property
    def right(self) -> Floats:
        """[T + 1], the share of the queries answered rightly after each example."""
        found = self.answers.argmax(-1) == self.query_targets
        return found.mean(-1).astype(np.float32)

    @property
    def loss(self) -> Floats:
        """[T + 1], the mean cross-entropy over the queries, in nats."""
        chosen = self.answers[:, np.arange(len(self.query_targets)), self.query_targets]
        return -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean(-1)


def play(
    spec: ModelSpec, params: Any, example: Example, frozen_from: int | None = None
) -> Play:
    """Run a model over an episode and keep every step.

    Raises
    ------
    ValueError
        If the widths of model and episode do not fit.
    """
    wanted = example.spec.inputs, example.spec.outputs
    if (spec.inputs, spec.outputs) != wanted:
        raise ValueError(
            f"the model takes {spec.inputs} inputs and gives {spec.outputs} outputs;"
            f" accepted with these episodes: {wanted[0]} and {wanted[1]}"
        )
    way = walk(spec, params, example.inputs, frozen_from=frozen_from)
    every = np.arange(len(example) + 1)

    def told(at: Any, xs: Floats) -> Floats:
        return softmax(answers(spec, params, way, at, xs))

    # With delayed labels, its own comes with the example after it.
    seen = np.minimum(every[1:] + int(example.spec.delayed), len(example))
    own = example.unlabelled[:, None]
    return Play(
        layer_records(spec, way),
        told(every[:-1], own)[:, 0],
        told(seen, own)[:, 0],
        told(
            every,
            np.broadcast_to(
                example.query_inputs, (len(every), *example.query_inputs.shape)
            ),
        ),
        example.targets,
        example.query_targets,
    )
