"""One instruction on a memory given by hand: to learn an operation, and to test it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.blocks import Blocks, make_blocks
from workbench.engine.lower import empty_program, lower
from workbench.engine.memory import Memory, groups_of, lane_zero, pack, unpack
from workbench.engine.options import check_seed
from workbench.engine.record import run_setup
from workbench.engine.warm import call
from workbench.programs import Instruction
from workbench.programs.instruction import pack as encode_instructions
from workbench.tasks import Task, TaskSet

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LANES = 4


def apply(
    instruction: Instruction,
    scalars: ArrayLike,
    vectors: ArrayLike,
    matrices: ArrayLike,
    *,
    seed: int = 0,
) -> Memory:
    """Run one instruction and return the memory after it; the arguments stay.

    Parameters
    ----------
    instruction
        Any instruction; it may write the addresses of label and features too.
    scalars, vectors, matrices
        The memory before: [S], [V, F] and [M, F, F].
    seed
        Of a random instruction: it draws as the first one of a program's Setup.

    Raises
    ------
    TypeError
        When the instruction is none.
    ValueError
        When shapes disagree, or an address lies beyond the memory.
    """
    if not isinstance(instruction, Instruction):
        raise TypeError(
            f"instruction is a {type(instruction).__name__}; accepted: an Instruction"
        )
    seed = check_seed(seed)
    before = _memory(scalars, vectors, matrices)
    sizes = (len(before.scalars), len(before.vectors), len(before.matrices))
    F = before.vectors.shape[1]
    _check_addresses(instruction, sizes)
    code, data = encode_instructions([instruction])
    lowered = empty_program(1)
    call(
        lower,
        code,
        data,
        np.array([1, 0, 0], np.int64),
        np.array(sizes, np.int64),
        np.ones(1, np.bool_),
        True,
        F,
        lowered,
    )
    blocks = _blocks(F)
    work = blocks.work(sizes)
    memory = work.memory[0]
    groups = memory.reshape(-1, _LANES)[F**2 :]
    groups[: groups_of(sizes, F)] = pack(before)[:, None]
    call(
        run_setup,
        lowered,
        blocks.interpreters(),
        blocks.shape(sizes),
        blocks.arrays,
        work,
        seed,
    )
    return unpack(lane_zero(memory, _LANES, F), sizes, F)


def _blocks(F: int) -> Blocks:
    """Return a block of one task that nobody trains on."""
    x, y = np.zeros((1, F)), np.zeros(1)
    return make_blocks(TaskSet.from_tasks([Task.from_arrays(x, y, x, y)]))


def _memory(scalars: ArrayLike, vectors: ArrayLike, matrices: ArrayLike) -> Memory:
    """Return the parts as float64 arrays whose shapes agree."""
    memory = Memory(
        np.array(scalars, np.float64),
        np.array(vectors, np.float64),
        np.array(matrices, np.float64),
    )
    F = memory.vectors.shape[-1] if memory.vectors.ndim else 0
    counts = [len(part) if part.ndim else 0 for part in memory]
    wanted = [counts[0]], [counts[1], F], [counts[2], F, F]
    if F == 0 or any(
        list(part.shape) != shape for part, shape in zip(memory, wanted, strict=True)
    ):
        shapes = [list(part.shape) for part in memory]
        raise ValueError(
            f"scalars, vectors and matrices have the shapes {shapes[0]}, {shapes[1]}"
            f" and {shapes[2]}; accepted: [S], [V, F] and [M, F, F], F at least 1"
        )
    return memory


def _check_addresses(instruction: Instruction, sizes: tuple[int, int, int]) -> None:
    """Check every address against the sizes of memory."""
    places = [("in", *pair) for pair in instruction.inputs]
    if instruction.output is not None:
        places.append(("out", *instruction.output))
    for what, kind, address in places:
        count = sizes[kind.code - 1]
        if address >= count:
            raise ValueError(
                f"{instruction}: {what} is {kind.value}{address}, but the memory given"
                f" holds {count} of that kind; accepted: addresses from 0 to below it"
            )
