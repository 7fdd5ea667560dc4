"""Programs that do exactly the same are recognised before they run.

Two programs are duplicates when their live instructions are the same, or when their
live Predict and Learn are and Setup leaves the same values wherever these read them
first. Either way every error of one is an error of the other, to the last bit: what
became of the first evaluation is what would become of the second, so that a search
takes the same course with and without this table, only faster.

The table holds the programs met last, by hashes of 128 bits. It is not part of a
search's state: what it has forgotten is evaluated again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.engine._jit import inlined
from workbench.engine.lower import is_wanted, offset
from workbench.engine.random import mix
from workbench.programs.ops import CONSTANT_COUNT, IS_RANDOM

ENTRIES = 1 << 16
WORDS = 8
"""Words of an entry: one cache line."""

(FIRST, SECOND, PROBE, FITNESS, HURDLE, STEPS, PROBE_STEPS, HURDLE_STEPS) = range(8)
"""Places in an entry: the two halves of the hash; the key of the functional equivalence
cache; the fitness in full and at the hurdle; the training steps of each. The hurdle's
and the full fitness are NaN while unknown, the probe's steps `UNKNOWN`."""

UNKNOWN = np.uint64(2**64 - 1)
_NAN = np.uint64(np.float64(np.nan).view(np.uint64))
_K1 = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(32)
_BITS = np.uint64(16)


class Duplicates(NamedTuple):
    """The table, with the hash of the program at hand."""

    entries: np.ndarray  #: uint64[ENTRIES, WORDS]
    hash: np.ndarray  #: uint64[2]
    met: np.ndarray  #: int64[1]: duplicates recognised


def make_duplicates() -> Duplicates:
    """Return an empty table."""
    return Duplicates(
        np.zeros((ENTRIES, WORDS), np.uint64),
        np.zeros(2, np.uint64),
        np.zeros(1, np.int64),
    )


@inlined
def _add(one, two, word):
    """Add a word to both halves of a hash."""
    one = (one ^ word) * _K1
    two = (two ^ word) * _K2
    return one ^ (one >> _SHIFT), two ^ (two >> _SHIFT)


@inlined
def _add_instruction(one, two, code, data, i):
    word = np.uint64(code[i, 0])
    for k in range(1, 4):
        word = (word << _BITS) | np.uint64(code[i, k])
    one, two = _add(one, two, word)
    for k in range(CONSTANT_COUNT[code[i, 0]]):
        one, two = _add(one, two, np.float64(data[i, k]).view(np.uint64))
    return one, two


@inlined
def hash_code(code, data, lengths, live, first, table):
    """Hash the live instructions from function `first` on; tell if one is random."""
    one, two = _K2, _K1
    i = 0
    draws = False
    for function in range(3):
        one, two = _add(one, two, np.uint64(function + first))
        for _ in range(lengths[function]):
            if live[i]:
                if function >= first:
                    one, two = _add_instruction(one, two, code, data, i)
                draws |= IS_RANDOM[code[i, 0]]
            i += 1
    table.hash[0] = one
    table.hash[1] = two
    return draws


@inlined
def hash_memory(memory, wanted, sizes, F, L, table):
    """Add the first lane's values at the wanted addresses to the hash."""
    one, two = table.hash[0], table.hash[1]
    number = 0
    for kind in range(1, 4):
        width = 1 if kind == 1 else F if kind == 2 else F * F
        for address in range(sizes[kind - 1]):
            if is_wanted(wanted, number):
                one, two = _add(one, two, np.uint64(number))
                at = offset(kind, address, sizes, F) * L
                for k in range(at, at + width * L, L):
                    value = np.float64(memory[k])
                    one, two = _add(one, two, value.view(np.uint64))
            number += 1
    table.hash[0] = one
    table.hash[1] = two


@inlined
def find(table):
    """Return the entry for the hash at hand, or -1."""
    one, two = mix(table.hash[0]), mix(table.hash[1])
    place = int(one & np.uint64(len(table.entries) - 1))
    entry = table.entries[place]
    if entry[FIRST] == one and entry[SECOND] == two:
        return np.int64(place)
    return np.int64(-1)


@inlined
def claim(table):
    """Return an empty entry for the hash at hand, in place of what was there."""
    one, two = mix(table.hash[0]), mix(table.hash[1])
    place = int(one & np.uint64(len(table.entries) - 1))
    entry = table.entries[place]
    entry[FIRST] = one
    entry[SECOND] = two
    entry[FITNESS] = _NAN
    entry[HURDLE] = _NAN
    entry[PROBE_STEPS] = UNKNOWN
    return np.int64(place)


@inlined
def copy_entry(source, target):
    """Let another hash stand for the same behaviour."""
    for k in range(PROBE, WORDS):
        target[k] = source[k]
