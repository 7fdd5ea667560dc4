"""What `trace` shows is what `evaluate` computes."""

import math

import numpy as np
import pytest

from tests import naive
from tests.engine.random_programs import DETERMINISTIC, SCALAR, VECTOR, programs
from tests.engine.small_tasks import small_task, small_tasks
from workbench import evaluate, trace
from workbench.engine import memory_after
from workbench.programs import Program, logistic_regression, two_layer_network

KINDS = {
    "regression": {"F": 4, "epochs": 2},
    "accuracy": {"F": 3, "metric": "accuracy", "epochs": 2},
    "ten classes": {"F": 11, "classes": 10, "epochs": 2, "train": 6},
}


def space_of(task):
    return VECTOR if task.label == "vector" else SCALAR


def same(a, b):
    return np.array_equal(a, b, equal_nan=True)


def same_memory(a, b):
    return all(same(x, y) for x, y in zip(a, b, strict=True))


def validation_fitness(task, errors):
    if len(errors) < len(task.valid_x) or not np.all(errors <= 100.0):
        return 0.0
    if task.metric == "accuracy":
        return 1.0 - np.mean(errors)
    return 1.0 - 2.0 / math.pi * math.atan(math.sqrt(np.mean(errors**2)))


@pytest.mark.parametrize("kind", KINDS)
def test_steps_stops_fitness_and_last_memory_are_those_of_the_evaluation(kind):
    task = small_task(3, **KINDS[kind])
    stops = 0
    for seed, program in enumerate(programs(11, 150, space_of(task))):
        result = evaluate(program, [task], seed=seed)
        steps, best, last = 0, 0.0, None
        for epoch in range(task.epochs):
            shown = trace(program, task, phase="both", epoch=epoch, seed=seed)
            valid = shown.visits.phase == "valid"
            steps += int(np.sum(~valid))
            if not shown.stopped:
                errors = shown.visits.error[valid]
                best = max(best, validation_fitness(task, errors))
            last = shown[-1] if len(shown) else last
        assert (steps, shown.stopped) == (result.train_steps, result.stopped)
        assert best == pytest.approx(result.fitness, rel=1e-12)
        assert same_memory(last, memory_after(program, task, seed=seed))
        stops += result.stopped
    assert 5 < stops < 145


@pytest.mark.parametrize("kind", KINDS)
def test_each_memory_follows_from_the_one_before(kind):
    task = small_task(5, **KINDS[kind])
    for program in programs(12, 60, space_of(task), DETERMINISTIC):
        shown = trace(program, task, phase="both", epoch=0)
        before = naive.memory(program.space.sizes, task.features)
        for row, after in enumerate(shown):
            instruction = shown.instruction(row)
            visit = shown.visit[row]
            with np.errstate(all="ignore"):
                if instruction is not None:
                    naive.step(instruction, before)
                else:
                    loop_step(str(shown.function[row]), before, task, shown, visit)
            for name, ours, slow in zip(
                after._fields, after, (before.s, before.v, before.m), strict=True
            ):
                np.testing.assert_allclose(
                    ours, slow, rtol=1e-9, err_msg=f"{name} after {instruction}"
                )
            before = naive.Memory(*(part.copy() for part in after))


def loop_step(what, memory, task, shown, visit):
    """Do what the training loop does itself."""
    training = shown.visits.phase[visit] == "train"
    x = (task.train_x if training else task.valid_x)[shown.visits.example[visit]]
    vector = task.label == "vector"
    if what == "features":
        memory.v[0] = x
        if vector:
            memory.v[1] = 0.0
        else:
            memory.s[0] = 0.0
    elif what == "label":
        if vector:
            memory.v[1, : task.train_y.shape[1]] = shown.visits.label[visit]
        else:
            memory.s[0] = shown.visits.label[visit]
    elif what == "sigmoid":
        memory.s[1] = naive.sigmoid(memory.s[1])
    else:
        assert what == "softmax"
        memory.v[2] = naive.softmax(memory.v[2], task.train_y.shape[1])


