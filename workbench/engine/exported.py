"""Whether a program's NumPy code makes the engine's predictions: run and compared."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.engine.options import check_program, check_seed
from workbench.engine.trace import trace
from workbench.programs import numpy_source
from workbench.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.programs import Program
    from workbench.tasks.task import Metric

TOLERANCE = 1e-12
"""Of differences; the engine's `sin`, `exp` and the like are not NumPy's."""

SECONDS = 60.0
"""After which the code is given up; it takes some 0.2 s, most of it to load NumPy."""

TRAIN, VALID, EPOCHS = 12, 8, 2
SCALAR_SIZES = (2, 4, 8)
VECTOR_SIZES = ((3, 2), (3, 3), (4, 2), (4, 4), (8, 3), (8, 8))

PHASES = {"train": "training", "valid": "validation"}

Verdict = Literal["equal", "different", "random"]
Predictions = list[tuple[list[Any], list[Any]]]  # of each epoch's two phases

# Stands below the exported code, in its process: tasks come in and predictions go out.
_DRIVER = """

def _answer():
    import json
    import sys

    def plain(epochs):
        return [
            [[np.asarray(one).tolist() for one in part] for part in parts]
            for parts in epochs
        ]

    def one(task):
        arrays = [np.array(part, float) for part in task["arrays"]]
        return plain(run(*arrays, **task["options"]))

    json.dump([one(task) for task in json.load(sys.stdin)], sys.stdout)


