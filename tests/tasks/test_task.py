from __future__ import annotations

import re

import numpy as np
import pytest

from workbench.tasks import LinearTasks, Task, TaskSet, default_order


def a_task(**changes) -> Task:
    arrays = {
        "train_x": np.arange(6.0).reshape(3, 2),
        "train_y": [1, 2, 3],
        "valid_x": [[1.0, 2.0]],
        "valid_y": [1.0],
    }
    return Task.from_arrays(**{**arrays, **changes})


def test_from_arrays_gives_read_only_float64_in_c_order():
    task = a_task(train_x=np.asfortranarray(np.arange(6).reshape(3, 2)))
    for array in (task.train_x, task.train_y, task.valid_x, task.valid_y):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert task.order.dtype == np.int64
    assert not task.order.flags.writeable
    assert (task.metric, task.epochs, task.features, task.label) == (
        "rmse",
        1,
        2,
        "scalar",
    )


def test_later_changes_to_the_users_array_do_not_reach_the_task():
    mine = np.zeros((3, 2))
    task = a_task(train_x=mine)
    mine[:] = 7.0
    assert mine.flags.writeable
    assert not task.train_x.any()


def test_one_example_is_enough_and_labels_may_be_bad():
    task = Task.from_arrays([[1.0]], [np.nan], [[1.0]], [np.inf])
    assert np.isnan(task.train_y[0])
    assert np.isinf(task.valid_y[0])


def test_first_epoch_is_natural_and_later_ones_are_fixed_permutations():
    order = a_task(epochs=3).order
    assert order[0].tolist() == [0, 1, 2]
    assert [sorted(row) for row in order.tolist()] == [[0, 1, 2]] * 3
    long = default_order(50, 4)
    assert len({tuple(row) for row in long.tolist()}) == 4
    assert (long[:2] == default_order(50, 2)).all()
    assert (default_order(50, 2, seed=1)[1] != long[1]).any()


def test_an_order_of_ones_own_is_kept():
    task = a_task(epochs=2, order=[[2, 1, 0], [0, 0, 1]])
    assert task.order.tolist() == [[2, 1, 0], [0, 0, 1]]


def test_one_hot_labels():
    task = a_task(train_y=[[1, 0], [0, 1], [0, 1]], valid_y=[[0, 1]], metric="accuracy")
    assert task.label == "vector"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_x": [1.0, 2.0]}, "train_x has the shape [2]; accepted: [examples, f"),
        ({"train_x": np.zeros((0, 2)), "train_y": []}, "each at least 1"),
        ({"train_x": [[1.0, 2.0], [3.0]]}, "train_x is not one regular array"),
        ({"train_x": np.full((3, 2), 1j)}, "train_x holds complex128; accepted: real"),
        ({"train_y": np.array([1, "a", None], object)}, "train_y holds object"),
        ({"train_y": [1.0, 2.0]}, "train_y has the shape [2]; accepted with train_x"),
        ({"valid_x": [[1.0]]}, "valid_x has the shape [1, 1] but train_x [3, 2]"),
        ({"valid_y": [[1.0]]}, "either both or none have an axis of classes"),
        ({"metric": "mse"}, "metric is 'mse'; accepted: 'rmse' or 'accuracy'"),
        ({"epochs": 0}, "epochs is 0; accepted: a whole number, 1 or more"),
        ({"epochs": True}, "epochs is True"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"epochs": 2, "order": [[0, 1, 2]]}, "shape [1, 3]; accepted: [2, 3]"),
        ({"order": [[0, 1, 3]]}, "order holds 3; accepted: 0 to 2"),
        ({"order": [[0, -1, 2]]}, "order holds -1; accepted: 0 to 2"),
        ({"order": [[0.0, 1.0, 2.0]]}, "order holds float64; accepted: whole numbers"),
        (
            {"train_y": np.eye(3), "valid_y": [[1, 0, 0]], "metric": "accuracy"},
            "train_y has 3 classes; accepted: 2 to 2",
        ),
        (
            {"train_y": np.ones((3, 1)), "valid_y": [[1]]},
            "train_y has the shape [3, 1]; accepted: [3], one number for each example",
        ),
        (
            {"train_y": np.ones((3, 2)), "valid_y": [[1, 0]]},
            "metric is 'rmse' with vector labels; accepted: 'accuracy'",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        a_task(**changes)


def test_a_set_stacks_tasks_and_gives_them_back():
    tasks = [a_task(name="one"), a_task(train_y=[4, 5, 6], name="two")]
    both = TaskSet.from_tasks(tasks)
    assert len(both) == 2
    assert both.train_x.shape == (2, 3, 2)
    assert (both.features, both.label, both.spec) == (2, "scalar", None)
    assert [task.name for task in both] == ["one", "two"]
    assert both[-1].train_y.tolist() == [4, 5, 6]
    assert both[1].train_x.base is not None  # shares memory with the set
    with pytest.raises(IndexError, match="task 2 of a set of 2"):
        both[2]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"valid_x": [[1, 2], [3, 4]], "valid_y": [1, 2]}, "tasks[1].valid_x has"),
        ({"metric": "accuracy"}, "tasks[1].metric is 'accuracy' but tasks[0].metric"),
        ({"epochs": 2}, "tasks[1].epochs is 2"),
        ({"order": [[2, 1, 0]]}, "tasks[1].order differs"),
    ],
)
def test_tasks_that_disagree_make_no_set(other, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        TaskSet.from_tasks([a_task(), a_task(**other)])


def test_a_set_needs_tasks():
    with pytest.raises(ValueError, match="at least one"):
        TaskSet.from_tasks([])
    with pytest.raises(TypeError, match=re.escape("tasks[0] is a dict")):
        TaskSet.from_tasks([{}])


def test_names_count_as_many_as_tasks():
    made = LinearTasks(tasks=2).make()
    with pytest.raises(ValueError, match="1 names for 2 tasks"):
        TaskSet(
            made.train_x,
            made.train_y,
            made.valid_x,
            made.valid_y,
            made.metric,
            made.epochs,
            made.order,
            names=("a",),
        )


def test_data_behind_a_read_only_view_is_copied():
    mine = np.zeros((3, 2))
    view = mine.view()
    view.setflags(write=False)
    task = Task.from_arrays(view, np.zeros(3), view, np.zeros(3))
    mine[:] = 1.0
    assert not task.train_x.any()
    assert not task.valid_x.any()
