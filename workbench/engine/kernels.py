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

from typing import TYPE_CHECKING, Any

from numba.extending import register_jitable

from workbench.engine import elementary, random, simd
from workbench.engine._jit import inlined
from workbench.engine.simd import (
    QUAD,
    groups_of,
    load,
    load_words,
    multiply_add,
    quad_of,
    repeat,
    rounded,
    splat,
    spread_over,
    store,
)
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
        L, quad = len(lanes), quad_of(lanes)
        count = extent(F) * L
        whole = count // len(quad) * len(quad)
        for k in range(0, whole, len(quad)):
            store(memory, out + k, function(load(memory, a + k, quad)))
        for k in range(whole, count, L):
            store(memory, out + k, function(load(memory, a + k, lanes)))

    return kernel


def elementwise_pair(extent: Any, function: Any) -> Kernel:
    """Return the kernel of `out = function(a, b)`, element by element."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L, quad = len(lanes), quad_of(lanes)
        count = extent(F) * L
        whole = count // len(quad) * len(quad)
        for k in range(0, whole, len(quad)):
            x, y = load(memory, a + k, quad), load(memory, b + k, quad)
            store(memory, out + k, function(x, y))
        for k in range(whole, count, L):
            x, y = load(memory, a + k, lanes), load(memory, b + k, lanes)
            store(memory, out + k, function(x, y))

    return kernel


def scaled(extent: Any) -> Kernel:
    """Return the kernel of scalar `a` times every element of `b`."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        factor = load(memory, a, lanes)
        _multiply(memory, factor, b, out, extent(F), lanes)

    return kernel


def reciprocal(extent: Any) -> Kernel:
    """Return the kernel of 1 over every element."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L, quad = len(lanes), quad_of(lanes)
        count = extent(F) * L
        whole = count // len(quad) * len(quad)
        ones, one = splat(1.0, memory, quad), splat(1.0, memory, lanes)
        for k in range(0, whole, len(quad)):
            store(memory, out + k, ones / load(memory, a + k, quad))
        for k in range(whole, count, L):
            store(memory, out + k, one / load(memory, a + k, lanes))

    return kernel


@inlined
def _multiply(memory, factor, b, out, extent, lanes):
    """Write one group times each of `extent` groups."""
    L, quad = len(lanes), quad_of(lanes)
    factors = repeat(factor)
    whole = extent // QUAD * QUAD * L
    for k in range(0, whole, len(quad)):
        store(memory, out + k, load(memory, b + k, quad) * factors)
    for k in range(whole, extent * L, L):
        store(memory, out + k, load(memory, b + k, lanes) * factor)


@inlined
def _fill(memory, value, out, extent, lanes):
    """Write one group `extent` times."""
    L, quad = len(lanes), quad_of(lanes)
    values = repeat(value)
    whole = extent // QUAD * QUAD * L
    for k in range(0, whole, len(quad)):
        store(memory, out + k, values)
    for k in range(whole, extent * L, L):
        store(memory, out + k, value)


def scalar_function(function: Any) -> Kernel:
    """Return the kernel of an elementary function of a scalar."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        store(memory, out, function(load(memory, a, lanes)))

    return kernel


