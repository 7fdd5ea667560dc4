"""A whole evaluation: every epoch of every block, in one compiled call."""

from __future__ import annotations

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper, inlined, kernel
from workbench.engine.execute import keep_best
from workbench.engine.interpreter import ONCE, TRAIN, VALIDATE
from workbench.engine.simd import pointer

_ZERO, _NO_STREAM = np.uint64(0), np.uint64(0)
_FIRST, _NO = np.int64(0), np.int64(0)  # plain ints would compile cases of their own


@helper
def set_keys(seed, blocks, work):
    """Give every lane the key of its task for this evaluation's random draws."""
    number = blocks.number
    for block in range(number.shape[0]):
        for lane in range(number.shape[1]):
            work.keys[block, lane] = random.task_key(seed, number[block, lane])


@inlined
def run_block(
    phase, code, shape, blocks, work, block, epoch, first, last, limit, printed, stream
):
    """Call the interpreter for one block; return the lanes that it returns."""
    program, interpreters = code
    interpret = interpreters[blocks.kind[block]]
    valid = phase == VALIDATE
    return interpret(
        phase,
        pointer(program.rows),
        pointer(program.data),
        pointer(program.bounds),
        pointer(program.slots[0]),
        pointer(program.slots[1]),
        (
            shape.features,
            shape.metric,
            shape.train,
            shape.valid,
            shape.epochs,
            shape.classes,
            shape.label,
            shape.prediction,
            shape.input,
            shape.size,
        ),
        pointer(work.memory[block]),
        pointer(work.frozen),
        pointer(blocks.valid_x[block] if valid else blocks.x[block]),
        pointer(blocks.valid_y[block] if valid else blocks.y[block]),
        pointer(blocks.order[epoch]),
        epoch,
        first,
        last,
        limit,
        work.alive[block],
        pointer(work.loss[block]),
        pointer(work.steps[block]),
        pointer(work.prints[block]),
        printed,
        pointer(work.keys[block]),
        stream,
    )


@inlined
def run_rows(code, shape, blocks, work, block, first, last, stream):
    """Run some rows of a program once on a block, outside any example."""
    run_block(
        ONCE, code, shape, blocks, work, block, _NO, first, last, 0.0, _NO, stream
    )


@inlined
def begin_block(code, shape, blocks, work, block):
    """Start a block afresh: memory wiped, Setup run, every task alive."""
    work.alive[block] = blocks.alive[block]
    for lane in range(work.fitness.shape[1]):
        work.fitness[block, lane] = 0.0
        work.steps[block, lane] = 0
        work.prints[block, lane] = 0
    memory = work.memory[block]
    for k in range(shape.size * blocks.lanes[block]):
        memory[k] = 0.0
    bounds = code[0].bounds
    stream = random.stream_of(random.SETUP, 0)
    run_rows(code, shape, blocks, work, block, bounds[0], bounds[1], stream)


@inlined
def train_block(code, shape, blocks, work, block, epoch, first, last, limit, printed):
    """Train one block on part of an epoch; `printed` examples leave fingerprints."""
    work.alive[block] = run_block(
        TRAIN,
        code,
        shape,
        blocks,
        work,
        block,
        epoch,
        first,
        last,
        limit,
        printed,
        _NO_STREAM,
    )


@inlined
def validate_block(code, shape, blocks, work, block, epoch, count, limit, printed):
    """Validate one block after an epoch; return the lanes that stayed in bounds."""
    return run_block(
        VALIDATE,
        code,
        shape,
        blocks,
        work,
        block,
        epoch,
        _NO,
        count,
        limit,
        printed,
        _NO_STREAM,
    )


@inlined
def finish_block(code, shape, blocks, work, block, done, limit):
    """Run what is left of a block's life after `done` steps of its first epoch."""
    start = done
    for epoch in range(shape.epochs):
        if work.alive[block] == _ZERO:
            return
        train_block(
            code, shape, blocks, work, block, epoch, start, shape.train, limit, _NO
        )
        start = _FIRST
        if work.alive[block] == _ZERO:
            return
        within = validate_block(
            code, shape, blocks, work, block, epoch, shape.valid, limit, _NO
        )
        loss, fitness = pointer(work.loss[block]), pointer(work.fitness[block])
        keep_best(shape, within, loss, shape.valid, fitness, work.fitness.shape[1])


@helper
def count_all_steps(shape, blocks, work):
    """Fill in the steps of the lanes that lived to the end; return the sum of all."""
    total = 0
    for block in range(len(work.alive)):
        for lane in range(work.steps.shape[1]):
            bit = np.uint64(1) << np.uint64(lane)
            if work.alive[block] & bit:
                work.steps[block, lane] = shape.train * shape.epochs
            if blocks.alive[block] & bit:
                total += work.steps[block, lane]
    return total


@kernel
def evaluate_blocks(program, interpreters, shape, blocks, work, seed, limit):
    """Evaluate a lowered program on all blocks; results stand in `work`."""
    set_keys(seed, blocks, work)
    code = program, interpreters
    for block in range(len(work.alive)):
        begin_block(code, shape, blocks, work, block)
        finish_block(code, shape, blocks, work, block, _FIRST, limit)
    return count_all_steps(shape, blocks, work)


@inlined
def copy_memory(shape, blocks, block, source, target):
    """Copy one block's memory."""
    for k in range(shape.size * blocks.lanes[block]):
        target[block, k] = source[block, k]


@helper
def sort_into(ordered, values, count):
    """Write the first `count` values into `ordered`, ascending.

    A Shell sort: short to compile, and the lists here are short.
    """
    for i in range(count):
        ordered[i] = values[i]
    gap = 1
    while gap < count:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for i in range(gap, count):
            value = ordered[i]
            k = i
            while k >= gap and ordered[k - gap] > value:
                ordered[k] = ordered[k - gap]
                k -= gap
            ordered[k] = value


@kernel
def combined(fitness, median, ordered):
    """Return the mean or the upper median of the tasks' fitness.

    `ordered` is room for as many values.
    """
    if median:
        sort_into(ordered, fitness, len(fitness))
        return ordered[len(fitness) // 2]
    total = 0.0
    for value in fitness:
        total += value
    return total / len(fitness)
