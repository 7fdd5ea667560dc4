"""Models of every kind: state, batches, answers, freezing, shapes."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.selfref.plain import attention_head, delta_head
from workbench.selfref import KINDS, ModelSpec, layers, make_model

BATCH, STEPS, HALF = 3, 12, 6
# What is compiled runs once: little effort is enough.
jit = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def spec_of(kind, **more):
    return ModelSpec(kind, 5, 4, layers=2, hidden=8, heads=2, **more)


@cache
def made(kind, read=None):
    """A model, its parameters, sequences, and functions compiled once."""
    model = make_model(spec_of(kind, read=read))
    params = model.init(jax.random.key(1))
    xs = jax.random.normal(jax.random.key(2), (BATCH, STEPS, 5))
    run = jit(jax.vmap(model.run, in_axes=(None, 0, 0, 0)))
    answer = jit(jax.vmap(model.answer, in_axes=(None, 0, 0)))
    start = jax.tree.map(lambda a: jnp.stack([a] * BATCH), model.start(params))
    return model, params, start, xs, run, answer


def never(steps=STEPS):
    return jnp.full(BATCH, steps)


def close(a, b, atol=1e-5):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=0, atol=atol), a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_are_a_whole_and_batches_do_not_leak(kind):
    _, params, start, xs, run, _ = made(kind)
    state, first = run(params, start, xs[:, :HALF], never())
    state, second = run(params, state, xs[:, HALF:], never())
    whole = run(params, start, xs, never())
    close((state, jnp.concatenate([first, second], 1)), whole)

    changed = run(params, start, xs.at[1].add(1.0), never())[1]
    np.testing.assert_array_equal(changed[0], whole[1][0])
    np.testing.assert_array_equal(changed[2], whole[1][2])
    assert np.abs(changed[1] - whole[1][1]).max() > 1e-3


@pytest.mark.parametrize("kind", ["srwm", "deltanet"])
def test_a_shared_start_is_a_start_for_each(kind):
    model, params, start, xs, run, _ = made(kind)
    shared = jit(jax.vmap(model.run, in_axes=(None, None, 0)))
    close(shared(params, model.start(params), xs), run(params, start, xs, never()))


@pytest.mark.parametrize(
    ("kind", "read"),
    [*((kind, None) for kind in KINDS), ("srwm", "after")],
)
def test_an_answer_is_a_step_that_is_forgotten(kind, read):
    model, params, start, xs, run, answer = made(kind, read)
    state, _ = run(params, start, xs[:, :HALF], never())
    answers = answer(params, state, xs[:, HALF:])
    one = jax.tree.map(lambda a: a[1], state)
    step = jit(model.step)
    for place in (0, HALF - 1):
        y = step(params, one, xs[1, HALF + place])[1]
        np.testing.assert_allclose(answers[1, place], y, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_from_a_step_on_the_state_stays(kind):
    _, params, start, xs, run, answer = made(kind)
    state, first = run(params, start, xs[:, :HALF], never())
    frozen, ys = run(params, start, xs, jnp.array([HALF, HALF, STEPS]))
    close(
        jax.tree.map(lambda a: a[:2], (frozen, ys[:, :HALF])),
        jax.tree.map(lambda a: a[:2], (state, first)),
    )
    free = run(params, start, xs, never())
    close(
        jax.tree.map(lambda a: a[2], (frozen, ys)), jax.tree.map(lambda a: a[2], free)
    )
    if kind in {"srwm", "fake-sr", "lstm"}:  # the others read what they write
        answers = answer(params, state, xs[:, HALF:])
        np.testing.assert_allclose(ys[:2, HALF:], answers[:2], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_model_without_self_modification_is_blind_to_the_past(kind):
    _, params, start, xs, run, _ = made(kind)
    other = xs.at[:, :HALF].multiply(-1.0)
    first, second = (run(params, start, one, never())[1][:, -1] for one in (xs, other))
    if kind == "fake-sr":
        np.testing.assert_array_equal(first, second)
    else:
        assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize("kind", ["deltanet", "linear-attention"])
@pytest.mark.parametrize("read", ["before", "after"])
def test_fast_weights_equal_loops(kind, read):
    layer = layers.LAYERS[kind](spec_of(kind, read=read))
    params = layer.init(jax.random.key(3))
    rows = np.asarray(jax.random.normal(jax.random.key(4), (7, 8)))
    params["out"] = jnp.eye(8)
    _, ys = jit(layer.run)(params, layer.start(params), rows, None)
    sent = (rows @ np.asarray(params["slow"])).reshape(7, 2, -1)
    for head in range(2):
        q, k, v = (sent[:, head, n * 4 : n * 4 + 4] for n in range(3))
        q, k = (np.where(a > 0, a + 1, np.exp(a)) for a in (q, k))
        if kind == "deltanet":
            q, k = (a / a.sum(1, keepdims=True) for a in (q, k))
            rate = 1 / (1 + np.exp(-sent[:, head, -1]))
            loop = delta_head(q, k, v, rate, read)
        else:
            loop = attention_head(q, k, v, read)
        np.testing.assert_allclose(
            ys[:, head * 4 : head * 4 + 4], loop, rtol=0, atol=1e-5
        )


def test_parameters_depend_on_the_key_alone_and_on_the_options():
    model = make_model(spec_of("srwm"))
    first, second = (model.init(jax.random.key(5)) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, first, second)
    small = make_model(spec_of("srwm", query_scale=0.5, rate_bias=-2.0))
    parts, other = (
        np.split(p["blocks"][0]["layer"]["weights"], (4, 8, 12), axis=-1)
        for p in (first, small.init(jax.random.key(5)))
    )
    np.testing.assert_allclose(other[1], parts[1] / 2, rtol=1e-6)
    np.testing.assert_allclose(other[3], parts[3] - 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(other[0], parts[0])
    assert make_model(spec_of("srwm")) is model


@pytest.mark.parametrize(
    ("call", "shape", "accepted"),
    [
        ("step", (4,), r"x has the shape \(4,\); accepted: \(inputs,\) .* = 5"),
        ("run", (3, 6, 5), r"xs has the shape \(3, 6, 5\); accepted: \(T, inputs\)"),
        ("answer", (5,), r"xs has the shape \(5,\); accepted: \(Q, inputs\)"),
    ],
)
def test_a_wrong_shape_is_refused(call, shape, accepted):
    model = make_model(spec_of("srwm"))
    params = model.init(jax.random.key(0))
    with pytest.raises(ValueError, match=accepted):
        getattr(model, call)(params, model.start(params), jnp.zeros(shape))
