"""Changes of a program that keep its other lines where they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.programs import FUNCTIONS, OP_BY_NAME, Instruction, Kind, Program
from workbench.programs.space import MAX_LENGTH

if TYPE_CHECKING:
    from workbench.insight.values import Address, Place

SUMS = {
    Kind.SCALAR: "SCALAR_SUM_OP",
    Kind.VECTOR: "VECTOR_SUM_OP",
    Kind.MATRIX: "MATRIX_SUM_OP",
}
SCALED = {
    Kind.SCALAR: "SCALAR_PRODUCT_OP",
    Kind.VECTOR: "SCALAR_VECTOR_PRODUCT_OP",
    Kind.MATRIX: "SCALAR_MATRIX_PRODUCT_OP",
}
_SPREAD = {
    Kind.VECTOR: "SCALAR_BROADCAST_OP",
    Kind.MATRIX: "VECTOR_COLUMN_BROADCAST_OP",
}


class Edit:
    """A program under the knife; places are those of the program as given.

    New lines use new addresses, so that they disturb nothing, and new constants stand
    at the end of Setup, so that what it draws stays.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lines: dict[Place, Instruction | None] = {
            (name, index): instruction
            for name in FUNCTIONS
            for index, instruction in enumerate(program.functions[name])
        }
        self._before: defaultdict[Place, list[Instruction]] = defaultdict(list)
        self._after: defaultdict[Place, list[Instruction]] = defaultdict(list)
        self._begin: dict[str, list[Instruction]] = {name: [] for name in FUNCTIONS}
        self._end: dict[str, list[Instruction]] = {name: [] for name in FUNCTIONS}
        self._size = {kind: program.space.size(kind) for kind in Kind}
        self._filled: dict[tuple[Kind, float], int] = {}
        self._zeros: dict[Kind, int] = {}

    # Addresses.

    def new(self, kind: Kind) -> int:
        """Return an address that the program does not use."""
        self._size[kind] += 1
        return self._size[kind] - 1

    def zero(self, kind: Kind) -> int:
        """Return an address that nobody writes."""
        if kind not in self._zeros:
            self._zeros[kind] = self.new(kind)
        return self._zeros[kind]

    def filled(self, kind: Kind, value: float) -> int:
        """Return an address that Setup fills with a constant."""
        if (kind, value) not in self._filled:
            address = self.new(kind)
            if kind is Kind.SCALAR:
                self.end("setup", line("SCALAR_CONST_SET_OP", address, value))
            else:
                below = Kind.SCALAR if kind is Kind.VECTOR else Kind.VECTOR
                source = self.filled(below, value)
                self.end("setup", line(_SPREAD[kind], address, source))
            self._filled[kind, value] = address
        return self._filled[kind, value]

    # Lines.

    def begin(self, function: str, instruction: Instruction) -> None:
        """Put an instruction before the first one, after others put there."""
        self._begin[function].append(instruction)

    def end(self, function: str, instruction: Instruction) -> None:
        """Put an instruction after the last one."""
        self._end[function].append(instruction)

    def before(self, place: Place, instruction: Instruction) -> None:
        """Put an instruction directly before a place, after others put there."""
        self._before[place].append(instruction)

    def after(self, place: Place, instruction: Instruction) -> None:
        """Put an instruction after a place, and after others put there."""
        self._after[place].append(instruction)

    def remove(self, place: Place) -> None:
        """Take the instruction of a place out."""
        self._lines[place] = None

    def write(self, place: Place, instruction: Instruction) -> None:
        """Put another instruction in a place."""
        self._lines[place] = instruction

    def at(self, place: Place) -> Instruction:
        """Return the instruction that the program has at a place."""
        return self._program.functions[place[0]][place[1]]

    # What knock-outs and knock-ins are made of.

    def operand(self, place: Place, number: int, address: int) -> None:
        """Let an instruction read another address of the same kind."""
        now = self._lines[place]
        if now is not None:
            first, second = (address, now.in2) if number == 0 else (now.in1, address)
            self.write(place, replace(now, in1=first, in2=second))

    def constant(self, place: Place, value: float) -> None:
        """Let an instruction write a constant into all that it writes."""
        kind, out = self._output(place)
        if kind is Kind.SCALAR:
            self.write(place, line("SCALAR_CONST_SET_OP", out, value))
        else:
            self.write(place, self.copied((kind, self.filled(kind, value)), out))

    def passing(self, place: Place, number: int) -> bool:
        """Let an instruction pass an operand on; False where the kinds differ."""
        kind, out = self._output(place)
        source = self.at(place).inputs[number]
        if source[0] is not kind:
            return False
        if source[1] == out:
            self.remove(place)
        else:
            self.write(place, self.copied(source, out))
        return True

    def copied(self, source: Address, out: int) -> Instruction:
        """Return the instruction that copies an address to another: x + 0."""
        kind, number = source
        return line(SUMS[kind], out, number, self.zero(kind))

    def scaled(self, factor: int, source: Address, out: int) -> Instruction:
        """Return the instruction that writes a multiple of an address to another."""
        return line(SCALED[source[0]], out, factor, source[1])

    def _output(self, place: Place) -> Address:
        output = self.at(place).output
        if output is None:
            raise ValueError(f"{place} is {self.at(place)}; accepted: what writes")
        return output

    def _around(self, place: Place, own: Instruction | None) -> list[Instruction]:
        here = [] if own is None else [own]
        return [*self._before[place], *here, *self._after[place]]

    def program(self) -> Program:
        """Return the changed program, in the space widened by what it needs."""
        functions = {
            name: (
                *self._begin[name],
                *(
                    instruction
                    for place, own in self._lines.items()
                    if place[0] == name
                    for instruction in self._around(place, own)
                ),
                *self._end[name],
            )
            for name in FUNCTIONS
        }
        return widened(self._program, functions)


def line(name: str, out: int, *operands: float) -> Instruction:
    """Return an instruction from its op's name, output, and inputs or constants."""
    op = OP_BY_NAME[name]
    inputs = [int(number) for number in operands[: len(op.inputs)]]
    first, second = (*inputs, 0, 0)[:2]
    return Instruction(
        op, first, second, out, tuple(map(float, operands[len(op.inputs) :]))
    )


def widened(program: Program, functions: dict[str, tuple[Instruction, ...]]) -> Program:
    """Return a program of these functions in the old one's space, or a wider one.

    Wider by the addresses, ops and lengths that the functions need, and by nothing if
    they need nothing.
    """
    space = program.space
    sizes = {kind: space.size(kind) for kind in Kind}
    for function in functions.values():
        for instruction in function:
            output = instruction.output
            for kind, number in (*instruction.inputs, *([output] if output else [])):
                sizes[kind] = max(sizes[kind], number + 1)
    lengths, ops = {}, {}
    for name, function in functions.items():
        low, high = space.length(name)
        longest = min(max(high, len(function)), MAX_LENGTH)
        lengths[name] = min(low, len(function)), longest
        needed = {i.op.number for i in function if not space.allows(name, i.op)}
        ops[name] = (*space.ops(name), *needed)
    wider = replace(
        space,
        scalars=sizes[Kind.SCALAR],
        vectors=sizes[Kind.VECTOR],
        matrices=sizes[Kind.MATRIX],
        setup_ops=ops["setup"],
        predict_ops=ops["predict"],
        learn_ops=ops["learn"],
        setup_length=lengths["setup"],
        predict_length=lengths["predict"],
        learn_length=lengths["learn"],
    )
    return Program(**functions, space=wider)
