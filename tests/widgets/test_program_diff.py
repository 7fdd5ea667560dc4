import json
import threading

import numpy as np
import pytest

from tests.widgets.comms import FakeComm, until
from workbench import LinearTasks, ProjectedTasks, evaluate
from workbench.programs import affine, linear
from workbench.programs.text import ProgramSyntaxError
from workbench.widgets import ProgramDiff

SPEC = LinearTasks(features=4, train=20, valid=5, tasks=6)


def shown(*programs, **options):
    view = ProgramDiff(*programs, **options)
    view.comm = FakeComm()
    return view


@pytest.fixture
def view():
    view = shown(linear(0.01), linear(0.1), tasks=SPEC)
    assert view.wait(60)
    yield view
    view.close()


def test_the_saved_state_holds_the_verdict_and_the_rows():
    view = shown(linear(), str(affine(0.02)), titles=("Parent", "Child"))
    assert view.diff["titles"] == ["Parent", "Child"]
    assert view.diff["verdict"]["text"].startswith("3 of 8 effective instructions")
    assert view.diff["text"] == str(view.difference)
    assert [len(one["rows"]) for one in view.diff["functions"]] == [1, 2, 5]
    assert view.fitness["state"] == "none"
    assert view.evaluations is None
    assert view.wait()
    json.dumps(view.diff)
    view.close()


def test_fitness_before_and_after_is_what_evaluate_finds(view):
    tasks = SPEC.make()
    part = view.part("fitness")
    for key, rate, given in zip(
        ("before", "after"), (0.01, 0.1), view.evaluations, strict=True
    ):
        expected = evaluate(linear(rate), tasks).task_fitness
        assert part[key] == expected.tolist()
        np.testing.assert_array_equal(given.task_fitness, expected)
    assert part["mean"] == [one.fitness for one in view.evaluations]
    gains = np.subtract(part["after"], part["before"])
    assert part["better"] == (gains > 0).sum()
    assert part["worse"] == (gains < 0).sum()
    assert part["names"] == list(tasks.names)
    json.dumps(part)


def test_the_cell_does_not_wait_for_the_fitness(monkeypatch):
    may = threading.Event()

    def slowly(*given):
        assert may.wait(20)
        return evaluate(*given)

    monkeypatch.setattr("workbench.widgets.pair_fitness.evaluate", slowly)
    view = shown(linear(), affine(), tasks=SPEC.make())
    assert view.part("fitness") == {"state": "computing", "revision": 2}
    # Another pair meanwhile: the first is not reported any more.
    view.show(linear(), linear(0.1), titles=["a", "b"])
    assert view.part("diff")["titles"] == ["a", "b"]
    may.set()
    until(lambda: view.part("fitness")["state"] == "done")
    assert view.part("fitness")["after"] == (
        evaluate(linear(0.1), SPEC.make()).task_fitness.tolist()
    )
    view.close()


def test_another_pair_in_the_same_place(view):
    view.comm.message(type="attach", view="a")
    until(view.comm.frames)
    before = view.part("fitness")["after"]
    view.show(linear(0.1), linear(0.01))
    # Both are known: nothing is evaluated again.
    assert view.part("fitness")["before"] == before
    view.show(affine(), affine())
    assert view.wait(60)
    assert view.part("fitness")["better"] == view.part("fitness")["worse"] == 0
    assert view.programs == (affine(), affine())
    until(lambda: view.diff["verdict"]["kind"] == "identical")
    until(lambda: view.fitness["state"] == "done")


def test_why_the_fitness_is_not_known_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    view = shown(linear(), affine(), tasks=ProjectedTasks(dataset="mnist"))
    assert view.wait(60)
    assert view.part("fitness")["state"] == "failed"
    assert "workbench data" in view.part("fitness")["message"]
    assert "The fitness is not known" in view.static_html()
    # It is no use for another pair either, which is told too.
    view.show(affine(), linear())
    assert view.wait(60)
    assert view.part("fitness")["state"] == "failed"
    view.close()


def test_what_is_wrong_is_refused():
    with pytest.raises(ProgramSyntaxError, match="line 2"):
        ProgramDiff(linear(), "def Setup():\n  s2 = magic(s3)")
    with pytest.raises(TypeError, match="a Program or its text"):
        ProgramDiff(linear(), 3)
    with pytest.raises(TypeError, match="tasks is a list; accepted: a TaskSet"):
        ProgramDiff(linear(), linear(), tasks=[1])
    for titles in (("one",), "one"):
        with pytest.raises(ValueError, match="accepted: two texts"):
            ProgramDiff(linear(), linear(), titles=titles)


def test_hosts_without_widgets_get_the_rows_and_the_fitness(view):
    html = view.static_html()
    assert "1 of 6 effective instructions computes something else." in html
    assert "s2 = 0.01" in html
    assert "s2 = 0.1" in html
    assert "Mean fitness" in html
    assert html.count("<circle") == 12
    hostile = shown(linear(), affine(), titles=("<script>", "</table>"))
    assert "<script" not in hostile.static_html()
    assert hostile.static_html().count("</table>") == 1
    hostile.close()
