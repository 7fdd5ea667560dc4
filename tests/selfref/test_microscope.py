"""The microscope shows the run that happens without it, and true algebra."""

from functools import cache

import jax
import numpy as np
import pytest

from tests.selfref.plain import softmax, srwm_heads
from workbench.selfref import ModelSpec, make_model, record
from workbench.selfref.plain import answers, walk

STEPS, D = 7, 4


def drawn(model):
    """Parameters of a model at random, of the size that `init` gives them."""
    random = np.random.default_rng(1)
    shapes = jax.eval_shape(model.init, jax.random.key(0))
    return jax.tree.map(
        lambda one: random.standard_normal(one.shape, np.float32) / 2, shapes
    )


@cache
def made(kind):
    model = make_model(ModelSpec(kind, 5, 4, layers=2, hidden=8, heads=2))
    params = drawn(model)
    xs = np.random.default_rng(2).standard_normal((STEPS, 5), np.float32)
    return model, params, xs, record(model, params, xs, probes=xs)


@pytest.mark.parametrize("kind", ["srwm", "deltanet"])
def test_asked_an_example_it_first_says_what_its_step_says(kind):
    seen = made(kind)[3]
    np.testing.assert_allclose(seen.before, seen.ys, rtol=0, atol=1e-5)
    assert np.abs(seen.after - seen.before).max() > 1e-4


@pytest.mark.parametrize("kind", ["srwm", "deltanet"])
def test_each_step_moves_what_the_key_finds_to_the_value_by_the_rate(kind):
    for layer in made(kind)[3].layers:
        parts = {"y": 0, "q": 1, "k": 2, "b": 3} if kind == "srwm" else {"v": 0}
        told = layer.steps
        gap = told["value"] - told["held"]
        for name, place in parts.items():
            rate = told["rates"][..., place]
            change = gap[..., layer.parts[name]] * rate[..., None]
            outer = told["key"][..., :, None] * change[..., None, :]
            np.testing.assert_allclose(layer.changes(name), outer, rtol=0, atol=1e-5)


def test_singular_values_and_drift_of_a_part():
    model, params, xs, seen = made("srwm")
    layer = seen.layers[0]
    rows = xs @ np.asarray(params["in"]["weights"]) + np.asarray(params["in"]["bias"])
    heads = rows.reshape(STEPS, 2, D).swapaxes(0, 1)
    end, _ = srwm_heads(np.asarray(model.start(params)[0]), heads)
    first = np.asarray(model.start(params)[0])
    for head in range(2):
        keys = end[head][:, 2 * D : 3 * D]
        values = np.sqrt(np.linalg.eigvalsh(keys @ keys.T))[::-1]
        np.testing.assert_allclose(
            layer.singular_values("k")[-1, head], values, rtol=1e-3, atol=1e-4
        )
        moved = keys - first[head][:, 2 * D : 3 * D]
        distance = np.sqrt((moved**2).sum())
        assert layer.drift("k")[-1, head] == pytest.approx(distance, abs=1e-5)
        query = softmax(heads[head, 0] @ first[head][:, D : 2 * D])
        np.testing.assert_allclose(layer.steps["query"][0, head], query, atol=1e-6)
    assert not layer.drift("y")[0].any()


def test_frozen_from_a_step_on_nothing_moves():
    model, params, xs, free = made("srwm")
    seen = record(model, params, xs, frozen_from=3)
    for layer, other in zip(seen.layers, free.layers, strict=True):
        np.testing.assert_array_equal(layer.weights[:4], other.weights[:4])
        assert not layer.changes("b")[3:].any()
    assert np.abs(seen.ys - free.ys)[4:].max() > 1e-4
    assert seen.before is None


def test_what_cannot_be_looked_into_is_refused():
    model, params, xs, seen = made("srwm")
    with pytest.raises(ValueError, match="part is 'v'; accepted: y, q, k, b"):
        seen.layers[0].part("v")
    with pytest.raises(ValueError, match=r"xs has the shape \(5,\); accepted: \(T, in"):
        record(model, params, xs[0])
    with pytest.raises(ValueError, match=r"probes has the shape \(2, 5\); accepted"):
        record(model, params, xs, probes=xs[:2])
    still = make_model(ModelSpec("lstm", 5, 4, hidden=8))
    with pytest.raises(ValueError, match=r"kind is 'lstm'; accepted, .*'deltanet'"):
        record(still, {}, xs)


OPTIONS = (
    ModelSpec("srwm", 5, 4, hidden=8, heads=2),
    ModelSpec("srwm", 5, 4, hidden=8, heads=2, rates=1, read="after"),
    ModelSpec("srwm", 5, 4, hidden=8, heads=2, layers=1, input_softmax=True),
    ModelSpec("deltanet", 5, 4, hidden=8, heads=2),
    ModelSpec("deltanet", 5, 4, hidden=8, heads=4, layers=1, read="before"),
    ModelSpec("fake-sr", 5, 4, hidden=8, heads=2, layers=1),
    ModelSpec("linear-attention", 5, 4, hidden=8, heads=2),
    ModelSpec("lstm", 5, 4, hidden=8),
)


@pytest.mark.parametrize("spec", OPTIONS, ids=lambda spec: f"{spec.kind}-{spec.reads}")
def test_the_numpy_way_is_that_of_the_compiled_model(spec):
    model = make_model(spec)
    params = drawn(model)
    _, _, xs, _ = made("srwm")
    way = walk(spec, params, xs, frozen_from=5)

    @jax.jit
    def compiled(params, xs):
        state, ys = model.run(params, model.start(params), xs, frozen_from=5)
        return state, ys, model.answer(params, state, xs)

    state, ys, said = compiled(params, xs)
    np.testing.assert_allclose(way.ys, ys, rtol=0, atol=2e-5)
    found = answers(spec, params, way, np.array([STEPS]), xs[None])[0]
    np.testing.assert_allclose(found, said, rtol=0, atol=2e-5)
    for mine, theirs in zip(way.states, state, strict=True):
        for part, held in zip(mine, jax.tree.leaves(theirs), strict=True):
            np.testing.assert_allclose(part[-1], held, rtol=0, atol=2e-5)
            np.testing.assert_array_equal(part[5], part[-1])
    # Half the sequence, and from there the other half.
    half = walk(spec, params, xs[:3])
    there = tuple(tuple(part[-1] for part in parts) for parts in half.states)
    rest = walk(spec, params, xs[3:], state=there, frozen_from=2)
    np.testing.assert_allclose(rest.ys, way.ys[3:], rtol=0, atol=1e-6)
