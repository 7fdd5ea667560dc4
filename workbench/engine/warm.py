"""Calling compiled code so that two processes never write one cache at once.

Whoever waits for the compiler is told what it compiles, in one line; code that is
loaded from disk is not worth a word.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba.core import event

from workbench.engine._jit import lock
from workbench.engine.interpreter import interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS = "the engine's small parts (once; a few seconds)"
_INTERPRETER = "the engine for blocks of {} tasks in {} (once; about 10 s)"

_ready: dict[tuple[Any, ...], Any] = {}
_printed: set[str] = set()


def _print(text: str) -> None:
    """Print what begins to be compiled on the error stream, the same thing once."""
    if text and text not in _printed:
        _printed.add(text)
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - for whoever waits


_teller: ContextVar[Callable[[str], object]] = ContextVar("teller", default=_print)


@contextmanager
def telling(tell: Callable[[str], object]) -> Iterator[None]:
    """Within this context, tell of compiling by `tell` and not on the error stream.

    It is called with a line when the compiler starts and with "" when it is done, in
    the thread that compiles. Threads that are started with a copy of this context keep
    to it.
    """
    token = _teller.set(tell)
    try:
        yield
    finally:
        _teller.reset(token)


class _Watch(event.Listener):
    """Tells once that the compiler is at work, as soon as it really is."""

    def __init__(self, what: str) -> None:
        self.text = f"Compiling {what} ..."
        self.told = False
        self._thread = threading.get_ident()

    def on_start(self, event: Any) -> None:  # noqa: ARG002 - the listener's signature
        # Events are the whole process's; other threads may compile their own.
        if not self.told and threading.get_ident() == self._thread:
            self.told = True
            _teller.get()(self.text)

    def on_end(self, event: Any) -> None:
        """Wait for the end of the whole."""


@contextmanager
def _compiling(what: str) -> Iterator[None]:
    """Hold the lock, and tell if something is compiled meanwhile."""
    watch = _Watch(what)
    with lock(), event.install_listener("numba:compile", watch):
        try:
            yield
        finally:
            if watch.told:
                _teller.get()("")


def call(kernel: Any, *args: Any) -> Any:
    """Call a kernel, compiling it (or loading it from disk) under the lock at first."""
    return prepare(kernel, *args)(*args)


def prepare(kernel: Any, *args: Any, what: str = PARTS) -> Any:
    """Return a kernel's code for arguments like these, without running it.

    `what` names it to whoever waits. Calling the code looks at no argument's type
    again; for numba that takes longer than many an evaluation.
    """
    key = kernel, *map(_type_of, args)
    if key not in _ready:
        signature = tuple(numba.typeof(arg) for arg in args)
        with _compiling(what):
            kernel.compile(signature)
        _ready[key] = kernel.get_overload(signature)
    return _ready[key]


def _type_of(arg: Any) -> Any:
    """Return what tells numba's types of our arguments apart, at a tenth of the time.

    Interpreters are told apart by the memory that comes with them.
    """
    if isinstance(arg, np.ndarray):
        flags = arg.flags
        return arg.dtype, arg.ndim, flags.c_contiguous, flags.writeable, flags.aligned
    if isinstance(arg, tuple):
        return type(arg), *map(_type_of, arg)
    return type(arg)


@cache
def get_interpreter(lanes: int, dtype: str) -> Any:
    """Return the interpreter for blocks of so many lanes of this precision."""
    with _compiling(_INTERPRETER.format(lanes, dtype)):
        return interpreter(lanes, dtype)
