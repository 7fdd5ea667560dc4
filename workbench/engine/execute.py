"""The life of a program on a block of tasks: set up, train, validate, score.

A block holds up to `L` tasks, one a lane. A lane whose error is NaN or too large is
dead: its arithmetic goes on beside the others' and is ignored. All functions are
compiled; `Workspace` in `workspace.py` owns the arrays that they share.

The arguments that recur:

program : (ops int32[n], operands int64[n, 3], data float64[n, 3], positions uint64[n],
    bounds int64[4]), as `lower` makes it: the instructions of Setup, Predict and Learn
    in a row, operands as offsets into memory.
shape : int64[8], see `SHAPE` below.
memory : float[size], see `kernels.py`.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper
from workbench.engine.dispatch import dispatch
from workbench.engine.simd import absolute, beyond, load, splat, store

RMSE, ACCURACY, MULTICLASS = 0, 1, 2
"""Metrics: squared error of s1; sign of s1 as a logit; largest of v2 as logits."""

SHAPE = ("features", "scalars", "metric", "train", "valid", "classes", "epochs", "tasks")
"""What each entry of the array `shape` counts."""
F_, S_, METRIC_, TRAIN_, VALID_, CLASSES_, EPOCHS_, TASKS_ = range(8)

_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@helper
def run(program, first, last, memory, F, keys, stream, lanes):
    """Run instructions `first` to `last` (exclusive) once."""
    ops, operands, data, positions, _ = program
    for i in range(first, last):
        dispatch(
            ops[i],
            memory,
            operands[i, 0],
            operands[i, 1],
            operands[i, 2],
            data,
            i,
            F,
            keys,
            stream | positions[i],
            lanes,
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
def begin(program, shape, memory, keys, lanes):
    """Wipe memory and run Setup."""
    memory[:] = 0.0
    bounds = program[4]
    stream = random.stream_of(random.SETUP, 0)
    run(program, bounds[0], bounds[1], memory, shape[F_], keys, stream, lanes)


@helper
def show_example(shape, memory, x, example, lanes):
    """Put one example's features into v0 and hide its label."""
    F, L = shape[F_], len(lanes)
    v0 = shape[S_] * L
    copy_groups(x, example * F * L, memory, v0, F, lanes)
    if shape[METRIC_] == MULTICLASS:
        clear_groups(memory, v0 + F * L, F, lanes)
    else:
        clear_groups(memory, 0, 1, lanes)


@helper
def show_label(shape, memory, y, example, lanes):
    """Put one example's label into s0, or into v1 where labels are vectors."""
    F, L = shape[F_], len(lanes)
    if shape[METRIC_] == MULTICLASS:
        target = (shape[S_] + F) * L
        copy_groups(y, example * F * L, memory, target, F, lanes)
    else:
        copy_groups(y, example * L, memory, 0, 1, lanes)


@helper
def predict(program, shape, memory, x, example, keys, stream, lanes):
    """Run Predict on one example."""
    bounds = program[4]
    show_example(shape, memory, x, example, lanes)
    run(program, bounds[1], bounds[2], memory, shape[F_], keys, stream, lanes)


@helper
def softmax(shape, memory, lanes):
    """Turn the logits in v2 into probabilities, zero beyond the classes."""
    F, L, classes = shape[F_], len(lanes), shape[CLASSES_]
    v2 = (shape[S_] + 2 * F) * L
    for lane in range(L):
        top = -math.inf
        for k in range(classes):
            logit = memory[v2 + k * L + lane]
            if logit > top or logit != logit:
                top = logit
        total = 0.0
        for k in range(classes):
            part = math.exp(memory[v2 + k * L + lane] - top)
            memory[v2 + k * L + lane] = part
            total += part
        for k in range(F):
            at = v2 + k * L + lane
            memory[at] = memory[at] / total if k < classes else 0.0


@helper
def class_error(shape, memory, y, example, lanes):
    """Return the largest absolute error over the classes (NaN if there is one)."""
    F, L = shape[F_], len(lanes)
    v2 = (shape[S_] + 2 * F) * L
    scratch = len(memory) - L
    for lane in range(L):
        worst = 0.0
        for k in range(shape[CLASSES_]):
            label = y[(example * F + k) * L + lane]
            error = abs(label - memory[v2 + k * L + lane])
            if not error <= worst:
                worst = error
        memory[scratch + lane] = worst
    return load(memory, scratch, lanes)


@helper
def training_error(shape, memory, y, example, lanes):
    """Return |label - prediction| after logits have become probabilities."""
    L = len(lanes)
    if shape[METRIC_] == MULTICLASS:
        softmax(shape, memory, lanes)
        return class_error(shape, memory, y, example, lanes)
    if shape[METRIC_] == ACCURACY:
        for lane in range(L):
            memory[L + lane] = 1.0 / (1.0 + math.exp(-memory[L + lane]))
    return absolute(load(y, example * L, lanes) - load(memory, L, lanes))


