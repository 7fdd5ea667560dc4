"""The smallest program with the same fitness within noise, by leaving things out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine import evaluate
from workbench.insight.ablation import Effect, fresh_tasks, own_tasks
from workbench.insight.coupling import steady
from workbench.insight.discover import Reading
from workbench.insight.shortening import Move, Shortening
from workbench.insight.simplified import ROUNDING, Dropped, Rewritten, Simplified
from workbench.insight.values import values_of
from workbench.programs import FUNCTIONS
from workbench.tasks import TaskSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.insight.simplified import Why
    from workbench.insight.values import Place, Value
    from workbench.programs import Program
    from workbench.tasks.spec import TaskSpec

_FEW = 8  # tasks that screen a change; as many as the engine runs side by side
_NEAR = 3  # reads between pairs that are tried before anything changes the fitness
_CHECK = 1 << 32  # marks the seed of the tasks that check a change


@dataclass(frozen=True)
class _Stage:
    """A program on the way, with the places where its instructions stood at first."""

    program: Program
    places: dict[str, tuple[int, ...]]
    dropped: tuple[Dropped, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()

    def at(self, place: Place) -> Place:
        """Return where an instruction stood at first."""
        return place[0], self.places[place[0]][place[1]]

    def text(self, place: Place) -> str:
        """Return the text of an instruction."""
        return str(self.program.functions[place[0]][place[1]])

    def alive(self) -> _Stage:
        """Return it without what is dead."""
        kept = {
            name: tuple(k for k, live in enumerate(flags) if live)
            for name, flags in zip(FUNCTIONS, self.program.live, strict=True)
        }
        return self.after(self.program.effective(), kept, Move(), "dead")

    def after(
        self, program: Program, kept: dict[str, tuple[int, ...]], move: Move, why: Why
    ) -> _Stage:
        """Return what a move makes of it; what else is not kept was dead."""
        places = [*(d.place for d in move.drops), *(place for place, _ in move.written)]
        others = {p: tuple(self.at(q) for q in places if q != p) for p in places}
        gone = []
        for drop in move.drops:
            kind, out = self._output(drop.place)
            instead = "" if drop.number == out else f"{kind}{drop.number}"
            text = self.text(drop.place)
            at, also = self.at(drop.place), others[drop.place]
            gone.append(Dropped(at, text, why, instead, also, drop.how))
        chosen = {drop.place for drop in move.drops}
        for name in FUNCTIONS:
            for k in sorted(set(range(len(self.places[name]))) - set(kept[name])):
                if (name, k) not in chosen:
                    place = name, k
                    gone.append(Dropped(self.at(place), self.text(place), "dead"))
        new = tuple(
            Rewritten(self.at(p), self.text(p), str(now), why, others[p])
            for p, now in move.written
        )
        return _Stage(
            program,
            {name: tuple(self.places[name][k] for k in kept[name]) for name in kept},
            (*self.dropped, *gone),
            (*self.rewritten, *new),
        )

    def _output(self, place: Place) -> tuple[str, int]:
        output = self.program.functions[place[0]][place[1]].output
        assert output is not None  # effective instructions write
        return output[0].value, output[1]


def simplify(
    program: Program,
    spec: TaskSpec,
    *,
    margin: float = 0.005,
    pairs: int = 100,
    seed: int = 0,
    tries: int = 10_000,
    together: bool = True,
    against: Program | None = None,
) -> Simplified:
    """Leave out of a program whatever its fitness does not need.

    Dead code goes first. Then one value at a time gives way to another, from the last
    to the first: to one of which it is made, to one that is computed alike, or to what
    its address held before. After them come factors that another constant can take
    over, values with all that they alone feed, numbers that serve as constants, and
    pairs of instructions, near ones first. What leaves the fitness of the tuning tasks
    as it was (but for rounding) goes before what changes it; of the pairs, near ones
    only. A change stays if the 95 % interval of the loss, paired by task and always
    against the program as given, ends at the margin or below, on the tuning tasks and
    on as many others as `pairs` says. After each change all begins anew. The result is
    compared on fresh tasks, and changes are taken back, the last first, while the loss
    may be above the margin there.

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
    tries
        How many shorter programs are evaluated at most, each on a few tasks, and on
        all if it may be as good there.
    together
        Whether what can only go together is looked for; else one instruction goes at
        a time, and what read it reads one of its operands.
    against
        The program with whose fitness is compared: to go on with a simplified one, the
        one it comes from. By default the program itself.

    Raises
    ------
    ValueError
        When the margin or `tries` is negative, or there is only one task.
    """
    if not margin >= 0.0:
        raise ValueError(f"margin is {margin!r}; accepted: a number of 0 or more")
    if tries < 0:
        raise ValueError(f"tries is {tries!r}; accepted: a number of 0 or more")
    tasks = spec.make()
    if len(tasks) < 2:
        raise ValueError(
            "spec describes one task, which gives no interval; accepted: two or more"
        )
    whole = program if against is None else against
    judge = _Judge(
        whole, tasks, fresh_tasks(spec, pairs, seed + _CHECK), margin, seed, tries
    )
    numbers = {n: tuple(range(len(f))) for n, f in program.functions.items()}
    history = [_Stage(program, numbers).alive()]
    while True:
        shorter = _shorter(history[-1], judge, spec, together=together)
        if shorter is None:
            break
        history.append(shorter)
    fresh = fresh_tasks(spec, pairs, seed)
    before = evaluate(whole, fresh, seed=seed).task_fitness
    while True:
        last = history.pop()
        after = evaluate(last.program, fresh, seed=seed).task_fitness
        effect = Effect.of(before, after)
        found = Simplified(
            last.program,
            last.dropped,
            last.rewritten,
            effect,
            margin,
            judge.tried,
            judge.tried < tries,
        )
        if found.same or not history:
            return found


@dataclass
class _Judge:
    """Decides whether a program does as well as the one given."""

    given: Program
    tasks: TaskSet
    check: TaskSet
    margin: float
    seed: int
    tries: int
    tried: int = 0
    _on_few: dict[Program, np.ndarray] = field(default_factory=dict)
    _losses: dict[Program, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        few = [self.tasks[k] for k in range(min(len(self.tasks), _FEW))]
        self._few = TaskSet.from_tasks(few)
        self._own_few = self.few(self.given)
        self._own = self._fitness(self.given, self.tasks)
        self._own_check = self._fitness(self.given, self.check)
        self.tried = 0

    def few(self, program: Program) -> np.ndarray:
        """Return the fitness on a few tasks, which is remembered."""
        if program not in self._on_few:
            self.tried += 1
            self._on_few[program] = self._fitness(program, self._few)
        return self._on_few[program]

    @property
    def tired(self) -> bool:
        """Whether no more programs may be tried."""
        return self.tried >= self.tries

    def why(self, program: Program, now: Program, *, exact: bool) -> Why | None:
        """Return why a program may stand for the one given; None if it may not.

        With `exact` only if it does the same as the present one.
        """
        few, held = self.few(program), self.few(now)
        if exact and not _alike(few, held):
            return None
        if not exact and Effect.of(self._own_few, few).low > self.margin:
            return None
        new, old = (self._fitness(p, self.tasks) for p in (program, now))
        if exact and not _alike(new, old):
            return None
        if not exact and not self._good(self._own, new):
            return None
        if program not in self._losses:
            checked = self._fitness(program, self.check)
            self._losses[program] = not self._good(self._own_check, checked)
        if self._losses[program]:
            return None
        if np.array_equal(new, old):
            return "equal"
        return "rounding" if _alike(new, old) else "within noise"

    def _good(self, own: np.ndarray, new: np.ndarray) -> bool:
        return Effect.of(own, new).high <= self.margin + ROUNDING

    def _fitness(self, program: Program, tasks: TaskSet) -> np.ndarray:
        return evaluate(program, tasks, seed=self.seed).task_fitness


def _alike(left: np.ndarray, right: np.ndarray) -> bool:
    return bool(np.max(np.abs(left - right)) <= ROUNDING)


def _shorter(
    stage: _Stage, judge: _Judge, spec: TaskSpec, *, together: bool
) -> _Stage | None:
    """Return the first change that costs nothing; None if all do."""
    values = values_of(stage.program)
    ways = Shortening(values)
    plain = [ways.lines]
    if together:
        plain = [ways.singles, ways.folds, ways.groups]

    def searched() -> Iterator[tuple[Iterator[Move], bool]]:
        for kind in plain:
            yield kind(), True
        if together:
            yield ways.pairs(_NEAR), True
        for kind in plain:
            yield kind(), False
        if together:
            yield ways.constants(_serving(stage.program, spec)), False
            yield ways.pairs(), True
            yield ways.pairs(), False

    for moves, exact in searched():
        for move in moves:
            if judge.tired:
                return None
            made = ways.made(move)
            if made is None or sum(map(sum, made.program.live)) >= len(stage.program):
                continue
            why = judge.why(made.program, stage.program, exact=exact)
            if why is not None:
                return stage.after(made.program, dict(made.kept), move, why).alive()
    return None


def _serving(program: Program, spec: TaskSpec) -> dict[Value, float]:
    """Return the scalars that serve as constants, with their values."""
    metric, tasks = own_tasks(spec)
    reading = Reading(program, metric, tasks)
    if not reading.sees:
        return {}
    with np.errstate(all="ignore"):
        return {value: middle for value, (middle, _) in steady(reading).items()}
