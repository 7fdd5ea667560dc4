"""An evaluation of one task with every memory on record: `trace`'s compiled half.

The window's examples go through the same helpers and the same interpreter as in
`execute.train` and `execute.validate`, one instruction a call; what comes before the
window is run by those functions themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.engine import random
from workbench.engine._jit import helper, kernel
from workbench.engine.execute import (
    RMSE,
    show_example,
    show_label,
    training_error,
    validation_error,
)
from workbench.engine.lifetime import (
    begin_block,
    run_rows,
    set_keys,
    train_block,
    validate_block,
)
from workbench.engine.simd import absolute, beyond, pointer, store

FEATURES, WRITE_BACK, LABEL = np.int64(-1), np.int64(-2), np.int64(-3)
"""What the loop itself does, in the place of an instruction's number."""

ROWS, VISITS = 0, 1
"""Entries of `Record.counts`."""

_ZERO = np.uint64(0)
_FIRST = np.int64(0)  # a plain 0 would be compiled as a case of its own
_SETUP, _PREDICT, _LEARN = np.int64(0), np.int64(1), np.int64(2)


class Window(NamedTuple):
    """Which part of an evaluation goes on record."""

    epoch: int
    setup: bool
    train_first: int
    train_last: int  #: exclusive
    valid_first: int
    valid_last: int  #: exclusive; equal to valid_first when no validation is wanted


class Record(NamedTuple):
    """What is on record; of the rows and visits, the first `counts` are written."""

    memory: np.ndarray  #: float64[rows, groups]: the first lane, scratch left out
    step: np.ndarray  #: int64[rows]: the lowered program's instruction, or FEATURES ...
    visit: np.ndarray  #: int64[rows]: the example's place in the window, -1 in Setup
    prediction: np.ndarray  #: float64[visits, W]: what Predict left
    error: np.ndarray  #: float64[visits]
    counts: np.ndarray  #: int64[2]


@helper
def note(record, shape, memory, step, lanes):
    """Write down the memory after a step."""
    row = record.counts[ROWS]
    L = len(lanes)
    origin = shape.features * shape.features * L
    for k in range(record.memory.shape[1]):
        record.memory[row, k] = memory[origin + k * L]
    record.step[row] = step
    record.visit[row] = record.counts[VISITS] - 1
    record.counts[ROWS] = row + 1


@helper
def run_noted(code, function, shape, blocks, work, stream, record, lanes):
    """Run one function of the program once, noting every step."""
    bounds = code[0].bounds
    for i in range(bounds[function], bounds[function + 1]):
        run_rows(code, shape, blocks, work, _FIRST, i, i + 1, stream)
        note(record, shape, pointer(work.memory[0]), i, lanes)


@helper
def begin_noted(code, shape, blocks, work, record, lanes):
    """Wipe memory and run Setup, as `lifetime.begin_block`."""
    for k in range(shape.size * len(lanes)):
        work.memory[0, k] = 0.0
    stream = random.stream_of(random.SETUP, 0)
    run_noted(code, _SETUP, shape, blocks, work, stream, record, lanes)


@helper
def predict_noted(code, shape, blocks, work, x, example, stream, record, lanes):
    """Run Predict on one example, and note what it predicts."""
    L = len(lanes)
    memory = pointer(work.memory[0])
    record.counts[VISITS] += 1
    show_example(shape, memory, x, example, lanes)
    note(record, shape, memory, FEATURES, lanes)
    run_noted(code, _PREDICT, shape, blocks, work, stream, record, lanes)
    visit = record.counts[VISITS] - 1
    for k in range(record.prediction.shape[1]):
        record.prediction[visit, k] = memory[(shape.prediction + k) * L]


@helper
def train_noted(code, shape, blocks, work, first, last, epoch, limit, record, lanes):
    """Train on part of an epoch, as `execute.train`; return who is alive."""
    memory = pointer(work.memory[0])
    x, y = pointer(blocks.x[0]), pointer(blocks.y[0])
    loss = pointer(work.loss[0])
    alive = work.alive[0]
    for t in range(first, last):
        step = epoch * shape.train + t
        example = blocks.order[epoch, t]
        stream = random.stream_of(random.TRAIN_PREDICT, step)
        predict_noted(code, shape, blocks, work, x, example, stream, record, lanes)
        error = training_error(shape, memory, y, example, lanes)
        if shape.metric != RMSE:
            note(record, shape, memory, WRITE_BACK, lanes)
        store(loss, 0, error)
        record.error[record.counts[VISITS] - 1] = loss[0]
        alive &= ~beyond(error, limit)
        if alive == _ZERO:
            return alive
        show_label(shape, memory, y, example, lanes)
        note(record, shape, memory, LABEL, lanes)
        stream = random.stream_of(random.TRAIN_LEARN, step)
        run_noted(code, _LEARN, shape, blocks, work, stream, record, lanes)
    return alive


@helper
def validate_noted(code, shape, blocks, work, first, last, epoch, limit, record, lanes):
    """Validate on part of the examples, as `execute.validate`, while in bounds."""
    memory = pointer(work.memory[0])
    x, y = pointer(blocks.valid_x[0]), pointer(blocks.valid_y[0])
    loss = pointer(work.loss[0])
    for example in range(first, last):
        stream = random.stream_of(random.VALID_PREDICT, epoch * shape.valid + example)
        predict_noted(code, shape, blocks, work, x, example, stream, record, lanes)
        error = validation_error(shape, memory, y, example, lanes)
        store(loss, 0, absolute(error))
        record.error[record.counts[VISITS] - 1] = loss[0]
        if beyond(error, limit) & work.alive[0] != _ZERO:
            return


@kernel
def record_block(
    program, interpreters, shape, blocks, work, seed, limit, window, record, lanes
):
    """Evaluate one task up to the end of the window, and put the window on record."""
    set_keys(seed, blocks, work)
    code = program, interpreters
    begin_block(code, shape, blocks, work, 0)
    if window.setup:
        begin_noted(code, shape, blocks, work, record, lanes)
    start = window.train_first
    for epoch in range(window.epoch + 1):
        before = epoch < window.epoch
        last = shape.train if before else start
        train_block(code, shape, blocks, work, 0, epoch, _FIRST, last, limit, _FIRST)
        if not before and work.alive[0] != _ZERO:
            work.alive[0] = train_noted(
                code,
                shape,
                blocks,
                work,
                start,
                window.train_last,
                epoch,
                limit,
                record,
                lanes,
            )
        valid = shape.valid if before else window.valid_first
        if work.alive[0] == _ZERO or (window.valid_last == 0 and not before):
            return
        within = validate_block(
            code, shape, blocks, work, 0, epoch, valid, limit, _FIRST
        )
        if not before and within != _ZERO:
            validate_noted(
                code,
                shape,
                blocks,
                work,
                window.valid_first,
                window.valid_last,
                epoch,
                limit,
                record,
                lanes,
            )


@kernel
def run_setup(program, interpreters, shape, blocks, work, seed):
    """Run a lowered program's Setup on every memory as it stands."""
    set_keys(seed, blocks, work)
    stream = random.stream_of(random.SETUP, 0)
    last = program.bounds[1]
    code = (program, interpreters)
    for block in range(blocks.number.shape[0]):
        run_rows(code, shape, blocks, work, block, _SETUP, last, stream)
