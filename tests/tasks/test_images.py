from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from workbench.tasks import (
    HELD_OUT_PAIRS,
    SEARCH_PAIRS,
    DataLibrary,
    DatasetMissing,
    ProjectedTasks,
    TenClassTasks,
)
from workbench.tasks.formats import Split


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    return DataLibrary()


def keep(library, name, images, labels, classes):
    """Put a data set of one's own into the library's folder."""
    split = Split(np.asarray(images, np.uint8), np.asarray(labels, np.int64))
    library._save(name, {"train": split}, tuple(classes))


def test_the_pairs_are_those_of_the_paper():
    assert len(HELD_OUT_PAIRS) == 9
    assert len(SEARCH_PAIRS) == 36
    assert not set(HELD_OUT_PAIRS) & set(SEARCH_PAIRS)
    assert ProjectedTasks().class_pairs == SEARCH_PAIRS
    assert ProjectedTasks(pairs="held-out").class_pairs == HELD_OUT_PAIRS


def test_pairs_are_ordered_and_hashable_however_they_are_given():
    spec = ProjectedTasks(pairs=[[7, 2], [0, 1]])
    assert spec.pairs == ((2, 7), (0, 1))
    assert hash(spec) == hash(ProjectedTasks(pairs=((2, 7), (0, 1))))


