"""A property of programs that is wider than the catalogue's concepts next to it."""

from __future__ import annotations

from typing import Literal

from workbench.insight.values import Written, values_of
from workbench.programs import Program, Space

NOISE = "(draws random numbers in Predict or Learn)"
"""Noise of any kind, such as weights drawn anew at each example."""


def beyond(text: str, label: Literal["scalar", "vector"] = "scalar") -> list[str]:
    """Return whether a program has it on the way to its predictions: it, or nothing."""
    values = values_of(Program.from_text(text, Space(label=label)))
    drawn = any(
        isinstance(value, Written)
        and value.function != "setup"
        and values.instructions[value.function, value.index].op.is_random
        for value in values.reachable()
    )
    return [NOISE] * drawn
