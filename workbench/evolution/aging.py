"""Regularized (aging) evolution and random search, compiled as one loop.

Aging evolution (Real et al. 2019; 2020): draw a tournament, copy its winner, mutate the
copy, evaluate it, put it in place of the oldest. Random search makes every individual
anew and keeps the last ones as its population.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from workbench.engine._jit import helper, kernel
from workbench.engine.execute import fitness_of
from workbench.engine.lifetime import (
    begin_block,
    combined,
    copy_memory,
    count_all_steps,
    finish_block,
    pointers,
    set_keys,
    sorted_copy,
    train_block,
    validate_block,
)
from workbench.engine.lower import lower, mark_live
from workbench.engine.random import next_below, next_uniform
from workbench.evolution.cache import behaviour_key, insert, look_up
from workbench.evolution.mutate import mutate, randomize_function
from workbench.evolution.population import (
    BEST,
    CACHE_HITS,
    EVALUATIONS,
    HURDLE_STOPS,
    INDIVIDUALS,
    OVER_BUDGET,
    TRAIN_STEPS,
    WINDOW,
    new_node,
    note_best,
    replace_oldest,
    tournament,
)
from workbench.programs.ops import COST

_HURDLE_EVERY = 100  # evaluations between two looks at the hurdle's quantile
# Plain constants would compile their callees once more, for just these values.
_FIRST, _NO_PARENT = np.int64(0), np.int64(-1)


class Settings(NamedTuple):
    """The part of a search's spec that the loop reads."""

    random_search: bool
    tournament: int
    mutation_probability: float
    cumulative: np.ndarray  #: float64[8]: running sums of the mutations' weights
    initial_code: np.ndarray  #: int16[n, 4]: the first individual, unless random
    initial_data: np.ndarray  #: float64[n, 3]
    initial_lengths: np.ndarray  #: int64[3]
    initial_random: bool
    seed: int  #: of the programs' own random instructions
    median: bool
    limit: float  #: the largest absolute error
    vector_label: bool
    use_cache: bool
    probe_train: int
    probe_valid: int
    forget_every: int
    use_hurdle: bool
    hurdle_train: int
    hurdle_valid: int
    hurdle_quantile: float
    cost_limit: float
    stop_evaluations: int
    stop_train_steps: int
    stop_fitness: float


class Tools(NamedTuple):
    """Arrays that the loop works in; they hold nothing between individuals."""

    lowered: tuple[np.ndarray, ...]
    live: np.ndarray  #: bool[slots]
    train_errors: np.ndarray  #: float[blocks, probe_train, L]
    valid_errors: np.ndarray  #: float[blocks, probe_valid, L]
    drawn: np.ndarray  #: int64[tournament]
    scores: np.ndarray  #: float64[tasks]


@helper
def _cost(code, lengths, train):
    """Return the static cost of a program for so many training examples."""
    total = 0.0
    i = 0
    for function in range(3):
        times = 1 if function == 0 else train
        for _ in range(lengths[function]):
            total += times * COST[code[i, 0]]
            i += 1
    return total


