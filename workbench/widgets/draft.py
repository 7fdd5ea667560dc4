"""A program under edit: its lines, each in or knocked out, and what can be undone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.programs import (
    FUNCTIONS,
    OP_BY_NAME,
    OPS,
    ConstantKind,
    Instruction,
    Program,
    ProgramSyntaxError,
    Space,
    SpaceError,
)
from workbench.programs.space import MAX_LENGTH
from workbench.programs.syntax import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.programs import Op

HISTORY_KEPT = 500
MAX_ADDRESSES = 100
"""Of each kind, in a text; memory has room for all up to the highest."""
DEFAULTS = {
    ConstantKind.REAL: 1.0,
    ConstantKind.VALUE: 1.0,
    ConstantKind.INDEX: 0.0,
    ConstantKind.MEAN: 0.0,
    ConstantKind.STDEV: 1.0,
    ConstantKind.LOW: -1.0,
    ConstantKind.HIGH: 1.0,
}
_HEADER = re.compile(r"\s*def\s+(Setup|Predict|Learn)\b")
_COMMENT = re.compile(r"\s*#\s?(.*)")
_INSTRUCTION = re.compile(r"\s*[svm]\d+\s*(\[.*\]\s*)?=(?!=)")


@dataclass(frozen=True)
class Line:
    """One line of a draft."""

    id: int  #: it stays while the line is edited
    instruction: Instruction
    on: bool = True  #: False: knocked out
    origin: Instruction | None = None  #: what stood here at first; None: a new line
    was_live: bool = False  #: whether that could influence a prediction


@dataclass(frozen=True)
class Draft:
    """An edited program that still knows where each line came from; immutable."""

    lines: dict[str, tuple[Line, ...]]
    space: Space

    @classmethod
    def of(cls, program: Program) -> Draft:
        """Return a program without edits."""
        lines: dict[str, tuple[Line, ...]] = {}
        number = 0
        for (name, function), flags in zip(
            program.functions.items(), program.live, strict=True
        ):
            lines[name] = tuple(
                Line(number + i, instruction, origin=instruction, was_live=live)
                for i, (instruction, live) in enumerate(
                    zip(function, flags, strict=True)
                )
            )
            number += len(function)
        return cls(lines, program.space)

    @cached_property
    def program(self) -> Program:
        """What remains without the lines that are knocked out."""
        functions = {
            name: tuple(line.instruction for line in self._on(name))
            for name in FUNCTIONS
        }
        try:
            return Program(**functions, space=self.space)
        except SpaceError:
            # Fixed lengths or a list of ops bind the search, not the reader.
            space = Space.fitting(**functions, label=self.space.label)
            return Program(**functions, space=space)

    @cached_property
    def text(self) -> str:
        """The text, with lines that are knocked out as comments."""
        pieces = []
        for name in FUNCTIONS:
            pieces.append(f"def {name.capitalize()}():")
            pieces.extend(
                f"  {'' if line.on else '# '}{line.instruction}"
                for line in self.lines[name]
            )
        return "\n".join(pieces)

    @cached_property
    def live(self) -> dict[int, bool]:
        """Tell of each line that is in whether it can influence a prediction."""
        return {
            line.id: live
            for name, flags in zip(FUNCTIONS, self.program.live, strict=True)
            for line, live in zip(self._on(name), flags, strict=True)
        }

    def all_lines(self) -> Iterable[Line]:
        """Return the lines of all functions, in order."""
        return (line for name in FUNCTIONS for line in self.lines[name])

    def line(self, number: int) -> Line:
        """Return a line.

        Raises
        ------
        KeyError
            When there is none of this id.
        """
        for line in self.all_lines():
            if line.id == number:
                return line
        raise KeyError(f"there is no line {number}")

    def at(self, function: str, index: int) -> Line:
        """Return the line at a place, counted from 0, lines knocked out included.

        Raises
        ------
        ValueError
            When there is none; the message names what there is.
        """
        if function not in FUNCTIONS:
            raise ValueError(
                f"function is {function!r}; accepted: {', '.join(map(repr, FUNCTIONS))}"
            )
        lines = self.lines[function]
        if not 0 <= index < len(lines):
            raise ValueError(
                f"index is {index!r}; accepted in {function}: 0 to {len(lines) - 1}"
            )
        return lines[index]

    # --- edits

    def switched(self, number: int, on: bool) -> Draft:
        """Return the draft with a line in, or knocked out."""
        return self._with(number, lambda line: replace(line, on=on))

    def with_constant(self, number: int, which: int, value: float) -> Draft:
        """Return the draft with another constant in a line.

        Raises
        ------
        ValueError
            When the constant may not have this value.
        """

        def change(line: Line) -> Line:
            old = line.instruction
            constants = list(old.constants)
            constants[which] = value
            return replace(line, instruction=_rebuilt(old, old.op, tuple(constants)))

        return self._with(number, change)

    def with_op(self, number: int, name: str) -> Draft:
        """Return the draft with another operation in a line, on the same addresses.

        Raises
        ------
        ValueError
            When the operation takes or writes other kinds of addresses.
        """
        old = self.line(number).instruction
        names = [op.name for op in alternatives(old.op)]
        if name not in names:
            raise ValueError(f"op is {name!r}; accepted: {', '.join(names)}")
        op = OP_BY_NAME[name]
        constants = (
            old.constants
            if op.constants == old.op.constants
            else tuple(DEFAULTS[kind] for kind in op.constants)
        )
        return self._with(
            number, lambda line: replace(line, instruction=_rebuilt(old, op, constants))
        )

    def restored(self, number: int) -> Draft:
        """Return the draft with a line as it was at first."""
        return self._with(
            number,
            lambda line: replace(
                line, on=True, instruction=line.origin or line.instruction
            ),
        )

    def without(self, number: int) -> Program:
        """Return the program without one more line."""
        return self.switched(number, on=False).program

    def with_text(self, text: str) -> Draft:
        """Return the draft that a text describes; lines that are alike keep their ids.

        Comments that are instructions become lines that are knocked out; others are
        not kept.

        Raises
        ------
        ProgramSyntaxError
            When the text is no program, or a comment that begins as an instruction
            does is none.
        """
        program = Program.from_text(text, _widest(self.space))
        read = _read_lines(text, program)
        free = max((line.id for line in self.all_lines()), default=-1) + 1
        lines: dict[str, tuple[Line, ...]] = {}
        for name in FUNCTIONS:
            lines[name], free = _aligned(self.lines[name], read[name], free)
        fitting = Space.fitting(**program.functions, label=self.space.label)
        sizes = {
            field: max(getattr(self.space, field), getattr(fitting, field))
            for field in ("scalars", "vectors", "matrices")
        }
        return Draft(lines, replace(self.space, **sizes))

    def _on(self, name: str) -> list[Line]:
        return [line for line in self.lines[name] if line.on]

    def _with(self, number: int, change: Callable[[Line], Line]) -> Draft:
        changed = change(self.line(number))
        return Draft(
            {
                name: tuple(changed if one.id == number else one for one in lines)
                for name, lines in self.lines.items()
            },
            self.space,
        )


def alternatives(op: Op) -> list[Op]:
    """Return the operations on the same kinds of addresses, itself included."""
    return [
        other
        for other in OPS
        if other.inputs == op.inputs and other.output is op.output
    ]


def _rebuilt(old: Instruction, op: Op, constants: tuple[float, ...]) -> Instruction:
    return Instruction(op, old.in1, old.in2, old.out, constants)


def _widest(space: Space) -> Space:
    scalars, vectors, matrices = (max(MAX_ADDRESSES, size) for size in space.sizes)
    return Space(
        scalars,
        vectors,
        matrices,
        setup_length=(0, MAX_LENGTH),
        predict_length=(0, MAX_LENGTH),
        learn_length=(0, MAX_LENGTH),
        label=space.label,
    )


def _read_lines(
    text: str, program: Program
) -> dict[str, list[tuple[Instruction, bool]]]:
    """Return each function's instructions, with those in comments as knocked out."""
    found: dict[str, list[tuple[Instruction, bool]]] = {n: [] for n in FUNCTIONS}
    remaining = {name: iter(one) for name, one in program.functions.items()}
    function = ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        header = _HEADER.match(line)
        comment = _COMMENT.match(line)
        words = [token.text for token in tokenize(line)]
        if header:
            function = header[1].lower()
        elif words and words != ["pass"]:
            found[function].append((next(remaining[function]), True))
        elif comment and function:
            try:
                # At its place, so that an error names it.
                alone = "\n" * (number - 1) + f"def {function.capitalize()}():\n"
                one = Program.from_text(
                    alone + line.replace("#", " ", 1), _widest(program.space)
                )
            except ProgramSyntaxError:
                # A remark, unless it begins as an instruction does.
                if _INSTRUCTION.match(comment[1]):
                    raise
                continue
            found[function] += [(each, False) for each in one.functions[function]]
    return found


