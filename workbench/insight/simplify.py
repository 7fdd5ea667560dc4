"""The smallest program with the same fitness within noise, by leaving things out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.engine import evaluate
from workbench.insight.ablation import Effect, fresh_tasks
from workbench.insight.edit import widened
from workbench.insight.values import Colours, Written, values_of
from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.insight.values import Place, Values
    from workbench.programs import Instruction, Kind, Program
    from workbench.tasks import TaskSet
    from workbench.tasks.spec import TaskSpec

Why = Literal["dead", "equal", "within noise"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An instruction that was left out, and why it could be.

    Attributes
    ----------
    place, text
        Where it stood in the program as given, and what it was.
    why
        "dead": it influenced no prediction, or none any more. "equal": fitness on all
        tuning tasks stayed to the last bit. "within noise": within the margin.
    instead
        What is read in its place; nothing where it was just left out.
    """

    place: Place
    text: str
    why: Why
    instead: str = ""

    def __str__(self) -> str:
        name, k = self.place
        read = f", {self.instead} is read instead" if self.instead else ""
        return f"{name} {k + 1}: {self.text} ({self.why}{read})"


@dataclass(frozen=True, slots=True)
class Simplified:
    """A program and its shorter equal.

    Attributes
    ----------
    program
        What is left.
    dropped
        What was left out, in the order in which it went.
    effect
        Fitness of the program as given minus that of what is left, on fresh tasks.
    margin
        How much less fitness counted as the same.
    """

    program: Program
    dropped: tuple[Dropped, ...]
    effect: Effect
    margin: float

    @property
    def same(self) -> bool:
        """Whether the interval on fresh tasks leaves no loss above the margin."""
        return self.effect.high <= self.margin


@dataclass(frozen=True)
class _Stage:
    """A program on the way, with the places where its instructions stood at first."""

    program: Program
    places: dict[str, tuple[int, ...]]
    dropped: tuple[Dropped, ...]

    def alive(self) -> _Stage:
        """Return it without what is dead."""
        places, gone = {}, []
        for name, flags in zip(FUNCTIONS, self.program.live, strict=True):
            kept = []
            for k, at in enumerate(self.places[name]):
                if flags[k]:
                    kept.append(at)
                else:
                    text = str(self.program.functions[name][k])
                    gone.append(Dropped((name, at), text, "dead"))
            places[name] = tuple(kept)
        return _Stage(self.program.effective(), places, (*self.dropped, *gone))


def simplify(
    program: Program,
    spec: TaskSpec,
    *,
    margin: float = 0.005,
    pairs: int = 100,
    seed: int = 0,
) -> Simplified:
    """Leave out of a program whatever its fitness does not need.

    Dead code goes first. Then each instruction is left out in turn, from the last to
    the first; or what reads it reads one of its operands instead, or another
    instruction that computes the same. A change stays if on the tuning tasks the 95 %
    interval of the loss, paired by task and always against the program as given, ends
    at the margin or below; and so on until none does. The result is then compared on
    fresh tasks, and changes are taken back, the last first, while the loss may be above
    the margin there.

    Parameters
    ----------
    program
        Any program.
    spec
        The tasks to decide on; two or more.
    margin
        The loss of mean fitness that counts as none.
    pairs, seed
        Number and seed of the fresh tasks, and seed of random instructions.

    Raises
    ------
    ValueError
        When the margin is negative, or there is only one task.
    """
    if not margin >= 0.0:
        raise ValueError(f"margin is {margin!r}; accepted: a number of 0 or more")
    tasks = spec.make()
    if len(tasks) < 2:
        raise ValueError(
            "spec describes one task, which gives no interval; accepted: two or more"
        )
    own = evaluate(program, tasks, seed=seed).task_fitness
    numbers = {n: tuple(range(len(f))) for n, f in program.functions.items()}
    history = [_Stage(program, numbers, ()).alive()]
    while (shorter := _shorter(history[-1], own, tasks, margin, seed)) is not None:
        history.append(shorter)
    fresh = fresh_tasks(spec, pairs, seed)
    before = evaluate(program, fresh, seed=seed).task_fitness
    while True:
        last = history.pop()
        after = evaluate(last.program, fresh, seed=seed).task_fitness
        effect = Effect.of(before, after)
        if effect.high <= margin or not history:
            return Simplified(last.program, last.dropped, effect, margin)


def _shorter(
    stage: _Stage, own: np.ndarray, tasks: TaskSet, margin: float, seed: int
) -> _Stage | None:
    """Return the first change that costs nothing; None if all do."""
    values = values_of(stage.program)
    now = evaluate(stage.program, tasks, seed=seed).task_fitness
    for place in reversed(list(values.instructions)):
        for instead, changed in _without(stage.program, values, place):
            new = evaluate(changed, tasks, seed=seed).task_fitness
            if not Effect.of(own, new).high <= margin:
                continue
            name, k = place
            at = stage.places[name][k]
            why: Why = "equal" if np.array_equal(new, now) else "within noise"
            text = str(stage.program.functions[name][k])
            places = {
                **stage.places,
                name: (*stage.places[name][:k], *stage.places[name][k + 1 :]),
            }
            gone = Dropped((name, at), text, why, instead)
            return _Stage(changed, places, (*stage.dropped, gone)).alive()
    return None


def _without(
    program: Program, values: Values, place: Place
) -> Iterator[tuple[str, Program]]:
    """Yield programs without an instruction, and what is read in its place."""
    instruction = values.instructions[place]
    assert instruction.output is not None  # effective instructions write
    kind, out = instruction.output
    stands: dict[int, None] = {out: None}
    for other in _alike(values, place):
        stands[other] = None
    for operand_kind, number in instruction.inputs:
        if operand_kind is kind:
            stands[number] = None
    for number in stands:
        instead = "" if number == out else f"{kind.value}{number}"
        yield instead, _dropped(program, values, place, (kind, number))


def _alike(values: Values, place: Place) -> list[int]:
    """Return the outputs of earlier instructions that compute the same."""
    colours = Colours(values, values)
    value = Written(*place)
    found = []
    for name, k in values.instructions:
        other = Written(name, k)
        if name == place[0] and k < place[1] and colours.same(other, value):
            output = values.instructions[name, k].output
            assert output is not None  # effective instructions write
            found.append(output[1])
    return found


def _dropped(
    program: Program, values: Values, place: Place, instead: tuple[Kind, int]
) -> Program:
    """Return the program without an instruction; its readers read another address."""
    functions = {}
    for name in FUNCTIONS:
        lines: list[Instruction] = []
        for k, instruction in enumerate(program.functions[name]):
            if (name, k) == place:
                continue
            changed = instruction
            for number, operand in enumerate(values.reads.get((name, k), ())):
                if operand != Written(*place) or number >= len(instruction.inputs):
                    continue  # of a vector of which one element is set, not an operand
                if number == 0:
                    changed = replace(changed, in1=instead[1])
                else:
                    changed = replace(changed, in2=instead[1])
            lines.append(changed)
        functions[name] = tuple(lines)
    return widened(program, functions)