@helper
def count_steps(dying, step, steps):
    """Write down at which step each lane of the mask `dying` ended."""
    for lane in range(len(steps)):
        if (dying >> np.uint64(lane)) & _ONE:
            steps[lane] = step


@helper
def train(
    program, shape, memory, x, y, order, span, epoch, limit, alive, steps, errors, keys,
    lanes,
):
    """Train on examples order[span[0]:span[1]] of one epoch; return who is alive.

    A lane whose error is NaN or above `limit` dies before Learn sees the example;
    `steps` then holds the training steps that it took. Absolute errors go to the rows
    of `errors` from `span[0]` on, as far as it has rows.
    """
    L = len(lanes)
    bounds = program[4]
    for t in range(span[0], span[1]):
        step = epoch * shape[TRAIN_] + t
        example = order[t]
        stream = random.stream_of(random.TRAIN_PREDICT, step)
        predict(program, shape, memory, x, example, keys, stream, lanes)
        error = training_error(shape, memory, y, example, lanes)
        if t < len(errors):
            store(errors, t * L, error)
        dying = beyond(error, limit) & alive
        if dying != _ZERO:
            count_steps(dying, step + 1, steps)
            alive &= ~dying
            if alive == _ZERO:
                return alive
        show_label(shape, memory, y, example, lanes)
        stream = random.stream_of(random.TRAIN_LEARN, step)
        run(program, bounds[2], bounds[3], memory, shape[F_], keys, stream, lanes)
    return alive


@helper
def validation_loss(shape, memory, y, example, lanes):
    """Return the error that counts: label - s1, or 0/1 where classes are told."""
    L = len(lanes)
    if shape[METRIC_] == RMSE:
        return load(y, example * L, lanes) - load(memory, L, lanes)
    scratch = len(memory) - L
    F, classes = shape[F_], shape[CLASSES_]
    v2 = (shape[S_] + 2 * F) * L
    for lane in range(L):
        if shape[METRIC_] == ACCURACY:
            probability = 1.0 / (1.0 + math.exp(-memory[L + lane]))
            right = (y[example * L + lane] > 0.5) == (probability > 0.5)
        else:
            told = largest(memory, v2 + lane, L, classes)
            right = told == largest(y, example * F * L + lane, L, classes)
        memory[scratch + lane] = 0.0 if right else 1.0
    return load(memory, scratch, lanes)


@helper
def largest(array, start, stride, count):
    """Return the index of the last largest element; NaN never wins."""
    best, index = -math.inf, 0
    for k in range(count):
        if array[start + k * stride] >= best:
            best, index = array[start + k * stride], k
    return index


@helper
def copy_lanes(source, target, mask, L):
    """Copy the lanes of a bit mask from one memory to another."""
    if mask == _ZERO:
        return
    for lane in range(L):
        if (mask >> np.uint64(lane)) & _ONE:
            for k in range(lane, len(source), L):
                target[k] = source[k]


@helper
def validate(
    program, shape, memory, frozen, x, y, count, epoch, limit, alive, loss, errors, keys,
    lanes,
):
    """Run Predict on the first `count` validation examples; return who stays in bounds.

    `loss` receives the sums of squared errors, or of mistakes. A lane that leaves the
    bounds ends its validation there: its memory at that moment is kept in `frozen` and
    put back at the end, since a later epoch trains on from it. Absolute errors go to
    the rows of `errors`, as far as it has rows, and -1 after a lane has left.
    """
    L = len(lanes)
    within = alive
    clear_groups(loss, 0, 1, lanes)
    for example in range(count):
        stream = random.stream_of(random.VALID_PREDICT, epoch * shape[VALID_] + example)
        predict(program, shape, memory, x, example, keys, stream, lanes)
        error = validation_loss(shape, memory, y, example, lanes)
        leaving = beyond(error, limit) & within
        if leaving != _ZERO:
            within &= ~leaving
            copy_lanes(memory, frozen, leaving, L)
            if within == _ZERO:
                break
        if example < len(errors):
            store(errors, example * L, absolute(error))
        if shape[METRIC_] == RMSE:
            error = error * error
        store(loss, 0, load(loss, 0, lanes) + error)
    copy_lanes(frozen, memory, alive & ~within, L)
    return within


@helper
def fitness_of(shape, loss, examples):
    """Return the fitness in [0, 1] for a summed loss over `examples` examples."""
    mean = loss / examples
    if shape[METRIC_] != RMSE:
        return 1.0 - mean
    root = math.sqrt(mean)
    if not root < math.inf:
        return 0.0
    return 1.0 - 2.0 / math.pi * math.atan(root)


@helper
def keep_best(shape, within, loss, examples, fitness):
    """Raise each lane's fitness to that of the epoch just validated."""
    for lane in range(len(fitness)):
        if (within >> np.uint64(lane)) & _ONE:
            reached = fitness_of(shape, loss[lane], examples)
            fitness[lane] = max(fitness[lane], reached)
