"""Calling compiled code so that two processes never write one cache at once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numba

from workbench.engine._jit import lock
from workbench.engine.interpreter import interpreter

_ready: dict[tuple[Any, ...], Any] = {}


def call(kernel: Any, *args: Any) -> Any:
    """Call a kernel, compiling it (or loading it from disk) under the lock at first."""
    return prepare(kernel, *args)(*args)


def prepare(kernel: Any, *args: Any) -> Any:
    """Return a kernel's code for arguments like these, without running it.

    It looks at the types of none of its arguments again, which takes longer than
    many a call.
    """
    signature = tuple(numba.typeof(arg) for arg in args)
    if (kernel, signature) not in _ready:
        with lock():
            kernel.compile(signature)
        _ready[kernel, signature] = kernel.get_overload(signature)
    return _ready[kernel, signature]


@cache
def get_interpreter(lanes: int, dtype: str) -> Any:
    """Return the interpreter for blocks of so many lanes of this precision."""
    with lock():
        return interpreter(lanes, dtype)
