"""Look inside an evaluation: every memory after every instruction of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.engine.blocks import Blocks, make_blocks
from workbench.engine.evaluate import Dtype, run
from workbench.engine.memory import Memory, groups_of, lane_zero, unpack
from workbench.engine.options import (
    MAX_SEED,
    check_choice,
    check_limit,
    check_program,
    check_seed,
    check_task,
    check_whole,
)
from workbench.engine.prepare import Prepared, prepare
from workbench.engine.record import (
    FEATURES,
    LABEL,
    ROWS,
    VISITS,
    WRITE_BACK,
    Record,
    Window,
    record_block,
)
from workbench.engine.warm import call
from workbench.programs import FUNCTIONS
from workbench.tasks import TaskSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.programs import Instruction, Program
    from workbench.tasks import Task

Phase = Literal["train", "valid", "both"]
PHASES = ("train", "valid", "both")
MAX_BYTES = 2**28
"""Default bound on the size of a trace: 256 MiB."""


@dataclass(frozen=True, eq=False)
class Visits:
    """The examples that Predict saw within the window, in order; E of them."""

    phase: np.ndarray
    """str[E]: "train" or "valid"."""
    epoch: np.ndarray
    """int64[E]."""
    step: np.ndarray
    """int64[E]: place within the epoch's training, or within its validation."""
    example: np.ndarray
    """int64[E]: row of the task's training or validation arrays."""
    prediction: np.ndarray
    """float64[E], or [E, classes] with vector labels: what Predict left.

    On accuracy tasks this is a logit, before the sigmoid or softmax.
    """
    label: np.ndarray
    """float64[E], or [E, classes]."""
    error: np.ndarray
    """float64[E]: |label - prediction|, in training after the sigmoid or softmax
    (with classes: the largest); in validation on accuracy tasks 1 for a mistake."""

    def __len__(self) -> int:
        return len(self.error)


@dataclass(frozen=True, eq=False)
class Trace:
    """The memory after every step of a window of an evaluation; n steps.

    Most steps are instructions. The rest is what the training loop itself does, with
    the `index` -1: "features" (into `v0`, and the label hidden), "sigmoid" or "softmax"
    (the prediction of an accuracy task becomes a probability, in training only) and
    "label" (shown, before Learn).
    """

    program: Program
    function: np.ndarray
    """str[n]: "setup", "predict", "learn", or one of the words above."""
    index: np.ndarray
    """int64[n]: the instruction's place in its function, or -1."""
    visit: np.ndarray
    """int64[n]: which of `visits` the step belongs to, -1 in Setup."""
    scalars: np.ndarray
    """float64[n, S]."""
    vectors: np.ndarray
    """float64[n, V, F]."""
    matrices: np.ndarray
    """float64[n, M, F, F]."""
    visits: Visits
    """The examples within the window."""
    stopped: bool
    """Whether training was cut short, within the window or before it."""

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, row: int) -> Memory:
        """Return the memory after a step."""
        return Memory(self.scalars[row], self.vectors[row], self.matrices[row])

    def __iter__(self) -> Iterator[Memory]:
        return (self[row] for row in range(len(self)))

    def instruction(self, row: int) -> Instruction | None:
        """Return the instruction of a step; None for what the loop did itself."""
        if self.index[row] < 0:
            return None
        return self.program.functions[str(self.function[row])][self.index[row]]

    @property
    def phase(self) -> np.ndarray:
        """str[n]: "setup", "train" or "valid"."""
        return np.append(self.visits.phase, "setup")[self.visit]

    @property
    def epoch(self) -> np.ndarray:
        """int64[n]: the step's epoch; 0 in Setup."""
        return np.append(self.visits.epoch, 0)[self.visit]

    @property
    def example(self) -> np.ndarray:
        """int64[n]: row of the task's training or validation arrays; -1 in Setup."""
        return np.append(self.visits.example, -1)[self.visit]


