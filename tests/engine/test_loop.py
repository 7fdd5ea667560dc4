"""The train and validate loop: what the original engine's own tests expect of it."""

import math

import numpy as np
import pytest

from tests.engine.small_tasks import small_task
from workbench.engine import evaluate, memory_after
from workbench.programs import Program
from workbench.tasks import Task

INF = math.inf


def squash(error):
    return 1.0 - 2.0 / math.pi * math.atan(error)


def program(setup="pass", predict="pass", learn="pass"):
    lines = (("Setup", setup), ("Predict", predict), ("Learn", learn))
    return Program.from_text(
        "\n".join(f"def {name}():\n{body}" for name, body in lines)
    )


def constant_task(label, train=1000, valid=100, **options):
    """Return a task whose features and labels are all one value."""
    return Task.from_arrays(
        np.full((train, 4), label),
        np.full(train, label),
        np.full((valid, 4), label),
        np.full(valid, label),
        **options,
    )


def increment_task(by=1.0, train=1000, valid=100):
    """Return the task whose k-th example has features and label k * by."""
    labels = [by * np.arange(n) for n in (train, valid)]
    features = [np.repeat(part[:, None], 4, axis=1) for part in labels]
    return Task.from_arrays(features[0], labels[0], features[1], labels[1])


def test_predict_runs_in_training_and_validation_learn_in_training_only():
    task = constant_task(0.0)
    in_predict = program("s2 = 1.0", "s3 = s3 + s2")
    in_learn = program("s2 = 1.0", learn="s3 = s3 + s2")
    assert memory_after(in_predict, task).scalars[3] == 1100.0
    assert memory_after(in_learn, task).scalars[3] == 1000.0


def test_each_example_is_shown_once():
    task = increment_task()
    features = program(predict="s2 = mean(v0)\ns3 = s3 + s2")
    labels = program(learn="s3 = s3 + s0")
    options = {"max_abs_error": INF}
    assert memory_after(features, task, **options).scalars[3] == 504450.0
    assert memory_after(labels, task, **options).scalars[3] == 499500.0


def test_fitness_squashes_the_root_mean_square_error():
    assert evaluate(program("s1 = 0.9"), [constant_task(1.0)]).fitness == pytest.approx(
        squash(0.1), rel=1e-12
    )
    assert evaluate(program(), [increment_task(0.1)]).fitness == pytest.approx(
        squash(0.1 * math.sqrt(np.mean(np.arange(100) ** 2))), rel=1e-12
    )
    assert evaluate(program(), [constant_task(0.0)]).fitness == 1.0


def test_fitness_falls_strictly_with_the_error():
    task = constant_task(0.0, train=1, valid=3)
    reached = [
        evaluate(program(f"s1 = {10.0**k!r}"), [task], max_abs_error=INF).fitness
        for k in range(-6, 10)
    ]
    assert sorted(reached, reverse=True) == reached
    assert len(set(reached)) == len(reached)
    assert all(0.0 < value < 1.0 for value in reached)


@pytest.mark.parametrize(
    ("logit", "fitness"),
    [("-3.0", 0.0), ("3.0", 1.0), ("inf", 1.0), ("-inf", 0.0), ("0.0", 0.0)],
)
def test_accuracy_of_a_constant_logit_where_all_labels_are_one(logit, fitness):
    task = constant_task(1.0, metric="accuracy")
    assert evaluate(program(predict=f"s1 = {logit}"), [task]).fitness == fitness


def test_a_nan_logit_predicts_class_0():
    # In training it stops the evaluation, so that it must come up in validation.
    task = Task.from_arrays(
        np.ones((3, 2)), np.ones(3), np.zeros((4, 2)), [0, 0, 0, 1], metric="accuracy"
    )
    only_in_validation = program(predict="s2 = mean(v0)\ns1 = s2 / s2")
    result = evaluate(only_in_validation, [task])
    assert result.fitness == 0.75
    assert not result.stopped


def test_labels_are_hidden_from_predict():
    copies = program(predict="s1 = s0 + s2")
    result = evaluate(copies, [constant_task(1.0)])
    assert result.fitness == pytest.approx(squash(1.0), rel=1e-12)
    copies_late = program(predict="s1 = s0 + s2", learn="s2 = s0 + s3")
    assert evaluate(copies_late, [constant_task(1.0)]).fitness == 1.0


def test_vector_labels_are_hidden_from_predict():
    task = small_task(F=10, classes=10, train=20, valid=50)
    copies = program(predict="v2 = v1 + v3")
    # All logits are equal: the last class is told, whatever the label.
    share = np.mean(np.argmax(task.valid_y, axis=1) == 9)
    assert evaluate(copies, [task]).fitness == pytest.approx(share)
    assert np.all(memory_after(copies, task).vectors[2] == 0.0)