def no_op(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Do nothing."""


def broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Fill a vector with a scalar."""
    _fill(memory, load(memory, a, lanes), out, F, lanes)


def column_broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = v[r]."""
    L = len(lanes)
    for r in range(F):
        _fill(memory, load(memory, a + r * L, lanes), out + r * F * L, F, lanes)


def row_broadcast(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = v[c]."""
    L, quad = len(lanes), quad_of(lanes)
    row = F * L
    whole = F // QUAD * QUAD * L
    for k in range(0, whole, len(quad)):
        values = load(memory, a + k, quad)
        for r in range(F):
            store(memory, out + r * row + k, values)
    for k in range(whole, row, L):
        value = load(memory, a + k, lanes)
        for r in range(F):
            store(memory, out + r * row + k, value)


_FEW_LANES = 10  # of which four quads fit into the registers
_MANY = 8  # terms from which the order of a sum is ours and not the original's


@inlined
def _sum_of(quad):
    """Return the sum of the four groups of a quad."""
    g0, g1, g2, g3 = groups_of(quad)
    return (g0 + g1) + (g2 + g3)


@inlined
def _add_product(total, x, y, many):
    """Add a product to a sum; of many, each is rounded once."""
    if many:
        return multiply_add(x, y, total)
    return total + x * y


@inlined
def _dot(memory, a, b, count, lanes):
    """Sum products of neighbouring groups.

    Few are summed in their order, as the original engine does; many in four chains,
    since in one each addition would wait for the one before.
    """
    L, quad = len(lanes), quad_of(lanes)
    if count < QUAD:
        total = load(memory, a, lanes) * load(memory, b, lanes)
        for k in range(L, count * L, L):
            total = total + load(memory, a + k, lanes) * load(memory, b + k, lanes)
        return total
    products = load(memory, a, quad) * load(memory, b, quad)
    whole = count // QUAD * QUAD * L
    if count < _MANY:
        g0, g1, g2, g3 = groups_of(products)
        total = ((g0 + g1) + g2) + g3
        for k in range(whole, count * L, L):
            total = total + load(memory, a + k, lanes) * load(memory, b + k, lanes)
        return total
    for k in range(len(quad), whole, len(quad)):
        x, y = load(memory, a + k, quad), load(memory, b + k, quad)
        products = multiply_add(x, y, products)
    total = _sum_of(products)
    for k in range(whole, count * L, L):
        x, y = load(memory, a + k, lanes), load(memory, b + k, lanes)
        total = multiply_add(x, y, total)
    return total


@inlined
def _mean(memory, a, count, lanes):
    """Return the mean of neighbouring groups, summed in the order of `_dot`."""
    L, quad = len(lanes), quad_of(lanes)
    whole = count // QUAD * QUAD * L
    if count < _MANY:
        total = load(memory, a, lanes)
        whole = L
    else:
        totals = load(memory, a, quad)
        for k in range(len(quad), whole, len(quad)):
            totals = totals + load(memory, a + k, quad)
        total = _sum_of(totals)
    for k in range(whole, count * L, L):
        total = total + load(memory, a + k, lanes)
    return total / splat(float(count), memory, lanes)


@inlined
def _stdev(memory, a, count, lanes):
    mean = _mean(memory, a, count, lanes)
    squares = _dot(memory, a, a, count, lanes)
    return simd.sqrt(squares / splat(float(count), memory, lanes) - mean * mean)


def dot(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Take the inner product of two vectors."""
    store(memory, out, _dot(memory, a, b, F, lanes))


def outer(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set m[r, c] = a[r] * b[c]."""
    L = len(lanes)
    for r in range(F):
        factor = load(memory, a + r * L, lanes)
        _multiply(memory, factor, b, out + r * F * L, F, lanes)


@inlined
def _copy(memory, source, target, extent, lanes):
    """Copy `extent` groups."""
    L, quad = len(lanes), quad_of(lanes)
    whole = extent // QUAD * QUAD * L
    for k in range(0, whole, len(quad)):
        store(memory, target + k, load(memory, source + k, quad))
    for k in range(whole, extent * L, L):
        store(memory, target + k, load(memory, source + k, lanes))


@inlined
def _two_dots(memory, a, b, out, F, lanes):
    """Write two rows of a matrix times a vector; they share what they load of it."""
    L, quad = len(lanes), quad_of(lanes)
    row = F * L
    y = load(memory, b, quad)
    s, t = load(memory, a, quad) * y, load(memory, a + row, quad) * y
    for k in range(len(quad), row, len(quad)):
        y = load(memory, b + k, quad)
        s = multiply_add(load(memory, a + k, quad), y, s)
        t = multiply_add(load(memory, a + row + k, quad), y, t)
    store(memory, out, _sum_of(s))
    store(memory, out + L, _sum_of(t))


@inlined
def _four_dots(memory, a, b, out, F, lanes):
    """Do what `_two_dots` does for four rows: as many as 32 registers hold."""
    L, quad = len(lanes), quad_of(lanes)
    row = F * L
    a1, a2, a3 = a + row, a + 2 * row, a + 3 * row
    y = load(memory, b, quad)
    s, t = load(memory, a, quad) * y, load(memory, a1, quad) * y
    u, v = load(memory, a2, quad) * y, load(memory, a3, quad) * y
    for k in range(len(quad), row, len(quad)):
        y = load(memory, b + k, quad)
        s = multiply_add(load(memory, a + k, quad), y, s)
        t = multiply_add(load(memory, a1 + k, quad), y, t)
        u = multiply_add(load(memory, a2 + k, quad), y, u)
        v = multiply_add(load(memory, a3 + k, quad), y, v)
    store(memory, out, _sum_of(s))
    store(memory, out + L, _sum_of(t))
    store(memory, out + 2 * L, _sum_of(u))
    store(memory, out + 3 * L, _sum_of(v))


def matrix_vector(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Multiply a matrix by a vector, by way of scratch where `out` is `b`."""
    L = len(lanes)
    row = F * L
    target = 0 if out == b else out
    whole = F if F >= _MANY and F % QUAD == 0 else 0
    if len(lanes) <= _FEW_LANES:
        for r in range(0, whole, 4):
            _four_dots(memory, a + r * row, b, target + r * L, F, lanes)
    else:
        for r in range(0, whole, 2):
            _two_dots(memory, a + r * row, b, target + r * L, F, lanes)
    for r in range(whole, F):
        store(memory, target + r * L, _dot(memory, a + r * row, b, F, lanes))
    if target != out:
        _copy(memory, target, out, F, lanes)


@inlined
def _cells(memory, a, b, out, F, many, lanes, wide):
    """Write neighbouring cells of a row of a matrix product, as many as `wide` holds.

    `wide` is the witness of a quad or of a group; `a` names the row's first element.
    """
    L, row = len(lanes), F * len(lanes)
    factor = spread_over(load(memory, a, lanes), wide)
    total = factor * load(memory, b, wide)
    for k in range(1, F):
        factor = spread_over(load(memory, a + k * L, lanes), wide)
        total = _add_product(total, factor, load(memory, b + k * row, wide), many)
    store(memory, out, total)


@inlined
def _two_quads(memory, a, b, out, F, lanes):
    """Write eight cells of a row of a matrix product; they share the row's elements."""
    L, quad = len(lanes), quad_of(lanes)
    row, half = F * L, len(quad)
    factor = repeat(load(memory, a, lanes))
    s, t = factor * load(memory, b, quad), factor * load(memory, b + half, quad)
    for k in range(1, F):
        factor = repeat(load(memory, a + k * L, lanes))
        s = multiply_add(factor, load(memory, b + k * row, quad), s)
        t = multiply_add(factor, load(memory, b + k * row + half, quad), t)
    store(memory, out, s)
    store(memory, out + half, t)


def matrix_matrix(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Multiply two matrices, by way of scratch where `out` is either."""
    L, quad = len(lanes), quad_of(lanes)
    row = F * L
    target = 0 if out in (a, b) else out
    whole, many = F // QUAD * QUAD * L, F >= _MANY
    pairs = row if F % (2 * QUAD) == 0 else 0
    for r in range(0, F * row, row):
        for c in range(0, pairs, 2 * len(quad)):
            _two_quads(memory, a + r, b + c, target + r + c, F, lanes)
        for c in range(pairs, whole, len(quad)):
            _cells(memory, a + r, b + c, target + r + c, F, many, lanes, quad)
        for c in range(whole, row, L):
            _cells(memory, a + r, b + c, target + r + c, F, many, lanes, lanes)
    if target != out:
        _copy(memory, target, out, F * F, lanes)


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
        store(memory, out, simd.sqrt(_dot(memory, a, a, extent(F), lanes)))

    return kernel


@inlined
def _column_norms(memory, a, out, F, lanes, wide):
    """Write the norms of neighbouring columns, as many as `wide` holds."""
    row = F * len(lanes)
    x = load(memory, a, wide)
    squares = x * x
    for k in range(row, F * row, row):
        x = load(memory, a + k, wide)
        squares = squares + x * x
    store(memory, out, simd.sqrt(squares))


def column_norm(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[c] to the norm of column c."""
    L, quad = len(lanes), quad_of(lanes)
    whole = F // QUAD * QUAD * L
    for c in range(0, whole, len(quad)):
        _column_norms(memory, a + c, out + c, F, lanes, quad)
    for c in range(whole, F * L, L):
        _column_norms(memory, a + c, out + c, F, lanes, lanes)


def row_norm(memory, a, b, out, data, i, F, keys, stream, lanes):
    """Set v[r] to the norm of row r."""
    L = len(lanes)
    for r in range(F):
        row = a + r * F * L
        store(memory, out + r * L, simd.sqrt(_dot(memory, row, row, F, lanes)))


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
        low = splat(data[3 * i], data, lanes)
        span = splat(max(data[3 * i + 1] - data[3 * i], 0.0), data, lanes)
        drawing = random.draw_key(load_words(keys, lanes), stream)
        for k in range(extent(F)):
            value = low + span * random.uniforms(drawing, k)
            store(memory, out + k * L, rounded(value, memory))

    return kernel


def gaussian(extent: Any) -> Kernel:
    """Return the kernel of draws from N(mean, stdev)."""

    def kernel(memory, a, b, out, data, i, F, keys, stream, lanes):
        L = len(lanes)
        center = splat(data[3 * i], data, lanes)
        spread = splat(data[3 * i + 1], data, lanes)
        drawing = random.draw_key(load_words(keys, lanes), stream)
        for k in range(extent(F)):
            value = center + spread * random.gaussians(drawing, k)
            store(memory, out + k * L, rounded(value, memory))

    return kernel


_BY_NAME: dict[str, Kernel] = {
    "NO_OP": no_op,
    "SCALAR_SUM_OP": elementwise_pair(_scalar, _plus),
    "SCALAR_DIFF_OP": elementwise_pair(_scalar, _minus),
    "SCALAR_PRODUCT_OP": elementwise_pair(_scalar, _times),
    "SCALAR_DIVISION_OP": elementwise_pair(_scalar, _over),
    "SCALAR_ABS_OP": elementwise(_scalar, simd.absolute),
    "SCALAR_RECIPROCAL_OP": reciprocal(_scalar),
    "SCALAR_SIN_OP": scalar_function(elementary.sin),
    "SCALAR_COS_OP": scalar_function(elementary.cos),
    "SCALAR_TAN_OP": scalar_function(elementary.tan),
    "SCALAR_ARCSIN_OP": scalar_function(elementary.asin),
    "SCALAR_ARCCOS_OP": scalar_function(elementary.acos),
    "SCALAR_ARCTAN_OP": scalar_function(elementary.atan),
    "SCALAR_EXP_OP": scalar_function(elementary.exp),
    "SCALAR_LOG_OP": scalar_function(elementary.log),
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
