"""One instruction of a program, and its forms as dict, arrays and formulas."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.programs.ops import OP_BY_NAME, OPS, ConstantKind, Kind, Op

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ADDRESS = 999
_PLACE = re.compile(r"\{(out|in1|in2|c0|c1|c2)\}")
_LATEX_NAME = {
    Kind.SCALAR: "s",
    Kind.VECTOR: r"\mathbf{v}",
    Kind.MATRIX: r"\mathbf{M}",
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """An op with its addresses and constants; immutable, hashable, equal by value.

    Addresses that the op does not use are set to 0. Constants that the original
    stores with 32 bits are rounded so; equality is by bits, hence NaN equals NaN and
    0.0 differs from -0.0.

    Raises
    ------
    ValueError
        For an address outside 0 to 999, a wrong number of constants, or an index
        fraction outside [0, 1).
    """

    op: Op
    in1: int = 0
    in2: int = 0
    out: int = 0
    constants: tuple[float, ...] = field(default=(), compare=False)
    _bits: bytes = field(init=False, repr=False, default=b"")

    def __post_init__(self) -> None:
        if self.op not in OPS:
            raise ValueError(f"op is {self.op!r}; accepted: a row of OPS")
        used = len(self.op.inputs)
        fields = (
            ("in1", used >= 1),
            ("in2", used >= 2),
            ("out", self.op.output is not None),
        )
        for name, is_used in fields:
            value = _checked_address(self.op, name, getattr(self, name))
            object.__setattr__(self, name, value if is_used else 0)
        constants = _checked_constants(self.op, self.constants)
        object.__setattr__(self, "constants", constants)
        object.__setattr__(self, "_bits", struct.pack(f"{len(constants)}d", *constants))

    @property
    def inputs(self) -> tuple[tuple[Kind, int], ...]:
        """Return the addresses that are read, each as (kind, address)."""
        return tuple(zip(self.op.inputs, (self.in1, self.in2), strict=False))

    @property
    def output(self) -> tuple[Kind, int] | None:
        """Return the address that is written as (kind, address); None for a no-op."""
        return (self.op.output, self.out) if self.op.output else None

    def __str__(self) -> str:
        return self._fill(self.op.text, _plain_name, format_constant)

    def __repr__(self) -> str:
        return f"<Instruction {self}>"

    def latex(self) -> str:
        """Return the instruction as a LaTeX formula."""
        return self._fill(self.op.latex, _latex_name, _latex_constant)

    def numpy(self) -> str:
        """Return the instruction as a NumPy statement (``np``, ``rng`` and ``F``)."""
        return self._fill(self.op.numpy, _plain_name, _numpy_constant)

    def to_dict(self) -> dict[str, Any]:
        """Return the dict of the reference cases; NaN and infinities are strings."""
        code, data = self.row()
        real = self.op.constants == (ConstantKind.REAL,)
        return {
            "op": self.op.name,
            "in1": code[1],
            "in2": code[2],
            "out": code[3],
            "activation_data": _to_json(data[0]) if real else 0.0,
            "float_data": [0.0] * 3 if real else [_to_json(value) for value in data],
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Instruction:
        """Read a dict of the reference cases; absent numbers are 0.

        Raises
        ------
        ValueError
            Naming the field that is wrong.
        """
        if not hasattr(fields, "get"):
            raise ValueError(f"an instruction is {fields!r}; accepted: a dict")
        op = OP_BY_NAME.get(str(fields.get("op")))
        if op is None:
            raise ValueError(
                f"op is {fields.get('op')!r}; accepted: a name such as 'SCALAR_SUM_OP'"
            )
        float_data = fields.get("float_data", (0.0, 0.0, 0.0))
        if not isinstance(float_data, list | tuple) or len(float_data) != 3:
            raise ValueError(f"float_data is {float_data!r}; accepted: three numbers")
        stored: Sequence[Any] = float_data
        if op.constants == (ConstantKind.REAL,):
            stored = (fields.get("activation_data", 0.0),)
        return cls(
            op,
            in1=fields.get("in1", 0),
            in2=fields.get("in2", 0),
            out=fields.get("out", 0),
            constants=tuple(_from_json(value) for value in stored[: len(op.constants)]),
        )

    def row(self) -> tuple[tuple[int, int, int, int], tuple[float, float, float]]:
        """Return the row of arrays: (op, in1, in2, out) and three constants."""
        padded = (*self.constants, 0.0, 0.0, 0.0)[:3]
        code = (self.op.number, self.in1, self.in2, self.out)
        return code, (padded[0], padded[1], padded[2])

    @classmethod
    def from_row(cls, code: Sequence[int], data: Sequence[float]) -> Instruction:
        """Read a row of arrays, as :meth:`row` gives it.

        Raises
        ------
        ValueError
            When the op number is not one of the table.
        """
        number = int(code[0])
        if not 0 <= number < len(OPS):
            raise ValueError(f"op number is {number}; accepted: 0 to {len(OPS) - 1}")
        op = OPS[number]
        constants = tuple(float(value) for value in data[: len(op.constants)])
        return cls(op, int(code[1]), int(code[2]), int(code[3]), constants)

    def _fill(self, template: str, name: Any, number: Any) -> str:
        def value(match: re.Match[str]) -> str:
            place = match.group(1)
            if place == "out":
                return name(self.op.output, self.out)
            if place == "in1":
                return name(self.op.inputs[0], self.in1)
            if place == "in2":
                return name(self.op.inputs[1], self.in2)
            position = int(place[1])
            return number(self.op.constants[position], self.constants[position])

        return _PLACE.sub(value, template)


def pack(instructions: Sequence[Instruction]) -> tuple[np.ndarray, np.ndarray]:
    """Return instructions as arrays: code int16[n, 4] and data float64[n, 3]."""
    rows = [instruction.row() for instruction in instructions]
    code = np.array([row[0] for row in rows], dtype=np.int16).reshape(-1, 4)
    data = np.array([row[1] for row in rows], dtype=np.float64).reshape(-1, 3)
    return code, data


def whole(value: Any) -> int | None:
    """Return ``value`` as an int when it is a whole number type, else None."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return None
    return int(value)


