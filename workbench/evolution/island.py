"""One population of a search with all that it needs to evolve by itself."""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.engine import warm
from workbench.engine.blocks import apart
from workbench.engine.lower import empty_program
from workbench.evolution import population as pool
from workbench.evolution.aging import advance, finished
from workbench.evolution.cache import make_cache
from workbench.evolution.duplicates import make_duplicates
from workbench.evolution.fitness import Settings, Tools
from workbench.evolution.mutate import MUTATIONS, space_arrays
from workbench.evolution.spec import room_for
from workbench.programs import FUNCTIONS, Program, decode, encode
from workbench.programs.library import HAND_DESIGNED
from workbench.programs.liveness import make_room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.engine.blocks import Blocks
    from workbench.evolution.spec import SearchSpec

_NEVER = np.iinfo(np.int64).max
_OF_EQUAL_FITNESS = 4
"""Of members with the same fitness, which mostly do the same, so many are read."""
_LOOP = "the search loop (once; about 20 s)"


class Ancestor(NamedTuple):
    """A program in a lineage."""

    program: Program
    fitness: float
    individuals: int  #: made in its population up to and including this one
    mutation: str | None  #: what made it from the one before; None for the first
    merged: int  #: neutral steps between the one before and this, no longer kept


class Record(NamedTuple):
    """A new best that went on record."""

    node: int
    fitness: float
    individuals: int  #: made in its population up to and including it; its identity


