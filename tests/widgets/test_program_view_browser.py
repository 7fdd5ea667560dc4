"""The program view in a real JupyterLab."""

from __future__ import annotations

import pytest

from tests.widgets.lab import colour, fits, until

pytestmark = pytest.mark.browser

VIEW = '''
from workbench import Program
from workbench.widgets import ProgramView
view = ProgramView("""
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
""", title="Linear regression")
view
'''


def shown(open_notebook, **options):
    notebook = open_notebook(VIEW, "exec(pasted)", **options)
    notebook.run_cell(0)
    root = notebook.widget("wb-program-view")
    concepts = root.get_by_role("list", name="Concepts in this program")
    concepts.get_by_role("button").first.wait_for()
    return notebook, root


def marks(root):
    """Lines at which something is lit, with the letters that say how."""
    return {
        row.get_attribute("data-line"): row.locator(".wb-mark").inner_text()
        for row in root.locator(".wb-row-lit[data-line]").all()
    }


def token(root, line, address):
    return root.locator(f'[data-line="{line}"] [data-address="{address}"]').first


def test_pointing_at_an_address_shows_where_it_is_used(open_notebook):
    _, root = shown(open_notebook)
    assert root.get_by_role("heading", name="Linear regression").is_visible()
    token(root, "Predict-1", "v1").hover()
    assert marks(root) == {"Predict-1": "R", "Learn-4": "RW"}
    assert "kept between examples" in root.locator(".wb-lit-text").inner_text()
    token(root, "Learn-2", "s2").click()
    root.get_by_role("heading", name="Linear regression").hover()
    assert marks(root) == {"Setup-1": "W", "Learn-2": "R"}
    assert fits(root)
    # Formulas are laid out as mathematics: the index stands lower than its letter.
    letter, index = (
        root.locator('[data-line="Learn-1"] msub').first.locator(part).bounding_box()
        for part in ("mi", "mn")
    )
    assert index["y"] + index["height"] > letter["y"] + letter["height"]


def test_the_keyboard_is_enough(open_notebook):
    notebook, root = shown(open_notebook)
    keyboard = notebook.page.keyboard
    root.get_by_role("button", name="Copy").focus()
    stops = []
    while stops[-1:] != ["s2"] and len(stops) < 8:
        keyboard.press("Tab")
        stops.append(
            notebook.page.evaluate(
                "() => document.activeElement.dataset.address"
                " ?? document.activeElement.dataset.key"
            )
        )
    # Between them, in a narrow cell, the button for chips that find no room.
    stops = [stop for stop in stops if stop != "concept-more"]
    assert stops[-3:] == ["concept-linear model", "s0", "s2"]
    keyboard.press("ArrowDown")
    assert marks(root) == {"Setup-2": "W"}
    keyboard.press("Enter")
    keyboard.press("Home")
    assert set(marks(root)) == {"Setup-1", "Learn-2"}
    # Letters that mean something to the notebook stay here.
    keyboard.type("ab")
    assert notebook.cells() == 2


def test_what_is_copied_runs(open_notebook):
    notebook, root = shown(open_notebook)
    notebook.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read = "() => navigator.clipboard.readText()"
    root.get_by_role("button", name="Copy").click()
    root.get_by_text("Copied").wait_for()
    text = notebook.page.evaluate(read)
    assert notebook.evaluate(f"print(Program.from_text({text!r}) == view.program)") == (
        "True\n"
    )
    root.get_by_text("NumPy", exact=True).click()
    assert "import numpy" in root.locator(".wb-source").inner_text()
    said = root.locator(".wb-export-check[role=status]")
    said.get_by_text("equals the engine: 240 predictions").wait_for()
    assert "✓" in said.inner_text()
    root.get_by_role("button", name="Copy").click()
    until(
        lambda: notebook.page.evaluate(read).startswith("import numpy"),
        "the NumPy code",
        page=notebook.page,
    )
    notebook.evaluate(f"pasted = {notebook.page.evaluate(read)!r}")
    notebook.run_cell(1)
    assert notebook.outputs()[1] == ""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_theme_and_width(open_notebook, lab, theme):
    lab.set_theme(theme)
    notebook, root = shown(open_notebook)
    dark = "Dark" in theme
    assert root.get_attribute("data-wb-theme") == ("dark" if dark else "light")
    difference = sum(colour(root, "color")) - sum(colour(root, "background-color"))
    assert abs(difference) > 300
    assert (difference > 0) == dark
    for width in (800, 1120, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(lambda: fits(root), f"no overflow at {width} px", page=notebook.page)


def test_a_saved_notebook_shows_and_does_the_same_without_a_kernel(open_notebook, lab):
    notebook, root = shown(open_notebook)
    until(
        lambda: "widget-state+json" in str(notebook.save()),
        "the state in the file",
        page=notebook.page,
    )
    assert "<code>" in str(notebook.save())
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-program-view")
    token(root, "Predict-1", "v1").hover()
    assert marks(root) == {"Predict-1": "R", "Learn-4": "RW"}
    assert not notebook.page.locator(".wb-static").is_visible()
