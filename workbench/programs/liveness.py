"""Which instructions can influence a prediction over the life of a program.

Strong ("faint variable") liveness: an instruction is live when some element that it
writes can reach a prediction through live instructions. The life of a program is

    Setup -> Predict -> Learn -> Predict -> ... (training)
    Predict -> Predict -> ...                   (validation, Learn is not run)

and every Predict ends with a look at the prediction. The result holds for every
number of features, for both metrics and for any number of examples and epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.programs.instruction import pack
from workbench.programs.ops import IN1_KIND, IN2_KIND, IS_PARTIAL, OUT_KIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.programs.instruction import Instruction


class Room(NamedTuple):
    """Arrays that the analysis works in."""

    cell: np.ndarray  #: int64[slots]: what an instruction writes
    owner: np.ndarray  #: int64[slots]: the address of an element
    bounds: np.ndarray  #: int64[4]: of Setup, Predict and Learn in the code
    base: np.ndarray  #: int64[4]: number of the first address of a kind
    now: np.ndarray  #: bool[addresses + slots]
    at_predict: np.ndarray  #: bool[addresses + slots]: wanted when Predict begins
    at_learn: np.ndarray  #: bool[addresses + slots]


def make_room(slots: int, sizes: tuple[int, int, int]) -> Room:
    """Return room for programs of up to so many instructions, with these addresses."""
    cells = sum(sizes) + slots
    return Room(
        np.zeros(slots, np.int64),
        np.zeros(slots, np.int64),
        np.zeros(4, np.int64),
        np.zeros(4, np.int64),
        np.zeros(cells, np.bool_),
        np.zeros(cells, np.bool_),
        np.zeros(cells, np.bool_),
    )


def mark_live(
    code: np.ndarray,
    data: np.ndarray,
    lengths: np.ndarray,
    sizes: np.ndarray,
    vector_label: bool,
    live: np.ndarray,
    room: Room,
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
    room
        From `make_room`. Afterwards its `at_predict` tells for each address, scalars
        first, whether its value when Predict begins can matter.
    """
    cell, owner, bounds, base = room.cell, room.owner, room.bounds, room.base
    now, at_predict, at_learn = room.now, room.at_predict, room.at_learn
    for f in range(3):
        bounds[f + 1] = bounds[f] + lengths[f]
    n = bounds[3]
    addresses = sizes[0] + sizes[1] + sizes[2]
    base[2] = sizes[0]
    base[3] = sizes[0] + sizes[1]
    prediction = base[2] + 2 if vector_label else base[1] + 1

    # A cell is a whole address, or one element that a constant names: elements come
    # after the addresses, and equal (address, fractions) share a cell. Different
    # fractions may meet at some F, so that one never kills the other. Whenever an
    # element is wanted, its whole address is: only a full write clears the latter.
    elements = 0
    for i in range(n):
        live[i] = False
        cell[i] = -1
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
    for k in range(cells):
        at_predict[k] = False
        at_learn[k] = False
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
    room = make_room(len(joined), sizes)
    memory = np.array(sizes, np.int64)
    mark_live(code, data, lengths, memory, vector_label, live, room)
    flags = iter(live.tolist())
    return tuple(tuple(next(flags) for _ in function) for function in functions)
