"""The genealogy: what is kept, what is freed, and that it never overflows."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evolution import population as pool
from workbench.evolution.population import (
    RECORDS,
    make_population,
    new_node,
    note_best,
    replace_oldest,
    tournament,
)

NONE = np.int64(-1)


class Walk:
    """Children of chosen members with chosen fitness, and all of history beside."""

    def __init__(self, size, spare):
        self.pop = make_population(size, 1, 0, 1, spare)
        self.links = np.zeros(len(self.pop.parent), np.int64)
        self.history = []  # (parent's individual or None, fitness)
        self.size = size

    def individual(self, node):
        return int(self.pop.born[node])

    def breed(self, pick, fitness):
        pop = self.pop
        made = int(pop.counters[pool.INDIVIDUALS])
        if made < self.size:
            parent, ancestor = NONE, None
        else:
            parent = pop.members[pick % self.size]
            ancestor = self.individual(parent)
        node = new_node(pop, parent, self.links)
        pop.code[node, 0, 0] = made % 2**15
        pop.lengths[node, 0] = 1
        pop.fitness[node] = fitness
        pop.counters[pool.INDIVIDUALS] += 1
        self.history.append((ancestor, fitness))
        replace_oldest(pop, node)
        note_best(pop, node)

    def ancestors(self, made):
        chain = [made]
        while self.history[chain[-1]][0] is not None:
            chain.append(self.history[chain[-1]][0])
        return chain

    def check(self):
        pop, counters = self.pop, self.pop.counters
        nodes = len(pop.parent)
        free = set(pop.free[: counters[pool.FREE]].tolist())
        assert len(free) == counters[pool.FREE]
        used = set(range(nodes)) - free
        # Counts are those of the tree.
        children = Counter(int(pop.parent[n]) for n in used)
        assert set(children) <= used | {-1}
        for node in used:
            assert pop.children[node] == children[node]
            assert pop.held[node] or children[node], "nothing holds it"
        # Held is what should be.
        made = len(self.history)
        members = [int(n) for n in pop.members if n >= 0]
        alive = range(max(0, made - self.size), made)
        assert sorted(map(self.individual, members)) == list(alive)
        records = pop.records[: counters[pool.RECORDED]].tolist()
        best = int(counters[pool.BEST])
        for node in used:
            held = (node in members) + 2 * (node in records) + 4 * (node == best)
            assert pop.held[node] == held
        # Each node is the individual that it says, below its true ancestors.
        for node in used:
            individual = self.individual(node)
            assert pop.fitness[node] == self.history[individual][1]
            assert pop.code[node, 0, 0] == individual % 2**15
            true = self.ancestors(individual)
            kept, merged, at = [individual], int(pop.merged[node]), node
            while pop.parent[at] >= 0:
                at = pop.parent[at]
                kept.append(self.individual(at))
                merged += int(pop.merged[at])
            assert kept == [i for i in true if i in set(kept)]
            assert kept[-1] == true[-1], "the first ancestor is kept"
            assert len(kept) + merged == len(true)
        return records, best


@given(
    size=st.integers(2, 6),
    spare=st.integers(12, 40),
    fitness=st.sampled_from([[0.5], [0.1, 0.2], [0.0, 0.3, 0.3, 0.9]]),
    picks=st.lists(st.integers(0, 1000), min_size=1, max_size=400),
)
def test_a_small_genealogy_stays_whole_through_merging(size, spare, fitness, picks):
    # Leaves: members, the best, and no more records than different fitness values.
    walk = Walk(size, spare + size)
    for k, pick in enumerate(picks):
        walk.breed(pick, fitness[(pick // 7) % len(fitness)])
        if k % 50 == 0:
            walk.check()
    walk.check()


@pytest.mark.parametrize("neutral", [True, False])
def test_ten_thousand_individuals_in_a_small_table(neutral):
    walk = Walk(5, 60)
    rng = np.random.default_rng(3)
    for made in range(10_000):
        fitness = 0.5 if neutral else float(rng.random() * 0.9)
        walk.breed(int(rng.integers(1000)), fitness)
        if made % 1000 == 0:
            walk.check()
    records, best = walk.check()
    assert walk.pop.merged.max() > 0
    assert max(f for _, f in walk.history) == walk.pop.fitness[best]
    assert best in records or not neutral


def test_merging_takes_neutral_steps_out_first():
    walk = Walk(2, 20)  # 26 nodes
    walk.breed(0, 0.0)
    walk.breed(0, 0.0)
    values = [0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2]
    for k in range(30):
        # Always the youngest: one long chain.
        youngest = int(np.argmax(walk.pop.born[walk.pop.members]))
        walk.breed(youngest, values[min(k, 11)])
    walk.check()
    node = walk.pop.members[int(np.argmax(walk.pop.born[walk.pop.members]))]
    fitness = []
    while node >= 0:
        fitness.append(float(walk.pop.fitness[node]))
        node = walk.pop.parent[node]
    assert set(fitness) == {0.0, 0.1, 0.2}
    assert len(fitness) < 32


def test_records_are_improvements_of_a_hundredth_of_what_is_left():
    walk = Walk(3, 1000)
    for fitness in [0.0, 0.5, 0.504, 0.505, 0.3, 0.505, 0.506, 0.9, 0.9005, 0.9989]:
        walk.breed(0, fitness)
    records, best = walk.check()
    found = [float(walk.pop.fitness[node]) for node in records]
    assert found == [0.0, 0.5, 0.505, 0.9, 0.9989]
    assert walk.pop.fitness[best] == 0.9989


def test_a_best_off_the_record_is_kept_all_the_same():
    walk = Walk(2, 100)
    for fitness in [0.5, 0.501, 0.1, 0.1, 0.1, 0.1]:
        walk.breed(0, fitness)
    records, best = walk.check()
    assert len(records) == 1
    assert walk.pop.fitness[best] == 0.501
    walk.breed(0, 0.9)
    records, best = walk.check()
    assert walk.individual(best) == 6


def test_records_beyond_the_most_drop_the_smallest_gain_between():
    walk = Walk(2, 4 * RECORDS)
    left = 1.0
    fitness = []
    for k in range(RECORDS + 40):
        left *= 0.9 if k % 3 else 0.95
        fitness.append(1.0 - left)
        walk.breed(0, 1.0 - left)
    records, best = walk.check()
    found = [float(walk.pop.fitness[node]) for node in records]
    assert len(found) == RECORDS
    assert found == sorted(found)
    assert found[0] == fitness[0]
    assert found[-1] == fitness[-1]
    assert best == records[-1]


def test_the_first_of_the_fittest_wins_a_tournament():
    walk = Walk(4, 100)
    for fitness in (0.1, 0.7, 0.7, 0.2):
        walk.breed(0, fitness)
    pop = walk.pop

    def winner(*drawn):
        return walk.individual(tournament(pop, len(drawn), np.array(drawn)))

    assert winner(0) == 0
    assert winner(0, 2, 1) == 2
    assert winner(1, 2, 2) == 1
    assert winner(3, 0, 3) == 3
