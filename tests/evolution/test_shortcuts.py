"""What a search leaves out changes nothing but its speed.

With shortcuts, dead code is not run, pairs of instructions run as one, and programs
that do what an earlier one did are not run at all. Without, every instruction of every
program runs. The two are compared to the last bit, curve and caches included.
"""

import pytest

from tests.evolution.small import EVERY_MUTATION, FREE, small
from tests.evolution.states import assert_same_state
from workbench.evolution import PRESETS, CacheSpec, HurdleSpec, Search
from workbench.evolution.islands import Islands
from workbench.programs import Space
from workbench.tasks import LinearTasks, TenClassTasks

FOUR = LinearTasks(features=4, train=30, valid=20, tasks=4)
VECTOR = Space(
    scalars=3,
    vectors=5,
    matrices=2,
    setup_length=(0, 3),
    predict_length=(1, 3),
    learn_length=(0, 4),
    label="vector",
)
FREELY = {
    "space": FREE,
    "mutations": EVERY_MUTATION,
    "initial": "linear",
    "initial_length": (2, 2, 5),
    "population": 100,
}
SPECS = {
    "the demo": PRESETS["demo"].spec.but(
        individuals=200_000, train_steps=None, select=None, final=None, seed=3
    ),
    "hurdle, no cache": small(
        tasks=FOUR,
        population=200,
        cache=None,
        hurdle=HurdleSpec(train=10, valid=5, window=150),
        individuals=40_000,
    ),
    "hurdle and cache": small(
        tasks=FOUR,
        population=200,
        cache=CacheSpec(size=500, probe_train=4, probe_valid=3, forget_every=7),
        hurdle=HurdleSpec(train=10, valid=5, window=150),
        individuals=40_000,
    ),
    "all operations": small(
        **FREELY, tasks=FOUR, cache=None, max_abs_error=10.0, individuals=20_000
    ),
    "all operations, random start": small(
        **{**FREELY, "initial": "random", "initial_length": (2, 3, 4)},
        tasks=FOUR,
        combine="median",
        individuals=10_000,
    ),
    "vector labels": small(
        **{**FREELY, "space": VECTOR, "initial": "random", "initial_length": (1, 2, 2)},
        tasks=TenClassTasks(features=16, train=40, valid=20, tasks=4),
        individuals=5_000,
    ),
}


def ended(spec, shortcuts):
    """Return a search that has been run to its end, and the duplicates recognised."""
    search = Search(spec)
    search._islands = Islands(spec, 1, shortcuts=shortcuts)
    search.prepare()
    while not search.advance(50_000).finished:
        pass
    return search, int(search._islands[0]._tools.duplicates.met[0])


@pytest.mark.parametrize("name", SPECS)
def test_a_search_ends_as_it_would_without_shortcuts(name):
    spec = SPECS[name]
    quick, duplicates = ended(spec, shortcuts=True)
    plain, none = ended(spec, shortcuts=False)
    assert quick.individuals == spec.individuals
    assert duplicates > 0.05 * spec.individuals
    assert none == 0
    assert quick.best == plain.best
    assert quick.counters == plain.counters
    assert quick.lineage == plain.lineage
    # Members, records, fitness, hurdle, curve and the equivalence cache.
    assert_same_state(quick.state(), plain.state())
    # The run says something: fitness was found and every rule was at work.
    assert len(quick._islands[0].records()) > 2
    assert (quick.counters["cache_hits"] > 0) == (spec.cache is not None)
    assert (quick.counters["hurdle_stops"] > 0) == (spec.hurdle is not None)


def test_what_the_demo_leaves_out_is_most_of_it():
    _, duplicates = ended(SPECS["the demo"].but(individuals=20_000), shortcuts=True)
    assert duplicates > 10_000
