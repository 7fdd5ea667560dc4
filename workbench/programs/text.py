"""The field's text form of programs: printer and parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.programs.instruction import Instruction
    from workbench.programs.space import Space


class ProgramSyntaxError(ValueError):
    """A program text cannot be read."""


def print_functions(functions: Mapping[str, tuple[Instruction, ...]]) -> str:
    """Return the functions as text, one instruction a line."""
    lines: list[str] = []
    for name, instructions in functions.items():
        lines.append(f"def {name.capitalize()}():")
        lines.extend(f"  {instruction}" for instruction in instructions)
    return "\n".join(lines)


def parse(text: str, space: Space | None = None) -> dict[str, tuple[Instruction, ...]]:
    """Read a text."""
    raise ProgramSyntaxError(f"cannot read {text!r} in {space!r}")
