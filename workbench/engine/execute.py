"""The life of a program on a block of tasks: set up, train, validate, score.

A block holds up to `L` tasks, one a lane. A lane whose error is NaN or too large is
dead: its arithmetic goes on beside the others' and is ignored. All functions are
compiled; `blocks.WorkArrays` are the arrays that they share.

The arguments that recur:

program : pointers to (ops int32[n], operands int64[n, 3], data float64[n, 3], positions
    uint64[n], bounds int64[4]), as `lower` makes them (the instructions of Setup,
    Predict and Learn in a row, operands as offsets into memory), and the interpreter.
memory : pointer to float[shape.size], see `kernels.py`.
x, y : pointers to examples, [example, feature, lane] and [example, lane]; y is like x
    where labels are vectors.
alive : bit mask of lanes.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper
from workbench.engine.simd import absolute, beyond, load, splat, store

RMSE, ACCURACY, MULTICLASS = 0, 1, 2
"""Metrics: squared error of s1; sign of s1 as a logit; largest of v2 as logits."""

SETUP, PREDICT, LEARN = np.int64(0), np.int64(1), np.int64(2)
"""Functions of a program; not plain ints, for each of which numba compiles anew."""


class Shape(NamedTuple):
    """The sizes of an evaluation; all groups of lanes count as one."""

    features: int
    metric: int
    train: int  #: examples an epoch
    valid: int
    epochs: int
    classes: int  #: 1 unless labels are vectors
    label: int  #: offset of s0, or of v1 where labels are vectors
    prediction: int  #: offset of s1, or of v2
    input: int  #: offset of v0
    size: int  #: of memory


_LOWEST = -sys.float_info.max
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@helper
def run(program, function, shape, memory, keys, stream):
    """Run one function of the program once: 0 Setup, 1 Predict, 2 Learn."""
    ops, operands, data, positions, bounds, interpret = program
    interpret(
        ops,
        operands,
        data,
        positions,
        bounds[function],
        bounds[function + 1],
        memory,
        shape.features,
        keys,
        stream,
    )


@helper
def copy_groups(source, start, memory, target, groups, lanes):
    """Copy `groups` groups of lanes from an array of examples into memory."""
    L = len(lanes)
    for k in range(groups):
        store(memory, target + k * L, load(source, start + k * L, lanes))


@helper
def clear_groups(memory, target, groups, lanes):
    """Set `groups` groups of lanes to zero."""
    zero = splat(0.0, memory, lanes)
    for k in range(groups):
        store(memory, target + k * len(lanes), zero)


@helper
def begin(program, shape, memory, keys):
    """Wipe memory and run Setup."""
    for k in range(shape.size):
        memory[k] = 0.0
    stream = random.stream_of(random.SETUP, 0)
    run(program, SETUP, shape, memory, keys, stream)


@helper
def show_example(shape, memory, x, example, lanes):
    """Put one example's features into v0 and hide its label."""
    F = shape.features
    copy_groups(x, example * F * len(lanes), memory, shape.input, F, lanes)
    clear_groups(memory, shape.label, F if shape.metric == MULTICLASS else 1, lanes)


@helper
def show_label(shape, memory, y, example, lanes):
    """Put one example's label into s0, or into v1 where labels are vectors."""
    width = shape.features if shape.metric == MULTICLASS else 1
    copy_groups(y, example * width * len(lanes), memory, shape.label, width, lanes)


@helper
def predict(program, shape, memory, x, example, keys, stream, lanes):
    """Run Predict on one example."""
    show_example(shape, memory, x, example, lanes)
    run(program, PREDICT, shape, memory, keys, stream)


@helper
def softmax(shape, memory, lanes):
    """Turn the logits into probabilities, zero beyond the classes."""
    F, L, classes = shape.features, len(lanes), shape.classes
    at = shape.prediction
    for lane in range(L):
        top = -math.inf
        for k in range(classes):
            logit = memory[at + k * L + lane]
            if logit > top or math.isnan(logit):
                top = logit
        total = 0.0
        for k in range(classes):
            part = math.exp(memory[at + k * L + lane] - top)
            memory[at + k * L + lane] = part
            total += part
        for k in range(F):
            share = memory[at + k * L + lane] / total if k < classes else 0.0
            memory[at + k * L + lane] = share


@helper
def class_error(shape, memory, y, example, lanes):
    """Return the largest absolute error over the classes (NaN if there is one)."""
    F, L = shape.features, len(lanes)
    at = shape.prediction
    for lane in range(L):
        worst = 0.0
        for k in range(shape.classes):
            label = y[(example * F + k) * L + lane]
            error = abs(label - memory[at + k * L + lane])
            if not error <= worst:
                worst = error
        memory[lane] = worst
    return load(memory, 0, lanes)


@helper
def training_error(shape, memory, y, example, lanes):
    """Return |label - prediction| after logits have become probabilities."""
    L = len(lanes)
    if shape.metric == MULTICLASS:
        softmax(shape, memory, lanes)
        return class_error(shape, memory, y, example, lanes)
    if shape.metric == ACCURACY:
        for lane in range(shape.prediction, shape.prediction + L):
            memory[lane] = 1.0 / (1.0 + math.exp(-memory[lane]))
    prediction = load(memory, shape.prediction, lanes)
    return absolute(load(y, example * L, lanes) - prediction)


