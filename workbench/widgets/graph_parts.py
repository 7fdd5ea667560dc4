"""What the dataflow graph of a program shows, as JSON values."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.insight import dataflow, node_values
from workbench.tasks import LinearTasks, Task, TenClassTasks
from workbench.widgets.listing import function_parts, special_addresses

if TYPE_CHECKING:
    from workbench.programs import Program
    from workbench.programs.ops import Op

MOST_ACROSS = 64
"""Longer rows and columns are gathered into so many cells."""

_OF_NODES = {
    "features": "x",
    "label": "y",
    "prediction": "\N{LATIN SMALL LETTER Y WITH CIRCUMFLEX}",
    "state": "\N{CLOCKWISE OPEN CIRCLE ARROW}",
    "zero": "0",
}
_INFIX = {
    "+": "+",
    "-": "\N{MINUS SIGN}",
    "*": "\N{MULTIPLICATION SIGN}",
    "/": "\N{DIVISION SIGN}",
}
# Between two vectors or two matrices these go element by element.
_BY_ELEMENT = {"*": "\N{CIRCLED DOT OPERATOR}", "/": "\N{CIRCLED DIVISION SLASH}"}
_FUNCTIONS = {
    "heaviside": "step",
    "minimum": "min",
    "maximum": "max",
    "bcast": "fill",
    "abs": "|x|",
    "uniform": "\N{TILDE OPERATOR} U",
    "gaussian": "\N{TILDE OPERATOR} N",
}
_AXES = {
    ("bcast", "0"): "columns",
    ("bcast", "1"): "rows",
    ("norm", "0"): "norm cols",
    ("norm", "1"): "norm rows",
    ("mean", "1"): "mean rows",
    ("std", "1"): "std rows",
}


def sign(op: Op) -> str:
    """Return a sign or a short word for an op: ``dot``, ``+``, ``=`` for a constant.

    Element by element, products and quotients are circled.
    """
    right = op.text.removeprefix("{out} = ")
    infix = re.search(r"\{in1\} (.) \{in2\}", right)
    if infix:
        same = op.inputs[0] == op.inputs[1] and op.inputs[0].value != "s"
        return (_BY_ELEMENT if same else {}).get(infix[1], _INFIX[infix[1]])
    if right.startswith("1 / "):
        return "1/x"
    called = re.match(r"(\w+)\(", right)
    if called is None:
        return "[\N{MIDDLE DOT}] =" if op.is_partial_write else "="
    name = called[1]
    axis = re.search(r"axis=(\d)", right)
    if axis:
        return _AXES[name, axis[1]]
    return _FUNCTIONS.get(name, name)


def graph_part(program: Program) -> dict[str, Any]:
    """Return the nodes and edges to draw, and the lines that belong to them.

    Beside what `Dataflow.to_dict` gives, a node has its `sign`, its `rank` (0 for
    scalars, 1 for vectors, 2 for matrices) and whether it is `ordered`: its operands
    could be exchanged, which may change it.
    """
    graph = dataflow(program)
    nodes = graph.to_dict()["nodes"]
    for node in nodes:
        node["rank"] = "svm".index(node["address"][0])
        node["ordered"] = False
        if node["function"] is None:
            node["sign"] = _OF_NODES[node["kind"]]
            continue
        op = program.functions[node["function"]][node["index"]].op
        node["sign"] = sign(op)
        # Operands of two kinds cannot be taken for each other.
        alike = len(op.inputs) == 2 and op.inputs[0] == op.inputs[1]
        node["ordered"] = alike and not op.is_commutative
    return {
        "nodes": nodes,
        "edges": graph.to_dict()["edges"],
        "functions": function_parts(program),
        "special": special_addresses(program.space.vector_label),
    }


def default_task(program: Program) -> tuple[Task, str]:
    """Return a small task that fits the program's labels, and what it is."""
    if program.space.vector_label:
        spec = TenClassTasks(features=16, train=100, valid=50, tasks=1)
        return spec.make()[0], "digits in ten classes, projected to 16 features"
    task = LinearTasks(features=4, train=100, valid=10, tasks=1).make()[0]
    return task, "linear regression on 4 features"


def describe_task(task: Task) -> str:
    """Return a task in a few words."""
    named = f"{task.name}, " if task.name else ""
    return f"{named}{task.features} features"


def example_count(task: Task) -> int:
    """Return how many examples training shows, all epochs together."""
    return int(task.epochs) * len(task.train_x)


def values_part(program: Program, task: Task, example: int) -> dict[str, Any]:
    """Return the value of each node on a training example.

    Parameters
    ----------
    example
        Counted from 0 through all epochs.

    Returns
    -------
    `values` by node, each with its `shape`, the `cells` drawn [rows, columns] as
    base64 of float64, and of all its numbers the `low`, the `high` and the counts of
    `nan` and `infinite`. A node without a value is absent; `stopped` tells why: its
    training was cut short ``"here"``, after Predict, or ``"before"``; else ``""``.
    """
    shown = len(task.train_x)
    epoch, step = divmod(example, shown)
    values = node_values(program, task, step, epoch=epoch)
    stopped = "before" if "prediction" not in values else ""
    nodes = dataflow(program).nodes
    if not stopped and any(node.id not in values for node in nodes):
        stopped = "here"
    return {
        "example": example,
        "count": example_count(task),
        "place": step + 1,
        "of": shown,
        "epoch": epoch + 1,
        "epochs": int(task.epochs),
        "stopped": stopped,
        "values": {name: _value(value) for name, value in values.items()},
    }


def _value(value: np.ndarray) -> dict[str, Any]:
    grid = np.atleast_2d(value)
    cells = gathered(grid)
    finite = value[np.isfinite(value)]
    return {
        "shape": list(value.shape),
        "cells": list(cells.shape),
        "data": base64.b64encode(cells.astype("<f8").tobytes()).decode(),
        "low": float(finite.min()) if finite.size else None,
        "high": float(finite.max()) if finite.size else None,
        "nan": int(np.isnan(value).sum()),
        "infinite": int(np.isinf(value).sum()),
    }


def gathered(grid: np.ndarray) -> np.ndarray:
    """Return at most `MOST_ACROSS` by `MOST_ACROSS` cells of a large matrix.

    Parameters
    ----------
    grid
        float64[rows, columns].

    Returns
    -------
    float64: of each block the number furthest from 0, NaN and infinities first.
    """
    for axis in (0, 1):
        length = grid.shape[axis]
        block = -(-length // MOST_ACROSS)
        if block == 1:
            continue
        fill = -length % block
        pads = [(0, fill if i == axis else 0) for i in (0, 1)]
        whole = np.moveaxis(np.pad(grid, pads), axis, 0)
        blocks = whole.reshape(-1, block, whole.shape[1])
        size = np.where(np.isnan(blocks), np.inf, np.abs(blocks))
        worst = np.argmax(size, axis=1)[:, None]
        grid = np.moveaxis(np.take_along_axis(blocks, worst, axis=1)[:, 0], 0, axis)
    return grid
