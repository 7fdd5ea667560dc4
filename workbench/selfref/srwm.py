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

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from workbench.selfref.chunk import LONGEST, chunk, owners

if TYPE_CHECKING:
    from workbench.selfref.spec import Read


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
    change = (owners(x.shape[-1], rule.rates) @ made.rates) * difference
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

    The same as `step` after `step`, but in chunks (see `chunk`). Differentiate it in
    reverse, ``jax.grad``; forward mode is only for `step`.

    Parameters
    ----------
    writes
        (T,), 1 where the matrix may change and 0 where it may not; None: everywhere.
    """
    if rule.input_softmax:
        xs = jax.nn.softmax(xs)
    if writes is None:
        writes = jnp.ones(len(xs), xs.dtype)
    steps, d = xs.shape
    chunks = -(-steps // LONGEST)
    length = -(-steps // chunks)
    # What fills the last chunk up writes nothing.
    spare = chunks * length - steps
    xs = jnp.pad(xs, ((0, spare), (0, 0)))
    writes = jnp.pad(writes, (0, spare))

    def advance(
        weights: jax.Array, given: tuple[jax.Array, jax.Array]
    ) -> tuple[jax.Array, jax.Array]:
        weights, ys, keys, changes = chunk(weights, *given)
        if rule.read == "after":
            ys += (given[0] * keys).sum(-1, keepdims=True) * changes[:, :d]
        return weights, ys

    if chunks == 1:
        return advance(weights, (xs, writes))
    given = xs.reshape(chunks, length, d), writes.reshape(chunks, length)
    weights, ys = jax.lax.scan(advance, weights, given)
    return weights, ys.reshape(-1, d)[:steps]


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
