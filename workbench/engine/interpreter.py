"""The interpreter: one compiled function a lane count and precision.

It holds the code of every operation and takes seconds to compile, so that all other
kernels call it through its address instead of containing it. One call trains a block
on many examples, or validates it, in one loop around one switch.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types

from workbench.engine import random
from workbench.engine._jit import compiled_callback, inlined
from workbench.engine.dispatch import dispatch
from workbench.engine.execute import (
    MULTICLASS,
    RMSE,
    Shape,
    clear_groups,
    copy_lanes,
    count_steps,
    show_example,
    show_label,
    training_error,
    validation_error,
)
from workbench.engine.rows import FEATURE_SLOTS, IN_PLACE, LABEL_SLOTS
from workbench.engine.simd import (
    absolute,
    beyond,
    distance,
    fold,
    lanes_of,
    load,
    store,
)

ONCE, TRAIN, VALIDATE = np.int64(0), np.int64(1), np.int64(2)
"""What a call does: run the rows `first` to `last` once, whose random draws `stream`
sets apart; train on the examples `first` to `last` of an epoch; validate on them. Not
plain ints, for each of which numba compiles anew."""

_ZERO = np.uint64(0)


def signature(dtype: str) -> Any:
    """Return the interpreter's type for memory of this precision."""
    element = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    word = types.CPointer(types.int64)
    number = types.int64
    return types.uint64(
        number,  # phase
        word,  # rows
        types.CPointer(types.float64),  # constants
        word,  # bounds
        word,  # slots that name features
        word,  # slots that name a label
        types.UniTuple(number, len(Shape._fields)),
        element,  # memory
        element,  # frozen
        element,  # x
        element,  # y
        word,  # order
        number,  # epoch
        number,  # first
        number,  # last, exclusive
        types.float64,  # limit
        types.uint64,  # alive
        element,  # loss
        word,  # steps
        types.CPointer(types.uint64),  # fingerprints
        number,  # examples that go into them
        types.CPointer(types.uint64),  # keys
        types.uint64,  # stream
    )


@inlined
def point(rows, slots, count, target):
    """Turn the operands that `slots` lists to what lies at an offset."""
    for k in range(count):
        rows[slots[k]] = target


@cache
def interpreter(count: int, dtype: str) -> Any:
    """Return the interpreter for blocks of `count` lanes of this precision.

    A call returns the bit mask of the lanes that are alive at its end; in validation,
    of those that stayed in bounds. In training, a lane whose error is NaN or above
    `limit` dies before Learn sees the example, and `steps` then holds the training
    steps that it took. In validation, `loss` receives the sums of squared errors or of
    mistakes; a lane that leaves the bounds ends there: its memory at that moment is put
    back at the end, since a later epoch trains on from it. The absolute errors of the
    first `printed` examples are folded into the lanes' fingerprints.

    To be called while holding `_jit.lock()`, since it may compile.
    """
    lanes = lanes_of(count)

    def run(
        phase,
        rows,
        data,
        bounds,
        feature_slots,
        label_slots,
        sizes,
        memory,
        frozen,
        x,
        y,
        order,
        epoch,
        first,
        last,
        limit,
        alive,
        loss,
        steps,
        prints,
        printed,
        keys,
        stream,
    ):
        shape = Shape(
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3],
            sizes[4],
            sizes[5],
            sizes[6],
            sizes[7],
            sizes[8],
            sizes[9],
        )
        F = shape.features
        L = len(lanes)
        prediction = shape.prediction * L
        # In groups of lanes, as all operands; all three start cache lines.
        x_from, y_from = distance(memory, x) // L, distance(memory, y) // L
        width = F if shape.metric == MULTICLASS else 1
        in_place = bounds[IN_PLACE] != 0
        learning = False
        within = alive
        example = t = start = first
        end = last
        if phase == VALIDATE:
            clear_groups(loss, 0, 1, lanes)
        if phase != ONCE and t >= last:
            return alive
        while True:
            if phase != ONCE and not learning:
                example = order[t] if phase == TRAIN else t
                if in_place:
                    target = x_from + example * F
                    point(rows, feature_slots, bounds[FEATURE_SLOTS], target)
                else:
                    show_example(shape, memory, x, example, lanes)
                start, end = bounds[1], bounds[2]
                if phase == TRAIN:
                    stream = random.stream_of(
                        random.TRAIN_PREDICT, epoch * shape.train + t
                    )
                else:
                    stream = random.stream_of(
                        random.VALID_PREDICT, epoch * shape.valid + t
                    )
            for i in range(start, end):
                dispatch(memory, rows, data, i, F, keys, stream, lanes)
            if phase == ONCE:
                return alive
            if phase == TRAIN and not learning:
                if shape.metric == RMSE:
                    truth = load(y, example * L, lanes)
                    error = absolute(truth - load(memory, prediction, lanes))
                else:
                    error = training_error(shape, memory, y, example, lanes)
                dying = beyond(error, limit) & alive
                if t < printed:
                    fold(prints, error, alive, dying, np.uint64(t + 1))
                if dying != _ZERO:
                    count_steps(dying, epoch * shape.train + t + 1, steps, L)
                    alive &= ~dying
                    if alive == _ZERO:
                        return alive
                start, end = bounds[2], bounds[3]
                if start < end:
                    if in_place:
                        target = y_from + example * width
                        point(rows, label_slots, bounds[LABEL_SLOTS], target)
                    else:
                        show_label(shape, memory, y, example, lanes)
                    stream = random.stream_of(
                        random.TRAIN_LEARN, epoch * shape.train + t
                    )
                    learning = True
                    continue
            if phase == VALIDATE:
                if shape.metric == RMSE:
                    truth = load(y, example * L, lanes)
                    error = truth - load(memory, prediction, lanes)
                else:
                    error = validation_error(shape, memory, y, example, lanes)
                leaving = beyond(error, limit) & within
                if t < printed:
                    fold(prints, absolute(error), within, leaving, np.uint64(t + 1))
                if leaving != _ZERO:
                    within &= ~leaving
                    copy_lanes(memory, frozen, leaving, shape.size, L)
                    if within == _ZERO:
                        break
                if shape.metric == RMSE:
                    error = error * error
                store(loss, 0, load(loss, 0, lanes) + error)
            learning = False
            t += 1
            if t == last:
                break
        if phase == TRAIN:
            return alive
        copy_lanes(frozen, memory, alive & ~within, shape.size, L)
        return within

    return compiled_callback(run, signature(dtype))