@helper
def count_steps(dying, step, steps, L):
    """Write down at which step each lane of the mask `dying` ended."""
    for lane in range(L):
        if (dying >> np.uint64(lane)) & _ONE:
            steps[lane] = step


@helper
def train(
    program,
    shape,
    memory,
    x,
    y,
    order,
    first,
    last,
    epoch,
    limit,
    alive,
    steps,
    errors,
    recorded,
    keys,
    lanes,
):
    """Train on examples order[first:last] of one epoch; return who is alive.

    A lane whose error is NaN or above `limit` dies before Learn sees the example;
    `steps` then holds the training steps that it took. The absolute errors of the first
    `recorded` steps go to the rows of `errors`.
    """
    L = len(lanes)
    for t in range(first, last):
        step = epoch * shape.train + t
        example = order[t]
        stream = random.stream_of(random.TRAIN_PREDICT, step)
        predict(program, shape, memory, x, example, keys, stream, lanes)
        error = training_error(shape, memory, y, example, lanes)
        if t < recorded:
            store(errors, t * L, error)
        dying = beyond(error, limit) & alive
        if dying != _ZERO:
            count_steps(dying, step + 1, steps, L)
            alive &= ~dying
            if alive == _ZERO:
                return alive
        show_label(shape, memory, y, example, lanes)
        stream = random.stream_of(random.TRAIN_LEARN, step)
        run(program, LEARN, shape, memory, keys, stream)
    return alive


@helper
def validation_error(shape, memory, y, example, lanes):
    """Return the error that counts: label - s1, or 1 for a mistaken class."""
    L = len(lanes)
    at = shape.prediction
    if shape.metric == RMSE:
        return load(y, example * L, lanes) - load(memory, at, lanes)
    for lane in range(L):
        if shape.metric == ACCURACY:
            probability = 1.0 / (1.0 + math.exp(-memory[at + lane]))
            right = (y[example * L + lane] > 0.5) == (probability > 0.5)
        else:
            label = example * shape.features * L
            told = largest(memory, at + lane, L, shape.classes)
            right = told == largest(y, label + lane, L, shape.classes)
        memory[lane] = 0.0 if right else 1.0
    return load(memory, 0, lanes)


@helper
def largest(array, start, stride, count):
    """Return the index of the last largest element; NaN and -inf never win.

    So does the original; with none to win, it is 0.
    """
    best = _LOWEST
    index = 0
    for k in range(count):
        value = array[start + k * stride]
        if value >= best:
            best = value
            index = k
    return index


@helper
def copy_lanes(source, target, mask, size, L):
    """Copy the lanes of a bit mask from one memory to another."""
    if mask == _ZERO:
        return
    for lane in range(L):
        if (mask >> np.uint64(lane)) & _ONE:
            for k in range(lane, size, L):
                target[k] = source[k]


@helper
def validate(
    program,
    shape,
    memory,
    frozen,
    x,
    y,
    count,
    epoch,
    limit,
    alive,
    loss,
    errors,
    recorded,
    keys,
    lanes,
):
    """Run Predict on the first `count` validation examples; return who stays in bounds.

    `loss` receives the sums of squared errors, or of mistakes. A lane that leaves the
    bounds ends its validation there: its memory at that moment is kept in `frozen` and
    put back at the end, since a later epoch trains on from it. The absolute errors of
    the first `recorded` examples go to the rows of `errors`.
    """
    L = len(lanes)
    within = alive
    clear_groups(loss, 0, 1, lanes)
    for example in range(count):
        stream = random.stream_of(random.VALID_PREDICT, epoch * shape.valid + example)
        predict(program, shape, memory, x, example, keys, stream, lanes)
        error = validation_error(shape, memory, y, example, lanes)
        if example < recorded:
            store(errors, example * L, absolute(error))
        leaving = beyond(error, limit) & within
        if leaving != _ZERO:
            within &= ~leaving
            copy_lanes(memory, frozen, leaving, shape.size, L)
            if within == _ZERO:
                break
        if shape.metric == RMSE:
            error = error * error
        store(loss, 0, load(loss, 0, lanes) + error)
    copy_lanes(frozen, memory, alive & ~within, shape.size, L)
    return within


@helper
def fitness_of(shape, loss, examples):
    """Return the fitness in [0, 1] for a summed loss over `examples` examples."""
    mean = loss / examples
    if shape.metric != RMSE:
        return 1.0 - mean
    root = math.sqrt(mean)
    if not root < math.inf:
        return 0.0
    return 1.0 - 2.0 / math.pi * math.atan(root)


@helper
def keep_best(shape, within, loss, examples, fitness, L):
    """Raise each lane's fitness to that of the epoch just validated."""
    for lane in range(L):
        if (within >> np.uint64(lane)) & _ONE:
            reached = fitness_of(shape, loss[lane], examples)
            fitness[lane] = max(fitness[lane], reached)