def _aligned(
    old: tuple[Line, ...], new: list[tuple[Instruction, bool]], free: int
) -> tuple[tuple[Line, ...], int]:
    """Return new lines as continuations of the old ones; and the next free id."""
    matcher = SequenceMatcher(
        a=[str(line.instruction) for line in old],
        b=[str(instruction) for instruction, _ in new],
        autojunk=False,
    )
    lines: list[Line] = []
    for _, a, a_end, b, b_end in matcher.get_opcodes():
        for i, (instruction, on) in enumerate(new[b:b_end]):
            if a + i < a_end:
                lines.append(replace(old[a + i], instruction=instruction, on=on))
            else:
                lines.append(Line(free, instruction, on))
                free += 1
    return tuple(lines), free


class History:
    """Drafts that can be gone back to.

    Parameters
    ----------
    first
        The draft without edits.
    """

    def __init__(self, first: Draft) -> None:
        self._drafts = [first]
        self._at = 0
        self._gesture: Any = None

    @property
    def draft(self) -> Draft:
        """The present draft."""
        return self._drafts[self._at]

    @property
    def first(self) -> Draft:
        """The draft without edits."""
        return self._drafts[0]

    @property
    def undoable(self) -> int:
        """How many edits can be undone."""
        return self._at

    @property
    def redoable(self) -> int:
        """How many edits can be done again."""
        return len(self._drafts) - 1 - self._at

    def put(self, draft: Draft, gesture: Any = None) -> bool:
        """Make an edit; edits of one gesture are one. False if it changes nothing."""
        if draft == self.draft:
            return False
        del self._drafts[self._at + 1 :]
        if gesture is not None and gesture == self._gesture and self._at > 0:
            self._drafts[self._at] = draft
        else:
            self._drafts.append(draft)
            # The first stays: it is what all are compared with.
            del self._drafts[1 : max(1, len(self._drafts) - HISTORY_KEPT)]
            self._at = len(self._drafts) - 1
        self._gesture = gesture
        return True

    def go(self, count: int) -> bool:
        """Undo (negative) or redo so many edits; False at the ends."""
        to = max(0, min(self._at + count, len(self._drafts) - 1))
        moved, self._at, self._gesture = to != self._at, to, None
        return moved
