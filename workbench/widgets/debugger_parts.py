"""What the debugger shows of a recording, as JSON values."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from workbench.widgets.recording import Moment, Recording

WATCH_POINTS = 1000


class Jump(NamedTuple):
    """A noteworthy step; None where there is none such."""

    name: str
    step: int | None
    help: str


def jumps(recording: Recording) -> list[Jump]:
    """Return where a reader wants to go first."""
    found = [Jump("start", 0, "The first step")]
    for epoch in range(int(recording.epochs[-1]) + 1 if recording.visits else 0):
        trained = np.flatnonzero((recording.epochs == epoch) & recording.trains)
        if len(trained) and (epoch in (0, int(recording.epochs[-1]))):
            step = recording.last_step(int(trained[-1]))
            found.append(
                Jump(
                    f"after epoch {epoch + 1}", step, "The end of the epoch's training"
                )
            )
    found += [
        Jump(
            "largest training error",
            _largest(recording, recording.trains),
            "The training example whose prediction was worst",
        ),
        Jump(
            "largest validation error",
            _largest(recording, ~recording.trains),
            "The validation example whose prediction was worst",
        ),
        Jump("first NaN", recording.first_nan, "Where an address first holds NaN"),
        Jump(
            "first infinity",
            recording.first_infinity,
            "Where an address first holds an infinity",
        ),
        Jump("end", len(recording) - 1, "The last step"),
    ]
    return found


def _largest(recording: Recording, which: np.ndarray) -> int | None:
    """Return where the worst prediction stood: the last step of its Predict."""
    visits = np.flatnonzero(which)
    if not len(visits):
        return None
    # NaN is worse than any number.
    errors = np.where(np.isnan(recording.errors), np.inf, recording.errors)[visits]
    visit = int(visits[np.argmax(errors)])
    return min(
        recording.first_step(visit) + len(recording.program.predict),
        recording.last_step(visit),
    )


def run_part(recording: Recording) -> dict[str, Any]:
    """Return the length of the evaluation, and whether it was cut short."""
    return {
        "steps": len(recording),
        "visits": recording.visits,
        "epochs": int(recording.task.epochs),
        "train": recording.train_count,
        "valid": recording.valid_count,
        "stopped": recording.stopped,
    }


def layout_part(recording: Recording) -> list[dict[str, Any]]:
    """Return name, shape and place of each address among the numbers of `now`."""
    return [
        {"name": a.name, "shape": list(a.shape), "start": a.start, "size": a.size}
        for a in recording.addresses
    ]


def now_part(recording: Recording, moment: Moment) -> dict[str, Any]:
    """Return a step: what ran, on what, and memory as base64 of float64."""
    visit = moment.visit
    part: dict[str, Any] = {
        "step": moment.step,
        "visit": visit,
        "first": recording.first_step(visit),
        "last": recording.last_step(visit),
        "function": moment.function,
        "index": moment.index,
        "where": where(recording, moment),
        "after": _packed(moment.after),
        "before": _packed(moment.before),
    }
    if visit >= 0:
        predicted = recording.first_step(visit) + len(recording.program.predict)
        part.update(
            epoch=int(recording.epochs[visit]) + 1,
            trains=bool(recording.trains[visit]),
            place=int(recording.places[visit]) + 1,
            example=int(recording.examples[visit]),
            label=_numbers(recording.labels[visit]),
            # A reader who has not come so far has not seen it yet.
            known=moment.step >= predicted,
            prediction=_numbers(recording.predictions[visit]),
            error=_number(recording.errors[visit]),
        )
    return part


def where(recording: Recording, moment: Moment) -> str:
    """Return in words which step it is."""
    names = {
        "features": "features shown",
        "label": "label shown",
        "sigmoid": "prediction through the sigmoid",
        "softmax": "prediction through the softmax",
    }
    line = names.get(
        moment.function, f"{moment.function.capitalize()} {moment.index + 1}"
    )
    if moment.visit < 0:
        return line
    kind = "training" if recording.trains[moment.visit] else "validation"
    return (
        f"epoch {recording.epochs[moment.visit] + 1}, {kind} example "
        f"{recording.places[moment.visit] + 1}, {line}"
    )


def watch_part(
    recording: Recording, name: str, element: tuple[int, ...] | None
) -> dict[str, Any]:
    """Return the curve of an address in at most `WATCH_POINTS` buckets.

    A bucket keeps the lowest and the highest of its finite values, so that no spike
    is lost, and says whether it holds NaN or infinities.
    """
    values = recording.history(name, element)
    every = 1 if name == "error" else recording.history_every
    size = max(1, -(-len(values) // WATCH_POINTS))
    starts = np.arange(0, len(values), size)
    finite = np.isfinite(values)
    low = np.minimum.reduceat(np.where(finite, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(finite, values, -np.inf), starts)
    some = np.isfinite(low)
    return {
        "address": name,
        "element": None if element is None else list(element),
        "every": size * every,
        "low": _or_none(low, some),
        "high": _or_none(high, some),
        "nan": np.flatnonzero(np.add.reduceat(np.isnan(values), starts)).tolist(),
        "infinite": np.flatnonzero(np.add.reduceat(np.isinf(values), starts)).tolist(),
    }


def _or_none(values: np.ndarray, some: np.ndarray) -> list[float | None]:
    return [
        float(f"{value:.7g}") if good else None
        for value, good in zip(values.tolist(), some.tolist(), strict=True)
    ]


def _packed(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, "<f8").tobytes()).decode()


def _number(value: Any) -> float | str:
    """Return a number that JSON can carry: NaN and infinities as words."""
    number = float(value)
    return number if np.isfinite(number) else str(number)


def _numbers(value: np.ndarray) -> list[float | str]:
    return [_number(one) for one in np.atleast_1d(value)]
