"""Vectors of lanes for numba: one task a lane, a few SIMD registers a value.

numba must assume that two rows of one array overlap, so it cannot vectorise loops
that write rows. These intrinsics say it outright: `load` reads `L` neighbouring
elements as LLVM vectors, the operators work on whole vectors, `store` writes
them back. `L` is the length of the tuple `lanes`, hence known when compiling.

Four groups of lanes in a row are a quad (`quad_of`): it fills its registers whatever
the even number of lanes, so that ten tasks cost no more than ten tasks must.
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
    from collections.abc import Callable, Iterator

_ODD = 0x9E3779B97F4A7C15

LANE_COUNTS = (4, 8, 10, 16)
"""Block sizes that evaluation uses; a set of tasks is cut into such blocks."""

QUAD = 4
"""Groups in a quad."""

_WIDEST = 512  # bits of a register that one LLVM vector is to fill at most


def lanes_of(count: int) -> tuple[int, ...]:
    """Return the compile-time witness for blocks of `count` lanes."""
    return (0,) * count


def quad_of(lanes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the compile-time witness of four groups of lanes."""
    return lanes_of(QUAD * len(lanes))


@overload(quad_of)
def _quad_of(lanes: Any) -> Any:
    quad = lanes_of(QUAD * len(lanes))

    def witness(lanes: Any) -> Any:
        return quad

    return witness


class Lanes(types.Type):
    """The numba type of one value in every lane: `count` floats of one width."""

    def __init__(self, dtype: types.Float, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")

    @property
    def widths(self) -> list[int]:
        """Return the lanes of each LLVM vector of the value."""
        widths, left, width = [], self.count, _WIDEST // self.dtype.bitwidth
        while left:
            while width > left:
                width //= 2
            widths.append(width)
            left -= width
        return widths

    @property
    def starts(self) -> list[int]:
        """Return the first lane of each LLVM vector."""
        return [sum(self.widths[:k]) for k in range(len(self.widths))]

    def vectors(self, element: ir.Type | None = None) -> list[ir.VectorType]:
        """Return the types of the LLVM vectors, of floats or another element."""
        element = element or _element(self.dtype)
        return [ir.VectorType(element, width) for width in self.widths]


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        super().__init__(dmm, fe_type, ir.LiteralStructType(fe_type.vectors()))


def _element(dtype: types.Float) -> ir.Type:
    return ir.DoubleType() if dtype.bitwidth == 64 else ir.FloatType()


def _parts(builder: Any, value: Any, ty: Lanes | Words) -> list[Any]:
    return [builder.extract_value(value, k) for k in range(len(ty.widths))]


def _whole(builder: Any, parts: list[Any], ty: Lanes | Words) -> Any:
    value = ir.Constant(ir.LiteralStructType(ty.vectors()), ir.Undefined)
    for k, part in enumerate(parts):
        value = builder.insert_value(value, part, k)
    return value


def _vector_at(builder: Any, memory: Any, offset: Any, vector: ir.VectorType) -> Any:
    place = builder.gep(memory, [offset])
    return builder.bitcast(place, vector.as_pointer())


def _index(k: int) -> ir.Constant:
    return ir.Constant(ir.IntType(64), k)


def _each_place(builder: Any, memory: Any, offset: Any, ty: Lanes) -> Iterator[Any]:
    """Yield the address of each LLVM vector of a value."""
    for start, vector in zip(ty.starts, ty.vectors(), strict=True):
        at = builder.add(offset, _index(start))
        yield _vector_at(builder, memory, at, vector)


def _declared(builder: Any, name: str, vector: ir.VectorType, arguments: int) -> Any:
    """Declare an LLVM function of vectors; llvmlite cannot name vector types."""
    bits = 64 if isinstance(vector.element, ir.DoubleType) else 32
    return cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector, [vector] * arguments),
        f"{name}.v{vector.count}f{bits}",
    )


