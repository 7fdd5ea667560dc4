"""What a block does over time, one maker for each kind: parameters, state, sequence."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from workbench.selfref import fast, srwm

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.selfref.spec import ModelSpec

Params: TypeAlias = dict[str, Any]
State: TypeAlias = Any


class Layer(NamedTuple):
    """One kind of layer. Rows are ``hidden`` long, states are pytrees of arrays."""

    init: Callable[[jax.Array], Params]
    start: Callable[[Params], State]
    """The state at the beginning of a sequence."""
    run: Callable[[Params, State, jax.Array, jax.Array | None], tuple[State, jax.Array]]
    """(params, state, rows (T, hidden), writes (T,) or None) to (state, rows)."""
    answer: Callable[[Params, State, jax.Array], jax.Array]
    """(params, state, rows (Q, hidden)) to rows: each from the same state."""
    raw: bool = False
    """Reads its input as it is, and the residual path is normalized instead."""


def dense(key: jax.Array, rows: int, columns: int) -> jax.Array:
    """Return a matrix that keeps the size of what it is given: N(0, 1/rows)."""
    return jax.random.normal(key, (rows, columns), jnp.float32) / math.sqrt(rows)


def _to_heads(rows: jax.Array, heads: int) -> jax.Array:
    """(T, heads * n) to (heads, T, n)."""
    return rows.reshape(len(rows), heads, -1).swapaxes(0, 1)


def _from_heads(rows: jax.Array) -> jax.Array:
    """(heads, T, n) to (T, heads * n)."""
    return rows.swapaxes(0, 1).reshape(rows.shape[1], -1)


def srwm_layer(spec: ModelSpec) -> Layer:
    """Make self-referential weight matrices, one a head; the state is the matrices."""
    rule = srwm.Rule(spec.rates, spec.reads, spec.input_softmax)
    d, heads = spec.head, spec.heads

    def init(key: jax.Array) -> Params:
        inner, outer = jax.random.split(key)
        noise = jax.random.normal(inner, (heads, d, 3 * d + spec.rates), jnp.float32)
        y, q, k, b = srwm.split(noise / math.sqrt(d), spec.rates)
        parts = srwm.Parts(y, q * spec.query_scale, k, b + spec.rate_bias)
        return {
            "weights": srwm.join(parts),
            "out": dense(outer, spec.hidden, spec.hidden),
        }

    def run(
        params: Params, state: State, rows: jax.Array, writes: jax.Array | None
    ) -> tuple[State, jax.Array]:
        one = jax.vmap(partial(srwm.run, rule=rule, writes=writes))
        state, ys = one(state, _to_heads(rows, heads))
        return state, _from_heads(ys) @ params["out"]

    def answer(params: Params, state: State, rows: jax.Array) -> jax.Array:
        ys = jax.vmap(partial(srwm.answer, rule=rule))(state, _to_heads(rows, heads))
        return _from_heads(ys) @ params["out"]

    def start(params: Params) -> State:
        return params["weights"]

    return Layer(init, start, run, answer, raw=True)


def still_layer(spec: ModelSpec) -> Layer:
    """Make the ablation "fake-sr": part y of an SRWM, which nothing changes."""
    heads = spec.heads

    def init(key: jax.Array) -> Params:
        keys = jax.random.split(key, heads + 1)
        weights = jnp.stack([dense(one, spec.head, spec.head) for one in keys[1:]])
        return {"weights": weights, "out": dense(keys[0], spec.hidden, spec.hidden)}

    def answer(params: Params, _: State, rows: jax.Array) -> jax.Array:
        xs = _to_heads(rows, heads)
        if spec.input_softmax:
            xs = jax.nn.softmax(xs)
        return _from_heads(xs @ params["weights"]) @ params["out"]

    def run(
        params: Params, state: State, rows: jax.Array, _: jax.Array | None
    ) -> tuple[State, jax.Array]:
        return state, answer(params, state, rows)

    return Layer(init, lambda _: (), run, answer, raw=True)


def fast_layer(spec: ModelSpec) -> Layer:
    """Make fast weights under a slow net: "deltanet" and "linear-attention"."""
    delta = spec.kind == "deltanet"
    heads, d = spec.heads, spec.head
    step = partial(fast.delta_step if delta else fast.sum_step, read=spec.reads)

    def init(key: jax.Array) -> Params:
        slow, out = jax.random.split(key)
        return {
            "slow": dense(slow, spec.hidden, heads * (3 * d + delta)),
            "out": dense(out, spec.hidden, spec.hidden),
        }

    def start(params: Params) -> State:
        return jnp.zeros((heads, d, d + (not delta)), params["slow"].dtype)

    def send(params: Params, rows: jax.Array) -> fast.Sent:
        sent = _to_heads(rows @ params["slow"], heads)
        phi = fast.normed if delta else fast.positive
        q, k, v = (sent[..., n * d : (n + 1) * d] for n in range(3))
        rate = jax.nn.sigmoid(sent[..., -1]) if delta else jnp.ones_like(q[..., 0])
        return fast.Sent(phi(q), phi(k), v, rate)

    def run(
        params: Params, state: State, rows: jax.Array, writes: jax.Array | None
    ) -> tuple[State, jax.Array]:
        sent = send(params, rows)
        if writes is not None:
            sent = sent._replace(rate=sent.rate * writes)
        state, ys = jax.vmap(partial(jax.lax.scan, step))(state, sent)
        return state, _from_heads(ys) @ params["out"]

    def answer(params: Params, state: State, rows: jax.Array) -> jax.Array:
        each = jax.vmap(jax.vmap(step, (None, 0)))
        return _from_heads(each(state, send(params, rows))[1]) @ params["out"]

    return Layer(init, start, run, answer)


def lstm_layer(spec: ModelSpec) -> Layer:
    """Make an LSTM with forget gates, their bias 1 at first; the state is (h, c)."""
    n = spec.hidden

    def init(key: jax.Array) -> Params:
        inner, back, out = jax.random.split(key, 3)
        return {
            "in": dense(inner, n, 4 * n),
            "back": dense(back, n, 4 * n),
            "bias": jnp.zeros(4 * n, jnp.float32).at[n : 2 * n].set(1),
            "out": dense(out, n, n),
        }

    def start(params: Params) -> State:
        return jnp.zeros(n, params["in"].dtype), jnp.zeros(n, params["in"].dtype)

    def step(params: Params, state: State, given: jax.Array) -> State:
        gates = jnp.split(given + state[0] @ params["back"], 4)
        enter, forget, leave = map(jax.nn.sigmoid, (gates[0], gates[1], gates[3]))
        cell = forget * state[1] + enter * jnp.tanh(gates[2])
        return leave * jnp.tanh(cell), cell

    def run(
        params: Params, state: State, rows: jax.Array, writes: jax.Array | None
    ) -> tuple[State, jax.Array]:
        def advance(
            state: State, given: tuple[jax.Array, jax.Array]
        ) -> tuple[State, jax.Array]:
            new = step(params, state, given[0])
            kept = jax.tree.map(lambda a, b: jnp.where(given[1] > 0, a, b), new, state)
            return kept, new[0]

        if writes is None:
            writes = jnp.ones(len(rows), rows.dtype)
        given = rows @ params["in"] + params["bias"]
        state, ys = jax.lax.scan(advance, state, (given, writes))
        return state, ys @ params["out"]

    def answer(params: Params, state: State, rows: jax.Array) -> jax.Array:
        given = rows @ params["in"] + params["bias"]
        ys = jax.vmap(lambda one: step(params, state, one)[0])(given)
        return ys @ params["out"]

    return Layer(init, start, run, answer)


LAYERS: dict[str, Callable[[ModelSpec], Layer]] = {
    "srwm": srwm_layer,
    "deltanet": fast_layer,
    "fake-sr": still_layer,
    "linear-attention": fast_layer,
    "lstm": lstm_layer,
}
