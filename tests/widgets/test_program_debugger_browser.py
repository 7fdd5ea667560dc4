"""The debugger in a real JupyterLab, with real evaluations."""

from __future__ import annotations

import pytest

from tests.widgets.lab import colour, fits, until

pytestmark = pytest.mark.browser

DEBUGGER = '''
from workbench import LinearTasks
from workbench.widgets import ProgramDebugger
task = LinearTasks(features=4, train=20, valid=5, tasks=1, epochs=2).make()[0]
debugger = ProgramDebugger("""
def Setup():
  s2 = 0.05
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
  m1 = outer(v1, v1)
  s5 = log(s6)
  s6 = s6 - s2
""", task)
debugger
'''
STATE = "print(debugger.where, '|', debugger.moment.step, '|', debugger.values['s1'])"


def shown(open_notebook, **options):
    notebook = open_notebook(DEBUGGER, "1", **options)
    notebook.run_cell(0)
    root = notebook.widget("wb-debugger")
    until(lambda: where(root) == "Setup 1", "the first step", page=notebook.page)
    return notebook, root


def where(root):
    return root.get_by_role("status").inner_text()


def current(root):
    return root.locator("[aria-current]").get_attribute("data-line")


def fact(root, name):
    return root.locator(".wb-debug-facts div", has_text=name).locator("dd").inner_text()


def click(root, name):
    root.get_by_role("button", name=name).click()


def reaches(notebook, root, text):
    until(lambda: where(root).endswith(text), text, page=notebook.page)


def test_steps_examples_lines_and_back(open_notebook):
    notebook, root = shown(open_notebook)
    click(root, "On one instruction")
    reaches(notebook, root, "training example 1 of 20 · features shown")
    click(root, "On one instruction")
    reaches(notebook, root, "Predict 1")
    assert current(root) == "Predict-1"
    assert fact(root, "Prediction") == "0"
    click(root, "On to the end of the next example")
    reaches(notebook, root, "training example 2 of 20 · Learn 7")
    click(root, "Run on to Learn 3")
    reaches(notebook, root, "training example 3 of 20 · Learn 3")
    assert root.locator('[data-heat="v2"].wb-heat-changed').is_visible()
    prediction = fact(root, "Prediction").replace("\N{MINUS SIGN}", "-")
    click(root, "Back one instruction")
    reaches(notebook, root, "Learn 2")
    click(root, "Back to the end of the example before")
    reaches(notebook, root, "training example 2 of 20 · Learn 7")
    # Playing stops at a breakpoint, which a second Shift and click takes away.
    number = root.get_by_role("button", name="Run on to Predict 1")
    number.click(modifiers=["Shift"])
    until(lambda: "breakpoint" in number.get_attribute("aria-label"), "a mark")
    click(root, "Play")
    reaches(notebook, root, "training example 3 of 20 · Predict 1")
    root.get_by_role("button", name="Play").wait_for()
    click(root, "Next breakpoint")
    reaches(notebook, root, "training example 4 of 20 · Predict 1")
    number.click(modifiers=["Shift"])
    root.get_by_role("button", name="Next breakpoint").wait_for(state="hidden")
    click(root, "Back to the end of the example before")
    click(root, "Back to the end of the example before")
    reaches(notebook, root, "training example 2 of 20 · Learn 7")
    # What is shown is what the kernel has.
    for _ in range(4):
        click(root, "On one instruction")
    reaches(notebook, root, "training example 3 of 20 · Learn 1")
    name, _, value = notebook.evaluate(STATE).split("|")
    assert name.strip() == "epoch 1, training example 3, Learn 1"
    assert float(prediction) == float(f"{float(value):.5g}")


def test_jumps_and_the_watched_value(open_notebook):
    notebook, root = shown(open_notebook)
    click(root, "First infinity")
    reaches(notebook, root, "training example 1 of 20 · Learn 6")
    heat = root.locator('[data-heat="s5"]')
    assert "∞" in heat.inner_text()
    click(root, "First NaN")
    reaches(notebook, root, "training example 2 of 20 · Learn 6")
    assert "NaN" in heat.inner_text()
    click(root, "After epoch 1")
    reaches(notebook, root, "Epoch 1 of 2 · training example 20 of 20 · Learn 7")
    click(root, "Largest validation error")
    until(lambda: "validation" in where(root), "validation", page=notebook.page)
    curve = root.locator(".wb-watch-curve")
    assert "Error after each of 50 examples" in curve.get_attribute("aria-label")
    cells = root.locator('[data-heat="v1"] canvas')
    third = {"x": cells.bounding_box()["width"] * 0.62, "y": 8}
    cells.hover(position=third)
    assert root.locator(".wb-cell-text").inner_text().startswith("v1[2] = ")
    cells.click(position=third)
    until(
        lambda: "v1[2] after each" in curve.get_attribute("aria-label"),
        "the curve of the cell",
        page=notebook.page,
    )
    curve.click(position={"x": curve.bounding_box()["width"] - 2, "y": 40})
    reaches(notebook, root, "Epoch 2 of 2 · validation example 5 of 5 · Predict 1")


def test_the_keyboard_is_enough(open_notebook):
    notebook, root = shown(open_notebook)
    keyboard = notebook.page.keyboard
    root.get_by_role("slider").focus()
    keyboard.press("ArrowRight")
    reaches(notebook, root, "features shown")
    keyboard.press("End")
    reaches(notebook, root, "Epoch 2 of 2 · validation example 5 of 5 · Predict 1")
    root.get_by_role("button", name="Start").focus()
    keyboard.press("Enter")
    reaches(notebook, root, "Setup 1")
    keyboard.press(">")
    reaches(notebook, root, "training example 1 of 20 · Learn 7")
    keyboard.press(",")
    reaches(notebook, root, "Learn 6")
    root.locator('[data-heat="m1"] canvas').focus()
    keyboard.press("ArrowDown")
    assert "m1[1, 0] = " in root.locator("p.wb-hidden[aria-live]").text_content()
    keyboard.type("ab")
    assert notebook.cells() == 2


def test_it_plays_until_the_end(open_notebook):
    notebook, root = shown(open_notebook)
    root.get_by_label("Pace").select_option("10 examples/s")
    click(root, "Play")
    reaches(notebook, root, "Epoch 2 of 2 · validation example 5 of 5 · Predict 1")
    until(
        lambda: root.get_by_role("button", name="Play").is_visible(),
        "the end of playing",
        page=notebook.page,
    )


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_theme_and_width(open_notebook, lab, theme):
    lab.set_theme(theme)
    notebook, root = shown(open_notebook)
    dark = "Dark" in theme
    difference = sum(colour(root, "color")) - sum(colour(root, "background-color"))
    assert abs(difference) > 300
    assert (difference > 0) == dark
    for width in (800, 1120, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(lambda: fits(root), f"no overflow at {width} px", page=notebook.page)


def test_a_saved_notebook_shows_the_last_step_without_a_kernel(open_notebook, lab):
    notebook, root = shown(open_notebook)
    click(root, "First NaN")
    reaches(notebook, root, "Learn 6")
    until(
        lambda: "example 2, Learn 6" in str(notebook.save()),
        "the step in the file",
        page=notebook.page,
    )
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-debugger")
    root.get_by_text("No kernel is attached").wait_for()
    assert where(root).endswith("training example 2 of 20 · Learn 6")
    assert "NaN" in root.locator('[data-heat="s5"]').inner_text()
    assert not root.get_by_role("button", name="On one instruction").is_enabled()
