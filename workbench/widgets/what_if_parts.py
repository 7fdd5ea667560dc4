"""What `WhatIf` shows, as JSON for the browser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.programs import FUNCTIONS, OPS, ProgramSyntaxError
from workbench.programs.export import explain
from workbench.programs.instruction import format_constant
from workbench.widgets.draft import alternatives
from workbench.widgets.listing import special_addresses
from workbench.widgets.paired import paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.engine import Evaluation, LearningCurve
    from workbench.programs import Instruction
    from workbench.tasks import TaskSet
    from workbench.widgets.draft import Draft, Line

QUANTILES = (0.25, 0.5, 0.75)
"""Of the tasks' losses in a learning curve."""


def ops_part() -> dict[str, Any]:
    """Return spelling and meaning of each operation, and what may take its place."""
    return {
        "ops": {
            op.name: {
                "title": op.title,
                "form": op.text,
                "constants": [kind.noun for kind in op.constants],
                "others": [other.name for other in alternatives(op)],
            }
            for op in OPS
        }
    }


def listing_part(draft: Draft, first: Draft) -> dict[str, Any]:
    """Return the lines, and how many of them are in, edited and effective."""
    lines = list(draft.all_lines())
    live = draft.live
    return {
        "functions": [
            {
                "name": name.capitalize(),
                "rows": [_row(draft, name, line) for line in draft.lines[name]],
            }
            for name in FUNCTIONS
        ],
        "special": special_addresses(draft.space.vector_label),
        "counts": {
            "lines": sum(line.on for line in lines),
            "first_lines": sum(1 for _ in first.all_lines()),
            "effective": sum(live.values()),
            "first_effective": sum(first.live.values()),
            "out": sum(not line.on for line in lines),
            "edited": sum(is_edited(line) for line in lines),
        },
        "same": draft.program == first.program,
        "same_effective": draft.program.effective() == first.program.effective(),
        "source": str(draft.program),
    }


def is_edited(line: Line) -> bool:
    """Tell whether the line is not what stood there at first."""
    return not line.on or line.instruction != line.origin


def _row(draft: Draft, function: str, line: Line) -> dict[str, Any]:
    instruction = line.instruction
    same_op = line.origin is not None and line.origin.op is instruction.op
    return {
        "id": line.id,
        "text": str(instruction),
        "words": explain(instruction, draft.space, function),
        "on": line.on,
        "live": draft.live.get(line.id, False),
        "was_live": line.was_live,
        "edited": is_edited(line),
        "origin": None if line.origin is None else str(line.origin),
        "op": instruction.op.name,
        "places": _places(instruction),
        "constants": [
            {
                "kind": kind.value,
                "noun": kind.noun,
                "value": _json(value),
                "text": format_constant(kind, value),
                "first": _json(line.origin.constants[i])
                if same_op and line.origin
                else None,
            }
            for i, (kind, value) in enumerate(
                zip(instruction.op.constants, instruction.constants, strict=True)
            )
        ],
    }


def _places(instruction: Instruction) -> dict[str, str]:
    names = {
        f"in{i}": f"{kind.value}{address}"
        for i, (kind, address) in enumerate(instruction.inputs, 1)
    }
    if instruction.output is not None:
        kind, address = instruction.output
        names["out"] = f"{kind.value}{address}"
    return names


def problem_part(error: Exception, text: str | None = None) -> dict[str, Any]:
    """Return an error: its message, and for one of a text where it stands."""
    message = str(error).split("\n", 1)[0]
    if not isinstance(error, ProgramSyntaxError):
        return {"message": message}
    lines = (text or "").splitlines()
    # What to do about it comes first; what else would do may be a long list.
    found, _, rest = message.partition("; accepted: ")
    accepted, _, hint = rest.rpartition("; did you mean ")
    if not accepted:
        accepted, hint = hint, ""
    return {
        "message": f"{found}; did you mean {hint}" if hint else found,
        "accepted": accepted,
        "line": error.line,
        "column": error.column,
        "length": max(1, len(error.found)),
        "suggestion": error.suggestion,
        "text": lines[error.line - 1] if error.line <= len(lines) else "",
    }


def result_part(original: Evaluation, edited: Evaluation) -> dict[str, Any]:
    """Return both fitnesses, task by task, and the difference in words."""
    change = paired(original.task_fitness, edited.task_fitness)
    return {
        "original": _evaluation(original),
        "edited": _evaluation(edited),
        "difference": {
            "mean": change.mean,
            "low": _json(change.low),
            "high": _json(change.high),
            "clear": change.clear,
            "headline": change.headline,
            "words": change.words,
        },
    }


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "fitness": evaluation.fitness,
        "tasks": evaluation.task_fitness.tolist(),
        "stopped": int(evaluation.task_stopped.sum()),
    }


def curve_part(original: LearningCurve, edited: LearningCurve) -> dict[str, Any]:
    """Return the quantiles over tasks of both curves; None where they are infinite."""
    return {
        "examples": original.examples.tolist(),
        "measure": original.measure,
        "original": _quantiles(original),
        "edited": _quantiles(edited),
    }


def _quantiles(curve: LearningCurve) -> dict[str, list[float | None]]:
    low, median, high = quantiles(curve.loss)
    return {"low": _finite(low), "median": _finite(median), "high": _finite(high)}


def quantiles(loss: np.ndarray) -> np.ndarray:
    """Return float64[3, P], quartiles and median over the tasks of float64[P, T].

    Infinite losses count as larger than all others.
    """
    with np.errstate(invalid="ignore"):
        found = np.quantile(loss, QUANTILES, axis=1)
    # Between two infinities, or a number and one, lies no number.
    return np.where(np.isnan(found), np.inf, found)


def _finite(values: np.ndarray) -> list[float | None]:
    return [
        float(f"{value:.7g}") if math.isfinite(value) else None
        for value in values.tolist()
    ]


def tasks_words(tasks: TaskSet, draw: int) -> str:
    """Say which tasks these are."""
    count = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
    kind = f"{tasks.spec.kind} " if tasks.spec is not None else ""
    train = tasks.train_x.shape[1]
    epochs = f" x {tasks.epochs} epochs" if tasks.epochs > 1 else ""
    size = f"{train} examples{epochs} to train, {tasks.valid_x.shape[1]} to validate"
    return f"{count.replace(' ', f' {kind}', 1)}, {size}" + (
        f"; fresh draw {draw}" if draw else ""
    )


def lines_to_weigh(draft: Draft) -> Sequence[int]:
    """Return the ids of the lines whose loss could change anything."""
    return [line.id for line in draft.all_lines() if draft.live.get(line.id)]


def _json(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
