"""A program as a graph: what is computed from what, over one training cycle.

The effective instructions and what they read. State, which an example leaves to the
next, has nodes of its own at the beginning of the cycle, so that without the edges
that lead back to them (`carried`, `validation`) the graph has no cycle.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.insight.values import (
    Entry,
    Features,
    Label,
    Prediction,
    Values,
    Written,
    Zero,
    values_of,
)
from workbench.programs import Kind, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.insight.values import Address, Value
    from workbench.programs import Instruction, Program

NodeKind = Literal[
    "instruction",
    "constant",
    "random",
    "features",
    "label",
    "prediction",
    "state",
    "zero",
]
EdgeKind = Literal["now", "kept", "initial", "carried", "validation"]


@dataclass(frozen=True, slots=True)
class Node:
    """Something that has a value.

    Attributes
    ----------
    id
        ``"learn:3"``, ``"state:v1"``, ``"zero:s5"``, ``"features"``, ``"label"`` or
        ``"prediction"``.
    kind
        "constant" and "random" are instructions without operands; "zero" is an address
        that nothing writes, or the hidden label.
    text
        The instruction, or what the node is in a word or two.
    meaning
        The same in a sentence.
    address
        Where the value is kept: ``"v1"``.
    function, index
        Of an instruction: its place in the program as given.
    """

    id: str
    kind: NodeKind
    text: str
    meaning: str
    address: str
    function: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A value on its way from one node to another.

    Attributes
    ----------
    source, target
        Ids of nodes.
    address
        By which address the value is read, or carried.
    kind
        "now": made in the same cycle. "kept": made once, in Setup, and read ever
        since. "initial": what a state begins with. "carried": what training leaves to
        the next example. "validation": what Predict leaves to the next example where
        Learn does not run in between, if that is another.
    operand
        Which operand of an instruction it is, from 0; the vector or matrix of which
        one element is replaced comes last.
    """

    source: str
    target: str
    address: str
    kind: EdgeKind
    operand: int | None = None


@dataclass(frozen=True, slots=True)
class Dataflow:
    """The graph of a program's effective code.

    Nodes come in the order in which their values are there: zeros, Setup, what the
    cycle begins with, Predict, the prediction, the label, Learn.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the graph as JSON values: lists of `nodes` and of `edges`."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
        }


def dataflow(program: Program) -> Dataflow:
    """Return the graph of a program's effective code over one training cycle."""
    values = values_of(program)
    wanted = values.reachable(Written(*place) for place in values.instructions)
    wanted = list(dict.fromkeys([*wanted, Prediction()]))
    edges = [edge for value in wanted for edge in _edges(values, value)]
    # A state that starts at 0 has no edge for that.
    linked = {end for edge in edges for end in (edge.source, edge.target)}
    nodes = [_node(values, value) for value in wanted if _id(value) in linked]
    return Dataflow(
        tuple(sorted(nodes, key=_when)), tuple(sorted(edges, key=_edge_order))
    )


def _node(values: Values, value: Value) -> Node:
    name = _id(value)
    if isinstance(value, Written):
        instruction = values.instructions[value.function, value.index]
        return Node(
            id=name,
            kind=_kind(instruction),
            text=str(instruction),
            meaning=explain(instruction, values.program.space, value.function),
            address=_written(instruction),
            function=value.function,
            index=value.index,
        )
    address = _plain(_address(values, value))
    if isinstance(value, Features):
        return Node(name, "features", "features", "The example's features.", address)
    if isinstance(value, Label):
        says = "The example's label; Predict sees 0 in its place."
        return Node(name, "label", "label", says, address)
    if isinstance(value, Prediction):
        says = (
            "What Predict leaves. In training on classes, Learn finds it as a "
            "probability."
        )
        return Node(name, "prediction", "prediction", says, address)
    if isinstance(value, Entry):
        origin = values.entries[value.address].setup
        starts = " It starts at 0." if isinstance(origin, Zero) else ""
        says = f"What the example before left in {address}.{starts}"
        return Node(name, "state", f"{address} so far", says, address)
    hidden = value.address == _address(values, Label())
    says = "The label is hidden from Predict." if hidden else "Nothing writes it."
    return Node(name, "zero", f"{address} = 0", says, address)


def _kind(instruction: Instruction) -> NodeKind:
    if instruction.op.is_random:
        return "random"
    made_of_nothing = not instruction.inputs and not instruction.op.is_partial_write
    return "constant" if made_of_nothing else "instruction"


def _id(value: Value) -> str:
    if isinstance(value, Written):
        return f"{value.function}:{value.index}"
    if isinstance(value, Entry):
        return f"state:{_plain(value.address)}"
    if isinstance(value, Zero):
        return f"zero:{_plain(value.address)}"
    return type(value).__name__.lower()


def _plain(address: Address) -> str:
    return f"{address[0].value}{address[1]}"


def _written(instruction: Instruction) -> str:
    return _plain(instruction.output) if instruction.output else ""


def _address(values: Values, value: Value) -> Address:
    """Return where a value that no instruction writes is kept."""
    if isinstance(value, Entry | Zero):
        return value.address
    space = values.program.space
    if isinstance(value, Prediction):
        return space.prediction
    if isinstance(value, Features):
        return Kind.VECTOR, 0
    return (Kind.VECTOR, 1) if space.vector_label else (Kind.SCALAR, 0)


def _edges(values: Values, value: Value) -> Iterator[Edge]:
    target = _id(value)
    if isinstance(value, Written):
        instruction = values.instructions[value.function, value.index]
        names = [_plain(address) for address in instruction.inputs]
        names.append(_written(instruction))  # where one element of it is replaced
        operands = values.operands(value)
        for number, (source, name) in enumerate(zip(operands, names, strict=False)):
            kept = isinstance(source, Written) and (
                source.function == "setup" != value.function
            )
            yield Edge(_id(source), target, name, "kept" if kept else "now", number)
    elif isinstance(value, Prediction):
        name = _plain(values.program.space.prediction)
        source = values.prediction
        kept = isinstance(source, Written) and source.function == "setup"
        yield Edge(_id(source), target, name, "kept" if kept else "now")
    elif isinstance(value, Entry):
        name = _plain(value.address)
        setup, learn, predict = values.entries[value.address]
        if not isinstance(setup, Zero):
            yield Edge(_id(setup), target, name, "initial")
        if learn != value:
            yield Edge(_id(learn), target, name, "carried")
        if predict not in (learn, value) and not isinstance(learn, Prediction):
            yield Edge(_id(predict), target, name, "validation")


_PHASE = {
    "setup": 0, "zero": -1, "features": 1, "state": 1, "predict": 2, "prediction": 3,
    "label": 4, "learn": 5,
}  # fmt: skip


def _when(node: Node) -> tuple[int, int, str]:
    return _PHASE[node.function or node.kind], node.index or 0, node.id


def _edge_order(edge: Edge) -> tuple[bool, str, str, int]:
    return (
        edge.kind in ("carried", "validation"),
        edge.target,
        edge.source,
        edge.operand or 0,
    )
