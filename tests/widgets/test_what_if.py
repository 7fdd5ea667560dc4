import json
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.small_tasks import small_tasks
from tests.widgets.comms import FakeComm, until
from workbench import LinearTasks, Program, evaluate
from workbench.engine import learning_curve
from workbench.programs import linear
from workbench.tasks import TaskSet
from workbench.widgets import WhatIf

TASKS = LinearTasks(features=4, train=60, valid=20, tasks=10)
TEXT = str(linear(0.05))


@pytest.fixture(scope="module", autouse=True)
def _engine():
    """Compile once, before any test waits for an answer."""
    learning_curve(linear(), TASKS.make())


@pytest.fixture
def view():
    view = WhatIf(TEXT, TASKS)
    view.comm = FakeComm()
    view.comm.message(type="attach", view="a")
    answered(view)
    yield view
    view.close()


def answered(view):
    """Wait until everything that is shown belongs to the present edit."""

    def done():
        edits = {
            view.part(name).get("edit")
            for name in ("listing", "result", "learning", "weights")
        }
        weights = view.part("weights")
        return (
            edits == {view._edit}
            and weights["done"] == weights["total"]
            and not view.part("state")["busy"]
        )

    until(done)


def command(view, name, **more):
    view.comm.message(type="command", id="a:1", name=name, **more)


def rows(view):
    return [row for part in view.part("listing")["functions"] for row in part["rows"]]


def row(view, text):
    return next(row for row in rows(view) if row["text"] == text)


def test_it_begins_with_the_same_program_twice(view):
    fitness = evaluate(view.program, TASKS.make()).fitness
    result = view.part("result")
    assert result["original"]["fitness"] == result["edited"]["fitness"] == fitness
    assert result["difference"]["headline"] == "the same"
    assert view.part("listing")["same"]
    for name in ("listing", "source", "ops", "state", "result", "learning", "weights"):
        json.dumps(view.part(name), allow_nan=False)


def test_a_knocked_out_line_is_told_apart_from_what_it_leaves_dead(view):
    command(view, "switch", line=row(view, "v1 = v1 + v2")["id"], on=False)
    until(lambda: view.part("listing")["counts"]["out"] == 1)
    answered(view)
    out, left = row(view, "v1 = v1 + v2"), row(view, "v2 = s3 * v0")
    assert not out["on"]
    assert (left["on"], left["live"], left["was_live"]) == (True, False, True)
    assert view.part("result")["difference"]["mean"] < 0
    assert "worse" in view.part("result")["difference"]["headline"]
    assert (
        evaluate(view.edited, view.tasks).fitness
        == (view.part("result")["edited"]["fitness"])
    )
    assert view.difference.worse == 10


def test_constants_operations_text_and_undo(view):
    command(view, "constant", line=row(view, "s2 = 0.05")["id"], which=0, value=0.1)
    until(lambda: any(one["text"] == "s2 = 0.1" for one in rows(view)))
    command(view, "op", line=row(view, "s3 = s2 * s3")["id"], op="SCALAR_SUM_OP")
    until(lambda: any(one["text"] == "s3 = s2 + s3" for one in rows(view)))
    command(view, "text", text=TEXT.replace("0.05", "0.2"))
    until(lambda: view.part("source")["text"] == TEXT.replace("0.05", "0.2"))
    for expected in ("s3 = s2 + s3", "s2 = 0.1", "s2 = 0.05"):
        command(view, "undo")
        until(lambda expected=expected: expected in view.part("source")["text"])
    assert view.part("listing")["undo"] == 0
    command(view, "redo")
    until(lambda: "s2 = 0.1" in view.part("source")["text"])
    command(view, "reset")
    until(lambda: view.part("listing")["same"])
    answered(view)


def test_a_syntax_error_keeps_the_program_and_says_where(view):
    command(view, "text", text=TEXT.replace("dot(", "dott("))
    until(lambda: view.part("listing")["problem"])
    problem = view.part("listing")["problem"]
    assert (problem["line"], problem["column"]) == (4, 8)
    assert "did you mean `dot`?" in problem["message"]
    assert view.edited == view.program
    command(view, "text", text=TEXT)
    until(lambda: view.part("listing")["problem"] is None)


def test_a_value_that_may_not_be_is_told(view):
    view.program = "def Setup():\n  v1[0.5] = 2.0\ndef Predict():\n  s1 = norm(v1)"
    answered(view)
    command(view, "constant", line=0, which=0, value=1.5)
    until(lambda: view.part("listing")["problem"])
    assert "index fraction" in view.part("listing")["problem"]["message"]


