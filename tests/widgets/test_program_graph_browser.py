"""The dataflow graph in a real JupyterLab, with values of real evaluations."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.widgets.lab import colour, fits, until

pytestmark = pytest.mark.browser

GRAPH = """
from workbench import LinearTasks
from workbench.programs import linear, two_layer_network
from workbench.widgets import ProgramGraph
task = LinearTasks(features=4, train=20, valid=5, tasks=1).make()[0]
graph = ProgramGraph(linear(0.05), task=task, example=4)
graph
"""
ERROR = """
from workbench.insight import node_values
print(node_values(graph.program, task, {})["learn:0"])
"""


def shown(open_notebook, **options):
    notebook = open_notebook(GRAPH, "graph.program = two_layer_network()", **options)
    notebook.run_cell(0)
    root = notebook.widget("wb-program-graph")
    root.locator(".wb-flow-node").first.wait_for()
    return notebook, root


def node(root, name):
    return root.locator(f'.wb-flow [data-node="{name}"]')


def lit(root):
    """The nodes that are lit, and the lines of the program that go with them."""
    nodes = root.locator(".wb-flow-node.wb-lit").all()
    lines = root.locator('.wb-flow-listing [data-flow="lit"] code').all()
    return (
        [one.get_attribute("data-node") for one in nodes],
        [one.inner_text() for one in lines],
    )


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def test_pointing_walking_and_moving_among_examples(open_notebook):
    notebook, root = shown(open_notebook)
    keyboard = notebook.page.keyboard
    # What is pointed at lights up on either side.
    node(root, "learn:1").hover()
    assert lit(root) == (["learn:1"], ["s3 = s2 * s3"])
    assert root.locator(".wb-flow-line.wb-lit").count() == 3
    root.locator('.wb-flow-listing [data-node="predict:0"]').hover()
    assert lit(root) == (["predict:0"], ["s1 = dot(v1, v0)"])
    # The value is that of the example, and follows it.
    for example in (4, 5):
        until(
            lambda example=example: (
                f"example {example + 1} of 20"
                in root.get_by_role("status").inner_text()
            ),
            "the example",
            page=notebook.page,
        )
        value = node(root, "learn:0").locator(".wb-flow-number").text_content()
        expected = float(notebook.evaluate(ERROR.format(example)))
        assert number(value) == float(f"{expected:.5g}")
        root.get_by_role("button", name="Next example").click()
    # By keys along the lines, and from one example to the next.
    node(root, "predict:0").focus()
    for _ in range(5):
        keyboard.press("ArrowDown")
    assert lit(root) == (["learn:3"], ["v1 = v1 + v2"])
    keyboard.press("ArrowDown")
    assert lit(root)[0] == ["state:v1"]
    label = notebook.page.evaluate("() => document.activeElement.ariaLabel")
    assert label.startswith("v1 so far: What the example before left in v1")
    keyboard.type("ab")
    assert notebook.cells() == 2
    # Ctrl and the wheel zoom; the wheel alone does not.
    level = root.locator(".wb-flow-level")
    before = level.inner_text()
    node(root, "learn:0").hover()
    notebook.page.mouse.wheel(0, 40)
    assert level.inner_text() == before
    keyboard.down("Control")
    notebook.page.mouse.wheel(0, -200)
    keyboard.up("Control")
    until(lambda: level.inner_text() != before, "the zoom", page=notebook.page)
    # What is saved stands alone.
    with notebook.page.expect_download() as saved:
        root.get_by_role("button", name="Save SVG").click()
    drawing = ET.fromstring(Path(saved.value.path()).read_text(encoding="utf-8"))
    texts = {text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"dot", "v1", "kept for the next example"} <= texts
    strokes = [path.get("stroke") for path in drawing.iter() if path.get("d")]
    assert all(strokes)
    assert not any("var(" in stroke for stroke in strokes)


def test_dark_theme_width_and_another_program(open_notebook, lab):
    lab.set_theme("JupyterLab Dark")
    notebook, root = shown(open_notebook)
    assert root.get_attribute("data-wb-theme") == "dark"
    assert sum(colour(root, "color")) - sum(colour(root, "background-color")) > 300
    for width in (1120, 1400, 2050):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        until(lambda: fits(root), f"no overflow at {width} px", page=notebook.page)
    notebook.run_cell(1)
    until(
        lambda: "19 instructions" in root.locator(".wb-facts").inner_text(),
        "the other program",
        page=notebook.page,
    )
    assert root.locator(".wb-flow-line-carried").count() == 4
    # Larger than its window, which scrolls; a line of the program brings its node.
    root.locator('.wb-flow-listing [data-node="learn:10"]').focus()
    window = root.locator(".wb-flow-area").bounding_box()
    until(
        lambda: (
            node(root, "learn:10").bounding_box()["y"] < window["y"] + window["height"]
        ),
        "the node in the window",
        page=notebook.page,
    )


def test_a_saved_notebook_shows_the_last_values_without_a_kernel(open_notebook, lab):
    notebook, root = shown(open_notebook)
    root.get_by_role("button", name="Last example").click()
    # Saved when it is there to be saved: many saves in a row get in each other's way.
    until(
        lambda: notebook.evaluate("print(graph.now['place'])") == "20\n",
        "the example in the state",
        page=notebook.page,
    )
    until(
        lambda: "'place': 20" in str(notebook.save()),
        "the example in the file",
        page=notebook.page,
    )
    value = node(root, "learn:0").text_content()
    notebook.page.close()
    lab.end_kernels()

    notebook.open(reset=True)
    root = notebook.widget("wb-program-graph")
    root.get_by_text("No kernel is attached").wait_for()
    assert "example 20 of 20" in root.get_by_role("status").inner_text()
    assert node(root, "learn:0").text_content() == value
    node(root, "learn:0").hover()
    assert lit(root)[1] == ["s3 = s0 - s1"]
    assert not root.get_by_role("button", name="First example").is_enabled()
    assert not notebook.page.locator(".wb-static").is_visible()
