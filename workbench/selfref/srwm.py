"""The self-referential weight matrix of one head, as pure functions.

Irie, Schlag, Csordas and Schmidhuber, A Modern Self-Referential Weight Matrix That
Learns to Modify Itself, ICML 2022. A head of width d has one matrix W of shape
(d, 3 d + rates): its columns are the parts y, q, k and b. In one step, with x a row of
length d:

    y, q, k, b = x W
    W <- W + softmax(k)^T (rates * (softmax(q) W - softmax(k) W))

where rates = sigmoid(b) has one number for all columns or one for each part. y is read
before the change, or (an option) after it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from workbench.selfref.spec import Read

CHUNK = 8
"""Steps whose changes are kept as keys and values before they are added to W."""


class Rule(NamedTuple):
    """How a head steps: the options of `ModelSpec` that concern it."""

    rates: int = 4
    read: Read = "before"
    input_softmax: bool = False


PUBLISHED = Rule()


class Parts(NamedTuple):
    """The parts of W, or of what has its columns: (..., d) thrice, (..., rates)."""

    y: jax.Array
    q: jax.Array
    k: jax.Array
    b: jax.Array


class Made(NamedTuple):
    """What a head makes of an input: softmaxed keys and queries, rates in (0, 1)."""

    y: jax.Array
    q: jax.Array
    k: jax.Array
    rates: jax.Array


def split(columns: jax.Array, rates: int) -> Parts:
    """Return the parts of (..., 3 d + rates) columns."""
    d = (columns.shape[-1] - rates) // 3
    y, q, k, b = jnp.split(columns, (d, 2 * d, 3 * d), axis=-1)
    return Parts(y, q, k, b)


def join(parts: Parts) -> jax.Array:
    """Return W with the given parts: the opposite of `split`."""
    return jnp.concatenate(parts, axis=-1)


def read(columns: jax.Array, rates: int) -> Made:
    """Return what x W stands for."""
    y, q, k, b = split(columns, rates)
    return Made(y, jax.nn.softmax(q), jax.nn.softmax(k), jax.nn.sigmoid(b))


def over_columns(rates: jax.Array, d: int) -> jax.Array:
    """Return each column's rate, (3 d + 4,), or the one rate of all columns, (1,)."""
    if rates.shape[-1] == 1:
        return rates
    parts = jnp.repeat(rates[..., :3], d, axis=-1)
    last = jnp.repeat(rates[..., 3:], rates.shape[-1], axis=-1)
    return jnp.concatenate([parts, last], axis=-1)


def step(
    weights: jax.Array, x: jax.Array, rule: Rule = PUBLISHED
) -> tuple[jax.Array, jax.Array]:
    """Step once: (weights (d, 3 d + rates), x (d,)) to (weights, y (d,)).

    The equations as they stand; `run` gives the same, faster.
    """
    if rule.input_softmax:
        x = jax.nn.softmax(x)
    made = read(x @ weights, rule.rates)
    difference = (made.q - made.k) @ weights
    change = over_columns(made.rates, x.shape[-1]) * difference
    weights = weights + jnp.outer(made.k, change)
    y = made.y if rule.read == "before" else x @ weights[:, : x.shape[-1]]
    return weights, y


def answer(weights: jax.Array, xs: jax.Array, rule: Rule = PUBLISHED) -> jax.Array:
    """Return what each of xs (Q, d) would give from the same weights: ys (Q, d)."""
    if rule.read == "after":
        return jax.vmap(lambda x: step(weights, x, rule)[1])(xs)
    if rule.input_softmax:
        xs = jax.nn.softmax(xs)
    return xs @ weights[:, : xs.shape[-1]]


