"""The microscope shows the run that happens without it, and true algebra."""

from functools import cache

import jax
import numpy as np
import pytest

from tests.selfref.plain import softmax, srwm_heads
from workbench.selfref import ModelSpec, make_model, record

STEPS, D = 7, 4


@cache
def made(kind):
    model = make_model(ModelSpec(kind, 5, 4, layers=2, hidden=8, heads=2))
    params = model.init(jax.random.key(1))
    xs = np.asarray(jax.random.normal(jax.random.key(2), (STEPS, 5)))
    return model, params, xs, record(model, params, xs, probes=xs)


@pytest.mark.parametrize("kind", ["srwm", "deltanet"])
def test_a_record_is_the_run_that_happens_without_it(kind):
    model, params, xs, seen = made(kind)
    state, ys = jax.jit(model.run)(params, model.start(params), xs)
    np.testing.assert_allclose(seen.ys, ys, rtol=0, atol=1e-5)
    for layer, start, end in zip(seen.layers, model.start(params), state, strict=True):
        np.testing.assert_array_equal(layer.weights[0], start)
        np.testing.assert_allclose(layer.weights[-1], end, rtol=0, atol=1e-5)
    # Asked the example itself: the first answer of a step is what the step said.
    np.testing.assert_allclose(seen.before, seen.ys, rtol=0, atol=1e-5)
    assert np.abs(seen.after - seen.before).max() > 1e-4


@pytest.mark.parametrize("kind", ["srwm", "deltanet"])
def test_each_step_moves_what_the_key_finds_to_the_value_by_the_rate(kind):
    for layer in made(kind)[3].layers:
        parts = {"y": 0, "q": 1, "k": 2, "b": 3} if kind == "srwm" else {"y": 0}
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
        record(still, still.init(jax.random.key(0)), xs)
