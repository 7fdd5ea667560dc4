"""The diff of two programs in a real JupyterLab."""

from __future__ import annotations

import pytest

from tests.widgets.lab import colour, fits, until

pytestmark = pytest.mark.browser

PROGRAMS = '''
from workbench import LinearTasks, Program
from workbench.widgets import ProgramDiff
before = Program.from_text("""
def Setup():
  s2 = 0.01
def Predict():
  s1 = dot(v1, v0)
  s7 = sin(s1)
  s8 = cos(s7)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
  s9 = sin(s3)
""")
after = Program.from_text("""
def Setup():
  s2 = 0.1
def Predict():
  s1 = dot(v1, v0)
  s7 = sin(s1)
  s8 = cos(s7)
def Learn():
  s4 = s0 - s1
  s4 = s2 * s4
  v2 = s4 * v0
  v1 = v1 + v2
""")
'''
TASKS = "LinearTasks(features=4, train=50, valid=10, tasks=5)"
SHOW = f"""
view = ProgramDiff(before, after, tasks={TASKS}, titles=("Parent", "Child"))
view
"""


def shown(open_notebook, **options):
    notebook = open_notebook(PROGRAMS, SHOW, "view.show(before, before)", **options)
    notebook.run_cell(0)
    notebook.run_cell(1)
    root = notebook.widget("wb-program-diff")
    until(lambda: root.locator(".wb-pair").count() == 7, "fitness", page=notebook.page)
    return notebook, root


def verdict(root):
    return root.locator(".wb-diff-verdict").inner_text()


def lines(root):
    return root.locator(".wb-diff-row:visible")


def place(root, selector):
    return root.locator(f".wb-diff-row[data-matters] {selector}").bounding_box()


def test_what_changed_is_found_and_walked_through(open_notebook):
    notebook, root = shown(open_notebook)
    keyboard = notebook.page.keyboard
    assert "1 of 6 effective instructions computes something else." in verdict(root)
    changed = root.locator('.wb-diff-row[data-change="changed"]')
    assert changed.locator(".wb-diff-token").all_inner_texts() == ["0.01", "0.1"]
    assert root.locator('[data-change="renamed"] .wb-diff-note').count() == 3
    # Side by side: both lines at one height.
    left, right = (place(root, side) for side in (".wb-diff-left", ".wb-diff-right"))
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    assert "better on 5" in root.locator(".wb-pairs-facts").inner_text()

    assert lines(root).count() == 9
    root.get_by_text("Only what changed").click()
    assert lines(root).count() == 6
    root.get_by_role("button", name="3 unchanged lines").click()
    assert lines(root).count() == 9
    root.get_by_text("Inline", exact=True).click()
    left, right = (place(root, side) for side in (".wb-diff-left", ".wb-diff-right"))
    assert left["y"] < right["y"]

    root.get_by_role("button", name="Copy").focus()
    keyboard.press("j")
    until(
        lambda: changed.evaluate("row => row === document.activeElement"),
        "the first change",
        page=notebook.page,
    )
    # Letters that mean something to the notebook stay here.
    keyboard.type("ab")
    assert notebook.cells() == 3
    notebook.context.grant_permissions(["clipboard-read", "clipboard-write"])
    root.get_by_role("button", name="Copy").click()
    root.get_by_text("Copied").wait_for()
    read = "() => navigator.clipboard.readText()"
    assert "~   s2 = 0.1  # was: s2 = 0.01" in notebook.page.evaluate(read)

    notebook.run_cell(2)
    until(lambda: "identical" in verdict(root), "another pair", page=notebook.page)


def test_dark_narrow_wide_and_without_a_kernel(open_notebook, lab):
    lab.set_theme("JupyterLab Dark")
    notebook, root = shown(open_notebook)
    assert root.get_attribute("data-wb-theme") == "dark"
    assert sum(colour(root, "color")) - sum(colour(root, "background-color")) > 300
    table = root.locator(".wb-diff")
    for width, layout in ((2050, "side"), (1120, "side"), (736, "inline")):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(
            lambda layout=layout: table.get_attribute("data-layout") == layout,
            f"{layout} at {width} px",
            page=notebook.page,
        )
        until(lambda: fits(root), f"no overflow at {width} px", page=notebook.page)
    until(
        lambda: "better on" in str(notebook.save()),
        "the fitness in the file",
        page=notebook.page,
    )
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-program-diff")
    assert "1 of 6 effective instructions" in verdict(root)
    assert root.locator(".wb-pair").count() == 7
    root.get_by_text("Only what changed").click()
    assert lines(root).count() == 6
    assert not notebook.page.locator(".wb-static").is_visible()
