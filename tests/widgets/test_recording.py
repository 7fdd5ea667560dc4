from dataclasses import replace

import numpy as np
import pytest

from workbench import LinearTasks, Program, Task, trace
from workbench.programs import library
from workbench.widgets import recording
from workbench.widgets.recording import Recording


def task(epochs=2, train=7, valid=3):
    return LinearTasks(
        features=4, train=train, valid=valid, tasks=1, epochs=epochs
    ).make()[0]


@pytest.fixture(params=[1, 512])
def record(request, monkeypatch):
    """A recording in one window an epoch, and in one an example."""
    monkeypatch.setattr(recording, "WINDOW_EXAMPLES", request.param)
    return Recording(library.linear(0.1), task())


def test_every_step_is_that_of_the_engine(record):
    traces = [
        trace(record.program, record.task, phase="both", epoch=epoch)
        for epoch in range(2)
    ]
    assert len(record) == sum(map(len, traces))
    step = 0
    before = np.zeros(sum(address.size for address in record.addresses))
    for one in traces:
        for row in range(len(one)):
            moment = record.at(step)
            assert (moment.function, moment.index) == (
                one.function[row],
                one.index[row],
            )
            after = {a.name: moment.after[a.part] for a in record.addresses}
            np.testing.assert_array_equal(after["v1"], one.vectors[row, 1])
            assert after["s3"][0] == one.scalars[row, 3]
            np.testing.assert_array_equal(moment.before, before)
            before = moment.after
            step += 1


def test_examples_of_all_epochs_are_counted_through(record):
    assert record.visits == 2 * (7 + 3)
    assert record.trains.tolist() == ([True] * 7 + [False] * 3) * 2
    assert record.examples[10:17].tolist() == record.task.order[1].tolist()
    for visit in (-1, 0, 6, 7, 10, 19):
        first, last = record.first_step(visit), record.last_step(visit)
        assert record.at(first).visit == record.at(last).visit == visit
        assert last + 1 == len(record) or record.at(last + 1).visit == visit + 1
    with pytest.raises(IndexError, match="accepted: 0 to"):
        record.at(len(record))


def test_what_an_address_held_after_each_example(record):
    last = record.at(record.last_step(12)).after
    v1 = next(a for a in record.addresses if a.name == "v1")
    assert record.history("v1", (2,))[12] == last[v1.part][2]
    assert record.history("v1")[12] == pytest.approx(np.linalg.norm(last[v1.part]))
    assert record.history("s2").tolist() == [0.1] * 20
    np.testing.assert_array_equal(record.history("error"), record.errors)
    with pytest.raises(KeyError):
        record.history("m0")


def test_the_next_run_of_a_line(record):
    step = record.run_of("learn", 1, after=0)
    assert record.at(step).visit == 0
    again = record.run_of("learn", 1, after=step)
    assert record.at(again).visit == 1
    # Validation does not learn: on to the next epoch.
    later = record.run_of("learn", 1, after=record.first_step(7))
    assert record.at(later).visit == 10
    assert record.run_of("setup", 0, after=0) is None


def test_where_it_first_goes_wrong():
    program = Program.from_text("""
        def Setup():
          s2 = 1e200
        def Predict():
          s1 = dot(v1, v0)
        def Learn():
          s3 = s2 * s2
          s4 = s3 - s3
          s1 = s4 + s4
    """)
    record = Recording(program, task())
    infinite, nan = record.at(record.first_infinity), record.at(record.first_nan)
    assert (infinite.visit, infinite.function, infinite.index) == (0, "learn", 0)
    assert (nan.visit, nan.function, nan.index) == (0, "learn", 1)
    assert not record.stopped


def test_training_that_is_cut_short_ends_there():
    program = Program.from_text("""
        def Predict():
          s1 = s2 + s2
        def Learn():
          s2 = s2 + s3
          s3 = exp(s3)
    """)
    record = Recording(program, task(), max_abs_error=3.0)
    assert record.stopped
    assert record.visits == 4
    assert record.errors[-1] > 3
    assert record.at(len(record) - 1).function == "predict"


def test_validation_out_of_bounds_does_not_end_training():
    arrays = np.ones((3, 2)), np.ones(3), np.ones((2, 2)), np.full(2, 1e9)
    record = Recording(library.linear(), Task.from_arrays(*arrays, epochs=2))
    assert record.trains.tolist() == [True] * 3 + [False] + [True] * 3 + [False]
    assert not record.stopped


def test_vector_labels():
    x = np.random.default_rng(0).standard_normal((6, 4))
    y = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    program = Program.from_text("def Predict():\n  v2 = dot(m1, v0)")
    space = replace(program.space, label="vector")
    program = Program(**program.functions, space=space)
    record = Recording(program, Task.from_arrays(x, y, x, y, "accuracy"))
    assert record.predictions.shape == (12, 3)
    assert [a.name for a in record.addresses] == ["v0", "v1", "v2", "m1"]
