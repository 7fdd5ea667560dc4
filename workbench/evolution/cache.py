"""The functional equivalence cache: what behaves alike is evaluated once.

A program is known by the errors that it makes on its first few training and validation
examples (Real et al. 2020, section 3; the original engine's FEC). The store forgets the
least recently used entry when full, and an entry that was hit `forget_every` times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.engine._jit import inlined
from workbench.engine.random import mix

_NONE = -1
_ONE = np.uint64(1)


class Cache(NamedTuple):
    """A hash table with chains, threaded by a list from newest to oldest use."""

    keys: np.ndarray  #: uint64[size]
    values: np.ndarray  #: float64[size], fitness
    hits: np.ndarray  #: int64[size]
    chain: np.ndarray  #: int64[size], next entry of the same bucket
    newer: np.ndarray  #: int64[size]
    older: np.ndarray  #: int64[size]
    buckets: np.ndarray  #: int64[power of two], first entry
    ends: np.ndarray  #: int64[4]: newest, oldest, entries in use, first freed entry


def make_cache(size: int) -> Cache:
    """Return an empty cache of `size` entries (0: one that is never used)."""
    buckets = 1 << max(1, (2 * size - 1).bit_length())
    return Cache(
        keys=np.zeros(size, np.uint64),
        values=np.zeros(size),
        hits=np.zeros(size, np.int64),
        chain=np.full(size, _NONE),
        newer=np.full(size, _NONE),
        older=np.full(size, _NONE),
        buckets=np.full(buckets, _NONE),
        ends=np.array([_NONE, _NONE, 0, _NONE]),
    )


@inlined
def behaviour_key(prints, tasks, alive, within, key):
    """Fold the fingerprints of one block's errors into a key.

    `prints` is uint64[L]; the masks tell which lanes are tasks, which lived through
    training and which stayed in bounds in validation.
    """
    for lane in range(len(prints)):
        if (tasks >> np.uint64(lane)) & _ONE:
            key = mix(key ^ prints[lane])
    return mix(mix(key ^ alive) ^ within)


@inlined
def _unlink(cache, entry):
    newer, older = cache.newer[entry], cache.older[entry]
    if newer == _NONE:
        cache.ends[0] = older
    else:
        cache.older[newer] = older
    if older == _NONE:
        cache.ends[1] = newer
    else:
        cache.newer[older] = newer


@inlined
def _link_newest(cache, entry):
    newest = cache.ends[0]
    cache.newer[entry] = _NONE
    cache.older[entry] = newest
    if newest == _NONE:
        cache.ends[1] = entry
    else:
        cache.newer[newest] = entry
    cache.ends[0] = entry


@inlined
def _bucket(cache, key):
    return int(mix(key) & np.uint64(len(cache.buckets) - 1))


@inlined
def _leave_bucket(cache, entry):
    bucket = _bucket(cache, cache.keys[entry])
    at = cache.buckets[bucket]
    if at == entry:
        cache.buckets[bucket] = cache.chain[entry]
        return
    while cache.chain[at] != entry:
        at = cache.chain[at]
    cache.chain[at] = cache.chain[entry]


@inlined
def look_up(cache, key, forget_every):
    """Return the fitness stored under `key`, or NaN; a hit counts as a use."""
    entry = cache.buckets[_bucket(cache, key)]
    while entry != _NONE and cache.keys[entry] != key:
        entry = cache.chain[entry]
    if entry == _NONE:
        return np.nan
    value = cache.values[entry]
    cache.hits[entry] += 1
    _unlink(cache, entry)
    if forget_every > 0 and cache.hits[entry] >= forget_every:
        _leave_bucket(cache, entry)
        cache.chain[entry] = cache.ends[3]
        cache.ends[3] = entry
    else:
        _link_newest(cache, entry)
    return value


@inlined
def insert(cache, key, value):
    """Store a fitness under a key that is not there, forgetting the oldest if full."""
    if cache.ends[3] != _NONE:
        entry = cache.ends[3]
        cache.ends[3] = cache.chain[entry]
    elif cache.ends[2] < len(cache.keys):
        entry = cache.ends[2]
        cache.ends[2] += 1
    else:
        entry = cache.ends[1]
        _unlink(cache, entry)
        _leave_bucket(cache, entry)
    cache.keys[entry] = key
    cache.values[entry] = value
    cache.hits[entry] = 0
    bucket = _bucket(cache, key)
    cache.chain[entry] = cache.buckets[bucket]
    cache.buckets[bucket] = entry
    _link_newest(cache, entry)
