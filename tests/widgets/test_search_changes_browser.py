"""A search changed while paused, and one shown to an audience, in JupyterLab."""

from __future__ import annotations

import json

import pytest

from tests.widgets.lab import until

pytestmark = pytest.mark.browser

CHANGED = """
from workbench.widgets import SearchPanel
changed = SearchPanel("demo", store=None)
changed.edit(train_steps="")
changed.step(20_000)
changed
"""
LESSON = """
lesson = SearchPanel("demo", store=None, controls="hide", ask="What will it find?",
                     choices=("a constant", "a model:\\n  s1 = dot(v0, v1)"))
lesson.edit(individuals=20_000)
lesson
"""


def test_a_paused_search_is_changed_and_an_audience_predicts(open_notebook, lab):
    notebook = open_notebook(CHANGED, LESSON, width=800)
    page = notebook.page
    notebook.run_all()
    first, second = notebook.panel(0), notebook.panel(1)
    first.until_status("Paused")
    first.root.get_by_text("Settings", exact=True).click()
    assert not first.root.get_by_label("Seed", exact=True).is_enabled()
    tournament = first.root.get_by_label("Tournament", exact=True)
    until(tournament.is_enabled, "the settings to open", page=page)
    tournament.fill("3")
    first.click("Apply to the paused search")
    until(lambda: "tournament 10 → 3" in first.text(), "the change", page=page)
    print_change = "print(changed.search.spec.changes)"
    assert notebook.evaluate(print_change) == "((20000, (('tournament', 3),)),)\n"
    first.click("Resume")
    first.until_status("Running")
    assert not tournament.is_enabled()
    first.click("Pause")
    first.until_status("Paused")

    assert not second.root.get_by_text("Settings", exact=True).is_visible()
    assert not second.button("Step").is_visible()
    second.root.get_by_label("a model").check()
    second.click("Start")
    second.until_status("Finished")
    assert not second.root.locator(".wb-program").is_visible()
    second.click("Reveal")
    until(lambda: "Predict" in second.program(), "the program", page=page)
    assert second.fits()
    until(
        lambda: json.dumps(notebook.save()).count('"covered": false') == 2,
        "the reveal in the file",
        page=page,
    )
    page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    first, second = notebook.panel(0), notebook.panel(1)
    until(lambda: "No kernel is attached" in second.text(), "the note")
    assert second.root.get_by_label("a model").is_checked()
    listing = second.root.locator(".wb-program-body")  # below what is on the screen
    until(lambda: "Predict" in listing.text_content(), "the program in the file")
    assert "tournament 10 → 3" in first.text()
