"""Random programs and the eight mutations, on arrays.

A program here is `code` int16[slots, 4], `data` float64[slots, 3] and `lengths`
int64[3], its functions one after the other. Semantics follow the original engine
(`docs/evolution.md` lists the one deliberate difference, in the largest length).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.engine._jit import helper, inlined
from workbench.engine.random import (
    next_below,
    next_bits,
    next_gaussian,
    next_uniform,
)
from workbench.programs.ops import (
    CONSTANT_COUNT,
    CONSTANT_KIND,
    IN1_KIND,
    IN2_KIND,
    OPS,
    OUT_KIND,
    ConstantKind,
)

if TYPE_CHECKING:
    from workbench.programs import Space

MUTATIONS = (
    "alter_param",
    "randomize_instruction",
    "randomize_function",
    "identity",
    "insert_instruction",
    "remove_instruction",
    "trade_instruction",
    "randomize_program",
)
"""The mutation types, by number."""
(
    ALTER_PARAM,
    RANDOMIZE_INSTRUCTION,
    RANDOMIZE_FUNCTION,
    IDENTITY,
    INSERT_INSTRUCTION,
    REMOVE_INSTRUCTION,
    TRADE_INSTRUCTION,
    RANDOMIZE_PROGRAM,
) = range(8)

_REAL, _INDEX = ConstantKind.REAL.code, ConstantKind.INDEX.code
_MEAN, _LOW = ConstantKind.MEAN.code, ConstantKind.LOW.code
_U40 = np.uint64(40)


class SpaceArrays(NamedTuple):
    """A program space as the mutations read it."""

    ops: np.ndarray  #: int16[3, len(OPS)]: the allowed ops of each function
    op_counts: np.ndarray  #: int64[3]
    shortest: np.ndarray  #: int64[3]
    longest: np.ndarray  #: int64[3]
    sizes: np.ndarray  #: int64[4]: addresses by kind (0 for none)
    memory: np.ndarray  #: int64[3]: scalars, vectors, matrices
    first_out: np.ndarray  #: int64[4]: first address that a program may write, by kind


def space_arrays(space: Space) -> SpaceArrays:
    """Return a space as arrays."""
    allowed = (space.setup_ops, space.predict_ops, space.learn_ops)
    ops = np.zeros((3, len(OPS)), np.int16)
    for function, numbers in enumerate(allowed):
        ops[function, : len(numbers)] = numbers
    ranges = (space.setup_length, space.predict_length, space.learn_length)
    return SpaceArrays(
        ops=ops,
        op_counts=np.array([len(numbers) for numbers in allowed]),
        shortest=np.array([low for low, _ in ranges]),
        longest=np.array([high for _, high in ranges]),
        sizes=np.array([0, *space.sizes]),
        memory=np.array(space.sizes),
        first_out=np.array([0, 1, 2 if space.label == "vector" else 1, 0]),
    )


@inlined
def _index_fraction(rng):
    """Draw from [0, 1) what 32 bits hold exactly: it never rounds up to 1."""
    return float(next_bits(rng) >> _U40) * 2.0**-24


@inlined
def _single(value):
    return float(np.float32(value))


@inlined
def _random_sign_uniform(rng):
    return 2.0 * next_uniform(rng) - 1.0


@inlined
def _random_out(op, code, i, space, rng):
    kind = OUT_KIND[op]
    first = space.first_out[kind]
    code[i, 3] = first + next_below(rng, space.sizes[kind] - first)


@inlined
def _random_constants(op, data, i, rng):
    for k in range(3):
        data[i, k] = 0.0
    kind = CONSTANT_KIND[op]
    if kind == _REAL:
        data[i, 0] = _random_sign_uniform(rng)
    elif kind == _INDEX:
        last = CONSTANT_COUNT[op] - 1
        for c in range(last):
            data[i, c] = _index_fraction(rng)
        data[i, last] = _single(_random_sign_uniform(rng))
    elif kind == _MEAN:
        data[i, 0] = _single(_random_sign_uniform(rng))
        data[i, 1] = _single(next_uniform(rng))
    elif kind == _LOW:
        data[i, 0] = _single(_random_sign_uniform(rng))
        data[i, 1] = _single(_random_sign_uniform(rng))


@inlined
def random_instruction(function, code, data, i, space, rng):
    """Write a random instruction, allowed in this function, into row `i`."""
    op = space.ops[function, next_below(rng, space.op_counts[function])]
    code[i, 0] = op
    for k in range(1, 4):
        code[i, k] = 0
    if IN1_KIND[op] > 0:
        code[i, 1] = next_below(rng, space.sizes[IN1_KIND[op]])
    if IN2_KIND[op] > 0:
        code[i, 2] = next_below(rng, space.sizes[IN2_KIND[op]])
    if OUT_KIND[op] > 0:
        _random_out(op, code, i, space, rng)
    _random_constants(op, data, i, rng)


@helper
def randomize_function(function, code, data, lengths, space, rng):
    """Replace every instruction of one function."""
    if space.op_counts[function] == 0:
        return
    start = _start(lengths, function)
    for i in range(start, start + lengths[function]):
        random_instruction(function, code, data, i, space, rng)


@inlined
def _start(lengths, function):
    start = 0
    for f in range(function):
        start += lengths[f]
    return start


@helper
def _log_scale(value, rng):
    """Multiply by exp(N(0, 1)), keeping the sign; zero stays zero."""
    return value * math.exp(next_gaussian(rng))


@helper
def _log_scale_or_flip(value, rng):
    if next_uniform(rng) < 0.1:
        return -value
    return _log_scale(value, rng)


@inlined
def _alter_constants(op, data, i, rng):
    kind = CONSTANT_KIND[op]
    if kind == _REAL:
        data[i, 0] = _log_scale_or_flip(data[i, 0], rng)
    elif kind == _INDEX:
        last = CONSTANT_COUNT[op] - 1
        c = next_below(rng, last + 1)
        if c < last:
            data[i, c] = _index_fraction(rng)
        else:
            data[i, c] = _single(_log_scale_or_flip(data[i, c], rng))
    elif kind == _MEAN:
        if next_below(rng, 2) == 0:
            data[i, 0] = _single(_log_scale_or_flip(data[i, 0], rng))
        else:
            data[i, 1] = _single(_log_scale(data[i, 1], rng))
    else:
        end = next_below(rng, 2)
        changed = _single(_log_scale_or_flip(data[i, end], rng))
        other = data[i, 1 - end]
        data[i, 0] = min(changed, other)
        data[i, 1] = max(changed, other)


@inlined
def _alter(code, data, i, space, rng):
    """Redraw one address of instruction `i`, or alter one of its constants."""
    op = code[i, 0]
    if OUT_KIND[op] == 0:
        return
    if CONSTANT_COUNT[op] > 0:
        if next_below(rng, 2) == 0:
            _random_out(op, code, i, space, rng)
        else:
            _alter_constants(op, data, i, rng)
        return
    inputs = 2 if IN2_KIND[op] > 0 else 1
    field = next_below(rng, inputs + 1)
    if field == inputs:
        _random_out(op, code, i, space, rng)
    elif field == 0:
        code[i, 1] = next_below(rng, space.sizes[IN1_KIND[op]])
    else:
        code[i, 2] = next_below(rng, space.sizes[IN2_KIND[op]])


@inlined
def _copy_row(code, data, source, target):
    for k in range(4):
        code[target, k] = code[source, k]
    for k in range(3):
        data[target, k] = data[source, k]


@inlined
def _insert(function, code, data, lengths, space, rng):
    total = _start(lengths, 3)
    at = _start(lengths, function) + next_below(rng, lengths[function] + 1)
    for i in range(total, at, -1):
        _copy_row(code, data, i - 1, i)
    random_instruction(function, code, data, at, space, rng)
    lengths[function] += 1


@inlined
def _remove(function, code, data, lengths, rng):
    total = _start(lengths, 3)
    at = _start(lengths, function) + next_below(rng, lengths[function])
    for i in range(at, total - 1):
        _copy_row(code, data, i + 1, i)
    lengths[function] -= 1


@inlined
def _choose_function(space, rng):
    """Draw among the functions that may hold instructions; -1 if none may."""
    candidates = 0
    for function in range(3):
        candidates += space.op_counts[function] > 0
    if candidates == 0:
        return -1
    pick = next_below(rng, candidates)
    for function in range(3):
        if space.op_counts[function] > 0:
            if pick == 0:
                return function
            pick -= 1
    return -1


@inlined
def mutate(code, data, lengths, space, cumulative, rng):
    """Mutate a program once, in place; return the number of the mutation type.

    `cumulative` holds the running sums of the mutations' weights. The rows behind the
    program must have room for one more instruction.
    """
    point = next_uniform(rng) * cumulative[-1]
    kind = 0
    while cumulative[kind] <= point and kind < len(cumulative) - 1:
        kind += 1
    if kind == IDENTITY:
        return kind
    if kind == RANDOMIZE_PROGRAM:
        for function in range(3):
            randomize_function(function, code, data, lengths, space, rng)
        return kind
    function = _choose_function(space, rng)
    if function < 0:
        return kind
    length = lengths[function]
    if kind == RANDOMIZE_FUNCTION:
        randomize_function(function, code, data, lengths, space, rng)
    elif kind == INSERT_INSTRUCTION:
        if length < space.longest[function]:
            _insert(function, code, data, lengths, space, rng)
    elif kind == REMOVE_INSTRUCTION:
        if length > space.shortest[function]:
            _remove(function, code, data, lengths, rng)
    elif length > 0:
        if kind == TRADE_INSTRUCTION:
            _insert(function, code, data, lengths, space, rng)
            _remove(function, code, data, lengths, rng)
        else:
            i = _start(lengths, function) + next_below(rng, length)
            if kind == ALTER_PARAM:
                _alter(code, data, i, space, rng)
            else:
                random_instruction(function, code, data, i, space, rng)
    return kind
