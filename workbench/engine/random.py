"""A counter-based generator: every draw is a pure function of its key and index.

Random instructions draw from the stream of (seed, task, phase, step, instruction), so
that removing a dead instruction, cutting the tasks into other blocks or running on
more threads changes nothing. Each stream is SplitMix64 (Steele, Lea & Flood 2014)
started at a mixed key. The keys of all lanes may come as one vector (`simd.Words`):
the same functions mix them, and `uniforms` and `gaussians` draw for all lanes at once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.engine import elementary
from workbench.engine._jit import helper, inlined
from workbench.engine.simd import fractions

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_ONE = np.uint64(1)
_U11, _U12 = np.uint64(11), np.uint64(12)
_U27, _U30, _U31 = np.uint64(27), np.uint64(30), np.uint64(31)
_U18 = np.uint64(18)
_U16 = np.uint64(16)

SETUP, TRAIN_PREDICT, TRAIN_LEARN, VALID_PREDICT = 0, 1, 2, 3
"""Phases of an evaluation, part of a random instruction's stream."""


@inlined
def mix(z: np.uint64) -> np.uint64:
    """Return a bijective scramble of 64 bits (SplitMix64's output function)."""
    z = (z ^ (z >> _U30)) * _M1
    z = (z ^ (z >> _U27)) * _M2
    return z ^ (z >> _U31)


@inlined
def bits(key: np.uint64, index: int) -> np.uint64:
    """Return draw number `index` of the stream `key` as 64 random bits."""
    return mix(key + (np.uint64(index) + _ONE) * _GOLDEN)


@inlined
def uniform(key: np.uint64, index: int) -> float:
    """Return draw `index` as a float in the open interval (0, 1)."""
    return ((bits(key, index) >> _U12) + 0.5) * 2.0**-52


@helper
def gaussian(key: np.uint64, index: int) -> float:
    """Return standard normal draw `index` (Box-Muller on two uniforms)."""
    radius = math.sqrt(-2.0 * math.log(uniform(key, 2 * index)))
    return radius * math.cos(2.0 * math.pi * uniform(key, 2 * index + 1))


@inlined
def uniforms(keys: Any, index: int) -> Any:
    """Return draw `index` of every lane as a float, as `uniform` to the last bit."""
    return fractions(bits(keys, index))  # type: ignore[call-arg]


@helper
def gaussians(keys: Any, index: int) -> Any:
    """Return standard normal draw `index` of every lane.

    `gaussian` may differ in the last bits, since it asks the C library.
    """
    first, second = uniforms(keys, 2 * index), uniforms(keys, 2 * index + 1)
    return elementary.normal(first, second)  # type: ignore[call-arg]


@helper
def task_key(seed: int, task: int) -> np.uint64:
    """Return the key of one task of an evaluation with this seed."""
    return bits(mix(np.uint64(seed) + _GOLDEN), task)


@helper
def stream_of(phase: int, step: int) -> np.uint64:
    """Return what sets the draws of one run of a function apart from all others.

    `step` counts the runs of that phase within an evaluation.
    """
    return (np.uint64(step) << _U18) | (np.uint64(phase) << _U16)


@helper
def draw_key(task: np.uint64, stream: np.uint64) -> np.uint64:
    """Return the key of one execution of one instruction on one task.

    `stream` is `stream_of(phase, step)` or'ed with the instruction's position.
    """
    return mix(task ^ mix(stream))


@inlined
def next_bits(state: np.ndarray) -> np.uint64:
    """Advance the sequential generator `state` (uint64[1]) and return 64 bits."""
    state[0] += _GOLDEN
    return mix(state[0])


@inlined
def next_uniform(state: np.ndarray) -> float:
    """Return the next float in the open interval (0, 1)."""
    return ((next_bits(state) >> _U12) + 0.5) * 2.0**-52


@inlined
def next_below(state: np.ndarray, limit: int) -> int:
    """Return the next integer in [0, limit); its bias is below limit / 2**53."""
    return int((next_bits(state) >> _U11) * (limit * 2.0**-53))


@helper
def next_gaussian(state: np.ndarray) -> float:
    """Return the next standard normal float."""
    radius = math.sqrt(-2.0 * math.log(next_uniform(state)))
    return radius * math.cos(2.0 * math.pi * next_uniform(state))
