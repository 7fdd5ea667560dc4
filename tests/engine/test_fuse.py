"""Fused pairs against the instructions they stand for, to the last bit."""

import numpy as np
import pytest

from tests.engine.random_programs import DETERMINISTIC, instruction
from tests.engine.small_tasks import small_tasks
from workbench.engine.blocks import make_blocks
from workbench.engine.evaluate import run
from workbench.engine.fused import FIRST_FUSED, FUSED
from workbench.engine.prepare import prepare
from workbench.engine.rows import NOT_STORED, OP, OUT
from workbench.programs import OPS, Program, Space
from workbench.tasks import TaskSet

# So few addresses that intermediate results are often read again or overwritten.
SCALAR = Space(3, 4, 3)
VECTOR = Space(3, 4, 3, label="vector")
KINDS = {
    "one block": (3, {"F": 4}, SCALAR, "float64"),
    "several blocks, odd width": (17, {"F": 5, "epochs": 2}, SCALAR, "float64"),
    "wide": (10, {"F": 16, "metric": "accuracy"}, SCALAR, "float64"),
    "ten classes": (3, {"F": 10, "classes": 10}, VECTOR, "float64"),
    "single precision": (4, {"F": 4}, SCALAR, "float32"),
}
COUNT = 1000
PARTS = [op for op in OPS if op.number in {n for pair, _ in FUSED for n in pair}]


def pair(rng, space):
    """Return two instructions that can run as one, unless both inputs are the same."""
    (first, second), _ = FUSED[rng.integers(len(FUSED))]
    one = instruction(rng, space, (OPS[first],))
    two = instruction(rng, space, (OPS[second],))
    reads = {"in1": two.in1, "in2": two.in2}
    reads[("in1", "in2")[rng.integers(2)]] = one.out
    return [one, type(two)(two.op, **reads, out=two.out)]


def part(rng, space, most):
    """Return instructions of which every second one belongs to a pair."""
    found = []
    while len(found) < most:
        choice = rng.integers(4)
        if choice < 2:
            found += pair(rng, space)
        else:
            ops = (PARTS, DETERMINISTIC)[choice - 2]
            found.append(instruction(rng, space, ops, wild=False))
    return tuple(found)


def programs(seed, space):
    rng = np.random.default_rng(seed)
    for _ in range(COUNT):
        lengths = rng.integers((2, 1, 3), (6, 6, 14))
        yield Program(*(part(rng, space, most) for most in lengths), space=space)


def outcome(prepared, blocks):
    """Return fitness, steps and the prediction that is left, as bits.

    Which of two NaNs an addition hands on is no part of a result.
    """
    work = run(prepared, blocks, seed=1, limit=100.0)
    place = blocks.shape(prepared.sizes).prediction
    width = blocks.features if blocks.vector_label else 1
    left = []
    for block, lanes in enumerate(blocks.arrays.lanes):
        memory = work.memory[block][: len(work.memory[block]) // lanes * lanes]
        left.append(memory.reshape(-1, lanes)[place : place + width])
    predictions = [np.where(np.isnan(one), np.nan, one).tobytes() for one in left]
    return work.fitness.tobytes(), work.steps.tolist(), predictions


@pytest.mark.parametrize("name", KINDS)
def test_fused_pairs_change_nothing(name):
    count, options, space, dtype = KINDS[name]
    tasks = small_tasks(count, train=8, valid=4, **options)
    blocks = make_blocks(TaskSet.from_tasks(tasks), dtype)
    met, stored, values = set(), set(), set()
    for program in programs(len(name), space):
        fused = prepare(program, blocks, reduce=True)
        plain = prepare(program, blocks, reduce=False)
        assert (plain.lowered.rows[:, OP] < FIRST_FUSED).all()
        found = outcome(fused, blocks)
        assert found == outcome(plain, blocks), str(program)
        values.add(found[2][0])
        rows = fused.lowered.rows[: fused.lowered.bounds[3]]
        pairs = rows[rows[:, OP] >= FIRST_FUSED]
        met |= set(pairs[:, OP].tolist())
        stored |= set((pairs[:, OUT] != NOT_STORED).tolist())
    # Every pair occurs, with and without its intermediate result, in varied programs.
    assert met == {FIRST_FUSED + k for k in range(len(FUSED))}
    assert stored == {True, False}
    assert len(values) > 20
