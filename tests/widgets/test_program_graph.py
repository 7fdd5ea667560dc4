import base64
import json

import numpy as np
import pytest

from tests.engine.small_tasks import small_task
from tests.widgets.comms import FakeComm, until
from workbench import LinearTasks, Program, Space, Task
from workbench.insight import dataflow, node_values
from workbench.programs import OPS, library
from workbench.programs.ops import OPS as ALL_OPS
from workbench.widgets import ProgramGraph
from workbench.widgets.graph_parts import gathered, graph_part, sign, values_part

TASK = LinearTasks(features=4, train=6, valid=3, tasks=1, epochs=2).make()[0]
VECTOR = Program.from_text(
    "def Predict():\n v2 = v3 * v0\ndef Learn():\n v3 = v1 - v2",
    Space(2, 4, 0, label="vector"),
)


@pytest.fixture
def graph():
    graph = ProgramGraph(library.linear(0.1), task=TASK, example=1)
    graph.comm = FakeComm()
    yield graph
    graph.close()


def numbers(value):
    return np.frombuffer(base64.b64decode(value["data"]), "<f8")


def edges(graph, kind):
    return {
        (edge["source"], edge["target"])
        for edge in graph.graph["edges"]
        if edge["kind"] == kind
    }


def test_linear_regression_keeps_its_weights_and_its_learning_rate(graph):
    assert edges(graph, "carried") == {("learn:3", "state:v1")}
    assert edges(graph, "kept") == {("setup:0", "learn:1")}
    nodes = {node["id"]: node for node in graph.graph["nodes"]}
    assert {name: node["sign"] for name, node in nodes.items()} == {
        "setup:0": "=",
        "features": "x",
        "state:v1": "\N{CLOCKWISE OPEN CIRCLE ARROW}",
        "predict:0": "dot",
        "prediction": "\N{LATIN SMALL LETTER Y WITH CIRCUMFLEX}",
        "label": "y",
        "learn:0": "\N{MINUS SIGN}",
        "learn:1": "\N{MULTIPLICATION SIGN}",
        "learn:2": "\N{MULTIPLICATION SIGN}",
        "learn:3": "+",
    }
    # A difference depends on the order of its operands; a dot product does not, and
    # a scalar is not taken for a vector.
    assert [name for name, node in nodes.items() if node["ordered"]] == ["learn:0"]
    assert (nodes["predict:0"]["rank"], nodes["state:v1"]["rank"]) == (0, 1)
    rows = [row for part in graph.graph["functions"] for row in part["rows"]]
    assert [row["text"] for row in rows][1] == "s1 = dot(v1, v0)"


def test_every_op_has_a_short_sign():
    signs = {op.name: sign(op) for op in ALL_OPS}
    assert all(0 < len(text) <= 9 for text in signs.values())
    assert signs["VECTOR_PRODUCT_OP"] == "\N{CIRCLED DOT OPERATOR}"
    assert signs["SCALAR_VECTOR_PRODUCT_OP"] == "\N{MULTIPLICATION SIGN}"
    assert signs["MATRIX_ROW_ST_DEV_OP"] == "std rows"
    assert signs["SCALAR_RECIPROCAL_OP"] == "1/x"
    assert len(OPS) == len(signs)


def test_setting_one_element_depends_on_what_is_kept_of_the_others():
    part = graph_part(
        Program.from_text("def Predict():\n v1 = v0 + v0\n v1[0.5] = 2\n s1 = mean(v1)")
    )
    nodes = {node["id"]: node for node in part["nodes"]}
    assert nodes["predict:1"]["sign"] == "[\N{MIDDLE DOT}] ="
    assert not nodes["predict:1"]["ordered"]  # one operand has no order


def test_the_values_are_those_of_the_example(graph):
    expected = node_values(graph.program, TASK, 1)
    values = graph.now["values"]
    assert values.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(numbers(values[name]), value.ravel())
    assert values["state:v1"]["shape"] == [4]
    assert values["state:v1"]["low"] == expected["state:v1"].min()
    assert (graph.now["place"], graph.now["of"], graph.now["epochs"]) == (2, 6, 2)


