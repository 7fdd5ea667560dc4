"""The compiled loop against the plain one: same draws, same programs, same fitness."""

from dataclasses import replace

import numpy as np
import pytest

from tests.evolution.plain import evolve
from tests.evolution.small import EVERY_MUTATION, FIXED, FREE, small
from workbench.evolution import Search
from workbench.evolution import population as pool
from workbench.tasks import LinearTasks

PLAIN = {"cache": None}
LEARN = replace(FIXED, setup_ops=(), predict_ops=())


def members(search):
    """Return (program, fitness) of the members, oldest first."""
    island = search._islands[0]
    oldest = island.counter(pool.OLDEST)
    nodes = np.roll(island.arrays.members, -oldest)
    fitness = island.arrays.fitness
    return [(island.program(n), float(fitness[n])) for n in nodes if n >= 0]


SPECS = {
    "fixed lengths": small(**PLAIN),
    "all ops and mutations": small(
        space=FREE,
        mutations=EVERY_MUTATION,
        initial_length=(1, 2, 1),
        mutation_probability=0.75,
        combine="median",
        max_abs_error=10.0,
        **PLAIN,
    ),
    "from a program": small(space=FREE, initial="linear", seed=5, **PLAIN),
    "from nothing": small(space=FREE, initial="empty", mutations=EVERY_MUTATION,
                          seed=2, **PLAIN),
    "only Learn": small(space=LEARN, initial="linear", random_start=True, **PLAIN),
    "random search of Learn": small(space=LEARN, initial="linear", strategy="random",
                                    **PLAIN),
    "random search": small(space=FREE, strategy="random", initial_length=(2, 3, 4),
                           **PLAIN),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("individuals", [7, 611])
def test_the_compiled_loop_makes_the_same_individuals(name, individuals):
    spec = SPECS[name].but(individuals=individuals)
    search = Search(spec).run()
    expected = evolve(spec, individuals)
    assert members(search) == expected.members
    assert search.counters == {
        "individuals": individuals,
        "evaluations": individuals,
        "cache_hits": 0,
        "hurdle_stops": 0,
        "over_budget": 0,
        "train_steps": expected.train_steps,
    }
    best = search.best
    assert (best.individuals, best.fitness) == expected.bests[-1]


def test_the_cache_changes_no_fitness_where_the_probe_tells_programs_apart():
    with_cache = small(individuals=3000)
    without = with_cache.but(cache=None)
    one, other = Search(with_cache).run(), Search(without).run()
    assert members(one) == members(other)
    assert one.best == other.best
    counts = one.counters
    assert counts["cache_hits"] > 300
    assert counts["cache_hits"] + counts["evaluations"] == 3000
    assert counts["train_steps"] < other.counters["train_steps"]


def test_a_generation_costs_as_many_steps_as_it_has_examples():
    # The original's test CountsCorrectly: five individuals, two tasks, 1000 examples.
    spec = small(
        tasks=LinearTasks(features=4, train=1000, valid=10, tasks=2),
        population=5,
        initial="linear",
        mutations=("identity",),
        individuals=15,
        **PLAIN,
    )
    search = Search(spec)
    steps = [search.advance(5).metrics["train_steps"] for _ in range(3)]
    assert steps == [5 * 2000, 10 * 2000, 15 * 2000]
