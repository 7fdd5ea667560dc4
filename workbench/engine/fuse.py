"""Finding the pairs of neighbours in Learn that run as one (see `fused`)."""

from __future__ import annotations

from workbench.engine._jit import kernel
from workbench.engine.fused import FIRST_FUSED, PAIRS
from workbench.engine.rows import (
    IN1,
    IN2,
    LAST,
    NOT_STORED,
    OP,
    OTHER,
    OUT,
    PAIR,
    ROW,
)
from workbench.programs.ops import IN1_KIND, IN2_KIND, IS_PARTIAL, OUT_KIND


@kernel
def _meets(rows, first, last, place):
    """Tell how rows `first` to `last` meet a place.

    1: they read it; 0: they overwrite all of it before they read it; -1: neither.
    """
    for i in range(first, last):
        op = rows[i, OP]
        if IN1_KIND[op] > 0 and rows[i, IN1] == place:
            return 1
        if IN2_KIND[op] > 0 and rows[i, IN2] == place:
            return 1
        if OUT_KIND[op] > 0 and rows[i, OUT] == place:
            return 1 if IS_PARTIAL[op] else 0
    return -1


@kernel
def _is_read(program, i, place):
    """Tell whether what lies at a place after row `i` of Learn is ever read."""
    bounds = program.bounds
    met = _meets(program.rows, i + 1, bounds[3], place)
    if met < 0:
        met = _meets(program.rows, bounds[1], bounds[2], place)
    if met < 0:
        met = _meets(program.rows, bounds[2], i + 1, place)
    return met == 1


@kernel
def _pair(row, following):
    """Return which fused kernel runs these two rows, -1 if none.

    And at which place of the second row its other operand stands.
    """
    for k in range(len(PAIRS)):
        if row[OP] == PAIRS[k, 0] and following[OP] == PAIRS[k, 1]:
            left = following[IN1] == row[OUT]
            right = following[IN2] == row[OUT]
            if left != right:
                return k, IN2 if left else IN1
    return -1, IN1


@kernel
def _find(program, prediction):
    """Note in each first row of a pair which one it is and what it stores."""
    rows = program.rows
    i = program.bounds[2]
    while i + 1 < program.bounds[3]:
        k, other = _pair(rows[i], rows[i + 1])
        if k < 0:
            i += 1
            continue
        rows[i, PAIR] = FIRST_FUSED + k
        rows[i, OTHER] = rows[i + 1, other]
        rows[i, LAST] = rows[i + 1, OUT]
        place = rows[i, OUT]
        if place == rows[i + 1, OUT]:
            stored = False
        else:
            stored = place == prediction or _is_read(program, i + 1, place)
        rows[i + 1, PAIR] = stored
        i += 2


@kernel
def fuse(program, prediction):
    """Let pairs of neighbours in Learn run as one, given the prediction's offset."""
    _find(program, prediction)
    rows = program.rows
    n = program.bounds[2]
    i = n
    while i < program.bounds[3]:
        kernel_number = rows[i, PAIR]
        stored = kernel_number == 0 or rows[i + 1, PAIR] != 0
        for k in range(ROW):
            rows[n, k] = rows[i, k]
        for k in range(3):
            program.data[n, k] = program.data[i, k]
        if kernel_number != 0:
            rows[n, OP] = kernel_number
            i += 1
        if not stored:
            rows[n, OUT] = NOT_STORED
        i += 1
        n += 1
    program.bounds[3] = n
