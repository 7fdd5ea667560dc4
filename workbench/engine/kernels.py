"""One kernel an operation: what each row of the op table does to memory.

Memory is a pointer to one flat array with the lanes (tasks) innermost: first `F * F`
groups of scratch, then scalars, vectors, matrices. An address is the offset of its
first element; a vector is `F` groups of lanes, a matrix `F * F` in row-major order.
Every kernel has the same signature,

    kernel(memory, a, b, out, data, i, F, keys, stream, lanes)

with the offsets of its operands and of its output, its three constants from `3 * i` on
in `data`, and, for random operations, the lanes' keys and the stream of this
execution. Edge cases follow the original engine: heaviside(0)
is 1 for scalars and 0 for vectors and matrices, a standard deviation is
sqrt(E[x^2] - E[x]^2) unclipped, min and max treat NaN as their C++ loops do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba.extending import register_jitable

from workbench.engine import random, simd
from workbench.engine.simd import load, multiply_add, splat, store
from workbench.programs.ops import OPS

if TYPE_CHECKING:
    from collections.abc import Callable

    Kernel = Callable[..., None]


@register_jitable
def _scalar(F):
    return 1


@register_jitable
def _vector(F):
    return F


@register_jitable
def _matrix(F):
    return F * F


@register_jitable
def _plus(x, y):
    return x + y


@register_jitable
def _minus(x, y):
    return x - y


@register_jitable
def _times(x, y):
    return x * y


@register_jitable
def _over(x, y):
    return x / y


def elementwise(extent: Any, function: Any) -> Kernel:
    """Return the kernel of `out = function(a)`, element by element."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        for k in range(extent(F)):
            store(memory, out + k * L, function(load(memory, a + k * L, lanes)))

    return kernel


def elementwise_pair(extent: Any, function: Any) -> Kernel:
    """Return the kernel of `out = function(a, b)`, element by element."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        for k in range(extent(F)):
            x = load(memory, a + k * L, lanes)
            y = load(memory, b + k * L, lanes)
            store(memory, out + k * L, function(x, y))

    return kernel


def scaled(extent: Any) -> Kernel:
    """Return the kernel of scalar `a` times every element of `b`."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        factor = load(memory, a, lanes)
        for k in range(extent(F)):
            store(memory, out + k * L, load(memory, b + k * L, lanes) * factor)

    return kernel


def reciprocal(extent: Any) -> Kernel:
    """Return the kernel of 1 over every element."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        one = splat(1.0, memory, lanes)
        for k in range(extent(F)):
            store(memory, out + k * L, one / load(memory, a + k * L, lanes))

    return kernel


def scalar_function(function: Any) -> Kernel:
    """Return the kernel of a function from the C library, lane by lane."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        for lane in range(len(lanes)):
            memory[out + lane] = function(memory[a + lane])

    return kernel


