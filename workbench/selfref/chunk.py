"""A few steps of an SRWM head at once, with a gradient written by hand.

In a chunk, W is its value at the chunk's start plus keys^T changes, a sum of at most
`LONGEST` products of a column and a row. So the steps read that short sum, and W is
written once, at the chunk's end. The gradient goes back through the same sum: it needs
no W of each step, and its part for W is one product a chunk. Left to differentiation,
each step writes and keeps W, or a gradient of its size.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

LONGEST = 8


class Kept(NamedTuple):
    """What the gradient of a chunk needs; C steps, M columns of W."""

    weights: jax.Array
    xs: jax.Array
    writes: jax.Array
    keys: jax.Array
    """(C, d)."""
    changes: jax.Array
    """(C, M): step t adds keys[t]^T changes[t] to W."""
    queries: jax.Array
    rates: jax.Array
    """(C, 1) or (C, 4)."""
    differences: jax.Array
    """query W - key W of each step: (C, M)."""


Chunk: TypeAlias = tuple[jax.Array, jax.Array, jax.Array, jax.Array]


def owners(d: int, rates: int) -> jax.Array:
    """Return which rate each of the 3 d + rates columns has: (3 d + rates, rates)."""
    if rates == 1:
        return jnp.ones((3 * d + 1, 1), bool)
    own = jnp.concatenate([jnp.repeat(jnp.arange(3), d), jnp.full(4, 3)])
    return own[:, None] == jnp.arange(4)


@jax.custom_vjp
def chunk(weights: jax.Array, xs: jax.Array, writes: jax.Array) -> Chunk:
    """Run C steps: weights (d, M), xs (C, d), writes (C,).

    Returns
    -------
    weights, ys, keys, changes
        After the steps; (C, d) read before each change; (C, d); (C, M).
    """
    return _forward(weights, xs, writes)[0]


def _forward(
    weights: jax.Array, xs: jax.Array, writes: jax.Array
) -> tuple[Chunk, Kept]:
    steps, d = xs.shape
    many = weights.shape[1]
    owner = owners(d, many - 3 * d).astype(xs.dtype)

    def step(
        held: tuple[jax.Array, jax.Array], given: tuple[jax.Array, ...]
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, ...]]:
        keys, changes = held
        t, x, base, write = given
        made = base + (keys @ x) @ changes
        y, key = made[:d], jax.nn.softmax(made[2 * d : 3 * d])
        query = jax.nn.softmax(made[d : 2 * d])
        rates = jax.nn.sigmoid(made[3 * d :])
        apart = query - key
        difference = apart @ weights + (keys @ apart) @ changes
        change = (owner @ rates) * write * difference
        held = keys.at[t].set(key), changes.at[t].set(change)
        return held, (y, query, rates, difference)

    nothing = jnp.zeros((steps, d), xs.dtype), jnp.zeros((steps, many), xs.dtype)
    (keys, changes), (ys, queries, rates, differences) = jax.lax.scan(
        step, nothing, (jnp.arange(steps), xs, xs @ weights, writes)
    )
    kept = Kept(weights, xs, writes, keys, changes, queries, rates, differences)
    return (weights + keys.T @ changes, ys, keys, changes), kept


def _backward(kept: Kept, given: Chunk) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the gradients for weights, xs and writes; names d... are gradients."""
    weights, xs, writes, keys, changes, queries, rates, differences = kept
    d_weights, d_ys, d_keys, d_changes = given
    steps, d = xs.shape
    owner = owners(d, rates.shape[1]).astype(xs.dtype)
    aparts = queries - keys
    past = jnp.tril(jnp.ones((steps, steps), xs.dtype), -1)

    def step(
        held: tuple[jax.Array, jax.Array], at: tuple[jax.Array, ...]
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, ...]]:
        d_keys, d_changes = held
        t, x, write, key, query, rate, difference, d_y = at[:8]
        apart, by_apart, by_x, before = at[8:]
        d_change = d_changes[t]
        d_difference = (owner @ rate) * write * d_change
        d_scaled = (d_change * difference) @ owner
        along = (changes @ d_difference) * before
        d_apart = weights @ d_difference + along @ keys
        d_made = jnp.concatenate(
            [
                d_y,
                _softmax_back(query, d_apart),
                _softmax_back(key, d_keys[t] - d_apart),
                d_scaled * write * rate * (1 - rate),
            ]
        )
        across = (changes @ d_made) * before
        d_keys += along[:, None] * apart + across[:, None] * x
        d_changes += by_apart[:, None] * d_difference + by_x[:, None] * d_made
        return (d_keys, d_changes), (d_difference, d_made, across, d_scaled @ rate)

    end = d_keys + changes @ d_weights.T, d_changes + keys @ d_weights
    by_apart, by_x = (aparts @ keys.T) * past, (xs @ keys.T) * past
    per_step = (writes, keys, queries, rates, differences, d_ys)
    _, (d_differences, d_made, across, d_writes) = jax.lax.scan(
        step,
        end,
        (jnp.arange(steps), xs, *per_step, aparts, by_apart, by_x, past),
        reverse=True,
    )
    d_weights = d_weights + xs.T @ d_made + aparts.T @ d_differences
    return d_weights, d_made @ weights.T + across @ keys, d_writes


def _softmax_back(chances: jax.Array, given: jax.Array) -> jax.Array:
    return chances * (given - (chances * given).sum())


chunk.defvjp(_forward, _backward)