def single(value: float) -> float:
    """Return ``value`` rounded to 32 bits (to infinity beyond their range)."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.float32(value))


def format_constant(kind: ConstantKind, value: float) -> str:
    """Return the shortest decimal form that reads back as exactly ``value``."""
    if kind.is_single:
        short = str(np.float32(value))
        if math.isnan(value) or single(float(short)) == value:
            return short
    return repr(value)


def _checked_address(op: Op, name: str, value: Any) -> int:
    address = whole(value)
    if address is None or not 0 <= address <= MAX_ADDRESS:
        raise ValueError(
            f"{op.name}: {name} is {value!r}; "
            f"accepted: a whole number from 0 to {MAX_ADDRESS}"
        )
    return address


def _checked_constants(op: Op, values: tuple[float, ...]) -> tuple[float, ...]:
    if len(values) != len(op.constants):
        kinds = ", ".join(kind.noun for kind in op.constants) or "none"
        raise ValueError(
            f"{op.name}: constants are {values!r}; "
            f"accepted: {len(op.constants)} ({kinds})"
        )
    return tuple(
        _checked_constant(op, kind, value)
        for kind, value in zip(op.constants, values, strict=True)
    )


def _checked_constant(op: Op, kind: ConstantKind, value: Any) -> float:
    try:
        number = None if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None:
        raise ValueError(f"{op.name}: the {kind.noun} is {value!r}; accepted: a number")
    if math.isnan(number):
        number = math.nan
    elif kind.is_single:
        number = single(number)
    if kind is ConstantKind.INDEX and not 0.0 <= number < 1.0:
        raise ValueError(
            f"{op.name}: the index fraction is {value!r}; accepted: 0 to below 1 "
            "(index = int(F * fraction))"
        )
    return number


def _plain_name(kind: Kind, address: int) -> str:
    return f"{kind.value}{address}"


def _latex_name(kind: Kind, address: int) -> str:
    return f"{_LATEX_NAME[kind]}_{{{address}}}"


def _latex_constant(kind: ConstantKind, value: float) -> str:
    text = format_constant(kind, value)
    if math.isinf(value):
        return text.replace("inf", r"\infty")
    if math.isnan(value):
        return r"\mathrm{NaN}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else text


def _numpy_constant(kind: ConstantKind, value: float) -> str:
    if math.isfinite(value):
        # The value itself, not its short 32-bit form: NumPy computes with 64 bits.
        return repr(value)
    return (
        format_constant(kind, value).replace("inf", "np.inf").replace("nan", "np.nan")
    )


def _to_json(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _from_json(value: Any) -> Any:
    return float(value) if value in ("nan", "inf", "-inf") else value
