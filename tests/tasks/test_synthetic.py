from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tasks import (
    AffineTasks,
    LinearTasks,
    ProjectedTasks,
    TenClassTasks,
    TwoLayerTasks,
    register_task_spec,
    task_kinds,
    task_spec_from_dict,
)

SPECS = [
    LinearTasks(),
    AffineTasks(features=8, seed=2**40),
    TwoLayerTasks(teacher="dense", epochs=3),
    ProjectedTasks(pairs=((7, 2), (0, 1)), tasks=2),
    ProjectedTasks(pairs="held-out", projections=5, tasks=2),
    TenClassTasks(tasks=2),
]
FIELDS = ("train_x", "train_y", "valid_x", "valid_y")
each_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)


def fit(x, y):
    """Least squares with a constant column: (weights, constant, largest error)."""
    columns = np.column_stack([x, np.ones(len(x))])
    solution = np.linalg.lstsq(columns, y, rcond=None)[0]
    return solution[:-1], solution[-1], np.abs(columns @ solution - y).max()


@each_spec
def test_a_spec_reads_back_from_json(spec):
    again = task_spec_from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert type(again) is type(spec)
    assert hash(again) == hash(spec)
    assert spec.kind in task_kinds()


@each_spec
def test_making_a_set_twice_gives_the_same(spec):
    first, second = spec.make(), spec.make()
    for field in (*FIELDS, "order"):
        assert (getattr(first, field) == getattr(second, field)).all()
    assert first.spec == spec
    assert len(first) == spec.tasks
    assert first.features == spec.features
    assert len(first.names) == spec.tasks


@each_spec
def test_a_task_does_not_depend_on_how_many_there_are(spec):
    few = dataclasses.replace(spec, tasks=1).make()
    many = dataclasses.replace(spec, tasks=4).make()
    for field in FIELDS:
        assert (getattr(few, field)[0] == getattr(many, field)[0]).all()
    assert few.names[0] == many.names[0]


@each_spec
def test_seeds_and_tasks_differ(spec):
    made = spec.make()
    other = dataclasses.replace(spec, seed=spec.seed + 1).make()
    assert (made.train_x[0] != other.train_x[0]).any()
    assert (made.train_x[0] != made.train_x[1]).any()


def test_seeds_beyond_32_bits_do_not_meet_small_ones():
    # NumPy cuts a seed into words of 32 bits, so that keys could run together.
    small = LinearTasks(seed=5, tasks=3).make()
    large = LinearTasks(seed=5 + (2 << 32), tasks=3).make()
    assert not np.isin(large.train_x, small.train_x).any()


def test_more_examples_extend_fewer():
    few, many = LinearTasks(train=10).make(), LinearTasks(train=1000).make()
    assert (many.train_x[:, :10] == few.train_x).all()
    assert (many.train_y[:, :10] == few.train_y).all()
    assert (many.valid_x == few.valid_x).all()


def test_recorded_values():
    linear = LinearTasks().make()
    assert linear.train_x[0, 0].tolist() == [
        -3.8066885920569278,
        0.15953457571384078,
        -0.36516801658366804,
        -1.014190422259107,
    ]
    assert linear.train_y[0, 0] == -2.118891730852281
    assert AffineTasks().make().train_y[9, 99] == -0.22716062993476427
    assert TwoLayerTasks(teacher="dense").make().valid_y[3, 7] == -0.05962950064553202


@given(features=st.integers(1, 20), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=20, deadline=None)
def test_linear_labels_are_linear(features, seed):
    made = LinearTasks(features=features, seed=seed, tasks=2).make()
    for task in made:
        weights, constant, error = fit(task.train_x, task.train_y)
        assert abs(constant) < 1e-9
        assert error < 1e-9
        np.testing.assert_allclose(task.valid_x @ weights, task.valid_y, atol=1e-9)


