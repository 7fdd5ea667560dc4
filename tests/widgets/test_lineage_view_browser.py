"""The lineage in a real JupyterLab: the recorded search, a long lineage, a live one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.widgets.lab import colour, until

pytestmark = pytest.mark.browser

RECORDED = """
from workbench.evolution import load_recorded
from workbench.widgets import LineageView
view = LineageView(load_recorded("demo"))
view.go_to(61)
view
"""
LIVE = """
from workbench import PRESETS, Search
search = Search(PRESETS["demo"].spec.but(seed=22, individuals=20_000), threads=1)
LineageView(search)
"""
LONG = """
from dataclasses import replace
from workbench.evolution import load_recorded
from workbench.widgets import LineageView
demo = load_recorded("demo")
told = enumerate(demo.lineage[:500])
lineage = tuple(kin._replace(fitness=n / 500) for n, kin in told)
view = LineageView(replace(demo, lineage=lineage, events=()))
view.go_to(0)
view
"""
# Constants are shown in five digits; their titles hold all of them.
SCRUB = """async root => {
    const slider = root.querySelector("input[type=range]");
    const body = root.querySelector(".wb-lineage-program");
    const frame = () => new Promise(requestAnimationFrame);
    const found = [];
    for (let n = 0; n < 500; n += 1) {
        slider.value = String(n);
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        await frame();
        await frame();
        found.push([...body.querySelectorAll("code")].map(code =>
            [...code.childNodes].map(node => node.title || node.textContent).join("")));
    }
    return found;
}"""
# Cards and the tree scroll; all else has to fit.
FITS = """panel => {
    const edge = panel.getBoundingClientRect().right + 1;
    const scrolls = ".wb-cards *, .wb-card-links-room *, .wb-tree-room *";
    return [...panel.querySelectorAll("*")].every(one => one.matches(scrolls)
        || !one.getClientRects().length || one.getBoundingClientRect().right <= edge);
}"""


def where(root):
    return root.locator(".wb-where").inner_text().replace("\u202f", " ")


def reaches(notebook, root, text):
    until(lambda: where(root).startswith(text), text, page=notebook.page)


def test_a_recorded_search_is_replayed(open_notebook, lab):
    lab.set_theme("JupyterLab Dark")
    notebook = open_notebook(RECORDED, LIVE, "search.run()", width=1120)
    notebook.run_cell(0)
    root = notebook.widget("wb-lineage")
    reaches(notebook, root, "Step 62 of 77 · individual 375 298 · fitness 0.9706")
    assert sum(colour(root, "color")) - sum(colour(root, "background-color")) > 300
    assert "closed 88" in root.locator(".wb-lineage-did").inner_text()
    changed = root.locator(".wb-diff-row[data-matters] .wb-diff-right")
    assert "s1 = s0 - s1" in changed.all_inner_texts()

    keyboard = notebook.page.keyboard
    root.get_by_role("slider").focus()
    keyboard.press("k")
    reaches(notebook, root, "Step 61 of 77")
    keyboard.press(">")
    reaches(notebook, root, "Step 62 of 77")
    root.get_by_role("option", name="Instruction replaced").last.click()
    until(lambda: "Step 62" not in where(root), "another step", page=notebook.page)
    root.locator(".wb-drift summary").click()
    until(
        lambda: root.locator(".wb-drift tbody tr").count() > 0,
        "what drifted",
        page=notebook.page,
    )

    side = root.get_by_role("button", name="on a side branch: fitness 0.9857")
    side.click()
    reaches(notebook, root, "Step 63 of 63 · individual 376 736")
    until(
        lambda: notebook.evaluate("print(view.step.individuals)").strip() == "376736",
        "the kernel to know",
        page=notebook.page,
    )
    with notebook.page.expect_download() as download:
        root.get_by_role("button", name="Save as CSV").click()
    table = Path(download.value.path()).read_text()
    assert table == json.loads(
        notebook.evaluate(
            "import json; print(json.dumps(view.table().to_csv(index=False)))"
        )
    )
    for width in (800, 1120, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(
            lambda: root.evaluate(FITS),
            f"no overflow at {width} px",
            page=notebook.page,
        )

    notebook.run_cell(1)
    live = notebook.widget("wb-lineage", 1)
    live.get_by_text("The lineage appears with its first individuals").wait_for()
    notebook.run_cell(2, wait=False)
    live.get_by_text("changed the fitness, from").wait_for()
    until(lambda: "Step" in where(live), "the end", page=notebook.page)


def test_scrubbing_500_steps_shows_the_right_programs(open_notebook):
    notebook = open_notebook(LONG, width=800)
    notebook.run_cell(0)
    root = notebook.widget("wb-lineage")
    reaches(notebook, root, "Step 1 of 500")
    root.get_by_text("Program", exact=True).click()
    found = root.evaluate(SCRUB)
    told = json.loads(
        notebook.evaluate(
            "import json; print(json.dumps([[str(i) for part in"
            " step.program.functions.values() for i in part] for step in view.steps]))"
        )
    )
    assert len(found) == 500
    assert found == told


def test_a_saved_notebook_replays_without_a_kernel(open_notebook, lab):
    notebook = open_notebook(RECORDED)
    notebook.run_cell(0)
    root = notebook.widget("wb-lineage")
    reaches(notebook, root, "Step 62 of 77")
    chip = root.locator("[data-concept='linear model']:not([aria-disabled])")
    chip.click()
    lit = root.locator(".wb-carries")
    assert "s1 = dot(v1, v0)" in lit.all_inner_texts()[-1]
    root.get_by_role("button", name="Back one step").click()
    until(
        lambda: '"step": 60' in json.dumps(notebook.save()),
        "the step in the file",
        page=notebook.page,
    )
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-lineage")
    root.get_by_text("No kernel is attached").wait_for()
    reaches(notebook, root, "Step 61 of 77")
    root.get_by_role("slider").focus()
    notebook.page.keyboard.press("j")
    reaches(notebook, root, "Step 62 of 77")
    chip = root.locator("[data-concept='linear model']:not([aria-disabled])")
    chip.wait_for()
    assert "2 of 9 effective" in root.locator(".wb-diff-verdict").inner_text()