def no_op(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Do nothing."""


def broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Fill a vector with a scalar."""
    L = len(lanes)
    value = load(memory, a, lanes)
    for k in range(F):
        store(memory, out + k * L, value)


def column_broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = v[r]."""
    L = len(lanes)
    for r in range(F):
        value = load(memory, a + r * L, lanes)
        for c in range(F):
            store(memory, out + (r * F + c) * L, value)


def row_broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = v[c]."""
    L = len(lanes)
    for c in range(F):
        value = load(memory, a + c * L, lanes)
        for r in range(F):
            store(memory, out + (r * F + c) * L, value)


_MANY = 8  # terms from which the order of a sum is ours


@register_jitable(forceinline=True)
def _dot(memory, a, a_stride, b, b_stride, count, lanes):
    """Sum products: few in their order, as the original engine does; many in four
    chains, since in one each addition would wait for the one before.
    """
    t0 = load(memory, a, lanes) * load(memory, b, lanes)
    if count < _MANY:
        for k in range(1, count):
            x = load(memory, a + k * a_stride, lanes)
            t0 = t0 + x * load(memory, b + k * b_stride, lanes)
        return t0
    a1, b1 = a + a_stride, b + b_stride
    a2, b2 = a1 + a_stride, b1 + b_stride
    a3, b3 = a2 + a_stride, b2 + b_stride
    t1 = load(memory, a1, lanes) * load(memory, b1, lanes)
    t2 = load(memory, a2, lanes) * load(memory, b2, lanes)
    t3 = load(memory, a3, lanes) * load(memory, b3, lanes)
    whole = count // 4 * 4
    for k in range(4, whole, 4):
        u, v = k * a_stride, k * b_stride
        t0 = multiply_add(load(memory, a + u, lanes), load(memory, b + v, lanes), t0)
        t1 = multiply_add(load(memory, a1 + u, lanes), load(memory, b1 + v, lanes), t1)
        t2 = multiply_add(load(memory, a2 + u, lanes), load(memory, b2 + v, lanes), t2)
        t3 = multiply_add(load(memory, a3 + u, lanes), load(memory, b3 + v, lanes), t3)
    for k in range(whole, count):
        x = load(memory, a + k * a_stride, lanes)
        t0 = multiply_add(x, load(memory, b + k * b_stride, lanes), t0)
    return (t0 + t1) + (t2 + t3)


@register_jitable
def _mean(memory, a, count, lanes):
    L = len(lanes)
    t0 = load(memory, a, lanes)
    start = 1
    if count >= 2 * _MANY:  # of matrices
        t1 = load(memory, a + L, lanes)
        t2 = load(memory, a + 2 * L, lanes)
        t3 = load(memory, a + 3 * L, lanes)
        start = count // 4 * 4
        for k in range(4 * L, start * L, 4 * L):
            t0 = t0 + load(memory, a + k, lanes)
            t1 = t1 + load(memory, a + k + L, lanes)
            t2 = t2 + load(memory, a + k + 2 * L, lanes)
            t3 = t3 + load(memory, a + k + 3 * L, lanes)
        t0 = (t0 + t1) + (t2 + t3)
    for k in range(start, count):
        t0 = t0 + load(memory, a + k * L, lanes)
    return t0 / splat(float(count), memory, lanes)


@register_jitable
def _stdev(memory, a, count, lanes):
    L = len(lanes)
    mean = _mean(memory, a, count, lanes)
    squares = _dot(memory, a, L, a, L, count, lanes)
    return simd.sqrt(squares / splat(float(count), memory, lanes) - mean * mean)


def dot(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Take the inner product of two vectors."""
    L = len(lanes)
    store(memory, out, _dot(memory, a, L, b, L, F, lanes))


def outer(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = a[r] * b[c]."""
    L = len(lanes)
    for r in range(F):
        x = load(memory, a + r * L, lanes)
        for c in range(F):
            y = load(memory, b + c * L, lanes)
            store(memory, out + (r * F + c) * L, x * y)


@register_jitable(forceinline=True)
def _add_product(total, x, y, many):
    if many:
        return multiply_add(x, y, total)
    return total + x * y


@register_jitable
def _rows_times_vector(memory, a, b, out, first, last, F, lanes):
    """Write rows `first` to `last` of a matrix times a vector, one at a time."""
    L = len(lanes)
    for r in range(first, last):
        row = _dot(memory, a + r * F * L, L, b, L, F, lanes)
        store(memory, out + r * L, row)


def matrix_vector(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Multiply a matrix by a vector, by way of scratch where `out` is `b`.

    Four rows at a time share what they load of the vector.
    """
    L = len(lanes)
    row = F * L
    target = 0 if out == b else out
    whole, many = F // 4 * 4, F >= _MANY
    for r in range(0, whole, 4):
        a0 = a + r * row
        a1, a2, a3 = a0 + row, a0 + 2 * row, a0 + 3 * row
        x = load(memory, b, lanes)
        t0 = load(memory, a0, lanes) * x
        t1 = load(memory, a1, lanes) * x
        t2 = load(memory, a2, lanes) * x
        t3 = load(memory, a3, lanes) * x
        for k in range(L, row, L):
            x = load(memory, b + k, lanes)
            t0 = _add_product(t0, load(memory, a0 + k, lanes), x, many)
            t1 = _add_product(t1, load(memory, a1 + k, lanes), x, many)
            t2 = _add_product(t2, load(memory, a2 + k, lanes), x, many)
            t3 = _add_product(t3, load(memory, a3 + k, lanes), x, many)
        store(memory, target + r * L, t0)
        store(memory, target + (r + 1) * L, t1)
        store(memory, target + (r + 2) * L, t2)
        store(memory, target + (r + 3) * L, t3)
    _rows_times_vector(memory, a, b, target, whole, F, F, lanes)
    if target != out:
        for r in range(F):
            store(memory, out + r * L, load(memory, target + r * L, lanes))


@register_jitable
def _four_rows(memory, a, b, out, F, many, lanes):
    """Write four rows of a matrix product; `a` and `out` name their first elements."""
    L = len(lanes)
    row = F * L
    for c in range(0, row, L):
        y = load(memory, b + c, lanes)
        t0 = load(memory, a, lanes) * y
        t1 = load(memory, a + row, lanes) * y
        t2 = load(memory, a + 2 * row, lanes) * y
        t3 = load(memory, a + 3 * row, lanes) * y
        for k in range(1, F):
            y = load(memory, b + k * row + c, lanes)
            u = a + k * L
            t0 = _add_product(t0, load(memory, u, lanes), y, many)
            t1 = _add_product(t1, load(memory, u + row, lanes), y, many)
            t2 = _add_product(t2, load(memory, u + 2 * row, lanes), y, many)
            t3 = _add_product(t3, load(memory, u + 3 * row, lanes), y, many)
        store(memory, out + c, t0)
        store(memory, out + row + c, t1)
        store(memory, out + 2 * row + c, t2)
        store(memory, out + 3 * row + c, t3)


def matrix_matrix(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Multiply two matrices, by way of scratch where `out` is either."""
    L = len(lanes)
    row = F * L
    target = 0 if out in (a, b) else out
    whole, many = F // 4 * 4, F >= _MANY
    for r in range(0, whole, 4):
        _four_rows(memory, a + r * row, b, target + r * row, F, many, lanes)
    for r in range(whole, F):
        for c in range(F):
            cell = _dot(memory, a + r * row, L, b + c * L, row, F, lanes)
            store(memory, target + r * row + c * L, cell)
    if target != out:
        for k in range(F * F):
            store(memory, out + k * L, load(memory, target + k * L, lanes))


def transpose(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Transpose a matrix, in place or not."""
    L = len(lanes)
    for r in range(F):
        store(
            memory,
            out + (r * F + r) * L,
            load(memory, a + (r * F + r) * L, lanes),
        )
        for c in range(r + 1, F):
            upper = load(memory, a + (r * F + c) * L, lanes)
            lower = load(memory, a + (c * F + r) * L, lanes)
            store(memory, out + (r * F + c) * L, lower)
            store(memory, out + (c * F + r) * L, upper)


def norm(extent: Any) -> Kernel:
    """Return the kernel of the root of the sum of squares."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        store(memory, out, simd.sqrt(_dot(memory, a, L, a, L, extent(F), lanes)))

    return kernel


def column_norm(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[c] to the norm of column c."""
    L = len(lanes)
    for c in range(F):
        squares = _dot(memory, a + c * L, F * L, a + c * L, F * L, F, lanes)
        store(memory, out + c * L, simd.sqrt(squares))


def row_norm(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[r] to the norm of row r."""
    L = len(lanes)
    for r in range(F):
        squares = _dot(memory, a + r * F * L, L, a + r * F * L, L, F, lanes)
        store(memory, out + r * L, simd.sqrt(squares))


def mean(extent: Any) -> Kernel:
    """Return the kernel of the mean of all elements."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        store(memory, out, _mean(memory, a, extent(F), lanes))

    return kernel


def stdev(extent: Any) -> Kernel:
    """Return the kernel of the population standard deviation of all elements."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        store(memory, out, _stdev(memory, a, extent(F), lanes))

    return kernel


def row_mean(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[r] to the mean of row r."""
    L = len(lanes)
    for r in range(F):
        store(memory, out + r * L, _mean(memory, a + r * F * L, F, lanes))


def row_stdev(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[r] to the population standard deviation of row r."""
    L = len(lanes)
    for r in range(F):
        store(memory, out + r * L, _stdev(memory, a + r * F * L, F, lanes))


def scalar_constant(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set a scalar."""
    store(memory, out, splat(data[3 * i], memory, lanes))


def vector_constant(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set one element of a vector; its index is a fraction of F."""
    k = int(data[3 * i] * F)
    store(memory, out + k * len(lanes), splat(data[3 * i + 1], memory, lanes))


def matrix_constant(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set one element of a matrix; its indices are fractions of F."""
    r, c = int(data[3 * i] * F), int(data[3 * i + 1] * F)
    store(memory, out + (r * F + c) * len(lanes), splat(data[3 * i + 2], memory, lanes))


def uniform(extent: Any) -> Kernel:
    """Return the kernel of draws from U(low, high); low > high yields low."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        low = data[3 * i]
        span = max(data[3 * i + 1] - low, 0.0)
        for lane in range(L):
            key = random.draw_key(keys[lane], stream)
            for k in range(extent(F)):
                memory[out + k * L + lane] = low + span * random.uniform(key, k)

    return kernel


def gaussian(extent: Any) -> Kernel:
    """Return the kernel of draws from N(mean, stdev)."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        center, spread = data[3 * i], data[3 * i + 1]
        for lane in range(L):
            key = random.draw_key(keys[lane], stream)
            for k in range(extent(F)):
                memory[out + k * L + lane] = center + spread * random.gaussian(key, k)

    return kernel


_BY_NAME: dict[str, Kernel] = {
    "NO_OP": no_op,
    "SCALAR_SUM_OP": elementwise_pair(_scalar, _plus),
    "SCALAR_DIFF_OP": elementwise_pair(_scalar, _minus),
    "SCALAR_PRODUCT_OP": elementwise_pair(_scalar, _times),
    "SCALAR_DIVISION_OP": elementwise_pair(_scalar, _over),
    "SCALAR_ABS_OP": elementwise(_scalar, simd.absolute),
    "SCALAR_RECIPROCAL_OP": reciprocal(_scalar),
    "SCALAR_SIN_OP": scalar_function(math.sin),
    "SCALAR_COS_OP": scalar_function(math.cos),
    "SCALAR_TAN_OP": scalar_function(math.tan),
    "SCALAR_ARCSIN_OP": scalar_function(math.asin),
    "SCALAR_ARCCOS_OP": scalar_function(math.acos),
    "SCALAR_ARCTAN_OP": scalar_function(math.atan),
    "SCALAR_EXP_OP": scalar_function(math.exp),
    "SCALAR_LOG_OP": scalar_function(math.log),
    "SCALAR_HEAVYSIDE_OP": elementwise(_scalar, simd.is_not_negative),
    "VECTOR_HEAVYSIDE_OP": elementwise(_vector, simd.is_positive),
    "MATRIX_HEAVYSIDE_OP": elementwise(_matrix, simd.is_positive),
    "SCALAR_VECTOR_PRODUCT_OP": scaled(_vector),
    "SCALAR_BROADCAST_OP": broadcast,
    "VECTOR_RECIPROCAL_OP": reciprocal(_vector),
    "VECTOR_NORM_OP": norm(_vector),
    "VECTOR_ABS_OP": elementwise(_vector, simd.absolute),
    "VECTOR_SUM_OP": elementwise_pair(_vector, _plus),
    "VECTOR_DIFF_OP": elementwise_pair(_vector, _minus),
    "VECTOR_PRODUCT_OP": elementwise_pair(_vector, _times),
    "VECTOR_DIVISION_OP": elementwise_pair(_vector, _over),
    "VECTOR_INNER_PRODUCT_OP": dot,
    "VECTOR_OUTER_PRODUCT_OP": outer,
    "SCALAR_MATRIX_PRODUCT_OP": scaled(_matrix),
    "MATRIX_RECIPROCAL_OP": reciprocal(_matrix),
    "MATRIX_VECTOR_PRODUCT_OP": matrix_vector,
    "VECTOR_COLUMN_BROADCAST_OP": column_broadcast,
    "VECTOR_ROW_BROADCAST_OP": row_broadcast,
    "MATRIX_NORM_OP": norm(_matrix),
    "MATRIX_COLUMN_NORM_OP": column_norm,
    "MATRIX_ROW_NORM_OP": row_norm,
    "MATRIX_TRANSPOSE_OP": transpose,
    "MATRIX_ABS_OP": elementwise(_matrix, simd.absolute),
    "MATRIX_SUM_OP": elementwise_pair(_matrix, _plus),
    "MATRIX_DIFF_OP": elementwise_pair(_matrix, _minus),
    "MATRIX_PRODUCT_OP": elementwise_pair(_matrix, _times),
    "MATRIX_DIVISION_OP": elementwise_pair(_matrix, _over),
    "MATRIX_MATRIX_PRODUCT_OP": matrix_matrix,
    "SCALAR_MIN_OP": elementwise_pair(_scalar, simd.minimum),
    "VECTOR_MIN_OP": elementwise_pair(_vector, simd.minimum),
    "MATRIX_MIN_OP": elementwise_pair(_matrix, simd.minimum_matrix),
    "SCALAR_MAX_OP": elementwise_pair(_scalar, simd.maximum),
    "VECTOR_MAX_OP": elementwise_pair(_vector, simd.maximum),
    "MATRIX_MAX_OP": elementwise_pair(_matrix, simd.maximum_matrix),
    "VECTOR_MEAN_OP": mean(_vector),
    "MATRIX_MEAN_OP": mean(_matrix),
    "MATRIX_ROW_MEAN_OP": row_mean,
    "MATRIX_ROW_ST_DEV_OP": row_stdev,
    "VECTOR_ST_DEV_OP": stdev(_vector),
    "MATRIX_ST_DEV_OP": stdev(_matrix),
    "SCALAR_CONST_SET_OP": scalar_constant,
    "VECTOR_CONST_SET_OP": vector_constant,
    "MATRIX_CONST_SET_OP": matrix_constant,
    "SCALAR_UNIFORM_SET_OP": uniform(_scalar),
    "VECTOR_UNIFORM_SET_OP": uniform(_vector),
    "MATRIX_UNIFORM_SET_OP": uniform(_matrix),
    "SCALAR_GAUSSIAN_SET_OP": gaussian(_scalar),
    "VECTOR_GAUSSIAN_SET_OP": gaussian(_vector),
    "MATRIX_GAUSSIAN_SET_OP": gaussian(_matrix),
}

KERNELS: tuple[Kernel, ...] = tuple(_BY_NAME[op.name] for op in OPS)
"""The kernels by op number; a row of the op table without one fails at import."""
