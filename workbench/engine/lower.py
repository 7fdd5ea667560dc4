"""From a program's arrays to what kernels run: live instructions, memory offsets."""

from __future__ import annotations

import numpy as np

from workbench.engine._jit import kernel
from workbench.programs.liveness import mark_live as mark_live_python
from workbench.programs.ops import IN1_KIND, IN2_KIND, OUT_KIND

mark_live = kernel(mark_live_python)
"""The liveness analysis of `programs`, compiled."""


_DEAD = 1 << 15  # positions of dead instructions begin here, above all live ones


def memory_size(sizes: tuple[int, int, int], features: int, lanes: int) -> int:
    """Return the elements that memory takes, scratch for one matrix included."""
    scalars, vectors, matrices = sizes
    groups = scalars + vectors * features + (matrices + 1) * features * features
    return groups * lanes


@kernel
def offset(kind, address, sizes, F, L):
    """Return where in memory an address of this kind begins (0 for no operand).

    The first F * F groups are scratch.
    """
    origin = F * F
    if kind == 1:
        return (origin + address) * L
    if kind == 2:
        return (origin + sizes[0] + address * F) * L
    if kind == 3:
        return (origin + sizes[0] + sizes[1] * F + address * F * F) * L
    return 0


@kernel
def lower(code, data, lengths, sizes, live, keep_dead, F, L, program):
    """Write the live instructions of a program, or all, into the arrays of `program`.

    Random instructions draw by their position among the live ones, so that dead
    instructions change nothing, whether run, left out or not written at all.
    """
    ops, operands, constants, positions, bounds = program
    n = 0
    i = 0
    rank = 0
    for function in range(3):
        bounds[function] = n
        for _ in range(lengths[function]):
            if live[i] or keep_dead:
                op = code[i, 0]
                ops[n] = op
                operands[n, 0] = offset(IN1_KIND[op], code[i, 1], sizes, F, L)
                operands[n, 1] = offset(IN2_KIND[op], code[i, 2], sizes, F, L)
                operands[n, 2] = offset(OUT_KIND[op], code[i, 3], sizes, F, L)
                for c in range(3):
                    constants[n, c] = data[i, c]
                positions[n] = rank if live[i] else _DEAD + i
                n += 1
            rank += live[i]
            i += 1
    bounds[3] = n


def empty_program(capacity: int) -> tuple[np.ndarray, ...]:
    """Return arrays for a lowered program of at most `capacity` instructions."""
    return (
        np.zeros(capacity, np.int32),
        np.zeros((capacity, 3), np.int64),
        np.zeros((capacity, 3), np.float64),
        np.zeros(capacity, np.uint64),
        np.zeros(4, np.int64),
    )
