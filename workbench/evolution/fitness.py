"""The fitness of one individual, as cheaply as its search's spec allows.

In turn: a program over budget has fitness 0; one that does exactly what an earlier one
did is not run (see `duplicates`); one that behaves like an earlier one on its first
examples gets that one's fitness (see `cache`); one that does badly at the hurdle keeps
the fitness that it has there; the rest is evaluated in full. The first examples are
the beginning of the evaluation, which then goes on from there.

Counters count what a search asks for, whether it was run or known.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.engine._jit import helper, inlined
from workbench.engine.execute import fitness_of
from workbench.engine.fuse import fuse
from workbench.engine.lifetime import (
    begin_block,
    combined,
    copy_memory,
    count_all_steps,
    finish_block,
    sort_into,
    train_block,
    validate_block,
)
from workbench.engine.lower import (
    Lowered,
    is_wanted,
    lower,
    mark_live,
    read_in_place,
)
from workbench.evolution.cache import behaviour_key, insert, look_up
from workbench.evolution.duplicates import (
    FITNESS,
    HURDLE,
    HURDLE_STEPS,
    PROBE,
    PROBE_STEPS,
    STEPS,
    UNKNOWN,
    Duplicates,
    claim,
    copy_entry,
    find,
    hash_code,
    hash_memory,
)
from workbench.evolution.population import (
    CACHE_HITS,
    EVALUATIONS,
    HURDLE_STOPS,
    OVER_BUDGET,
    TRAIN_STEPS,
    WINDOW,
)
from workbench.programs.ops import COST, OUT_KIND

if TYPE_CHECKING:
    from workbench.programs.liveness import Room

_HURDLE_EVERY = 100  # evaluations between two looks at the hurdle's quantile
# Plain constants would compile their callees once more, for just these values.
_FIRST, _NO, _FROM_PREDICT, _UNTRAINED = (np.int64(k) for k in (0, 0, 1, -1))
_ZERO, _ONE = np.uint64(0), np.uint64(1)


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
    shortcuts: bool  #: leave out dead code, fuse, recognise duplicates
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
    """What the loop works with; nothing in it changes the course of a search."""

    lowered: Lowered
    live: np.ndarray  #: bool[slots]
    room: Room
    duplicates: Duplicates
    drawn: np.ndarray  #: int64[tournament]
    scores: np.ndarray  #: float64[tasks]
    ordered: np.ndarray  #: float64, for so many values as are ever sorted
    links: np.ndarray  #: int64[nodes]


@inlined
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


@inlined
def _combine(settings, work, tools):
    L = work.fitness.shape[1]
    for task in range(len(tools.scores)):
        tools.scores[task] = work.fitness[task // L, task % L]
    return combined(tools.scores, settings.median, tools.ordered)


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
def _note_at_hurdle(settings, pop, fitness, ordered):
    """Put a fitness into the window; now and then set the hurdle to its quantile."""
    seen = pop.counters[WINDOW]
    pop.recent[seen % len(pop.recent)] = fitness
    pop.counters[WINDOW] = seen + 1
    if (seen + 1) % _HURDLE_EVERY == 0:
        count = min(seen + 1, len(pop.recent))
        sort_into(ordered, pop.recent, count)
        unique = 0
        for k in range(count):
            if unique == 0 or ordered[k] != ordered[unique - 1]:
                ordered[unique] = ordered[k]
                unique += 1
        pop.hurdle[0] = ordered[int(settings.hurdle_quantile * (unique - 1))]


@inlined
def _predict_carries(code, lengths, live, wanted, sizes):
    """Tell whether Predict leaves something behind that a later function reads."""
    first = lengths[0]
    for i in range(first, first + lengths[1]):
        kind = OUT_KIND[code[i, 0]]
        if not live[i] or kind == 0:
            continue
        address = code[i, 3]
        if kind > 1:
            address += sizes[0]
        if kind > 2:
            address += sizes[1]
        if is_wanted(wanted, address):
            return True
    return False


@inlined
def _look_ahead(program, settings, shape, blocks, work, block, count, printed, carries):
    """Validate on the first examples, as if training ended here; it can go on."""
    if carries:
        copy_memory(shape, blocks, block, work.memory, work.saved)
    within = validate_block(
        program, shape, blocks, work, block, _FIRST, count, settings.limit, printed
    )
    if carries:
        copy_memory(shape, blocks, block, work.saved, work.memory)
    return within


@inlined
def _probe(program, settings, shape, blocks, work, carries):
    """Run the first examples of every block and return the key of the behaviour."""
    key = _ZERO
    train, valid = settings.probe_train, settings.probe_valid
    for block in range(len(work.alive)):
        train_block(
            program,
            shape,
            blocks,
            work,
            block,
            _FIRST,
            _FIRST,
            train,
            settings.limit,
            train,
        )
        alive = work.alive[block]
        within = alive
        if alive != _ZERO:
            within = _look_ahead(
                program, settings, shape, blocks, work, block, valid, valid, carries
            )
        tasks = blocks.alive[block]
        key = behaviour_key(work.prints[block], tasks, alive, within, key)
    return key


@helper
def _hurdle_fitness(program, settings, shape, blocks, work, tools, done, carries):
    """Train on to the hurdle and return the fitness on some validation examples."""
    L = work.fitness.shape[1]
    for block in range(len(work.alive)):
        if work.alive[block] == _ZERO:
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
            _NO,
        )
        valid = settings.hurdle_valid
        within = _look_ahead(
            program, settings, shape, blocks, work, block, valid, _NO, carries
        )
        for lane in range(L):
            if (within >> np.uint64(lane)) & _ONE:
                loss = work.loss[block, lane]
                work.fitness[block, lane] = fitness_of(shape, loss, valid)
    fitness = _combine(settings, work, tools)
    for block in range(len(work.alive)):
        for lane in range(L):
            work.fitness[block, lane] = 0.0
    return fitness


@inlined
def _lower(code, data, lengths, settings, space, shape, tools):
    """Write the program into `tools.lowered`, in its fastest form."""
    program, whole = tools.lowered, not settings.shortcuts
    sizes, F = space.memory, shape.features
    lower(code, data, lengths, sizes, tools.live, whole, F, program)
    if settings.shortcuts:
        fuse(program, shape.prediction)
    read_in_place(program, shape.input, shape.label)


@helper
def _begin(begun, program, code, data, lengths, settings, space, shape, blocks, work,
           tools):  # fmt: skip
    """Run Setup on the blocks from `begun` on."""
    if begun == 0:
        _lower(code, data, lengths, settings, space, shape, tools)
    for block in range(begun, len(work.alive)):
        begin_block(program, shape, blocks, work, block)


@inlined
def _bits(value):
    return np.float64(value).view(np.uint64)


@inlined
def _float(bits):
    return np.uint64(bits).view(np.float64)


@inlined
def _known_or_run(entry, code, data, lengths, begun, program, settings, space, shape,
                  pop, cache, blocks, work, tools):  # fmt: skip
    """Return the fitness of the program that `entry` is about, running what is unknown.

    `begun` counts the blocks whose Setup has been run.
    """
    counters = pop.counters
    done = _UNTRAINED  # examples of the first epoch that were trained on
    carries = True
    if settings.shortcuts:
        wanted = tools.room.at_predict
        carries = _predict_carries(code, lengths, tools.live, wanted, space.memory)
    key = _ZERO
    if settings.use_cache:
        if entry[PROBE_STEPS] == UNKNOWN:
            _begin(begun, program, code, data, lengths, settings, space, shape, blocks,
                   work, tools)  # fmt: skip
            entry[PROBE] = _probe(program, settings, shape, blocks, work, carries)
            done = settings.probe_train
            entry[PROBE_STEPS] = np.uint64(_steps_so_far(blocks, work, done))
        key = entry[PROBE]
        known = look_up(cache, key, settings.forget_every)
        if not math.isnan(known):
            counters[CACHE_HITS] += 1
            counters[TRAIN_STEPS] += np.int64(entry[PROBE_STEPS])
            return known
    if settings.use_hurdle:
        if math.isnan(_float(entry[HURDLE])):
            if done < 0:
                _begin(begun, program, code, data, lengths, settings, space, shape,
                       blocks, work, tools)  # fmt: skip
                done = _FIRST
            reached = _hurdle_fitness(
                program, settings, shape, blocks, work, tools, done, carries
            )
            entry[HURDLE] = _bits(reached)
            done = settings.hurdle_train
            entry[HURDLE_STEPS] = np.uint64(_steps_so_far(blocks, work, done))
        reached = _float(entry[HURDLE])
        passed = reached >= pop.hurdle[0]
        _note_at_hurdle(settings, pop, reached, tools.ordered)
        if not passed:
            counters[HURDLE_STOPS] += 1
            counters[TRAIN_STEPS] += np.int64(entry[HURDLE_STEPS])
            if settings.use_cache:
                insert(cache, key, reached)
            return reached
    if math.isnan(_float(entry[FITNESS])):
        if done < 0:
            _begin(begun, program, code, data, lengths, settings, space, shape, blocks,
                   work, tools)  # fmt: skip
            done = _FIRST
        for block in range(len(work.alive)):
            finish_block(program, shape, blocks, work, block, done, settings.limit)
        entry[STEPS] = np.uint64(count_all_steps(shape, blocks, work))
        entry[FITNESS] = _bits(_combine(settings, work, tools))
    counters[EVALUATIONS] += 1
    counters[TRAIN_STEPS] += np.int64(entry[STEPS])
    fitness = _float(entry[FITNESS])
    if settings.use_cache:
        insert(cache, key, fitness)
    return fitness


@inlined
def fitness_of_individual(code, data, lengths, settings, space, shape, pop, cache,
                          blocks, work, tools, interpreters):  # fmt: skip
    """Return the fitness of a program, as cheaply as its spec allows."""
    counters, table, sizes = pop.counters, tools.duplicates, space.memory
    if _cost(code, lengths, shape.train) > settings.cost_limit:
        counters[OVER_BUDGET] += 1
        return 0.0
    live, wanted = tools.live, tools.room.at_predict
    mark_live(code, data, lengths, sizes, settings.vector_label, live, tools.room)
    program = tools.lowered, interpreters
    begun = 0  # blocks whose Setup has been run
    draws = hash_code(code, data, lengths, live, _FIRST, table)
    one, two = table.hash[0], table.hash[1]
    place = find(table) if settings.shortcuts else _UNTRAINED
    alias = False
    if place < 0:
        _lower(code, data, lengths, settings, space, shape, tools)
        begin_block(program, shape, blocks, work, _FIRST)
        begun = 1
        if not draws:
            hash_code(code, data, lengths, live, _FROM_PREDICT, table)
            memory, lanes = work.memory[0], blocks.lanes[0]
            hash_memory(memory, wanted, sizes, shape.features, lanes, table)
            if settings.shortcuts:
                place = find(table)
                alias = True
    if place < 0:
        place = claim(table)
    else:
        table.met[0] += 1
    entry = table.entries[place]
    fitness = _known_or_run(
        entry, code, data, lengths, begun, program, settings, space, shape, pop, cache,
        blocks, work, tools,
    )  # fmt: skip
    if alias:
        table.hash[0] = one
        table.hash[1] = two
        copy_entry(entry, table.entries[claim(table)])
    return fitness
