"""A program as JSON for the browser: text, formula and words of each instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.programs import Program
from workbench.programs.export import explain, latex_source, numpy_source
from workbench.widgets.mathml import to_mathml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.programs import Instruction, Space


def as_program(given: Program | str) -> Program:
    """Return a program, read from its text if need be.

    Raises
    ------
    ProgramSyntaxError
        When the text is no program.
    TypeError
        For anything else.
    """
    if isinstance(given, Program):
        return given
    if isinstance(given, str):
        return Program.from_text(given)
    raise TypeError(
        f"program is a {type(given).__name__}; accepted: a Program or its text"
    )


def listing_parts(program: Program) -> dict[str, Any]:
    """Return all that a listing shows and copies.

    Returns
    -------
    `functions`
        Setup, Predict and Learn, each with its `name` and `rows`; a row has `text`,
        `math` (MathML), `words` and `live`.
    `special`
        The addresses that the training loop itself reads or writes: `features`,
        `label` and `prediction`.
    `sources`
        What can be copied: `text`, `numpy` and `latex`.
    """
    return {
        "functions": [
            {
                "name": name.capitalize(),
                "rows": _rows(name, instructions, flags, program.space),
            }
            for (name, instructions), flags in zip(
                program.functions.items(), program.live, strict=True
            )
        ],
        "special": special_addresses(program.space.vector_label),
        "sources": {
            "text": str(program),
            "numpy": numpy_source(program),
            "latex": latex_source(program),
        },
    }


def function_parts(program: Program) -> list[dict[str, Any]]:
    """Return the functions with their rows, as in `listing_parts`."""
    return [
        {
            "name": name.capitalize(),
            "rows": _rows(name, instructions, flags, program.space),
        }
        for (name, instructions), flags in zip(
            program.functions.items(), program.live, strict=True
        )
    ]


def special_addresses(vector_label: bool) -> dict[str, str]:
    """Return which addresses hold features, label and prediction."""
    label, prediction = ("v1", "v2") if vector_label else ("s0", "s1")
    return {"features": "v0", "label": label, "prediction": prediction}


def _rows(
    function: str,
    instructions: Sequence[Instruction],
    flags: Sequence[bool],
    space: Space,
) -> list[dict[str, Any]]:
    return [
        {
            "text": str(instruction),
            "math": to_mathml(instruction.latex()),
            "words": explain(instruction, space, function),
            "live": live,
        }
        for instruction, live in zip(instructions, flags, strict=True)
    ]
