"""What changed between two programs: the computation first, then the text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.insight.alignment import Alignment, Pair
from workbench.insight.values import constant_bits
from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.programs import Instruction, Program

RowKind = Literal["same", "renamed", "moved", "changed", "added", "removed"]
VerdictKind = Literal["identical", "dead", "equivalent", "changed"]
_COUNTED = ("added", "removed", "changed", "moved", "renamed")
_MARKS: dict[RowKind, str] = {
    "same": " ",
    "renamed": "=",
    "moved": ">",
    "changed": "~",
    "added": "+",
    "removed": "-",
}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One instruction of either program, or one of each that belong together.

    The side without an instruction has None, also as its liveness.

    Attributes
    ----------
    kind
        "same": the same text. "renamed": another text, but the same op and constants
        on what belongs together: addresses differ, or the operands of a commutative op
        changed places. "moved": it stands elsewhere in the other program; such a pair
        has two rows, each with one side, at the place of either. "changed": the same
        op on other operands, with other constants or to another address. "added" and
        "removed": without a partner.
    left, right
        The instructions.
    left_live, right_live
        Whether they can influence a prediction.
    left_index, right_index
        Their places in the function. A row of a move has both.
    rewired
        Both are effective and read as before, but what they read comes from elsewhere.
    matters
        The row is part of what changed in the effective code.
    """

    kind: RowKind
    left: Instruction | None
    right: Instruction | None
    left_live: bool | None
    right_live: bool | None
    left_index: int | None
    right_index: int | None
    rewired: bool
    matters: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a diff comes to.

    Attributes
    ----------
    kind
        "identical": the same instructions. "dead": only dead code differs.
        "equivalent": the same computation under other addresses, in another order of
        independent instructions, or with one of them twice; random draws come from the
        same distributions, but may be other numbers. "changed": the effective code
        computes something else.
    added, removed, changed
        How many effective instructions have no partner before or after, or another
        form. One that died counts as removed, one that came alive as added.
    moved, renamed
        How many effective instructions have moved, or have other addresses.
    before, after
        How many effective instructions there are.
    """

    kind: VerdictKind
    added: int
    removed: int
    changed: int
    moved: int
    renamed: int
    before: int
    after: int

    @property
    def share(self) -> float:
        """Return the share of the effective code that changed, from 0 to 1."""
        if self.kind != "changed":
            return 0.0
        lost = max(self.added, self.removed) + self.changed
        return min(1.0, lost / max(self.before, self.after, 1))

    def __str__(self) -> str:
        if self.kind == "identical":
            return "The programs are identical."
        if self.kind == "dead":
            return "Only dead code differs; the effective code is the same."
        counts = {
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "moved": self.moved,
            "renamed": self.renamed,
        }
        told = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        if self.kind == "equivalent":
            return f"The same computation in another form ({told or 'reordered'})."
        size = (
            f"{self.after} effective instructions"
            if self.before == self.after
            else f"{self.before} effective instructions before, {self.after} after"
        )
        told = told or "what they read"
        return f"The effective code differs ({told}; {size})."


@dataclass(frozen=True, slots=True)
class ProgramDiff:
    """The rows of each function, in reading order of both programs."""

    setup: tuple[DiffRow, ...]
    predict: tuple[DiffRow, ...]
    learn: tuple[DiffRow, ...]
    verdict: Verdict

    @property
    def functions(self) -> dict[str, tuple[DiffRow, ...]]:
        """Return the rows by function name: setup, predict, learn."""
        return {"setup": self.setup, "predict": self.predict, "learn": self.learn}

    @property
    def effective(self) -> dict[str, tuple[DiffRow, ...]]:
        """Return by function name the rows in which the effective code changed."""
        return {
            name: tuple(row for row in rows if row.matters)
            for name, rows in self.functions.items()
        }

    @property
    def is_empty(self) -> bool:
        """Tell whether the programs have the same instructions and kind of label."""
        return self.verdict.kind == "identical"

    def __str__(self) -> str:
        lines = [f"# {self.verdict}"]
        for name, rows in self.functions.items():
            lines.append(f"  def {name.capitalize()}():")
            lines += [_line(row) for row in rows]
        return "\n".join(lines)


def diff(a: Program, b: Program) -> ProgramDiff:
    """Return what leads from program ``a`` to program ``b``."""
    alignment = Alignment(a, b)
    rows = {
        name: tuple(_row(alignment, name, pair) for pair in pairs)
        for name, pairs in alignment.pairs.items()
    }
    return ProgramDiff(**rows, verdict=_verdict(alignment, rows))


def _row(alignment: Alignment, name: str, pair: Pair) -> DiffRow:
    left, left_live = _side(alignment.left.program, name, pair.left)
    right, right_live = _side(alignment.right.program, name, pair.right)
    kind, alike = _kind(alignment, name, pair)
    lives, lived = bool(right_live), bool(left_live)
    rewired = kind in ("same", "moved") and lives and lived and not alike
    changed = kind in ("changed", "added", "removed") and (lives or lived)
    return DiffRow(
        kind=kind,
        left=None if pair.moved == "right" else left,
        right=None if pair.moved == "left" else right,
        left_live=None if pair.moved == "right" else left_live,
        right_live=None if pair.moved == "left" else right_live,
        left_index=pair.left,
        right_index=pair.right,
        rewired=rewired,
        matters=rewired or changed or lives != lived,
    )


def _side(
    program: Program, name: str, index: int | None
) -> tuple[Instruction | None, bool | None]:
    if index is None:
        return None, None
    return program.functions[name][index], program.live[FUNCTIONS.index(name)][index]


def _kind(alignment: Alignment, name: str, pair: Pair) -> tuple[RowKind, bool]:
    """Return what a row shows, and whether both sides compute alike."""
    if pair.left is None:
        return "added", False
    if pair.right is None:
        return "removed", False
    left = alignment.left.program.functions[name][pair.left]
    right = alignment.right.program.functions[name][pair.right]
    places = name, pair.left, pair.right
    alike = alignment.computes_same(*places) or (
        alignment.reads_same(*places) and constant_bits(left) == constant_bits(right)
    )
    if pair.moved:
        return "moved", alike
    if left == right:
        return "same", alike
    return ("renamed" if alike else "changed"), alike


def _verdict(
    alignment: Alignment, functions: Mapping[str, Sequence[DiffRow]]
) -> Verdict:
    a, b = alignment.left.program, alignment.right.program
    counts: Counter[str] = Counter()
    for name, row in ((n, row) for n, rows in functions.items() for row in rows):
        if row.kind == "moved" and row.left is None:
            continue  # it was counted at its place before
        lived, lives = (
            _side(program, name, index)[1]
            for program, index in ((a, row.left_index), (b, row.right_index))
        )
        if lived and lives:
            counts[row.kind] += 1
        elif lived or lives:
            counts["removed" if lived else "added"] += 1
    kind: VerdictKind = "changed"
    same_roles = a.space.label == b.space.label
    if same_roles and a == b:
        kind = "identical"
    elif same_roles and a.effective() == b.effective():
        kind = "dead"
    elif alignment.same_computation:
        kind = "equivalent"
    return Verdict(
        kind=kind,
        before=len(alignment.left.instructions),
        after=len(alignment.right.instructions),
        **{name: counts[name] for name in _COUNTED},
    )


def _line(row: DiffRow) -> str:
    shown = row.left if row.right is None else row.right
    mark = "<" if row.kind == "moved" and row.right is None else _MARKS[row.kind]
    both = row.left is not None and row.right is not None
    was = f"  # was: {row.left}" if both and row.left != row.right else ""
    return f"{mark}   {shown}{was}"