def test_each_line_is_weighed_by_the_loss_without_it(view):
    values = view.part("weights")["values"]
    tasks = TASKS.make()
    whole = evaluate(view.program, tasks).fitness
    for one in rows(view):
        functions = {
            name: tuple(i for i in function if str(i) != one["text"])
            for name, function in view.program.functions.items()
        }
        without = evaluate(Program(**functions), tasks).fitness
        assert values[str(one["id"])] == whole - without
    command(view, "weigh", on=False)
    until(lambda: not view.part("weights")["on"])


def test_the_learning_curves_are_quartiles_over_tasks(view):
    view.tune("setup", 0, 0.2)
    answered(view)
    part = view.part("learning")
    curve = learning_curve(view.edited, TASKS.make(), points=len(part["examples"]) - 1)
    assert part["examples"] == curve.examples.tolist()
    assert part["edited"]["median"] == pytest.approx(
        np.median(curve.loss, axis=1), rel=1e-6
    )
    assert part["edited"]["low"] == pytest.approx(
        np.quantile(curve.loss, 0.25, axis=1), rel=1e-6
    )


def test_training_that_is_cut_short_is_counted_and_leaves_a_gap(view):
    view.edited = "def Predict():\n  s1 = log(s3)"
    answered(view)
    assert view.part("result")["edited"]["stopped"] == 10
    assert view.part("learning")["edited"]["median"][-1] is None


def test_fresh_tasks_are_those_of_another_seed_and_the_given_ones_come_back(view):
    view.tune("setup", 0, 0.1)
    answered(view)
    command(view, "fresh")
    until(lambda: view.part("state")["draw"] == 1)
    answered(view)
    tasks = replace(TASKS, seed=1).make()
    assert view.part("result")["edited"]["fitness"] == (
        evaluate(view.edited, tasks, seed=1).fitness
    )
    assert [one["draw"] for one in view.part("state")["draws"]] == [0, 1]
    command(view, "given")
    until(lambda: view.part("state")["draw"] == 0)
    answered(view)
    assert view.part("result")["edited"]["fitness"] == (
        evaluate(view.edited, TASKS.make()).fitness
    )


def test_tasks_without_a_spec_cannot_be_drawn_afresh():
    tasks = TaskSet.from_tasks(list(TASKS.make()))
    view = WhatIf(TEXT, tasks)
    assert not view.part("state")["fresh"]
    with pytest.raises(ValueError, match="no spec"):
        view.draw_fresh()
    view.close()


def test_another_program_in_the_same_place(view):
    view.knock_out("learn", 0)
    view.program = linear(0.5)
    answered(view)
    assert view.part("listing")["undo"] == 0
    assert view.edited == view.program == linear(0.5)
    view.knock_out("predict", 0)
    view.undo()
    view.redo()
    assert len(view.edited.predict) == 0
    view.reset()
    assert view.edited == view.program


def test_what_does_not_fit_the_tasks_is_said_and_not_thrown():
    view = WhatIf(TEXT, small_tasks(2, F=4, classes=3))
    until(lambda: view.part("result").get("failed"))
    assert "v1, which holds the label" in view.part("result")["failed"]
    assert "Set s2 to 0.05" in view.static_html()
    with pytest.raises(ValueError, match="v1, which holds"):
        _ = view.difference
    view.close()


def test_lines_that_are_not_there_are_refused(view):
    view.edited = "def Predict():\n  v1 = v0 + v0\n  s1 = norm(v1)"
    answered(view)
    with pytest.raises(ValueError, match="index is 3"):
        view.knock_out("predict", 3)
    with pytest.raises(ValueError, match="function is 'train'"):
        view.knock_out("train", 0)
    with pytest.raises(ValueError, match="0 constants"):
        view.tune("predict", 0, 1.0)


def test_what_is_accepted_is_named():
    with pytest.raises(TypeError, match="tasks is None; accepted: a TaskSet"):
        WhatIf(TEXT)
    with pytest.raises(TypeError, match="tasks is a Task; accepted"):
        WhatIf(TEXT, TASKS.make()[0])
    with pytest.raises(TypeError, match="a Program or its text"):
        WhatIf(3, TASKS)


def test_hosts_without_widgets_get_numbers_curves_and_the_program(view):
    view.tune("setup", 0, 0.2)
    answered(view)
    html = view.static_html()
    assert "paired t, 10 tasks" in html
    assert "<svg" in html
    assert "Set s2 to 0.2" in html
    assert "<script" not in html
