"""What a lineage view tells: the steps that mattered, side branches, the family tree.

A chain of ancestors comes from `Search.lineage`, where nothing was left out, or from
the events of a run, which leave out what changed no fitness.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.insight import FamilyTree
from workbench.insight import steps as steps_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.insight.lineage import AncestorLike, Step
    from workbench.programs import Program, Space
    from workbench.runs import Event

    Key = tuple[int, Program]

MAX_STEPS = 1000
"""Steps shown of a lineage: of more, those of the largest gains."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A step of the story.

    Attributes
    ----------
    program, fitness, individuals, mutation
        As it stood after the step, and what made it.
    parent
        The program before it in the lineage; None for a first ancestor.
    previous
        The number of the step shown before it; None for a first ancestor.
    gain
        Fitness less that of the step before.
    drift
        The steps without effect in between, as far as they are kept.
    lost
        How many in between are not kept.
    merged
        How many of these lie between `parent` and it.
    event
        The event that told of it, if it was a recorded best.
    """

    program: Program
    fitness: float
    individuals: int
    mutation: str | None
    parent: Program | None
    previous: int | None
    gain: float
    drift: tuple[AncestorLike, ...]
    lost: int
    merged: int
    event: int | None = None


@dataclass(frozen=True, eq=False)
class Story:
    """All steps by number, the main line first, and the tree of the recorded bests."""

    steps: tuple[Shown, ...]
    main: int
    """How many of the steps are the main line."""
    tree: FamilyTree
    places: Mapping[int, int]
    """The step of each recorded best, by its event; some may have none."""
    on_main: frozenset[int]
    """The events on the main line."""
    length: int
    """Programs in the main lineage, those no longer kept included."""
    left_out: int
    """Steps with an effect that are not shown, since there are too many."""


def tell(
    lineage: Sequence[AncestorLike], events: Iterable[Event], space: Space | None
) -> Story:
    """Return the story of a lineage and the events of its search.

    Parameters
    ----------
    lineage
        The first ancestor first; empty: that of the last best, as the events tell it.
    events
        All events of the run; without any, there is no family tree.
    space
        The search's space.
    """
    tree = FamilyTree(events, space)
    events_of = {(b.individuals, b.program): number for number, b in tree.bests.items()}
    if lineage:
        shown, left_out = _shorten(_from_lineage(lineage, events_of))
        keys = {(kin.individuals, kin.program) for kin in lineage}
        on_main = frozenset(n for key, n in events_of.items() if key in keys)
        length = len(lineage) + sum(kin.merged for kin in lineage)
    else:
        told = tree.steps()
        shown, left_out = _shorten(_from_events(told, {}))
        on_main = frozenset(tree.mainline)
        length = sum(1 + step.skipped + step.merged for step in told)
    main = len(shown)
    numbers = {(s.individuals, s.program): n for n, s in enumerate(shown)}
    for event in reversed(tree.bests):
        best = tree.bests[event]
        if event in on_main or (best.individuals, best.program) in numbers:
            continue
        branch = _from_events(tree.steps(event), numbers)
        if len(shown) + len(branch) > 2 * MAX_STEPS:
            continue
        for step in branch:
            numbers[step.individuals, step.program] = len(shown)
            shown.append(step)
    places = {n: numbers[key] for key, n in events_of.items() if key in numbers}
    return Story(tuple(shown), main, tree, places, on_main, length, left_out)


def _from_lineage(
    lineage: Sequence[AncestorLike], events_of: Mapping[Key, int]
) -> list[Shown]:
    found: list[Shown] = []
    start = 0  # where the steps since the last one shown begin
    at = -1
    for step in steps_of(lineage):
        at = next(n for n in range(at + 1, len(lineage)) if _is(lineage[n], step))
        drift = tuple(lineage[start:at])
        found.append(
            Shown(
                program=step.program,
                fitness=step.fitness,
                individuals=step.individuals,
                mutation=step.mutation,
                parent=step.parent,
                previous=len(found) - 1 if found else None,
                gain=step.gain,
                drift=drift,
                lost=sum(kin.merged for kin in drift) + step.merged,
                merged=step.merged,
                event=events_of.get((step.individuals, step.program)),
            )
        )
        start = at + 1
    return found


def _is(kin: AncestorLike, step: Step) -> bool:
    return kin.individuals == step.individuals and kin.program is step.program


def _from_events(steps: Sequence[Step], known: Mapping[Key, int]) -> list[Shown]:
    """Return the steps after the last one that is known already."""
    found: list[Shown] = []
    previous: int | None = None
    for step in steps:
        number = known.get((step.individuals, step.program))
        if number is not None:
            previous, found = number, []
            continue
        found.append(
            Shown(
                program=step.program,
                fitness=step.fitness,
                individuals=step.individuals,
                mutation=step.mutation,
                parent=step.parent,
                previous=len(known) + len(found) - 1 if found else previous,
                gain=step.gain,
                drift=(),
                lost=step.skipped + step.merged,
                merged=step.merged,
                event=step.event,
            )
        )
    return found


def _shorten(steps: list[Shown]) -> tuple[list[Shown], int]:
    """Keep the first, the last and the largest gains; what is between them drifts."""
    if len(steps) <= MAX_STEPS:
        return steps, 0
    inner = sorted(range(1, len(steps) - 1), key=lambda n: -abs(steps[n].gain))
    kept = sorted({0, len(steps) - 1, *inner[: MAX_STEPS - 2]})
    found: list[Shown] = []
    for before, number in zip([None, *kept], kept, strict=False):
        step = steps[number]
        if before is not None:
            between = steps[before + 1 : number]
            step = replace(
                step,
                previous=len(found) - 1,
                gain=step.fitness - steps[before].fitness,
                drift=(*(kin for s in between for kin in s.drift), *step.drift),
                lost=sum(s.lost + 1 for s in between) + step.lost,
            )
        found.append(step)
    return found, len(steps) - len(kept)


@dataclass(frozen=True)
class Spot:
    """Where a best stands in a drawing of the tree: columns in order, lanes apart."""

    column: int
    lane: int


def lay_out(story: Story) -> dict[int, Spot]:
    """Place the bests: the main line in lane 0, each side branch in a lane of its own.

    A lane is used again once its branch has ended.
    """
    tree, main = story.tree, story.on_main
    columns = {event: column for column, event in enumerate(tree.bests)}
    spots = {event: Spot(columns[event], 0) for event in main}
    free: list[int] = []  # by lane, from lane 1: the column from which it is free
    first_child: dict[int, int] = {}
    for event, best in tree.bests.items():
        if event not in main and best.parent is not None and best.parent not in main:
            first_child.setdefault(best.parent, event)
    heirs = set(first_child.values())
    heads = [e for e in tree.bests if e not in main and e not in heirs]

    def start(event: int) -> int:
        parent = tree.bests[event].parent
        return columns[event if parent is None else parent]

    for head in sorted(heads, key=start):
        branch = [head]
        while branch[-1] in first_child:
            branch.append(first_child[branch[-1]])
        lane = next((n for n, end in enumerate(free) if end <= start(head)), len(free))
        end = columns[branch[-1]] + 1
        free[lane : lane + 1] = [end]
        spots.update({e: Spot(columns[e], lane + 1) for e in branch})
    return spots
