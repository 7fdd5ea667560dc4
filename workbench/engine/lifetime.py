"""A whole evaluation: every epoch of every block, in one compiled call."""

from __future__ import annotations

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper, kernel
from workbench.engine.execute import begin, keep_best, train, validate
from workbench.engine.simd import pointer

_ZERO = np.uint64(0)


@helper
def pointers(program):
    """Return a lowered program as pointers; its arrays must outlive them."""
    ops, operands, data, positions, bounds = program
    return (
        pointer(ops),
        pointer(operands),
        pointer(data),
        pointer(positions),
        pointer(bounds),
    )


@helper
def set_keys(seed, blocks, work):
    """Give every lane the key of its task for this evaluation's random draws."""
    index = blocks.index
    for block in range(index.shape[0]):
        for lane in range(index.shape[1]):
            work.keys[block, lane] = random.task_key(seed, index[block, lane])


@helper
def begin_block(program, shape, blocks, work, block, lanes):
    """Start a block afresh: memory wiped, Setup run, every task alive."""
    work.alive[block] = blocks.alive[block]
    work.fitness[block, :] = 0.0
    work.steps[block, :] = 0
    memory, keys = pointer(work.memory[block]), pointer(work.keys[block])
    begin(program, shape, memory, keys, lanes)


@helper
def train_block(program, shape, blocks, work, block, epoch, span, limit, errors, lanes):
    """Train one block on a span of one epoch; `errors` has a row a recorded step."""
    work.alive[block] = train(
        program,
        shape,
        pointer(work.memory[block]),
        pointer(blocks.x[block]),
        pointer(blocks.y[block]),
        pointer(blocks.order[epoch]),
        span,
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
        span = (start, shape.train)
        train_block(
            program, shape, blocks, work, block, epoch, span, limit, unrecorded, lanes
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
def evaluate_blocks(program, shape, blocks, work, seed, limit, lanes):
    """Evaluate a lowered program on all blocks; results stand in `work`."""
    set_keys(seed, blocks, work)
    code = pointers(program)
    for block in range(len(work.alive)):
        begin_block(code, shape, blocks, work, block, lanes)
        finish_block(code, shape, blocks, work, block, 0, limit, lanes)
    return count_all_steps(shape, blocks, work)


@kernel
def combined(fitness, median):
    """Return the mean or the upper median of the tasks' fitness."""
    if median:
        return np.sort(fitness)[len(fitness) // 2]
    total = 0.0
    for value in fitness:
        total += value
    return total / len(fitness)
