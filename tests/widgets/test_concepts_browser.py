"""Concepts in a real JupyterLab: chips light up lines, knock-outs arrive."""

from __future__ import annotations

import pytest

from tests.widgets.lab import until

pytestmark = pytest.mark.browser

VIEWS = """
from workbench import LinearTasks
from workbench.programs import linear
from workbench.widgets import AblationChart, ProgramView, program_view
from threading import Event
name, may = program_view.concept_items, Event()
program_view.concept_items = lambda *given: may.wait() and name(*given)
view = ProgramView(linear(0.1))
view
"""
CHART = """
spec = LinearTasks(features=4, train=100, valid=20, tasks=2, seed=3)
chart = AblationChart(linear(0.1), spec, pairs=5)
chart
"""


def carriers(root):
    lines = root.locator(".wb-carries").all()
    return [line.get_attribute("data-line") for line in lines]


def test_a_concept_is_found_lit_up_and_knocked_out(open_notebook):
    notebook = open_notebook(VIEWS, CHART, width=900)
    notebook.run_cell(0)
    view = notebook.widget("wb-program-view")
    line = view.locator("[data-line=Learn-1]")
    before = line.bounding_box()
    notebook.evaluate("may.set()")
    step = view.get_by_role("button", name="gradient step of the squared error")
    until(step.is_visible, "the chips", page=notebook.page)
    # The lines stay where they are; what finds no room in the row is told of.
    assert line.bounding_box() == before
    more = view.get_by_role("button", name="more concept")
    assert more.is_visible()
    more.click()
    assert line.bounding_box()["y"] > before["y"]
    view.get_by_role("button", name="Fewer concepts").click()
    assert line.bounding_box() == before
    view.get_by_role("button", name="linear model").focus()
    tip = view.locator(".wb-concept-tip")
    assert tip.is_visible()
    assert tip.locator("math").count() == 1
    notebook.page.keyboard.press("ArrowRight")
    assert "weights move against the gradient" in tip.inner_text()
    notebook.page.keyboard.press("Enter")
    assert carriers(view) == ["Learn-1", "Learn-2", "Learn-3", "Learn-4"]
    assert "moves along the gradient" in view.locator(".wb-concept-detail").inner_text()
    notebook.page.keyboard.press("Escape")
    assert carriers(view) == []

    notebook.run_cell(1)
    chart = notebook.widget("wb-ablation")
    done = notebook.page.locator(".wb-ablation[data-done=true]")
    until(done.is_visible, "the knock-outs", page=notebook.page)
    row = chart.get_by_role("button", name="Without linear model")
    assert "The fitness falls by" in row.get_attribute("title")
    dot = row.locator(".wb-interval-dot").bounding_box()
    zero = row.locator(".wb-interval-zero").bounding_box()
    assert dot["x"] > zero["x"]
    row.click()
    assert chart.get_by_role("heading", name="Without linear model").is_visible()
    assert chart.locator(".wb-diff-row[data-matters]").count() > 0
