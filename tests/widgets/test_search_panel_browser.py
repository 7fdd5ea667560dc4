"""The search panel in a real JupyterLab, with real searches."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.widgets.lab import until

pytestmark = pytest.mark.browser

PANEL = """
from workbench.widgets import SearchPanel
panel = SearchPanel("demo", store=None)
panel.edit(train_steps="")
panel
"""
# What the kernel does meanwhile, for tests that have no page to look at.
SPY = """
import json, os, pathlib, resource
def spy(progress):
    state = {
        "status": panel.status,
        "individuals": progress.position,
        "frames": panel._stream.sequence,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    pathlib.Path("spy.new").write_text(json.dumps(state))
    os.replace("spy.new", "spy.json")
panel.start()
panel.runner.subscribe(spy)
"""


def started(open_notebook, *cells, **options):
    notebook = open_notebook(PANEL, *cells, **options)
    notebook.run_cell(0)
    panel = notebook.panel()
    until(lambda: panel.status == "Ready", "the panel", page=notebook.page)
    panel.click("Start")
    panel.until_status("Running")
    until(lambda: panel.number("individuals") > 1000, "progress", page=notebook.page)
    return notebook, panel


def test_a_search_from_start_to_stop(open_notebook):
    notebook = open_notebook(PANEL, "print(panel.best.fitness)")
    notebook.run_cell(0)
    panel = notebook.panel()
    assert "Empty" in panel.curve()
    assert panel.status == "Ready"
    panel.click("Start")
    panel.until_status("Running")

    until(lambda: "After" in panel.curve(), "a curve", page=notebook.page)
    first, program = panel.picture(), panel.program()
    until(lambda: panel.picture() != first, "the curve to move", page=notebook.page)
    best = panel.number("best")
    until(lambda: panel.number("best") > best, "a better program", page=notebook.page)
    until(lambda: panel.program() != program, "another listing", page=notebook.page)
    assert "Predict" in panel.program()
    assert re.search(r"\d\s% of the population failed", panel.curve())

    began = time.monotonic()
    notebook.run_cell(1)
    assert time.monotonic() - began < 1
    assert float(notebook.outputs()[1]) > 0
    assert panel.status == "Running"

    panel.click("Pause")
    panel.until_status("Paused", seconds=2)
    paused = panel.number("individuals")
    exact = "print(panel.runner.snapshot.position)"
    before = int(notebook.evaluate(exact))
    panel.root.get_by_label("Individuals in a step").fill("137")
    panel.click("Step")
    until(lambda: int(notebook.evaluate(exact)) == before + 137, "137 individuals more")
    panel.until_status("Paused")
    assert panel.number("individuals") >= paused

    panel.click("Resume")
    panel.until_status("Running")
    until(lambda: panel.number("individuals") > paused * 1.05, "progress again")
    panel.click("Stop")
    panel.until_status("Stopped")
    result = panel.root.get_by_role("region", name="Result")
    result.wait_for()
    assert "Select" in result.inner_text()
    assert "Final" in result.inner_text()
    assert panel.button("Start new").is_enabled()


def test_a_page_reload_during_a_run(open_notebook):
    notebook, panel = started(open_notebook)
    notebook.save()
    notebook.page.reload()
    notebook.wait_ready()
    panel = notebook.panel()
    panel.until_status("Running")
    seen = panel.number("individuals")
    until(lambda: panel.number("individuals") > seen, "progress", page=notebook.page)
    # The first point of the curve may come after the first numbers.
    until(lambda: "After" in panel.curve(), "the curve", page=notebook.page)
    panel.click("Pause")
    panel.until_status("Paused", seconds=5)
    panel.click("Resume")
    panel.until_status("Running", seconds=5)
    panel.click("Stop")
    panel.until_status("Stopped")


def test_a_tab_closed_for_a_while(open_notebook, lab):
    notebook = open_notebook(PANEL, SPY)
    notebook.run_all()
    notebook.panel().until_status("Running")
    path = lab.root / "spy.json"

    def spied():
        return json.loads(path.read_text())

    until(path.exists, "the search to advance")
    notebook.save()
    notebook.page.close()
    left = spied()
    # The last frames that nobody acknowledges, then silence while the search goes on.
    until(lambda: spied()["frames"] > left["frames"] + 50, "unacknowledged frames")
    stalled = spied()
    until(lambda: spied()["individuals"] > stalled["individuals"] * 1.5, "the search")
    away = spied()
    assert away["frames"] <= left["frames"] + 75
    assert away["memory"] < left["memory"] + 30_000  # kB

    notebook.open()
    panel = notebook.panel()
    panel.until_status("Running")
    until(
        lambda: panel.number("individuals") > away["individuals"],
        "the present state",
        page=notebook.page,
    )
    panel.click("Pause")
    panel.until_status("Paused", seconds=5)


def test_two_views_of_one_panel(open_notebook):
    notebook, first = started(open_notebook, "panel")
    notebook.run_cell(1)
    second = notebook.panel(1)
    second.until_status("Running")
    until(lambda: "After" in second.curve(), "the curve", page=notebook.page)
    second.click("Pause")
    first.until_status("Paused", seconds=5)
    second.until_status("Paused", seconds=5)
    until(
        lambda: first.counter("individuals") == second.counter("individuals"),
        "the same numbers",
        page=notebook.page,
    )
    until(lambda: first.curve() == second.curve(), "the same curve", page=notebook.page)
    assert first.program() == second.program()


def test_a_click_while_a_cell_runs_is_obeyed(open_notebook, lab):
    wait = (
        "import pathlib, time\n"
        "while not pathlib.Path('go').exists():\n    time.sleep(0.05)"
    )
    notebook = open_notebook(PANEL, wait)
    notebook.run_cell(0)
    panel = notebook.panel()
    until(lambda: panel.button("Start").is_enabled(), "the panel", page=notebook.page)
    notebook.run_cell(1, wait=False)
    until(notebook.busy, "the cell to run", page=notebook.page)
    panel.click("Start")
    panel.until_status("Running")
    panel.click("Pause")
    panel.until_status("Paused")
    (lab.root / "go").touch()
    panel.click("Resume")
    panel.until_status("Running")
    panel.click("Stop")
    panel.until_status("Stopped")


def test_the_keyboard_is_enough(open_notebook):
    notebook = open_notebook(PANEL, "1", "2")
    notebook.run_cell(0)
    panel = notebook.panel()
    until(lambda: panel.button("Start").is_enabled(), "the panel", page=notebook.page)
    keyboard = notebook.page.keyboard
    panel.button("Start").focus()
    keyboard.press("Tab")
    assert panel.focus() == "step"
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    panel.until_status("Running")
    assert panel.focus() == "primary"
    keyboard.press("Space")
    panel.until_status("Paused")
    keys = []
    for _ in range(13):
        keyboard.press("Tab")
        keys.append(panel.focus())
    assert keys[:5] == ["step", "step-size", "stop", "keys", "settings"]
    assert "x-axis" in keys
    panel.canvas.focus()
    keyboard.press("ArrowLeft")
    assert "individuals: best" in panel.text()
    # The notebook's own single-letter keys must not see what is typed in a panel.
    panel.root.get_by_label("Individuals in a step").focus()
    keyboard.type("ddaabb5")
    assert notebook.cells() == 3
    panel.button("Step").focus()
    keyboard.type("ab")
    assert notebook.cells() == 3


def test_bad_settings_are_refused_beside_the_field(open_notebook):
    notebook = open_notebook(PANEL)
    notebook.run_cell(0)
    panel = notebook.panel()
    population = panel.root.get_by_label("Population", exact=True)
    until(population.is_enabled, "the panel", page=notebook.page)
    population.fill("many")
    panel.click("Start")
    panel.root.get_by_text("“many” is not a number").first.wait_for()
    assert panel.status == "Ready"
    until(
        lambda: panel.focus() == "field-population", "focus there", page=notebook.page
    )
    population.fill("100")
    panel.click("Start")
    panel.until_status("Running")
    assert not panel.root.get_by_role("alert").is_visible()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_theme_and_width(open_notebook, lab, theme):
    lab.set_theme(theme)
    notebook, panel = started(open_notebook)
    dark = "Dark" in theme
    assert panel.root.get_attribute("data-wb-theme") == ("dark" if dark else "light")
    surface = sum(panel.colour("background-color"))
    text = sum(panel.colour("color"))
    assert (surface < text) == dark
    assert abs(surface - text) > 300
    for width in (800, 1120, 2000):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(panel.fits, f"no overflow at {width} px", page=notebook.page)


def test_a_saved_notebook_shows_the_last_state_without_a_kernel(open_notebook, lab):
    notebook, panel = started(open_notebook)
    until(lambda: panel.number("best") > 0, "a program", page=notebook.page)
    panel.click("Pause")
    panel.until_status("Paused")
    individuals, program = panel.counter("individuals"), panel.program()

    def saved():
        text = json.dumps(notebook.save())
        return '"status": "paused"' in text and "<svg" in text

    until(saved, "state and fallback in the file", page=notebook.page)
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    panel = notebook.panel()
    until(lambda: "No kernel is attached" in panel.text(), "the note")
    assert panel.status == "Paused"
    assert panel.counter("individuals") == individuals
    assert panel.program() == program
    assert "After" in panel.curve()
    assert not panel.button("Resume").is_enabled()
    assert not notebook.page.locator(".wb-static").is_visible()


def instructions(rows):
    """Return instructions as they are listed: constants with five digits."""
    return [
        re.sub(r"\d[\d.e+-]*$", lambda number: f"{float(number[0]):.5g}", row.strip())
        for row in rows
        if " = " in row
    ]


def test_the_hall_of_fame_drives_the_views_inside(open_notebook, lab):
    notebook, panel = started(open_notebook)
    page, keyboard = notebook.page, notebook.page.keyboard
    rows = panel.root.locator(".wb-hall-table tbody tr")
    until(lambda: rows.count() > 2, "a hall of fame", page=page)
    panel.root.focus()
    keyboard.press("Space")
    panel.until_status("Paused")
    until(lambda: panel.root.locator(".wb-find").count() > 0, "a find", page=page)
    last = int(notebook.evaluate("print(len(panel.hall_of_fame))"))
    until(lambda: rows.count() == last, "the last hall of fame", page=page)

    # A view inside shows the program of the row that is chosen.
    heading = panel.root.locator(".wb-program h4").first
    panel.root.get_by_role("tab", name="Debugger").click()
    listing = panel.root.locator(".wb-nested .wb-debugger .wb-listing")
    until(listing.is_visible, "the debugger", page=page)

    def shows(title, act):
        """The head and the debugger follow what was done, to the same program."""
        act()
        until(lambda: heading.inner_text() == title, title, page=page)
        text = notebook.evaluate("print(panel.shown)")
        expected = instructions(text.splitlines())
        until(
            lambda: instructions(listing.locator("code").all_inner_texts()) == expected,
            f"the listing of {title}",
            page=page,
        )

    rows.last.focus()
    shows(f"#{last} of the hall of fame", lambda: keyboard.press("Enter"))
    shows(f"#{last - 1} of the hall of fame", lambda: keyboard.press("k"))
    keyboard.press("?")
    assert panel.root.get_by_role("dialog", name="Keys").is_visible()
    keyboard.press("Escape")
    shows("Discovery 1", panel.root.locator(".wb-find").first.click)
    shows("Best program", panel.button("Back to the best").click)
    shown = listing.inner_text()

    # A saved notebook shows the view that was open, without a kernel.
    model = notebook.evaluate("print(panel.view('debugger').model_id)").strip()
    until(
        lambda: f'"model": "{model}"' in json.dumps(notebook.save()),
        "the panel in the file to name the view",
        page=page,
    )
    page.close()
    lab.end_kernels()
    notebook.open(reset=True)
    panel = notebook.panel()
    listing = panel.root.locator(".wb-nested .wb-debugger .wb-listing")
    until(listing.is_visible, "the saved debugger", page=notebook.page)
    assert listing.inner_text() == shown
    assert panel.root.get_by_role("tab", selected=True).inner_text() == "Debugger"


def test_what_is_exported(open_notebook):
    notebook, panel = started(open_notebook)
    panel.click("Pause")
    panel.until_status("Paused")
    panel.root.get_by_text("Export", exact=True).click()
    text = panel.root.get_by_label("Python cell", exact=True).last
    until(lambda: "SearchSpec(" in text.inner_text(), "code", page=notebook.page)
    panel.root.get_by_text("LaTeX table", exact=True).click()
    table = panel.root.get_by_label("LaTeX table", exact=True).last
    until(lambda: "toprule" in table.inner_text(), "a table", page=notebook.page)
    panel.root.get_by_text("Curve as SVG", exact=True).click()
    picture = panel.root.get_by_role("img", name="as it will be saved")
    until(picture.is_visible, "the picture", page=notebook.page)
    with notebook.page.expect_download() as download:
        panel.click("Download")
    assert download.value.suggested_filename == "curve.svg"
    assert "</svg>" in download.value.path().read_text()
    panel.root.get_by_text("Throughput", exact=True).click()
    until(
        lambda: panel.root.get_by_role("table", name="Populations").is_visible(),
        "populations",
        page=notebook.page,
    )
    assert "individuals per second" in (panel.text() + panel.root.inner_html()).lower()