@pytest.mark.parametrize("kind", KINDS)
def test_windows_are_pieces_of_the_whole(kind):
    task = small_task(7, **KINDS[kind])
    n = len(task.train_x)
    for seed, program in enumerate(programs(13, 40, space_of(task))):
        for epoch in range(2):
            options = {"epoch": epoch, "seed": seed}
            whole = trace(program, task, phase="both", **options)
            for window in (
                {"start": 0, "stop": 1},
                {"start": 2, "stop": 5},
                {"start": 3, "stop": n + 2, "phase": "both"},
                {"start": 1, "stop": 4, "phase": "valid"},
                {"start": 4, "stop": 4},
            ):
                piece = trace(program, task, **window, **options)
                offset = n if window.get("phase") == "valid" else 0
                first, last = window["start"] + offset, window["stop"] + offset
                low = -1 if first == 0 and epoch == 0 else first
                rows = (whole.visit >= low) & (whole.visit < last)
                assert same(piece.scalars, whole.scalars[rows])
                assert same(piece.vectors, whole.vectors[rows])
                assert same(piece.matrices, whole.matrices[rows])
                for field in ("function", "index", "phase", "epoch", "example"):
                    assert same_words(
                        getattr(piece, field), getattr(whole, field)[rows]
                    )
                visits = slice(first, last)
                for field in ("step", "prediction", "label", "error"):
                    mine, all_of_it = (getattr(t.visits, field) for t in (piece, whole))
                    assert same(mine, all_of_it[visits])


def same_words(a, b):
    return a.tolist() == b.tolist()


def test_the_sigmoid_is_a_step_of_its_own():
    task = small_task(1, metric="accuracy")
    shown = trace(logistic_regression(0.5), task, start=1, stop=2)
    assert shown.function.tolist() == [
        "features",
        *["predict"] * 2,
        "sigmoid",
        "label",
        *["learn"] * 5,
    ]
    assert shown.index.tolist() == [-1, 0, 1, -1, -1, 0, 1, 2, 3, 4]
    logit, probability = shown.scalars[2:4, 1]
    assert shown.visits.prediction[0] == logit
    assert probability == pytest.approx(1.0 / (1.0 + math.exp(-logit)), rel=1e-15)
    assert shown.visits.error[0] == abs(task.train_y[1] - probability)
    assert shown.scalars[2, 0] == 0.0  # the label is hidden while Predict runs
    assert shown.scalars[4, 0] == task.train_y[1]
    in_validation = trace(logistic_regression(0.5), task, phase="valid")
    assert "sigmoid" not in in_validation.function


def test_setup_comes_with_the_first_window_only():
    program, task = two_layer_network(), small_task()
    first = trace(program, task, stop=1)
    assert first.function.tolist()[:4] == ["setup", "setup", "setup", "features"]
    assert first.phase.tolist()[:4] == ["setup", "setup", "setup", "train"]
    assert [str(first.instruction(i)) for i in range(3)] == list(
        map(str, program.setup)
    )
    assert trace(program, task, start=1, stop=2).function[0] == "features"


