"""Training as its user sees it: what it reports, keeps, repeats and refuses."""

import json
from functools import partial

import jax
import numpy as np
import pytest

from workbench.runs import Runner, RunStore
from workbench.selfref.evaluate import (
    Evaluation,
    evaluate,
    nearest_neighbour,
    shots_of,
)
from workbench.selfref.meta_presets import META_TASKS, meta_preset
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.trained import load_trained
from workbench.selfref.training import DivergenceError, MetaTraining, off_plateau
from workbench.selfref.updates import CHUNK, begin, judge, share, update
from workbench.tasks import EpisodeSpec, make_episodes

EPISODES = EpisodeSpec("digits", ways=2, shots=2, queries=2, features=8)
# Without permuted labels, a model that does not change itself can learn the labels.
SPEC = MetaSpec.of(
    "fake-sr",
    EPISODES,
    layers=1,
    hidden=8,
    heads=2,
    batch=16,
    steps=120,
    warmup=0,
    rate=0.005,
    point_every=10,
    valid_every=40,
    valid_episodes=512,
    test_episodes=300,
    label_bias=1.0,
    label_bias_steps=10**6,
)


def advanced(training, *chunks):
    return [training.advance(chunk) for chunk in chunks]


@pytest.fixture(scope="module")
def trained():
    training = MetaTraining(SPEC)
    reports = advanced(training, 120, 1, 1)
    return training, reports


def test_it_learns_what_can_be_learnt(trained):
    training, _ = trained
    scores = [point["score"] for point in training.curve]
    assert scores[0] < 0.8
    assert scores[-1] > 0.85
    losses = [point["loss"] for point in training.curve]
    assert losses[-1] < 0.6 * losses[0]


def test_the_labels_of_the_support_are_out_of_reach_for_what_never_changes(trained):
    training, _ = trained
    result = training.result
    assert result.low < 0.5 < result.high
    assert result.neighbour > 0.8
    assert all(point["change"] == 0 for point in training.curve)


def test_the_curve_has_means_and_the_latest_validation(trained):
    training, (first, closing, after) = trained
    assert [point["steps"] for point in first.curve] == [*range(10, 130, 10)]
    valid = [point["valid"] for point in training.curve]
    assert valid[3] == valid[4]
    assert len(set(valid)) > 1
    assert training.curve[-1]["best"] == max(valid)
    assert {"shot_1", "shot_2", "gradient", "valid_loss"} <= set(training.curve[0])
    assert all(np.isfinite(list(point.values())).all() for point in training.curve)
    assert not first.finished
    assert closing.finished
    assert (after.curve, after.events, after.finished) == ([], [], True)


def test_it_tells_what_was_best(trained):
    training, (first, closing, _) = trained
    bests = [event.data for event in first.events if event.kind == "best"]
    assert bests == sorted(bests, key=lambda best: best["fitness"])
    assert bests[-1]["fitness"] == training.curve[-1]["best"]
    (final,) = closing.events
    assert final.data["final"] == training.result.score == closing.metrics["final"]


def test_answering_from_the_class_alone_does_not_leave_the_plateau(trained):
    training, (first, *_) = trained
    assert max(point["score"] for point in training.curve) > 0.85
    assert "left-plateau" not in {event.kind for event in first.events}
    assert "left_plateau" not in first.metrics


