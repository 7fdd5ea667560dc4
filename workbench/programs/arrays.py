"""Programs as plain arrays, the form that kernels run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.programs.instruction import Instruction, pack
from workbench.programs.program import Program

if TYPE_CHECKING:
    from workbench.programs.space import Space


def encode(program: Program) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a program as arrays, its functions one after the other.

    Returns
    -------
    code
        int16[n, 4]: op number, in1, in2, out.
    data
        float64[n, 3]: the constants, in order, padded with 0.
    lengths
        int64[3]: the numbers of instructions of Setup, Predict and Learn.
    """
    functions = program.functions.values()
    code, data = pack([instruction for part in functions for instruction in part])
    return code, data, np.array([len(part) for part in functions], dtype=np.int64)


def decode(
    code: np.ndarray,
    data: np.ndarray,
    lengths: np.ndarray,
    space: Space | None = None,
) -> Program:
    """Return the program that :func:`encode` turned into these arrays.

    Rows beyond the sum of the lengths are not read.

    Raises
    ------
    ValueError
        When a row is no instruction, or the program is not in the space.
    """
    parts = []
    start = 0
    for length in lengths:
        rows = range(start, start + int(length))
        parts.append(tuple(Instruction.from_row(code[i], data[i]) for i in rows))
        start += int(length)
    setup, predict, learn = parts
    return Program(setup, predict, learn, space=space)
