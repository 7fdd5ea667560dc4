"""Ways to make a program shorter by a few instructions at once.

A `Move` says which instructions go, and what is read in their place. Whether fitness
stays the same is for others to see (`simplify`): many moves change the computation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.insight.edit import line, widened
from workbench.insight.values import Colours, Entry, Prediction, Written, Zero
from workbench.programs import FUNCTIONS, Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.insight.values import Address, Place, Value, Values
    from workbench.programs import Instruction

_SCALING = (
    "SCALAR_PRODUCT_OP",
    "SCALAR_VECTOR_PRODUCT_OP",
    "SCALAR_MATRIX_PRODUCT_OP",
)
_SUMS = ("SCALAR_SUM_OP", "VECTOR_SUM_OP", "MATRIX_SUM_OP")
_DIFFERENCES = ("SCALAR_DIFF_OP", "VECTOR_DIFF_OP", "MATRIX_DIFF_OP")
_CONSTANT = "SCALAR_CONST_SET_OP"

How = Literal["read", "onto", "carried"]


class Drop(NamedTuple):
    """An instruction that goes, and what comes in its place.

    `read`: those that read what it wrote read the address `number`. `onto`: what wrote
    `value` writes the address of the dropped instruction instead, so that it is also
    carried on. `carried`: those that read at the next example what it wrote read
    `number` too.
    """

    place: Place
    number: int
    value: Value | None = None  #: in `number`, if known; None: as it was before
    how: How = "read"


@dataclass(frozen=True, slots=True)
class Move:
    """Instructions that go together, and constants that take another value."""

    drops: tuple[Drop, ...] = ()
    written: tuple[tuple[Place, Instruction], ...] = ()


class Shorter(NamedTuple):
    """A program after a move."""

    program: Program
    kept: Mapping[str, tuple[int, ...]]  #: places of its instructions before the move


class Shortening:
    """The moves of a program without dead code.

    Parameters
    ----------
    values
        What its operands read.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._instructions = values.instructions
        self._origins = {
            value for origins in values.entries.values() for value in origins
        } | {values.prediction}
        self._colours = Colours(values, values)

    # Moves.

    def lines(self) -> Iterator[Move]:
        """Yield moves by which one instruction goes, the last first.

        What read it reads what its address held before, an operand, or what is
        computed alike.
        """
        for place in reversed(list(self._instructions)):
            for drop in self._instead(place, self._operands(place)):
                if drop.how == "read":
                    yield Move((drop,))

    def singles(self) -> Iterator[Move]:
        """Yield moves by which one value gives way to another, the last place first.

        To what its address held before; to one that is computed alike; to any of its
        kind that it is made of, the nearest first. What only fed it goes too.
        """
        for place in reversed(list(self._instructions)):
            for drop in self._instead(place, self._made_of(place)):
                yield Move((drop,))

    def groups(self) -> Iterator[Move]:
        """Yield moves by which a value goes with all that it feeds alone.

        What joins it with another value of the same kind lets that other pass.
        """
        values: list[Value] = [Written(*p) for p in self._instructions]
        values += [Entry(address) for address in self._values.entries]
        for value in values:
            drops = self._with_what_it_feeds(value)
            if drops is not None and len(drops) > 1:
                yield Move(drops)

    def pairs(self, most: int | None = None) -> Iterator[Move]:
        """Yield pairs of moves of one instruction each, near ones first.

        Near by the number of reads between them; with `most`, no more than so many.
        """
        near = self._distances()
        single = {
            place: list(self._instead(place, self._operands(place)))
            for place in reversed(list(self._instructions))
        }
        places = sorted(combinations(single, 2), key=lambda p: near.get(p, len(single)))
        for first, second in places:
            if most is not None and near.get((first, second), most + 1) > most:
                continue
            for one in single[first]:
                for other in single[second]:
                    yield Move((one, other))

    def folds(self) -> Iterator[Move]:
        """Yield moves by which a factor goes and another constant takes it over."""
        constants = {
            place: instruction
            for place, instruction in self._instructions.items()
            if instruction.op.name == _CONSTANT
        }
        for place in reversed(list(self._instructions)):
            for value, number, factor in self._factors(place):
                for at, constant in constants.items():
                    if Written(*at) in self._values.reads[place]:
                        continue
                    times = constant.constants[0] * factor
                    scaled = replace(constant, constants=(times,))
                    for drop in self._ways(place, value, number):
                        yield Move((drop,), ((at, scaled),))

    def constants(self, steady: Mapping[Value, float]) -> Iterator[Move]:
        """Yield moves by which a scalar becomes the constant as which it serves."""
        for value, number in steady.items():
            if not isinstance(value, Written):
                continue
            place = value.function, value.index
            instruction = self._instructions[place]
            if instruction.inputs:
                own = line(_CONSTANT, instruction.out, number)
                yield Move(written=((place, own),))

    # What can come in the place of a value.

    def _instead(self, place: Place, found: list[tuple[Value, int]]) -> Iterator[Drop]:
        kind, out = self._output(place)
        yield Drop(place, out)
        for name, k in self._instructions:
            if name == place[0] and k < place[1]:
                other = Written(name, k)
                if self._colours.same(other, Written(*place)):
                    yield Drop(place, self._output((name, k))[1], other)
        for value, number in found:
            yield from self._ways(place, value, number)
        entry = self._values.entries.get((kind, out))
        if entry is not None and entry.learn == Written(*place):
            for _, number in self._operands(place):
                if number != out:
                    yield Drop(place, number, None, "carried")

    def _ways(self, place: Place, value: Value, number: int) -> Iterator[Drop]:
        """Yield how a value of the same kind can come in the place of another."""
        yield Drop(place, number, value)
        if Written(*place) in self._origins and self._moves(value):
            yield Drop(place, number, value, "onto")

    def _moves(self, value: Value) -> bool:
        """Tell whether a value can be written to another address."""
        if not isinstance(value, Written):
            return False
        at = value.function, value.index
        return not self._instructions[at].op.is_partial_write

    def _operands(self, place: Place) -> list[tuple[Value, int]]:
        """Return the operands of the kind that an instruction writes."""
        kind, _ = self._output(place)
        inputs = self._instructions[place].inputs
        return [
            (value, number)
            for value, (own, number) in zip(
                self._values.reads[place], inputs, strict=False
            )
            if own is kind
        ]

    def _made_of(self, place: Place) -> list[tuple[Value, int]]:
        """Return all of the kind it writes that it is made of in the same cycle."""
        kind, _ = self._output(place)
        found: dict[tuple[Value, int], None] = {}
        waiting, seen = [place], {place}
        while waiting:
            here = waiting.pop(0)
            inputs = self._instructions[here].inputs
            for value, (own, number) in zip(
                self._values.reads[here], inputs, strict=False
            ):
                if own is kind:
                    found[value, number] = None
                if isinstance(value, Written):
                    at = value.function, value.index
                    if at not in seen:
                        seen.add(at)
                        waiting.append(at)
        return list(found)

    def _factors(self, place: Place) -> Iterator[tuple[Value, int, float]]:
        """Yield what an instruction scales, its address, and the constant factor."""
        instruction, reads = self._instructions[place], self._values.reads[place]
        name = instruction.op.name
        if name in _SUMS and reads[0] == reads[1]:
            yield reads[0], instruction.inputs[0][1], 2.0
        if name in _DIFFERENCES and isinstance(reads[0], Zero):
            yield reads[1], instruction.inputs[1][1], -1.0
        if name not in _SCALING and name != "SCALAR_DIVISION_OP":
            return
        for k in (0, 1) if name == "SCALAR_PRODUCT_OP" else (0,):
            factor, scaled = (k, 1 - k) if name in _SCALING else (1, 0)
            value = reads[factor]
            if not isinstance(value, Written):
                continue
            source = self._instructions[value.function, value.index]
            if source.op.name != _CONSTANT:
                continue
            number = source.constants[0]
            if name == "SCALAR_DIVISION_OP":
                if number == 0.0:
                    continue
                number = 1.0 / number
            yield reads[scaled], instruction.inputs[scaled][1], number

    def _output(self, place: Place) -> Address:
        output = self._instructions[place].output
        assert output is not None  # effective instructions write
        return output

    # What hangs together.

    def _with_what_it_feeds(self, start: Value) -> tuple[Drop, ...] | None:
        """Return what goes with a value; None if the prediction does too."""
        gone: set[Value] = {start}
        drops: dict[Place, Drop] = {}
        if isinstance(start, Written):
            place = start.function, start.index
            drops[place] = Drop(place, self._output(place)[1])
        waiting: list[Value] = [start]
        while waiting:
            value = waiting.pop()
            if value == self._values.prediction or isinstance(value, Prediction):
                return None
            for address, origins in self._values.entries.items():
                if value == origins.learn and Entry(address) not in gone:
                    gone.add(Entry(address))
                    waiting.append(Entry(address))
            for place, reads in self._values.reads.items():
                if value not in reads or place in drops:
                    continue
                others = [
                    (v, number) for v, number in self._operands(place) if v not in gone
                ]
                if len(others) == 1:
                    *_, drop = self._ways(place, *others[0])
                else:
                    drop = Drop(place, self._output(place)[1])
                    gone.add(Written(*place))
                    waiting.append(Written(*place))
                drops[place] = drop
        return tuple(drops.values())

    def _distances(self) -> dict[tuple[Place, Place], int]:
        """Return the number of reads between instructions, whichever way they go."""
        beside: dict[Value, set[Value]] = {}
        for value in self._values.reachable():
            for operand in self._values.operands(value):
                beside.setdefault(value, set()).add(operand)
                beside.setdefault(operand, set()).add(value)
        found: dict[tuple[Place, Place], int] = {}
        for place in self._instructions:
            far: dict[Value, int] = {Written(*place): 0}
            waiting: list[Value] = [Written(*place)]
            while waiting:
                value = waiting.pop(0)
                for other in beside.get(value, ()):
                    if other not in far:
                        far[other] = far[value] + 1
                        waiting.append(other)
            for value, steps in far.items():
                if isinstance(value, Written):
                    found[place, (value.function, value.index)] = steps
        return found

    # Doing it.

    def made(self, move: Move) -> Shorter | None:
        """Return what a move makes of the program; None if its parts disagree."""
        drops = {drop.place: drop for drop in move.drops}
        moved: dict[Value, int] = {}
        for drop in move.drops:
            if drop.how == "onto":
                value = self._last(drop.value, drops)
                if value is None or not self._moves(value) or value in moved:
                    return None
                moved[value] = self._output(drop.place)[1]
        carried = {
            Entry(self._output(d.place)): d for d in move.drops if d.how == "carried"
        }
        written = dict(move.written)
        lost = self._lost(drops)
        functions: dict[str, tuple[Instruction, ...]] = {}
        kept: dict[str, tuple[int, ...]] = {}
        for name in FUNCTIONS:
            lines, places = [], []
            for k, own in enumerate(self._values.program.functions[name]):
                place = name, k
                if place in drops or place in lost:
                    continue
                changed = written.get(place, own)
                for n, value in enumerate(self._values.reads[place]):
                    number = self._read_now(value, drops, carried, moved)
                    if number is None or n >= len(changed.inputs):
                        continue
                    if n == 0:
                        changed = replace(changed, in1=number)
                    else:
                        changed = replace(changed, in2=number)
                if Written(*place) in moved:
                    changed = replace(changed, out=moved[Written(*place)])
                lines.append(changed)
                places.append(k)
            functions[name], kept[name] = tuple(lines), tuple(places)
        if written:
            return Shorter(widened(self._values.program, functions), kept)
        return Shorter(Program(**functions, space=self._values.program.space), kept)

    def _read_now(
        self,
        value: Value,
        drops: Mapping[Place, Drop],
        carried: Mapping[Entry, Drop],
        moved: Mapping[Value, int],
    ) -> int | None:
        """Return where an operand is read now; None where it was."""
        drop = None
        if isinstance(value, Entry):
            drop = carried.get(value)
        elif isinstance(value, Written):
            drop = drops.get((value.function, value.index))
        if drop is None:
            return moved.get(value)
        number, last = self._follow(drop, drops)
        return number if last is None else moved.get(last, number)

    def _follow(
        self, drop: Drop, drops: Mapping[Place, Drop]
    ) -> tuple[int, Value | None]:
        """Return what is read for a dropped one, be that dropped too."""
        while isinstance(drop.value, Written):
            below = drops.get((drop.value.function, drop.value.index))
            if below is None:
                break
            drop = below
        return drop.number, drop.value

    def _last(self, value: Value | None, drops: Mapping[Place, Drop]) -> Value | None:
        while isinstance(value, Written):
            below = drops.get((value.function, value.index))
            if below is None:
                break
            value = below.value
        return value

    def _lost(self, drops: Mapping[Place, Drop]) -> set[Place]:
        """Return the instructions on which nothing depends any more.

        They would go as dead code, but for what they overwrite. Only where it is known
        which value comes in the place of which.
        """
        for drop in drops.values():
            at = Written(*drop.place)
            stays = drop.value == Entry(self._output(drop.place))
            if drop.value is None or drop.how == "carried":
                return set()
            if drop.how == "read" and at in self._origins and not stays:
                return set()
        start = self._last(self._values.prediction, drops)
        assert start is not None  # all are known
        needed: set[Value] = {start}
        waiting = [start]
        while waiting:
            for operand in self._values.operands(waiting.pop()):
                value = self._last(operand, drops)
                if value is not None and value not in needed:
                    needed.add(value)
                    waiting.append(value)
        return {p for p in self._instructions if Written(*p) not in needed}
