"""What each operand of a program reads, over the whole life of the program.

A program runs Setup once, then Predict and Learn for each training example, and Predict
alone for each validation example. An operand reads what some instruction wrote, what
the training loop provides, or what its address held when Predict began: an `Entry`,
the state that a program carries from example to example. Compilers call this form
static single assignment, with the entries as its phi functions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.programs import FUNCTIONS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from workbench.programs import Instruction, Program

Address = tuple[Kind, int]
Place = tuple[str, int]
"""A function and the place of an instruction in it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What an instruction wrote when it last ran."""

    function: str
    index: int  #: its place in the function, of the program as given


@dataclass(frozen=True, slots=True)
class Zero:
    """What an address holds that nothing has written; also a hidden label."""

    address: Address


@dataclass(frozen=True, slots=True)
class Features:
    """The features of the present example."""


@dataclass(frozen=True, slots=True)
class Label:
    """The label of the present example, as Learn sees it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction as Learn finds it: in classification, as a probability."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an address holds when Predict begins."""

    address: Address


Value = Written | Zero | Features | Label | Prediction | Entry


class Origins(NamedTuple):
    """Where the value of an `Entry` comes from."""

    setup: Value  #: at the first example
    learn: Value  #: after a training example
    predict: Value  #: after a validation example


@dataclass(frozen=True, eq=False)
class Values:
    """The values of a program's effective code.

    Attributes
    ----------
    instructions
        The effective instructions by place; places are those of the program as given.
    reads
        What they read: a value an operand. One that writes a single element also
        reads, last, the vector or matrix that it changes.
    entries
        The state: of each address that carries something from example to example,
        where that comes from.
    prediction
        What the prediction's address holds at the end of Predict.
    """

    program: Program
    instructions: Mapping[Place, Instruction]
    reads: Mapping[Place, tuple[Value, ...]]
    entries: Mapping[Address, Origins]
    prediction: Value

    def operands(self, value: Value) -> tuple[Value, ...]:
        """Return what a value is made of."""
        if isinstance(value, Written):
            return self.reads[value.function, value.index]
        if isinstance(value, Entry):
            return self.entries[value.address]
        return (self.prediction,) if isinstance(value, Prediction) else ()

    def reachable(self, start: Iterable[Value] = ()) -> list[Value]:
        """Return all values on which the prediction and `start` depend, each once."""
        found: dict[Value, None] = dict.fromkeys([self.prediction, *start])
        waiting = list(found)
        while waiting:
            for operand in self.operands(waiting.pop()):
                if operand not in found:
                    found[operand] = None
                    waiting.append(operand)
        return list(found)


def values_of(program: Program) -> Values:
    """Return what the effective instructions of a program read."""
    reader = _Reader(program)
    after_setup = reader.run("setup", Zero)
    after_predict = reader.run("predict", reader.at_predict)

    def at_learn(address: Address) -> Value:
        if address == reader.label:
            return Label()
        if address == program.space.prediction:
            return Prediction()
        return after_predict(address)

    after_learn = reader.run("learn", at_learn)
    prediction = after_predict(program.space.prediction)
    read = {
        value
        for values in (*reader.reads.values(), (prediction,))
        for value in values
        if isinstance(value, Entry)
    }
    entries = {}
    constant: dict[Value, Value] = {}
    for entry in sorted(read, key=lambda e: (e.address[0].code, e.address[1])):
        origins = Origins(
            after_setup(entry.address),
            after_learn(entry.address),
            after_predict(entry.address),
        )
        if origins.learn == origins.predict == entry:
            constant[entry] = origins.setup  # nothing but Setup ever writes it
        else:
            entries[entry.address] = origins
    return Values(
        program=program,
        instructions=reader.instructions,
        reads={
            place: tuple(constant.get(value, value) for value in values)
            for place, values in reader.reads.items()
        },
        entries=entries,
        prediction=constant.get(prediction, prediction),
    )


class _Reader:
    """Walks through the effective instructions and notes what they read."""

    def __init__(self, program: Program) -> None:
        vector = program.space.vector_label
        self.label: Address = (Kind.VECTOR, 1) if vector else (Kind.SCALAR, 0)
        self.instructions: dict[Place, Instruction] = {
            (name, index): instruction
            for name, flags in zip(FUNCTIONS, program.live, strict=True)
            for index, instruction in enumerate(program.functions[name])
            if flags[index]
        }
        self.reads: dict[Place, tuple[Value, ...]] = {}

    def at_predict(self, address: Address) -> Value:
        """Return what an address holds when Predict begins."""
        if address == (Kind.VECTOR, 0):
            return Features()
        return Zero(address) if address == self.label else Entry(address)

    def run(
        self, name: str, before: Callable[[Address], Value]
    ) -> Callable[[Address], Value]:
        """Read through a function; return what addresses hold after it."""
        written: dict[Address, Value] = {}

        def now(address: Address) -> Value:
            return written[address] if address in written else before(address)

        for (function, index), instruction in self.instructions.items():
            output = instruction.output
            if function != name or output is None:
                continue
            read = [now(address) for address in instruction.inputs]
            if instruction.op.is_partial_write:
                read.append(now(output))
            self.reads[function, index] = tuple(read)
            written[output] = Written(function, index)
        return now


