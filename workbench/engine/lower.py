"""From a program's arrays to what kernels run: live instructions, memory offsets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from workbench.engine._jit import inlined, kernel
from workbench.engine.fused import FIRST_FUSED
from workbench.engine.rows import (
    BOUNDS,
    FEATURE_SLOTS,
    IN1,
    IN2,
    IN_PLACE,
    LABEL_SLOTS,
    OP,
    OTHER,
    OUT,
    PAIR,
    POSITION,
    ROW,
)
from workbench.programs import liveness
from workbench.programs.ops import IN1_KIND, IN2_KIND, OUT_KIND

for _part in (
    liveness.add_cells,
    liveness.bit_of,
    liveness.find_cells,
    liveness.is_wanted,
    liveness.spread,
    liveness.spread_in_one_word,
):
    register_jitable(error_model="numpy", forceinline=True, _nrt=False)(_part)

mark_live = kernel(liveness.mark_live)
"""The liveness analysis of `programs`, compiled."""
is_wanted = inlined(liveness.is_wanted)

_DEAD = 1 << 15  # positions of dead instructions begin here, above all live ones


class Lowered(NamedTuple):
    """A program as the interpreter reads it; see `rows` for the places."""

    rows: np.ndarray  #: int64[n, ROW]
    data: np.ndarray  #: float64[n, 3]: constants
    bounds: np.ndarray  #: int64[BOUNDS]: where each function begins, and the end
    slots: np.ndarray  #: int64[2, 3 n]: words of `rows` that name features; a label


def empty_program(capacity: int) -> Lowered:
    """Return arrays for a lowered program of at most `capacity` instructions."""
    return Lowered(
        np.zeros((capacity, ROW), np.int64),
        np.zeros((capacity, 3), np.float64),
        np.zeros(BOUNDS, np.int64),
        np.zeros((2, 3 * capacity), np.int64),
    )


def memory_size(sizes: tuple[int, int, int], features: int) -> int:
    """Return the groups of lanes of a memory, scratch for one matrix included."""
    scalars, vectors, matrices = sizes
    return scalars + vectors * features + (matrices + 1) * features * features


@inlined
def offset(kind, address, sizes, F):
    """Return where in memory an address begins, in groups (0 for no operand).

    The first F * F groups are scratch; vectors, matrices and scalars follow.
    """
    origin = F * F
    if kind == 1:
        return origin + sizes[1] * F + sizes[2] * F * F + address
    if kind == 2:
        return origin + address * F
    if kind == 3:
        return origin + sizes[1] * F + address * F * F
    return 0


@kernel
def lower(code, data, lengths, sizes, live, keep_dead, F, program):
    """Write the live instructions of a program, or all, into the arrays of `program`.

    Examples are to be copied into memory before each function; `read_in_place` and
    `fuse` make the program faster. Random instructions draw by their position among
    the live ones, so that dead instructions change nothing, whether run, left out or
    not written at all.
    """
    n = 0
    i = 0
    rank = 0
    for function in range(3):
        program.bounds[function] = n
        for _ in range(lengths[function]):
            if live[i] or keep_dead:
                op = code[i, 0]
                row = program.rows[n]
                row[OP] = op
                row[IN1] = offset(IN1_KIND[op], code[i, 1], sizes, F)
                row[IN2] = offset(IN2_KIND[op], code[i, 2], sizes, F)
                row[OUT] = offset(OUT_KIND[op], code[i, 3], sizes, F)
                row[POSITION] = rank if live[i] else _DEAD + i
                row[PAIR] = 0
                for c in range(3):
                    program.data[n, c] = data[i, c]
                n += 1
            rank += live[i]
            i += 1
    program.bounds[3] = n
    program.bounds[FEATURE_SLOTS] = 0
    program.bounds[LABEL_SLOTS] = 0
    program.bounds[IN_PLACE] = 0


@kernel
def _reads(row, place):
    """Tell whether the instruction of a row has an operand at this place."""
    op = row[OP]
    if op >= FIRST_FUSED:
        return True
    if place == IN1:
        return IN1_KIND[op] > 0
    return place == IN2 and IN2_KIND[op] > 0


@kernel
def read_in_place(program, features, label):
    """List the operands that name features or a label, given their offsets.

    No program writes either, so that the interpreter can turn these operands to the
    example itself. While Predict runs, the label's place in memory holds zeros.
    """
    known = np.int64(0)
    labels = np.int64(0)
    for i in range(program.bounds[1], program.bounds[3]):
        for place in (IN1, IN2, OTHER):
            if not _reads(program.rows[i], place):
                continue
            if program.rows[i, place] == features:
                program.slots[0, known] = i * ROW + place
                known += 1
            elif program.rows[i, place] == label and i >= program.bounds[2]:
                program.slots[1, labels] = i * ROW + place
                labels += 1
    program.bounds[FEATURE_SLOTS] = known
    program.bounds[LABEL_SLOTS] = labels
    program.bounds[IN_PLACE] = 1
