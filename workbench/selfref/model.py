"""A sequence model as pure functions: linear in, blocks, linear out.

Everything is for one sequence; a batch is ``jax.vmap`` over state and sequence:

    run = jax.vmap(model.run, in_axes=(None, None, 0))
    state, ys = run(params, model.start(params), xs)        # xs: (batch, T, inputs)
    answers = jax.vmap(model.answer, in_axes=(None, 0, 0))(params, state, queries)

With the shared start left unbatched, as here, the first steps of all sequences read the
same matrices in one product, which is much faster than a start for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from workbench.selfref.blocks import Block, affine, make_block, new_dense

if TYPE_CHECKING:
    from workbench.selfref.layers import Params, State
    from workbench.selfref.spec import ModelSpec

FrozenFrom: TypeAlias = "int | jax.Array | None"


class Model(NamedTuple):
    """A model of a spec. Parameters and states are dicts and tuples of arrays."""

    spec: ModelSpec
    block: Block

    def init(self, key: jax.Array) -> Params:
        """Return new parameters; equal keys give equal ones."""
        spec = self.spec
        first, last, *keys = jax.random.split(key, 2 + spec.layers)
        return {
            "in": new_dense(first, spec.inputs, spec.hidden),
            "blocks": tuple(self.block.init(one) for one in keys),
            "out": new_dense(last, spec.hidden, spec.outputs),
        }

    def start(self, params: Params) -> State:
        """Return the state at the beginning of a sequence: for an SRWM, W_0."""
        return tuple(self.block.start(one) for one in params["blocks"])

    def step(
        self, params: Params, state: State, x: jax.Array
    ) -> tuple[State, jax.Array]:
        """Step once: x (inputs,) to the next state and y (outputs,)."""
        self._check("x", x, ("inputs",))
        state, ys = self.run(params, state, x[None])
        return state, ys[0]

    def run(
        self,
        params: Params,
        state: State,
        xs: jax.Array,
        frozen_from: FrozenFrom = None,
    ) -> tuple[State, jax.Array]:
        """Run a sequence: xs (T, inputs) to the last state and ys (T, outputs).

        Parameters
        ----------
        frozen_from
            The step, counted from 0, from which on the state stays as it is: the
            self-modifications are off (of an LSTM: h and c are not kept). It may be
            traced, and one for each sequence of a batch. None: never.
        """
        self._check("xs", xs, ("T", "inputs"))
        if len(xs) == 0:
            return state, jnp.zeros((0, self.spec.outputs), xs.dtype)
        writes = None
        if frozen_from is not None:
            writes = (jnp.arange(len(xs)) < frozen_from).astype(xs.dtype)
        rows = affine(params["in"], xs)
        states = []
        # Block by block, not step by step: what has no memory takes all steps at once.
        for one, held in zip(params["blocks"], state, strict=True):
            new, rows = self.block.run(one, held, rows, writes)
            states.append(new)
        return tuple(states), affine(params["out"], rows)

    def answer(self, params: Params, state: State, xs: jax.Array) -> jax.Array:
        """Return what `step` would give for each of xs (Q, inputs): ys (Q, outputs).

        All start from the same state, and none changes it.
        """
        self._check("xs", xs, ("Q", "inputs"))
        rows = affine(params["in"], xs)
        for one, held in zip(params["blocks"], state, strict=True):
            rows = self.block.answer(one, held, rows)
        return affine(params["out"], rows)

    def _check(self, name: str, given: jax.Array, axes: tuple[str, ...]) -> None:
        shape = jnp.shape(given)
        if len(shape) == len(axes) and shape[-1] == self.spec.inputs:
            return
        words = ", ".join(axes) + ("," if len(axes) == 1 else "")
        raise ValueError(
            f"{name} has the shape {shape}; accepted: ({words}) with"
            f" inputs = {self.spec.inputs}; for a batch, jax.vmap"
        )


@lru_cache(maxsize=64)
def make_model(spec: ModelSpec) -> Model:
    """Return the model of a spec; the same for equal specs, for what is compiled."""
    return Model(spec, make_block(spec))
