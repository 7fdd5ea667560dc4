"""What an evaluation must do at least, and how long that takes this machine.

Counted for each row that runs: the arithmetic of its operation; every operand read
once from the first-level cache and every result written to it once. What a fused pair
hands over in registers is neither. The label's error is a load of the prediction, a
load of the label and a subtraction. Setup is not counted, nor is the interpreter's own
work: reading rows and branching.

The roofline time is that of the resource that takes longest, the others for free, with
all lanes of the machine's vectors at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.ceilings import FLOPS, LOADED, RESOURCES, STORED, peak
from benchmarks.turns import INDIVIDUALS, STEPS
from workbench.engine.fused import FIRST_FUSED, PAIRS
from workbench.engine.rows import NOT_STORED, OP, OUT
from workbench.programs.ops import OPS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from benchmarks.evaluating import Evaluating
    from benchmarks.turns import Result
    from workbench.programs.ops import Op


class Work(NamedTuple):
    """What one task needs: numbers, not bytes, loaded and stored."""

    flops: int = 0
    loads: int = 0
    stores: int = 0

    def plus(self, other: Work) -> Work:
        """Return the sum."""
        return Work(*(a + b for a, b in zip(self, other, strict=True)))

    def bytes(self, itemsize: int) -> dict[str, float]:
        """Return flops and bytes by resource."""
        loaded, stored = self.loads * itemsize, self.stores * itemsize
        return {FLOPS: self.flops, LOADED: loaded, STORED: stored}


NOTHING = Work()
ERROR = Work(flops=1, loads=2)
"""Of |label - prediction|, after each Predict."""

# Operations whose arithmetic is not one for each element of the output.
_FLOPS: dict[str, Callable[[int], int]] = {
    "NO_OP": lambda _: 0,
    "VECTOR_INNER_PRODUCT_OP": lambda F: 2 * F - 1,
    "VECTOR_NORM_OP": lambda F: 2 * F,
    "MATRIX_NORM_OP": lambda F: 2 * F * F,
    "MATRIX_COLUMN_NORM_OP": lambda F: 2 * F * F,
    "MATRIX_ROW_NORM_OP": lambda F: 2 * F * F,
    "MATRIX_VECTOR_PRODUCT_OP": lambda F: (2 * F - 1) * F,
    "MATRIX_MATRIX_PRODUCT_OP": lambda F: (2 * F - 1) * F * F,
    "VECTOR_MEAN_OP": lambda F: F,
    "MATRIX_MEAN_OP": lambda F: F * F,
    "MATRIX_ROW_MEAN_OP": lambda F: F * F,
    "VECTOR_ST_DEV_OP": lambda F: 3 * F + 4,
    "MATRIX_ST_DEV_OP": lambda F: 3 * F * F + 4,
    "MATRIX_ROW_ST_DEV_OP": lambda F: (3 * F + 4) * F,
}
# Operations that move numbers without arithmetic.
_MOVES = ("BROADCAST_OP", "TRANSPOSE_OP", "CONST_SET_OP")
# Operations whose arithmetic has no fixed number of operations.
_UNCOUNTED = ("SIN_OP", "COS_OP", "TAN_OP", "EXP_OP", "LOG_OP", "UNIFORM", "GAUSSIAN")


def extent(kind: Kind | None, F: int) -> int:
    """Return the numbers of a scalar, vector or matrix; 0 for none."""
    if kind is None:
        return 0
    return {Kind.SCALAR: 1, Kind.VECTOR: F, Kind.MATRIX: F * F}[kind]


def work_of(op: Op, F: int) -> Work:
    """Return what one execution of an operation needs.

    Raises
    ------
    ValueError
        For functions of the C library and random draws.
    """
    if any(part in op.name for part in _UNCOUNTED):
        raise ValueError(
            f"the arithmetic of {op.name} is not counted; accepted: sums, products,"
            " comparisons, roots and what is made of them"
        )
    loads = sum(extent(kind, F) for kind in op.inputs)
    stores = 1 if op.is_partial_write else extent(op.output, F)
    if any(part in op.name for part in _MOVES):
        return Work(0, loads, stores)
    count = _FLOPS.get(op.name)
    return Work(count(F) if count else extent(op.output, F), loads, stores)


def work_of_row(row: np.ndarray, F: int) -> Work:
    """Return what one execution of a row needs, fused or not."""
    number = int(row[OP])
    if number < FIRST_FUSED:
        return work_of(OPS[number], F)
    first, second = (OPS[int(k)] for k in PAIRS[number - FIRST_FUSED])
    handed = extent(first.output, F)
    both = work_of(first, F).plus(work_of(second, F))
    unstored = handed if row[OUT] == NOT_STORED else 0
    return Work(both.flops, both.loads - handed, both.stores - unstored)


@dataclass(frozen=True)
class Counts:
    """What a workload's program needs for each task."""

    step: Work  #: a training step: Predict, error, Learn
    check: Work  #: a validation example: Predict, error
    step_rows: int
    check_rows: int


def count(case: Evaluating) -> Counts:
    """Count what the rows of a prepared program need."""
    program, F = case.prepared.lowered, case.blocks.features
    _, predict, learn, end = (int(bound) for bound in program.bounds[:4])

    def total(first: int, last: int) -> Work:
        work = NOTHING
        for row in program.rows[first:last]:
            work = work.plus(work_of_row(row, F))
        return work

    check = total(predict, learn).plus(ERROR)
    return Counts(check.plus(total(learn, end)), check, end - predict, learn - predict)


@dataclass(frozen=True)
class Roofline:
    """A workload beside what the machine could do."""

    counts: Counts
    itemsize: int
    seconds: Mapping[str, float]  #: of a training step of one task, by resource
    step: float  #: seconds of a training step of one task, measured
    fraction: float  #: of the roofline, reached by a whole evaluation
    lanes: int  #: computed
    tasks: int  #: of them used

    @property
    def binding(self) -> str:
        """The resource that takes longest."""
        return max(RESOURCES, key=lambda resource: self.seconds[resource])

    @property
    def fraction_of_lanes(self) -> float:
        """What the fraction would be if idle lanes were work."""
        return self.fraction * self.lanes / self.tasks


def _seconds(work: Work, itemsize: int, peaks: Mapping[str, float]) -> dict[str, float]:
    return {name: n / peaks[name] for name, n in work.bytes(itemsize).items()}


def roofline(case: Evaluating, results: dict[str, Result]) -> Roofline:
    """Compare a workload's rate with the machine's ceilings, all measured."""
    counts, blocks = count(case), case.blocks
    peaks = {name: peak(results, name, case.dtype) for name in RESOURCES}
    itemsize = blocks.dtype.itemsize
    step = _seconds(counts.step, itemsize, peaks)
    check = _seconds(counts.check, itemsize, peaks)
    epochs = len(blocks.arrays.order)
    least = epochs * (
        blocks.train * max(step.values()) + blocks.valid * max(check.values())
    )
    measured = results[case.name].seconds_each(INDIVIDUALS)
    return Roofline(
        counts,
        itemsize,
        step,
        results[case.name].seconds_each(STEPS),
        blocks.tasks * least / measured,
        int(blocks.arrays.lanes.sum()),
        blocks.tasks,
    )
