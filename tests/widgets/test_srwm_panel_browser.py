"""The SRWM panel in a real JupyterLab: a tiny training, and a look into it."""

from __future__ import annotations

import pytest

from tests.widgets.lab import fits, until
from tests.widgets.tiny_meta import TRAINING

pytestmark = pytest.mark.browser

PANEL = f"""
from workbench.widgets import SRWMPanel
panel = SRWMPanel(baselines=(), store=None)
panel.edit(**{TRAINING!r})
panel.edit(steps=100000, valid_every=500)
panel
"""


def status(root):
    return root.locator(".wb-head .wb-chip").first.get_by_role("status").inner_text()


def curve(root):
    label = root.locator(".wb-training .wb-curve-canvas").get_attribute("aria-label")
    return label or ""


def steps(root):
    text = root.locator("[data-run=srwm] td").nth(1).inner_text()
    digits, _, letter = text.partition("\u202f")
    return float(digits) * {"": 1, "k": 1e3, "M": 1e6}[letter]


def test_train_pause_and_step_through_an_episode(open_notebook):
    notebook = open_notebook(PANEL)
    notebook.run_cell(0)
    page = notebook.page
    root = notebook.widget("wb-srwm")
    root.get_by_role("button", name="Start", exact=True).click()
    until(lambda: status(root) == "Running", "a running training", 120, page)
    until(lambda: "SRWM " in curve(root), "the first point", page=page)
    first, then = curve(root), steps(root)
    until(lambda: steps(root) > then, "further steps", page=page)
    until(lambda: curve(root) != first, "the curve to move", page=page)
    assert notebook.evaluate("print(6 * 7, panel.status)").split() == ["42", "running"]
    root.get_by_role("button", name="Pause", exact=True).click()
    until(lambda: status(root) == "Paused", "the pause", page=page)
    until(
        lambda: "SRWM at step" in root.locator(".wb-looked-at").inner_text(),
        "the microscope to follow",
        120,
        page,
    )

    scope = root.locator(".wb-microscope")
    until(scope.locator(".wb-film").is_visible, "an episode", 120, page)
    until(lambda: scope.locator("button.wb-tile").count() == 6, "its film", 60, page)
    cells = scope.locator("[data-matrix=main-w] canvas")
    where = scope.locator(".wb-where")

    def picture():
        return cells.evaluate("canvas => canvas.toDataURL()")

    scope.get_by_role("button", name="On one example").click()
    until(lambda: where.inner_text().startswith("Example 1 of 6"), "step 1", page=page)
    before = picture()
    scope.get_by_role("button", name="On one example").click()
    until(lambda: where.inner_text().startswith("Example 2 of 6"), "step 2", page=page)
    until(lambda: picture() != before, "W to change", page=page)
    assert scope.locator("[data-example='2']").get_attribute("aria-current") == "step"
    scope.get_by_role("button", name="Back one example").click()
    until(lambda: where.inner_text().startswith("Example 1 of 6"), "step 1", page=page)
    until(lambda: picture() == before, "W as it was", page=page)
    for width in (800, 1600):
        page.set_viewport_size({"width": width, "height": 1000})
        until(lambda: fits(root), f"no overflow at {width} px", page=page)
    root.get_by_role("button", name="Stop", exact=True).click()
    until(lambda: status(root) == "Stopped", "the end", 120, page)
