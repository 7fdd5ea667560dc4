import jax
import numpy as np
import pytest

from tests.widgets.tiny_meta import SPEC, model, source
from workbench.selfref import ModelSpec
from workbench.tasks.episode_data import drawings, pool
from workbench.widgets.microscope_drawn import Drawn
from workbench.widgets.microscope_episode import Edits
from workbench.widgets.microscope_play import play


def played(kind, example, frozen_from=None):
    made, params = model(kind)
    return play(made.spec, params, example, frozen_from)


@pytest.fixture(scope="module")
def example():
    return source().take(0)


def test_the_states_and_answers_are_those_of_the_model(example):
    made, params = model("srwm")
    found = play(made.spec, params, example)
    run = jax.jit(made.run)
    state, _ = run(params, made.start(params), example.inputs)
    for layer, held in zip(found.layers, state, strict=True):
        np.testing.assert_allclose(layer.weights[-1], held, atol=1e-5)
    said = np.asarray(jax.jit(made.answer)(params, state, example.query_inputs))
    grown = np.exp(said - said.max(-1, keepdims=True))
    wanted = grown / grown.sum(-1, keepdims=True)
    np.testing.assert_allclose(found.answers[-1], wanted, atol=1e-5)
    right = said.argmax(-1) == example.query_targets
    assert found.right[-1] == pytest.approx(right.mean())
    chosen = wanted[np.arange(len(right)), example.query_targets]
    assert found.loss[-1] == pytest.approx(-np.log(chosen).mean(), abs=1e-4)


def test_a_change_is_what_the_equations_say(example):
    found = played("srwm", example).layers[1]
    told, d = found.steps, 4
    old = found.weights[:-1]
    apart = np.einsum("thd,thdc->thc", told["query"] - told["key"], old)
    rates = np.repeat(told["rates"], [d, d, d, 4], axis=-1)
    wanted = np.einsum("thd,thc->thdc", told["key"], rates * apart)
    np.testing.assert_allclose(found.changes(), wanted, atol=1e-6)
    np.testing.assert_allclose(told["key"].sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(found.drift()[0], 0)
    norms = np.sqrt(np.square(found.singular_values()).sum(-1))
    np.testing.assert_allclose(norms, np.linalg.norm(found.weights, axis=(2, 3)), 1e-4)


def test_what_was_said_of_an_example_before_and_after_its_label(example):
    made, params = model("deltanet")
    found = play(made.spec, params, example)
    asked = example.unlabelled
    assert (asked[:, -1] == 1).all()
    assert (asked[:, -4:-1] == 0).all()
    state, _ = jax.jit(made.run)(params, made.start(params), example.inputs[:3])
    said = np.asarray(jax.jit(made.answer)(params, state, asked[2:4])).argmax(-1)
    assert found.after[2].argmax() == said[0]
    assert found.before[3].argmax() == said[1]


def test_frozen_from_keeps_the_matrices(example):
    whole = played("srwm", example).layers[0].weights
    frozen = played("srwm", example, 2).layers[0].weights
    np.testing.assert_allclose(frozen[:3], whole[:3], atol=1e-6)
    assert (frozen[2:] == frozen[2]).all()
    assert not np.allclose(whole[3], whole[2])


def test_a_model_of_another_width_is_refused(example):
    wider = ModelSpec("srwm", 70, 5)
    with pytest.raises(ValueError, match=r"70 inputs.*accepted.*9 and 3"):
        play(wider, {}, example)


def test_edits_change_what_they_say_and_nothing_else(example):
    edits = Edits().with_noise(1, 2.0).with_label(3, 0)
    edited = edits.applied(example)
    changed = (edited.inputs != example.inputs).any(-1)
    assert changed[1]
    assert set(np.flatnonzero(changed)) <= {1, 3}
    assert edited.inputs[3, -4:].tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(edited.inputs[1, -4:], example.inputs[1, -4:])
    np.testing.assert_array_equal(edited.inputs, edits.applied(example).inputs)
    np.testing.assert_array_equal(edited.targets, example.targets)
    assert not edits.with_noise(1, 0).with_label(3, None)


def test_the_pictures_are_those_that_the_features_were_made_of(example):
    features = pool(SPEC, "test").features[:, :, 0]
    images = drawings(SPEC, "test")
    assert example.drawings.shape == (9, *images.shape[2:])
    shown = np.concatenate([example.inputs, example.query_inputs])[:, :5]
    for row, picture in zip(shown, example.drawings, strict=True):
        far = np.abs(features - row).max(-1)
        at = np.unravel_index(far.argmin(), far.shape)
        assert far[at] < 1e-6
        np.testing.assert_array_equal(images[at], picture)


def test_with_random_projections_the_pictures_stay():
    projected = Drawn.of(SPEC.but(projection="random")).take(0)
    np.testing.assert_array_equal(projected.drawings, source().take(0).drawings)


def test_regression_has_no_classes_to_show():
    with pytest.raises(ValueError, match="accepted: episodes of classes"):
        Drawn.of(SPEC.but(data="sinusoid"))
