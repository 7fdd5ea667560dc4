"""What a model is asked, and how its answers count, against plain loops."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.selfref import srwm
from workbench.selfref.model import make_model
from workbench.selfref.objective import Answers, answers, rates, scores
from workbench.selfref.spec import ModelSpec
from workbench.tasks import EpisodeSpec
from workbench.tasks.episodes import Episode

SPEC = EpisodeSpec("digits", ways=2, shots=2, queries=2, features=3)


def batch(spec, episodes=3):
    random = np.random.default_rng(0)

    def normal(*shape):
        return jnp.asarray(random.normal(size=(episodes, *shape)), jnp.float32)

    return Episode(
        normal(4, spec.inputs),
        jnp.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0]]),
        normal(2, spec.inputs),
        jnp.array([[0, 1], [1, 0], [0, 1]]),
        jnp.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1]]),
        jnp.zeros((episodes, 4), int),
    )


@pytest.fixture(scope="module")
def model():
    spec = ModelSpec("srwm", SPEC.inputs, 2, layers=1, hidden=4, heads=2)
    model = make_model(spec)
    return model, jax.jit(model.init)(jax.random.key(0))


def test_asking_in_between_changes_no_later_answer(model):
    episodes = batch(SPEC)
    once, twice = (
        jax.jit(partial(answers, model[0], rounds=rounds))(model[1], episodes)
        for rounds in (1, 2)
    )
    assert once.queries.shape == (3, 1, 2, 2)
    assert twice.queries.shape == (3, 2, 2, 2)
    np.testing.assert_allclose(once.queries[:, 0], twice.queries[:, 1], atol=1e-5)
    np.testing.assert_allclose(once.steps, twice.steps, atol=1e-5)
    np.testing.assert_allclose(once.change, twice.change, rtol=1e-4)
    # What was asked after the first half knows that half alone.
    half = episodes._replace(inputs=episodes.inputs[:, :2])
    first = jax.jit(partial(answers, model[0]))(model[1], half)
    np.testing.assert_allclose(first.queries[:, 0], twice.queries[:, 0], atol=1e-5)


def test_the_rates_are_those_of_each_step(model):
    episodes = batch(SPEC)
    params = model[1]
    layer = params["blocks"][0]["layer"]["weights"]
    found = []
    for xs in np.asarray(episodes.inputs):
        rows = xs @ params["in"]["weights"] + params["in"]["bias"]
        for head in range(2):
            weights = layer[head]
            for x in rows[:, 2 * head : 2 * head + 2]:
                found.append(srwm.read(x @ weights, 4).rates)
                weights, _ = srwm.step(weights, x)
    own = jax.jit(partial(rates, model[0]))(params, episodes)
    np.testing.assert_allclose(own, np.mean(found, axis=0), rtol=1e-4)


def said(steps, queries):
    """Answers that are sure of the given labels."""
    sure = 50 * np.eye(2, dtype=np.float32)
    return Answers(
        jnp.asarray(sure[np.array(steps)]),
        jnp.asarray(sure[np.array(queries)]),
        jnp.zeros(3),
    )


STEPS = [[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]]
QUERIES = [[[0, 0], [0, 1]], [[0, 0], [1, 0]], [[1, 1], [1, 1]]]


@pytest.mark.parametrize("dense", [False, True])
def test_synchronous_episodes_are_scored_by_their_queries(dense):
    went = scores(SPEC, batch(SPEC), said(STEPS, QUERIES), dense=dense)
    assert went.score.tolist() == [1, 1, 0.5]
    assert went.by_shot.tolist() == [[0.5, 1], [0.5, 1], [0.5, 0.5]]
    wrong = [0.25, 0.25, 0.5] if dense else [0, 0, 0.5]
    np.testing.assert_allclose(went.loss, 50 * np.array(wrong), atol=1e-4)


def test_delayed_episodes_are_scored_at_every_example():
    spec = SPEC.but(labels="delayed")
    went = scores(spec, batch(spec), said(STEPS, QUERIES), dense=False)
    assert went.score.tolist() == [0.75, 0.5, 1]
    assert went.by_position[0].tolist() == [1, 1, 0, 1]
    assert went.by_shot.tolist() == [[1, 0.5, 1], [0.5, 0.5, 1], [1, 1, 0.5]]
    np.testing.assert_allclose(went.loss, [12.5, 25, 0], atol=1e-4)


def test_regression_is_scored_by_the_squared_error():
    spec = EpisodeSpec("sinusoid", shots=2, queries=2)
    episodes = batch(SPEC)._replace(query_targets=jnp.array([[1.0, 2.0]] * 3))
    numbers = Answers(jnp.zeros((3, 4, 1)), jnp.ones((3, 2, 2, 1)), jnp.zeros(3))
    went = scores(spec, episodes, numbers, dense=False)
    assert went.loss.tolist() == [0.5] * 3
    assert went.score.tolist() == [-0.5] * 3
