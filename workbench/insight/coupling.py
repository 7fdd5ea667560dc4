"""Constants in disguise: found, given an address of their own, and tuned.

An evolved program takes a rate from wherever it finds one: from a norm that hardly
changes, from a number that goes on being its own cosine, from a constant that is noise
level and decay at once. Such hyperparameters are coupled: none can be set without
another. Real et al. 2020 (section 4.2) decoupled and tuned those of their best programs
by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine import evaluate
from workbench.insight.ablation import Effect, fresh_tasks
from workbench.insight.discover import Reading
from workbench.insight.edit import Edit, line
from workbench.insight.values import Entry, Written
from workbench.programs import ConstantKind, Kind, Program

if TYPE_CHECKING:
    from workbench.insight.probe import Metric
    from workbench.insight.values import Place, Value
    from workbench.programs import Instruction
    from workbench.tasks import TaskSet
    from workbench.tasks.spec import TaskSpec

_STEADY = 0.1  # relative deviation below which a value serves as a constant
_FIRST, _LAST = 4.0, 1.2  # factors of the search for better constants
_SCALES = (
    ConstantKind.REAL,
    ConstantKind.STDEV,
    ConstantKind.LOW,
    ConstantKind.HIGH,
)


@dataclass(frozen=True, slots=True)
class Coupling:
    """A scalar that serves as a constant, and hangs together with something else.

    Attributes
    ----------
    source
        What it is in the program's text: `s4 = norm(m3)`, or `s3, left by learn 2: s3 =
        cos(s3)` where it is what an address holds from example to example.
    value
        Its median over the probe's memories.
    spread
        Its standard deviation over its mean, there; 0 is an exact constant.
    uses
        Which operands read it: place of the instruction and number of the operand.
    readers
        The text of the instruction of each use.
    given
        Whether it is a constant of the text; else it is computed.
    """

    source: str
    value: float
    spread: float
    uses: tuple[tuple[Place, int], ...]
    readers: tuple[str, ...]
    given: bool

    def __str__(self) -> str:
        where = ", ".join(
            f"{name} {k + 1} ({text})"
            for ((name, k), _), text in zip(self.uses, self.readers, strict=True)
        )
        if self.given:
            return f"{self.source} is one constant for {len(self.uses)} uses: {where}"
        return (
            f"{self.source} serves as the constant {self.value:.4g} (it varies by"
            f" {self.spread:.1%}) in {where}"
        )


@dataclass(frozen=True, slots=True)
class Tuned:
    """A constant of a program and what it became."""

    place: Place
    before: tuple[float, ...]
    after: tuple[float, ...]

    def __str__(self) -> str:
        old, new = (
            ", ".join(f"{number:.4g}" for number in numbers)
            for numbers in (self.before, self.after)
        )
        return f"{self.place[0]} {self.place[1] + 1}: {old} becomes {new}"


@dataclass(frozen=True, slots=True)
class Retuned:
    """A program with other constants.

    Attributes
    ----------
    program
        With the constants that did best on the tuning tasks.
    changes
        The constants that changed; places are those of the program as given.
    before, after
        Mean fitness on fresh tasks: of what it is compared with, and of the program.
    effect
        After minus before, on fresh tasks.
    evaluations
        How many settings were tried.
    """

    program: Program
    changes: tuple[Tuned, ...]
    before: float
    after: float
    effect: Effect
    evaluations: int

    def __str__(self) -> str:
        how = "as good within noise"
        if self.effect.clear:
            how = "better" if self.effect.difference > 0.0 else "worse"
        changed = "; ".join(map(str, self.changes)) or "no constant changed"
        return (
            f"{how} on fresh tasks: {self.before:.4f} becomes {self.after:.4f},"
            f" {self.effect}; {changed}"
        )


def couplings(
    program: Program, metric: Metric = "rmse", tasks: TaskSet | None = None
) -> tuple[Coupling, ...]:
    """Find the scalars of Predict and Learn that serve as constants and are coupled.

    Coupled are those that are computed, and constants that are read more than once.
    Arguments and errors are those of `discover`. Values are those on `tasks`: on the
    default ones, of six features, a norm may be another, or vary more.
    """
    reading = Reading(program, metric, tasks)
    if not reading.sees:
        return ()
    with np.errstate(all="ignore"):
        serving = steady(reading)
    found = []
    for value, (middle, spread) in serving.items():
        uses = tuple(
            (place, k)
            for place, read in reading.values.reads.items()
            for k, operand in enumerate(read)
            if operand == value
            and place[0] != "setup"
            and Written(*place) not in serving
            and k < len(reading.values.instructions[place].inputs)
        )
        instruction = reading.cones.instruction(value)
        given = instruction is not None and not instruction.inputs
        if len(uses) > given:
            source = str(instruction)
            if isinstance(value, Entry):
                source = _carried(reading, value)
            readers = tuple(str(reading.values.instructions[p]) for p, _ in uses)
            found.append(Coupling(source, middle, spread, uses, readers, given))
    return tuple(found)


def steady(reading: Reading) -> dict[Value, tuple[float, float]]:
    """Return the scalars that hardly change, with median and relative deviation."""
    conduct, values = reading.conduct, reading.values
    held: dict[Value, np.ndarray] = {}
    # What Predict or Learn read of Setup stands in its address for good.
    later = {v for p, read in values.reads.items() if p[0] != "setup" for v in read}
    for place, instruction in values.instructions.items():
        if instruction.op.output is not Kind.SCALAR or instruction.op.is_random:
            continue
        if place[0] == "setup":
            output = instruction.output
            if not instruction.inputs:
                held[Written(*place)] = np.array(instruction.constants)
            elif output is not None and Written(*place) in later:
                held[Written(*place)] = conduct.held(output)
        elif place[0] == "predict":
            held[Written(*place)] = conduct.node(place, reading.probe.x)
        else:
            held[Written(*place)] = conduct.learnt_value(place)
    for address in values.entries:
        if address[0] is Kind.SCALAR:
            held[Entry(address)] = conduct.held(address)
    found = {}
    for value, numbers in held.items():
        middle = float(np.median(numbers))
        spread = float(np.std(numbers) / abs(np.mean(numbers)))
        if math.isfinite(middle) and middle != 0.0 and spread < _STEADY:
            found[value] = middle, spread
    return found


def _carried(reading: Reading, entry: Entry) -> str:
    """Return an address with what leaves its value there for the next example."""
    origins = reading.values.entries[entry.address]
    text = f"{entry.address[0].value}{entry.address[1]}"
    for origin in (origins.learn, origins.predict):
        if isinstance(origin, Written):
            where = f"{origin.function} {origin.index + 1}"
            return f"{text}, left by {where}: {reading.cones.instruction(origin)},"
    return text


def decouple(program: Program, found: tuple[Coupling, ...]) -> Program:
    """Return the program with a constant of its own for each use of each coupling.

    The constants stand at the end of Setup; the space is widened by what they need.

    Raises
    ------
    ValueError
        When a use is no operand of the program.
    """
    edit = Edit(program)
    for coupling in found:
        for place, k in coupling.uses:
            function = program.functions.get(place[0], ())
            if place[1] >= len(function) or k >= len(function[place[1]].inputs):
                raise ValueError(
                    f"a use is operand {k} of {place[0]} {place[1]}, which this program"
                    " does not have; accepted: couplings of this program"
                )
            own = edit.new(Kind.SCALAR)
            edit.end("setup", line("SCALAR_CONST_SET_OP", own, coupling.value))
            edit.operand(place, k, own)
    return edit.program()


def retune(
    program: Program,
    spec: TaskSpec,
    *,
    pairs: int = 100,
    seed: int = 0,
    rounds: int = 12,
    against: Program | None = None,
) -> Retuned:
    """Tune the constants of a program on its tasks, and check them on fresh ones.

    One constant at a time is multiplied and divided by a factor, first 4, and the
    factor's root is taken when nothing gets better; signs stay, and so does zero. Tuned
    are scalar constants and the spread of random draws (of an interval both ends).

    Parameters
    ----------
    program
        Any program.
    spec
        The tasks to tune on.
    pairs, seed
        Number and seed of the fresh tasks, and seed of random instructions.
    rounds
        How often at most all constants are tried.
    against
        What the result is compared with on the fresh tasks: the same program before
        decoupling, tuned by itself, say. By default the program as given.
    """
    tasks = spec.make()

    def fitness(one: Program) -> float:
        return evaluate(one, tasks, seed=seed).fitness

    places = [
        (name, k)
        for name, flags in zip(program.functions, program.live, strict=True)
        for k, instruction in enumerate(program.functions[name])
        if flags[k] and _scaled(instruction, 2.0) != instruction
    ]
    best, reached, tried = program, fitness(program), 1
    factor = _FIRST
    for _ in range(rounds):
        better = False
        for place in places:
            for times in (factor, 1.0 / factor):
                changed = _with_scaled(best, place, times)
                found = fitness(changed)
                tried += 1
                if found > reached:
                    best, reached, better = changed, found, True
                    break
        if not better:
            factor = math.sqrt(factor)
            if factor < _LAST:
                break
    fresh = fresh_tasks(spec, pairs, seed)
    other = program if against is None else against
    before = evaluate(other, fresh, seed=seed).task_fitness
    after = evaluate(best, fresh, seed=seed).task_fitness
    changes = tuple(
        Tuned((name, k), old.constants, new.constants)
        for name, k in places
        for old, new in [(program.functions[name][k], best.functions[name][k])]
        if old != new
    )
    return Retuned(
        best,
        changes,
        float(before.mean()),
        float(after.mean()),
        Effect.of(after, before),
        tried,
    )


def _scaled(instruction: Instruction, times: float) -> Instruction:
    """Return an instruction with its scalar, or the spread of its draw, scaled."""
    kinds = instruction.op.constants
    if instruction.op.is_partial_write:
        return instruction
    return replace(
        instruction,
        constants=tuple(
            value * times if kind in _SCALES else value
            for kind, value in zip(kinds, instruction.constants, strict=True)
        ),
    )


def _with_scaled(program: Program, place: Place, times: float) -> Program:
    name, k = place
    function = list(program.functions[name])
    function[k] = _scaled(function[k], times)
    functions = {**program.functions, name: tuple(function)}
    return Program(**functions, space=program.space)
