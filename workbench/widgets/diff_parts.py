"""What changed between two programs, as JSON values and as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.insight import diff
from workbench.insight.values import (
    Entry,
    Features,
    Label,
    Prediction,
    Written,
    values_of,
)
from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.insight.diff import DiffRow, ProgramDiff
    from workbench.insight.values import Address, Place, Value, Values
    from workbench.programs import Program


def diff_parts(a: Program, b: Program) -> dict[str, Any]:
    """Return all that a drawn diff from program ``a`` to program ``b`` shows.

    Returns
    -------
    `verdict`
        `kind` and `share` as in `insight.Verdict`, `text` in one sentence.
    `functions`
        Setup, Predict and Learn, each with its `name` and `rows`: `kind`, `rewired` and
        `matters` as in `insight.DiffRow`; `left` and `right`, the instructions' texts
        or None; `left_line` and `right_line`, counted from 1, and `left_live` and
        `right_live`. A row of a move has lines and liveness of both places. `why` says
        what is read now, and what was read before, where the text does not.
    """
    return parts_of(diff(a, b), a, b)


def parts_of(result: ProgramDiff, a: Program, b: Program) -> dict[str, Any]:
    """Return the same for a diff that has been made already."""
    wiring = _Wiring(result, a, b) if result.verdict.kind == "changed" else None
    verdict = result.verdict
    return {
        "verdict": {
            "kind": verdict.kind,
            "text": verdict_text(result, a, b),
            "share": verdict.share,
        },
        "functions": [
            {
                "name": name.capitalize(),
                "rows": [_row_part(row, name, a, b, wiring) for row in rows],
            }
            for name, rows in result.functions.items()
        ],
    }


def verdict_text(result: ProgramDiff, a: Program, b: Program) -> str:
    """Return what a diff comes to, in one sentence."""
    verdict = result.verdict
    if verdict.kind == "identical":
        return "The programs are identical."
    if verdict.kind == "dead":
        return "Only dead code differs."
    if verdict.kind == "equivalent":
        forms = ["under other addresses"] if verdict.renamed else []
        forms += ["in another order"] if verdict.moved else []
        if verdict.added or verdict.removed or verdict.changed:
            forms = []  # a part of it is there twice
        return f"The same computation {' and '.join(forms) or 'in another form'}."
    if a.space.label != b.space.label:
        return "The programs are for labels of different kinds."
    whole = max(verdict.before, verdict.after)
    lost = max(verdict.added, verdict.removed) + verdict.changed
    does = "compute something else"
    if not lost:
        rows = [row for part in result.effective.values() for row in part]
        # A move has two rows; it is counted where it is now.
        lost = sum(row.rewired and row.right is not None for row in rows)
        does = "read something else"
    if not lost:
        return "The effective code computes something else."
    if lost == 1:
        does = does.replace("compute", "computes").replace("read", "reads")
    plural = "" if whole == 1 else "s"
    return f"{min(lost, whole)} of {whole} effective instruction{plural} {does}."


def _row_part(
    row: DiffRow, name: str, a: Program, b: Program, wiring: _Wiring | None
) -> dict[str, Any]:
    part = {
        "kind": row.kind,
        "left": None if row.left is None else str(row.left),
        "right": None if row.right is None else str(row.right),
        "left_live": _lives(a, name, row.left_index),
        "right_live": _lives(b, name, row.right_index),
        "left_line": _line(row.left_index),
        "right_line": _line(row.right_index),
        "matters": row.matters,
        "rewired": row.rewired,
    }
    if wiring is not None and row.rewired:
        part["why"] = wiring.why(name, row) or "what it reads comes from elsewhere now"
    elif wiring is not None and row.kind == "changed":
        part |= {"why": why} if (why := wiring.why(name, row)) else {}
    return part


def _lives(program: Program, name: str, index: int | None) -> bool:
    return index is not None and program.live[FUNCTIONS.index(name)][index]


def _line(index: int | None) -> int | None:
    return None if index is None else index + 1


class _Wiring:
    """Tells which operands read alike and read something else, before and after."""

    def __init__(self, result: ProgramDiff, a: Program, b: Program) -> None:
        self._left, self._right = values_of(a), values_of(b)
        self._partner: Mapping[Place, Place] = {
            (name, row.left_index): (name, row.right_index)
            for name, rows in result.functions.items()
            for row in rows
            if row.left_index is not None and row.right_index is not None
        }

    def why(self, name: str, row: DiffRow) -> str:
        return "; ".join(dict.fromkeys(self._differences(name, row)))

    def _differences(self, name: str, row: DiffRow) -> Iterator[str]:
        if row.left_index is None or row.right_index is None:
            return
        ours = _operands(self._left, (name, row.left_index))
        theirs = _operands(self._right, (name, row.right_index))
        for (place, old), (other, new) in zip(ours, theirs, strict=False):
            if place != other or self._belong(old, new):
                continue
            before, after = _source(self._left, old), _source(self._right, new)
            address = f"{place[0].value}{place[1]}"
            if before == after:
                yield f"{address} came from {before}, which is another line now"
            else:
                yield f"{address} came from {before}, now from {after}"

    def _belong(self, old: Value, new: Value, deeper: bool = True) -> bool:
        if isinstance(old, Written) and isinstance(new, Written):
            place = (new.function, new.index)
            return self._partner.get((old.function, old.index)) == place
        if isinstance(old, Entry) and isinstance(new, Entry):
            if not deeper:
                return True
            pairs = zip(
                self._left.operands(old), self._right.operands(new), strict=True
            )
            return all(self._belong(one, other, deeper=False) for one, other in pairs)
        return type(old) is type(new)


def _operands(values: Values, place: Place) -> list[tuple[Address, Value]]:
    """Return the addresses that an effective instruction reads, and what is there."""
    if place not in values.instructions:
        return []
    instruction = values.instructions[place]
    addresses = [*instruction.inputs]
    if instruction.output is not None:
        # An instruction that writes one element reads, last, what it writes into.
        addresses.append(instruction.output)
    return list(zip(addresses, values.reads[place], strict=False))


def _source(values: Values, value: Value) -> str:
    """Return in words where a value comes from."""
    match value:
        case Written(function, index):
            return f"{function.capitalize()} {index + 1}"
        case Entry(address):
            origin = values.entries[address].learn
            if isinstance(origin, Entry):
                return "an earlier example"
            return f"the previous example's {_source(values, origin)}"
        case Features() | Label() | Prediction():
            return f"the {type(value).__name__.lower()}"
        case _:
            return "nothing (0)"
