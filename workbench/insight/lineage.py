"""How a search came to its best program: the steps that mattered, and the family tree.

Works on what a search tells: `Search.lineage`, or the `best` events of a run, which the
store keeps. Neither needs the search itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pandas as pd

from workbench.insight.diff import ProgramDiff, diff
from workbench.programs import OPS, Program
from workbench.programs.space import MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.programs import Space
    from workbench.runs.experiment import Event


class AncestorLike(Protocol):
    """What a lineage is made of; `workbench.evolution`'s `Ancestor` is one."""

    @property
    def program(self) -> Program:
        """The program."""

    @property
    def fitness(self) -> float:
        """Its fitness on the search tasks."""

    @property
    def individuals(self) -> int:
        """How many its population had made up to and including it."""

    @property
    def mutation(self) -> str | None:
        """What made it from its parent; None for a first ancestor."""

    @property
    def merged(self) -> int:
        """How many steps between its parent and it are no longer kept."""


class Kin(NamedTuple):
    """A program of a lineage, read from an event."""

    program: Program
    fitness: float
    individuals: int
    mutation: str | None
    merged: int


@dataclass(frozen=True, eq=False)
class Step:
    """A step of a lineage that mattered.

    Attributes
    ----------
    program, fitness, individuals
        As it stood after the step.
    mutation
        What made it from `parent`; None for the first ancestor.
    parent
        The program before it in the lineage; None for the first ancestor.
    previous
        The program of the step that mattered before this one.
    gain
        Fitness less that of `previous`; 0 for the first ancestor.
    skipped
        How many steps without effect lie between `previous` and `parent`, those no
        longer kept included.
    merged
        How many steps between `parent` and this one are no longer kept: `diff` then
        shows more than one mutation.
    event
        The number of the event that told of it; None unless it was a recorded best.
    """

    program: Program
    fitness: float
    individuals: int
    mutation: str | None
    parent: Program | None
    previous: Program | None
    gain: float
    skipped: int
    merged: int
    event: int | None = None

    @cached_property
    def diff(self) -> ProgramDiff | None:
        """What the mutation changed; None for the first ancestor."""
        return None if self.parent is None else diff(self.parent, self.program)

    @cached_property
    def since(self) -> ProgramDiff | None:
        """What changed since the step that mattered before, drift included."""
        return None if self.previous is None else diff(self.previous, self.program)


def steps(lineage: Iterable[AncestorLike], *, every: bool = False) -> tuple[Step, ...]:
    """Return the steps of a lineage that mattered, the first ancestor first.

    A step matters when the fitness differs from its parent's. The first ancestor and
    the last program are always among them.

    Parameters
    ----------
    lineage
        The first ancestor first, as `Search.lineage` gives it.
    every
        Return the steps without effect, too.
    """
    return _steps([(kin, None) for kin in lineage], every=every)


def _steps(
    chain: Sequence[tuple[AncestorLike, int | None]], *, every: bool
) -> tuple[Step, ...]:
    found: list[Step] = []
    skipped = 0
    for number, (kin, event) in enumerate(chain):
        parent = chain[number - 1][0] if number else None
        last = number == len(chain) - 1
        neutral = parent is not None and kin.fitness == parent.fitness
        if neutral and not last and event is None and not every:
            skipped += 1 + kin.merged
            continue
        before = found[-1] if found else None
        found.append(
            Step(
                program=kin.program,
                fitness=kin.fitness,
                individuals=kin.individuals,
                mutation=kin.mutation,
                parent=None if parent is None else parent.program,
                previous=None if before is None else before.program,
                gain=0.0 if before is None else kin.fitness - before.fitness,
                skipped=skipped,
                merged=kin.merged,
                event=event,
            )
        )
        skipped = 0
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Best:
    """A new best of a run, as its event told of it.

    Attributes
    ----------
    event
        The number of the event in its run.
    parent
        The event of its nearest recorded ancestor; None where there is none.
    previous
        The event of the best before it, of whatever family; None for the first.
    fitness, individuals, population, mutation, program
        Of the program itself.
    position
        Individuals of all populations when the event was told.
    chain
        The ancestors between `parent` and it that changed the fitness.
    """

    event: int
    parent: int | None
    previous: int | None
    fitness: float
    individuals: int
    population: int
    mutation: str | None
    program: Program
    position: int
    chain: tuple[Kin, ...]


