"""The values of a dataflow graph on a real example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.engine import trace
from workbench.insight.dataflow import dataflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.engine.memory import Memory
    from workbench.engine.trace import Phase, Trace
    from workbench.insight.dataflow import Node
    from workbench.programs import Program
    from workbench.tasks import Task


def node_values(
    program: Program,
    task: Task,
    step: int = 0,
    *,
    phase: Phase = "train",
    epoch: int = 0,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Return the value of each node of `dataflow(program)` on one example.

    Parameters
    ----------
    program, task
        As for `trace`.
    step, phase, epoch
        Which example: counted within the phase, in the order in which they are shown.
    options
        As for `trace`: `seed`, `max_abs_error`, ...

    Returns
    -------
    dict
        By id of the node: float64 of shape (), [F] or [F, F]. What has no value is
        absent: in validation the label and Learn, and everything but Setup when
        training was cut short before this example.

    Raises
    ------
    ValueError
        As `trace` does, for an example that is not there.
    """
    nodes = dataflow(program).nodes
    begun = trace(program, task, start=0, stop=0, **options)
    shown = trace(
        program, task, start=step, stop=step + 1, phase=phase, epoch=epoch, **options
    )
    found: dict[str, np.ndarray] = {}
    for rows in (_setup(begun), _example(shown)):
        for name, memory in rows:
            for node in nodes:
                if name == node.id or name == _MOMENT.get(node.kind):
                    found[node.id] = _held(node, memory)
    return found


# After which step of the training loop a node of this kind has its value.
_MOMENT = {"features": "features", "state": "features", "zero": "features",
           "label": "label"}  # fmt: skip


def _setup(begun: Trace) -> Iterator[tuple[str, Memory]]:
    for row in np.flatnonzero(begun.function == "setup").tolist():
        yield f"setup:{begun.index[row]}", begun[row]


def _example(shown: Trace) -> Iterator[tuple[str, Memory]]:
    """Yield what ran on the example and the memory after it."""
    for row in np.flatnonzero(shown.visit == 0).tolist():
        function, index = str(shown.function[row]), shown.index[row]
        if index < 0:
            yield function, shown[row]
        else:
            yield f"{function}:{index}", shown[row]
        # What Predict leaves, before a logit becomes a probability.
        last = row + 1 == len(shown) or str(shown.function[row + 1]) != "predict"
        if function in ("features", "predict") and last:
            yield "prediction", shown[row]


def _held(node: Node, memory: Memory) -> np.ndarray:
    parts = dict(zip("svm", memory, strict=True))
    held = np.array(parts[node.address[0]][int(node.address[1:])])
    # A zero that Setup read may be written later.
    return np.zeros_like(held) if node.kind == "zero" else held
