"""One program evaluated again and again, from compiled code or through `evaluate`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numba

from benchmarks.turns import INDIVIDUALS, INSTRUCTIONS, STEPS, Sample
from workbench.engine import evaluate
from workbench.engine.blocks import make_blocks
from workbench.engine.evaluate import run
from workbench.engine.lifetime import evaluate_blocks
from workbench.engine.prepare import prepare
from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.engine.blocks import Blocks
    from workbench.engine.prepare import Prepared
    from workbench.programs import Program
    from workbench.tasks import TaskSet, TaskSpec

_SEED, _LIMIT = 0, 100.0


@numba.njit(nogil=True)
def _again(
    times: int,
    program: Any,
    interpreters: Any,
    shape: Any,
    arrays: Any,
    work: Any,
    seed: int,
    limit: float,
) -> int:
    """Evaluate `times` times; return the training steps of all."""
    steps = 0
    for _ in range(times):
        steps += evaluate_blocks(
            program, interpreters, shape, arrays, work, seed, limit
        )
    return steps


@dataclass(frozen=True)
class Evaluating:
    """A program evaluated repeatedly on one set of tasks, on one thread."""

    name: str
    program: Program
    spec: TaskSpec
    seconds: float
    """How long a run takes, about."""
    dtype: Literal["float64", "float32"] = "float64"
    reduce: bool = True
    public: bool = False
    """Through `evaluate`, with what Python adds; else from a compiled loop."""

    @cached_property
    def tasks(self) -> TaskSet:
        return self.spec.make()

    @cached_property
    def blocks(self) -> Blocks:
        return make_blocks(self.tasks, self.dtype)

    @cached_property
    def prepared(self) -> Prepared:
        return prepare(self.program, self.blocks, reduce=self.reduce)

    @cached_property
    def instructions(self) -> int:
        """Instructions that one evaluation runs, each on all tasks of a block.

        A fused pair counts as its two instructions: so the figure belongs to the
        program and not to how it runs.
        """
        shown = iter(self.prepared.live | (not self.reduce))
        setup, predict, learn = (
            sum(next(shown) for _ in self.program.functions[name]) for name in FUNCTIONS
        )
        blocks = self.blocks
        epochs = len(blocks.arrays.order)
        learning = (predict + learn) * blocks.train * epochs
        checking = predict * blocks.valid * epochs
        return int(setup + learning + checking) * len(blocks.arrays.lanes)

    @cached_property
    def _evaluate(self) -> Callable[[int], int]:
        """Evaluate so many times; return the training steps of all."""
        if self.public:

            def publicly(times: int) -> int:
                steps = 0
                for _ in range(times):
                    done = evaluate(
                        self.program, self.tasks, reduce=self.reduce, dtype=self.dtype
                    )
                    steps += done.train_steps
                return steps

            return publicly
        blocks, prepared = self.blocks, self.prepared
        run(prepared, blocks, _SEED, _LIMIT)  # compiles or loads under the lock
        arguments = (
            prepared.lowered,
            blocks.interpreters(),
            blocks.shape(prepared.sizes),
            blocks.arrays,
            blocks.work(prepared.sizes),
            _SEED,
            _LIMIT,
        )
        return lambda times: int(_again(times, *arguments))

    @cached_property
    def _times(self) -> int:
        """How many evaluations fill a run."""
        times, spent = 1, 0.0
        while spent < self.seconds / 8:
            began = time.perf_counter()
            self._evaluate(times)
            spent = time.perf_counter() - began
            times *= 2
        return max(1, round(times / 2 * self.seconds / spent))

    def prepare(self) -> None:
        """Compile, and see that no task stops early: then all instructions run.

        Raises
        ------
        ValueError
            When a task does stop early.
        """
        every = self.blocks.tasks * self.blocks.train * len(self.blocks.arrays.order)
        if self._evaluate(1) != every:
            raise ValueError(
                f"a task of {self.name} stops early; accepted: a program that trains on"
                " every example, for its instructions are counted"
            )
        _ = self._times

    def run(self, _turn: int) -> Sample:
        """Evaluate for some time."""
        began = time.perf_counter()
        steps = self._evaluate(self._times)
        seconds = time.perf_counter() - began
        counts = {
            INDIVIDUALS: self._times,
            STEPS: steps,
            INSTRUCTIONS: self._times * self.instructions,
        }
        return Sample(seconds, counts)
