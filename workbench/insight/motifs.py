"""Pieces of effective code that programs share, whatever their addresses are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.insight.values import (
    Entry,
    Features,
    Label,
    Prediction,
    Value,
    Values,
    Written,
    values_of,
)
from workbench.programs import Kind

if TYPE_CHECKING:
    from workbench.programs import Op, Program

_NOUNS = {Kind.SCALAR: "scalar", Kind.VECTOR: "vector", Kind.MATRIX: "matrix"}


def code_motifs(program: Program, depth: int = 2) -> frozenset[str]:
    """Return the pieces of the effective code, each as one expression.

    A piece is an operation on what its operands are made of, `depth` operations deep,
    as in ``(label - prediction) * features``. Operands further down stand by their
    kind (`scalar`, `vector`, `matrix`), state that is carried from example to example
    as `kept vector`, constants as `constant`, draws as `random`. Addresses, dead code,
    the order of independent instructions and that of the operands of sums and products
    do not matter: two programs share a piece if and only if both compute a value in
    that way, as far down as it goes.

    Raises
    ------
    ValueError
        When `depth` is below 1.
    """
    if depth < 1:
        raise ValueError(f"depth is {depth!r}; accepted: 1 or more")
    values = values_of(program)
    return frozenset(
        _expression(values, value, depth)
        for value in values.reachable()
        if isinstance(value, Written) and _op(values, value).inputs
    )


def _op(values: Values, value: Written) -> Op:
    return values.instructions[value.function, value.index].op


def _expression(values: Values, value: Written, depth: int) -> str:
    """Return the text of the operation that wrote a value."""
    op = _op(values, value)
    operands = values.operands(value)
    texts = [_operand(values, operand, depth - 1) for operand in operands]
    if op.is_commutative:
        texts.sort()
    names = {f"in{i + 1}": text for i, text in enumerate(texts)}
    names |= {f"c{i}": "constant" for i in range(len(op.constants))}
    return op.text.format_map({**names, "out": "_"}).removeprefix("_ = ")


def _operand(values: Values, value: Value, depth: int) -> str:
    if isinstance(value, Features | Label | Prediction):
        return type(value).__name__.lower()
    if isinstance(value, Entry):
        return f"kept {_NOUNS[value.address[0]]}"
    if not isinstance(value, Written):
        return "0"
    op = _op(values, value)
    if op.is_random:
        return "random"
    if not op.inputs:
        return "constant"
    if depth > 0:
        text = _expression(values, value, depth)
        is_call = op.text.removeprefix("{out} = ")[0].isalpha()
        return text if is_call else f"({text})"
    return _NOUNS[op.output] if op.output is not None else ""
