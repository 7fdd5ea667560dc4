"""An evaluation that stops again and again to validate, in one compiled call."""

from __future__ import annotations

import numpy as np

from workbench.engine._jit import kernel
from workbench.engine.execute import keep_best
from workbench.engine.lifetime import (
    begin_block,
    copy_memory,
    set_keys,
    train_block,
    validate_block,
)
from workbench.engine.simd import pointer

_FIRST, _NO = np.int64(0), np.int64(0)
_ZERO, _ONE = np.uint64(0), np.uint64(1)


@kernel
def curve_blocks(
    program, interpreters, shape, blocks, work, seed, limit, stops, fitness, loss
):
    """Train on all blocks, stopping to validate; results stand in the last two.

    `fitness` and `loss` are float64[stops, blocks, L]: fitness, and the mean of squared
    errors or of mistakes. They are left as they are for lanes that are dead.
    """
    set_keys(seed, blocks, work)
    code = program, interpreters
    for block in range(len(work.alive)):
        begin_block(code, shape, blocks, work, block)
        done = _FIRST
        for i in range(len(stops)):
            # Memory wiped and Setup run is the beginning of the first epoch.
            epoch = done // shape.train
            if stops[i] > done:
                start = done - epoch * shape.train
                last = stops[i] - epoch * shape.train
                train_block(
                    code, shape, blocks, work, block, epoch, start, last, limit, _NO
                )
                done = stops[i]
            if work.alive[block] == _ZERO:
                break
            passing = done == 0 or done % shape.train != 0
            if passing:
                copy_memory(shape, blocks, block, work.memory, work.saved)
            within = validate_block(
                code, shape, blocks, work, block, epoch, shape.valid, limit, _NO
            )
            reached = pointer(fitness[i, block])
            sums = pointer(work.loss[block])
            lanes = fitness.shape[2]
            keep_best(shape, within, sums, shape.valid, reached, lanes)
            for lane in range(lanes):
                if (within >> np.uint64(lane)) & _ONE:
                    loss[i, block, lane] = work.loss[block, lane] / shape.valid
            if passing:
                copy_memory(shape, blocks, block, work.saved, work.memory)