class Island:
    """A population that advances to any number of individuals, in any chunks.

    Parameters
    ----------
    spec
        The search.
    number
        Which of the search's populations this is; part of its seed and its share of
        what the stop rules allow.
    blocks
        The search tasks, laid out.
    shortcuts
        Leave out what cannot change the outcome; False only shows that it does not.
    """

    def __init__(
        self, spec: SearchSpec, number: int, blocks: Blocks, *, shortcuts: bool = True
    ) -> None:
        self.spec = spec
        self._blocks = blocks
        seeds = np.random.SeedSequence([spec.seed, number]).generate_state(1, np.uint64)
        longest = sum(spec.space.length(name)[1] for name in FUNCTIONS)
        # Trading an instruction needs room for one more.
        slots = max(longest, sum(spec.initial_length or ())) + 1
        window = spec.hurdle.window if spec.hurdle else 0
        self.number = number
        self._shortcuts = shortcuts
        self.arrays = apart(
            pool.make_population(spec.population, slots, window, int(seeds[0]))
        )
        self._cache = apart(make_cache(spec.cache.size if spec.cache else 1))
        self._space = space_arrays(spec.space)
        self._settings = _settings(spec, number, blocks, shortcuts)
        self._work = blocks.work(spec.space.sizes)
        self._tools = apart(_tools(spec, slots, len(self.arrays.parent), blocks))
        self._room = room_for(spec)
        self._loop: Any = None
        self.limit = _share(spec.individuals, spec.populations, number)

    def change(self, spec: SearchSpec) -> None:
        """Go on as `spec` says; it differs in nothing but `CHANGEABLE` settings."""
        self.spec = spec
        self._settings = _settings(spec, self.number, self._blocks, self._shortcuts)
        drawn = apart(np.zeros(spec.tournament, np.int64))
        self._tools = self._tools._replace(drawn=drawn)
        self.limit = _share(spec.individuals, spec.populations, self.number)
        self.__dict__.pop("_arguments", None)

    @cached_property
    def _arguments(self) -> tuple[Any, ...]:
        return (
            self._settings,
            self._space,
            self._blocks.shape(self.spec.space.sizes),
            self.arrays,
            self._cache,
            self._blocks.arrays,
            self._work,
            self._tools,
            self._blocks.interpreters(),
        )

    def prepare(self) -> None:
        """Compile the loop, or load it from disk."""
        if self._loop is None:
            self._loop = warm.prepare(advance, 0, *self._arguments, what=_LOOP)

    @property
    def individuals(self) -> int:
        """Individuals made so far."""
        return int(self.arrays.counters[pool.INDIVIDUALS])

    @property
    def done(self) -> bool:
        """Whether a stop rule has been met."""
        return self.individuals >= self.limit or bool(
            finished.py_func(self._settings, self.arrays)
        )

    def advance(self, until: int) -> None:
        """Make individuals until there are `until`, or a stop rule is met.

        Releases the GIL.
        """
        self.prepare()
        self._loop(min(until, self.limit), *self._arguments)

    def records(self) -> list[Record]:
        """Return the new bests on record, in the order in which they appeared."""
        count = self.counter(pool.RECORDED)
        return [self.record(int(node)) for node in self.arrays.records[:count]]

    def record(self, node: int) -> Record:
        """Return a node as a record."""
        arrays = self.arrays
        return Record(node, float(arrays.fitness[node]), int(arrays.born[node]) + 1)

    def counter(self, entry: int) -> int:
        """Return one of the counters of `population`."""
        return int(self.arrays.counters[entry])

    @property
    def best_fitness(self) -> float:
        """The best fitness so far; NaN before the first individual."""
        best = self.counter(pool.BEST)
        return math.nan if best < 0 else float(self.arrays.fitness[best])

    def member_fitness(self) -> np.ndarray:
        """Return the fitness of the present members."""
        members = self.arrays.members
        return self.arrays.fitness[members[members >= 0]]

    def candidates(self, count: int) -> list[int]:
        """Return the nodes of the fittest new bests, no two alike in effect."""
        arrays = self.arrays
        nodes = {record.node for record in self.records()}
        if self.counter(pool.BEST) >= 0:
            nodes.add(self.counter(pool.BEST))
            members = arrays.members[arrays.members >= 0]
            nodes.add(int(members[np.argmax(arrays.fitness[members])]))
        ranked = sorted(nodes, key=lambda node: (-arrays.fitness[node], node))
        chosen: dict[Program, int] = {}
        for node in ranked:
            chosen.setdefault(self.program(node).effective(), node)
            if len(chosen) == count:
                break
        return list(chosen.values())

    def fittest(self, count: int) -> list[Ancestor]:
        """Return the fittest of members and record, no two alike in effect."""
        arrays = self.arrays
        nodes = {record.node for record in self.records()}
        nodes.update(int(node) for node in arrays.members if node >= 0)
        if self.counter(pool.BEST) >= 0:
            nodes.add(self.counter(pool.BEST))
        seen: Counter[float] = Counter()
        chosen: dict[Program, int] = {}
        for node in sorted(nodes, key=lambda node: (-arrays.fitness[node], node)):
            fitness = float(arrays.fitness[node])
            seen[fitness] += 1
            if seen[fitness] > _OF_EQUAL_FITNESS:
                continue
            chosen.setdefault(self.program(node).effective(), node)
            if len(chosen) == count:
                break
        return [self._ancestor(node) for node in chosen.values()]

    def program(self, node: int) -> Program:
        """Return the program of a node."""
        arrays = self.arrays
        rows = arrays.code[node], arrays.data[node], arrays.lengths[node]
        return decode(*rows, space=self._room)

    def lineage(self, node: int) -> list[Ancestor]:
        """Return the kept ancestry of a node, from the first ancestor to the node."""
        chain = []
        while node >= 0:
            chain.append(self._ancestor(node))
            node = int(self.arrays.parent[node])
        return chain[::-1]

    def ancestry(self, node: int, known: set[int]) -> tuple[list[Ancestor], int | None]:
        """Return the steps that changed the fitness, back to a node that is known.

        The node itself is always the last. Also returns the known node, or None.
        """
        fitness = self.arrays.fitness
        steps = [node]
        at = int(self.arrays.parent[node])
        while at >= 0 and at not in known:
            parent = int(self.arrays.parent[at])
            if parent < 0 or fitness[at] != fitness[parent]:
                steps.append(at)
            at = parent
        return [self._ancestor(n) for n in reversed(steps)], at if at >= 0 else None

    def _ancestor(self, node: int) -> Ancestor:
        arrays = self.arrays
        mutation = int(arrays.mutation[node])
        name = "copy" if mutation < 0 else MUTATIONS[mutation]
        return Ancestor(
            program=self.program(node),
            fitness=float(arrays.fitness[node]),
            individuals=int(arrays.born[node]) + 1,
            mutation=None if arrays.parent[node] < 0 else name,
            merged=int(arrays.merged[node]),
        )

    def state(self) -> dict[str, np.ndarray]:
        """Return the arrays from which `restore` goes on."""
        parts: dict[str, Any] = {"population": self.arrays, "cache": self._cache}
        return {
            f"{part}.{name}": array.copy()
            for part, arrays in parts.items()
            for name, array in arrays._asdict().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from `state`.

        Raises
        ------
        ValueError
            When the state belongs to another spec.
        """
        parts: dict[str, Any] = {"population": self.arrays, "cache": self._cache}
        for part, arrays in parts.items():
            for name, array in arrays._asdict().items():
                saved = state.get(f"{part}.{name}")
                if saved is None:
                    raise ValueError(f"the saved state lacks {part}.{name}")
                if saved.shape != array.shape or saved.dtype != array.dtype:
                    raise ValueError(
                        f"the saved {part}.{name} is {saved.dtype}{saved.shape};"
                        f" this search needs {array.dtype}{array.shape}"
                    )
                array[...] = saved


def _share(total: int | None, parts: int, number: int) -> int:
    """Return this population's share of a limit."""
    if total is None:
        return int(_NEVER)
    return total // parts + (number < total % parts)


def _settings(
    spec: SearchSpec, number: int, blocks: Blocks, shortcuts: bool
) -> Settings:
    start = spec.start()
    lengths = spec.initial_length or (0, 0, 0)
    if start is None:
        code = np.zeros((sum(lengths), 4), np.int16)
        data = np.zeros((sum(lengths), 3))
    else:
        code, data, _ = encode(start)
    weights = dict(spec.mutations)
    baseline = _baseline_cost(spec, blocks.train)
    cache, hurdle = spec.cache, spec.hurdle
    return Settings(
        random_search=spec.strategy == "random",
        tournament=spec.tournament,
        mutation_probability=spec.mutation_probability,
        cumulative=np.cumsum([weights.get(name, 0.0) for name in MUTATIONS]),
        initial_code=code,
        initial_data=data,
        initial_lengths=np.array(lengths, np.int64),
        initial_random=start is None or spec.random_start,
        seed=spec.seed,
        median=spec.combine == "median",
        limit=spec.max_abs_error,
        vector_label=blocks.vector_label,
        shortcuts=shortcuts,
        use_cache=cache is not None,
        probe_train=min(cache.probe_train, blocks.train) if cache else 0,
        probe_valid=min(cache.probe_valid, blocks.valid) if cache else 0,
        forget_every=cache.forget_every if cache else 0,
        use_hurdle=hurdle is not None,
        hurdle_train=min(hurdle.train, blocks.train) if hurdle else 0,
        hurdle_valid=min(hurdle.valid, blocks.valid) if hurdle else 0,
        hurdle_quantile=hurdle.quantile if hurdle else 0.0,
        cost_limit=math.inf
        if spec.cost_factor is None
        else spec.cost_factor * baseline,
        stop_evaluations=_share(spec.evaluations, spec.populations, number),
        stop_train_steps=_share(spec.train_steps, spec.populations, number),
        stop_fitness=math.inf if spec.fitness is None else spec.fitness,
    )


def _baseline_cost(spec: SearchSpec, train: int) -> float:
    return HAND_DESIGNED[spec.cost_baseline]().cost(train)


def _tools(spec: SearchSpec, slots: int, nodes: int, blocks: Blocks) -> Tools:
    return Tools(
        lowered=empty_program(slots),
        live=np.zeros(slots, np.bool_),
        room=make_room(slots, spec.space.sizes),
        duplicates=make_duplicates(),
        drawn=np.zeros(spec.tournament, np.int64),
        scores=np.zeros(blocks.tasks),
        ordered=np.zeros(max(blocks.tasks, spec.hurdle.window if spec.hurdle else 0)),
        links=np.zeros(nodes, np.int64),
    )
