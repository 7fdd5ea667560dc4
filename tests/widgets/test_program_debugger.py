import base64
import json

import numpy as np
import pytest

from tests.widgets.comms import FakeComm, until
from workbench import LinearTasks, Program, Task, trace
from workbench.programs import library
from workbench.widgets import ProgramDebugger

TASK = LinearTasks(features=4, train=6, valid=3, tasks=1, epochs=2).make()[0]


@pytest.fixture
def debugger():
    debugger = ProgramDebugger(library.linear(0.1), TASK)
    debugger.comm = FakeComm()
    yield debugger
    debugger.close()


def order(debugger, name, **more):
    debugger.comm.message(type="command", id=f"v:{name}", name=name, **more)


def numbers(text):
    return np.frombuffer(base64.b64decode(text), "<f8")


def test_forwards_and_back(debugger):
    assert debugger.where == "Setup 1"
    debugger.step(2)
    assert debugger.where == "epoch 1, training example 1, Predict 1"
    here = debugger.values
    debugger.step(5)
    debugger.step(-5)
    assert debugger.where == "epoch 1, training example 1, Predict 1"
    np.testing.assert_array_equal(debugger.values["v1"], here["v1"])
    debugger.step(-100)
    assert debugger.where == "Setup 1"
    debugger.step_example()
    assert debugger.where == "epoch 1, training example 1, Learn 4"
    debugger.step_example(6)
    assert debugger.where == "epoch 1, validation example 1, Predict 1"
    debugger.step_example(-7)
    assert debugger.where == "Setup 1"


def test_what_is_shown_is_what_the_engine_computes(debugger):
    debugger.jump("after epoch 2")
    expected = trace(debugger.program, TASK, epoch=1)
    np.testing.assert_array_equal(debugger.values["v1"], expected.vectors[-1, 1])
    now = debugger.part("now")
    assert now["prediction"] == [expected.visits.prediction[-1]]
    assert now["error"] == expected.visits.error[-1]
    assert now["example"] == expected.visits.example[-1]
    v1 = next(a for a in debugger.run["layout"] if a["name"] == "v1")
    after = numbers(now["after"])[v1["start"] : v1["start"] + v1["size"]]
    np.testing.assert_array_equal(after, expected.vectors[-1, 1])


def test_jumps_to_the_worst_prediction(debugger):
    debugger.jump("largest training error")
    record = debugger.recording
    visit = debugger.moment.visit
    assert record.trains[visit]
    assert record.errors[visit] == record.errors[record.trains].max()
    assert debugger.part("now")["known"]
    debugger.jump("largest validation error")
    assert not record.trains[debugger.moment.visit]
    with pytest.raises(ValueError, match="accepted here: 'start', 'after epoch 1'"):
        debugger.jump("first NaN")


def test_jumps_to_the_first_nan():
    program = Program.from_text(
        "def Predict():\n  s1 = s2 - s2\ndef Learn():\n  s2 = log(s3)\n  s3 = s3 - s0"
    )
    x = np.ones((4, 2))
    debugger = ProgramDebugger(program, Task.from_arrays(x, np.ones(4), x, np.ones(4)))
    debugger.jump("first infinity")  # log(0)
    assert debugger.where == "epoch 1, training example 1, Learn 1"
    debugger.jump("first NaN")  # inf - inf
    assert debugger.where == "epoch 1, training example 2, Predict 1"
    assert np.isnan(debugger.values["s1"])
    debugger.settle()
    json.dumps([debugger.now, debugger.run, debugger.watch], allow_nan=False)
    assert "nan" in debugger.static_html()
    assert debugger.run["stopped"]
    debugger.close()


def test_a_view_goes_steps_examples_and_to_lines(debugger):
    order(debugger, "go", step=5)
    until(lambda: debugger.now["step"] == 5)
    order(debugger, "run-to", function="learn", index=3)
    until(lambda: "Learn 4" in debugger.where)
    order(debugger, "example", count=1)
    until(lambda: "example 2, Learn 4" in debugger.where)
    order(debugger, "go", step=10**9)
    until(lambda: debugger.moment.step == len(debugger.recording) - 1)
    order(debugger, "run-to", function="setup", index=0)
    order(debugger, "watch", address="v1", element=[2])
    until(lambda: debugger.watch["address"] == "v1")
    assert debugger.watch["low"] == pytest.approx(
        debugger.recording.history("v1", (2,)), rel=1e-6
    )


def test_breakpoints_are_met_in_the_order_in_which_they_run(debugger):
    debugger.toggle_breakpoint("Learn", 3)
    debugger.toggle_breakpoint("Predict", 1)
    assert debugger.breakpoints == (("Predict", 1), ("Learn", 3))
    met = []
    for _ in range(3):
        debugger.run_on()
        met.append(debugger.where.removeprefix("epoch 1, training "))
    assert met == ["example 1, Predict 1", "example 1, Learn 3", "example 2, Predict 1"]
    order(debugger, "breakpoint", function="Predict", line=1)
    until(lambda: debugger.breakpoints == (("Learn", 3),))
    order(debugger, "run-on")
    until(lambda: "example 2, Learn 3" in debugger.where)
    debugger.toggle_breakpoint("Learn", 3)
    debugger.run_on()
    assert debugger.moment.step == len(debugger.recording) - 1
    with pytest.raises(ValueError, match=r"no line Learn 99; accepted: .*Predict 1 to"):
        debugger.toggle_breakpoint("Learn", 99)


def test_a_long_curve_keeps_its_spikes():
    x = np.ones((5000, 2))
    y = np.zeros(5000)
    y[1234] = 50.0
    y[4000] = np.nan
    debugger = ProgramDebugger(Program(), Task.from_arrays(x, y, x[:1], y[:1]))
    watch = debugger.part("watch")
    assert len(watch["high"]) <= 1000
    assert max(v for v in watch["high"] if v is not None) == 50.0
    assert watch["nan"] == [4000 // watch["every"]]
    debugger.close()


def test_what_cannot_be_watched_is_refused(debugger):
    with pytest.raises(KeyError):
        debugger.watch_address("m7")
    with pytest.raises(ValueError, match="from 0 to 3"):
        debugger.watch_address("v1", 4)


def test_what_cannot_be_run_is_refused():
    tasks = LinearTasks(features=4, train=3, valid=3, tasks=2).make()
    with pytest.raises(TypeError, match=r"of a TaskSet one: tasks\[0\]"):
        ProgramDebugger(library.linear(), tasks)
    with pytest.raises(ValueError, match="line 1"):
        ProgramDebugger("dot", tasks[0])


def test_the_empty_program_and_large_memories_are_shown():
    x = np.random.default_rng(0).standard_normal((5, 64))
    task = Task.from_arrays(x, x[:, 0] > 0, x, x[:, 0] > 0, "accuracy")
    for program in (Program(), library.two_layer_network()):
        debugger = ProgramDebugger(program, task)
        debugger.jump("end")
        assert debugger.where.startswith("epoch 1, validation example 5")
        assert "<td" in debugger.static_html()
        debugger.jump("start")
        debugger.close()
