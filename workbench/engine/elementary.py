"""Exponential, logarithm and trigonometric functions of vectors of lanes.

The C library is called for one number at a time, which costs some 4 ns a lane. Here a
few vector instructions serve all lanes, and give the same bits on every processor:
nothing but +, -, *, /, square roots and explicit fused multiply-adds, each rounded as
IEEE 754 says.

Each function reduces its argument exactly or nearly so (Cody & Waite, "Software Manual
for the Elementary Functions", 1980, with fused multiply-adds as in Muller et al.,
"Handbook of Floating-Point Arithmetic", 2018, ch. 11), evaluates a minimax polynomial
by Estrin's scheme, and adds the small parts before the large one. The polynomials were
fitted for this file with Remez' algorithm in 50 digits; the errors stated are relative
to the function. The scheme of `log` is Tang's and FreeBSD msun's (f / (2 + f)). All
are within 1 ulp or little more, which `tests/engine/test_elementary.py` holds.

float32 lanes are computed as float64 and rounded once.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from workbench.engine.simd import Lanes, _declared, _joined, _parts, _whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT = 2.0**17
"""Above this, sin, cos and tan come from the C library: few programs get there."""

# Coefficients from the constant on, of polynomials P in z.
_EXP = (  # exp(r) = 1 + r + r^2 P(r), |r| <= log(2) / 2: 2^-56.3
    0.5000000000000011,
    0.16666666666666413,
    0.041666666666530135,
    0.008333333333494045,
    0.0013888888943635437,
    0.00019841269507497135,
    2.480149309325772e-05,
    2.7557585558961194e-06,
    2.763025045606736e-07,
    2.5000315205753763e-08,
)
_LOG = (  # log((1 + s) / (1 - s)) = 2 s + s z P(z), z = s^2, s <= 0.1716: 2^-58.8
    0.6666666666666734,
    0.39999999999414015,
    0.28571428742559035,
    0.2222219855349288,
    0.18183565447565747,
    0.15314019577570007,
    0.14796280634014886,
)
_SIN = (  # sin(r) = r + r z P(z), z = r^2, |r| <= pi / 4: 2^-56.6
    -0.1666666666666663,
    0.008333333333322063,
    -0.00019841269829542777,
    2.7557313604459323e-06,
    -2.5050745015109984e-08,
    1.5896065759491274e-10,
)
_COS = (  # cos(r) = 1 - z / 2 + z^2 P(z), z = r^2, |r| <= pi / 4: 2^-59.4
    0.041666666666666595,
    -0.0013888888888872975,
    2.4801587288800238e-05,
    -2.755731416403603e-07,
    2.087569871625575e-09,
    -1.1358423886735462e-11,
)
_ASIN = (  # asin(s) = s + s z P(z), z = s^2, s <= 1 / 2: 2^-59.3
    0.16666666666666763,
    0.07499999999970108,
    0.04464285717527735,
    0.03038194267565849,
    0.022372215896116477,
    0.01735159566265727,
    0.013981016722002379,
    0.01139730692294753,
    0.010789248198068485,
    0.003672444215662866,
    0.021790053113142815,
    -0.021115926020541742,
    0.03270169329673542,
)
_ATAN = (  # atan(t) = t + t z P(z), z = t^2, t <= 1: 2^-56.9
    -0.33333333333333093,
    0.1999999999995543,
    -0.1428571428280203,
    0.11111111013645109,
    -0.0909090711914332,
    0.07692281185272644,
    -0.06666414983973351,
    0.05880592467785054,
    -0.052538051464823446,
    0.047232919252375154,
    -0.042217139140846266,
    0.03669344420429517,
    -0.02998543253312046,
    0.02208497470304795,
    -0.013994817441671043,
    0.007263237223003096,
    -0.0029192804461232423,
    0.0008434632587679518,
    -0.00015479252892471358,
    1.3488837403729206e-05,
)

# Sums of floats that hold more digits than one; all but the last have so few that
# their products with the numbers of quarter turns or doublings are exact.
_HALF_PI = tuple(
    map(
        float.fromhex,
        ("0x1.921fb54440000p+0", "0x1.68c234c4c0000p-39", "0x1.98a2e03707345p-77"),
    )
)
_LOG_2 = tuple(map(float.fromhex, ("0x1.62e42fefa3800p-1", "0x1.ef35793c76730p-45")))
_PI_REST = 1.2246467991473532e-16  # pi - math.pi

# A sum with it has no fraction, and its integer as the last bits.
_ROUNDER = 1.5 * 2.0**52
_SIGN = 1 << 63


def _bits_of(number: float) -> int:
    """Return the bits of a float."""
    return struct.unpack("<q", struct.pack("<d", number))[0]


class _Vector:
    """An LLVM vector of doubles or of 64-bit words, written as in formulas.

    Plain numbers stand for themselves in every lane.
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def type(self) -> Any:
        """Return the LLVM type."""
        return self.value.type

    @property
    def doubles(self) -> _Vector:
        """Return the same bits as doubles."""
        return self._cast(ir.DoubleType())

    @property
    def words(self) -> _Vector:
        """Return the same bits as words."""
        return self._cast(ir.IntType(64))

    def _cast(self, element: ir.Type) -> _Vector:
        vector = ir.VectorType(element, self.type.count)
        return _Vector(self.builder, self.builder.bitcast(self.value, vector))

    def constant(self, number: float) -> Any:
        """Return the number in every lane."""
        return ir.Constant(self.type, [number] * self.type.count)

    def full(self, number: float) -> _Vector:
        """Return a vector like this of one number."""
        return _Vector(self.builder, self.constant(number))

    def _other(self, side: _Vector | float) -> Any:
        return side.value if isinstance(side, _Vector) else self.constant(side)

    def _do(self, integer: str, floating: str, other: _Vector | float) -> _Vector:
        is_float = isinstance(self.type.element, ir.DoubleType)
        emit = getattr(self.builder, floating if is_float else integer)
        return _Vector(self.builder, emit(self.value, self._other(other)))

    def __add__(self, other: _Vector | float) -> _Vector:
        return self._do("add", "fadd", other)

    def __sub__(self, other: _Vector | float) -> _Vector:
        return self._do("sub", "fsub", other)

    def __mul__(self, other: _Vector | float) -> _Vector:
        return self._do("mul", "fmul", other)

    def __truediv__(self, other: _Vector) -> _Vector:
        return self._do("", "fdiv", other)

    def __rsub__(self, other: float) -> _Vector:
        return self.full(other) - self

    def __rtruediv__(self, other: float) -> _Vector:
        return self.full(other) / self

    def __and__(self, other: _Vector | int) -> _Vector:
        return self._do("and_", "", other)

    def __or__(self, other: _Vector | int) -> _Vector:
        return self._do("or_", "", other)

    def __xor__(self, other: _Vector | int) -> _Vector:
        return self._do("xor", "", other)

    def __lshift__(self, other: int) -> _Vector:
        return self._do("shl", "", other)

    def __rshift__(self, other: int) -> _Vector:
        return self._do("lshr", "", other)

    def _called(self, name: str, *others: Any) -> _Vector:
        arguments = [self.value, *others]
        function = _declared(self.builder, name, self.type, len(arguments))
        return _Vector(self.builder, self.builder.call(function, arguments))

    def __abs__(self) -> _Vector:
        return self._called("llvm.fabs")

    def root(self) -> _Vector:
        """Return the square root."""
        return self._called("llvm.sqrt")

    def times(self, factor: _Vector | float, plus: _Vector | float) -> _Vector:
        """Return self * factor + plus, rounded once."""
        return self._called("llvm.fma", self._other(factor), self._other(plus))

    def less(self, factor: _Vector, product: _Vector) -> _Vector:
        """Return self - factor * product, rounded once."""
        negative = _Vector(self.builder, self.builder.fneg(factor.value))
        return negative.times(product, self)

    def is_(self, order: str, other: float) -> Any:
        """Return the flags of an ordered comparison."""
        return self.builder.fcmp_ordered(order, self.value, self.constant(other))

    def has(self, bit: int) -> Any:
        """Return the flags of the words in which this bit is set."""
        rest = (self & bit).value
        return self.builder.icmp_unsigned("!=", rest, self.constant(0))

    def where(self, flags: Any, other: _Vector | float) -> _Vector:
        """Return self where the flags are set, else the other."""
        chosen = self.builder.select(flags, self.value, self._other(other))
        return _Vector(self.builder, chosen)

    def unless(self, flags: Any, number: float) -> _Vector:
        """Return the number where the flags are set, else self."""
        return self.full(number).where(flags, self)

    def polynomial(self, coefficients: Sequence[float]) -> _Vector:
        """Return a polynomial of self by Estrin's scheme: pairs, pairs of pairs..."""
        terms: list[Any] = list(coefficients)
        power = self
        while len(terms) > 1:
            pairs = []
            for k in range(0, len(terms) - 1, 2):
                low, high = terms[k], terms[k + 1]
                pairs.append(power.times(high, low))
            terms = pairs + terms[len(terms) // 2 * 2 :]
            power = power * power if len(terms) > 1 else power
        return terms[0]


def _signed(value: _Vector, sign: _Vector) -> _Vector:
    """Return the value, negated where the sign bit is set."""
    return (value.words ^ sign).doubles


def _exp(x: _Vector) -> _Vector:
    x = x.unless(x.is_(">", 710.0), 710.0)
    x = x.unless(x.is_("<", -750.0), -750.0)
    shifted = x.times(1.0 / math.log(2.0), _ROUNDER)
    n = shifted - _ROUNDER
    r = n.times(-_LOG_2[1], n.times(-_LOG_2[0], x))
    power = (r * r).times(r.polynomial(_EXP), r) + 1.0
    # Two factors, either of them normal: the last product rounds to what is subnormal.
    half = (shifted.words + (2048 - _bits_of(_ROUNDER))) >> 1
    first = (half - 1) << 52
    second = (shifted.words - half + 2047) << 52
    return power * first.doubles * second.doubles


def _log_of_normal(x: _Vector, exponent_offset: _Vector | float) -> _Vector:
    """Return the logarithm of what is positive, finite and not subnormal."""
    bits, top = x.words, 1024 << 52
    n = (bits + (top - _bits_of(math.sqrt(0.5)))) >> 52
    f = (bits - (n << 52) + top).doubles - 1.0  # from sqrt(1/2) - 1 to sqrt(2) - 1
    n = (n | _bits_of(2.0**52)).doubles - exponent_offset
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    small = n.times(_LOG_2[1], s * z.times(z.polynomial(_LOG), half))
    return n.times(_LOG_2[0], f - (half - small))


def _log(x: _Vector) -> _Vector:
    subnormal = x.is_("<", 2.0**-1022)
    offset = x.full(2.0**52 + 1024).unless(subnormal, 2.0**52 + 1024 + 54)
    y = _log_of_normal((x * 2.0**54).where(subnormal, x), offset)
    y = y.where(x.is_("<", math.inf), x)
    y = y.unless(x.is_("<", 0.0), math.nan)
    return y.unless(x.is_("==", 0.0), -math.inf)


class _Angle:
    """An angle less the nearest multiple of pi / 2: r + rest, and which multiple."""

    def __init__(self, x: _Vector) -> None:
        shifted = x.times(2.0 / math.pi, _ROUNDER)
        n = shifted - _ROUNDER
        self.quadrant = shifted.words
        exact = n.times(-_HALF_PI[0], x)
        self.r = n.times(-_HALF_PI[1], exact)
        rest = n.times(-_HALF_PI[1], exact - self.r)
        self.rest = n.times(-_HALF_PI[2], rest)
        self.z = self.r * self.r
        self.half = self.z * 0.5

    def sine(self) -> tuple[_Vector, _Vector]:
        """Return the sine of r + rest as a large part and a small one."""
        rest = self.rest.less(self.half, self.rest)
        return self.r, (self.z * self.r).times(self.z.polynomial(_SIN), rest)

    def cosine(self) -> tuple[_Vector, _Vector]:
        """Return the cosine of r + rest as a large part and a small one."""
        large = 1.0 - self.half
        rest = ((1.0 - large) - self.half).less(self.r, self.rest)
        return large, (self.z * self.z).times(self.z.polynomial(_COS), rest)


def _sin_or_cos(x: _Vector, sign: _Vector | int, quarters: int) -> _Vector:
    """Return the sine of so many quarter turns more than x, with this sign."""
    angle = _Angle(x)
    quadrant = angle.quadrant + quarters
    (s, s_rest), (c, c_rest) = angle.sine(), angle.cosine()
    odd = quadrant.has(1)
    value = c.where(odd, s) + c_rest.where(odd, s_rest)
    return _signed(value, ((quadrant & 2) << 62) ^ sign)


def _sin(x: _Vector) -> _Vector:
    return _sin_or_cos(abs(x), x.words & _SIGN, 0)


def _cos(x: _Vector) -> _Vector:
    return _sin_or_cos(x, 0, 1)


def _tan(x: _Vector) -> _Vector:
    angle = _Angle(abs(x))
    odd = angle.quadrant.has(1)
    (s, s_rest), (c, c_rest) = angle.sine(), angle.cosine()
    above, above_rest = c.where(odd, s), c_rest.where(odd, s_rest)
    below, below_rest = s.where(odd, c), s_rest.where(odd, c_rest)
    top, bottom = above + above_rest, below + below_rest
    top_rest = (above - top) + above_rest
    bottom_rest = (below - bottom) + below_rest
    scale = 1.0 / bottom
    ratio = top * scale
    error = top.less(ratio, bottom) + top_rest.less(ratio, bottom_rest)
    ratio = error.times(scale, ratio)
    return _signed(ratio, ((angle.quadrant & 1) << 63) ^ (x.words & _SIGN))


def _arcsine(x: _Vector) -> tuple[Any, _Vector, _Vector]:
    """Return where |x| > 1/2, and the arc sine of |x| as a large and a small part.

    Where |x| > 1/2, it is pi / 2 less twice the arc sine of these two.
    """
    size = abs(x)
    big = size.is_(">", 0.5)
    halved = (1.0 - size) * 0.5
    z = halved.where(big, size * size)
    s = halved.root().where(big, size)
    rest = s * z * z.polynomial(_ASIN)
    return big, (s + s).where(big, s), (rest + rest).where(big, rest)


def _asin(x: _Vector) -> _Vector:
    big, s, rest = _arcsine(x)
    turned = (math.pi / 2) - s
    small = (((math.pi / 2) - turned) - s) + (_PI_REST / 2)
    value = (turned + (small - rest)).where(big, s + rest)
    return _signed(value, x.words & _SIGN)


def _acos(x: _Vector) -> _Vector:
    big, s, rest = _arcsine(x)
    sign = x.words & _SIGN
    # pi / 2 - asin(x); where x > 1/2, 0 + ...; where x < -1/2, pi - ...
    sign_there = sign ^ _SIGN
    turn = sign.where(big, sign_there)
    s, rest = _signed(s, turn), _signed(rest, turn)
    start = x.full(math.pi).unless(x.is_(">", 0.0), 0.0).where(big, math.pi / 2)
    start_rest = start * (_PI_REST / math.pi)
    value = start + s
    return value + (((start - value) + s) + (start_rest + rest))


def _atan(x: _Vector) -> _Vector:
    size = abs(x)
    big = size.is_(">", 1.0)
    t = (1.0 / size).where(big, size)
    z = t * t
    small = t * z * z.polynomial(_ATAN)
    value = (math.pi / 2) - t
    rest = (((math.pi / 2) - value) - t) + (_PI_REST / 2)
    value = value + (rest - small)
    return _signed(value.where(big, t + small), x.words & _SIGN)


def _normal(u: _Vector, v: _Vector) -> _Vector:
    """Return sqrt(-2 log(u)) cos(2 pi v) for u and v in (0, 1)."""
    radius = (_log_of_normal(u, 2.0**52 + 1024) * -2.0).root()
    return radius * _cos(v * (2.0 * math.pi))


def _from_library(
    builder: Any, name: str, ty: Lanes, xs: list[_Vector], ys: list[_Vector]
) -> list[_Vector]:
    """Return ys, with what the C library says where x is too large, but finite."""
    flags = [
        builder.and_(abs(x).is_(">", LIMIT), abs(x).is_("<", math.inf)) for x in xs
    ]
    mask = _joined(builder, flags, ty)
    word, double = mask.type, ir.DoubleType()
    source, target = (
        cgutils.alloca_once(builder, double, size=ir.Constant(word, ty.count))
        for _ in range(2)
    )
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(double, [double]), name
    )

    def place(memory: Any, start: int, vector: _Vector) -> Any:
        first = builder.gep(memory, [ir.Constant(word, start)])
        return builder.bitcast(first, vector.type.as_pointer())

    before = builder.block
    fixed = []
    with cgutils.if_unlikely(builder, cgutils.is_not_null(builder, mask)):
        for start, x, y in zip(ty.starts, xs, ys, strict=True):
            builder.store(x.value, place(source, start, x)).align = 8
            builder.store(y.value, place(target, start, y)).align = 8
        with cgutils.for_range(builder, ir.Constant(word, ty.count)) as loop:
            flag = builder.trunc(builder.lshr(mask, loop.index), ir.IntType(1))
            with builder.if_then(flag):
                argument = builder.load(builder.gep(source, [loop.index]))
                value = builder.call(function, [argument])
                builder.store(value, builder.gep(target, [loop.index]))
        for start, y in zip(ty.starts, ys, strict=True):
            loaded = builder.load(place(target, start, y))
            loaded.align = 8
            fixed.append(loaded)
        inside = builder.block
    out = []
    for y, other in zip(ys, fixed, strict=True):
        chosen = builder.phi(y.type)
        chosen.add_incoming(y.value, before)
        chosen.add_incoming(other, inside)
        out.append(_Vector(builder, chosen))
    return out


