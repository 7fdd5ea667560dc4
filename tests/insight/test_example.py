import numpy as np
import pytest
from hypothesis import given, settings

from tests.engine.small_tasks import small_task
from tests.programs.strategies import programs
from workbench.engine import trace
from workbench.insight import dataflow, node_values
from workbench.programs import linear, two_layer_network


def test_the_values_of_linear_regression_on_its_second_example():
    task = small_task(F=3)
    first, second = task.train_x[:2]
    weights = 0.01 * task.train_y[0] * first
    values = node_values(linear(), task, 1)
    error = task.train_y[1] - weights @ second
    expected = {
        "setup:0": 0.01,
        "features": second,
        "state:v1": weights,
        "predict:0": weights @ second,
        "prediction": weights @ second,
        "label": task.train_y[1],
        "learn:0": error,
        "learn:1": 0.01 * error,
        "learn:2": 0.01 * error * second,
        "learn:3": weights + 0.01 * error * second,
    }
    assert values.keys() == expected.keys()
    for name, value in expected.items():
        assert values[name] == pytest.approx(value), name


def test_in_validation_there_is_no_label_and_no_learning():
    values = node_values(two_layer_network(), small_task(), 2, phase="valid")
    assert not any(name.startswith("learn") or name == "label" for name in values)
    assert values["features"] == pytest.approx(small_task().valid_x[2])
    assert values["setup:1"].shape == (4, 4)


def test_after_a_training_that_was_cut_short_only_setup_is_left():
    values = node_values(linear(), small_task(), 5, max_abs_error=1e-9)
    assert values == {"setup:0": 0.01}


def test_an_example_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="start is 13"):
        node_values(linear(), small_task(train=12), 13)


@settings(max_examples=50)
@given(programs(mild=True))
def test_the_prediction_is_the_one_that_the_engine_makes(program):
    task = small_task(metric="accuracy")
    visits = trace(program, task, start=3, stop=4).visits
    values = node_values(program, task, 3)
    if len(visits):
        assert np.array_equal(
            values["prediction"], visits.prediction[0], equal_nan=True
        )
        nodes = {node.id for node in dataflow(program).nodes}
        assert values.keys() <= nodes
