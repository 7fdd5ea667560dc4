"""What concepts are worth, measured on tasks that no search has seen."""

import numpy as np
import pytest
from scipy import stats

from workbench.engine import evaluate
from workbench.insight import Effect, ablate, discover, evidence, fresh_tasks, graft
from workbench.programs import evolved, linear
from workbench.tasks import HELD_OUT_PAIRS, AffineTasks, ProjectedTasks

FOUR = {
    "noisy input",
    "bilinear interaction",
    "gradient normalisation",
    "weight averaging",
}


def test_the_interval_is_that_of_a_paired_t_test():
    random = np.random.default_rng(0)
    having, lacking = random.random((2, 30))
    effect = Effect.of(having, lacking)
    expected = stats.ttest_rel(having, lacking).confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx(tuple(expected))
    assert effect.difference == pytest.approx(np.mean(having - lacking))
    assert effect.pairs == 30
    one = Effect.of(having[:1], lacking[:1])
    assert np.isnan(one.low)
    assert not one.clear
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\); accepted: "):
        Effect.of(np.zeros(2), np.zeros(3))


def test_the_papers_final_algorithm_loses_by_each_of_its_four_knock_outs():
    spec = ProjectedTasks(
        dataset="digits",
        pairs="held-out",
        features=16,
        train=60,
        valid=180,
        tasks=5,
        epochs=60,
    )
    found = {d.concept.name for d in discover(evolved(), "accuracy")}
    assert found >= FOUR
    worth = ablate(evolved(), spec, concepts=sorted(FOUR), pairs=100)
    assert {one.concept for one in worth} == FOUR
    for one in worth:
        assert one.verdict == "helps", str(one)
        assert one.effect.low > 0
        assert one.before - one.after == pytest.approx(one.effect.difference)
        assert one.before > 0.97


def test_fresh_tasks_are_of_the_same_kind_and_others():
    spec = ProjectedTasks(dataset="digits", pairs="held-out", tasks=9)
    fresh = fresh_tasks(spec, 4)
    assert len(fresh) == 4
    assert fresh.spec.pairs == "held-out"
    assert fresh.spec.class_pairs == HELD_OUT_PAIRS
    assert fresh.spec.seed != spec.seed
    assert np.array_equal(fresh.train_x, fresh_tasks(spec, 4).train_x)
    other = fresh_tasks(spec, 4, seed=1)
    assert not np.array_equal(fresh.train_x, other.train_x)


def test_programs_are_compared_on_the_same_fresh_tasks():
    spec = AffineTasks(features=4, train=100, tasks=5)
    (one,) = ablate(linear(), spec, concepts=["linear model"], pairs=10, seed=3)
    tasks = fresh_tasks(spec, 10, seed=3)
    assert one.before == evaluate(linear(), tasks, seed=3).fitness
    assert one.after == evaluate(one.program, tasks, seed=3).fitness
    assert str(one).startswith("linear model: knocking it out costs fitness")
    with pytest.raises(ValueError, match="'momentum' is not in this program"):
        ablate(linear(), spec, concepts=["momentum"], pairs=10)


def test_a_graft_that_helps_is_told_from_one_that_does_not():
    spec = AffineTasks(features=4, train=400, tasks=5)
    offset, decay = graft(linear(), spec, ["affine model", "weight decay"], pairs=20)
    assert (offset.verdict, offset.grafted) == ("helps", True)
    assert offset.after > offset.before
    assert "grafting it in gains fitness" in str(offset)
    assert decay.verdict == "harms"


def test_the_table_has_a_row_for_each_concept():
    spec = AffineTasks(features=4, train=100, tasks=5)
    table = evidence(linear(), spec, pairs=10)
    assert list(table.columns)[:3] == ["concept", "where", "difference"]
    assert list(table.columns)[3:] == ["low", "high", "pairs", "verdict"]
    found = ablate(linear(), spec, pairs=10)
    assert list(table["concept"]) == [one.concept for one in found]
    assert list(table["difference"]) == [one.effect.difference for one in found]
    assert table["where"][0] == "predict 1"
    assert [one.concept for one in found] == [
        d.concept.name for d in discover(linear())
    ]
