"""Instructions on memories given by hand: to learn an operation, to probe a program."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.blocks import Blocks, make_blocks
from workbench.engine.lower import empty_program, lower
from workbench.engine.memory import Memory, pack_batch, unpack
from workbench.engine.options import check_seed
from workbench.engine.record import run_setup
from workbench.engine.warm import call
from workbench.programs import Instruction
from workbench.programs.instruction import pack as encode_instructions
from workbench.tasks import TaskSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_TENS = 10


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
    before = _memory(scalars, vectors, matrices)
    batch = Memory(*(part[None] for part in before))
    return Memory(*(part[0] for part in run_on([instruction], batch, seed=seed)))


def run_on(
    instructions: Sequence[Instruction], memory: Memory, *, seed: int = 0
) -> Memory:
    """Run instructions on many memories side by side; return the memories after it.

    Parameters
    ----------
    instructions
        They may write the addresses of label and features too.
    memory
        The memories before: [P, S], [P, V, F] and [P, M, F, F]. They stay.
    seed
        Of random instructions: they draw as in a program's Setup, in all memories
        alike.

    Raises
    ------
    ValueError
        When an address lies beyond the memory.
    """
    seed = check_seed(seed)
    P, V, F = memory.vectors.shape
    sizes = (memory.scalars.shape[1], V, memory.matrices.shape[1])
    for instruction in instructions:
        _check_addresses(instruction, sizes)
    code, data = encode_instructions(list(instructions))
    lowered = empty_program(len(code))
    call(
        lower,
        code,
        data,
        np.array([len(code), 0, 0], np.int64),
        np.array(sizes, np.int64),
        np.ones(len(code), np.bool_),
        True,
        F,
        lowered,
    )
    # Tens of tasks share the interpreter of the searches.
    blocks = _blocks(-(-P // _TENS) * _TENS, F)
    work = blocks.work(sizes)
    groups = pack_batch(memory)
    lanes = blocks.arrays.lanes.tolist()
    first = 0
    for row, count in zip(work.memory, lanes, strict=True):
        part = groups[first : first + count]
        into = _groups(row, count, F)
        into[: groups.shape[1], : len(part)] = part.T
        first += count
    call(
        run_setup,
        lowered,
        blocks.interpreters(),
        blocks.shape(sizes),
        blocks.arrays,
        work,
        seed,
    )
    after = np.empty_like(groups)
    first = 0
    for row, count in zip(work.memory, lanes, strict=True):
        part = after[first : first + count]
        part[...] = _groups(row, count, F)[: groups.shape[1], : len(part)].T
        first += count
    return unpack(after, sizes, F)


def _groups(row: np.ndarray, lanes: int, features: int) -> np.ndarray:
    """Return a block's memory as [groups, lanes], scratch left out."""
    return row[: len(row) // lanes * lanes].reshape(-1, lanes)[features**2 :]


@lru_cache(maxsize=8)
def _blocks(P: int, F: int) -> Blocks:
    """Return blocks of tasks that nobody trains on; random draws are all alike."""
    x, y = np.zeros((P, 1, F)), np.zeros((P, 1))
    tasks = TaskSet(x, y, x, y, "rmse", 1, np.zeros((1, 1), np.int64))
    return make_blocks(tasks, numbers=np.zeros(P, np.int64))


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