def run(
    weights: jax.Array,
    xs: jax.Array,
    rule: Rule = PUBLISHED,
    writes: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Run a sequence: (weights, xs (T, d)) to (weights, ys (T, d)).

    W changes by one rank a step, so that within a chunk it is its value at the chunk's
    start plus keys^T changes: the steps of a chunk read that sum, and only its end
    writes W. Nothing of W's size has then to be kept for the gradient at each step.

    Parameters
    ----------
    writes
        (T,), 1 where the matrix may change and 0 where it may not; None: everywhere.
    """
    if rule.input_softmax:
        xs = jax.nn.softmax(xs)
    if writes is None:
        writes = jnp.ones(len(xs), xs.dtype)
    advance = partial(_chunk, rule=rule)
    whole = len(xs) // CHUNK * CHUNK
    parts = []
    if whole == CHUNK:
        weights, ys = advance(weights, (xs[:whole], writes[:whole]))
        parts.append(ys)
    elif whole:
        chunks = xs[:whole].reshape(-1, CHUNK, xs.shape[-1])
        given = chunks, writes[:whole].reshape(-1, CHUNK)
        weights, ys = jax.lax.scan(advance, weights, given)
        parts.append(ys.reshape(whole, -1))
    if whole < len(xs):
        weights, ys = advance(weights, (xs[whole:], writes[whole:]))
        parts.append(ys)
    return weights, jnp.concatenate(parts) if len(parts) > 1 else parts[0]


def _chunk(
    weights: jax.Array, given: tuple[jax.Array, jax.Array], *, rule: Rule
) -> tuple[jax.Array, jax.Array]:
    """Run a few steps, unrolled."""
    xs, writes = given
    d = xs.shape[-1]
    base = xs @ weights
    keys: list[jax.Array] = []
    changes: list[jax.Array] = []
    ys = []

    def changed(row: jax.Array, columns: int | None = None) -> jax.Array | float:
        """Return the row times what was added to W since the chunk began."""
        if not keys:
            return 0.0
        at = jnp.stack(keys) @ row
        return at @ jnp.stack(changes)[:, :columns]

    for t in range(len(xs)):
        made = read(base[t] + changed(xs[t]), rule.rates)
        apart = made.q - made.k
        difference = apart @ weights + changed(apart)
        rates = over_columns(made.rates * writes[t], d)
        keys.append(made.k)
        changes.append(rates * difference)
        after = rule.read == "after"
        ys.append(base[t, :d] + changed(xs[t], d) if after else made.y)
    weights = weights + jnp.stack(keys).T @ jnp.stack(changes)
    return weights, jnp.stack(ys)


def general_step(
    weights: jax.Array,
    x: jax.Array,
    outputs: int,
    rates: int = 1,
    *,
    input_softmax: bool = True,
) -> tuple[jax.Array, jax.Array]:
    """Step the paper's single matrix: (weights, x (d_in,)) to (weights, y (d_out,)).

    Its equations 5 to 8, in its layout: the weights are (d_out + 2 d_in + rates, d_in)
    and stand left of a column; their rows are y, k, q and the rates. Output and input
    may differ in length, and the paper's phi, softmax, is on the input too.

    Parameters
    ----------
    outputs
        d_out.
    rates
        1: one for all rows. 4: one each for the rows of y, k, q and the rates.
    """
    d = x.shape[-1]
    phi = jax.nn.softmax
    seen = phi(x) if input_softmax else x
    y, k, q, b = jnp.split(weights @ seen, (outputs, outputs + d, outputs + 2 * d))
    value, held = weights @ phi(q), weights @ phi(k)
    rate = jax.nn.sigmoid(b)
    if rates == 4:
        rows = (outputs, d, d, rates)
        each = zip(rate, rows, strict=True)
        rate = jnp.concatenate([jnp.full(many, one) for one, many in each])
    return weights + jnp.outer(rate * (value - held), phi(k)), y


def to_general(weights: jax.Array, rates: int) -> jax.Array:
    """Return the weights of `step` in the layout of `general_step`: k before q."""
    y, q, k, b = split(weights, rates)
    if rates == 4:
        b = b[:, jnp.array([0, 2, 1, 3])]
    return jnp.concatenate([y, k, q, b], axis=-1).T
