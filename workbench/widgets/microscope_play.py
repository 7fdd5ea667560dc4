"""A model going through one episode, step by step, as plain arrays.

What `workbench.selfref.record` keeps of a sequence, and besides what each layer reads
and the answers to the queries after each step; also for models without matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from workbench.selfref.blocks import affine
from workbench.selfref.compiling import keep_compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from workbench.selfref import Model
    from workbench.widgets.microscope_episode import Example

    Floats = NDArray[np.float32]


class Part(NamedTuple):
    """Columns of a matrix that serve one purpose."""

    name: str
    start: int
    size: int


@dataclass(frozen=True, eq=False)
class LayerPlay:
    """The fast matrices of one layer over an episode of T examples.

    Attributes
    ----------
    parts
        What the columns are: y, q, k and b of an SRWM, v of a delta net.
    weights
        [T + 1, heads, d, columns], before the first example and after each.
    left
        [T, heads, d], the row that the matrix is multiplied with: x of an SRWM, the
        query of the others.
    below
        [T, heads, columns], the product, each part as it is used: softmaxed queries
        and keys, rates between 0 and 1.
    keys, queries
        [T, heads, d].
    rates
        [T, heads, number of rates].
    """

    parts: tuple[Part, ...]
    weights: Floats
    left: Floats
    below: Floats
    keys: Floats
    queries: Floats
    rates: Floats

    @property
    def changes(self) -> Floats:
        """[T, heads, d, columns], what each example added."""
        return np.diff(self.weights, axis=0)

    @property
    def drift(self) -> Floats:
        """[T + 1, heads], the Frobenius norm of W - W_0."""
        return np.linalg.norm(self.weights - self.weights[:1], axis=(2, 3))

    @property
    def change_sizes(self) -> Floats:
        """[T, heads], the Frobenius norm of each change."""
        return np.linalg.norm(self.changes, axis=(2, 3))

    @property
    def singular_values(self) -> Floats:
        """[T + 1, heads, d], largest first."""
        return np.linalg.svd(self.weights, compute_uv=False)


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

    layers: tuple[LayerPlay, ...]
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
    model: Model, params: Any, example: Example, frozen_from: int | None = None
) -> Play:
    """Run a model over an episode and keep every step.

    Raises
    ------
    ValueError
        If the widths of model and episode do not fit.
    """
    spec = model.spec
    wanted = example.spec.inputs, example.spec.outputs
    if (spec.inputs, spec.outputs) != wanted:
        raise ValueError(
            f"the model takes {spec.inputs} inputs and gives {spec.outputs} outputs;"
            f" accepted with these episodes: {wanted[0]} and {wanted[1]}"
        )
    length = len(example)
    writes = np.arange(length) < (length if frozen_from is None else frozen_from)
    found = _player(model)(
        params,
        example.inputs,
        example.unlabelled,
        example.query_inputs,
        writes.astype(np.float32),
    )
    states, rows, seen, answers, own = jax.device_get(found)
    late = int(example.spec.delayed)
    steps = np.arange(length)
    return Play(
        tuple(
            _layer(model, state, row, one)
            for state, row, one in zip(states, rows, seen, strict=True)
            if one
        ),
        own[steps, steps],
        own[np.minimum(steps + 1 + late, length), steps],
        answers,
        example.targets,
        example.query_targets,
    )


@lru_cache(maxsize=16)
def _player(model: Model) -> Callable[..., Any]:
    """Return the compiled run of a model: states, what layers read, answers."""
    keep_compiled()

    def advance(params: Any, state: Any, given: Any) -> Any:
        x, write = given
        row = affine(params["in"], x[None])
        states, rows, seen = [], [], []
        look = model.block.look
        for one, held in zip(params["blocks"], state, strict=True):
            rows.append(row[0])
            seen.append(look(one, held, row[0]) if look is not None else {})
            new, row = model.block.run(one, held, row, write[None])
            states.append(new)
        return tuple(states), (tuple(states), tuple(rows), tuple(seen))

    @jax.jit
    def run(params: Any, xs: Any, own_xs: Any, query_xs: Any, writes: Any) -> Any:
        start = model.start(params)
        _, (later, rows, seen) = jax.lax.scan(
            partial(advance, params), start, (xs, writes)
        )
        states = jax.tree.map(
            lambda first, rest: jnp.concatenate([first[None], rest]), start, later
        )
        asked = jnp.concatenate([query_xs, own_xs])
        # Some models have no state, from which the number of steps could be read.
        every = jax.vmap(model.answer, (None, 0, None), axis_size=len(xs) + 1)
        told = jax.nn.softmax(every(params, states, asked))
        at = len(query_xs)
        return states, rows, seen, told[:, :at], told[:, at:]

    return run


def _layer(
    model: Model, weights: Floats, rows: Floats, seen: dict[str, Floats]
) -> LayerPlay:
    """Put together what a layer was asked and told: see `Model.inspect`."""
    spec = model.spec
    d, keys, queries = spec.head, seen["key"], seen["query"]
    if spec.kind == "srwm":
        left = rows.reshape(len(rows), spec.heads, d)
        if spec.input_softmax:
            left = _softmax(left)
        y = np.einsum("thd,thdc->thc", left, weights[:-1, ..., :d])
        below = np.concatenate([y, queries, keys, seen["rates"]], -1)
        sizes = {"y": d, "q": d, "k": d, "b": spec.rates}
    else:
        left = queries
        read = weights[:-1] if spec.reads == "before" else weights[1:]
        below = np.einsum("thd,thdc->thc", queries, read)
        sizes = {"v": d} if spec.kind == "deltanet" else {"v": d, "sum": 1}
    rates = seen.get("rates")
    if rates is None:  # linear attention adds all of it
        rates = np.ones((*keys.shape[:2], 1), np.float32)
    starts = np.cumsum([0, *sizes.values()]).tolist()
    parts = zip(sizes, starts, sizes.values(), strict=False)
    return LayerPlay(
        tuple(Part(*one) for one in parts), weights, left, below, keys, queries, rates
    )


def _softmax(values: Floats) -> Floats:
    grown = np.exp(values - values.max(-1, keepdims=True))
    return grown / grown.sum(-1, keepdims=True)