def _widened(builder: Any, part: Any) -> _Vector:
    """Return a part of lanes as doubles."""
    wide = ir.VectorType(ir.DoubleType(), part.type.count)
    if part.type == wide:
        return _Vector(builder, part)
    return _Vector(builder, builder.fpext(part, wide))


def _over_lanes(
    function: Callable[[_Vector], _Vector], beyond_limit: str | None = None
) -> Any:
    """Return an intrinsic on lanes; `beyond_limit` names the C library's function."""

    @intrinsic
    def operation(_typing: Any, value: Any) -> Any:
        def codegen(_context: Any, builder: Any, _types: Any, args: Any) -> Any:
            parts = _parts(builder, args[0], value)
            xs = [_widened(builder, part) for part in parts]
            ys = [function(x) for x in xs]
            if beyond_limit:
                ys = _from_library(builder, beyond_limit, value, xs, ys)
            out = [y.value for y in ys]
            if value.dtype.bitwidth < 64:
                out = [
                    builder.fptrunc(y, vector)
                    for y, vector in zip(out, value.vectors(), strict=True)
                ]
            return _whole(builder, out, value)

        return value(value), codegen

    return operation


exp = _over_lanes(_exp)
log = _over_lanes(_log)
sin = _over_lanes(_sin, beyond_limit="sin")
cos = _over_lanes(_cos, beyond_limit="cos")
tan = _over_lanes(_tan, beyond_limit="tan")
asin = _over_lanes(_asin)
acos = _over_lanes(_acos)
atan = _over_lanes(_atan)


@intrinsic
def normal(_typing: Any, first: Any, second: Any) -> Any:  # noqa: ARG001
    """Return standard normal numbers from two uniform ones in (0, 1): Box-Muller."""

    def codegen(_context: Any, builder: Any, _types: Any, args: Any) -> Any:
        sides = (
            [_Vector(builder, part) for part in _parts(builder, arg, first)]
            for arg in args
        )
        out = [_normal(u, v).value for u, v in zip(*sides, strict=True)]
        return _whole(builder, out, first)

    return first(first, first), codegen