def trace(
    program: Program,
    task: Task,
    *,
    start: int = 0,
    stop: int | None = None,
    phase: Phase = "train",
    epoch: int = 0,
    reduce: bool = False,
    seed: int = 0,
    task_number: int = 0,
    max_abs_error: float = 100.0,
    dtype: Dtype = "float64",
    max_bytes: int = MAX_BYTES,
) -> Trace:
    """Evaluate a program on one task and return its memory after every instruction.

    What is recorded is what `evaluate` computes, to the last bit. The first window
    (`start=0` of the first epoch's training) begins with Setup.

    Parameters
    ----------
    program, task
        As for `evaluate`.
    start, stop
        The window: the first example and the one after the last, counted within the
        phase in the order in which they are shown. `stop=None` is the end of the phase.
    phase
        "train", "valid", or "both": the epoch's training examples and then its
        validation examples, counted through.
    epoch
        Which epoch, from 0.
    reduce
        Leave out dead instructions. Predictions are the same to the last bit.
    seed, max_abs_error, dtype
        As for `evaluate`.
    task_number
        The task's place in the list given to `evaluate`: random instructions draw
        something else for each.
    max_bytes
        The largest size of the arrays of memory.

    Raises
    ------
    TypeError
        When the program is no Program or the task no Task.
    ValueError
        When an option is not among those above, the program does not fit tasks with
        vector labels, or the window takes more than `max_bytes`; the message says which
        would fit.
    """
    check_choice("phase", phase, PHASES)
    task = check_task(task)
    check_whole("epoch", epoch, 0, task.epochs - 1)
    trained = 0 if phase == "valid" else len(task.train_x)
    shown = trained + (0 if phase == "train" else len(task.valid_x))
    start = check_whole("start", start, 0, shown)
    stop = shown if stop is None else check_whole("stop", stop, start, shown)
    seed, limit = check_seed(seed), check_limit(max_abs_error)
    blocks = one_block(task, dtype, task_number)
    prepared = prepare(check_program(program), blocks, reduce=reduce, in_place=False)
    # Counted from the first training example, whatever the phase.
    first = start + len(task.train_x) - trained
    last = stop + len(task.train_x) - trained
    window = Window(
        epoch=epoch,
        setup=first == 0 and epoch == 0,
        train_first=min(first, blocks.train),
        train_last=min(last, blocks.train),
        valid_first=max(first - blocks.train, 0),
        valid_last=max(last - blocks.train, 0),
    )
    record = _empty_record(prepared, blocks, window, start, max_bytes)
    work = blocks.work(prepared.sizes)
    call(
        record_block,
        prepared.lowered,
        blocks.interpreters(),
        blocks.shape(prepared.sizes),
        blocks.arrays,
        work,
        seed,
        limit,
        window,
        record,
        blocks.lanes,
    )
    stopped = not work.alive[0]
    return _read(program, task, prepared, window, record, reduce, stopped)


def memory_after(
    program: Program,
    task: Task,
    *,
    reduce: bool = False,
    seed: int = 0,
    task_number: int = 0,
    max_abs_error: float = 100.0,
    dtype: Dtype = "float64",
) -> Memory:
    """Evaluate a program on one task and return the memory at the end.

    That is after the last validation, or where training was cut short. The parameters
    are those of `trace`.

    Raises
    ------
    TypeError
        When the program is no Program or the task no Task.
    ValueError
        When an option is not accepted or the program does not fit the task.
    """
    seed, limit = check_seed(seed), check_limit(max_abs_error)
    blocks = one_block(check_task(task), dtype, task_number)
    prepared = prepare(check_program(program), blocks, reduce=reduce, in_place=False)
    work = run(prepared, blocks, seed, limit)
    groups = lane_zero(work.memory[0], len(blocks.lanes), blocks.features)
    return unpack(groups, prepared.sizes, blocks.features)


