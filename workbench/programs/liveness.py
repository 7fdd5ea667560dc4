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
    """Arrays that the analysis works in; sets of cells are bits in words of 64."""

    cell: np.ndarray  #: int64[slots]: what an instruction writes, -1 nothing
    owner: np.ndarray  #: int64[slots]: the address of an element
    bounds: np.ndarray  #: int64[4]: of Setup, Predict and Learn in the code
    base: np.ndarray  #: int64[4]: number of the first address of a kind
    clears: np.ndarray  #: uint64[slots, words]: cells that it overwrites
    reads: np.ndarray  #: uint64[slots, words]
    seen: np.ndarray  #: uint64[words]: what a look at the prediction reads
    now: np.ndarray  #: uint64[words]
    at_predict: np.ndarray  #: uint64[words]: wanted when Predict begins
    at_learn: np.ndarray  #: uint64[words]


def make_room(slots: int, sizes: tuple[int, int, int]) -> Room:
    """Return room for programs of up to so many instructions, with these addresses."""
    words = (sum(sizes) + slots) // 64 + 1
    return Room(
        np.zeros(slots, np.int64),
        np.zeros(slots, np.int64),
        np.zeros(4, np.int64),
        np.zeros(4, np.int64),
        np.zeros((slots, words), np.uint64),
        np.zeros((slots, words), np.uint64),
        *(np.zeros(words, np.uint64) for _ in range(4)),
    )


_NONE, _ONE, _ALL = np.uint64(0), np.uint64(1), np.uint64(2**64 - 1)


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

    Plain Python within what numba compiles: the engine compiles these same functions.

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
        From `make_room`. Afterwards its `at_predict` is the set of the addresses,
        scalars first, whose value when Predict begins can matter.
    """
    words = find_cells(code, data, lengths, sizes, vector_label, room)
    for i in range(room.bounds[3]):
        live[i] = False
    if words == 1:
        return spread_in_one_word(live, room)
    return spread(live, room, words)


def find_cells(
    code: np.ndarray,
    data: np.ndarray,
    lengths: np.ndarray,
    sizes: np.ndarray,
    vector_label: bool,
    room: Room,
) -> int:
    """Note what every instruction writes, overwrites and reads; return the words used.

    A cell is a whole address, or one element that a constant names: elements come after
    the addresses, and equal (address, fractions) share a cell. Different fractions may
    meet at some F, so that one never overwrites the other. Whenever an element is
    wanted, its whole address is: only a full write clears the latter.
    """
    cell, owner, bounds, base = room.cell, room.owner, room.bounds, room.base
    for f in range(3):
        bounds[f + 1] = bounds[f] + lengths[f]
    n = bounds[3]
    addresses = sizes[0] + sizes[1] + sizes[2]
    base[0] = -1  # where there is no address, the field is 0
    base[2] = sizes[0]
    base[3] = sizes[0] + sizes[1]
    elements = 0
    for i in range(n):
        op = code[i, 0]
        cell[i] = base[OUT_KIND[op]] + code[i, 3]
        if not IS_PARTIAL[op]:
            continue
        address = cell[i]
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
    words = (addresses + elements) // 64 + 1
    for i in range(n):
        if words == 1 and elements == 0:
            # The common case without branches: operations are hard to foretell.
            op = code[i, 0]
            read1, read2 = (
                base[IN1_KIND[op]] + code[i, 1],
                base[IN2_KIND[op]] + code[i, 2],
            )
            room.clears[i, 0] = bit_of(cell[i])
            room.reads[i, 0] = bit_of(read1) | bit_of(read2)
            continue
        for w in range(words):
            room.clears[i, w] = 0
            room.reads[i, w] = 0
        if cell[i] < 0:
            continue
        add_cells(room.clears[i], cell[i], addresses, elements, owner)
        op = code[i, 0]
        if IN1_KIND[op] > 0:
            read = base[IN1_KIND[op]] + code[i, 1]
            add_cells(room.reads[i], read, addresses, elements, owner)
        if IN2_KIND[op] > 0:
            read = base[IN2_KIND[op]] + code[i, 2]
            add_cells(room.reads[i], read, addresses, elements, owner)
    for w in range(words):
        room.seen[w] = 0
    prediction = base[2] + 2 if vector_label else 1
    add_cells(room.seen, prediction, addresses, elements, owner)
    return words


def bit_of(cell: int) -> np.uint64:
    """Return a cell as a bit of a word; none for -1."""
    return np.uint64(cell >= 0) << np.uint64(cell & 63)


def add_cells(
    cells: np.ndarray, cell: int, addresses: int, elements: int, owner: np.ndarray
) -> None:
    """Add a cell to a set, and with an address the elements that lie there."""
    cells[cell >> 6] |= _ONE << np.uint64(cell & 63)
    if cell < addresses:
        for e in range(elements):
            if owner[e] == cell:
                k = addresses + e
                cells[k >> 6] |= _ONE << np.uint64(k & 63)


def spread(live: np.ndarray, room: Room, words: int) -> int:
    """Mark instructions backwards from the predictions; return their number.

    Over Predict and Learn in turn until nothing new is wanted at the start of either,
    then once over Setup.
    """
    bounds, now = room.bounds, room.now
    for w in range(words):
        room.at_predict[w] = 0
        room.at_learn[w] = 0
    count = 0
    function, changed = 1, False
    while True:
        for w in range(words):
            now[w] = room.at_predict[w]
            if function == 1:
                now[w] |= room.at_learn[w] | room.seen[w]
        for i in range(bounds[function + 1] - 1, bounds[function] - 1, -1):
            k = room.cell[i]
            if k < 0 or not is_wanted(now, k):
                continue
            count += not live[i]
            live[i] = True
            for w in range(words):
                now[w] = now[w] & ~room.clears[i, w] | room.reads[i, w]
        if function == 0:
            return count
        reached = room.at_predict if function == 1 else room.at_learn
        for w in range(words):
            changed = changed or now[w] & ~reached[w] != _NONE
            reached[w] |= now[w]
        if function == 1:
            function = 2
        else:
            function = 1 if changed else 0
            changed = False


def spread_in_one_word(live: np.ndarray, room: Room) -> int:
    """Do what `spread` does, several times as fast, where one word holds every cell."""
    bounds = room.bounds
    at_predict = at_learn = _NONE
    count = 0
    function, changed = 1, False
    while True:
        now = at_predict
        if function == 1:
            now |= at_learn | room.seen[0]
        for i in range(bounds[function + 1] - 1, bounds[function] - 1, -1):
            k = room.cell[i]
            # No branch: which instructions live is hard to foretell.
            own = now >> np.uint64(k & 63) & np.uint64(k >= 0)
            count += int(own) & (not live[i])
            live[i] |= own != _NONE
            every = own * _ALL
            now = now & ~(room.clears[i, 0] & every) | room.reads[i, 0] & every
        if function == 0:
            room.at_predict[0] = at_predict
            return count
        before = at_predict if function == 1 else at_learn
        changed = changed or now & ~before != _NONE
        if function == 1:
            at_predict |= now
            function = 2
        else:
            at_learn |= now
            function = 1 if changed else 0
            changed = False


def is_wanted(words: np.ndarray, cell: int) -> bool:
    """Tell whether a cell is in a set of `Room`."""
    return words[cell >> 6] >> np.uint64(cell & 63) & _ONE != _NONE


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
