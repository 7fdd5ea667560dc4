"""A whole evaluation: every epoch of every block, in one compiled call."""

from __future__ import annotations

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper, kernel
from workbench.engine.execute import begin, keep_best, train, validate
from workbench.engine.simd import pointer

_ZERO = np.uint64(0)


@helper
def pointers(program, interpret):
    """Return a lowered program as pointers, with its interpreter.

    The arrays must outlive the pointers.
    """
    ops, operands, data, positions, bounds = program
    return (
        pointer(ops),
        pointer(operands),
        pointer(data),
        pointer(positions),
        pointer(bounds),
        interpret,
    )


@helper
def set_keys(seed, blocks, work):
    """Give every lane the key of its task for this evaluation's random draws."""
    number = blocks.number
    for block in range(number.shape[0]):
        for lane in range(number.shape[1]):
            work.keys[block, lane] = random.task_key(seed, number[block, lane])


@helper
def begin_block(program, shape, blocks, work, block):
    """Start a block afresh: memory wiped, Setup run, every task alive."""
    work.alive[block] = blocks.alive[block]
    for lane in range(work.fitness.shape[1]):
        work.fitness[block, lane] = 0.0
        work.steps[block, lane] = 0
    memory, keys = pointer(work.memory[block]), pointer(work.keys[block])
    begin(program, shape, memory, keys)


@helper
def train_block(
    program, shape, blocks, work, block, epoch, first, last, limit, errors, lanes
):
    """Train one block on part of an epoch; `errors` has a row a recorded step."""
    work.alive[block] = train(
        program,
        shape,
        pointer(work.memory[block]),
        pointer(blocks.x[block]),
        pointer(blocks.y[block]),
        pointer(blocks.order[epoch]),
        first,
        last,
        epoch,
        limit,
        work.alive[block],
        pointer(work.steps[block]),
        pointer(errors),
        len(errors),
        pointer(work.keys[block]),
        lanes,
    )


@helper
def validate_block(
    program, shape, blocks, work, block, epoch, count, limit, errors, lanes
):
    """Validate one block after an epoch; return the lanes that stayed in bounds."""
    return validate(
        program,
        shape,
        pointer(work.memory[block]),
        pointer(work.frozen),
        pointer(blocks.valid_x[block]),
        pointer(blocks.valid_y[block]),
        count,
        epoch,
        limit,
        work.alive[block],
        pointer(work.loss[block]),
        pointer(errors),
        len(errors),
        pointer(work.keys[block]),
        lanes,
    )


@helper
def finish_block(program, shape, blocks, work, block, done, limit, lanes):
    """Run what is left of a block's life after `done` steps of its first epoch."""
    unrecorded = work.loss[:0]
    start = done
    for epoch in range(shape.epochs):
        if work.alive[block] == _ZERO:
            return
        train_block(
            program,
            shape,
            blocks,
            work,
            block,
            epoch,
            start,
            shape.train,
            limit,
            unrecorded,
            lanes,
        )
        start = 0
        if work.alive[block] == _ZERO:
            return
        within = validate_block(
            program,
            shape,
            blocks,
            work,
            block,
            epoch,
            shape.valid,
            limit,
            unrecorded,
            lanes,
        )
        loss, fitness = pointer(work.loss[block]), pointer(work.fitness[block])
        keep_best(shape, within, loss, shape.valid, fitness, len(lanes))


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
def evaluate_blocks(program, interpret, shape, blocks, work, seed, limit, lanes):
    """Evaluate a lowered program on all blocks; results stand in `work`."""
    set_keys(seed, blocks, work)
    code = pointers(program, interpret)
    for block in range(len(work.alive)):
        begin_block(code, shape, blocks, work, block)
        finish_block(code, shape, blocks, work, block, 0, limit, lanes)
    return count_all_steps(shape, blocks, work)


@helper
def copy_memory(shape, source, target):
    """Copy one block's memory."""
    for k in range(shape.size):
        target[k] = source[k]


@helper
def sorted_copy(values, count):
    """Return the first `count` values in ascending order.

    A Shell sort: short to compile, and the lists here are short.
    """
    ordered = np.empty(count)
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
    return ordered


@kernel
def combined(fitness, median):
    """Return the mean or the upper median of the tasks' fitness."""
    if median:
        return sorted_copy(fitness, len(fitness))[len(fitness) // 2]
    total = 0.0
    for value in fitness:
        total += value
    return total / len(fitness)
