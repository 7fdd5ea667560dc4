"""Concepts of the program shown, and what they are worth, as the panels tell them."""

import json
import threading

import pytest

from tests.widgets.comms import FakeComm, until
from workbench import PRESETS, LinearTasks, Program, ProjectedTasks, Search
from workbench.insight import discover
from workbench.programs import affine, linear
from workbench.widgets import (
    AblationChart,
    ProgramDebugger,
    ProgramDiff,
    ProgramView,
    SearchPanel,
    ablation_chart,
    concepts,
)

SPEC = PRESETS["demo"].spec.but(
    population=50, individuals=3000, train_steps=None, fitness=None, seed=7
)
TASKS = LinearTasks(features=4, train=100, valid=20, tasks=2, seed=3)


def names(panel):
    return [item["name"] for item in panel.concepts.get("items", ())]


@pytest.fixture
def view():
    view = ProgramView(linear(0.07))
    view.comm = FakeComm()
    assert view.wait(240)
    yield view
    view.close()


def test_a_program_comes_with_the_concepts_that_discover_names(view):
    until(lambda: view.concepts.get("state") == "done")
    found = discover(view.program)
    assert names(view) == [one.concept.name for one in found]
    assert view.discoveries == found
    step = view.concepts["items"][1]
    assert step["lines"] == ["Learn-1", "Learn-2", "Learn-3", "Learn-4"]
    assert step["certainty"] == found[1].certainty
    assert step["math"].startswith("<math")
    assert view.concepts["version"] == view.listing["version"]
    assert "linear model (100%)" in view.static_html()
    json.dumps(view.concepts)


def test_the_cell_does_not_wait_and_only_the_last_program_is_told(monkeypatch, view):
    go, started = threading.Event(), threading.Event()

    def slowly(program, metric):
        started.set()
        assert go.wait(60)
        return discover(program, metric)

    monkeypatch.setattr(concepts, "discover", slowly)
    view.program = linear(0.071)
    assert started.wait(60)
    view.program = affine(0.072)
    assert names(view)[0] == "linear model", "what is known stays until more is"
    go.set()
    assert view.wait(240)
    until(lambda: names(view)[0] == "affine model")
    assert view.concepts["version"] == view.listing["version"]


def test_nothing_found_and_nothing_that_can_be_said(monkeypatch):
    empty = ProgramView(Program())
    assert empty.wait(240)
    assert empty.part("concepts")["items"] == []
    assert "No known concept found." in empty.static_html()
    empty.close()

    def fail(program, metric):
        raise ValueError("too few examples")

    monkeypatch.setattr(concepts, "discover", fail)
    failed = ProgramView(linear(0.073))
    assert failed.wait(240)
    assert failed.part("concepts")["state"] == "failed"
    assert failed.part("concepts")["message"] == "too few examples"
    failed.close()
    with pytest.raises(ValueError, match="'rmsd'; accepted: 'rmse', 'accuracy'"):
        ProgramView(linear(), metric="rmsd")


def test_a_concept_is_lit_up_from_the_notebook(view):
    view.light("linear model")
    until(lambda: view.lit.get("concept") == "linear model")
    number = view.lit["number"]
    view.light("linear model")
    until(lambda: view.lit["number"] > number)
    view.program = linear(0.2)
    until(lambda: view.lit["concept"] == "")


def test_the_debugger_names_concepts_too():
    debugger = ProgramDebugger(linear(0.07), TASKS.make()[0])
    until(lambda: debugger.part("concepts").get("state") == "done", 240)
    assert debugger.part("concepts")["items"][0]["name"] == "linear model"
    debugger.close()


# Knocking out.


def test_each_concept_is_knocked_out_in_turn(monkeypatch):
    told = []
    chart = AblationChart(
        linear(0.1), TASKS, pairs=5, changed=lambda: told.append(len(chart.ablations))
    )
    assert chart.wait(120)
    part = chart.part("ablation")
    assert part["state"] == "done"
    assert told == [0, 1, 2, 3]
    assert [item["name"] for item in part["items"]] == [
        one.concept for one in chart.ablations
    ]
    for item, one in zip(part["items"], chart.ablations, strict=True):
        effect = item["effect"]
        assert effect["difference"] == pytest.approx(item["before"] - item["after"])
        assert effect["low"] <= effect["difference"] <= effect["high"]
        assert effect["pairs"] == 5
        assert item["diff"]["verdict"]["kind"] == "changed"
        assert chart.effects[one.concept] == effect
    assert part["items"][0]["effect"]["low"] > 0, "without its model it is worth less"
    html = chart.static_html()
    assert "<svg" in html
    assert "linear model" in html
    json.dumps(part)
    chart.program = Program()
    assert chart.wait(240)
    assert chart.part("ablation")["items"] == []
    assert "No known concept" in chart.static_html()
    chart.close()