@pytest.mark.parametrize("value", ["110.0", "-110.0", "inf", "-inf", "nan"])
@pytest.mark.parametrize(
    ("function", "steps"), [("setup", 1), ("predict", 1), ("learn", 2)]
)
def test_an_error_out_of_bounds_stops_training(value, function, steps):
    wrong = program(**{function: f"s1 = {value}"})
    result = evaluate(wrong, [constant_task(0.0)])
    assert (result.fitness, result.train_steps) == (0.0, steps)
    assert result.stopped


@pytest.mark.parametrize("label", [110.0, math.nan, INF])
def test_a_bad_label_stops_the_evaluation(label):
    task = constant_task(0.0, train=10, valid=5)
    labels = np.zeros(10)
    labels[2] = label
    in_training = Task.from_arrays(task.train_x, labels, task.valid_x, task.valid_y)
    result = evaluate(program(), [in_training])
    assert (result.fitness, result.train_steps, result.stopped) == (0.0, 3, True)
    in_validation = Task.from_arrays(
        task.train_x, task.train_y, task.valid_x, labels[:5]
    )
    result = evaluate(program(), [in_validation])
    assert (result.fitness, result.train_steps, result.stopped) == (0.0, 10, False)


def test_an_error_at_the_limit_does_not_stop():
    at_limit = program("s1 = 100.0")
    result = evaluate(at_limit, [constant_task(0.0)])
    assert not result.stopped
    assert result.fitness == pytest.approx(squash(100.0))
    assert evaluate(at_limit, [constant_task(0.0)], max_abs_error=99.0).stopped


def test_fitness_is_that_of_the_best_epoch():
    # The prediction moves by 1 each epoch of 2 steps: 0, then 1, then 2 in validation.
    counts = program("s2 = 0.5", predict="s1 = s3 + s4", learn="s3 = s3 + s2")
    task = constant_task(2.0, train=2, valid=3, epochs=3)
    assert evaluate(counts, [task]).fitness == 1.0
    for label, epochs, error in [(2.0, 1, 1.0), (2.0, 2, 0.0), (1.0, 3, 0.0)]:
        task = constant_task(label, train=2, valid=3, epochs=epochs)
        assert evaluate(counts, [task]).fitness == pytest.approx(squash(error))


def test_a_stop_in_a_later_epoch_keeps_the_best_so_far():
    doubles = program("s2 = 1.0", predict="s1 = s2 + s4", learn="s2 = s2 + s2")
    task = constant_task(0.0, train=3, valid=2, epochs=4)
    result = evaluate(doubles, [task])
    # Errors 1, 2, 4, then 8 in validation; 8, 16, 32, then 64; 64 and 128.
    assert result.fitness == pytest.approx(squash(8.0))
    assert (result.train_steps, result.stopped) == (8, True)


def test_memory_goes_on_from_validation_to_the_next_epoch():
    counts = program("s2 = 1.0", predict="s3 = s3 + s2")
    task = constant_task(0.0, train=5, valid=7, epochs=3)
    assert memory_after(counts, task).scalars[3] == 36.0


def test_a_later_epoch_goes_on_from_where_validation_left_its_bounds():
    # s3 counts runs of Predict; the second validation example is out of bounds.
    text = "s3 = s3 + s2\ns1 = mean(v0)"
    task = Task.from_arrays(
        np.zeros((3, 2)),
        np.zeros(3),
        [[1.0, 1.0], [200.0, 200.0], [1.0, 1.0]],
        np.zeros(3),
        epochs=2,
    )
    counts = program("s2 = 1.0", predict=text)
    assert memory_after(counts, task).scalars[3] == 10.0
    alongside = [task, constant_task(0.0, train=3, valid=3, epochs=2), task]
    result = evaluate(counts, alongside)
    assert result.task_fitness.tolist() == [0.0, 1.0, 0.0]
    assert result.task_train_steps.tolist() == [6, 6, 6]


def test_tasks_combine_by_mean_or_upper_median():
    tasks = [constant_task(label, 2, 2) for label in (0.0, 1.0, 2.0, 3.0)]
    fitness = [squash(label) for label in (0.0, 1.0, 2.0, 3.0)]
    for count in (1, 2, 3, 4):
        mean = evaluate(program(), tasks[:count]).fitness
        assert mean == pytest.approx(np.mean(fitness[:count]))
        median = evaluate(program(), tasks[:count], combine="median").fitness
        assert median == pytest.approx(sorted(fitness[:count])[count // 2])


def test_softmax_is_what_learn_sees():
    task = small_task(F=5, classes=3, train=1, valid=1)
    shown = memory_after(
        program("v3[0.0] = 1.0", "v2 = v3 + v4", "v4 = v2 + v5"), task
    ).vectors
    parts = np.exp([1.0, 0.0, 0.0])
    expected = [*(parts / parts.sum()), 0.0, 0.0]
    np.testing.assert_allclose(shown[4], expected, rtol=1e-12)
    # Validation leaves the logits as they are.
    np.testing.assert_allclose(shown[2], [1 + expected[0], *expected[1:]], rtol=1e-12)
