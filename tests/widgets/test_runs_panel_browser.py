"""The runs panel in a real JupyterLab."""

from __future__ import annotations

import pytest

from tests.widgets.lab import colour, until

pytestmark = pytest.mark.browser

# Runs as searches leave them: what the panel shows does not depend on running them.
RUNS = """
from workbench import PRESETS
from workbench.programs import library
from workbench.runs import Event, RunStore
from workbench.widgets import RunsPanel

store = RunStore("{folder}")
for seed, (name, rate) in enumerate([("slow", 0.01), ("quick", 0.5), ("other", 0.1)]):
    program = library.linear(rate)
    spec = PRESETS["linear"].spec.but(space=program.space, seed=seed)
    run = store.create("search", spec.to_dict(), name=name, seed=seed,
                       unit="individuals", run_id=f"run{{seed}}")
    points = [{{"individuals": 100 * n, "seconds": 0.1 * n, "best": 1 - 1 / (n + seed)}}
              for n in range(1, 30)]
    best = {{"fitness": 0.9, "individuals": 900, "text": str(program)}}
    store.append(run, points, [Event("best", 900, best)])
    store.update(run, status="finished", position=2900, seconds=2.9,
                 metrics={{"best": 0.9}})
    store.tag(run, ["pair"] if name != "other" else [])
panel = RunsPanel(store)
panel.select()
panel
"""


def shown(open_notebook, folder, **options):
    notebook = open_notebook(RUNS.format(folder=folder), **options)
    notebook.run_cell(0)
    return notebook, notebook.widget("wb-runs")


def names(root):
    return root.locator("tr[data-run] .wb-col-name").all_inner_texts()


def wait(notebook, condition, what):
    until(condition, what, page=notebook.page)


def test_runs_are_found_drawn_and_compared(open_notebook, lab, tmp_path):
    notebook, root = shown(open_notebook, tmp_path)
    assert set(names(root)) == {"slow", "quick", "other"}
    root.get_by_label("Filter runs").fill("tag:pair")
    wait(notebook, lambda: set(names(root)) == {"slow", "quick"}, "two runs")
    root.get_by_label("Select all runs found").click()
    canvas = root.locator(".wb-many-curves canvas")
    wait(
        notebook,
        lambda: "Curves of 2 lines" in (canvas.get_attribute("aria-label") or ""),
        "two curves",
    )
    wait(
        notebook,
        lambda: "effective instruction" in root.locator(".wb-diff").inner_text(),
        "the difference of their programs",
    )
    assert "seed" in root.locator(".wb-settings-table").inner_text()
    canvas.hover()
    readout = root.locator(".wb-readout")
    wait(notebook, readout.is_visible, "the read-out")
    assert "slow" in readout.inner_text()
    # Zoomed by keyboard, read by keyboard.
    canvas.focus()
    for key in ("+", "Home", "ArrowRight"):
        notebook.page.keyboard.press(key)
    assert "Individuals".lower() in root.locator(".wb-curve [aria-live]").inner_text()
    with notebook.page.expect_download() as download:
        root.get_by_role("button", name="Save as CSV").click()
    text = download.value.path().read_text()
    assert text.startswith("line,individuals,best")
    for width in (800, 1120, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        wait(notebook, lambda: fits_but_scrolls(root), f"no overflow at {width} px")

    drawn = "print('Individuals</text>' in panel.static_html())"
    wait(notebook, lambda: notebook.evaluate(drawn) == "True\n", "the picture")
    saved = ("widget-state+json", "Individuals</text>")
    wait(
        notebook,
        lambda: all(part in text for text in [str(notebook.save())] for part in saved),
        "state and picture in the file",
    )
    notebook.page.close()
    lab.end_kernels()
    lab.set_theme("JupyterLab Dark")
    notebook.open(reset=True)
    root = notebook.widget("wb-runs")
    assert set(names(root)) == {"slow", "quick"}
    assert "No kernel" in root.inner_text()
    assert "effective instruction" in root.locator(".wb-diff").inner_text()
    assert sum(colour(root, "color")) > sum(colour(root, "background-color")) + 300


def fits_but_scrolls(root):
    """Nothing sticks out to the right but what can be scrolled to."""
    return root.evaluate(
        """panel => {
            const edge = panel.getBoundingClientRect().right + 1;
            return [...panel.querySelectorAll("*")].every(element =>
                element.closest(".wb-runs-scroll > *, .wb-scroll-x > *, pre") ||
                !element.getClientRects().length ||
                element.getBoundingClientRect().right <= edge); }"""
    )


def test_a_run_is_renamed_tagged_deleted_and_brought_back(open_notebook, tmp_path):
    notebook, root = shown(open_notebook, tmp_path)
    keyboard = notebook.page.keyboard
    root.locator('[data-run="run1"] .wb-col-status').click()
    keyboard.press("F2")
    keyboard.type("the best")
    keyboard.press("Enter")
    wait(notebook, lambda: "the best" in names(root), "the new name")
    keyboard.press("t")
    keyboard.press("End")
    keyboard.type(" kept")
    keyboard.press("Enter")
    tags = root.locator('[data-run="run1"] .wb-run-tag')
    wait(notebook, lambda: tags.all_inner_texts() == ["kept", "pair"], "two tags")
    keyboard.press("Delete")
    wait(notebook, lambda: "the best" not in names(root), "one run less")
    assert notebook.evaluate("print(len(store.list()))") == "2\n"
    root.get_by_role("button", name="Undo").click()
    wait(notebook, lambda: "the best" in names(root), "the run again")
    assert notebook.evaluate("print(store.get('run1').tags)") == "('kept', 'pair')\n"
    # Letters that mean something to the notebook stay here.
    root.get_by_label("Filter runs").click()
    keyboard.type("ab")
    assert notebook.cells() == 1
