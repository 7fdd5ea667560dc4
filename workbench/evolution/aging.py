"""Regularized (aging) evolution and random search, compiled as one loop.

Aging evolution (Real et al. 2019; 2020): draw a tournament, copy its winner, mutate the
copy, evaluate it, put it in place of the oldest. Random search makes every individual
anew and keeps the last ones as its population.
"""

from __future__ import annotations

import numpy as np

from workbench.engine._jit import helper, inlined, kernel
from workbench.engine.lifetime import set_keys
from workbench.engine.random import next_below, next_uniform
from workbench.evolution.fitness import fitness_of_individual
from workbench.evolution.mutate import mutate, randomize_function
from workbench.evolution.population import (
    BEST,
    EVALUATIONS,
    INDIVIDUALS,
    TRAIN_STEPS,
    new_node,
    note_best,
    replace_oldest,
    tournament,
)

# A plain constant would compile its callees once more, for just this value.
_NO_PARENT = np.int64(-1)


@helper
def _first_individual(settings, space, pop, tools):
    """Return a new node with an individual of the initial population."""
    node = new_node(pop, _NO_PARENT, tools.links)
    for function in range(3):
        pop.lengths[node, function] = settings.initial_lengths[function]
    for i in range(len(settings.initial_code)):
        for k in range(4):
            pop.code[node, i, k] = settings.initial_code[i, k]
        for k in range(3):
            pop.data[node, i, k] = settings.initial_data[i, k]
    if settings.initial_random or settings.random_search:
        for function in range(3):
            randomize_function(
                function,
                pop.code[node],
                pop.data[node],
                pop.lengths[node],
                space,
                pop.rng,
            )
    return node


@inlined
def _next_individual(settings, space, pop, tools):
    """Return a new node with the next individual."""
    if settings.random_search or pop.counters[INDIVIDUALS] < len(pop.members):
        return _first_individual(settings, space, pop, tools)
    for k in range(settings.tournament):
        tools.drawn[k] = next_below(pop.rng, len(pop.members))
    parent = tournament(pop, settings.tournament, tools.drawn)
    node = new_node(pop, parent, tools.links)
    if next_uniform(pop.rng) < settings.mutation_probability:
        pop.mutation[node] = mutate(
            pop.code[node],
            pop.data[node],
            pop.lengths[node],
            space,
            settings.cumulative,
            pop.rng,
        )
    return node


@inlined
def finished(settings, pop):
    """Tell whether a stop rule of this population has been met."""
    counters = pop.counters
    if counters[EVALUATIONS] >= settings.stop_evaluations:
        return True
    if counters[TRAIN_STEPS] >= settings.stop_train_steps:
        return True
    best = counters[BEST]
    return best >= 0 and pop.fitness[best] >= settings.stop_fitness


@kernel
def advance(
    until, settings, space, shape, pop, cache, blocks, work, tools, interpreters
):
    """Make individuals until `until` of them exist or a stop rule is met."""
    set_keys(settings.seed, blocks, work)
    while pop.counters[INDIVIDUALS] < until and not finished(settings, pop):
        node = _next_individual(settings, space, pop, tools)
        pop.counters[INDIVIDUALS] += 1
        pop.fitness[node] = fitness_of_individual(
            pop.code[node],
            pop.data[node],
            pop.lengths[node],
            settings,
            space,
            shape,
            pop,
            cache,
            blocks,
            work,
            tools,
            interpreters,
        )
        replace_oldest(pop, node)
        note_best(pop, node)
