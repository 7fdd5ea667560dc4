"""A population whose members remember where they came from, in bounded memory.

Programs are nodes of a genealogy. A node lives as long as it is in the population, has
a living descendant, or is on record as a new best; the others are freed at once, so
that only the ancestry of what still matters is kept. When the nodes run out, steps
that changed no fitness are merged into their child (`merged` counts them).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.engine._jit import helper, inlined

_NONE, _FREED = -1, -2
RECORDS = 256
"""The most new bests on record; beyond it the smallest improvement is dropped."""
SPARE = 4 * RECORDS + 2048
"""Nodes beyond three a member. Members, records and the best are at most P + 257 leaves
of the genealogy; with every chain merged, their branchings and roots at most double
and triple that, so that merging always frees some 2,300 nodes."""

(
    INDIVIDUALS,
    EVALUATIONS,
    CACHE_HITS,
    TRAIN_STEPS,
    HURDLE_STOPS,
    OVER_BUDGET,
    OLDEST,
    FREE,
    RECORDED,
    BEST,
    WINDOW,
) = range(11)
"""The entries of `counters`: five public counts, then bookkeeping."""


class Population(NamedTuple):
    """One population, its genealogy and its counters: what a search resumes from."""

    code: np.ndarray  #: int16[nodes, slots, 4]
    data: np.ndarray  #: float64[nodes, slots, 3]
    lengths: np.ndarray  #: int64[nodes, 3]
    fitness: np.ndarray  #: float64[nodes]
    born: np.ndarray  #: int64[nodes]: individuals made before it
    mutation: np.ndarray  #: int8[nodes]: mutation type, -1 none (copy or initial)
    merged: np.ndarray  #: int64[nodes]: steps merged into this one
    parent: np.ndarray  #: int64[nodes]
    children: np.ndarray  #: int64[nodes]
    held: np.ndarray  #: int8[nodes]: 1 in the population, + 2 on record, + 4 the best
    free: np.ndarray  #: int64[nodes]: stack of free nodes
    members: np.ndarray  #: int64[population]: node of each member, oldest overwritten
    records: np.ndarray  #: int64[RECORDS]: nodes of the new bests, in order
    recent: np.ndarray  #: float64[window]: fitness at the hurdle, a ring
    hurdle: np.ndarray  #: float64[1]: what must be passed now
    counters: np.ndarray  #: int64[11]
    rng: np.ndarray  #: uint64[1]


def make_population(
    size: int, slots: int, window: int, seed: int, spare: int = SPARE
) -> Population:
    """Return a population before its first individual."""
    nodes = 3 * size + spare
    counters = np.zeros(11, np.int64)
    counters[FREE] = nodes
    counters[BEST] = _NONE
    return Population(
        code=np.zeros((nodes, slots, 4), np.int16),
        data=np.zeros((nodes, slots, 3)),
        lengths=np.zeros((nodes, 3), np.int64),
        fitness=np.zeros(nodes),
        born=np.zeros(nodes, np.int64),
        mutation=np.full(nodes, -1, np.int8),
        merged=np.zeros(nodes, np.int64),
        parent=np.full(nodes, _NONE),
        children=np.zeros(nodes, np.int64),
        held=np.zeros(nodes, np.int8),
        free=np.arange(nodes - 1, -1, -1),
        members=np.full(size, _NONE),
        records=np.full(RECORDS, _NONE),
        recent=np.zeros(max(window, 1)),
        hurdle=np.zeros(1),
        counters=counters,
        rng=np.array([seed], np.uint64),
    )


@inlined
def _release(pop, node):
    """Free a node that nothing holds, and then its ancestors that it alone held."""
    while node != _NONE and pop.held[node] == 0 and pop.children[node] == 0:
        pop.free[pop.counters[FREE]] = node
        pop.counters[FREE] += 1
        node = pop.parent[node]
        if node != _NONE:
            pop.children[node] -= 1


@helper
def _merge_chains(pop, only_neutral, links):
    """Take out nodes that merely link one ancestor to one child."""
    nodes = len(pop.parent)
    for node in range(nodes):
        links[node] = _NONE  # then the only child of a node that has one
    for k in range(pop.counters[FREE]):
        links[pop.free[k]] = _FREED
    for node in range(nodes):
        if links[node] != _FREED and pop.parent[node] != _NONE:
            links[pop.parent[node]] = node
    for node in range(nodes):
        if links[node] == _FREED or pop.held[node] != 0 or pop.children[node] != 1:
            continue
        if pop.parent[node] == _NONE:
            continue
        child = links[node]
        if only_neutral and pop.fitness[child] != pop.fitness[node]:
            continue
        pop.parent[child] = pop.parent[node]
        links[pop.parent[node]] = child
        pop.merged[child] += pop.merged[node] + 1
        pop.children[node] = 0
        pop.free[pop.counters[FREE]] = node
        pop.counters[FREE] += 1


@inlined
def new_node(pop, parent, links):
    """Return a free node that copies `parent` (-1: an empty one).

    `links` is int64[nodes] to work in.
    """
    if pop.counters[FREE] == 0:
        _merge_chains(pop, np.bool_(True), links)
        if pop.counters[FREE] < len(pop.parent) // 8:
            _merge_chains(pop, np.bool_(False), links)
    pop.counters[FREE] -= 1
    node = pop.free[pop.counters[FREE]]
    pop.parent[node] = parent
    pop.children[node] = 0
    pop.held[node] = 0
    pop.merged[node] = 0
    pop.mutation[node] = -1
    pop.born[node] = pop.counters[INDIVIDUALS]
    if parent != _NONE:
        pop.children[parent] += 1
        slots = 0
        for function in range(3):
            pop.lengths[node, function] = pop.lengths[parent, function]
            slots += pop.lengths[parent, function]
        for i in range(slots):
            for k in range(4):
                pop.code[node, i, k] = pop.code[parent, i, k]
            for k in range(3):
                pop.data[node, i, k] = pop.data[parent, i, k]
    return node


@inlined
def replace_oldest(pop, node):
    """Put a node into the population in place of the oldest member."""
    slot = pop.counters[OLDEST]
    old = pop.members[slot]
    pop.members[slot] = node
    pop.held[node] |= 1
    pop.counters[OLDEST] = (slot + 1) % len(pop.members)
    if old != _NONE:
        pop.held[old] &= ~1
        _release(pop, old)


@helper
def _drop_smallest_gain(pop):
    """Take the record with the smallest gain over its predecessor off the list."""
    count = pop.counters[RECORDED]
    smallest = 1
    for k in range(1, count - 1):
        gain = pop.fitness[pop.records[k]] - pop.fitness[pop.records[k - 1]]
        least = pop.fitness[pop.records[smallest]]
        if gain < least - pop.fitness[pop.records[smallest - 1]]:
            smallest = k
    node = pop.records[smallest]
    for k in range(smallest, count - 1):
        pop.records[k] = pop.records[k + 1]
    pop.counters[RECORDED] -= 1
    pop.held[node] &= ~2
    _release(pop, node)


@inlined
def note_best(pop, node):
    """Remember a node that is fitter than all before it.

    The best is always known; on record go improvements that cover 1 % of the remaining
    distance to fitness 1, so that records stay few.
    """
    best = pop.counters[BEST]
    if best != _NONE and not pop.fitness[node] > pop.fitness[best]:
        return
    pop.counters[BEST] = node
    pop.held[node] |= 4
    if best != _NONE:
        pop.held[best] &= ~4
        _release(pop, best)
    count = pop.counters[RECORDED]
    if count > 0:
        left = 1.0 - pop.fitness[pop.records[count - 1]]
        if not 1.0 - pop.fitness[node] <= 0.99 * left:
            return
    if count == len(pop.records):
        _drop_smallest_gain(pop)
    pop.records[pop.counters[RECORDED]] = node
    pop.counters[RECORDED] += 1
    pop.held[node] |= 2


@inlined
def tournament(pop, size, draw):
    """Return the fittest of `size` members drawn with replacement, the first of ties.

    `draw` holds the members' numbers that were drawn.
    """
    best = pop.members[draw[0]]
    for k in range(1, size):
        node = pop.members[draw[k]]
        if pop.fitness[node] > pop.fitness[best]:
            best = node
    return best
