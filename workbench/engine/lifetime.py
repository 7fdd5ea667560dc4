"""A whole evaluation: every epoch of every block, in one compiled call."""

from __future__ import annotations

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper, kernel
from workbench.engine.execute import (
    EPOCHS_,
    TRAIN_,
    VALID_,
    begin,
    keep_best,
    train,
    validate,
)

_ZERO = np.uint64(0)


@helper
def set_keys(seed, blocks, work):
    """Give every lane the key of its task for this evaluation's random draws."""
    index = blocks.index
    for block in range(index.shape[0]):
        for lane in range(index.shape[1]):
            work.keys[block, lane] = random.task_key(seed, index[block, lane])


@helper
def begin_block(program, blocks, work, block, lanes):
    """Start a block afresh: memory wiped, Setup run, every task alive."""
    work.alive[block] = blocks.alive[block]
    work.fitness[block, :] = 0.0
    work.steps[block, :] = 0
    begin(program, blocks.shape, work.memory[block], work.keys[block], lanes)


@helper
def train_block(program, blocks, work, block, epoch, span, limit, errors, lanes):
    """Train one block on a span of one epoch."""
    work.alive[block] = train(
        program,
        blocks.shape,
        work.memory[block],
        blocks.x[block],
        blocks.y[block],
        blocks.order[epoch],
        span,
        epoch,
        limit,
        work.alive[block],
        work.steps[block],
        errors,
        work.keys[block],
        lanes,
    )


@helper
def validate_block(program, blocks, work, block, epoch, count, limit, errors, lanes):
    """Validate one block after an epoch; return the lanes that stayed in bounds."""
    return validate(
        program,
        blocks.shape,
        work.memory[block],
        work.frozen,
        blocks.valid_x[block],
        blocks.valid_y[block],
        count,
        epoch,
        limit,
        work.alive[block],
        work.loss[block],
        errors,
        work.keys[block],
        lanes,
    )


@helper
def finish_block(program, blocks, work, block, done, limit, no_errors, lanes):
    """Run what is left of a block's life after `done` steps of its first epoch."""
    shape = blocks.shape
    start = done
    for epoch in range(shape[EPOCHS_]):
        if work.alive[block] == _ZERO:
            return
        span = (start, shape[TRAIN_])
        train_block(program, blocks, work, block, epoch, span, limit, no_errors, lanes)
        start = 0
        if work.alive[block] == _ZERO:
            return
        within = validate_block(
            program, blocks, work, block, epoch, shape[VALID_], limit, no_errors, lanes
        )
        keep_best(shape, within, work.loss[block], shape[VALID_], work.fitness[block])


@helper
def count_all_steps(blocks, work):
    """Fill in the steps of the lanes that lived to the end; return the sum of all."""
    total = 0
    full = blocks.shape[TRAIN_] * blocks.shape[EPOCHS_]
    for block in range(len(work.alive)):
        for lane in range(work.steps.shape[1]):
            bit = np.uint64(1) << np.uint64(lane)
            if work.alive[block] & bit:
                work.steps[block, lane] = full
            if blocks.alive[block] & bit:
                total += work.steps[block, lane]
    return total


@kernel
def evaluate_blocks(program, blocks, work, seed, limit, lanes):
    """Evaluate a lowered program on all blocks; results stand in `work`."""
    set_keys(seed, blocks, work)
    no_errors = work.loss[:0]
    for block in range(len(work.alive)):
        begin_block(program, blocks, work, block, lanes)
        finish_block(program, blocks, work, block, 0, limit, no_errors, lanes)
    return count_all_steps(blocks, work)


@kernel
def combined(fitness, median):
    """Return the mean or the upper median of the tasks' fitness."""
    if median:
        return np.sort(fitness)[len(fitness) // 2]
    total = 0.0
    for value in fitness:
        total += value
    return total / len(fitness)
