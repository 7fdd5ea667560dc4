"""The interpreter: one compiled function a lane count and precision.

It holds the code of every operation and takes seconds to compile, so that all other
kernels call it through its address instead of containing it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba import types

from workbench.engine._jit import compiled_callback
from workbench.engine.dispatch import dispatch
from workbench.engine.simd import lanes_of


def signature(dtype: str) -> Any:
    """Return the interpreter's type for memory of this precision."""
    element = types.float32 if dtype == "float32" else types.float64
    return types.void(
        types.CPointer(types.int32),  # ops
        types.CPointer(types.int64),  # operands, three an instruction
        types.CPointer(types.float64),  # constants, three an instruction
        types.CPointer(types.uint64),  # positions
        types.int64,  # first
        types.int64,  # last, exclusive
        types.CPointer(element),  # memory
        types.int64,  # F
        types.CPointer(types.uint64),  # keys
        types.uint64,  # stream
    )


@cache
def interpreter(count: int, dtype: str) -> Any:
    """Return the interpreter for blocks of `count` lanes of this precision.

    It runs instructions `first` to `last` of a lowered program once. To be called
    while holding `_jit.lock()`, since it may compile.
    """
    lanes = lanes_of(count)

    def run(ops, operands, data, positions, first, last, memory, F, keys, stream):
        for i in range(first, last):
            dispatch(
                ops[i],
                memory,
                operands[3 * i],
                operands[3 * i + 1],
                operands[3 * i + 2],
                data,
                i,
                F,
                keys,
                stream | positions[i],
                lanes,
            )

    return compiled_callback(run, signature(dtype))
