"""A model over one sequence in NumPy, step after step, with all that happens kept.

What JAX compiles for batches, for one sequence that somebody looks at: it needs no
compiling, which takes seconds for each new length. Tests hold the two to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.selfref.spec import ModelSpec

    Floats = NDArray[np.float32]

LOOKS_INSIDE = ("srwm", "deltanet", "linear-attention")
"""Kinds with matrices that change."""
RAW = ("srwm", "fake-sr")
"""Kinds that read their input as it is; see `workbench.selfref.blocks`."""
_NORM_LEAST, _SUM_LEAST = 1e-5, 1e-6  # as in blocks and fast


@dataclass(frozen=True, eq=False)
class Way:
    """A model's way over a sequence of T steps.

    Attributes
    ----------
    states
        For each layer its states before the first step and after each, (T + 1, ...):
        one array of matrices, (h, c) of an LSTM, nothing of "fake-sr".
    steps
        For each layer with matrices: ``row`` (T, heads, d), what the matrix is
        multiplied with; ``product`` (T, heads, columns), row W with each part as it is
        used, queries and keys softmaxed and rates between 0 and 1; ``query``, ``key``,
        ``value``, what the key ``held``, and ``rates``, (T, heads, ...) each. Linear
        attention has neither of the last two.
    ys
        (T, outputs).
    """

    states: tuple[tuple[Floats, ...], ...]
    steps: tuple[Mapping[str, Floats], ...]
    ys: Floats


def walk(
    spec: ModelSpec,
    params: Any,
    xs: Floats,
    *,
    state: Any = None,
    frozen_from: int | None = None,
) -> Way:
    """Run xs (T, inputs), from a state of the model or the start of a sequence.

    ``frozen_from`` is the step, from 0, from which on the state stays as it is.
    """
    params = plain(params)
    writes = np.arange(len(xs)) < (len(xs) if frozen_from is None else frozen_from)
    rows = _affine(params["in"], np.asarray(xs, np.float32))
    states, steps = [], []
    for place, one in enumerate(params["blocks"]):
        given, residual = _entered(spec, one, rows)
        first = _start(spec, one["layer"]) if state is None else _tuple(state[place])
        held, seen, ys = _run(spec, one["layer"], first, given, writes)
        states.append(held)
        steps.append(seen)
        rows = _left(one["ff"], residual + ys)
    return Way(tuple(states), tuple(steps), _affine(params["out"], rows))


def answers(spec: ModelSpec, params: Any, way: Way, at: Any, xs: Floats) -> Floats:
    """Return what a step would give for each of xs, none of which is kept.

    Parameters
    ----------
    at
        (S,), after how many steps each row of questions is asked.
    xs
        (S, Q, inputs).

    Returns
    -------
    Floats
        (S, Q, outputs)
    """
    params = plain(params)
    rows = _affine(params["in"], np.asarray(xs, np.float32))
    for one, states in zip(params["blocks"], way.states, strict=True):
        given, residual = _entered(spec, one, rows)
        held = tuple(part[at] for part in states)
        ys = _answered(spec, one["layer"], held, given)[0]
        rows = _left(one["ff"], residual + ys)
    return _affine(params["out"], rows)


def plain(tree: Any) -> Any:
    """Return nested dicts and tuples with NumPy arrays for leaves."""
    if isinstance(tree, dict):
        return {name: plain(one) for name, one in tree.items()}
    if isinstance(tree, tuple):
        return tuple(plain(one) for one in tree)
    return np.asarray(tree)


def softmax(values: Floats) -> Floats:
    """Return the softmax along the last axis."""
    grown = np.exp(values - values.max(-1, keepdims=True))
    return grown / grown.sum(-1, keepdims=True)


def _run(
    spec: ModelSpec, params: Any, state: tuple[Floats, ...], rows: Floats, writes: Any
) -> tuple[tuple[Floats, ...], Mapping[str, Floats], Floats]:
    """Return a layer's states (T + 1, ...), what it saw, and its ys (T, hidden)."""
    held = [tuple(part[None] for part in state)]
    ys, seen = [], []
    for row, write in zip(rows, writes, strict=True):
        out, told, new = _answered(spec, params, held[-1], row[None, None], write)
        ys.append(out[0, 0])
        seen.append({name: part[0, 0] for name, part in told.items()})
        held.append(new if write else held[-1])
    states = tuple(np.concatenate(parts) for parts in zip(*held, strict=True))
    steps = {name: np.stack([one[name] for one in seen]) for name in seen[0]}
    return states, steps, np.stack(ys)


def _start(spec: ModelSpec, params: Any) -> tuple[Floats, ...]:
    d, heads = spec.head, spec.heads
    if spec.kind == "srwm":
        return (params["weights"],)
    if spec.kind == "lstm":
        return (np.zeros(spec.hidden, np.float32),) * 2
    if spec.kind == "fake-sr":
        return ()
    columns = d + (spec.kind == "linear-attention")
    return (np.zeros((heads, d, columns), np.float32),)


