"""Vectors of lanes for numba: one task a lane, one SIMD register or two a value.

numba must assume that two rows of one array overlap, so it cannot vectorise loops
that write rows. These intrinsics say it outright: `load` reads `L` neighbouring
elements as one LLVM vector, the operators work on whole vectors, `store` writes
them back. `L` is the length of the tuple `lanes`, hence known when compiling.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import (
    intrinsic,
    models,
    overload,
    register_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_ODD = 0x9E3779B97F4A7C15

LANE_COUNTS = (4, 8, 16)
"""Block sizes that evaluation uses; a set of tasks is cut into such blocks."""


def lanes_of(count: int) -> tuple[int, ...]:
    """Return the compile-time witness for blocks of `count` lanes."""
    return (0,) * count


class Lanes(types.Type):
    """The numba type of one value in every lane: `count` floats of one width."""

    def __init__(self, dtype: types.Float, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        super().__init__(dmm, fe_type, _vector(fe_type))


def _element(dtype: types.Float) -> ir.Type:
    return ir.DoubleType() if dtype.bitwidth == 64 else ir.FloatType()


def _vector(ty: Lanes) -> ir.VectorType:
    return ir.VectorType(_element(ty.dtype), ty.count)


def _at(builder: Any, memory: Any, offset: Any, ty: Lanes) -> Any:
    return builder.bitcast(builder.gep(memory, [offset]), _vector(ty).as_pointer())


def _intrinsic(builder: Any, name: str, ty: Lanes) -> Any:
    """Declare an LLVM function of one vector; llvmlite cannot name vector types."""
    vector = _vector(ty)
    full_name = f"{name}.v{ty.count}f{ty.dtype.bitwidth}"
    function_type = ir.FunctionType(vector, [vector])
    return cgutils.get_or_insert_function(builder.module, function_type, full_name)


def _splat_value(builder: Any, value: Any, ty: Lanes) -> Any:
    vector = _vector(ty)
    one = builder.insert_element(
        ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), ty.count), [0] * ty.count)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), mask)


@intrinsic
def pointer(typingctx: Any, array: Any) -> Any:
    """Return the address of an array's first element; it can be indexed.

    Pointers carry no reference count, which would cost more than most operations. The
    array must be C-contiguous and stay alive, which the callers' arguments see to.
    """
    if not isinstance(array, types.Array) or array.layout != "C":
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def behind(typingctx: Any, start: Any, count: Any) -> Any:
    """Return the pointer to what lies `count` elements behind another."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return start(start, types.intp), codegen


@intrinsic
def load(typingctx: Any, memory: Any, offset: Any, lanes: Any) -> Any:
    """Read the lanes that start at element `offset` behind the pointer `memory`."""
    ty = Lanes(memory.dtype, len(lanes))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _at(builder, args[0], args[1], ty)
        value = builder.load(pointer)
        value.align = ty.dtype.bitwidth // 8
        return value

    return ty(memory, types.intp, lanes), codegen


@intrinsic
def store(typingctx: Any, memory: Any, offset: Any, value: Any) -> Any:
    """Write the lanes of `value` from element `offset` of `memory` on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[2]
        pointer = _at(builder, args[0], args[1], ty)
        builder.store(args[2], pointer).align = ty.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(memory, types.intp, value), codegen


@intrinsic
def splat(typingctx: Any, value: Any, memory: Any, lanes: Any) -> Any:
    """Return `value` in every lane, in the precision of what `memory` points to."""
    ty = Lanes(memory.dtype, len(lanes))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat_value(builder, args[0], ty)

    return ty(memory.dtype, memory, lanes), codegen


def _binary(emit: Callable[[Any, Any, Any], Any]) -> Any:
    @intrinsic
    def operation(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, args[0], args[1])

        return a(a, b), codegen

    return operation


_add = _binary(lambda builder, a, b: builder.fadd(a, b))
_sub = _binary(lambda builder, a, b: builder.fsub(a, b))
_mul = _binary(lambda builder, a, b: builder.fmul(a, b))
_div = _binary(lambda builder, a, b: builder.fdiv(a, b))


def _choose(order: str, first_then: bool) -> Any:
    """Return min or max as a compare and a select: what the original does with NaN."""

    def emit(builder: Any, a: Any, b: Any) -> Any:
        left, right = (a, b) if first_then else (b, a)
        return builder.select(builder.fcmp_ordered(order, left, right), left, right)

    return _binary(emit)


minimum = _choose("<", first_then=False)
"""`b < a ? b : a`, as std::min: a NaN on either side yields `a`."""
maximum = _choose(">", first_then=False)
"""`b > a ? b : a`, as std::max: a NaN on either side yields `a`."""
minimum_matrix = _choose("<", first_then=True)
"""`a < b ? a : b`, as the original's matrix loops: a NaN yields `b`."""
maximum_matrix = _choose(">", first_then=True)
"""`a > b ? a : b`, as the original's matrix loops: a NaN yields `b`."""


