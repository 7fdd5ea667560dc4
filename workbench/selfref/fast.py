"""Fast weights that a slow net writes: the delta rule, and the plain sum.

Schlag, Irie and Schmidhuber, Linear Transformers Are Secretly Fast Weight Programmers,
ICML 2021; Katharopoulos et al., Transformers are RNNs, ICML 2020. A head of width d has
a matrix W that starts at zero; queries, keys and values come from outside:

    delta rule:   W <- W + k^T rate (v - k W)       k, q = phi / sum(phi)
    plain sum:    W <- W + k^T [v, 1]               y = q W, divided by its last column

with phi = ELU + 1. W is read after the change, or (an option) before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from workbench.selfref.spec import Read

_LEAST = 1e-6  # what divides a read of an empty matrix


class Sent(NamedTuple):
    """What the slow net sends to a head: (..., d) each, the rate (...)."""

    q: jax.Array
    k: jax.Array
    v: jax.Array
    rate: jax.Array


def positive(row: jax.Array) -> jax.Array:
    """Return ELU + 1."""
    return jax.nn.elu(row) + 1


def normed(row: jax.Array) -> jax.Array:
    """Return ELU + 1 with sum 1: without it, the delta rule is unstable."""
    row = positive(row)
    return row / row.sum(-1, keepdims=True)


def delta_step(
    weights: jax.Array, sent: Sent, read: Read = "after"
) -> tuple[jax.Array, jax.Array]:
    """Step the delta rule: weights (d, d); returns them and y (d,)."""
    change = sent.rate * (sent.v - sent.k @ weights)
    new = weights + jnp.outer(sent.k, change)
    return new, sent.q @ (weights if read == "before" else new)


def sum_step(
    weights: jax.Array, sent: Sent, read: Read = "after"
) -> tuple[jax.Array, jax.Array]:
    """Step linear attention: weights (d, d + 1); returns them and y (d,)."""
    value = jnp.concatenate([sent.v, jnp.ones_like(sent.v[:1])])
    new = weights + sent.rate * jnp.outer(sent.k, value)
    y = sent.q @ (weights if read == "before" else new)
    return new, y[:-1] / (y[-1] + _LEAST)
