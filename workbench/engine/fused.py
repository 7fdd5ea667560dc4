"""Pairs of instructions that run as one: the intermediate result stays in registers.

A pair does to memory what its two instructions do one after the other, to the last
bit; only the intermediate result, where nothing else reads it, is not stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.engine.rows import IN1, IN2, LAST, OTHER, OUT, ROW
from workbench.engine.simd import load, store
from workbench.programs.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Callable


def scaled_sum(memory, rows, i, F, lanes):
    """Add scalar times vector to a vector: a step of gradient descent."""
    L = len(lanes)
    row = i * ROW
    b, middle = rows[row + IN2] * L, rows[row + OUT] * L
    other, last = rows[row + OTHER] * L, rows[row + LAST] * L
    factor = load(memory, rows[row + IN1] * L, lanes)
    for k in range(F):
        product = load(memory, b + k * L, lanes) * factor
        total = load(memory, other + k * L, lanes) + product
        if middle >= 0:
            store(memory, middle + k * L, product)
        store(memory, last + k * L, total)


def outer_sum(memory, rows, i, F, lanes):
    """Add the outer product of two vectors to a matrix: a layer's step."""
    L = len(lanes)
    row = i * ROW
    a, b, middle = rows[row + IN1] * L, rows[row + IN2] * L, rows[row + OUT] * L
    other, last = rows[row + OTHER] * L, rows[row + LAST] * L
    for r in range(F):
        x = load(memory, a + r * L, lanes)
        for c in range(F):
            at = (r * F + c) * L
            product = x * load(memory, b + c * L, lanes)
            total = load(memory, other + at, lanes) + product
            if middle >= 0:
                store(memory, middle + at, product)
            store(memory, last + at, total)


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