def _answered(
    spec: ModelSpec, params: Any, state: Any, rows: Floats, write: Any = True
) -> tuple[Floats, dict[str, Floats], Any]:
    """Answer rows (S, Q, hidden) from states (S, ...).

    Returns the answers (S, Q, hidden), what was looked up, (S, Q, heads, ...), and the
    states (S, ...) after the first of each row of questions.
    """
    if spec.kind == "lstm":
        return _lstm(params, state, rows)
    if spec.kind == "fake-sr":
        x = _heads(spec, rows)
        x = softmax(x) if spec.input_softmax else x
        y = np.einsum("sqhd,hdc->sqhc", x, params["weights"])
        return y.reshape(rows.shape) @ params["out"], {}, ()
    (weights,) = state
    of = _srwm if spec.kind == "srwm" else _fast
    seen, change = of(spec, params, weights, rows)
    d = spec.head
    width = d + (spec.kind == "linear-attention")
    row, key = seen["row"], seen["key"]
    read = np.einsum("sqhd,shdc->sqhc", row, weights[..., :width])
    if spec.reads == "after" and write:
        read = read + (row * key).sum(-1, keepdims=True) * change[..., :width]
    y = read
    if width > d:
        y = read[..., :d] / (read[..., d:] + np.float32(_SUM_LEAST))
    made = [seen[name] for name in ("query", "key", "rates")]
    seen["product"] = np.concatenate([read, *made], -1) if of is _srwm else read
    if spec.kind == "linear-attention":
        del seen["held"], seen["rates"]
    new = weights + np.einsum("shd,shc->shdc", key[:, 0], change[:, 0])
    return y.reshape(rows.shape) @ params["out"], seen, (new,)


def _srwm(
    spec: ModelSpec, _: Any, weights: Floats, rows: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Return what an SRWM's heads look up, and what they would add along the key."""
    x = _heads(spec, rows)
    x = softmax(x) if spec.input_softmax else x
    d = spec.head
    columns = np.einsum("sqhd,shdc->sqhc", x, weights)
    _, q, k, b = np.split(columns, (d, 2 * d, 3 * d), -1)
    query, key, rates = softmax(q), softmax(k), _sigmoid(b)
    value = np.einsum("sqhd,shdc->sqhc", query, weights)
    held = np.einsum("sqhd,shdc->sqhc", key, weights)
    each = np.repeat(rates, [d, d, d, 4], -1) if spec.rates == 4 else rates
    seen = {"query": query, "key": key, "value": value, "held": held, "rates": rates}
    return {"row": x, **seen}, each * (value - held)


def _fast(
    spec: ModelSpec, params: Any, weights: Floats, rows: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Return the same of fast weights that a slow net writes."""
    d = spec.head
    sent = _heads(spec, rows @ params["slow"])
    q, k = (_positive(sent[..., n * d : (n + 1) * d]) for n in range(2))
    value = sent[..., 2 * d : 3 * d]
    if spec.kind == "deltanet":
        q, k = (one / one.sum(-1, keepdims=True) for one in (q, k))
        rates = _sigmoid(sent[..., -1:])
        held = np.einsum("sqhd,shdc->sqhc", k, weights)
        change = rates * (value - held)
    else:
        rates = np.ones_like(q[..., :1])
        held = np.zeros_like(value)
        change = np.concatenate([value, rates], -1)
    seen = {"query": q, "key": k, "value": value, "held": held, "rates": rates}
    return {"row": q, **seen}, change


def _lstm(params: Any, state: Any, rows: Floats) -> tuple[Floats, dict[str, Any], Any]:
    h, c = (part[:, None] for part in state)
    gates = rows @ params["in"] + params["bias"] + h @ params["back"]
    enter, forget, what, leave = np.split(gates, 4, -1)
    cell = _sigmoid(forget) * c + _sigmoid(enter) * np.tanh(what)
    out = _sigmoid(leave) * np.tanh(cell)
    return out @ params["out"], {}, (out[:, 0], cell[:, 0])


def _tuple(state: Any) -> tuple[Floats, ...]:
    return plain(state if isinstance(state, tuple) else (state,))


def _heads(spec: ModelSpec, rows: Floats) -> Floats:
    return rows.reshape(*rows.shape[:-1], spec.heads, -1)


def _affine(params: Any, rows: Floats) -> Floats:
    return rows @ params["weights"] + params["bias"]


def _norm(params: Any, rows: Floats) -> Floats:
    centred = rows - rows.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    grown = centred / np.sqrt(variance + np.float32(_NORM_LEAST))
    return grown * params["scale"] + params["shift"]


def _entered(spec: ModelSpec, params: Any, rows: Floats) -> tuple[Floats, Floats]:
    """Return what the layer reads, and the residual path."""
    normed = _norm(params["norm"], rows)
    return (rows, normed) if spec.kind in RAW else (normed, rows)


def _left(params: Any, rows: Floats) -> Floats:
    up = _affine(params["up"], _norm(params["norm"], rows))
    return rows + _affine(params["down"], np.maximum(up, 0))


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values + 1, np.exp(np.minimum(values, 0)))


def _sigmoid(values: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -values))