def _unary(name: str) -> Any:
    @intrinsic
    def operation(typingctx: Any, a: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            function = _intrinsic(builder, name, signature.args[0])
            return builder.call(function, [args[0]])

        return a(a), codegen

    return operation


sqrt = _unary("llvm.sqrt")
absolute = _unary("llvm.fabs")


@intrinsic
def multiply_add(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once: the same on every processor."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[0]
        vector = _vector(ty)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(vector, [vector] * 3),
            f"llvm.fma.v{ty.count}f{ty.dtype.bitwidth}",
        )
        return builder.call(function, args)

    return a(a, a, a), codegen


def _indicator(order: str) -> Any:
    @intrinsic
    def operation(typingctx: Any, a: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            vector = _vector(signature.args[0])
            zero = ir.Constant(vector, None)
            one = ir.Constant(vector, [1.0] * signature.args[0].count)
            return builder.select(builder.fcmp_ordered(order, args[0], zero), one, zero)

        return a(a), codegen

    return operation


is_positive = _indicator(">")
"""1 where x > 0, else 0 (NaN: 0)."""
is_not_negative = _indicator(">=")
"""1 where x >= 0, else 0 (NaN: 0)."""


@intrinsic
def beyond(typingctx: Any, value: Any, limit: Any) -> Any:
    """Return, as a bit mask, the lanes where |value| <= limit is false (NaN too)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[0]
        fabs = _intrinsic(builder, "llvm.fabs", ty)
        size = builder.call(fabs, [args[0]])
        limits = _splat_value(builder, args[1], ty)
        outside = builder.fcmp_unordered(">", size, limits)
        mask = builder.bitcast(outside, ir.IntType(ty.count))
        return builder.zext(mask, ir.IntType(64))

    return types.uint64(value, value.dtype), codegen


@intrinsic
def distance(typingctx: Any, start: Any, end: Any) -> Any:
    """Return how many elements `end` lies behind `start`, both cache-line aligned.

    So that an operand may name an example where it lies, instead of a copy of it.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        first, last = (builder.ptrtoint(arg, word) for arg in args)
        size = ir.Constant(word, start.dtype.bitwidth // 8)
        return builder.sdiv(builder.sub(last, first), size)

    return types.int64(start, end), codegen


@intrinsic
def prefetch(typingctx: Any, memory: Any, offset: Any) -> Any:
    """Ask for the cache line of element `offset` before it is needed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        place = builder.bitcast(builder.gep(args[0], [args[1]]), byte)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
            "llvm.prefetch.p0i8",
        )
        reading, near, data = (ir.Constant(number, k) for k in (0, 3, 1))
        builder.call(function, [place, reading, near, data])
        return context.get_dummy_value()

    return types.void(memory, types.intp), codegen


@intrinsic
def fold(
    typingctx: Any, prints: Any, value: Any, alive: Any, marked: Any, mark: Any
) -> Any:
    """Fold the bits of `value` into the lanes' fingerprints behind `prints`.

    Lanes outside the bit mask `alive` keep theirs; lanes in `marked` fold the number
    `mark` in the place of their value.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[1]
        word = ir.IntType(64)
        words = ir.VectorType(word, ty.count)
        flags = ir.VectorType(ir.IntType(1), ty.count)

        def spread(number: Any) -> Any:
            one = builder.insert_element(
                ir.Constant(words, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
            )
            zeros = ir.Constant(ir.VectorType(ir.IntType(32), ty.count), None)
            return builder.shuffle_vector(one, ir.Constant(words, ir.Undefined), zeros)

        def lanes_in(mask: Any) -> Any:
            return builder.bitcast(
                builder.trunc(mask, ir.IntType(ty.count)),
                flags,
            )

        place = builder.bitcast(args[0], words.as_pointer())
        before = builder.load(place)
        before.align = 8
        narrow = ir.VectorType(ir.IntType(ty.dtype.bitwidth), ty.count)
        bits = builder.bitcast(args[1], narrow)
        if ty.dtype.bitwidth < 64:
            bits = builder.zext(bits, words)
        bits = builder.select(lanes_in(args[3]), spread(args[4]), bits)
        mixed = builder.mul(
            builder.xor(before, bits),
            ir.Constant(words, [_ODD] * ty.count),
        )
        shift = ir.Constant(words, [32] * ty.count)
        mixed = builder.xor(mixed, builder.lshr(mixed, shift))
        after = builder.select(lanes_in(args[2]), mixed, before)
        builder.store(after, place).align = 8
        return context.get_dummy_value()

    unsigned = types.uint64
    return types.void(prints, value, unsigned, unsigned, unsigned), codegen


for _operator, _implementation in (
    (operator.add, _add),
    (operator.sub, _sub),
    (operator.mul, _mul),
    (operator.truediv, _div),
):

    def _register(symbol: Any, implementation: Any) -> None:
        @overload(symbol)
        def _overloaded(a: Any, b: Any) -> Any:
            if isinstance(a, Lanes) and a == b:

                def _apply(a: Any, b: Any) -> Any:
                    return implementation(a, b)

                return _apply
            return None

    _register(_operator, _implementation)
