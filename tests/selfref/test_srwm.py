"""The self-referential layer against loops, differences and the paper's own form."""

from functools import partial
from itertools import product

import jax
import numpy as np
import pytest

from tests.selfref.plain import srwm_heads
from workbench.selfref import srwm

OPTIONS = list(product((1, 4), ("before", "after"), (False, True)))
D, HEADS = 3, 2
# What is compiled runs a few times: little effort is enough.
jit = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def drawn(rates, steps, seed=0, dtype=np.float32):
    """Weights that make far from uniform keys, and inputs."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=(HEADS, D, 3 * D + rates))
    return weights.astype(dtype), random.normal(size=(HEADS, steps, D)).astype(dtype)


@pytest.mark.parametrize(("rates", "read", "input_softmax"), OPTIONS)
def test_a_layer_equals_loops_over_heads_and_steps(rates, read, input_softmax):
    weights, xs = drawn(rates, 11)  # two chunks, the second not full
    writes = np.array([1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0], np.float32)
    rule = srwm.Rule(rates, read, input_softmax)
    run = jit(jax.vmap(lambda w, x, m: srwm.run(w, x, rule, m), (0, 0, None)))
    for mask in (np.ones(11, np.float32), writes):
        end, ys = run(weights, xs, mask)
        loop = srwm_heads(weights, xs, rates, read, input_softmax, mask)
        np.testing.assert_allclose(end, loop[0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(ys, loop[1], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("rates", "read", "input_softmax"), [OPTIONS[1], OPTIONS[6]])
def test_the_equations_and_parallel_answers_equal_loops(rates, read, input_softmax):
    weights, xs = drawn(rates, 1)
    rule = srwm.Rule(rates, read, input_softmax)
    end, y = jit(partial(srwm.step, rule=rule))(weights[0], xs[0, 0])
    loop = srwm_heads(weights, xs, rates, read, input_softmax)
    np.testing.assert_allclose(end, loop[0][0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(y, loop[1][0, 0], rtol=0, atol=1e-6)
    answers = jit(partial(srwm.answer, rule=rule))(weights[0], xs[0])
    np.testing.assert_allclose(answers, loop[1][0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("rates", "read"), [(4, "before"), (1, "after")])
def test_the_gradient_equals_differences(rates, read):
    with jax.enable_x64(True):
        weights, xs = drawn(rates, 11, dtype=np.float64)
        writes = np.linspace(0.4, 1, 11)
        aim = np.random.default_rng(1).normal(size=(2, 11, 3 * D + rates))

        def loss(weights, xs, writes):
            end, ys = srwm.run(weights, xs, srwm.Rule(rates, read), writes)
            return (end * aim[0, :D]).sum() + (ys * aim[1, :, :D]).sum()

        point = (weights[0], xs[0], writes)
        value, gradient = jit(loss), jit(jax.grad(loss, (0, 1, 2)))(*point)
        step = 1e-6
        for which, (given, slope) in enumerate(zip(point, gradient, strict=True)):
            for place in np.ndindex(given.shape):
                moved = [[np.array(part) for part in point] for _ in range(2)]
                moved[0][which][place] += step
                moved[1][which][place] -= step
                difference = (value(*moved[0]) - value(*moved[1])) / (2 * step)
                assert slope[place] == pytest.approx(float(difference), abs=1e-6)


@pytest.mark.parametrize(
    ("rates", "input_softmax"), list(product((1, 4), (False, True)))
)
def test_the_single_matrix_of_the_paper_equals_the_four_parts(rates, input_softmax):
    weights, xs = drawn(rates, 4)
    rule = srwm.Rule(rates, "before", input_softmax)
    parts, single = weights[0], srwm.to_general(weights[0], rates)
    general = partial(srwm.general_step, outputs=D, rates=rates)
    own = jit(partial(srwm.step, rule=rule))
    other = jit(partial(general, input_softmax=input_softmax))
    for x in xs[0]:
        parts, y = own(parts, x)
        single, same = other(single, x)
        np.testing.assert_allclose(same, y, rtol=0, atol=1e-6)
    np.testing.assert_allclose(single, srwm.to_general(parts, rates), rtol=0, atol=1e-6)


def test_the_single_matrix_may_have_more_outputs_than_inputs():
    random = np.random.default_rng(2)
    weights, x = random.normal(size=(5 + 2 * D + 1, D)), random.normal(size=D)
    new, y = srwm.general_step(weights, x, 5)
    change = np.asarray(new) - weights.astype(np.float32)
    assert (new.shape, y.shape) == ((12, D), (5,))
    assert np.linalg.matrix_rank(change, tol=1e-4) == 1


def test_parts_come_apart_and_together():
    weights = drawn(4, 1)[0]
    parts = srwm.split(weights, 4)
    assert [part.shape[-1] for part in parts] == [D, D, D, 4]
    np.testing.assert_array_equal(srwm.join(parts), weights)


def test_heads_do_not_leak_into_each_other():
    weights, xs = drawn(4, 5)
    run = jit(jax.vmap(srwm.run))
    end, ys = run(weights, xs)
    moved = xs + np.array([1, 0], np.float32)[:, None, None]
    other, others = run(weights, moved)
    np.testing.assert_array_equal(other[1], end[1])
    np.testing.assert_array_equal(others[1], ys[1])
    assert np.abs(other[0] - end[0]).max() > 1e-3