def test_what_cannot_be_knocked_out_says_why_and_the_others_go_on(monkeypatch):
    real = ablation_chart.ablate

    def ablate(program, spec, *, concepts, **options):
        if concepts == ["linear model"]:
            raise ValueError("linear model cannot be taken out")
        return real(program, spec, concepts=concepts, **options)

    monkeypatch.setattr(ablation_chart, "ablate", ablate)
    chart = AblationChart(linear(0.1), TASKS, pairs=2)
    assert chart.wait(120)
    first, second, _ = chart.part("ablation")["items"]
    assert first["problem"] == "linear model cannot be taken out"
    assert "effect" in second
    chart.close()


def test_only_a_spec_draws_fresh_tasks():
    with pytest.raises(TypeError, match="a TaskSet; accepted: a TaskSpec"):
        AblationChart(linear(), TASKS.make())
    with pytest.raises(ValueError, match="pairs is 1; accepted: 2 or more"):
        AblationChart(linear(), TASKS, pairs=1)


# In the search panel.


@pytest.fixture(scope="module")
def search():
    return Search(SPEC).run()


@pytest.fixture
def panel(search):
    panel = SearchPanel(search=search)
    panel.comm = FakeComm()
    panel.comm.message(type="attach", view="a")
    until(lambda: panel.part("concepts").get("state") == "done", 240)
    yield panel
    panel.close()


def send(panel, name, **more):
    panel.comm.message(type="command", id=f"view:{name}", name=name, **more)


def concept_version(panel):
    return panel.part("concepts").get("version")


def test_the_concepts_are_those_of_the_program_shown(panel):
    def told():
        found = discover(panel.shown, "rmse")
        items = panel.part("concepts")["items"]
        return [item["name"] for item in items] == [one.concept.name for one in found]

    assert concept_version(panel) == panel.part("program")["version"]
    assert told()
    find = panel.discoveries[-1]
    send(panel, "pick", kind="discovery", key=str(find.number))
    until(lambda: panel.part("program").get("pick"))
    until(lambda: concept_version(panel) == panel.part("program")["version"])
    assert told()


def test_what_a_discovery_brought_is_lit_up_in_the_program_view(panel):
    find = next(one for one in panel.discoveries if one.concepts)
    send(panel, "pick", kind="discovery", key=str(find.number))
    send(panel, "view", view="program")
    until(lambda: panel.view("program") is not None)
    until(lambda: panel.view("program").part("lit")["concept"] == find.concepts[0])


def test_an_ablation_stands_with_the_chips_and_the_discoveries(panel, monkeypatch):
    monkeypatch.setattr(ablation_chart, "PAIRS", 2)
    find = next(one for one in panel.discoveries if one.concepts)
    send(panel, "pick", kind="discovery", key=str(find.number))
    until(lambda: panel.part("program").get("pick"))
    send(panel, "view", view="ablation")
    until(lambda: panel.view("ablation") is not None)
    chart = panel.view("ablation")
    assert chart.program == panel.shown
    assert chart.wait(240)
    assert chart.effects

    def shown():
        items = panel.part("concepts").get("items", [])
        return {item["name"]: item["effect"] for item in items if "effect" in item}

    until(lambda: shown() == chart.effects)
    number = find.number

    def worth():
        items = panel.part("timeline")["items"]
        (item,) = [one for one in items if one["number"] == number]
        return {one["name"]: one["own"] for one in item.get("effects", ())}

    until(lambda: worth() == {n: True for n in find.concepts if n in chart.effects})


def test_a_difference_says_which_concepts_came_and_went():
    images = ProjectedTasks(train=20, valid=10, tasks=2)
    view = ProgramDiff(linear(0.07), affine(0.07), tasks=images)
    until(lambda: view.part("concepts").get("state") == "done", 240)
    items = view.part("concepts")["items"]
    assert [(item["name"], item["change"]) for item in items] == [
        ("affine model", "gained"),
        ("linear model", "lost"),
        ("gradient step of the logistic loss", ""),
        ("constant learning rate", ""),
    ]
    assert view.part("concepts")["version"] == view.part("diff")["version"]
    assert items[1]["lines"] == ["Predict-1"]
    assert view.wait(240)
    view.close()
