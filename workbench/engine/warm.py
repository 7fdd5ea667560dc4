"""Calling compiled code so that two processes never write one cache at once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numba

from workbench.engine._jit import lock
from workbench.engine.interpreter import interpreter

_ready: set[tuple[Any, ...]] = set()


def call(kernel: Any, *args: Any) -> Any:
    """Call a kernel, compiling it (or loading it from disk) under the lock at first."""
    prepare(kernel, *args)
    return kernel(*args)


def prepare(kernel: Any, *args: Any) -> None:
    """Make a kernel ready for arguments like these, without running it."""
    signature = tuple(numba.typeof(arg) for arg in args)
    if (kernel, signature) in _ready:
        return
    with lock():
        kernel.compile(signature)
    _ready.add((kernel, signature))


@cache
def get_interpreter(lanes: int, dtype: str) -> Any:
    """Return the interpreter for blocks of so many lanes of this precision."""
    with lock():
        return interpreter(lanes, dtype)
