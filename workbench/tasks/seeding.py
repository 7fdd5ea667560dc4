"""Where the randomness of tasks comes from: one stream for each use of each task."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

MAX_SEED = 2**63 - 1


class Purpose(IntEnum):
    """What a stream of random numbers is for; streams never share numbers.

    Numbered from 1: NumPy pads a seed with zeros, so that a purpose of 0 could make
    two different keys the same.
    """

    PARAMETERS = 1
    TRAIN = 2
    VALID = 3
    ORDER = 4
    SPLIT = 5
    PROJECTION = 6
    PAIRS = 7
    WARP = 8
    BLEND = 9


def generator(seed: int, i: int, purpose: Purpose) -> np.random.Generator:
    """Return the random stream of one purpose for task (or epoch) number ``i``."""
    sequence = np.random.SeedSequence([seed, i, int(purpose)])
    return np.random.Generator(np.random.PCG64(sequence))
