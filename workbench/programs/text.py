"""The field's text form of programs: printer and parser.

One instruction a line under ``def Setup():``, ``def Predict():``, ``def Learn():``.
Indentation, blank lines and ``#`` comments do not count; the functions may come in
any order and be absent. The spellings stand in the op table.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from workbench.programs.hints import closest, forms, syntax_error
from workbench.programs.instruction import MAX_ADDRESS, Instruction, single
from workbench.programs.ops import FUNCTIONS, OPS, ConstantKind
from workbench.programs.space import MAX_LENGTH, Space
from workbench.programs.syntax import (
    Pattern,
    ProgramSyntaxError,
    Token,
    end_of,
    find,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProgramSyntaxError", "parse", "print_functions"]

_TITLES = {name.capitalize(): name for name in FUNCTIONS}
_HEADERS = ", ".join(f"`def {title}():`" for title in _TITLES)
_ANY_LENGTH = (0, MAX_LENGTH)
# What a text without a space is held against: read-only addresses, and sizes that
# arrays can hold.
_WIDEST = Space(
    MAX_ADDRESS + 1,
    MAX_ADDRESS + 1,
    MAX_ADDRESS + 1,
    setup_length=_ANY_LENGTH,
    predict_length=_ANY_LENGTH,
    learn_length=_ANY_LENGTH,
)


def print_functions(functions: Mapping[str, tuple[Instruction, ...]]) -> str:
    """Return the functions as text, one instruction a line, two spaces in."""
    lines: list[str] = []
    for name, instructions in functions.items():
        lines.append(f"def {name.capitalize()}():")
        lines.extend(f"  {instruction}" for instruction in instructions)
    return "\n".join(lines)


def parse(text: str, space: Space | None = None) -> dict[str, tuple[Instruction, ...]]:
    """Read a program text into the instructions of each function.

    Parameters
    ----------
    text
        As :func:`print_functions` gives it, or written by hand.
    space
        Where the program must lie; None only refuses to write s0 and v0.

    Raises
    ------
    ProgramSyntaxError
        For anything that is wrong with the text, and nothing else.
    """
    if not isinstance(text, str):
        token = Token("mark", repr(text), 1, 1)
        raise ProgramSyntaxError(token.text, token, "a text")
    return _Reader(space or _WIDEST).read(re.split(r"\r\n|\r|\n", text))


class _Reader:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.functions: dict[str, list[Instruction]] = {}
        self.headers: dict[str, tuple[str, Token]] = {}
        self.current: str | None = None

    def read(self, lines: list[str]) -> dict[str, tuple[Instruction, ...]]:
        for number, line in enumerate(lines, start=1):
            tokens = tokenize(line, number)
            if not tokens:
                continue
            if tokens[0].text == "def":
                self._header(line, tokens)
            elif self.current is None:
                raise self._misplaced(line, tokens)
            elif [token.text for token in tokens] != ["pass"]:
                self._instruction(line, tokens, self.current)
        for name in FUNCTIONS:
            self._check_enough(name, lines[-1], len(lines))
        return {name: tuple(self.functions.get(name, ())) for name in FUNCTIONS}

    def _misplaced(self, line: str, tokens: list[Token]) -> ProgramSyntaxError:
        first = tokens[0]
        near = closest(first.text, ["def"]) if first.type == "word" else []
        return ProgramSyntaxError(
            line,
            first,
            f"one of {_HEADERS} before the first instruction",
            suggestion=near[0] if near else None,
        )

    def _header(self, line: str, tokens: list[Token]) -> None:
        end = end_of(tokens)
        title, *rest = [*tokens[1:], end]
        if title.text not in _TITLES:
            near = closest(title.text, _TITLES) if title.type != "end" else []
            raise ProgramSyntaxError(
                line,
                title,
                ", ".join(f"`{name}`" for name in _TITLES),
                suggestion=near[0] if near else None,
            )
        wanted = ("(", ")", ":", "")
        for token, text in zip(rest, wanted, strict=False):
            if token.text != text:
                accepted = f"`{text}`" if text else "the end of the line"
                raise ProgramSyntaxError(line, token, accepted)
        name = _TITLES[title.text]
        if name in self.headers:
            others = [other for other in _TITLES if _TITLES[other] not in self.headers]
            raise ProgramSyntaxError(
                line,
                title,
                ", ".join(f"`{other}`" for other in others) or "no further function",
                what=f"a second {title.described}",
            )
        self.headers[name] = line, title
        self.functions[name] = []
        self.current = name

    def _instruction(self, line: str, tokens: list[Token], function: str) -> None:
        pattern = find(tokens)
        if pattern is None:
            raise syntax_error(line, tokens, self.space)
        token_of = {
            slot.place: token for slot, token in zip(pattern.slots, tokens, strict=True)
        }
        self._check_place(line, tokens, pattern, function)
        constants = tuple(
            _constant(line, token_of[f"c{index}"], kind)
            for index, kind in enumerate(pattern.op.constants)
        )
        addresses = {
            place: token_of[place].address[1]
            for place in ("in1", "in2", "out")
            if place in token_of
        }
        instructions = self.functions[function]
        most = self.space.length(function)[1]
        if len(instructions) == most:
            raise ProgramSyntaxError(
                line,
                tokens[0],
                f"at most {most} in this space",
                what=f"instruction {most + 1} of {function.capitalize()}",
            )
        instructions.append(Instruction(pattern.op, **addresses, constants=constants))

    def _check_place(
        self, line: str, tokens: list[Token], pattern: Pattern, function: str
    ) -> None:
        places = [slot.place for slot in pattern.slots]
        given = {
            place: token.address[1]
            for place, token in zip(places, tokens, strict=True)
            if place in ("in1", "in2", "out")
        }
        problem = self.space.problem(function, pattern.op, **given)
        if problem is None:
            return
        if problem.field == "op":
            texts = [token.text for token in tokens]
            named = pattern.keyword in texts and bool(pattern.keyword)
            allowed = [OPS[number] for number in self.space.ops(function)]
            raise ProgramSyntaxError(
                line,
                tokens[texts.index(pattern.keyword) if named else 0],
                f"in {function.capitalize()} of this space: "
                f"{forms(allowed) or '`NoOp()`'}",
                what=f"`{pattern.op.form}`",
            )
        token = tokens[places.index(problem.field)]
        kind, number = token.address
        low = self.space.first_writable(kind) if problem.field == "out" else 0
        last = self.space.size(kind) - 1
        near = f"{kind.value}{min(max(number, low), last)}" if last >= low else None
        is_read_only = problem.field == "out" and number < low
        raise ProgramSyntaxError(
            line,
            token,
            problem.accepted,
            what=f"{token.described}, which is read-only" if is_read_only else "",
            suggestion=near,
        )

    def _check_enough(self, name: str, last_line: str, count: int) -> None:
        least = self.space.length(name)[0]
        length = len(self.functions.get(name, ()))
        if length < least:
            end = Token("end", "", count, len(last_line) + 1)
            line, token = self.headers.get(name, (last_line, end))
            raise ProgramSyntaxError(
                line,
                token,
                f"at least {least} in this space",
                what=f"{length} instructions in {name.capitalize()}",
            )


def _constant(line: str, token: Token, kind: ConstantKind) -> float:
    value = token.number
    stored = single(value) if kind.is_single else value
    if kind is ConstantKind.INDEX and not 0.0 <= stored < 1.0:
        raise ProgramSyntaxError(
            line, token, "a fraction from 0 to below 1; index = int(F * fraction)"
        )
    if math.isinf(stored) and not token.text.endswith("inf"):
        bits = 32 if kind.is_single else 64
        raise ProgramSyntaxError(line, token, f"a {bits}-bit number, or inf")
    return stored
