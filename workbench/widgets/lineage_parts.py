"""A lineage as JSON for the browser: compact, since all of its steps are sent at once.

Instructions and sentences stand once, in `texts`, and are told by their number. A
program is a list of numbers for each function: 2 * text + live. A row of a diff that
says the same on both sides is one number, 4 * text + 2 * live before + live after;
others are lists. `widgets/src/lineage_data.ts` reads all this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.lineage_story import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight.lineage import AncestorLike
    from workbench.programs import Program
    from workbench.widgets.lineage_story import Shown, Story

MUTATIONS = {
    "": ("First ancestor", "Where this lineage begins, as far as it is kept."),
    "copy": ("Copy", "The child was left as its parent was."),
    "alter_param": (
        "Operand or constant altered",
        "One address or constant of one instruction was drawn anew.",
    ),
    "randomize_instruction": (
        "Instruction replaced",
        "One instruction gave way to a random one.",
    ),
    "randomize_function": (
        "Function rewritten",
        "All instructions of one function gave way to random ones.",
    ),
    "identity": ("No change", "This mutation changes nothing."),
    "insert_instruction": (
        "Instruction inserted",
        "A random instruction was put in at a random place.",
    ),
    "remove_instruction": ("Instruction removed", "One instruction was taken out."),
    "trade_instruction": (
        "Instruction traded",
        "A random instruction was put in, and one was taken out.",
    ),
    "randomize_program": (
        "Program rewritten",
        "All instructions of all functions gave way to random ones.",
    ),
}
"""Short and long words for each mutation; "" is none."""
KINDS = ("same", "renamed", "moved", "changed", "added", "removed")
MAX_CSV = 1_000_000
"""Characters of the table of the family tree that a page carries at most."""

_Row = int | list[int]


class LineageParts:
    """Makes the parts of a story; what it knows of the last one is not made again."""

    def __init__(self) -> None:
        self._known: dict[tuple[Program, Program], dict[str, Any]] = {}

    def parts(self, story: Story, total: int) -> dict[str, Any]:
        """Return what a view shows of a story after `total` individuals."""
        texts: dict[str, int] = {}
        mutations: dict[str, int] = {}
        used: dict[tuple[Program, Program], dict[str, Any]] = {}

        def diff(before: Program | None, after: Program) -> list[Any] | None:
            if before is None:
                return None
            pair = before, after
            if pair not in used:
                used[pair] = self._known.get(pair) or diff_parts(*pair)
            return _diff(used[pair], texts)

        def number(mutation: str | None) -> int:
            return mutations.setdefault(mutation or "", len(mutations))

        steps = [_step(step, story, texts, number, diff) for step in story.steps]
        self._known = used
        return {
            "texts": list(texts),
            "mutations": [
                [*MUTATIONS.get(name, (name, "")), name] for name in mutations
            ],
            "steps": steps,
            "main": story.main,
            "length": story.length,
            "left_out": story.left_out,
            "total": total,
            "bests": _bests(story),
            "csv": _csv(story),
        }


def _step(
    step: Shown,
    story: Story,
    texts: dict[str, int],
    number: Callable[[str | None], int],
    diff: Callable[[Program | None, Program], list[Any] | None],
) -> dict[str, Any]:
    previous = None if step.previous is None else story.steps[step.previous].program
    part: dict[str, Any] = {
        "individuals": step.individuals,
        "fitness": step.fitness,
        "gain": step.gain,
        "mutation": number(step.mutation),
        "previous": step.previous,
        "lost": step.lost,
        "program": _program(step.program, texts),
        "diff": diff(step.parent, step.program),
    }
    if step.merged:
        part["merged"] = step.merged
    if step.parent != previous:
        part["since"] = diff(previous, step.program)
    if step.event is not None:
        part["event"] = step.event
    if step.drift:
        part["drift"] = _drift(step, previous, number)
    return part


def _text(text: str, texts: dict[str, int]) -> int:
    return texts.setdefault(text, len(texts))


def _program(program: Program, texts: dict[str, int]) -> list[list[int]]:
    return [
        [
            2 * _text(str(instruction), texts) + live
            for instruction, live in zip(instructions, flags, strict=True)
        ]
        for instructions, flags in zip(
            program.functions.values(), program.live, strict=True
        )
    ]


def _diff(parts: dict[str, Any], texts: dict[str, int]) -> list[Any]:
    verdict = parts["verdict"]
    return [
        [verdict["kind"], _text(verdict["text"], texts), round(verdict["share"], 4)],
        *([_row(row, texts) for row in one["rows"]] for one in parts["functions"]),
    ]


def _row(row: dict[str, Any], texts: dict[str, int]) -> _Row:
    lives = 2 * row["left_live"] + row["right_live"]
    plain = row["kind"] == "same" and not (row["matters"] or row["rewired"])
    if plain and row["left"] == row["right"]:
        return 4 * _text(row["left"], texts) + lives
    left, right = (
        -1 if row[side] is None else _text(row[side], texts)
        for side in ("left", "right")
    )
    flags = 8 * row["matters"] + 4 * row["rewired"] + lives
    coded = [KINDS.index(row["kind"]), left, right, flags]
    coded += [row[f"{side}_line"] or 0 for side in ("left", "right")]
    return [*coded, _text(row["why"], texts)] if row.get("why") else coded


def _drift(
    step: Shown, previous: Program | None, number: Callable[[str | None], int]
) -> list[int]:
    """Return the steps without effect: individuals, then mutation and what it changed.

    The second is 3 * mutation, plus 0 where the program stayed as it was, 1 where only
    dead code differs, 2 where the effective code differs and the fitness does not.
    """
    found: list[int] = []
    before = previous
    for kin in step.drift:
        kind = 2 if before is None else _kind(before, kin)
        found += [kin.individuals, 3 * number(kin.mutation) + kind]
        before = kin.program
    return found


def _kind(before: Program, kin: AncestorLike) -> int:
    if before == kin.program:
        return 0
    return 1 if _effective(before) == _effective(kin.program) else 2


def _effective(program: Program) -> list[list[Any]]:
    return [
        [i for i, live in zip(instructions, flags, strict=True) if live]
        for instructions, flags in zip(
            program.functions.values(), program.live, strict=True
        )
    ]


def _bests(story: Story) -> list[dict[str, Any]]:
    spots = lay_out(story)
    return [
        {
            "event": event,
            "parent": best.parent,
            "individuals": best.individuals,
            "fitness": best.fitness,
            "population": best.population,
            "step": story.places.get(event),
            "main": event in story.on_main,
            "selected": event == story.tree.selected,
            "column": spots[event].column,
            "lane": spots[event].lane,
        }
        for event, best in story.tree.bests.items()
    ]


def _csv(story: Story) -> str:
    """Return the tree in the ALife standard; empty where a page cannot carry it."""
    text = story.tree.table().to_csv(index=False) if len(story.tree) else ""
    return text if len(text) <= MAX_CSV else ""
