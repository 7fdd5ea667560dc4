"""A program made ready to run on blocks of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.engine.fuse import fuse
from workbench.engine.lower import (
    Lowered,
    empty_program,
    lower,
    mark_live,
    read_in_place,
)
from workbench.engine.warm import call
from workbench.programs import Kind, encode
from workbench.programs.liveness import make_room

if TYPE_CHECKING:
    from workbench.engine.blocks import Blocks
    from workbench.programs import Program


class Prepared(NamedTuple):
    """A lowered program and what it was lowered with."""

    lowered: Lowered  #: as `lower` makes it
    live: np.ndarray  #: bool[n]: which of its instructions can influence a prediction
    sizes: tuple[int, int, int]  #: numbers of scalar, vector and matrix addresses


def prepare(
    program: Program, blocks: Blocks, *, reduce: bool, in_place: bool = True
) -> Prepared:
    """Lower a program for blocks of tasks, without dead instructions if `reduce`.

    Unless `in_place`, memory holds the examples too, and every instruction has a row
    of its own: what `record` shows.

    Raises
    ------
    ValueError
        When the program does not fit tasks with vector labels.
    """
    sizes = program.space.sizes
    if blocks.vector_label:
        sizes = _sizes_with_vector_label(program)
    code, data, lengths = encode(program)
    live = np.zeros(len(code), np.bool_)
    memory = np.array(sizes, np.int64)
    room = make_room(len(code), sizes)
    call(mark_live, code, data, lengths, memory, blocks.vector_label, live, room)
    lowered = empty_program(len(code))
    F = blocks.features
    call(lower, code, data, lengths, memory, live, not reduce, F, lowered)
    if in_place:
        shape = blocks.shape(sizes)
        if reduce:
            call(fuse, lowered, shape.prediction)
        call(read_in_place, lowered, shape.input, shape.label)
    return Prepared(lowered, live, sizes)


def _sizes_with_vector_label(program: Program) -> tuple[int, int, int]:
    """Check a program against tasks with vector labels; return sizes that hold v2."""
    for name, function in program.functions.items():
        for i, instruction in enumerate(function):
            if instruction.output == (Kind.VECTOR, 1):
                raise ValueError(
                    f"{name.capitalize()}, instruction {i} ({instruction}): out is v1,"
                    " which holds the label of these tasks; accepted: v2 (the"
                    " prediction) or above"
                )
    scalars, vectors, matrices = program.space.sizes
    return scalars, max(vectors, 3), matrices
