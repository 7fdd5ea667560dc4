"""What changed between two programs, instruction by instruction."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.programs import Instruction, Program

RowKind = Literal["same", "changed", "added", "removed"]
_MARKS: dict[RowKind, str] = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One instruction of either program, or one of each that belong together.

    ``kind`` is ``"changed"`` where op and output are the same and only operands or
    constants differ. The side without an instruction has None, also as its liveness.
    """

    kind: RowKind
    left: Instruction | None
    right: Instruction | None
    left_live: bool | None
    right_live: bool | None


@dataclass(frozen=True, slots=True)
class ProgramDiff:
    """The rows of each function, in reading order of both programs."""

    setup: tuple[DiffRow, ...]
    predict: tuple[DiffRow, ...]
    learn: tuple[DiffRow, ...]

    @property
    def functions(self) -> dict[str, tuple[DiffRow, ...]]:
        """Return the rows by function name: setup, predict, learn."""
        return {"setup": self.setup, "predict": self.predict, "learn": self.learn}

    @property
    def is_empty(self) -> bool:
        """Tell whether the programs have the same instructions."""
        return all(
            row.kind == "same" for rows in self.functions.values() for row in rows
        )

    def __str__(self) -> str:
        lines = []
        for name, rows in self.functions.items():
            lines.append(f"  def {name.capitalize()}():")
            for row in rows:
                right = f"{row.right}" if row.right is not None else f"{row.left}"
                was = f"  # was: {row.left}" if row.kind == "changed" else ""
                lines.append(f"{_MARKS[row.kind]}   {right}{was}")
        return "\n".join(lines)


def diff(a: Program, b: Program) -> ProgramDiff:
    """Return what leads from program ``a`` to program ``b``.

    Instructions are aligned by their text; where a stretch was replaced, those with
    the same op and output are rows of kind ``"changed"``.
    """
    rows = {
        name: tuple(_rows(a.functions[name], b.functions[name], left_live, right_live))
        for name, left_live, right_live in zip(FUNCTIONS, a.live, b.live, strict=True)
    }
    return ProgramDiff(**rows)


def _rows(
    left: Sequence[Instruction],
    right: Sequence[Instruction],
    left_live: Sequence[bool],
    right_live: Sequence[bool],
) -> Iterator[DiffRow]:
    for kind, i, j in _aligned(left, right):
        yield DiffRow(
            kind,
            None if i is None else left[i],
            None if j is None else right[j],
            None if i is None else left_live[i],
            None if j is None else right_live[j],
        )


def _aligned(
    left: Sequence[Instruction], right: Sequence[Instruction]
) -> Iterator[tuple[RowKind, int | None, int | None]]:
    texts = [str(instruction) for instruction in left], [str(i) for i in right]
    places = [(i.op.number, i.out) for i in left], [(i.op.number, i.out) for i in right]
    whole = SequenceMatcher(None, *texts, autojunk=False)
    for tag, i1, i2, j1, j2 in whole.get_opcodes():
        if tag == "equal":
            for step in range(i2 - i1):
                yield "same", i1 + step, j1 + step
            continue
        part = SequenceMatcher(None, places[0][i1:i2], places[1][j1:j2], autojunk=False)
        for inner, k1, k2, l1, l2 in part.get_opcodes():
            if inner == "equal":
                for step in range(k2 - k1):
                    yield "changed", i1 + k1 + step, j1 + l1 + step
                continue
            for k in range(k1, k2):
                yield "removed", i1 + k, None
            for m in range(l1, l2):
                yield "added", None, j1 + m
