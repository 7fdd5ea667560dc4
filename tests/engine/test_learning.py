"""Learning curves end where `evaluate` ends, and pass where `trace` passes."""

import numpy as np
import pytest

from tests.engine.random_programs import SCALAR, VECTOR, programs
from tests.engine.small_tasks import small_task, small_tasks
from workbench import evaluate
from workbench.engine import learning_curve
from workbench.programs import Program, linear
from workbench.tasks import LinearTasks, Task

KINDS = {
    "regression": {"F": 4},
    "epochs": {"F": 4, "epochs": 3},
    "accuracy": {"F": 3, "metric": "accuracy", "epochs": 2},
    "ten classes": {"F": 11, "classes": 10, "epochs": 2, "train": 6},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("points", [1, 5, 1000])
def test_the_end_is_what_evaluate_gives_to_the_last_bit(kind, points):
    # Random programs leave state behind in validation, draw numbers, and break off.
    tasks = small_tasks(11, **KINDS[kind])
    space = VECTOR if kind == "ten classes" else SCALAR
    limit = 20.0 if tasks[0].metric == "rmse" else 0.9
    stops = 0
    for seed, program in enumerate(programs(21, 60, space)):
        result = evaluate(program, tasks, seed=seed, max_abs_error=limit)
        curve = learning_curve(program, tasks, points, seed=seed, max_abs_error=limit)
        assert np.array_equal(curve.task_fitness, result.task_fitness)
        if tasks[0].epochs == 1:
            assert np.array_equal(curve.fitness[-1], result.task_fitness)
        assert np.all(np.isinf(curve.loss[-1][result.task_stopped]))
        stops += result.stopped
    assert stops > 5


def test_a_point_is_what_training_on_so_many_examples_gives():
    task = small_task(5, train=20)
    curve = learning_curve(linear(0.05), [task], points=4)
    assert curve.examples.tolist() == [0, 5, 10, 15, 20]
    for seen, fitness in zip(curve.examples[1:], curve.fitness[1:, 0], strict=True):
        cut = Task.from_arrays(
            task.train_x[:seen], task.train_y[:seen], task.valid_x, task.valid_y
        )
        assert evaluate(linear(0.05), [cut]).fitness == fitness
    # Before any training the prediction is 0.
    assert curve.loss[0, 0] == pytest.approx(np.sqrt(np.mean(task.valid_y**2)))
    assert curve.fitness == pytest.approx(1 - 2 / np.pi * np.arctan(curve.loss))


def test_the_ends_of_the_epochs_are_points():
    curve = learning_curve(linear(), small_tasks(3, train=7, epochs=3), points=2)
    assert curve.examples.tolist() == [0, 7, 10, 14, 21]
    assert curve.examples[curve.ends_epoch].tolist() == [7, 14, 21]


def test_losses_of_accuracy_tasks_are_shares_of_mistakes():
    tasks = small_tasks(3, metric="accuracy", valid=10)
    curve = learning_curve(linear(0.1), tasks, points=3)
    assert curve.measure == "accuracy"
    assert np.allclose(curve.loss * 10, np.round(curve.loss * 10))
    assert curve.fitness == pytest.approx(1.0 - curve.loss)


def test_training_that_breaks_off_stays_at_zero():
    tasks = LinearTasks(tasks=4, train=50).make()
    program = Program.from_text("""
        def Setup():
          s2 = 30.0
        def Predict():
          s1 = s1 + s2
    """)
    curve = learning_curve(program, tasks, points=50)
    assert np.all(np.isinf(curve.loss[5:]))
    assert np.all(curve.fitness[5:] == 0.0)
    assert np.all(np.isinf(curve.loss[0]))  # validation leaves the bounds as well


def test_what_does_not_fit_together_is_refused():
    tasks = [small_task(0, train=5), small_task(1, train=6)]
    with pytest.raises(ValueError, match=r"1 x 5 .*agree"):
        learning_curve(linear(), tasks)
    with pytest.raises(ValueError, match="points is 0"):
        learning_curve(linear(), tasks[:1], points=0)
    with pytest.raises(TypeError, match="Program"):
        learning_curve("def Setup():", tasks)