class FamilyTree:
    """The recorded bests of a run and who descends from whom.

    Parameters
    ----------
    events
        All events of the run, from the first: those of `RunStore.events`.
    space
        The search's space; without it, labels are taken to be scalars.
    """

    def __init__(self, events: Iterable[Event], space: Space | None = None) -> None:
        told = list(events)
        roomy = None if space is None else room(space)
        self.bests: dict[int, Best] = {
            number: _best(number, event.position, event.data, roomy)
            for number, event in enumerate(told)
            if event.kind == "best"
        }
        """The bests by the number of their event, in order."""
        self.selected: int | None = None
        """The best that fresh tasks chose; None before that, or if it is no best."""
        chosen = [event.data["text"] for event in told if event.kind == "selected"]
        for number, best in self.bests.items():
            if chosen and str(best.program) == chosen[-1]:
                self.selected = number

    def __len__(self) -> int:
        return len(self.bests)

    def __repr__(self) -> str:
        return f"<FamilyTree of {len(self)} bests in {len(self.roots)} families>"

    @property
    def roots(self) -> tuple[int, ...]:
        """The events of the bests without a recorded ancestor."""
        return tuple(n for n, best in self.bests.items() if best.parent is None)

    def children(self, event: int) -> tuple[int, ...]:
        """Return the events of the bests whose nearest recorded ancestor this is."""
        return tuple(n for n, best in self.bests.items() if best.parent == event)

    def ancestors(self, event: int) -> tuple[int, ...]:
        """Return the recorded ancestors of a best and itself, the first one first."""
        chain: list[int] = []
        at: int | None = event
        while at is not None:
            chain.append(at)
            at = self._get(at).parent
        return tuple(reversed(chain))

    @property
    def mainline(self) -> tuple[int, ...]:
        """The recorded ancestors of the last best, and it; empty without bests."""
        return self.ancestors(next(reversed(self.bests))) if self.bests else ()

    def steps(self, event: int | None = None) -> tuple[Step, ...]:
        """Return the steps that mattered on the way to a best, by default the last.

        Events leave out the ancestors that changed no fitness: what those drifted is
        in the `diff` of the step after them.

        Raises
        ------
        ValueError
            When no best has this event.
        """
        path = self.mainline if event is None else self.ancestors(event)
        chain: list[tuple[AncestorLike, int | None]] = []
        for number in path:
            best = self.bests[number]
            chain += [(kin, None) for kin in best.chain]
            itself = Kin(best.program, best.fitness, best.individuals, best.mutation, 0)
            chain.append((itself, number))
        return _steps(chain, every=False)

    def table(self) -> pd.DataFrame:
        """Return the tree as a table in the ALife data standard for phylogenies.

        One row a best: `id`, `ancestor_list` ("[none]" or "[3]"), `origin_time`
        (individuals) and `taxon_label`, then what the standard leaves free: fitness,
        population, mutation, program.
        """
        rows = [
            {
                "id": best.event,
                "ancestor_list": f"[{'none' if best.parent is None else best.parent}]",
                "origin_time": best.individuals,
                "taxon_label": f"best {best.event}",
                "fitness": best.fitness,
                "population": best.population,
                "mutation": best.mutation,
                "program": str(best.program),
            }
            for best in self.bests.values()
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _get(self, event: int) -> Best:
        try:
            return self.bests[event]
        except KeyError:
            known = ", ".join(map(str, self.bests)) or "none"
            raise ValueError(f"event is {event!r}; accepted: {known}") from None


_COLUMNS = [
    "id",
    "ancestor_list",
    "origin_time",
    "taxon_label",
    "fitness",
    "population",
    "mutation",
    "program",
]


def room(space: Space) -> Space:
    """Return a space that also holds a first program with other ops or lengths."""
    every, any_length = tuple(range(len(OPS))), (0, MAX_LENGTH)
    return replace(
        space,
        setup_ops=every,
        predict_ops=every,
        learn_ops=every,
        setup_length=any_length,
        predict_length=any_length,
        learn_length=any_length,
    )


def _best(
    number: int, position: int, data: Mapping[str, Any], space: Space | None
) -> Best:
    return Best(
        event=number,
        parent=data["parent"],
        previous=data["previous"],
        fitness=data["fitness"],
        individuals=data["individuals"],
        population=data["population"],
        mutation=data["mutation"],
        program=Program.from_text(data["text"], space),
        position=position,
        chain=tuple(
            Kin(**{**step, "program": Program.from_text(step["program"], space)})
            for step in data["chain"]
        ),
    )
