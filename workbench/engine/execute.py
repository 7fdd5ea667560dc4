"""What happens to a block of tasks between two instructions: examples, errors, ends.

A block holds up to `L` tasks, one a lane. A lane whose error is NaN or too large is
dead: its arithmetic goes on beside the others' and is ignored. All functions are
compiled into the interpreter.

The arguments that recur:

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

from workbench.engine._jit import helper
from workbench.engine.simd import absolute, load, splat, store

RMSE, ACCURACY, MULTICLASS = 0, 1, 2
"""Metrics: squared error of s1; sign of s1 as a logit; largest of v2 as logits."""


class Shape(NamedTuple):
    """The sizes of an evaluation; those of memory are in groups of lanes."""

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
def show_example(shape, memory, x, example, lanes):
    """Put one example's features into v0 and hide its label."""
    F, L = shape.features, len(lanes)
    copy_groups(x, example * F * L, memory, shape.input * L, F, lanes)
    width = F if shape.metric == MULTICLASS else 1
    clear_groups(memory, shape.label * L, width, lanes)


@helper
def show_label(shape, memory, y, example, lanes):
    """Put one example's label into s0, or into v1 where labels are vectors."""
    width = shape.features if shape.metric == MULTICLASS else 1
    L = len(lanes)
    copy_groups(y, example * width * L, memory, shape.label * L, width, lanes)


@helper
def softmax(shape, memory, lanes):
    """Turn the logits into probabilities, zero beyond the classes."""
    F, L, classes = shape.features, len(lanes), shape.classes
    at = shape.prediction * L
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
    at = shape.prediction * L
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
    at = shape.prediction * L
    if shape.metric == MULTICLASS:
        softmax(shape, memory, lanes)
        return class_error(shape, memory, y, example, lanes)
    if shape.metric == ACCURACY:
        for lane in range(at, at + L):
            memory[lane] = 1.0 / (1.0 + math.exp(-memory[lane]))
    return absolute(load(y, example * L, lanes) - load(memory, at, lanes))


@helper
def count_steps(dying, step, steps, L):
    """Write down at which step each lane of the mask `dying` ended."""
    for lane in range(L):
        if (dying >> np.uint64(lane)) & _ONE:
            steps[lane] = step


@helper
def validation_error(shape, memory, y, example, lanes):
    """Return the error that counts: label - s1, or 1 for a mistaken class."""
    L = len(lanes)
    at = shape.prediction * L
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
    """Copy the lanes of a bit mask from one memory of `size` groups to another."""
    if mask == _ZERO:
        return
    for lane in range(L):
        if (mask >> np.uint64(lane)) & _ONE:
            for k in range(lane, size * L, L):
                target[k] = source[k]


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