def test_it_tells_when_the_plateau_was_left(monkeypatch):
    """20 steps with unpermuted labels, 20 at chance, 20 that are right more often."""

    def update(spec, pools, seed, carry, part):
        score = (0.9, 0.5, 0.7)[int(carry.step) // 20]
        means = carry.sums + np.array([0.7, score, 1.0, 1.0], np.float32)
        return carry._replace(step=carry.step + 1, sums=means, summed=carry.summed + 1)

    def validate(self, events):
        self._valid = {"valid": 0.5, "valid_loss": 0.7, "chance": 0.5, "best": 0.5}

    monkeypatch.setattr("workbench.selfref.training.update", update)
    monkeypatch.setattr(MetaTraining, "_validate", validate)
    training = MetaTraining(SPEC.but(label_bias_steps=20))
    report = training.advance(60)
    assert [(e.kind, e.position) for e in report.events] == [("left-plateau", 50)]
    assert report.metrics["left_plateau"] == 50
    on = [point["steps"] for point in training.curve if point["plateau"]]
    assert on == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("labels", "shots"), [("synchronous", (2,)), ("delayed", (0, 1, 2))]
)
def test_two_tasks_in_a_row_can_be_trained_on_and_judged(labels, shots):
    episodes = EPISODES.but(labels=labels, segments=2, cut=1)
    spec = MetaSpec.of("fake-sr", episodes, layers=1, hidden=8, heads=2, batch=4)
    pools, key = make_episodes(episodes, "valid").pools, jax.random.key(0)
    # Traced, but not compiled: what does not fit together shows itself here.
    carry = jax.eval_shape(partial(begin, spec))
    updated = jax.eval_shape(partial(update, spec), pools, key, carry)
    assert updated.sums.shape == (4,)
    went, _ = jax.eval_shape(partial(judge, spec), pools, carry.params, key)
    assert shots_of(episodes) == shots
    assert went.by_shot.shape == (CHUNK, len(shots))
    assert went.by_position.shape == (CHUNK, episodes.length)


def states_equal(one, other):
    def timeless(state):
        facts = json.loads(state["training"].tobytes())
        del facts["seconds"]
        return facts

    assert timeless(one) == timeless(other)
    assert one.keys() == other.keys()
    for name in one.keys() - {"training"}:
        assert np.array_equal(one[name], other[name]), name


def test_chunks_and_interruptions_change_nothing(trained):
    whole = trained[0]
    parts = MetaTraining(SPEC)
    advanced(parts, 7, 34)
    held = {name: array.copy() for name, array in parts.state().items()}
    advanced(parts, 30)  # what is done after the checkpoint is lost
    again = MetaTraining(SPEC)
    again.restore(held)
    assert again.steps == 41
    advanced(again, 1, 100, 1)
    states_equal(again.state(), whole.state())


def test_a_state_keeps_no_objects_and_fits_its_model_only(trained):
    state = trained[0].state()
    assert all(array.dtype != object for array in state.values())
    other = MetaTraining(MetaSpec.of("fake-sr", EPISODES, hidden=16, heads=2, layers=1))
    with pytest.raises(ValueError, match="state is that of another model"):
        other.restore(state)


def test_a_paused_run_is_taken_up_from_the_store(tmp_path, trained):
    store = RunStore(tmp_path)
    runner = Runner(MetaTraining(SPEC), store)
    runner.step(50)
    assert runner.wait(300)
    assert runner.close()
    runner = Runner.resume_run(RunStore(tmp_path), runner.run_id)
    runner.start()
    assert runner.wait(300)
    assert runner.status == "finished"
    states_equal(runner.experiment.state(), trained[0].state())
    assert runner.curve == trained[0].curve


def test_the_cosine_follows_steps_or_time_whichever_ends_the_run_first():
    spec = SPEC.but(decay="cosine", steps=100)
    rates = [share(spec, step, 7.0) for step in range(101)]
    assert rates[0] == 1
    assert rates == sorted(rates, reverse=True)
    assert np.isclose(rates[50], 0.505)
    assert np.isclose(rates[100], 0.01)
    timed = spec.but(seconds=10.0, steps=10**9)
    assert np.isclose(share(timed, 3, 5.0), rates[50])
    assert np.isclose(share(timed, 3, 11.0), 0.01)
    assert share(SPEC, 100, 7.0) == 1


