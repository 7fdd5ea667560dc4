import graphlib
import io
import json

from hypothesis import given

from tests.programs.strategies import VECTOR, programs
from workbench.insight import dataflow
from workbench.insight.arcs import draw_dataflow
from workbench.programs import (
    FUNCTIONS,
    Program,
    Space,
    empty,
    linear,
    two_layer_network,
)


def edges(graph, *kinds):
    return {(edge.source, edge.target) for edge in graph.edges if edge.kind in kinds}


def graph_of(text, **options):
    return dataflow(Program.from_text(text, **options))


def ids(graph, kind):
    return [node.id for node in graph.nodes if node.kind == kind]


def test_linear_regression():
    graph = dataflow(linear())
    assert [node.id for node in graph.nodes] == [
        "setup:0",
        "features",
        "state:v1",
        "predict:0",
        "prediction",
        "label",
        "learn:0",
        "learn:1",
        "learn:2",
        "learn:3",
    ]
    assert edges(graph, "now") == {
        ("state:v1", "predict:0"),
        ("features", "predict:0"),
        ("predict:0", "prediction"),
        ("label", "learn:0"),
        ("prediction", "learn:0"),
        ("learn:0", "learn:1"),
        ("learn:1", "learn:2"),
        ("features", "learn:2"),
        ("learn:2", "learn:3"),
        ("state:v1", "learn:3"),
    }
    assert edges(graph, "kept") == {("setup:0", "learn:1")}
    assert edges(graph, "carried") == {("learn:3", "state:v1")}
    assert edges(graph, "initial", "validation") == set()


def test_edges_say_which_operand_they_feed_and_by_which_address():
    graph = dataflow(linear())
    (edge,) = [e for e in graph.edges if (e.source, e.target) == ("label", "learn:0")]
    assert (edge.operand, edge.address) == (0, "s0")
    (edge,) = [e for e in graph.edges if e.source == "prediction"]
    assert (edge.operand, edge.address) == (1, "s1")


def test_weights_begin_with_what_setup_drew():
    graph = dataflow(two_layer_network())
    assert edges(graph, "initial") == {
        ("setup:0", "state:v2"),
        ("setup:1", "state:m0"),
    }
    assert ids(graph, "state") == ["state:m0", "state:s2", "state:v1", "state:v2"]
    assert ids(graph, "random") == ["setup:0", "setup:1"]
    assert ids(graph, "constant") == ["setup:2"]
    (zero,) = [node for node in graph.nodes if node.kind == "zero"]
    assert (zero.id, zero.text) == ("zero:v5", "v5 = 0")


def test_dead_code_is_not_there_and_places_are_those_of_the_whole_program():
    graph = graph_of("def Predict():\n s2 = mean(v0)\n NoOp()\n s1 = sin(s3)")
    assert [node.id for node in graph.nodes] == ["zero:s3", "predict:2", "prediction"]


def test_predict_alone_may_carry_state():
    graph = graph_of("def Predict():\n s2 = s2 + s3\n s1 = mean(v0)\n s1 = s1 * s2")
    assert edges(graph, "carried") == {("predict:0", "state:s2")}
    assert edges(graph, "validation") == set()


def test_what_learn_hides_is_carried_in_validation_only():
    graph = graph_of(
        "def Predict():\n s1 = s2 * s2\n s2 = mean(v0)\ndef Learn():\n s2 = s0 * s0"
    )
    assert edges(graph, "carried") == {("learn:0", "state:s2")}
    assert edges(graph, "validation") == {("predict:1", "state:s2")}


def test_the_prediction_itself_may_be_state():
    graph = graph_of("def Predict():\n s1 = s1 + s2\ndef Setup():\n s2 = 1.0")
    assert edges(graph, "carried") == {("prediction", "state:s1")}
    assert edges(graph, "kept") == {("setup:0", "predict:0")}


def test_predict_does_not_see_the_label():
    graph = graph_of("def Predict():\n s1 = sin(s0)")
    assert ids(graph, "label") == []
    (zero,) = [node for node in graph.nodes if node.kind == "zero"]
    assert (zero.id, zero.meaning) == ("zero:s0", "The label is hidden from Predict.")


def test_an_element_that_is_set_keeps_the_others():
    graph = graph_of("def Predict():\n v1 = v0 + v0\n v1[0.5] = 2\n s1 = mean(v1)")
    (edge,) = [e for e in graph.edges if e.target == "predict:1"]
    assert (edge.source, edge.address, edge.operand) == ("predict:0", "v1", 0)


def test_vector_labels():
    program = Program.from_text(
        "def Predict():\n v2 = v3 * v0\ndef Learn():\n v3 = v1 - v2",
        Space(2, 4, 0, label="vector"),
    )
    graph = dataflow(program)
    assert edges(graph, "now") >= {("label", "learn:0"), ("prediction", "learn:0")}
    assert {node.id: node.address for node in graph.nodes}["prediction"] == "v2"


def test_a_program_that_does_nothing_predicts_what_it_always_held():
    graph = dataflow(empty())
    assert [node.id for node in graph.nodes] == ["state:s1", "prediction"]


def check(program):
    graph = dataflow(program)
    names = {node.id for node in graph.nodes}
    assert len(names) == len(graph.nodes)
    # What is live is there, and nothing else of the program.
    live = {
        f"{name}:{i}"
        for name, flags in zip(FUNCTIONS, program.live, strict=True)
        for i, is_live in enumerate(flags)
        if is_live
    }
    assert {node.id for node in graph.nodes if node.function} == live
    # Every operand has exactly one source.
    for node in graph.nodes:
        into = [edge for edge in graph.edges if edge.target == node.id]
        if node.function:
            instruction = program.functions[node.function][node.index]
            reads = len(instruction.inputs) + instruction.op.is_partial_write
            assert sorted(edge.operand for edge in into) == list(range(reads))
        assert all({edge.source, edge.target} <= names for edge in into)
    # Without the state that is carried on, time runs one way.
    order = {node.id: i for i, node in enumerate(graph.nodes)}
    forward = edges(graph, "now", "kept", "initial")
    assert all(order[source] < order[target] for source, target in forward)
    graphlib.TopologicalSorter(
        {target: {s for s, t in forward if t == target} for _, target in forward}
    ).prepare()
    back = edges(graph, "carried", "validation")
    assert {target.split(":")[0] for _, target in back} <= {"state"}
    assert json.loads(json.dumps(graph.to_dict()))["nodes"][0]["id"] in names


@given(programs())
def test_any_program_has_a_sound_graph(program):
    check(program)


@given(programs(VECTOR))
def test_any_program_with_vector_labels_too(program):
    check(program)


def test_the_still_picture_has_every_node_and_edge():
    graph = dataflow(two_layer_network())
    image = io.BytesIO()
    draw_dataflow(graph).figure.savefig(image, format="svg", metadata={"Date": None})
    svg = image.getvalue().decode()
    for node in graph.nodes:
        assert node.text in svg
    for edge in graph.edges:
        assert f'id="{edge.source}-{edge.target}-{edge.kind}"' in svg
