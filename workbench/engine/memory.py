"""A program's memory as arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Memory(NamedTuple):
    """The memory of one task at one moment, in float64."""

    scalars: np.ndarray
    """float64[S]."""
    vectors: np.ndarray
    """float64[V, F]."""
    matrices: np.ndarray
    """float64[M, F, F]."""


_ORDER = (1, 2, 0)


def unpack(groups: np.ndarray, sizes: tuple[int, int, int], features: int) -> Memory:
    """Cut [..., groups], in which vectors, matrices and scalars lie in turn."""
    shapes = ((), (features,), (features, features))
    parts = {}
    start = 0
    for kind in _ORDER:
        count, shape = sizes[kind], shapes[kind]
        width = count * math.prod(shape)
        part = groups[..., start : start + width]
        parts[kind] = part.reshape(*groups.shape[:-1], count, *shape)
        start += width
    return Memory(parts[0], parts[1], parts[2])


def pack(memory: Memory) -> np.ndarray:
    """Return the groups of one task's memory, as `unpack` reads them."""
    return np.concatenate([memory[kind].ravel() for kind in _ORDER])


def pack_batch(memory: Memory) -> np.ndarray:
    """Return the groups of many memories, [P, groups]."""
    count = len(memory.scalars)
    return np.concatenate([memory[kind].reshape(count, -1) for kind in _ORDER], axis=1)


def groups_of(sizes: tuple[int, int, int], features: int) -> int:
    """Return how many numbers a memory of these sizes holds."""
    scalars, vectors, matrices = sizes
    return scalars + vectors * features + matrices * features**2


def lane_zero(memory: np.ndarray, lanes: int, features: int) -> np.ndarray:
    """Return the first lane's numbers of a block's memory, scratch left out."""
    return memory.reshape(-1, lanes)[features**2 :, 0].astype(np.float64)