def test_a_training_that_diverges_stops_and_keeps_the_last_good(tmp_path, trained):
    training, store = MetaTraining(SPEC), RunStore(tmp_path)
    runner = Runner(training, store)
    runner.step(50)
    assert runner.wait(300)
    training._carry.params["out"]["bias"] += np.inf
    runner.start()
    assert runner.wait(300)
    assert runner.status == "failed"
    assert isinstance(runner.error, DivergenceError)
    message = str(runner.error)
    assert "the loss of step 51 is not a finite number" in message
    assert "validation was best at step" in message
    assert "smaller MetaSpec.rate, now 0.005" in message
    assert message in store.get(runner.run_id).error
    assert training.steps == 50
    # The last good checkpoint is kept, and the run goes on from there.
    runner = Runner.resume_run(store, runner.run_id)
    assert runner.snapshot.position == 50
    runner.start()
    assert runner.wait(300)
    states_equal(runner.experiment.state(), trained[0].state())


def test_a_trained_model_is_kept_in_a_file_without_pickle(tmp_path, trained):
    training, _ = trained
    path = training.best.save(tmp_path / "model.npz")
    back = load_trained(path)
    assert back.spec == SPEC
    assert back.facts["test"]["score"] == training.result.score
    again = evaluate(back.spec, back.params, "test", 300, SPEC.seed)
    assert again.to_dict() == training.result.to_dict()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"model\.npz is no trained model"):
        load_trained(path)


def test_the_nearest_neighbour_equals_a_plain_loop():
    source = make_episodes(EPISODES, "test")
    keys = jax.random.split(jax.random.fold_in(jax.random.key(3), 0), CHUNK)
    right = 0
    for key in keys[:20]:
        episode = jax.tree.map(np.asarray, source.sample(key))
        for asked, label in zip(
            episode.query_inputs, episode.query_targets, strict=True
        ):
            far = [np.sum((asked[:8] - one[:8]) ** 2) for one in episode.inputs]
            right += int(episode.targets[int(np.argmin(far))] == label)
    assert nearest_neighbour(source, 20, 3) == right / 40


def test_an_evaluation_comes_back_from_json(trained):
    result = trained[0].result
    again = Evaluation.from_dict(json.loads(json.dumps(result.to_dict())))
    assert again == result
    assert result.shots == (1, 2)
    assert result.by_shot[-1] == result.score


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "MetaSpec.batch is 0; accepted: a whole number, 1 or more"),
        ({"rate": -1.0}, "rate is -1.0; accepted: a number, above 0"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"decay": "linear"}, "decay is 'linear'; accepted: 'none', 'cosine'"),
        ({"valid_every": 35}, "valid_every is 35; accepted: a multiple of point_every"),
        ({"episodes": EPISODES.but(ways=3)}, "inputs 11; accepted: 12"),
        ({"episodes": EPISODES.but(labels="delayed"), "dense": True}, "dense is True"),
        ({"episodes": EPISODES.but(segments=2), "dense": True}, "with 2 segments"),
    ],
)
def test_an_impossible_spec_is_refused_by_field_and_value(changes, message):
    with pytest.raises(ValueError, match=message):
        SPEC.but(**changes)


def test_a_spec_comes_back_from_its_stored_form():
    for task in META_TASKS:
        spec = meta_preset("srwm", task, seed=3, steps=7, seconds=1.5)
        assert MetaSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    with pytest.raises(ValueError, match="no task 'omniglott'; accepted: mnist-5k"):
        meta_preset("srwm", "omniglott")
    with pytest.raises(ValueError, match="no setting 'hiden'; accepted: batch"):
        meta_preset("srwm", "digits", hiden=3)


def test_guessing_does_not_leave_the_plateau():
    episodes = EpisodeSpec("digits", ways=5, queries=5)
    large = MetaSpec.of("fake-sr", episodes, batch=64, point_every=50)
    assert off_plateau(large) == pytest.approx(0.28)
    for batch, every, labels in ((4, 10, "synchronous"), (1, 1, "delayed")):
        few = episodes.but(labels=labels)
        spec = MetaSpec.of("fake-sr", few, batch=batch, point_every=every)
        answers = 5 * batch * every
        guessed = np.random.default_rng(0).binomial(answers, 0.2, 2000) / answers
        assert (guessed >= 0.28).any()
        assert (guessed >= off_plateau(spec)).mean() < 1e-3
