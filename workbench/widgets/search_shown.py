"""Which program the search panel shows: the best, the winner, or one picked."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from workbench.programs import Program
from workbench.runs.status import ENDED
from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.search_view import program_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from workbench.evolution import Search
    from workbench.runs import Event

_versions = count(1)


class Told(NamedTuple):
    """A program with what is told of it."""

    program: Program
    fitness: float
    individuals: int
    mutation: str = ""


class Pick(NamedTuple):
    """A program that the reader chose, and what to compare it with."""

    kind: Literal["hall", "discovery"]
    key: str
    """Its form, or the number of its event."""
    told: Told
    before: Told | None


class ShownProgram:
    """Follows the new bests of a search, and holds what the reader picked."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._newest: tuple[Event | None, Event | None] = (None, None)
        self._drawn: Hashable = None
        self._now: Told | None = None
        self.pick: Pick | None = None
        self.version = 0

    @property
    def newest(self) -> Event | None:
        """The event of the newest best."""
        return self._newest[1]

    @property
    def now(self) -> Told | None:
        """What was shown when `refresh` was called last."""
        return self._now

    @property
    def top(self) -> float | None:
        """The best fitness that an event told of."""
        told = [event.data["fitness"] for event in self._newest if event is not None]
        return max(told, default=None)

    def follow(self, event: Event) -> None:
        """Take the event of a new best."""
        self._newest = (self._newest[1], event)

    def tell(self, event: Event) -> Told:
        """Return the program of an event."""
        data = event.data
        program = Program.from_text(data["text"], self._search.spec.space)
        mutation = (data.get("mutation") or "").replace("_", " ")
        return Told(program, data["fitness"], data["individuals"], mutation)

    def refresh(self, status: str) -> dict[str, Any] | None:
        """Return what to show as JSON values; None if it is shown already."""
        before, newest = self._newest
        if self.pick is not None:
            pick = self.pick
            return self._draw(
                ("pick", pick.kind, pick.key),
                lambda: (pick.told, pick.before),
                pick={"kind": pick.kind, "key": pick.key},
                role="best" if pick.kind == "hall" else "",
            )
        best = self._search.best if status in (*ENDED, "paused") else None
        if best is not None:
            judged = best.select is not None or best.final is not None
            known = newest is not None and (
                (newest.data["individuals"], newest.data.get("population"))
                == (best.individuals, best.population)
            )
            # Events come with the points of the curve; a pause may lie between.
            ahead = newest is None or best.fitness > newest.data["fitness"]
            winner = status in ENDED and judged and not known
            if winner or (status == "paused" and ahead):
                return self._draw(
                    ("best", best.individuals, best.population, winner),
                    lambda: (
                        Told(best.program, best.fitness, best.individuals),
                        None if newest is None else self.tell(newest),
                    ),
                    winner=winner,
                )
        if newest is None:
            return None
        return self._draw(
            ("event", newest.data["individuals"]),
            lambda: (self.tell(newest), None if before is None else self.tell(before)),
        )

    def _draw(
        self,
        key: Hashable,
        make: Callable[[], tuple[Told, Told | None]],
        **more: Any,
    ) -> dict[str, Any] | None:
        if key == self._drawn:
            return None
        self._drawn = key
        now, before = make()
        self._now = now
        self.version = next(_versions)
        functions, dead = program_parts(now.program)
        value = {
            "version": self.version,
            "fitness": now.fitness,
            "individuals": now.individuals,
            "mutation": now.mutation,
            "functions": functions,
            "dead": dead,
            "previous": None,
            **more,
        }
        if before is not None:
            value["previous"] = {
                "fitness": before.fitness,
                "individuals": before.individuals,
            }
            value["diff"] = diff_parts(before.program, now.program)
        return value
