"""What the microscope shows of an episode, as JSON values with packed numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from workbench.selfref.microscope import LayerRecord
    from workbench.selfref.spec import ModelSpec
    from workbench.widgets.microscope_episode import Edits, Example
    from workbench.widgets.microscope_play import Play

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KIND_NAMES = {
    "srwm": "SRWM",
    "deltanet": "DeltaNet",
    "fake-sr": "Fake-SR",
    "linear-attention": "linear attention",
    "lstm": "LSTM",
}


def letter(label: int) -> str:
    """Return the name of a label: a letter, so that it is not taken for a digit."""
    return LETTERS[label] if label < len(LETTERS) else f"L{label}"


def packed(numbers: Any) -> str:
    """Return numbers as base64 of little-endian float32."""
    return _base64(np.ascontiguousarray(numbers, "<f4"))


def _base64(array: Any) -> str:
    return base64.b64encode(array.tobytes()).decode()


def model_part(spec: ModelSpec) -> dict[str, Any]:
    """Return what a model is, in a few words and numbers."""
    return {
        "kind": spec.kind,
        "name": KIND_NAMES[spec.kind],
        "layers": spec.layers,
        "heads": spec.heads,
        "d": spec.head,
    }


def episode_part(example: Example, edits: Edits) -> dict[str, Any]:
    """Return the episode: labels, drawings and what was edited."""
    drawings = example.drawings
    return {
        "number": example.number,
        "length": len(example),
        "ways": example.spec.ways,
        "delayed": example.spec.delayed,
        "data": example.spec.data,
        "targets": example.targets.tolist(),
        "shots": example.shots.tolist(),
        "segments": example.segments.tolist(),
        "queryTargets": example.query_targets.tolist(),
        "side": 0 if drawings is None else int(drawings.shape[-1]),
        "drawings": "" if drawings is None else _base64(np.ascontiguousarray(drawings)),
        "noise": {str(k): v for k, v in sorted(edits.noise.items())},
        "labels": {str(k): v for k, v in sorted(edits.labels.items())},
        "frozenFrom": edits.frozen_from,
    }


def course_part(
    shown: tuple[str, Play, Play],
    beside: tuple[str, Play, Play] | None,
    *,
    edited: bool,
) -> dict[str, Any]:
    """Return how well the queries are answered after each example, run by run.

    Each model comes with its name, its way through the episode as it was edited, and
    through the episode as it was. ``costs`` has what the edits cost each in the end.
    """
    runs = [("shown", *shown[:2])]
    if edited:
        runs.append(("original", "unedited", shown[2]))
    if beside is not None:
        runs.append(("beside", *beside[:2]))
    return {
        "chance": 1 / shown[1].answers.shape[-1],
        "costs": [
            {
                "name": name,
                "right": [float(one.right[-1]) for one in (then, now)],
                "loss": [float(one.loss[-1]) for one in (then, now)],
            }
            for name, now, then in filter(None, (shown, beside))
        ],
        "lines": [
            {
                "key": key,
                "label": label,
                "right": packed(run.right),
                "loss": packed(run.loss),
            }
            for key, label, run in runs
        ],
    }


def trace_part(play: Play, layer: int, head: int) -> dict[str, Any]:
    """Return what one matrix did over the episode: one layer, one head.

    ``tops`` are the largest absolute values of each part over all steps: the scales
    of the heat maps, the same at every step.
    """
    if not play.layers:
        return {"layers": 0}
    one = play.layers[layer]
    weights, changes = one.weights[:, head], one.changes()[:, head]
    names, rates = [*one.parts], _rates(one, head)
    views = {"W": weights, "change": changes, "since": weights - weights[:1]}
    return {
        "layers": len(play.layers),
        "heads": one.weights.shape[1],
        "layer": layer,
        "head": head,
        "d": one.weights.shape[2],
        "columns": one.weights.shape[3],
        "parts": [
            {"name": name, "start": part.start, "size": part.stop - part.start}
            for name, part in one.parts.items()
        ],
        "first": packed(weights[0]),
        "rates": packed(rates),
        "rateNames": names if rates.shape[-1] == len(names) else ["rate"],
        "drift": packed(one.drift()),
        "sizes": packed(np.linalg.norm(one.changes(), axis=(2, 3))),
        "singular": packed(one.singular_values()[:, head]),
        "keys": packed(one.steps["key"][:, head]),
        "queries": packed(one.steps["query"][:, head]),
        "tops": {
            name: [
                float(np.abs(values[..., part]).max()) for part in one.parts.values()
            ]
            for name, values in views.items()
        },
    }


def _rates(layer: LayerRecord, head: int) -> Any:
    """Return the rates [T, how many] of a head; linear attention adds all of it."""
    steps = layer.steps
    every = steps["rates"] if "rates" in steps else np.ones_like(steps["key"][..., :1])
    return every[:, head]


def step_part(play: Play, layer: int, head: int, step: int) -> dict[str, Any]:
    """Return one step of a matrix; step 0 is before the first example."""
    if not play.layers:
        return {"step": step}
    one = play.layers[layer]
    part = {"step": step, "weights": packed(one.weights[max(0, step - 1), head])}
    if step > 0:
        part.update(
            change=packed(one.weights[step, head] - one.weights[step - 1, head]),
            left=packed(one.steps["row"][step - 1, head]),
            below=packed(one.steps["product"][step - 1, head]),
            key=packed(one.steps["key"][step - 1, head]),
        )
    return part


def verdict_part(play: Play, step: int) -> dict[str, Any]:
    """Return what the model says at a step: of its example and of the queries."""
    part: dict[str, Any] = {"answers": packed(play.answers[step])}
    if step > 0:
        part["before"] = packed(play.before[step - 1])
        part["after"] = packed(play.after[step - 1])
    return part


def where(example: Example, edits: Edits, step: int) -> str:
    """Return in words which step it is."""
    if step == 0:
        return "before the first example"
    at = step - 1
    label = letter(int(edits.labels.get(at, example.targets[at])))
    seen = int(example.shots[at])
    before = {0: "new", 1: "seen once before"}.get(seen, f"seen {seen} times before")
    text = f"example {step} of {len(example)}, label {label}, {before}"
    if at in edits.labels:
        text += f" (its own label is {letter(int(example.targets[at]))})"
    return text