def test_examples_are_counted_through_the_epochs(graph):
    graph.example = 8
    until(lambda: graph.now["example"] == 8)
    assert (graph.now["epoch"], graph.now["place"]) == (2, 3)
    expected = node_values(graph.program, TASK, 2, epoch=1)
    np.testing.assert_array_equal(
        numbers(graph.now["values"]["learn:3"]), expected["learn:3"]
    )


def test_a_view_moves_among_the_examples(graph):
    graph.comm.message(type="attach", view="a")
    until(graph.comm.frames)
    for example, expected in ((4, 4), (10**9, 11), (-5, 0)):
        graph.comm.message(
            type="command", id=f"a:{example}", name="go", example=example
        )
        until(lambda expected=expected: graph.part("now")["example"] == expected)
    assert graph.example == 0
    # The kernel's own thread never waits for it.
    assert graph.comm.threads == {"ProgramGraph pump"}


def test_another_program_in_the_same_place(graph):
    graph.program = library.two_layer_network()
    until(lambda: len(graph.graph["nodes"]) > 20)
    assert graph.now["example"] == 1
    assert len(graph.now["values"]) == len(dataflow(graph.program).nodes)
    assert "Set" in graph.graph["functions"][0]["rows"][0]["words"]


def test_without_a_task_it_takes_one_that_fits_the_labels():
    for program, words, features in (
        (library.linear(), "linear regression", 4),
        (VECTOR, "ten classes", 16),
    ):
        graph = ProgramGraph(program)
        assert words in graph.graph["task"]
        assert "no task was given" in graph.graph["task"]
        assert graph.graph["special"]["features"] == "v0"
        assert graph.now["values"]["features"]["shape"] == [features]
        graph.close()


def test_what_does_not_fit_is_refused_and_nothing_changes(graph):
    with pytest.raises(ValueError, match="example is 12; accepted: 0 to 11"):
        graph.example = 12
    with pytest.raises(TypeError, match="example is a float"):
        graph.example = 1.0
    with pytest.raises(ValueError, match="task has scalar labels"):
        graph.program = VECTOR
    assert graph.example == 1
    assert graph.part("now")["example"] == 1
    assert graph.program == library.linear(0.1)
    tasks = LinearTasks(tasks=2).make()
    with pytest.raises(TypeError, match=r"of a TaskSet one: tasks\[0\]"):
        ProgramGraph(library.linear(), task=tasks)
    with pytest.raises(TypeError, match="a Program or its text"):
        ProgramGraph(3)


def test_it_says_where_training_was_cut_short():
    program = Program.from_text(
        "def Predict():\n  s1 = s1 / s2\ndef Learn():\n  s2 = s0 - s2"
    )
    part = values_part(program, TASK, 0)
    assert part["stopped"] == "here"
    assert np.isnan(numbers(part["values"]["prediction"])[0])
    assert part["values"]["prediction"]["nan"] == 1
    assert part["values"]["prediction"]["low"] is None
    assert "learn:0" not in part["values"]
    assert values_part(program, TASK, 1)["stopped"] == "before"
    json.dumps(part, allow_nan=False)


def test_large_matrices_are_gathered_so_that_nothing_noteworthy_is_lost():
    grid = np.zeros((100, 130))
    grid[97, 128] = -7.0
    grid[3, 4] = np.nan
    grid[3, 5] = 5.0
    cells = gathered(grid)
    assert cells.shape == (50, 44)
    assert cells[48, 42] == -7.0
    assert np.isnan(cells[1, 1])
    assert np.count_nonzero(cells) == 2
    np.testing.assert_array_equal(gathered(np.eye(64)), np.eye(64))


def test_images_of_any_size_are_shown():
    x = np.random.default_rng(0).standard_normal((5, 70))
    task = Task.from_arrays(x, x[:, 0] > 0, x, x[:, 0] > 0, "accuracy")
    program = Program.from_text("def Predict():\n  m1 = outer(v0, v0)\n  s1 = norm(m1)")
    graph = ProgramGraph(program, task=task)
    outer = graph.now["values"]["predict:0"]
    assert (outer["shape"], outer["cells"]) == ([70, 70], [35, 35])
    graph.close()


def test_hosts_without_widgets_get_a_still_picture(graph):
    html = graph.static_html()
    assert "<svg" in html
    assert "v1 = v1 + v2" in html
    hostile = ProgramGraph("", task=small_task(), title="<script>")
    assert "<script" not in hostile.static_html()
    hostile.close()
