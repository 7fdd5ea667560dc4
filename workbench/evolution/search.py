"""A search as something that runs: populations, curve, new bests, the final choice."""

from __future__ import annotations

import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.engine import evaluate
from workbench.engine.blocks import make_blocks
from workbench.evolution import population as pool
from workbench.evolution.island import Ancestor, Island
from workbench.evolution.spec import SearchSpec
from workbench.runs.experiment import (
    Event,
    Progress,
    array_to_json,
    json_to_array,
    register_experiment,
)
from workbench.runs.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.programs import Program
    from workbench.runs.store import RunStore
    from workbench.tasks import TaskSet

CURVE_COLUMNS = (
    "individuals",
    "evaluations",
    "cache_hits",
    "train_steps",
    "seconds",
    "best",
    "top",
    "mean",
    "q05",
    "q25",
    "q50",
    "q75",
    "q95",
)
"""A curve's columns: counts, search time (the one that is not reproducible), the best
fitness so far, the best of the present population, and the population's spread."""

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_DENSE_POINTS = 1024  # points at the first interval; each doubling adds half as many
CANDIDATES = 16
"""Programs of each population that compete on T_select."""


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


class Search:
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
        Where `start` keeps the run; None: nowhere.

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
        self.spec = spec
        self.threads = threads or os.cpu_count() or 1
        self._store = store
        self._runner: Runner | None = None
        self._islands: list[Island] = []
        self._pool: ThreadPoolExecutor | None = None
        self._phase = "search"
        self._seconds = 0.0
        self._points: list[dict[str, float]] = []
        self._pending: list[dict[str, Any]] = []
        self._best_event: int | None = None
        self._events = 0
        self._on_record: dict[tuple[int, int], int] = {}
        self._top = -math.inf
        self._scores: list[tuple[int, int, float]] = []
        self._final: float | None = None
        self._fresh: dict[str, TaskSet] = {}

    def __repr__(self) -> str:
        return f"<Search {self.spec.name!r} seed {self.spec.seed}: {self.phase}>"

    # The experiment: what a runner calls.

    def prepare(self) -> None:
        """Draw the tasks and compile the loop, or load it from disk."""
        self._build()
        for island in self._islands:
            island.prepare()

    def _build(self) -> None:
        if self._islands:
            return
        spec = self.spec
        tasks = spec.task_spec("tasks")
        if tasks is None:
            raise ValueError("tasks is None; accepted: a TaskSpec")
        task_set = tasks.make()
        if task_set.label != spec.space.label:
            raise ValueError(
                f"space.label is {spec.space.label!r}, but the tasks have"
                f" {task_set.label} labels; accepted: the same for both"
            )
        blocks = make_blocks(task_set, spec.dtype)
        self._islands = [Island(spec, i, blocks) for i in range(spec.populations)]

    def advance(self, budget: int) -> Progress:
        """Make up to `budget` individuals, or take one step of the closing work."""
        self._build()
        first = len(self._points)
        events: list[Event] = []
        if self._phase == "search":
            began = time.perf_counter()
            self._search(budget, events, began)
            self._seconds += time.perf_counter() - began
            limit = self.spec.seconds
            if limit is not None and self._seconds >= limit:
                self.finish()
        elif self._phase == "select":
            self._select_one(events)
        elif self._phase == "final":
            self._report(events)
        return self._progress(self._points[first:], events)

    def finish(self) -> None:
        """End early: what is left is to select and report the winner."""
        if self._phase == "search":
            self._phase = "select"

    def snapshot(self) -> Progress:
        """Return the present counters and scores."""
        return self._progress([], [])

    def _progress(self, curve: list[dict[str, float]], events: list[Event]) -> Progress:
        metrics: dict[str, float | int | str] = {"phase": self._phase, **self.counters}
        if self._points:
            last = self._points[-1]
            metrics.update({name: last[name] for name in ("top", "mean")})
        best = self._best_node()
        if best is not None:
            metrics["best"] = self._islands[best[0]].best_fitness
        winner = self._winner()
        if winner is not None and self._phase != "select":
            metrics["select"] = winner[2]
        if self._final is not None:
            metrics["final"] = self._final
        return Progress(
            position=self.individuals,
            total=self.spec.individuals,
            finished=self._phase == "done",
            metrics=metrics,
            curve=curve,
            events=events,
        )

    # The search itself.

    def _search(self, budget: int, events: list[Event], began: float) -> None:
        while budget > 0 and self._phase == "search":
            active = [i for i in self._islands if not self._at_boundary(i)]
            before = self.individuals
            self._advance_islands(active, budget)
            budget -= self.individuals - before
            if all(self._at_boundary(island) for island in self._islands):
                self._record(events, self._seconds + time.perf_counter() - began)
                hit = self.spec.fitness is not None and self._top >= self.spec.fitness
                if hit or all(island.done for island in self._islands):
                    self._phase = "select"

    def _at_boundary(self, island: Island) -> bool:
        return island.done or island.individuals >= self._boundary

    @property
    def _boundary(self) -> int:
        """Individuals a population at the next point of the curve.

        Intervals double as the search goes on, so that points stay few.
        """
        base = max(1, self.spec.population // 4)
        done = int(self._points[-1]["boundary"]) if self._points else 0
        interval = base << (done // (_DENSE_POINTS * base)).bit_length()
        return (done // interval + 1) * interval

    def _advance_islands(self, active: list[Island], budget: int) -> None:
        share, rest = divmod(budget, len(active))
        targets = [
            min(self._boundary, island.individuals + share + (k < rest))
            for k, island in enumerate(active)
        ]
        if len(active) == 1 or self.threads == 1:
            found = [i.advance(t) for i, t in zip(active, targets, strict=True)]
        else:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, "workbench-island")
            found = list(self._pool.map(Island.advance, active, targets))
        for island, records in zip(active, found, strict=True):
            number = self._islands.index(island)
            for record in records:
                self._pending.append({"population": number, **record._asdict()})

    def _record(self, events: list[Event], seconds: float) -> None:
        """Add a point to the curve and report the new bests since the last."""
        self._pending.sort(key=lambda r: (r["individuals"], r["population"]))
        for record in self._pending:
            if record["fitness"] > self._top:
                self._top = record["fitness"]
                events.append(self._best_found(record))
        self._pending = []
        members = np.concatenate([i.member_fitness() for i in self._islands])
        self._top = max(self._top, *[i.best_fitness for i in self._islands])
        values = [float(v) for v in np.quantile(members, _QUANTILES)]
        named = zip(("q05", "q25", "q50", "q75", "q95"), values, strict=True)
        self._points.append(
            {
                "boundary": self._boundary,
                **self.counters,
                "seconds": seconds,
                "best": self._top,
                "top": float(members.max()),
                "mean": float(members.mean()),
                **dict(named),
            }
        )

    def _best_found(self, record: dict[str, Any]) -> Event:
        """Return the event of a new best, with its ancestry since the last recorded."""
        number, node = record["population"], record["node"]
        island = self._islands[number]
        chain, known = island.ancestry(
            node, {n for p, n in self._on_record if p == number}
        )
        data = {
            "fitness": record["fitness"],
            "individuals": record["individuals"],
            "population": number,
            "text": str(chain[-1].program) if chain else str(island.program(node)),
            "mutation": chain[-1].mutation if chain else None,
            "previous": self._best_event,
            "parent": None if known is None else self._on_record[number, known],
            "chain": [_step_to_json(step) for step in chain[:-1]],
        }
        self._best_event = self._events
        self._on_record[number, node] = self._events
        return self._event("best", data)

    def _event(self, kind: str, data: dict[str, Any]) -> Event:
        self._events += 1
        return Event(kind, self.individuals, data)

    # The closing work.

    def _candidates(self) -> list[tuple[int, int]]:
        return [
            (number, node)
            for number, island in enumerate(self._islands)
            for node in island.candidates(CANDIDATES)
        ]

    def _score(self, program: Program, role: str) -> float:
        if role not in self._fresh:
            spec = self.spec.task_spec("select" if role == "select" else "final")
            if spec is None:
                return math.nan
            self._fresh[role] = spec.make()
        evaluation = evaluate(
            program,
            self._fresh[role],
            seed=_role_seed(self.spec.seed, role),
            max_abs_error=self.spec.max_abs_error,
            dtype=self.spec.dtype,
        )
        return evaluation.fitness

    def _select_one(self, events: list[Event]) -> None:
        """Evaluate the next candidate on T_select; after the last, choose."""
        candidates = self._candidates() if self.spec.select is not None else []
        if len(self._scores) < len(candidates):
            number, node = candidates[len(self._scores)]
            program = self._islands[number].program(node)
            self._scores.append((number, node, self._score(program, "select")))
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
        if winner is not None and self.spec.final is not None:
            self._final = self._score(winner.program, "final")
            data = {"final": self._final, "text": str(winner.program)}
            events.append(self._event("final", data))
        self._phase = "done"
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _winner(self) -> tuple[int, int, float] | None:
        """Return population, node and T_select fitness of the winner so far."""
        if not self._scores:
            return None
        fitness = [self._islands[p].arrays.fitness[n] for p, n, _ in self._scores]
        order = range(len(self._scores))
        return self._scores[
            max(order, key=lambda k: (self._scores[k][2], fitness[k], -k))
        ]

    def _best_node(self) -> tuple[int, int] | None:
        """Return population and node of the best on T_search."""
        found = [
            (island.best_fitness, -number)
            for number, island in enumerate(self._islands)
            if island.individuals > 0
        ]
        if not found:
            return None
        number = -max(found)[1]
        return number, self._islands[number].counter(pool.BEST)

    # What a notebook reads.

    @property
    def phase(self) -> str:
        """What it is at: "search", "select", "final" or "done"."""
        return self._phase

    @property
    def individuals(self) -> int:
        """Individuals made so far, over all populations."""
        return sum(island.individuals for island in self._islands)

    @property
    def counters(self) -> dict[str, int]:
        """Counts so far: what was made, evaluated in full, known already, cut short."""
        entries = {
            "individuals": pool.INDIVIDUALS,
            "evaluations": pool.EVALUATIONS,
            "cache_hits": pool.CACHE_HITS,
            "hurdle_stops": pool.HURDLE_STOPS,
            "over_budget": pool.OVER_BUDGET,
            "train_steps": pool.TRAIN_STEPS,
        }
        return {
            name: sum(island.counter(entry) for island in self._islands)
            for name, entry in entries.items()
        }

    @property
    def best(self) -> Best | None:
        """The winner if the search has ended, the best on T_search until then.

        None before the first individual. Read it when the search is paused or done:
        while it runs, the populations change under the reader.
        """
        chosen = self._best_node()
        winner = self._winner()
        select = None
        if winner is not None and self._phase in {"final", "done"}:
            chosen, select = winner[:2], winner[2]
        if chosen is None:
            return None
        number, node = chosen
        arrays = self._islands[number].arrays
        return Best(
            program=self._islands[number].program(node),
            fitness=float(arrays.fitness[node]),
            individuals=int(arrays.born[node]) + 1,
            population=number,
            select=select,
            final=self._final,
        )

    @property
    def curve(self) -> pd.DataFrame:
        """The curve so far, one row a point; see `CURVE_COLUMNS`."""
        points = list(self._points)
        return pd.DataFrame(points, columns=list(CURVE_COLUMNS))

    @property
    def lineage(self) -> tuple[Ancestor, ...]:
        """The ancestry of `best` as far as it is kept, first ancestor first."""
        chosen = self._best_node()
        winner = self._winner()
        if winner is not None and self._phase in {"final", "done"}:
            chosen = winner[:2]
        if chosen is None:
            return ()
        return tuple(self._islands[chosen[0]].lineage(chosen[1]))

    # Saving and going on.

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that `restore` needs."""
        self._build()
        names = ("boundary", *CURVE_COLUMNS, "hurdle_stops", "over_budget")
        rows = [[point[name] for name in names] for point in self._points]
        facts = {
            "phase": self._phase,
            "seconds": self._seconds,
            "pending": self._pending,
            "best_event": self._best_event,
            "events": self._events,
            "on_record": [[*key, event] for key, event in self._on_record.items()],
            "top": None if math.isinf(self._top) else self._top,
            "scores": self._scores,
            "final": self._final,
        }
        state = {
            "search": json_to_array(facts),
            "curve": np.array(rows, np.float64).reshape(len(rows), len(names)),
        }
        for number, island in enumerate(self._islands):
            for name, array in island.state().items():
                state[f"{number}.{name}"] = array
        return state

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state` was taken.

        Raises
        ------
        ValueError
            When the state is another search's.
        """
        self._build()
        for number, island in enumerate(self._islands):
            prefix = f"{number}."
            island.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )
        facts = array_to_json(state["search"])
        self._phase = facts["phase"]
        self._seconds = facts["seconds"]
        self._pending = facts["pending"]
        self._best_event = facts["best_event"]
        self._events = facts["events"]
        self._on_record = {(p, n): event for p, n, event in facts["on_record"]}
        self._top = -math.inf if facts["top"] is None else facts["top"]
        self._scores = [(p, n, score) for p, n, score in facts["scores"]]
        self._final = facts["final"]
        names = ("boundary", *CURVE_COLUMNS, "hurdle_stops", "over_budget")
        self._points = [_point(names, row) for row in state["curve"].tolist()]

    # Running it.

    def run(self) -> Search:
        """Run to the end here and now, and return the search.

        Ctrl-C leaves it in order: `run` or `start` goes on.
        """
        if self._runner is not None and self._runner.status == "running":
            raise RuntimeError("the search runs in the background: pause() it first")
        self.prepare()
        while not self.advance(10_000).finished:
            pass
        return self

    @property
    def runner(self) -> Runner:
        """What runs the search in the background; made on first use."""
        if self._runner is None:
            self._runner = Runner(self, store=self._store)
        return self._runner

    def start(self) -> Search:
        """Run in the background; returns at once."""
        self.runner.start()
        return self

    def pause(self) -> None:
        """Pause within a chunk (some 50 ms)."""
        self.runner.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self.runner.resume()

    def step(self, n: int = 1) -> None:
        """Make exactly `n` individuals in the background, then pause."""
        self.runner.step(n)

    def stop(self) -> None:
        """End the search: select and report the winner in the background."""
        self.runner.stop()


def _point(names: tuple[str, ...], row: list[float]) -> dict[str, float]:
    counts = {"boundary", "individuals", "evaluations", "cache_hits", "train_steps"}
    counts |= {"hurdle_stops", "over_budget"}
    values = zip(names, row, strict=True)
    return {name: int(v) if name in counts else v for name, v in values}


def _role_seed(seed: int, role: str) -> int:
    """Return the seed of random instructions on fresh tasks: other than in search."""
    key = np.random.SeedSequence([seed, ("select", "final").index(role) + 1])
    return int(key.generate_state(1, np.uint32)[0])


def _step_to_json(step: Ancestor) -> dict[str, Any]:
    return {**step._asdict(), "program": str(step.program)}


def _from_dict(spec: Mapping[str, Any], **options: Any) -> Search:
    return Search(SearchSpec.from_dict(spec), **options)


register_experiment(Search.kind, _from_dict)
