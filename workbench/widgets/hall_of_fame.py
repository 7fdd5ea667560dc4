"""The best programs of a search, each of another kind and of many sizes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.insight import fingerprint
from workbench.programs import Program

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.evolution import Ancestor
    from workbench.programs import Space
    from workbench.runs import Event

PLACES = 12
"""Rows of the hall of fame at most."""
FRONT_PLACES = 8
"""Rows of these at most that are there for their size."""
KEPT = 128
"""The fittest programs kept, beyond those that are the best of their size."""
TELLING = 1e-9
"""How far below 1 a fitness tells programs apart by its digits."""


@dataclass(frozen=True, slots=True)
class Fame:
    """A program in the hall of fame."""

    program: Program
    fitness: float
    """On T_search."""
    individuals: int
    """Individuals that its population had made when it appeared."""
    mutation: str
    """What made it; empty where that is not known."""
    form: str = ""
    """Equal for programs that differ in dead code, addresses or constants only."""
    effective: int = 0
    """Number of its effective instructions."""
    is_front: bool = False
    """Whether no program with as few effective instructions is fitter."""


class _Offer(NamedTuple):
    source: Program | str
    space: Space | None
    fitness: float
    individuals: int
    mutation: str


class HallOfFame:
    """Takes programs in, and finds which are worth showing.

    Taking in is cheap; `work` reads what was taken in, for as long as it may.

    Parameters
    ----------
    ties_are_one
        Show only the shortest of programs of equal fitness. Right where fitness is a
        real number that comes from all predictions, so that two programs of equal
        fitness predict the same; not where it counts what is right.
    """

    def __init__(self, ties_are_one: bool = False) -> None:
        self._ties_are_one = ties_are_one
        self._waiting: list[_Offer] = []
        self._known: set[str] = set()
        self._best: dict[str, Fame] = {}

    def offer_events(self, events: Iterable[Event], space: Space) -> None:
        """Take in new bests as a run tells them."""
        self._waiting += [
            _Offer(
                event.data["text"],
                space,
                event.data["fitness"],
                event.data["individuals"],
                event.data.get("mutation") or "",
            )
            for event in events
            if event.kind == "best"
        ]

    def offer(self, programs: Iterable[Ancestor]) -> None:
        """Take in programs that a search has in memory."""
        self._waiting += [
            _Offer(one.program, None, one.fitness, one.individuals, one.mutation or "")
            for one in programs
        ]

    def work(self, seconds: float) -> bool:
        """Read what was taken in, for so long; tell whether something is left.

        At least one, and the latest first: it is mostly the fittest.
        """
        end = time.perf_counter() + seconds
        while self._waiting:
            self._read(self._waiting.pop())
            if time.perf_counter() >= end:
                break
        return bool(self._waiting)

    def _read(self, offer: _Offer) -> None:
        program = offer.source
        if isinstance(program, str):
            program = Program.from_text(program, offer.space)
        effective = program.effective()
        # The text has the constants; what computes the same from it is known already.
        text = str(effective)
        if text in self._known:
            return
        self._known.add(text)
        found = Fame(
            program=program,
            fitness=offer.fitness,
            individuals=offer.individuals,
            mutation=offer.mutation,
            form=form_of(effective),
            effective=len(effective),
        )
        other = self._best.get(found.form)
        if other is None or _rank(found) < _rank(other):
            self._best[found.form] = found
        if len(self._best) > 2 * KEPT:
            ranked = self._ranked()
            front = _front(ranked)
            self._best = {
                one.form: one
                for place, one in enumerate(ranked)
                if place < KEPT or one.form in front
            }

    def chosen(self, also: str = "") -> list[Fame]:
        """Return the rows, fittest first; `also` is the form of one to keep."""
        ranked = self._ranked()
        front = _front(ranked)
        chosen = _spread([one for one in ranked if one.form in front], FRONT_PLACES)
        forms = {one.form for one in chosen}
        rest = [one for one in ranked if one.form not in forms]
        chosen += rest[: PLACES - len(chosen)]
        forms = {one.form for one in chosen}
        if also in self._best and also not in forms:
            chosen[-1] = self._best[also]
        return [replace(o, is_front=o.form in front) for o in sorted(chosen, key=_rank)]

    def _ranked(self) -> list[Fame]:
        """Return what is kept, fittest first, without what predicts the same."""
        ranked = sorted(self._best.values(), key=_rank)
        if not self._ties_are_one:
            return ranked
        first = {one.fitness: one for one in reversed(ranked)}
        # So near to 1, different errors round to one fitness.
        return [
            one
            for one in ranked
            if first[one.fitness] is one or one.fitness > 1.0 - TELLING
        ]


def form_of(program: Program) -> str:
    """Return what programs share that differ in constants, or not in effect, only."""
    blank = {
        name: [
            replace(one, constants=(0.0,) * len(one.constants)) for one in instructions
        ]
        for name, instructions in program.functions.items()
    }
    return fingerprint(Program(**blank, space=program.space))


def hall_part(rows: Iterable[Fame], waiting: bool) -> dict[str, Any]:
    """Return the hall of fame as JSON values."""
    return {
        "rows": [
            {
                "form": one.form,
                "fitness": one.fitness,
                "effective": one.effective,
                "instructions": len(one.program),
                "individuals": one.individuals,
                "mutation": one.mutation.replace("_", " "),
                "front": one.is_front,
            }
            for one in rows
        ],
        "waiting": waiting,
    }


def _spread(ranked: list[Fame], count: int) -> list[Fame]:
    """Return so many at equal distances, the first and the last included."""
    if len(ranked) <= count:
        return ranked
    return [ranked[round(k * (len(ranked) - 1) / (count - 1))] for k in range(count)]


def _rank(one: Fame) -> tuple[float, int, int]:
    fitness = -math.inf if math.isnan(one.fitness) else one.fitness
    return -fitness, one.effective, one.individuals


def _front(found: Iterable[Fame]) -> set[str]:
    """Return the forms than which none with as few instructions is fitter."""
    front: set[str] = set()
    best = 0.0
    for one in sorted(found, key=lambda one: (one.effective, *_rank(one))):
        if one.fitness > best:
            best = one.fitness
            front.add(one.form)
    return front
