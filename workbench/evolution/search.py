"""A search as something that runs: populations, curve, new bests, the final choice."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from workbench.evolution.changes import CHANGEABLE, Schedule, check_changeable
from workbench.evolution.curve import Curve
from workbench.evolution.islands import Islands, PopulationState, totals
from workbench.evolution.selection import Selection
from workbench.evolution.spec import SearchSpec
from workbench.runs.background import RunsItself
from workbench.runs.experiment import (
    Event,
    Progress,
    array_to_json,
    json_to_array,
    register_experiment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.evolution.island import Ancestor, Record
    from workbench.evolution.pacing import Moment
    from workbench.evolution.work import Span
    from workbench.programs import Program
    from workbench.runs.store import RunStore


@dataclass(frozen=True, slots=True)
class Best:
    """The best program of a search."""

    program: Program
    fitness: float
    """On T_search."""
    individuals: int
    """Individuals that its population had made when it appeared."""
    population: int
    """The number of its population."""
    select: float | None = None
    """Mean fitness on T_select, once the search has ended."""
    final: float | None = None
    """Mean fitness on T_final, once the search has ended."""


class Search(RunsItself):
    """A search over programs that can be run, watched, interrupted and resumed.

    Results depend on the spec alone: not on the threads, the chunks in which it
    advances, or interruptions.

    Parameters
    ----------
    spec
        What to search, how and for how long.
    threads
        Populations advanced at the same time; None: as many as there are cores.
    store
        Where the run is kept; None: nowhere.

    Examples
    --------
    >>> search = Search(PRESETS["linear"].spec.but(seed=3)).run()  # doctest: +SKIP
    >>> print(search.best.program.effective())  # doctest: +SKIP
    """

    kind: ClassVar[str] = "search"
    unit: ClassVar[str] = "individuals"

    def __init__(
        self,
        spec: SearchSpec,
        *,
        threads: int | None = None,
        store: RunStore | None = None,
    ) -> None:
        if not isinstance(spec, SearchSpec):
            raise TypeError(f"spec is {type(spec).__name__}; accepted: a SearchSpec")
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ValueError(f"threads is {threads!r}; accepted: None, or 1 or more")
        super().__init__(store)
        self._schedule = Schedule(spec)
        self.threads = threads or os.cpu_count() or 1
        self._islands = Islands(spec, self.threads)
        self._curve = Curve(spec.population * spec.populations)
        self._selection = Selection(spec)
        self._phase = "search"
        self._closed = False
        self._seconds = 0.0
        self._events = 0
        self._best_event: int | None = None
        self._on_record: dict[tuple[int, int], int] = {}
        self._top = -math.inf  # the best fitness at the last point of the curve
        self._told = -math.inf  # the best fitness of an event
        self._populations: tuple[PopulationState, ...] = ()

    def __repr__(self) -> str:
        return f"<Search {self.spec.name!r} seed {self.spec.seed}: {self.phase}>"

    # The experiment: what a runner calls.

    def prepare(self) -> None:
        """Draw the tasks and compile the loop, or load it from disk."""
        self._islands.build()
        self._selection.prepare()
        self._islands.prepare()

    def advance(self, budget: int) -> Progress:
        """Make up to `budget` individuals, or take one step of the closing work."""
        self._islands.build()
        first = len(self._curve.points)
        events: list[Event] = []
        if self._phase == "search":
            began = time.perf_counter()
            self._search(budget, events, began)
            self._seconds += time.perf_counter() - began
            limit = self._schedule.in_force.seconds
            if limit is not None and self._seconds >= limit:
                self.finish()
        elif self._phase == "select":
            self._close_search(events)
            self._select_one(events)
        elif self._phase == "final":
            self._report(events)
        return self._progress(self._curve.points[first:], events)

    def finish(self) -> None:
        """End early: what is left is to select and report the winner."""
        if self._phase == "search":
            self._phase = "select"

    def snapshot(self) -> Progress:
        """Return the present counters and scores."""
        return self._progress([], [])

    def _progress(self, curve: list[dict[str, float]], events: list[Event]) -> Progress:
        metrics: dict[str, float | int | str] = {"phase": self._phase, **self.counters}
        if self._curve.points:
            last = self._curve.points[-1]
            metrics.update({name: last[name] for name in ("top", "mean")})
        best = self._islands.best
        if best is not None:
            metrics["best"] = self._islands[best[0]].best_fitness
        winner = self._selection.winner(self._islands)
        if winner is not None and self._phase != "select":
            metrics["select"] = winner.select
        if self._selection.final is not None:
            metrics["final"] = self._selection.final
        return Progress(
            position=self.individuals,
            total=self.present_spec.individuals,
            finished=self._phase == "done",
            metrics=metrics,
            curve=curve,
            events=events,
        )

    # The search itself.

    def _search(self, budget: int, events: list[Event], began: float) -> None:
        curve, islands = self._curve, self._islands
        while budget > 0 and self._phase == "search":
            events += self._make_changes()
            goal = self._schedule.in_force.fitness
            # Who reaches the goal ends the search for all, at the same boundary.
            budget -= islands.advance(
                min(budget, self._schedule.until_next(self.individuals)),
                curve.next,
                top=self._top,
                ahead=goal is None,
            )
            while self._phase == "search" and islands.at_boundary(curve.boundary):
                moments, ended = islands.moment_at(curve.boundary)
                seconds = max(moment.time for moment in moments) - began
                self._record(events, moments, self._seconds + seconds)
                if ended or (goal is not None and self._top >= goal):
                    self._phase = "select"

    def _make_changes(self) -> list[Event]:
        """Make the changes whose time has come, and return what to tell of them."""
        due = self._schedule.make_due(self.individuals)
        if due:
            self._islands.change(self._schedule.in_force)
        return [self._event("changed", data, position) for position, data in due]

    def _record(
        self, events: list[Event], moments: list[Moment], seconds: float
    ) -> None:
        """Add a point to the curve and report the new bests since the last."""
        bests = [moment.best for moment in moments]
        counters = totals(moment.counters for moment in moments)
        if any(best > self._top for best in bests):
            self._report_new_bests(events, counters["individuals"])
        self._top = max(self._top, *bests)
        self._populations = tuple(PopulationState.at(moment) for moment in moments)
        members = np.concatenate([moment.members for moment in moments])
        self._curve.add(counters, seconds, self._top, members, bests)

    def _report_new_bests(self, events: list[Event], position: int) -> None:
        """Report the new bests since the last point: those above the best of then.

        One that the record has dropped by now (see `population.RECORDS`) is left out.
        """
        records = [
            (record.individuals, number, record)
            for number, island in enumerate(self._islands)
            for record in island.records()
            if record.individuals <= self._curve.boundary
        ]
        known = {(number, individuals) for individuals, number, _ in records}
        self._on_record = {k: e for k, e in self._on_record.items() if k in known}
        for _, number, record in sorted(r for r in records if r[2].fitness > self._top):
            if record.fitness > self._told:
                events.append(self._best_found(number, record, position))

    def _close_search(self, events: list[Event]) -> None:
        """Report what the last point lacks, and a best too small to go on record."""
        if self._closed:
            return
        self._closed = True
        best = self._islands.best
        if best is None:
            return
        points = self._curve.points
        if not points or points[-1]["individuals"] < self.individuals:
            moments, _ = self._islands.moment_at(self._curve.boundary)
            self._record(events, moments, self._seconds)
        number, node = best
        record = self._islands[number].record(node)
        if record.fitness > self._told:
            events.append(self._best_found(number, record, self.individuals))

    def _best_found(self, number: int, record: Record, position: int) -> Event:
        """Return the event of a new best, with its ancestry since the last recorded."""
        island = self._islands[number]
        told = {
            other.node: self._on_record[number, other.individuals]
            for other in island.records()
            if (number, other.individuals) in self._on_record
        }
        chain, known = island.ancestry(record.node, set(told))
        data = {
            "fitness": record.fitness,
            "individuals": record.individuals,
            "population": number,
            "text": str(chain[-1].program),
            "mutation": chain[-1].mutation,
            "previous": self._best_event,
            "parent": None if known is None else told[known],
            "chain": [_step_to_json(step) for step in chain[:-1]],
        }
        self._told = record.fitness
        self._best_event = self._events
        self._on_record[number, record.individuals] = self._events
        return self._event("best", data, position)

    def _event(
        self, kind: str, data: dict[str, Any], position: int | None = None
    ) -> Event:
        self._events += 1
        return Event(kind, self.individuals if position is None else position, data)

    # The closing work.

    def _select_one(self, events: list[Event]) -> None:
        """Evaluate the next candidate on T_select; after the last, choose."""
        if self._selection.select_one(self._islands):
            return
        self._phase = "final"
        winner = self.best
        if winner is not None and winner.select is not None:
            data = {"select": winner.select, "fitness": winner.fitness}
            events.append(
                self._event("selected", {**data, "text": str(winner.program)})
            )

    def _report(self, events: list[Event]) -> None:
        """Evaluate the winner on T_final."""
        winner = self.best
        if winner is not None:
            final = self._selection.report(winner.program)
            if final is not None:
                data = {"final": final, "text": str(winner.program)}
                events.append(self._event("final", data))
        self._phase = "done"
        self._islands.close()

    def _chosen(self) -> tuple[int, int, float | None] | None:
        """Return population, node and T_select fitness of `best`."""
        winner = self._selection.winner(self._islands)
        if winner is not None and self._phase in {"final", "done"}:
            return winner
        best = self._islands.best
        return None if best is None else (*best, None)

    # Changing it.

    def change(self, **settings: Any) -> None:
        """Change settings while the search is paused: `search.change(tournament=5)`.

        The change stands in `spec` from now on, so that `Search(search.spec)` makes
        the same run again, and in an event "changed". What is as it was is left out.

        Parameters
        ----------
        settings
            New values of some of `CHANGEABLE`: mutation_probability, mutations,
            tournament and the stop rules, where None is no limit.

        Raises
        ------
        RuntimeError
            While the search runs, and once it has ended.
        ValueError
            For another setting, or a value that is not accepted.
        """
        check_changeable(settings)
        runner = self._runner
        if runner is None:
            self._change(settings)
        else:
            runner.amend(lambda: self._change(settings))

    def _change(self, settings: Mapping[str, Any]) -> Progress:
        if self._phase != "search":
            raise RuntimeError(
                "the search has ended; before that, while it is paused, may be changed"
                f" {', '.join(CHANGEABLE)}"
            )
        self._schedule.add(self.individuals, settings)
        # Before it has begun, its first step tells.
        begun = self.individuals > 0 and self._runner is not None
        return self._progress([], self._make_changes() if begun else [])

    @property
    def spec(self) -> SearchSpec:
        """What makes this very run again: as it began, with its changes by position."""
        return self._schedule.spec

    @property
    def present_spec(self) -> SearchSpec:
        """The settings in force now."""
        return self.spec.at(self.individuals)

    # What a notebook reads.

    @property
    def phase(self) -> str:
        """What it is at: "search", "select", "final" or "done"."""
        return self._phase

    @property
    def individuals(self) -> int:
        """Individuals made so far, over all populations."""
        return self._islands.individuals

    @property
    def counters(self) -> dict[str, int]:
        """Counts so far: what was made, evaluated in full, known already, cut short."""
        return self._islands.counters

    @property
    def best(self) -> Best | None:
        """The winner if the search has ended, the best on T_search until then.

        None before the first individual. Read it when the search is paused or done:
        while it runs, the populations change under the reader.
        """
        chosen = self._chosen()
        if chosen is None:
            return None
        number, node, select = chosen
        record = self._islands[number].record(node)
        return Best(
            program=self._islands[number].program(node),
            fitness=record.fitness,
            individuals=record.individuals,
            population=number,
            select=select,
            final=self._selection.final,
        )

    @property
    def curve(self) -> pd.DataFrame:
        """The curve so far, one row a point; see `CURVE_COLUMNS`."""
        return self._curve.frame()

    @property
    def population_curves(self) -> pd.DataFrame:
        """The best fitness so far of each population, one row a point of the curve.

        A column a population, by its number from 0; none if there is only one.
        """
        return self._curve.population_frame()

    @property
    def lineage(self) -> tuple[Ancestor, ...]:
        """The ancestry of `best` as far as it is kept, first ancestor first."""
        chosen = self._chosen()
        if chosen is None:
            return ()
        return tuple(self._islands[chosen[0]].lineage(chosen[1]))

    def hall_of_fame(
        self, count: int = 64, population: int | None = None
    ) -> tuple[Ancestor, ...]:
        """Return the fittest programs in memory, fittest first.

        Members and recorded bests of all populations, or of one, by its number; no two
        of one population have the same effective code. Read it when the search is
        paused or done.
        """
        if population is not None:
            return tuple(self._islands[population].fittest(count))
        return tuple(self._islands.fittest(count))

    @property
    def populations(self) -> tuple[PopulationState, ...]:
        """How each population stood at the last point of the curve."""
        return self._populations or self._islands.states()

    @property
    def work(self) -> tuple[Span, ...]:
        """What each thread did lately, by the clock: no part of the result."""
        return self._islands.work.spans

    # Saving and going on.

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that `restore` needs."""
        self._islands.build()
        facts = {
            "phase": self._phase,
            "closed": self._closed,
            "seconds": self._seconds,
            "events": self._events,
            "best_event": self._best_event,
            "on_record": [[*key, event] for key, event in self._on_record.items()],
            "top": _finite(self._top),
            "told": _finite(self._told),
            "scores": self._selection.scores,
            "final": self._selection.final,
            "changes": self._schedule.state(),
        }
        return {
            "search": json_to_array(facts),
            **self._curve.to_arrays(),
            **self._islands.state(),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state` was taken.

        Raises
        ------
        ValueError
            When the state is another search's.
        """
        self._islands.build()
        self._islands.restore(state)
        facts = array_to_json(state["search"])
        if "changes" in facts:  # those of earlier releases have none
            self._schedule.restore(facts["changes"])
            self._islands.change(self._schedule.in_force)
        self._phase = facts["phase"]
        self._closed = facts["closed"]
        self._seconds = facts["seconds"]
        self._events = facts["events"]
        self._best_event = facts["best_event"]
        self._on_record = {(p, n): event for p, n, event in facts["on_record"]}
        self._top = -math.inf if facts["top"] is None else facts["top"]
        self._told = -math.inf if facts["told"] is None else facts["told"]
        self._selection.restore(facts["scores"], facts["final"])
        self._curve.read_arrays(state)
        self._islands.remember(self._curve.boundary)

    # Running it; the rest is inherited.

    def resume(self) -> None:
        """Go on after a pause."""
        self.runner.resume()

    def step(self, n: int = 1) -> None:
        """Make exactly `n` individuals in the background, then pause."""
        self.runner.step(n)


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value


def _step_to_json(step: Ancestor) -> dict[str, Any]:
    return {**step._asdict(), "program": str(step.program)}


def _from_dict(spec: Mapping[str, Any], **options: Any) -> Search:
    return Search(SearchSpec.from_dict(spec), **options)


register_experiment(Search.kind, _from_dict)
