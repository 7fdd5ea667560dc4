"""The space of programs: memory sizes, allowed ops and lengths of the functions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from workbench.programs.instruction import MAX_ADDRESS, Instruction, whole
from workbench.programs.ops import FUNCTIONS, OP_BY_NAME, OPS, Kind, Op

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL_OPS: tuple[int, ...] = tuple(range(len(OPS)))
MAX_LENGTH = 10_000
_SIZE_FIELD = {
    Kind.SCALAR: "scalars",
    Kind.VECTOR: "vectors",
    Kind.MATRIX: "matrices",
}
_OP_FIELDS = tuple(f"{name}_ops" for name in FUNCTIONS)
_LENGTH_FIELDS = tuple(f"{name}_length" for name in FUNCTIONS)


class SpaceError(ValueError):
    """A program does not lie in the space it should lie in."""


class Problem(NamedTuple):
    """Why an instruction is not in a space: which of its fields, and what would be."""

    field: str
    value: str
    accepted: str


class _HasFunctions(Protocol):
    @property
    def functions(self) -> Mapping[str, tuple[Instruction, ...]]: ...


@dataclass(frozen=True, slots=True, repr=False)
class Space:
    """Where a program lives: memory sizes, ops and lengths of each function.

    Label and features are read-only: s0 and v0, or with ``label="vector"`` v1 and v0.
    The prediction is s1, or v2. No-ops are allowed in every function, since fixed
    lengths are padded with them.

    Parameters
    ----------
    scalars, vectors, matrices
        Numbers of addresses.
    setup_ops, predict_ops, learn_ops
        Allowed ops, as numbers or names; kept as sorted numbers.
    setup_length, predict_length, learn_length
        Smallest and largest number of instructions, both included.
    label
        ``"scalar"`` or ``"vector"`` (one-hot, several classes).

    Raises
    ------
    ValueError
        Naming the field, its value and what is accepted.
    """

    scalars: int = 20
    vectors: int = 20
    matrices: int = 20
    setup_ops: tuple[int, ...] = ALL_OPS
    predict_ops: tuple[int, ...] = ALL_OPS
    learn_ops: tuple[int, ...] = ALL_OPS
    setup_length: tuple[int, int] = (0, 21)
    predict_length: tuple[int, int] = (0, 21)
    learn_length: tuple[int, int] = (0, 45)
    label: Literal["scalar", "vector"] = "scalar"

    def __post_init__(self) -> None:
        if self.label not in ("scalar", "vector"):
            raise ValueError(f"label is {self.label!r}; accepted: 'scalar', 'vector'")
        smallest = {"scalars": 2, "vectors": 3 if self.vector_label else 1}
        for name in _SIZE_FIELD.values():
            low = smallest.get(name, 0)
            value = whole(getattr(self, name))
            if value is None or not low <= value <= MAX_ADDRESS + 1:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; "
                    f"accepted: a whole number from {low} to {MAX_ADDRESS + 1}"
                )
            object.__setattr__(self, name, value)
        for name in _OP_FIELDS:
            object.__setattr__(self, name, _op_numbers(name, getattr(self, name)))
        for name in _LENGTH_FIELDS:
            object.__setattr__(self, name, _length_range(name, getattr(self, name)))

    def __repr__(self) -> str:
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"Space({', '.join(given)})"

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return the numbers of scalar, vector and matrix addresses."""
        return self.scalars, self.vectors, self.matrices

    @property
    def vector_label(self) -> bool:
        """Tell whether the label is a vector."""
        return self.label == "vector"

    @property
    def prediction(self) -> tuple[Kind, int]:
        """Return the address of the prediction."""
        return (Kind.VECTOR, 2) if self.vector_label else (Kind.SCALAR, 1)

    def size(self, kind: Kind) -> int:
        """Return the number of addresses of this kind."""
        return self.sizes[kind.code - 1]

    def first_writable(self, kind: Kind) -> int:
        """Return the first address that an instruction may write."""
        if kind is Kind.VECTOR:
            return 2 if self.vector_label else 1
        return 1 if kind is Kind.SCALAR else 0

    def ops(self, function: str) -> tuple[int, ...]:
        """Return the op numbers allowed in ``"setup"``, ``"predict"``, ``"learn"``."""
        numbers: tuple[int, ...] = getattr(self, f"{function}_ops")
        return numbers

    def length(self, function: str) -> tuple[int, int]:
        """Return the smallest and the largest length of a function."""
        length: tuple[int, int] = getattr(self, f"{function}_length")
        return length

    def allows(self, function: str, op: Op) -> bool:
        """Tell whether the function may hold the op (always true for the no-op)."""
        return op.number == 0 or op.number in self.ops(function)

    def addresses(self, kind: Kind, writable: bool = False) -> str:
        """Say which addresses there are, for messages: ``s1 to s19``."""
        first = self.first_writable(kind) if writable else 0
        last = self.size(kind) - 1
        if last < first:
            return f"none (this space has {self.size(kind)} {_SIZE_FIELD[kind]})"
        names = f"{kind.value}{first}", f"{kind.value}{last}"
        return names[0] if first == last else f"{names[0]} to {names[1]}"

    def problem(
        self, function: str, op: Op, *, in1: int = 0, in2: int = 0, out: int = 0
    ) -> Problem | None:
        """Return why an instruction may not stand in the function; None if it may."""
        if not self.allows(function, op):
            names = ", ".join(OPS[number].name for number in self.ops(function))
            return Problem("op", op.name, names or "NO_OP")
        places = [("in1", in1), ("in2", in2)]
        for kind, (name, address) in zip(op.inputs, places, strict=False):
            if not 0 <= address < self.size(kind):
                return Problem(name, f"{kind.value}{address}", self.addresses(kind))
        kind_out = op.output
        if kind_out is not None and not (
            self.first_writable(kind_out) <= out < self.size(kind_out)
        ):
            accepted = self.addresses(kind_out, writable=True)
            return Problem("out", f"{kind_out.value}{out}", accepted)
        return None

    def check(self, program: _HasFunctions) -> None:
        """Raise unless the program lies in this space.

        Raises
        ------
        SpaceError
            Naming function, instruction, field, value and what is accepted.
        """
        for function, instructions in program.functions.items():
            low, high = self.length(function)
            if not low <= len(instructions) <= high:
                raise SpaceError(
                    f"{function.capitalize()} has {len(instructions)} instructions; "
                    f"accepted: {low} to {high}"
                )
            for index, instruction in enumerate(instructions):
                problem = self.problem(
                    function,
                    instruction.op,
                    in1=instruction.in1,
                    in2=instruction.in2,
                    out=instruction.out,
                )
                if problem is not None:
                    raise SpaceError(
                        f"{function.capitalize()}, instruction {index} "
                        f"({instruction}): {problem.field} is {problem.value}; "
                        f"accepted: {problem.accepted}"
                    )

    @classmethod
    def fitting(
        cls,
        setup: Sequence[Instruction] = (),
        predict: Sequence[Instruction] = (),
        learn: Sequence[Instruction] = (),
        label: Literal["scalar", "vector"] = "scalar",
    ) -> Space:
        """Return the smallest memory that holds these instructions, with all ops.

        Lengths go up to those given or to the defaults, whichever is larger.
        """
        needed = {Kind.SCALAR: 2, Kind.VECTOR: 3 if label == "vector" else 2}
        needed[Kind.MATRIX] = 1
        for instruction in (*setup, *predict, *learn):
            for kind, address in (*instruction.inputs, instruction.output or (None, 0)):
                if kind is not None:
                    needed[kind] = max(needed[kind], address + 1)
        return cls(
            scalars=needed[Kind.SCALAR],
            vectors=needed[Kind.VECTOR],
            matrices=needed[Kind.MATRIX],
            setup_length=(0, max(21, len(setup))),
            predict_length=(0, max(21, len(predict))),
            learn_length=(0, max(45, len(learn))),
            label=label,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; ops as names, or ``"all"``."""
        result: dict[str, Any] = {}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if name in _OP_FIELDS:
                value = (
                    "all"
                    if value == ALL_OPS
                    else [OPS[number].name for number in value]
                )
            result[name] = list(value) if isinstance(value, tuple) else value
        return result

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Space:
        """Read what :meth:`to_dict` gives; absent fields keep their defaults.

        Raises
        ------
        ValueError
            For an unknown field or a wrong value.
        """
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise ValueError(
                    f"a space has no field {name!r}; accepted: {', '.join(names)}"
                )
        read: dict[str, Any] = {
            name: ALL_OPS if name in _OP_FIELDS and value == "all" else value
            for name, value in values.items()
        }
        return cls(**read)


def _op_numbers(name: str, values: Any) -> tuple[int, ...]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ValueError(
            f"{name} is {values!r}; accepted: a sequence of op numbers or names"
        )
    return tuple(sorted({_op_number(name, value) for value in values}))


def _op_number(name: str, value: Any) -> int:
    if isinstance(value, Op):
        return value.number
    number = whole(value)
    if number is not None and 0 <= number < len(OPS):
        return number
    if isinstance(value, str) and value in OP_BY_NAME:
        return OP_BY_NAME[value].number
    raise ValueError(
        f"{name} holds {value!r}; accepted: numbers 0 to {len(OPS) - 1} or names "
        "such as 'SCALAR_SUM_OP'"
    )


def _length_range(name: str, value: Any) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    ends = [whole(end) for end in pair]
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
        low, high = ends[0], ends[1]
        if 0 <= low <= high <= MAX_LENGTH:
            return low, high
    raise ValueError(
        f"{name} is {value!r}; accepted: (smallest, largest) with "
        f"0 <= smallest <= largest <= {MAX_LENGTH}"
    )
