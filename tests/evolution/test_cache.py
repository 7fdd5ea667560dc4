"""The cache against an ordered dictionary."""

import math
from collections import OrderedDict

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.simd import beyond, fold, lanes_of, load, pointer
from workbench.evolution.cache import behaviour_key, insert, look_up, make_cache


class PlainCache:
    """Newest last; an entry goes with its last hit or when it is the oldest."""

    def __init__(self, size, forget_every):
        self.size = size
        self.forget_every = forget_every
        self.entries = OrderedDict()

    def look_up(self, key):
        if key not in self.entries:
            return None
        value, hits = self.entries.pop(key)
        if not 0 < self.forget_every <= hits + 1:
            self.entries[key] = value, hits + 1
        return value

    def insert(self, key, value):
        if len(self.entries) == self.size:
            self.entries.popitem(last=False)
        self.entries[key] = value, 0


def by_age(cache):
    """Return the keys from oldest to newest, checking both directions."""
    forth, entry = [], cache.ends[1]
    while entry >= 0:
        forth.append(int(cache.keys[entry]))
        entry = cache.newer[entry]
    back, entry = [], cache.ends[0]
    while entry >= 0:
        back.append(int(cache.keys[entry]))
        entry = cache.older[entry]
    assert forth == back[::-1]
    return forth


def in_buckets(cache):
    found = []
    for first in cache.buckets:
        entry = first
        while entry >= 0:
            found.append(int(cache.keys[entry]))
            entry = cache.chain[entry]
    return found


@given(
    size=st.integers(1, 5),
    forget_every=st.integers(0, 3),
    keys=st.lists(st.integers(0, 8), max_size=200),
)
def test_it_keeps_and_forgets_what_an_ordered_dictionary_does(size, forget_every, keys):
    cache, plain = make_cache(size), PlainCache(size, forget_every)
    for step, key in enumerate(keys):
        known = look_up(cache, np.uint64(key), forget_every)
        expected = plain.look_up(key)
        assert (None if math.isnan(known) else known) == expected
        if expected is None:
            insert(cache, np.uint64(key), float(step))
            plain.insert(key, float(step))
        assert by_age(cache) == list(plain.entries)
        assert sorted(in_buckets(cache)) == sorted(plain.entries)


def test_an_entry_is_forgotten_at_its_last_hit_and_can_come_back():
    cache = make_cache(2)
    key = np.uint64(3)
    insert(cache, key, 0.5)
    assert [look_up(cache, key, 2) for _ in range(2)] == [0.5, 0.5]
    assert math.isnan(look_up(cache, key, 2))
    insert(cache, key, 0.75)
    insert(cache, np.uint64(4), 0.25)
    assert look_up(cache, key, 0) == 0.75
    insert(cache, np.uint64(5), 0.125)  # 4 is the least recently used
    assert math.isnan(look_up(cache, np.uint64(4), 0))
    assert look_up(cache, key, 0) == 0.75


LIMIT = 100.0
ALL = np.uint64(0b1111)


@numba.njit
def prints_of(errors, tasks, limit, lanes):
    """Fold rows of errors into fingerprints as the interpreter does."""
    prints = np.zeros(len(lanes), np.uint64)
    alive = tasks
    for row in range(len(errors)):
        error = load(pointer(errors), row * len(lanes), lanes)
        ending = beyond(error, limit) & alive
        fold(pointer(prints), error, alive, ending, np.uint64(row + 1))
        alive &= ~ending
    return prints


def key_of(errors, lanes=ALL, alive=ALL, start=0, dtype=np.float64):
    prints = prints_of(np.array(errors, dtype), lanes, LIMIT, lanes_of(4))
    return int(behaviour_key(prints, lanes, alive, alive, np.uint64(start)))


def test_behaviour_that_differs_in_one_error_has_another_key():
    keys = {
        key_of([[0.6, 1, 2, 3], [0, 0, 0, 0]]),
        key_of([[0.601, 1, 2, 3], [0, 0, 0, 0]]),
        key_of([[1, 0.6, 2, 3], [0, 0, 0, 0]]),
        key_of([[0.6, 1, 2, 3], [0, 0, 0, 1e-300]]),
        key_of([[0.6, 1, 2, 3], [0, 0, 0, np.nan]]),
        key_of([[0.6, 1, 2, np.nan], [0, 0, 0, 0]]),
        key_of([[0.6, 1, 2, 3], [0, 0, 0, 0]], alive=np.uint64(7)),
        key_of([[0.6, 1, 2, 3], [0, 0, 0, 0]], start=1),
    }
    assert len(keys) == 8


def test_what_follows_the_end_of_a_task_and_what_is_no_task_is_ignored():
    ended = [[1, 2, 3, 4], [np.nan, 5, 101, 6], [7, 8, 9, 10]]
    other = [[1, 2, 3, 4], [np.inf, 5, 1e9, 6], [0, 8, np.nan, 10]]
    assert key_of(ended) == key_of(other)
    lanes = np.uint64(0b0011)
    assert key_of([[1, 2, 3, 4]], lanes) == key_of([[1, 2, 7, np.nan]], lanes)


def test_behaviour_that_differs_in_the_lanes_that_stayed_in_bounds_has_another_key():
    prints = np.arange(4, dtype=np.uint64)
    key = np.uint64(0)
    three = np.uint64(7)
    ends = [(ALL, ALL), (ALL, three), (three, ALL), (three, three)]
    assert len({int(behaviour_key(prints, ALL, *end, key)) for end in ends}) == 4


def test_single_precision_errors_have_keys_too():
    single = key_of([[0.5, 1, 2, 3]], dtype=np.float32)
    assert single == key_of([[0.5, 1, 2, 3]], dtype=np.float32)
    assert single != key_of([[0.5, 1, 2, 3.001]], dtype=np.float32)
