"""Which instructions can influence a prediction over the life of a program.

Strong ("faint variable") liveness: an instruction is live when some element that it
writes can reach a prediction through live instructions. The life of a program is

    Setup -> Predict -> Learn -> Predict -> ... (training)
    Predict -> Predict -> ...                   (validation, Learn is not run)

and every Predict ends with a look at the prediction. The result holds for every
number of features, for both metrics and for any number of examples and epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.programs.instruction import pack
from workbench.programs.ops import IN1_KIND, IN2_KIND, IS_PARTIAL, OUT_KIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.programs.instruction import Instruction


def mark_live(
    code: np.ndarray,
    data: np.ndarray,
    lengths: np.ndarray,
    sizes: np.ndarray,
    vector_label: bool,
    live: np.ndarray,
) -> int:
    """Mark the instructions that can influence a prediction; return their number.

    Plain Python within what numba compiles: the engine compiles this same function.

    Parameters
    ----------
    code, data, lengths
        A program as arrays: int16[n, 4], float64[n, 3], int64[3] (see ``encode``).
    sizes
        int64[3], the numbers of scalar, vector and matrix addresses.
    vector_label
        Whether the label is v1 and the prediction v2, instead of s0 and s1.
    live
        bool[n], written.
    """
    n = code.shape[0]
    bounds = np.zeros(4, np.int64)  # of Setup, Predict and Learn in the code
    for f in range(3):
        bounds[f + 1] = bounds[f] + lengths[f]
    addresses = sizes[0] + sizes[1] + sizes[2]
    base = np.zeros(4, np.int64)
    base[2] = sizes[0]
    base[3] = sizes[0] + sizes[1]
    prediction = base[2] + 2 if vector_label else base[1] + 1

    # A cell is a whole address, or one element that a constant names: elements come
    # after the addresses, and equal (address, fractions) share a cell. Different
    # fractions may meet at some F, so that one never kills the other. Whenever an
    # element is wanted, its whole address is: only a full write clears the latter.
    cell = np.full(n, -1, np.int64)
    owner = np.zeros(n, np.int64)
    elements = 0
    for i in range(n):
        live[i] = False
        op = code[i, 0]
        if OUT_KIND[op] == 0:
            continue
        address = base[OUT_KIND[op]] + code[i, 3]
        cell[i] = address
        if not IS_PARTIAL[op]:
            continue
        cell[i] = addresses + elements
        for j in range(i):
            if (
                code[j, 0] == op
                and code[j, 3] == code[i, 3]
                and data[j, 0] == data[i, 0]
                and (OUT_KIND[op] == 2 or data[j, 1] == data[i, 1])
            ):
                cell[i] = cell[j]
                break
        if cell[i] == addresses + elements:
            owner[elements] = address
            elements += 1

    # Backwards over Predict and Learn in turn until nothing new is wanted at the start
    # of either, then once over Setup.
    cells = addresses + elements
    now = np.zeros(cells, np.bool_)
    at_predict = np.zeros(cells, np.bool_)
    at_learn = np.zeros(cells, np.bool_)
    changed = False
    count = 0
    function = 1
    while True:
        for k in range(cells):
            now[k] = at_predict[k] or (function == 1 and at_learn[k])
        if function == 1:
            now[prediction] = True
            for e in range(elements):
                if owner[e] == prediction:
                    now[addresses + e] = True
        for i in range(bounds[function + 1] - 1, bounds[function] - 1, -1):
            if cell[i] < 0 or not now[cell[i]]:
                continue
            if not live[i]:
                live[i] = True
                count += 1
            now[cell[i]] = False
            for e in range(elements):
                if owner[e] == cell[i]:
                    now[addresses + e] = False
            op = code[i, 0]
            for place in range(1, 3):
                kind = IN1_KIND[op] if place == 1 else IN2_KIND[op]
                if kind == 0:
                    continue
                read = base[kind] + code[i, place]
                now[read] = True
                for e in range(elements):
                    if owner[e] == read:
                        now[addresses + e] = True
        if function == 0:
            return count
        reached = at_predict if function == 1 else at_learn
        for k in range(cells):
            if now[k] and not reached[k]:
                reached[k] = True
                changed = True
        if function == 1:
            function = 2
        elif changed:
            function = 1
            changed = False
        else:
            function = 0


def live_flags(
    functions: Sequence[Sequence[Instruction]],
    sizes: tuple[int, int, int],
    vector_label: bool,
) -> tuple[tuple[bool, ...], ...]:
    """Return for each function the flags of its instructions: live or not.

    Parameters
    ----------
    functions
        Setup, Predict and Learn.
    sizes
        The numbers of scalar, vector and matrix addresses.
    vector_label
        Whether the label is a vector.
    """
    joined = [instruction for function in functions for instruction in function]
    code, data = pack(joined)
    lengths = np.array([len(function) for function in functions], dtype=np.int64)
    live = np.zeros(len(joined), dtype=np.bool_)
    mark_live(code, data, lengths, np.array(sizes, np.int64), vector_label, live)
    flags = iter(live.tolist())
    return tuple(tuple(next(flags) for _ in function) for function in functions)
