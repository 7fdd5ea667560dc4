"""What the machine can do at most, measured: multiply-adds, loads, stores.

Small kernels out of the same LLVM vectors as the engine's (`workbench.engine.simd`),
on a buffer that stays in the first-level cache. Several vector widths are tried, for
the best one depends on the processor's registers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from benchmarks.turns import Sample
from workbench.engine.blocks import aligned
from workbench.engine.simd import lanes_of, load, multiply_add, pointer, splat, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.turns import Result

FLOPS, LOADED, STORED = "flops", "bytes loaded", "bytes stored"
RESOURCES = (FLOPS, LOADED, STORED)

_BYTES = 16 * 1024  # half of a small first-level cache
_CHAINS = 12  # multiply-adds at a time: latency times units, and within 16 registers
_WIDTHS = {"float64": (4, 8, 16), "float32": (8, 16)}


@numba.njit(nogil=True, error_model="numpy")
def _multiply_add(room: Any, times: int, lanes: Any) -> None:
    """Advance twelve independent chains of multiply-adds."""
    memory = pointer(room)
    a, b = splat(0.5, memory, lanes), splat(1.0, memory, lanes)
    t0 = t1 = t2 = t3 = load(memory, 0, lanes)
    t4 = t5 = t6 = t7 = load(memory, len(lanes), lanes)
    t8 = t9 = ta = tb = load(memory, 2 * len(lanes), lanes)
    for _ in range(times):
        t0 = multiply_add(t0, a, b)
        t1 = multiply_add(t1, a, b)
        t2 = multiply_add(t2, a, b)
        t3 = multiply_add(t3, a, b)
        t4 = multiply_add(t4, a, b)
        t5 = multiply_add(t5, a, b)
        t6 = multiply_add(t6, a, b)
        t7 = multiply_add(t7, a, b)
        t8 = multiply_add(t8, a, b)
        t9 = multiply_add(t9, a, b)
        ta = multiply_add(ta, a, b)
        tb = multiply_add(tb, a, b)
    some = (t0 + t1) + (t2 + t3) + (t4 + t5)
    store(memory, 0, some + (t6 + t7) + (t8 + t9) + (ta + tb))


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def _products(memory: Any, k: int, apart: int, total: Any, lanes: Any) -> Any:
    return multiply_add(load(memory, k, lanes), load(memory, k + apart, lanes), total)


@numba.njit(nogil=True, error_model="numpy")
def _load(room: Any, times: int, lanes: Any) -> None:
    """Read the buffer again and again: two loads for each multiply-add."""
    memory, L = pointer(room), len(lanes)
    half = len(room) // 2
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = splat(0.0, memory, lanes)
    for _ in range(times):
        for k in range(0, half, 8 * L):
            t0 = _products(memory, k, half, t0, lanes)
            t1 = _products(memory, k + L, half, t1, lanes)
            t2 = _products(memory, k + 2 * L, half, t2, lanes)
            t3 = _products(memory, k + 3 * L, half, t3, lanes)
            t4 = _products(memory, k + 4 * L, half, t4, lanes)
            t5 = _products(memory, k + 5 * L, half, t5, lanes)
            t6 = _products(memory, k + 6 * L, half, t6, lanes)
            t7 = _products(memory, k + 7 * L, half, t7, lanes)
    store(memory, 0, (t0 + t1) + (t2 + t3) + (t4 + t5) + (t6 + t7))


@numba.njit(nogil=True, error_model="numpy")
def _store(room: Any, times: int, lanes: Any) -> None:
    """Fill the buffer again and again, each time with something else."""
    memory, L = pointer(room), len(lanes)
    value, one = splat(0.0, memory, lanes), splat(1.0, memory, lanes)
    for _ in range(times):
        value = value + one
        for k in range(0, len(room), 8 * L):
            store(memory, k, value)
            store(memory, k + L, value)
            store(memory, k + 2 * L, value)
            store(memory, k + 3 * L, value)
            store(memory, k + 4 * L, value)
            store(memory, k + 5 * L, value)
            store(memory, k + 6 * L, value)
            store(memory, k + 7 * L, value)


_KERNELS: dict[str, Callable[..., None]] = {
    FLOPS: _multiply_add,
    LOADED: _load,
    STORED: _store,
}


@dataclass(frozen=True)
class Ceiling:
    """One resource used as hard as we can, with vectors of one width."""

    resource: str
    dtype: str
    width: int  #: elements of a vector
    seconds: float

    @property
    def name(self) -> str:
        return _name(self.resource, self.dtype, self.width)

    @cached_property
    def _room(self) -> np.ndarray:
        kind = np.dtype(self.dtype)
        count = _BYTES // kind.itemsize
        return aligned((1, count), kind)[0, :count]  # rows may be longer

    def _spend(self, times: int) -> float:
        began = time.perf_counter()
        _KERNELS[self.resource](self._room, times, lanes_of(self.width))
        return time.perf_counter() - began

    @cached_property
    def _times(self) -> int:
        times, spent = 1, 0.0
        while spent < self.seconds / 8:
            times *= 2
            spent = self._spend(times)
        return max(1, round(times * self.seconds / spent))

    def prepare(self) -> None:
        """Compile, and see how often a run repeats."""
        self._spend(1)
        _ = self._times

    def run(self, _turn: int) -> Sample:
        """Use the resource."""
        self._room[:] = 0.0  # sums must not grow to infinity
        each = 2 * _CHAINS * self.width if self.resource == FLOPS else _BYTES
        return Sample(self._spend(self._times), {self.resource: self._times * each})


def _name(resource: str, dtype: str, width: int) -> str:
    return f"{resource} ({width} x {dtype})"


def ceilings(seconds: float) -> Iterator[Ceiling]:
    """Yield the measurements of every resource, precision and width."""
    for dtype, widths in _WIDTHS.items():
        for resource in RESOURCES:
            for width in widths:
                yield Ceiling(resource, dtype, width, seconds)


def peak(results: dict[str, Result], resource: str, dtype: str) -> float:
    """Return the highest rate seen: units of the resource a second."""
    return max(
        results[_name(resource, dtype, width)].best(resource)
        for width in _WIDTHS[dtype]
    )