class Colours:
    """Tells which values of two programs are computed alike, and how deeply.

    Values get colours: in round 0 by what they are themselves (op and constants), in
    each further round also by the colours of their operands. Values whose colours
    never part are equal at every step of every run (they are bisimilar): only
    addresses and the order of independent instructions tell them apart. Two random
    draws are taken for each other where they come from the same distribution and have
    the same rank among the draws from it.
    """

    def __init__(self, *programs: Values) -> None:
        self._programs = programs
        self.rounds: list[list[dict[Value, int]]] = []
        self._refine(lambda side, value: _own(programs[side], value))
        classes = 0
        while self._count() > classes:
            classes = self._count()
            self._refine(self._with_operands)
        del self.rounds[-1]  # it told nothing apart that the one before did not

    def same(self, left: Value, right: Value) -> bool:
        """Tell whether a value of the first program equals one of the second."""
        return self.rounds[-1][0].get(left, -1) == self.rounds[-1][1].get(right, -2)

    def depth(self, left: Value, right: Value) -> int:
        """Return through how many rounds the colours agree, 0 for none."""
        agree = 0
        for first, second in self.rounds:
            if first.get(left, -1) != second.get(right, -2):
                break
            agree += 1
        return agree

    def _count(self) -> int:
        return len({colour for side in self.rounds[-1] for colour in side.values()})

    def _refine(self, mark: Callable[[int, Value], Hashable]) -> None:
        numbers: dict[Hashable, int] = {}
        coloured = [
            {
                value: numbers.setdefault(mark(side, value), len(numbers))
                for value in values.reachable(Written(*p) for p in values.instructions)
            }
            for side, values in enumerate(self._programs)
        ]
        self.rounds.append(coloured)

    def _with_operands(self, side: int, value: Value) -> Hashable:
        colours = self.rounds[-1][side]
        return colours[value], *_of_operands(self._programs[side], value, colours)


def fingerprint(program: Program) -> str:
    """Return a text that is equal for programs with the same computation.

    The same in the sense of `Colours`: without dead code, under any addresses, in any
    order of independent instructions. It stays the same from session to session.
    """
    values = values_of(program)
    wanted = values.reachable()
    texts = {value: repr(_own(values, value)) for value in wanted}
    for _ in range(_ROUNDS):
        texts = {
            value: _digest(texts[value], *_of_operands(values, value, texts))
            for value in wanted
        }
    return texts[values.prediction]


# Programs of up to this many values, state included, can be told apart for certain.
_ROUNDS = 128


def _digest(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


def _of_operands(values: Values, value: Value, colours: Mapping[Value, Any]) -> list:
    """Return the colours of the operands, sorted where their order does not count."""
    found = [colours[operand] for operand in values.operands(value)]
    if isinstance(value, Written):
        instruction = values.instructions[value.function, value.index]
        if instruction.op.is_commutative:
            found.sort()
    return found


def _own(values: Values, value: Value) -> tuple[Hashable, ...]:
    """Return what tells a value apart by itself."""
    if isinstance(value, Written):
        instruction = values.instructions[value.function, value.index]
        drawn = instruction.op.is_random
        rank = (value.function, _rank(values, value)) if drawn else ()
        return instruction.op.name, constant_bits(instruction), rank
    if isinstance(value, Zero | Entry):
        return type(value).__name__, value.address[0].value
    return type(value).__name__, values.program.space.label


def constant_bits(instruction: Instruction) -> tuple[str, ...]:
    """Return the constants in a form in which NaN equals NaN, and 0.0 not -0.0."""
    return tuple(value.hex() for value in instruction.constants)


def _rank(values: Values, value: Written) -> int:
    """Return which of the equal draws of its function a random instruction is."""
    own = values.instructions[value.function, value.index]
    before: Counter[tuple[int, tuple[str, ...]]] = Counter(
        (other.op.number, constant_bits(other))
        for (function, index), other in values.instructions.items()
        if function == value.function and index < value.index
    )
    return before[own.op.number, constant_bits(own)]