def test_the_order_of_a_later_epoch_is_shown():
    order = [[0, 1, 2], [2, 0, 1]]
    task = small_task(train=3, epochs=2, order=order)
    shown = trace(two_layer_network(), task, epoch=1)
    assert shown.visits.example.tolist() == [2, 0, 1]
    assert shown.visits.step.tolist() == [0, 1, 2]
    assert shown.visits.label.tolist() == task.train_y[[2, 0, 1]].tolist()
    assert set(shown.epoch.tolist()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_reduction_leaves_out_rows_and_changes_nothing_else(kind):
    task = small_task(4, **KINDS[kind])
    for seed, program in enumerate(programs(14, 100, space_of(task))):
        whole = trace(program, task, seed=seed)
        reduced = trace(program, task, seed=seed, reduce=True)
        assert same(whole.visits.prediction, reduced.visits.prediction)
        live = dict(zip(("setup", "predict", "learn"), program.live, strict=True))
        kept = [
            index < 0 or live[str(name)][index]
            for name, index in zip(whole.function, whole.index, strict=True)
        ]
        assert same_words(whole.function[kept], reduced.function)
        assert same_words(whole.index[kept], reduced.index)
        for row, at in enumerate(np.flatnonzero(kept)):
            one = reduced.instruction(row)
            if one is None or one.op.is_partial_write:
                continue
            kind, address = one.output
            part = "svm".index(kind.value)
            assert same(whole[at][part][address], reduced[row][part][address])


def test_a_task_is_traced_as_the_one_it_is_in_a_list():
    program = two_layer_network()  # its weights are drawn, for each task other ones
    tasks = [small_task(2)] * 3
    fitness = evaluate(program, tasks, seed=9).task_fitness
    assert len(set(fitness)) == 3
    for number, task in enumerate(tasks):
        shown = trace(program, task, phase="valid", seed=9, task_number=number)
        assert validation_fitness(task, shown.visits.error) == pytest.approx(
            fitness[number], rel=1e-12
        )


def test_training_that_is_cut_short_ends_the_trace():
    program = Program.from_text("""
        def Predict():
          s1 = s1 + s2
        def Learn():
          s3 = 30.0
          s2 = s2 + s3
    """)
    task = small_task(train=10)
    shown = trace(program, task)
    assert shown.stopped
    # s1 is 0, 30, 90, 180: the fourth prediction is out of bounds.
    assert shown.visits.prediction.tolist() == [0.0, 30.0, 90.0, 180.0]
    assert shown.function[-1] == "predict"
    after = trace(program, task, start=6, stop=8)
    assert after.stopped
    assert len(after) == len(after.visits) == 0
    assert trace(program, task, phase="valid").stopped


def test_single_precision_is_traced_in_single_precision():
    program = two_layer_network()
    task = small_task(2)
    double = trace(program, task, phase="both")
    single = trace(program, task, phase="both", dtype="float32")
    assert same(single.scalars, single.scalars.astype(np.float32))
    np.testing.assert_allclose(single.matrices, double.matrices, atol=1e-5)
    assert not same(single.matrices, double.matrices)


def test_a_window_that_is_too_large_is_refused_with_one_that_fits():
    task = small_task(train=500, valid=100)
    program = two_layer_network()
    for phase in ("train", "valid", "both"):
        with pytest.raises(ValueError, match="max_bytes=100,000") as caught:
            trace(program, task, phase=phase, start=3, max_bytes=100_000)
        stop = int(str(caught.value).split("stop=")[1].split(")")[0])
        assert stop > 3
        fitting = trace(
            program, task, phase=phase, start=3, stop=stop, max_bytes=100_000
        )
        assert len(fitting.visits) == stop - 3
        with pytest.raises(ValueError, match="max_bytes"):
            trace(program, task, phase=phase, start=3, stop=stop + 1, max_bytes=100_000)
    assert trace(program, task, start=3, stop=3).scalars.shape == (0, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": -1}, "start is -1; accepted: a whole number from 0 to 12"),
        ({"start": 5, "stop": 4}, "stop is 4; accepted: a whole number from 5 to 12"),
        ({"stop": 13}, "stop is 13; accepted: .* 0 to 12"),
        ({"stop": 18, "phase": "both"}, "stop is 18; accepted: .* 0 to 17"),
        ({"stop": 1.5}, "stop is 1.5"),
        ({"epoch": 1}, "epoch is 1; accepted: a whole number from 0 to 0"),
        ({"phase": "learn"}, "phase is 'learn'; accepted: 'train', 'valid', 'both'"),
        ({"seed": -1}, "seed is -1"),
        ({"task_number": -1}, "task_number is -1"),
        ({"dtype": "float16"}, "dtype is 'float16'; accepted: 'float64', 'float32'"),
        ({"max_abs_error": math.nan}, "max_abs_error is nan"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        trace(two_layer_network(), small_task(), **options)


def test_a_list_of_tasks_is_not_a_task():
    with pytest.raises(TypeError, match="task is a list; accepted: a Task"):
        trace(two_layer_network(), small_tasks(2))
    with pytest.raises(TypeError, match="program is a str; accepted: a Program"):
        memory_after("s1 = s2", small_task())
