"""Pairs of instructions that run as one: the intermediate result stays in registers.

A pair does to memory what its two instructions do one after the other, to the last
bit; only the intermediate result, where nothing else reads it, is not stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.engine._jit import inlined
from workbench.engine.rows import IN1, IN2, LAST, OTHER, OUT, ROW
from workbench.engine.simd import QUAD, load, quad_of, repeat, store
from workbench.programs.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Callable


@inlined
def _add_scaled(memory, factor, b, middle, other, last, extent, lanes):
    """Add one group times each of `extent` groups to as many others."""
    L, quad = len(lanes), quad_of(lanes)
    factors = repeat(factor)
    whole = extent // QUAD * QUAD * L
    for k in range(0, whole, len(quad)):
        products = load(memory, b + k, quad) * factors
        totals = load(memory, other + k, quad) + products
        if middle >= 0:
            store(memory, middle + k, products)
        store(memory, last + k, totals)
    for k in range(whole, extent * L, L):
        product = load(memory, b + k, lanes) * factor
        total = load(memory, other + k, lanes) + product
        if middle >= 0:
            store(memory, middle + k, product)
        store(memory, last + k, total)


def scaled_sum(memory, rows, i, F, lanes):
    """Add scalar times vector to a vector: a step of gradient descent."""
    L = len(lanes)
    row = i * ROW
    factor = load(memory, rows[row + IN1] * L, lanes)
    _add_scaled(
        memory,
        factor,
        rows[row + IN2] * L,
        rows[row + OUT] * L,
        rows[row + OTHER] * L,
        rows[row + LAST] * L,
        F,
        lanes,
    )


@inlined
def _two_rows(memory, a, b, other, last, F, lanes):
    """Add two rows of an outer product; they share what they load of the row."""
    L, quad = len(lanes), quad_of(lanes)
    row = F * L
    upper, lower = repeat(load(memory, a, lanes)), repeat(load(memory, a + L, lanes))
    for k in range(0, row, len(quad)):
        y = load(memory, b + k, quad)
        store(memory, last + k, load(memory, other + k, quad) + y * upper)
        at = k + row
        store(memory, last + at, load(memory, other + at, quad) + y * lower)


def outer_sum(memory, rows, i, F, lanes):
    """Add the outer product of two vectors to a matrix: a layer's step."""
    L = len(lanes)
    row = i * ROW
    a, b, middle = rows[row + IN1] * L, rows[row + IN2] * L, rows[row + OUT] * L
    other, last = rows[row + OTHER] * L, rows[row + LAST] * L
    if middle < 0 and F % QUAD == 0:
        for r in range(0, F, 2):
            at = r * F * L
            _two_rows(memory, a + r * L, b, other + at, last + at, F, lanes)
        return
    for r in range(F):
        factor = load(memory, a + r * L, lanes)
        at = r * F * L
        following = middle + at if middle >= 0 else middle
        _add_scaled(memory, factor, b, following, other + at, last + at, F, lanes)


_BY_NAMES: dict[tuple[str, str], Callable[..., None]] = {
    ("SCALAR_VECTOR_PRODUCT_OP", "VECTOR_SUM_OP"): scaled_sum,
    ("VECTOR_OUTER_PRODUCT_OP", "MATRIX_SUM_OP"): outer_sum,
}
_NUMBER = {op.name: op.number for op in OPS}

FIRST_FUSED = len(OPS)
"""Kernels of pairs are numbered behind those of the operations."""

FUSED: tuple[tuple[tuple[int, int], Any], ...] = tuple(
    ((_NUMBER[first], _NUMBER[second]), kernel)
    for (first, second), kernel in _BY_NAMES.items()
)
"""The pairs, as numbers of operations, and their kernels."""

PAIRS = np.array([pair for pair, _ in FUSED], np.int64)
"""int64[pairs, 2]."""
