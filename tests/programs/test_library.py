import numpy as np
import pytest

from tests import naive
from workbench.programs import (
    HAND_DESIGNED,
    affine,
    empty,
    linear,
    logistic_regression,
    two_layer_network,
)


def lengths(program):
    return [len(function) for function in program.functions.values()]


def task(label, train=1000, valid=100, features=4):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((train + valid, features))
    y = label(x, rng)
    return x[:train], y[:train], x[train:], y[train:]


def test_sizes_are_the_originals():
    assert lengths(linear()) == [1, 1, 4]
    assert lengths(two_layer_network()) == [3, 5, 11]
    assert lengths(two_layer_network(bias=False)) == [3, 3, 9]
    assert lengths(empty()) == [0, 0, 0]


def test_the_network_follows_the_original_instruction_by_instruction():
    program = two_layer_network(0.02, hidden_scale=0.3, output_scale=0.2)
    assert list(map(str, program.setup)) == [
        "v2 = gaussian(0.0, 0.2, n_features)",
        "m0 = gaussian(0.0, 0.3, (n_features, n_features))",
        "s3 = 0.02",
    ]
    assert list(map(str, program.predict)) == [
        "v3 = dot(m0, v0)",
        "v3 = v3 + v1",
        "v4 = maximum(v3, v5)",
        "s1 = dot(v4, v2)",
        "s1 = s1 + s2",
    ]
    assert list(map(str, program.learn)) == [
        "s4 = s0 - s1",
        "s4 = s3 * s4",
        "s2 = s2 + s4",
        "v6 = s4 * v4",
        "v2 = v2 + v6",
        "v7 = s4 * v2",
        "v8 = heaviside(v3, 1.0)",
        "v7 = v8 * v7",
        "v1 = v1 + v7",
        "m1 = outer(v7, v0)",
        "m0 = m0 + m1",
    ]


def test_linear_regression_learns_a_linear_map():
    data = task(lambda x, rng: x @ rng.standard_normal(4))
    assert naive.run(linear(), *data).fitness > 0.999
    assert naive.run(empty(), *data).fitness < 0.6


def test_a_bias_is_learnt_by_affine_regression_only():
    data = task(lambda x, rng: x @ rng.standard_normal(4) + 2.0)
    assert naive.run(affine(), *data).fitness > 0.99
    assert naive.run(linear(), *data).fitness < 0.6


@pytest.mark.parametrize("bias", [True, False])
def test_the_network_beats_linear_regression_on_a_bent_map(bias):
    data = task(lambda x, rng: np.abs(x @ rng.standard_normal(4)))
    if bias:
        data = (data[0], data[1] + 1, data[2], data[3] + 1)
    network = naive.run(two_layer_network(0.03, bias=bias), *data).fitness
    assert network > naive.run(affine(), *data).fitness + 0.1


def test_logistic_regression_classifies():
    data = task(lambda x, rng: (x @ rng.standard_normal(4) > 0.5) * 1.0)
    run = naive.run(logistic_regression(0.1), *data, metric="accuracy")
    assert run.fitness > 0.95


def test_every_hand_designed_program_is_listed_by_name():
    assert list(HAND_DESIGNED) == [
        "empty",
        "linear",
        "affine",
        "logistic_regression",
        "two_layer_network",
    ]
