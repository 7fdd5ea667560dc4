"""The block around a layer: residual, layer norm, feed-forward.

As in the code of Irie et al. (2022). An SRWM reads its input as it is, and the residual
path is normalized: norm(h) + layer(h). Every other layer reads a normalized input:
h + layer(norm(h)). Then, for all, h + feed_forward(norm(h)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from workbench.selfref.layers import LAYERS, Params, State, dense

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.selfref.spec import ModelSpec

_LEAST = 1e-5  # under the root of the layer norm


class Block(NamedTuple):
    """A layer with what surrounds it; signatures as in `layers.Layer`."""

    init: Callable[[jax.Array], Params]
    start: Callable[[Params], State]
    run: Callable[[Params, State, jax.Array, jax.Array | None], tuple[State, jax.Array]]
    answer: Callable[[Params, State, jax.Array], jax.Array]


def new_norm(n: int) -> Params:
    """Return a layer norm's parameters."""
    return {"scale": jnp.ones(n, jnp.float32), "shift": jnp.zeros(n, jnp.float32)}


def norm(params: Params, rows: jax.Array) -> jax.Array:
    """Give rows mean 0 and variance 1, then a scale and a shift (Ba et al. 2016)."""
    centred = rows - rows.mean(-1, keepdims=True)
    variance = jnp.square(centred).mean(-1, keepdims=True)
    return (
        centred * jax.lax.rsqrt(variance + _LEAST) * params["scale"] + params["shift"]
    )


def new_dense(key: jax.Array, rows: int, columns: int) -> Params:
    """Return an affine map's parameters."""
    return {
        "weights": dense(key, rows, columns),
        "bias": jnp.zeros(columns, jnp.float32),
    }


def affine(params: Params, rows: jax.Array) -> jax.Array:
    """Apply an affine map to rows."""
    return rows @ params["weights"] + params["bias"]


def make_block(spec: ModelSpec) -> Block:
    """Return the block of a model."""
    layer = LAYERS[spec.kind](spec)

    def init(key: jax.Array) -> Params:
        inner, up, down = jax.random.split(key, 3)
        return {
            "layer": layer.init(inner),
            "norm": new_norm(spec.hidden),
            "ff": {
                "norm": new_norm(spec.hidden),
                "up": new_dense(up, spec.hidden, spec.ff * spec.hidden),
                "down": new_dense(down, spec.ff * spec.hidden, spec.hidden),
            },
        }

    def enter(params: Params, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the layer's input and the residual path."""
        normed = norm(params["norm"], rows)
        return (rows, normed) if layer.raw else (normed, rows)

    def leave(params: Params, rows: jax.Array) -> jax.Array:
        ff = params["ff"]
        return rows + affine(
            ff["down"], jax.nn.relu(affine(ff["up"], norm(ff["norm"], rows)))
        )

    def run(
        params: Params, state: State, rows: jax.Array, writes: jax.Array | None
    ) -> tuple[State, jax.Array]:
        given, residual = enter(params, rows)
        state, rows = layer.run(params["layer"], state, given, writes)
        return state, leave(params, residual + rows)

    def answer(params: Params, state: State, rows: jax.Array) -> jax.Array:
        given, residual = enter(params, rows)
        return leave(params, residual + layer.answer(params["layer"], state, given))

    def start(params: Params) -> Any:
        return layer.start(params["layer"])

    return Block(init, start, run, answer)