@helper
def _combine(settings, work, tools):
    L = work.fitness.shape[1]
    for task in range(len(tools.scores)):
        tools.scores[task] = work.fitness[task // L, task % L]
    return combined(tools.scores, settings.median)


@helper
def _probe(program, settings, shape, blocks, work, tools, lanes):
    """Run the first examples of every block and return the key of the behaviour.

    Training can go on from where the probe leaves it: its validation is undone.
    """
    key = np.uint64(0)
    train_rows = tools.train_errors.shape[1]
    valid_rows = tools.valid_errors.shape[1]
    for block in range(len(work.alive)):
        train_block(
            program,
            shape,
            blocks,
            work,
            block,
            _FIRST,
            _FIRST,
            train_rows,
            settings.limit,
            tools.train_errors[block],
            lanes,
        )
        alive = work.alive[block]
        tasks = blocks.alive[block]
        errors = tools.train_errors[block]
        key = behaviour_key(errors, train_rows, settings.limit, tasks, alive, key)
        if alive == np.uint64(0):
            continue
        copy_memory(shape, work.memory[block], work.saved[block])
        within = validate_block(
            program,
            shape,
            blocks,
            work,
            block,
            _FIRST,
            valid_rows,
            settings.limit,
            tools.valid_errors[block],
            lanes,
        )
        copy_memory(shape, work.saved[block], work.memory[block])
        errors = tools.valid_errors[block]
        key = behaviour_key(errors, valid_rows, settings.limit, alive, within, key)
    return key


@helper
def _steps_so_far(blocks, work, done):
    """Return the training steps of a life that ended after `done` steps a task."""
    total = 0
    for block in range(len(work.alive)):
        for lane in range(work.steps.shape[1]):
            bit = np.uint64(1) << np.uint64(lane)
            if work.alive[block] & bit:
                total += done
            elif blocks.alive[block] & bit:
                total += work.steps[block, lane]
    return total


@helper
def _hurdle_fitness(program, settings, shape, blocks, work, tools, done, lanes):
    """Train on to the hurdle and return the fitness on some validation examples."""
    L = len(lanes)
    unrecorded = work.loss[:0]
    for block in range(len(work.alive)):
        for lane in range(L):
            work.fitness[block, lane] = 0.0
        if work.alive[block] == np.uint64(0):
            continue
        train_block(
            program,
            shape,
            blocks,
            work,
            block,
            _FIRST,
            done,
            settings.hurdle_train,
            settings.limit,
            unrecorded,
            lanes,
        )
        copy_memory(shape, work.memory[block], work.saved[block])
        within = validate_block(
            program,
            shape,
            blocks,
            work,
            block,
            _FIRST,
            settings.hurdle_valid,
            settings.limit,
            unrecorded,
            lanes,
        )
        copy_memory(shape, work.saved[block], work.memory[block])
        for lane in range(L):
            if (within >> np.uint64(lane)) & np.uint64(1):
                loss = work.loss[block, lane]
                reached = fitness_of(shape, loss, settings.hurdle_valid)
                work.fitness[block, lane] = reached
    fitness = _combine(settings, work, tools)
    for block in range(len(work.alive)):
        for lane in range(L):
            work.fitness[block, lane] = 0.0
    return fitness


@helper
def _note_at_hurdle(settings, pop, fitness):
    """Put a fitness into the window; now and then set the hurdle to its quantile."""
    seen = pop.counters[WINDOW]
    pop.recent[seen % len(pop.recent)] = fitness
    pop.counters[WINDOW] = seen + 1
    if (seen + 1) % _HURDLE_EVERY == 0:
        count = min(seen + 1, len(pop.recent))
        ordered = np.empty(count)
        unique = 0
        for value in sorted_copy(pop.recent, count):
            if unique == 0 or value != ordered[unique - 1]:
                ordered[unique] = value
                unique += 1
        pop.hurdle[0] = ordered[int(settings.hurdle_quantile * (unique - 1))]


@helper
def _fitness(code, data, lengths, settings, space, shape, pop, cache, blocks, work,
             tools, interpret, lanes):  # fmt: skip
    """Return the fitness of a program, as cheaply as its spec allows."""
    counters = pop.counters
    if _cost(code, lengths, shape.train) > settings.cost_limit:
        counters[OVER_BUDGET] += 1
        return 0.0
    L = len(lanes)
    sizes = space.memory
    mark_live(code, data, lengths, sizes, settings.vector_label, tools.live)
    F = shape.features
    lower(code, data, lengths, sizes, tools.live, False, F, L, tools.lowered)
    program = pointers(tools.lowered, interpret)
    for block in range(len(work.alive)):
        begin_block(program, shape, blocks, work, block)
    done = 0
    key = np.uint64(0)
    if settings.use_cache:
        key = _probe(program, settings, shape, blocks, work, tools, lanes)
        done = tools.train_errors.shape[1]
        known = look_up(cache, key, settings.forget_every)
        if not math.isnan(known):
            counters[CACHE_HITS] += 1
            counters[TRAIN_STEPS] += _steps_so_far(blocks, work, done)
            return known
    if settings.use_hurdle:
        fitness = _hurdle_fitness(
            program, settings, shape, blocks, work, tools, done, lanes
        )
        done = settings.hurdle_train
        passed = fitness >= pop.hurdle[0]
        _note_at_hurdle(settings, pop, fitness)
        if not passed:
            counters[HURDLE_STOPS] += 1
            counters[TRAIN_STEPS] += _steps_so_far(blocks, work, done)
            if settings.use_cache:
                insert(cache, key, fitness)
            return fitness
    for block in range(len(work.alive)):
        finish_block(program, shape, blocks, work, block, done, settings.limit, lanes)
    counters[EVALUATIONS] += 1
    counters[TRAIN_STEPS] += count_all_steps(shape, blocks, work)
    fitness = _combine(settings, work, tools)
    if settings.use_cache:
        insert(cache, key, fitness)
    return fitness


@helper
def _first_individual(settings, space, pop):
    """Return a new node with an individual of the initial population."""
    node = new_node(pop, _NO_PARENT)
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


@helper
def _next_individual(settings, space, pop, tools):
    """Return a new node with the next individual."""
    if settings.random_search or pop.counters[INDIVIDUALS] < len(pop.members):
        return _first_individual(settings, space, pop)
    for k in range(settings.tournament):
        tools.drawn[k] = next_below(pop.rng, len(pop.members))
    parent = tournament(pop, settings.tournament, tools.drawn)
    node = new_node(pop, parent)
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


@helper
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
    until, settings, space, shape, pop, cache, blocks, work, tools, interpret, lanes
):
    """Make individuals until `until` of them exist or a stop rule is met."""
    set_keys(settings.seed, blocks, work)
    while pop.counters[INDIVIDUALS] < until and not finished(settings, pop):
        node = _next_individual(settings, space, pop, tools)
        pop.counters[INDIVIDUALS] += 1
        pop.fitness[node] = _fitness(
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
            interpret,
            lanes,
        )
        replace_oldest(pop, node)
        note_best(pop, node)