def _spread(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    """Return a vector that holds a value in every lane."""
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(one, nothing, zeros)


def _picked(builder: Any, parts: list[Any], ty: Lanes, wanted: list[int]) -> Any:
    """Return a vector of the wanted lanes, which at most two vectors hold."""
    place = {
        start + k: (part, k)
        for part, (start, width) in enumerate(zip(ty.starts, ty.widths, strict=True))
        for k in range(width)
    }
    sources = sorted({place[lane][0] for lane in wanted})
    width = max(ty.widths[source] for source in sources)
    index = ir.IntType(32)

    def widened(source: int) -> Any:
        part = parts[source]
        own = ty.widths[source]
        if own == width:
            return part
        mask = [k if k < own else 0 for k in range(width)]
        nothing = ir.Constant(part.type, ir.Undefined)
        vector = ir.VectorType(index, width)
        return builder.shuffle_vector(part, nothing, ir.Constant(vector, mask))

    first = widened(sources[0])
    second = widened(sources[-1]) if len(sources) > 1 else first
    chosen = [
        place[lane][1] + (width if place[lane][0] != sources[0] else 0)
        for lane in wanted
    ]
    mask = ir.Constant(ir.VectorType(index, len(wanted)), chosen)
    return builder.shuffle_vector(first, second, mask)


def _repeated(builder: Any, value: Any, source: Lanes, ty: Lanes) -> Any:
    """Return the lanes of `value` over and over, until `ty` is full."""
    parts = _parts(builder, value, source)
    out = []
    for start, width in zip(ty.starts, ty.widths, strict=True):
        wanted = [k % source.count for k in range(start, start + width)]
        out.append(_picked(builder, parts, source, wanted))
    return _whole(builder, out, ty)


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
def load(typingctx: Any, memory: Any, offset: Any, lanes: Any) -> Any:
    """Read the lanes that start at element `offset` behind the pointer `memory`."""
    ty = Lanes(memory.dtype, len(lanes))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = []
        for place in _each_place(builder, args[0], args[1], ty):
            part = builder.load(place)
            part.align = ty.dtype.bitwidth // 8
            parts.append(part)
        return _whole(builder, parts, ty)

    return ty(memory, types.intp, lanes), codegen


@intrinsic
def store(typingctx: Any, memory: Any, offset: Any, value: Any) -> Any:
    """Write the lanes of `value` from element `offset` of `memory` on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[2]
        places = _each_place(builder, args[0], args[1], ty)
        for place, part in zip(places, _parts(builder, args[2], ty), strict=True):
            builder.store(part, place).align = ty.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(memory, types.intp, value), codegen


@intrinsic
def splat(typingctx: Any, value: Any, memory: Any, lanes: Any) -> Any:
    """Return `value` in every lane, in the precision of what `memory` points to."""
    ty = Lanes(memory.dtype, len(lanes))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = [_spread(builder, args[0], vector) for vector in ty.vectors()]
        return _whole(builder, parts, ty)

    return ty(memory.dtype, memory, lanes), codegen


@intrinsic
def repeat(typingctx: Any, value: Any) -> Any:
    """Return a quad that holds a group four times."""
    ty = Lanes(value.dtype, QUAD * value.count)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _repeated(builder, args[0], signature.args[0], ty)

    return ty(value), codegen


@intrinsic
def spread_over(typingctx: Any, value: Any, wide: Any) -> Any:
    """Return a group as it is, or four times where `wide` is the witness of a quad."""
    ty = Lanes(value.dtype, len(wide))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _repeated(builder, args[0], signature.args[0], ty)

    return ty(value, wide), codegen


@intrinsic
def groups_of(typingctx: Any, quad: Any) -> Any:
    """Return the four groups of a quad."""
    ty = Lanes(quad.dtype, quad.count // QUAD)
    result = types.UniTuple(ty, QUAD)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = signature.args[0]
        parts = _parts(builder, args[0], source)
        groups = []
        for group in range(QUAD):
            out = []
            for start, width in zip(ty.starts, ty.widths, strict=True):
                first = group * ty.count + start
                wanted = list(range(first, first + width))
                out.append(_picked(builder, parts, source, wanted))
            groups.append(_whole(builder, out, ty))
        return context.make_tuple(builder, result, groups)

    return result(quad), codegen


def _binary(emit: Callable[[Any, Any, Any], Any]) -> Any:
    @intrinsic
    def operation(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            sides = (_parts(builder, arg, a) for arg in args)
            parts = [emit(builder, x, y) for x, y in zip(*sides, strict=True)]
            return _whole(builder, parts, a)

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


def _unary(emit: Callable[[Any, Any], Any]) -> Any:
    @intrinsic
    def operation(typingctx: Any, a: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            parts = [emit(builder, part) for part in _parts(builder, args[0], a)]
            return _whole(builder, parts, a)

        return a(a), codegen

    return operation


def _function(name: str) -> Any:
    return _unary(
        lambda builder, x: builder.call(_declared(builder, name, x.type, 1), [x])
    )


sqrt = _function("llvm.sqrt")
absolute = _function("llvm.fabs")


def _indicator(order: str) -> Any:
    def emit(builder: Any, x: Any) -> Any:
        zero, one = ir.Constant(x.type, None), ir.Constant(x.type, [1.0] * x.type.count)
        return builder.select(builder.fcmp_ordered(order, x, zero), one, zero)

    return _unary(emit)


is_positive = _indicator(">")
"""1 where x > 0, else 0 (NaN: 0)."""
is_not_negative = _indicator(">=")
"""1 where x >= 0, else 0 (NaN: 0)."""


@intrinsic
def multiply_add(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once: the same on every processor."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[0]
        parts = [
            builder.call(_declared(builder, "llvm.fma", three[0].type, 3), three)
            for three in zip(*(_parts(builder, arg, ty) for arg in args), strict=True)
        ]
        return _whole(builder, parts, ty)

    return a(a, a, a), codegen


def _joined(builder: Any, flags: list[Any], ty: Lanes) -> Any:
    """Return vectors of one-bit flags as the bits of one word."""
    word = ir.IntType(64)
    mask = ir.Constant(word, 0)
    for start, width, flag in zip(ty.starts, ty.widths, flags, strict=True):
        bits = builder.zext(builder.bitcast(flag, ir.IntType(width)), word)
        mask = builder.or_(mask, builder.shl(bits, ir.Constant(word, start)))
    return mask


def _flags(builder: Any, mask: Any, start: int, width: int) -> Any:
    """Return the bits of a word that belong to one vector as a vector of flags."""
    bits = builder.lshr(mask, ir.Constant(ir.IntType(64), start))
    narrow = builder.trunc(bits, ir.IntType(width))
    return builder.bitcast(narrow, ir.VectorType(ir.IntType(1), width))


@intrinsic
def beyond(typingctx: Any, value: Any, limit: Any) -> Any:
    """Return, as a bit mask, the lanes where |value| <= limit is false (NaN too)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ty = signature.args[0]
        flags = []
        for part in _parts(builder, args[0], ty):
            size = builder.call(_declared(builder, "llvm.fabs", part.type, 1), [part])
            limits = _spread(builder, args[1], part.type)
            flags.append(builder.fcmp_unordered(">", size, limits))
        return _joined(builder, flags, ty)

    return types.uint64(value, value.dtype), codegen


@intrinsic
def distance(typingctx: Any, start: Any, end: Any) -> Any:
    """Return how many elements `end` lies behind `start`.

    So that an operand may name an example where it lies, instead of a copy of it.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        first, last = (builder.ptrtoint(arg, word) for arg in args)
        size = ir.Constant(word, start.dtype.bitwidth // 8)
        return builder.sdiv(builder.sub(last, first), size)

    return types.int64(start, end), codegen


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
        floats = zip(ty.starts, ty.widths, _parts(builder, args[1], ty), strict=True)
        for start, width, part in floats:
            words = ir.VectorType(word, width)
            place = _vector_at(builder, args[0], _index(start), words)
            before = builder.load(place)
            before.align = 8
            narrow = ir.VectorType(ir.IntType(ty.dtype.bitwidth), width)
            bits = builder.bitcast(part, narrow)
            if ty.dtype.bitwidth < 64:
                bits = builder.zext(bits, words)
            ending = _flags(builder, args[3], start, width)
            bits = builder.select(ending, _spread(builder, args[4], words), bits)
            odd = ir.Constant(words, [_ODD] * width)
            mixed = builder.mul(builder.xor(before, bits), odd)
            shift = ir.Constant(words, [32] * width)
            mixed = builder.xor(mixed, builder.lshr(mixed, shift))
            own = _flags(builder, args[2], start, width)
            builder.store(builder.select(own, mixed, before), place).align = 8
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


class Words(types.Type):
    """The numba type of 64 bits in every lane, in as many vectors as floats take."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.floats = Lanes(types.float64, count)
        self.widths, self.starts = self.floats.widths, self.floats.starts
        super().__init__(name=f"Words({count})")

    def vectors(self) -> list[ir.VectorType]:
        """Return the types of the LLVM vectors."""
        return self.floats.vectors(ir.IntType(64))


@register_model(Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Words) -> None:
        super().__init__(dmm, fe_type, ir.LiteralStructType(fe_type.vectors()))


@intrinsic
def load_words(typingctx: Any, memory: Any, lanes: Any) -> Any:
    """Read the lanes' words behind the pointer `memory`."""
    ty = Words(len(lanes))

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = []
        for start, vector in zip(ty.starts, ty.vectors(), strict=True):
            part = builder.load(_vector_at(builder, args[0], _index(start), vector))
            part.align = 8
            parts.append(part)
        return _whole(builder, parts, ty)

    return ty(memory, lanes), codegen


@intrinsic
def fractions(typingctx: Any, words: Any) -> Any:
    """Return floats in the open interval (0, 1), from the upper 52 bits of words."""
    ty = words.floats

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out = []
        for part, vector in zip(
            _parts(builder, args[0], words), ty.vectors(), strict=True
        ):

            def number(value: float, vector: Any = vector) -> Any:
                return ir.Constant(vector, [value] * vector.count)

            upper = builder.lshr(part, ir.Constant(part.type, [12] * vector.count))
            # As the fraction of a float from 2^52 on, they are an integer.
            float_bits = ir.Constant(part.type, [0x433 << 52] * vector.count)
            whole = builder.bitcast(builder.or_(upper, float_bits), vector)
            middle = builder.fsub(whole, number(2.0**52 - 0.5))
            out.append(builder.fmul(middle, number(2.0**-52)))
        return _whole(builder, out, ty)

    return ty(words), codegen


@intrinsic
def rounded(typingctx: Any, value: Any, memory: Any) -> Any:
    """Return float64 lanes in the precision of what `memory` points to."""
    ty = Lanes(memory.dtype, value.count)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = signature.args[0]
        if ty == source:
            return args[0]
        parts = _parts(builder, args[0], source)
        out = []
        for start, vector in zip(ty.starts, ty.vectors(), strict=True):
            wanted = list(range(start, start + vector.count))
            wide = _picked(builder, parts, source, wanted)
            out.append(builder.fptrunc(wide, vector))
        return _whole(builder, out, ty)

    return ty(value, memory), codegen


def _on_words(name: str) -> Any:
    """Return an operation of words with words, or with one for all lanes."""

    @intrinsic
    def operation(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            left = _parts(builder, args[0], a)
            if isinstance(b, Words):
                right = _parts(builder, args[1], b)
            else:
                right = [_spread(builder, args[1], part.type) for part in left]
            emit = getattr(builder, name)
            parts = [emit(x, y) for x, y in zip(left, right, strict=True)]
            return _whole(builder, parts, a)

        return a(a, b), codegen

    return operation


for _operator, _name in (
    (operator.add, "add"),
    (operator.mul, "mul"),
    (operator.xor, "xor"),
    (operator.rshift, "lshr"),
):

    def _register_words(symbol: Any, implementation: Any) -> None:
        @overload(symbol)
        def _overloaded(a: Any, b: Any) -> Any:
            if isinstance(a, Words) and b in (a, types.uint64):

                def _apply(a: Any, b: Any) -> Any:
                    return implementation(a, b)

                return _apply
            return None

    _register_words(_operator, _on_words(_name))