def test_affine_labels_have_a_standard_normal_bias():
    made = AffineTasks(train=20, tasks=500).make()
    found = [fit(task.train_x, task.train_y) for task in made]
    assert max(error for *_, error in found) < 1e-9
    biases = np.array([bias for _, bias, _ in found])
    weights = np.array([weights for weights, *_ in found])
    for drawn in (biases, weights):
        assert abs(drawn.mean()) < 4 / np.sqrt(drawn.size)
        assert abs(drawn.std() - 1) < 4 / np.sqrt(2 * drawn.size)


def test_features_are_standard_normal():
    x = LinearTasks(features=8, train=1000, tasks=20).make().train_x
    assert abs(x.mean()) < 4 / np.sqrt(x.size)
    assert abs(x.std() - 1) < 4 / np.sqrt(2 * x.size)
    assert abs(np.corrcoef(x[0].T) - np.eye(8)).max() < 0.15


def test_original_teacher_of_four_features_has_two_hidden_units():
    made = TwoLayerTasks(train=2000, tasks=20).make()
    # Two units are both silent for about a quarter of the inputs, four for less.
    silent = (made.train_y == 0).mean()
    dense = TwoLayerTasks(train=2000, tasks=20, teacher="dense").make().train_y == 0
    assert 0.15 < silent < 0.35
    assert 0 < dense.mean() < 0.12


@pytest.mark.parametrize(("teacher", "living"), [("original", 6), ("dense", 8)])
def test_variance_of_two_layer_labels(teacher, living):
    made = TwoLayerTasks(8, train=1, valid=20, tasks=20_000, teacher=teacher).make()
    # E[(u.relu(Mx))^2] is half of E[(mx)^2] = F for each living unit.
    assert abs((made.valid_y**2).mean() / (living * 8 / 2) - 1) < 0.05


def test_original_teacher_of_one_feature_is_silent_and_dense_is_not():
    assert not TwoLayerTasks(features=1).make().train_y.any()
    assert TwoLayerTasks(features=1, teacher="dense").make().train_y.any()


@pytest.mark.parametrize(
    ("spec", "published"),
    [
        (LinearTasks(train=1, tasks=2000), 0.335),
        (TwoLayerTasks(train=1, tasks=2000), 0.423),
    ],
    ids=["linear", "original"],
)
def test_predicting_zero_scores_as_on_the_original_tasks(spec, published):
    error = np.sqrt((spec.make().valid_y ** 2).mean(axis=1))
    fitness = 1 - 2 / np.pi * np.arctan(error)
    # The published means are over 100 and 8 tasks.
    assert abs(fitness.mean() - published) < 0.05


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearTasks(features=0), "LinearTasks.features is 0; accepted: a w"),
        (lambda: LinearTasks(train=2.5), "LinearTasks.train is 2.5"),
        (lambda: AffineTasks(valid=-1), "AffineTasks.valid is -1"),
        (lambda: AffineTasks(tasks=True), "AffineTasks.tasks is True"),
        (lambda: LinearTasks(seed=-1), "LinearTasks.seed is -1"),
        (lambda: LinearTasks(seed=2**63), "accepted: a whole number, 0 to"),
        (lambda: LinearTasks(epochs="2"), "LinearTasks.epochs is '2'"),
        (
            lambda: TwoLayerTasks(teacher="sparse"),
            "TwoLayerTasks.teacher is 'sparse'; accepted: 'original', 'dense'",
        ),
        (
            lambda: task_spec_from_dict({"kind": "cubic"}),
            "kind is 'cubic'; accepted: affine, linear, projected, ten-class, two-la",
        ),
        (
            lambda: task_spec_from_dict({"kind": "linear", "bias": 1}),
            "LinearTasks has no field 'bias'; accepted: features, train",
        ),
    ],
)
def test_a_spec_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_numpy_whole_numbers_are_accepted():
    spec = LinearTasks(train=np.int64(7))
    assert spec == LinearTasks(train=7)
    assert type(spec.train) is int


def test_two_kinds_of_one_name_are_refused():
    class Other(LinearTasks):
        kind = "linear"

    with pytest.raises(ValueError, match="'linear' is already registered"):
        register_task_spec(Other)