def one_block(task: Task, dtype: str, number: int) -> Blocks:
    """Lay one task out; `number` keys its random draws."""
    numbers = np.array([check_whole("task_number", number, 0, MAX_SEED)])
    return make_blocks(TaskSet.from_tasks([task]), dtype, numbers=numbers)


def _empty_record(
    program: Prepared, blocks: Blocks, window: Window, start: int, max_bytes: int
) -> Record:
    """Return room for the window.

    Raises
    ------
    ValueError
        When it would be larger than `max_bytes`.
    """
    setup, predict, learn = np.diff(program.lowered.bounds[:4]).tolist()
    per_valid = 1 + predict
    per_train = per_valid + (blocks.metric != 0) + 1 + learn
    head = setup if window.setup else 0
    trained = window.train_last - window.train_first
    visits = trained + window.valid_last - window.valid_first
    rows = head + trained * per_train + (visits - trained) * per_valid
    groups = groups_of(program.sizes, blocks.features)
    if rows * groups * 8 > max_bytes:
        room = max_bytes // (groups * 8) - head
        fits = min(max(room, 0) // per_train, trained)
        fits += max(room - fits * per_train, 0) // per_valid if fits == trained else 0
        raise ValueError(
            f"the window holds {visits:,} examples with {rows:,} memories of"
            f" {groups * 8:,} bytes, {rows * groups * 8:,} in all; accepted:"
            f" max_bytes={max_bytes:,}, into which {fits:,} examples fit"
            f" (start={start}, stop={start + fits}), or a larger max_bytes"
        )
    return Record(
        memory=np.empty((rows, groups)),
        step=np.zeros(rows, np.int64),
        visit=np.zeros(rows, np.int64),
        prediction=np.zeros((visits, blocks.classes)),
        error=np.zeros(visits),
        counts=np.zeros(2, np.int64),
    )


def _read(
    program: Program,
    task: Task,
    prepared: Prepared,
    window: Window,
    record: Record,
    reduce: bool,
    stopped: bool,
) -> Trace:
    rows, seen = int(record.counts[ROWS]), int(record.counts[VISITS])
    function, index = _places(program, prepared, task, reduce)
    step = record.step[:rows]
    memory = unpack(record.memory[:rows], prepared.sizes, task.features)
    return Trace(
        program=program,
        function=function[step],
        index=index[step],
        visit=record.visit[:rows],
        scalars=memory.scalars,
        vectors=memory.vectors,
        matrices=memory.matrices,
        visits=_visits(task, window, record, seen),
        stopped=stopped,
    )


def _places(
    program: Program, prepared: Prepared, task: Task, reduce: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return names and indices by what `Record.step` holds: the last are negative."""
    places = [
        (name, i) for name in FUNCTIONS for i in range(len(program.functions[name]))
    ]
    if reduce:
        places = [
            place for place, live in zip(places, prepared.live, strict=True) if live
        ]
    own = {
        FEATURES: "features",
        WRITE_BACK: "softmax" if task.label == "vector" else "sigmoid",
        LABEL: "label",
    }
    places += [(own[code], -1) for code in sorted(own)]
    names, indices = zip(*places, strict=True)
    return np.array(names), np.array(indices, np.int64)


def _visits(task: Task, window: Window, record: Record, seen: int) -> Visits:
    trained = np.arange(window.train_first, window.train_last)
    checked = np.arange(window.valid_first, window.valid_last)
    step = np.concatenate([trained, checked])[:seen].astype(np.int64)
    in_training = np.arange(seen) < len(trained)
    order = task.order[window.epoch][trained[:seen]]
    example = np.where(in_training, 0, step)
    example[: len(order)] = order
    label = np.concatenate(
        [task.train_y[order], task.valid_y[example[len(order) :]]], axis=0
    )
    prediction = record.prediction[:seen]
    return Visits(
        phase=np.where(in_training, "train", "valid"),
        epoch=np.full(seen, window.epoch),
        step=step,
        example=example,
        prediction=prediction if task.label == "vector" else prediction[:, 0],
        label=label,
        error=record.error[:seen],
    )