def test_training_features_are_standardised_and_classes_balanced():
    made = ProjectedTasks(train=201, valid=101, tasks=5).make()
    np.testing.assert_allclose(made.train_x.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(made.train_x.std(axis=1), 1, atol=1e-12)
    # By the training examples only: validation is near, not equal.
    assert (np.abs(made.valid_x.mean(axis=1)) > 1e-6).all()
    assert made.metric == "accuracy"
    assert set(np.unique(made.train_y)) == {0.0, 1.0}
    assert (made.train_y.sum(axis=1) == 101).all()
    assert (made.valid_y.sum(axis=1) == 50).all()
    assert (made.train_y[:, :20].std(axis=1) > 0).all()  # the classes are mixed


def test_the_lower_class_has_the_label_one(library):
    # All images of class 3 are the same, all of class 8 differ.
    images = np.zeros((40, 1, 2))
    images[20:, 0, 0] = np.arange(1, 21)
    keep(library, "two", images, np.repeat([3, 8], 20), "0123456789")
    made = ProjectedTasks("two", 1, ((8, 3),), train=20, valid=10, tasks=4).make()
    for task in made:
        assert len(np.unique(task.train_x[task.train_y == 1])) == 1
        assert len(np.unique(task.train_x[task.train_y == 0])) == 10
    assert made.names == ("two 3 or 8",) * 4


def test_a_feature_without_spread_becomes_zero(library):
    keep(library, "dark", np.zeros((40, 1, 2)), np.arange(40) % 2, ["a", "b"])
    made = ProjectedTasks("dark", 2, ((0, 1),), train=20, valid=10, tasks=1).make()
    assert not made.train_x.any()
    assert not made.valid_x.any()


def test_train_and_valid_share_no_image(library):
    # Each image has a brightness of its own, so its feature identifies it.
    images = np.arange(200).reshape(200, 1, 1)
    keep(library, "shades", images, np.arange(200) % 2, ["even", "odd"])
    spec = ProjectedTasks("shades", 1, ((0, 1),), train=150, valid=50, tasks=3)
    for task in spec.make():
        everything = np.concatenate([task.train_x, task.valid_x]).round(9)
        assert len(np.unique(everything)) == 200


def test_only_the_first_5000_of_a_class_are_used(library):
    images = np.zeros((10_100, 1, 2))
    images[10_000:] = 255  # beyond the first 5000 of either class
    images[:10_000, 0, 0] = np.arange(10_000) % 100
    keep(library, "many", images, np.arange(10_100) % 2, ["a", "b"])
    task = ProjectedTasks("many", 2, ((0, 1),), train=9000, valid=1000, tasks=1).make()
    assert np.linalg.matrix_rank(task.train_x[0], tol=1e-6) == 1
    with pytest.raises(ValueError, match=re.escape("has 5000 to draw from")):
        ProjectedTasks("many", 2, ((0, 1),), train=9001, valid=1000).make()


def test_pairs_go_round_and_projections_stay_with_a_pair():
    names = ProjectedTasks(tasks=72).make().names
    assert len(set(names[:36])) == 36
    assert names[:36] == names[36:]
    names = ProjectedTasks(tasks=12, projections=3).make().names
    assert [names.count(name) for name in names] == [3] * 12
    assert names[0] == names[1] == names[2]


def test_tasks_of_one_pair_differ_in_their_projection():
    made = ProjectedTasks(pairs=((0, 1),), tasks=2, train=100).make()
    assert made.names[0] == made.names[1]
    assert (made.train_x[0] != made.train_x[1]).all()


def test_projected_digits_can_be_told_apart():
    scores = [
        LogisticRegression()
        .fit(task.train_x, task.train_y)
        .score(task.valid_x, task.valid_y)
        for task in ProjectedTasks().make()
    ]
    assert np.mean(scores) > 0.9


def test_ten_classes_are_one_hot_balanced_and_can_be_told_apart():
    made = TenClassTasks(train=1003, valid=501, tasks=2).make()
    assert made.label == "vector"
    assert made.train_y.shape == (2, 1003, 10)
    assert (made.train_y.sum(axis=2) == 1).all()
    assert made.train_y[0].sum(axis=0).tolist() == [101] * 3 + [100] * 7
    assert made.valid_y[0].sum(axis=0).tolist() == [50] * 9 + [51]
    np.testing.assert_allclose(made.train_x.std(axis=1), 1, atol=1e-12)
    task = made[0]
    model = LogisticRegression(max_iter=500)
    model.fit(task.train_x, task.train_y.argmax(axis=1))
    assert model.score(task.valid_x, task.valid_y.argmax(axis=1)) > 0.75


def test_recorded_values():
    made = ProjectedTasks().make()
    assert made.names[:2] == ("digits 4 or 5", "digits 5 or 9")
    assert made.train_x[0, 0, :2].tolist() == [0.8018647805435147, -0.06493391018022188]
    assert TenClassTasks(tasks=1).make().valid_x[0, 9, 15] == 1.0953842473957427


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ProjectedTasks(train=300, valid=100),
            "valid 100, which takes 200 images of class 0, but digits has 178 to draw",
        ),
        (lambda: TenClassTasks(train=1700), "TenClassTasks.train is 1700 and valid"),
        (
            lambda: TenClassTasks(features=9),
            "TenClassTasks.features is 9; accepted: a whole number, 10 or more",
        ),
        (lambda: ProjectedTasks(pairs="all"), "accepted: 'search', 'held-out', or"),
        (lambda: ProjectedTasks(pairs=()), "ProjectedTasks.pairs is ()"),
        (lambda: ProjectedTasks(pairs=((1, 1),)), "ProjectedTasks.pairs is ((1, 1),)"),
        (lambda: ProjectedTasks(pairs=((1, 2), (2, 1))), "each at most once"),
        (lambda: ProjectedTasks(pairs=(1, 2)), "ProjectedTasks.pairs holds 1"),
        (lambda: ProjectedTasks(pairs=((1, 10),)), "there is no class 10 in digits"),
        (lambda: ProjectedTasks(projections=0), "ProjectedTasks.projections is 0"),
        (lambda: ProjectedTasks(dataset="../x"), "ProjectedTasks.dataset: the name"),
        (lambda: ProjectedTasks(dataset=None), "ProjectedTasks.dataset: the name"),
    ],
)
def test_a_spec_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_a_data_set_that_is_not_here_says_how_to_get_it(library):
    with pytest.raises(DatasetMissing, match="workbench data get cifar10"):
        ProjectedTasks("cifar10", train=8000, valid=1000).make()
    with pytest.raises(DatasetMissing, match="workbench data add mine PATH"):
        ProjectedTasks("mine").make()


def test_ten_class_tasks_need_ten_classes(library):
    keep(library, "two", np.zeros((4, 1, 1)), [0, 0, 1, 1], ["a", "b"])
    with pytest.raises(ValueError, match="has 2 classes; accepted: data sets of 10"):
        TenClassTasks("two").make()
    with pytest.raises(ValueError, match="no class 2 in two; accepted: 0 to 1"):
        ProjectedTasks("two", pairs=((0, 2),), train=1, valid=1).make()