_answer()
"""


@dataclass(frozen=True)
class ExportCheck:
    """What `check_export` saw; as text, one sentence.

    Attributes
    ----------
    verdict
        "equal", "different", or "random": the program draws random numbers, so that
        only distributions can agree, and nothing was compared.
    compared
        How many predictions were compared (vectors count as one).
    largest
        The largest difference: absolute up to predictions of 1, relative above. Equal
        infinities differ by 0, and so do NaNs; what only one side has, by infinity.
    where
        The first prediction that differs, in words; "" if none does.
    """

    verdict: Verdict
    compared: int = 0
    largest: float = 0.0
    where: str = ""

    @property
    def equal(self) -> bool:
        """Whether all predictions were compared and agree within 1e-12."""
        return self.verdict == "equal"

    def __str__(self) -> str:
        if self.verdict == "random":
            return (
                "draws random numbers: it runs, but its numbers are not the engine's, "
                "so only the distributions can agree; nothing was compared"
            )
        seen = f"{self.compared} predictions on random examples"
        most = f"largest difference {self.largest:.1g}"
        if self.equal:
            return f"equals the engine: {seen}, {most}"
        return f"differs from the engine: {seen}, {most}, first {self.where}"


def check_export(
    program: Program, *, seed: int = 0, timeout: float = SECONDS
) -> ExportCheck:
    """Run the code that `numpy_source` returns beside the engine, and compare.

    The code runs in a Python process of its own, which has NumPy and nothing of the
    workbench. Six random tasks, of three sizes and of both metrics or of several
    numbers of classes, make at most 240 predictions in two epochs of training and
    validation; they are fewer where the program stops.

    Parameters
    ----------
    program
        The program.
    seed
        Of the random tasks.
    timeout
        Seconds after which the code is given up.

    Raises
    ------
    TypeError
        When `program` is no Program.
    ValueError
        When the seed is no whole number from 0.
    RuntimeError
        When the code could not be run to its end; the message says what it said last.
    """
    program, seed = check_program(program), check_seed(seed)
    tasks = list(_tasks(program.space.vector_label, seed))
    found = _run(numpy_source(program), tasks, timeout)
    # Dead instructions may draw what they like.
    effective = program.effective().functions.values()
    if any(i.op.is_random for function in effective for i in function):
        _check_shapes(found, tasks)
        return ExportCheck("random")
    compared, largest, where = 0, 0.0, ""
    for task, epochs in zip(tasks, found, strict=True):
        for epoch in range(task.epochs):
            visits = trace(program, task, phase="both", epoch=epoch).visits
            parts = epochs[epoch] if epoch < len(epochs) else ([], [])
            for phase, ours in zip(PHASES, parts, strict=True):
                theirs = visits.prediction[visits.phase == phase]
                apart = _differences(ours, theirs)
                compared += len(apart)
                largest = max(largest, *apart, 0.0)
                wrong = np.flatnonzero(~(apart <= TOLERANCE))
                if wrong.size and not where:
                    where = _place(task, epoch, phase, int(wrong[0]))
    verdict: Verdict = "different" if where else "equal"
    return ExportCheck(verdict, compared, float(largest), where)


def _tasks(vector: bool, seed: int) -> Iterator[Task]:
    if vector:
        for F, classes in VECTOR_SIZES:
            yield _task(F, "accuracy", classes, seed)
        return
    metrics: tuple[Metric, ...] = ("rmse", "accuracy")
    for F in SCALAR_SIZES:
        for metric in metrics:
            yield _task(F, metric, 0, seed)


def _task(F: int, metric: Metric, classes: int, seed: int) -> Task:
    """Return a task with standard normal features and a linear teacher."""
    rng = np.random.default_rng([seed, F, classes])
    x = rng.standard_normal((TRAIN + VALID, F))
    taught = x @ rng.standard_normal((F, max(classes, 1)))
    y: np.ndarray = taught[:, 0]
    if classes:
        y = np.eye(classes)[np.argmax(taught, axis=1)]
    elif metric == "accuracy":
        y = (y > 0.0) * 1.0
    return Task.from_arrays(x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:], metric, EPOCHS)


def _run(source: str, tasks: list[Task], timeout: float) -> list[Predictions]:
    """Return what the code predicts on each task; it runs in a process of its own."""
    given = []
    for task in tasks:
        options = {"epochs": task.epochs, "order": task.order.tolist()}
        if task.label == "scalar":
            options["classify"] = task.metric == "accuracy"
        arrays = (task.train_x, task.train_y, task.valid_x, task.valid_y)
        given.append({"arrays": [a.tolist() for a in arrays], "options": options})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "exported.py"
        file.write_text(source + _DRIVER, encoding="utf-8")
        try:
            ran = subprocess.run(
                [sys.executable, "-I", str(file)],
                input=json.dumps(given),
                capture_output=True,
                encoding="utf-8",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(
                f"the NumPy code did not end within {timeout:g} s"
            ) from None
        except OSError as error:
            raise RuntimeError(f"no Python could be started: {error}") from error
    if ran.returncode:
        last = ran.stderr.strip().rpartition("\n")[2] or f"exit code {ran.returncode}"
        raise RuntimeError(f"the NumPy code did not run to its end: {last}")
    return json.loads(ran.stdout)


def _check_shapes(found: list[Predictions], tasks: list[Task]) -> None:
    for task, epochs in zip(tasks, found, strict=True):
        wanted = task.train_y.shape[1:]
        shapes = {np.shape(one) for parts in epochs for part in parts for one in part}
        if shapes != {wanted}:
            raise RuntimeError(
                f"the NumPy code returned predictions of the shapes {sorted(shapes)}; "
                f"all should have {wanted}"
            )


def _differences(ours: list[Any], theirs: np.ndarray) -> np.ndarray:
    """Return how far each prediction is off; what one side lacks, by infinity."""
    apart = np.full(max(len(ours), len(theirs)), math.inf)
    for i, (one, b) in enumerate(zip(ours, theirs, strict=False)):
        a = np.asarray(one, float)
        if a.shape != b.shape:
            continue
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(all="ignore"):
            off = np.abs(a - b) / np.maximum(np.abs(b), 1.0)
        off = np.where(same, 0.0, np.where(np.isfinite(off), off, math.inf))
        apart[i] = np.max(off)
    return apart


def _place(task: Task, epoch: int, phase: str, i: int) -> str:
    kind = task.metric if task.label == "scalar" else f"{task.train_y.shape[1]} classes"
    return (
        f"in {PHASES[phase]}, epoch {epoch + 1}, example {i + 1} "
        f"({kind}, F = {task.features})"
    )
