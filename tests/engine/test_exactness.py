"""Fitness depends on program, task, seed and nothing else, to the last bit."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests import naive
from tests.engine.random_programs import DETERMINISTIC, SCALAR, VECTOR, programs
from tests.engine.small_tasks import small_task, small_tasks
from workbench.engine import evaluate
from workbench.programs import OPS, linear, two_layer_network
from workbench.tasks import TaskSet

# Four kinds of tasks, each with the 2,500 programs of a seed: 10,000 in all.
KINDS = {
    "regression": ({"F": 4, "train": 12}, 100.0),
    "regression, 3 epochs, low limit": ({"F": 2, "train": 10, "epochs": 3}, 5.0),
    "accuracy": ({"F": 4, "train": 10, "epochs": 3, "metric": "accuracy"}, 100.0),
    "ten classes": ({"F": 10, "train": 10, "classes": 10, "epochs": 2}, 100.0),
}
COUNT = 2500


def assert_same(a, b, message):
    """Hold two evaluations equal, bit by bit."""
    assert a.task_fitness.tobytes() == b.task_fitness.tobytes(), message
    assert a.task_train_steps.tolist() == b.task_train_steps.tolist(), message
    assert a.task_stopped.tolist() == b.task_stopped.tolist(), message
    assert a.fitness == b.fitness, message


def ops_of(program):
    return {one.op for part in program.functions.values() for one in part}


@pytest.mark.parametrize("kind", KINDS)
def test_reduction_is_exact(kind):
    options, limit = KINDS[kind]
    tasks = TaskSet.from_tasks(small_tasks(3, **options))
    space = VECTOR if "classes" in options else SCALAR
    written, effective_ops, values = set(), set(), set()
    shorter = alive = 0
    for seed, program in enumerate(programs(len(kind), COUNT, space)):
        settings = {"seed": seed, "max_abs_error": limit}
        whole = evaluate(program, tasks, reduce=False, **settings)
        reduced = evaluate(program, tasks, reduce=True, **settings)
        effective = program.effective()
        written_out = evaluate(effective, tasks, reduce=False, **settings)
        assert_same(whole, reduced, str(program))
        assert_same(whole, written_out, str(program))
        written |= ops_of(program)
        effective_ops |= ops_of(effective)
        shorter += len(effective) < len(program)
        alive += not whole.task_stopped.all()
        values.add(whole.fitness)
    # The programs say something: ops of every kind, dead code, various ends.
    assert written == set(OPS)
    assert len(effective_ops) > 50
    assert shorter > COUNT * 0.8
    assert COUNT * 0.1 < alive < COUNT
    assert len(values) > (5 if tasks.metric == "accuracy" else 50)


@pytest.mark.parametrize("options", [{}, {"metric": "accuracy", "epochs": 2}])
def test_a_task_does_not_depend_on_its_company(options):
    tasks = small_tasks(17, **options)
    for program in programs(21, 60, ops=DETERMINISTIC):
        alone = [evaluate(program, [task]).fitness for task in tasks]
        for count in (3, 10, 17):
            together = evaluate(program, tasks[:count]).task_fitness
            assert together.tolist() == alone[:count]


def test_shapes_and_metrics_mix_in_one_list():
    tasks = [
        small_task(1),
        small_task(2, F=7, valid=9),
        small_task(3),
        small_task(4, metric="accuracy"),
        small_task(5, epochs=2),
        small_task(6, train=20),
        small_task(7, F=16),
        small_task(8),
    ]
    for program in programs(22, 60, ops=DETERMINISTIC):
        together = evaluate(program, tasks)
        alone = [evaluate(program, [task]) for task in tasks]
        assert together.task_fitness.tolist() == [one.fitness for one in alone]
        assert together.task_train_steps.tolist() == [one.train_steps for one in alone]
        assert together.task_stopped.tolist() == [one.stopped for one in alone]
        assert together.fitness == pytest.approx(np.mean(together.task_fitness))


def test_random_draws_go_by_the_place_in_the_list():
    tasks = small_tasks(17)
    other = small_task(99, F=5)
    program = two_layer_network()
    whole = evaluate(program, tasks, seed=5).task_fitness
    for count in (3, 10):
        part = evaluate(program, tasks[:count], seed=5).task_fitness
        assert part.tolist() == whole[:count].tolist()
    # A task of another shape at place 4 moves into a block of its own.
    mixed = evaluate(program, [*tasks[:4], other, *tasks[5:]], seed=5).task_fitness
    assert np.delete(mixed, 4).tolist() == np.delete(whole, 4).tolist()
    as_set = evaluate(program, TaskSet.from_tasks(tasks), seed=5).task_fitness
    assert as_set.tolist() == whole.tolist()
    assert evaluate(program, tasks, seed=6).task_fitness.tolist() != whole.tolist()


def test_two_threads_at_once_give_what_one_gives():
    tasks = TaskSet.from_tasks(small_tasks(10, train=100))
    drawn = list(programs(23, 100))

    def fitness(program):
        return evaluate(program, tasks).task_fitness.tobytes()

    one = [fitness(program) for program in drawn]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(fitness, drawn)) == one
        assert list(pool.map(fitness, drawn[::-1])) == one[::-1]


def test_single_precision_is_close_where_learning_is_well_behaved():
    tasks = small_tasks(3, train=200, valid=20)
    for program in (linear(0.05), two_layer_network(0.02)):
        double = evaluate(program, tasks)
        single = evaluate(program, tasks, dtype="float32")
        np.testing.assert_allclose(single.task_fitness, double.task_fitness, atol=1e-4)
        assert single.task_fitness.tolist() != double.task_fitness.tolist()
    for program in programs(24, 100):
        single, double = (
            evaluate(program, tasks[:1], dtype=dtype, reduce=reduce)
            for dtype, reduce in (("float32", True), ("float32", False))
        )
        assert_same(single, double, str(program))


@pytest.mark.parametrize("kind", KINDS)
def test_the_slow_interpreter_agrees(kind):
    options, limit = KINDS[kind]
    space = VECTOR if "classes" in options else SCALAR
    tasks = small_tasks(2, seed=3, **options)
    compared = 0
    for program in programs(31, 120, space, DETERMINISTIC, wild=False):
        result = evaluate(program, tasks, max_abs_error=limit)
        for i, task in enumerate(tasks):
            slow = naive.run(
                program,
                task.train_x,
                task.train_y,
                task.valid_x,
                task.valid_y,
                metric=task.metric,
                epochs=task.epochs,
                order=task.order,
                max_abs_error=limit,
            )
            compared += 1
            fitness = slow.fitness
            if space is VECTOR and not slow.stopped:
                fitness = best_accuracy(task, slow.predictions)
            assert result.task_train_steps[i] == slow.train_steps, str(program)
            assert result.task_stopped[i] == slow.stopped, str(program)
            assert result.task_fitness[i] == pytest.approx(
                fitness, rel=1e-9, abs=1e-12
            ), str(program)
    assert compared > 150


def best_accuracy(task, predictions):
    """Return the best epoch's share of right classes; of equal logits the last wins."""
    n, m = len(task.train_x), len(task.valid_x)
    epochs = [
        predictions[first + n : first + n + m] for first in range(0, 2 * (n + m), n + m)
    ]
    truth = np.argmax(task.valid_y, axis=1)
    return max(
        np.mean(
            [last_largest(one[:10]) == t for one, t in zip(part, truth, strict=True)]
        )
        for part in epochs
    )


def last_largest(logits):
    finite = [(value, k) for k, value in enumerate(logits) if value > -math.inf]
    return max(finite)[1] if finite else 0
