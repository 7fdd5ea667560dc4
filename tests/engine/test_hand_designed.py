"""Hand-designed programs reach the fitness that the original engine measured.

The original's tasks are drawn by its own generator, ours have the same distributions:
means over tasks are compared within four standard errors of their difference. The
spread of a recorded mean over n tasks is estimated as that of our tasks.
"""

import math

import numpy as np
import pytest

from workbench.engine import evaluate
from workbench.programs import affine, empty, linear, logistic_regression
from workbench.programs import two_layer_network as network
from workbench.tasks import AffineTasks, LinearTasks, Task, TwoLayerTasks

LINEAR_8 = LinearTasks(features=8, train=1000, tasks=200)
LINEAR_4 = LinearTasks(features=4, train=1000, tasks=400)
SHORT = LinearTasks(features=4, train=100, tasks=400)
TWO_LAYER = TwoLayerTasks(features=4, train=1000, tasks=300)
LONG = TwoLayerTasks(features=4, train=10_000, tasks=60)

# Program, tasks, the original's mean and how many tasks it was taken over.
RECORDED = [
    (empty(), LINEAR_4, 0.335194705, 100),
    (empty(), TWO_LAYER, 0.422975161, 8),
    *(
        (linear(rate), LINEAR_4, fitness, 100)
        for rate, fitness in [(0.001, 0.618670802), (0.01, 0.999936868), (0.03, 1.0)]
    ),
    *(
        (linear(rate), SHORT, fitness, 10)
        for rate, fitness in [
            (0.01, 0.565311334),
            (0.03, 0.935095840),
            (0.05, 0.990090984),
            (0.1, 0.999797203),
            (0.15, 0.999988708),
            (0.2, 0.999965409),
            (0.25, 0.999659924),
            (0.3, 0.988009233),
            (0.4, 0.639216172),
        ]
    ),
    *(
        (linear(rate), LINEAR_8, fitness, 10)
        for rate, fitness in [
            (0.001, 0.431783064),
            (0.01, 0.999876938),
            (0.03, 1.0),
            (0.2, 0.999999209),
        ]
    ),
    (network(0.01), TWO_LAYER, 0.762002377, 8),
    (network(0.01), LONG, 0.923069290, 8),
    (network(0.03), TWO_LAYER, 0.873157849, 8),
    (network(0.03), LONG, 0.854604343, 8),
    (network(0.05), TWO_LAYER, 0.763205306, 8),
    (network(0.1), TWO_LAYER, 0.362694573, 8),
    (network(0.036210, 0.180920, 0.145231), LONG, 0.980756557, 8),
    (linear(0.01), TWO_LAYER, 0.573099444, 8),
    (linear(0.05), TWO_LAYER, 0.551983176, 8),
    (linear(0.01), LONG, 0.568159066, 8),
]
ROUNDING = 1e-8  # of the recorded values


@pytest.mark.parametrize(
    ("program", "tasks", "recorded", "count"),
    RECORDED,
    ids=[
        f"{i}-{tasks.kind}-{value}" for i, (_, tasks, value, _) in enumerate(RECORDED)
    ],
)
def test_fitness_of_the_original_engine(program, tasks, recorded, count):
    ours = evaluate(program, tasks.make()).task_fitness
    error = np.std(ours, ddof=1) * math.sqrt(1 / len(ours) + 1 / count)
    assert abs(np.mean(ours) - recorded) < 4 * error + ROUNDING


def test_published_thresholds():
    assert evaluate(linear(0.01), LINEAR_4.make()).fitness > 0.999
    tuned = network(0.036210, 0.180920, 0.145231)
    assert np.median(evaluate(tuned, LONG.make()).task_fitness) > 0.98


def test_a_bias_is_needed_on_affine_tasks_and_learned():
    tasks = AffineTasks(features=4, train=1000, tasks=100).make()
    assert evaluate(affine(0.03), tasks).fitness > 0.999
    assert evaluate(linear(0.03), tasks).fitness < 0.8


def test_networks_without_gradient_stay_where_they_start():
    tasks = TWO_LAYER.make()
    start = evaluate(network(0.0), tasks).fitness
    assert start == pytest.approx(evaluate(empty(), tasks).fitness, abs=0.01)


def test_logistic_regression_separates_what_is_linear():
    linear_set = LinearTasks(features=4, train=1000, tasks=20).make()
    tasks = [
        Task.from_arrays(
            task.train_x,
            task.train_y > 0.0,
            task.valid_x,
            task.valid_y > 0.0,
            metric="accuracy",
        )
        for task in linear_set
    ]
    assert evaluate(logistic_regression(0.5), tasks).fitness > 0.95
    assert evaluate(empty(), tasks).fitness == pytest.approx(0.5, abs=0.05)
