"""Editing a program in a real JupyterLab, with real evaluations."""

from __future__ import annotations

import pytest

from tests.widgets.lab import colour, fits, until

pytestmark = pytest.mark.browser

WHAT_IF = '''
from workbench import LinearTasks
from workbench.widgets import WhatIf
view = WhatIf("""
def Setup():
  s2 = 0.01
  m3 = gaussian(0.0, 0.125, (n_features, n_features))
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
""", LinearTasks(features=4, train=100, valid=20, tasks=10))
view
'''
# The first evaluation may compile.
COMPILING = 240.0


def shown(open_notebook, **options):
    notebook = open_notebook(WHAT_IF, "1", **options)
    notebook.run_cell(0)
    root = notebook.widget("wb-what-if")
    until(lambda: bars(root), "the first answer", COMPILING, notebook.page)
    return notebook, root


def bars(root):
    """Lines with what the fitness is without them."""
    return {
        row.get_attribute("data-line"): row.locator(".wb-weight b").inner_text()
        for row in root.locator(".wb-edit-row").all()
        if row.locator(".wb-weight").is_visible()
    }


def score(root, name):
    return root.locator(f".wb-score-{name} dd").inner_text()


def line(root, name):
    return root.locator(f'[data-line="{name}"]')


def curves(root):
    return root.locator(".wb-learning").get_attribute("aria-label")


def test_lines_sliders_menus_and_undo(open_notebook):
    notebook, root = shown(open_notebook)
    page, keyboard = notebook.page, notebook.page.keyboard

    def reaches(condition, what):
        return until(condition, what, page=page)

    reaches(lambda: len(bars(root)) == 6, "a bar at each effective line")
    whole = float(score(root, "original"))
    assert score(root, "difference") == "the same"
    # Knock a line out by the keyboard: the fitness falls, others are left dead.
    line(root, "Learn-4").locator(".wb-tick").focus()
    keyboard.press("Space")
    reaches(lambda: "worse" in score(root, "difference"), "a loss")
    assert float(score(root, "edited")) < whole
    assert "now dead" in line(root, "Learn-3").inner_text()
    assert "knocked out" in line(root, "Learn-4").inner_text()
    assert "10 worse" in root.locator(".wb-verdict-words").inner_text()
    keyboard.press("Control+z")
    reaches(lambda: score(root, "difference") == "the same", "the way back")
    # A larger step size learns faster.
    before = reaches(lambda: curves(root), "learning curves")
    slider = root.get_by_role("slider", name="Value of Setup 1")
    slider.focus()
    for _ in range(8):
        keyboard.press("ArrowRight")
    reaches(lambda: "better" in score(root, "difference"), "a gain")
    reaches(lambda: curves(root) != before, "another learning curve")
    assert float(line(root, "Setup-1").get_by_role("textbox").input_value()) > 0.015
    # Double click: the first value. All of the keyboard's steps are one edit.
    slider.dblclick(position={"x": 5, "y": 5})
    reaches(lambda: score(root, "difference") == "the same", "the first value")
    menu = root.get_by_label("Operation of Learn 1")
    menu.select_option(label="s3 = s0 + s1")
    reaches(lambda: "worse" in score(root, "difference"), "a loss")
    root.get_by_role("button", name="Fresh tasks").click()
    reaches(lambda: "fresh draw 1" in root.inner_text(), "fresh tasks")
    root.get_by_role("button", name="Reset", exact=True).click()
    reaches(lambda: score(root, "difference") == "the same", "the original")
    assert notebook.evaluate("print(view.edited == view.program)") == "True\n"
    # Letters that mean something to the notebook stay here.
    line(root, "Learn-4").locator(".wb-tick").focus()
    keyboard.type("ab")
    assert notebook.cells() == 2


def test_text_its_errors_and_the_copy(open_notebook):
    notebook, root = shown(open_notebook)
    page = notebook.page
    notebook.context.grant_permissions(["clipboard-read", "clipboard-write"])
    root.get_by_text("Text", exact=True).click()
    area = root.get_by_role("textbox", name="Text of the program")
    text = area.input_value()
    area.fill(text.replace("s3 = s2 * s3", "s3 = s2 ** s3"))
    complaint = root.get_by_role("alert").locator("visible=true")
    until(lambda: complaint.count() == 1, "a complaint", page=page)
    assert complaint.inner_text().startswith("line 8, column 12: found `*`")
    assert root.locator(".wb-edit-bad").inner_text() == "⚠ 8"
    box, mark = complaint.bounding_box(), root.locator(".wb-edit-bad").bounding_box()
    assert 0 < box["y"] - mark["y"] < 40
    assert score(root, "difference") == "the same"
    area.fill(text.replace("s3 = s2 * s3", "# s3 = s2 * s3"))
    until(lambda: complaint.count() == 0, "no complaint", page=page)
    until(lambda: score(root, "difference") != "the same", "an answer", page=page)
    root.get_by_role("button", name="Copy").click()
    root.get_by_text("Copied").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    check = f"from workbench import Program; print(Program.from_text({copied!r})"
    assert notebook.evaluate(f"{check} == view.edited)") == "True\n"
    root.get_by_text("Lines", exact=True).click()
    assert not line(root, "Learn-2").locator(".wb-tick").is_checked()


def test_theme_width_and_a_saved_notebook(open_notebook, lab):
    lab.set_theme("JupyterLab Dark")
    notebook, root = shown(open_notebook)
    difference = sum(colour(root, "color")) - sum(colour(root, "background-color"))
    assert difference > 300
    for width in (800, 1120, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(lambda: fits(root), f"no overflow at {width} px", page=notebook.page)
    line(root, "Learn-4").locator(".wb-tick").click()
    # Once in the widget's state, once in what hosts without widgets show.
    until(
        lambda: str(notebook.save()).count("10 worse") >= 2,
        "the comparison in the file",
        page=notebook.page,
    )
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-what-if")
    root.get_by_text("No kernel is attached").wait_for()
    assert "worse" in score(root, "difference")
    assert "knocked out" in line(root, "Learn-4").inner_text()
    assert "original" in curves(root)
