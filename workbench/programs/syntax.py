"""Tokens of the program text, the op table's spellings as patterns, the error."""

from __future__ import annotations

import re
from typing import NamedTuple

from workbench.programs.ops import OPS, Kind, Op


class ProgramSyntaxError(ValueError):
    """A program text cannot be read, or it lies outside its space.

    Attributes
    ----------
    line, column
        Where, counted from 1.
    found
        What stands there.
    accepted
        What could stand there.
    suggestion
        The nearest legal spelling, to put in place of ``found``, or in place of the
        whole instruction where more than one word is wrong; None if nothing is near.
    """

    def __init__(
        self,
        source: str,
        token: Token,
        accepted: str,
        *,
        what: str = "",
        suggestion: str | None = None,
        corrected: str | None = None,
    ) -> None:
        self.line = token.line
        self.column = token.column
        self.found = token.text
        self.accepted = accepted
        self.suggestion = suggestion
        message = f"line {self.line}, column {self.column}: found "
        message += f"{what or token.described}; accepted: {accepted}"
        if suggestion is not None:
            message += f"; did you mean `{suggestion}`?"
        message += _excerpt(source, token)
        if corrected is not None:
            message += f"\n  {corrected}"
        super().__init__(message)


class Token(NamedTuple):
    """A piece of a line: an ``address``, ``number``, ``word``, ``mark`` or ``end``."""

    type: str
    text: str
    line: int
    column: int

    @property
    def described(self) -> str:
        """Return the token as a person would name it."""
        if self.type == "end":
            return "the end of the line"
        text = self.text if len(self.text) <= 40 else f"{self.text[:40]}..."
        return f"`{text}`" if text.isprintable() else repr(text)

    @property
    def address(self) -> tuple[Kind, int]:
        """Return kind and number of an address token."""
        # int() refuses thousands of digits; so many are out of any space anyway.
        return Kind(self.text[0]), int(self.text[1:8])

    @property
    def number(self) -> float:
        """Return the value of a number token."""
        return float("".join(self.text.split()))


def _excerpt(source: str, token: Token) -> str:
    """Return the line, or the part around the token, with a caret below it."""
    start = max(0, token.column - 61)
    shown = "".join(
        letter
        if letter.isprintable() or letter == "\t"
        else "\N{REPLACEMENT CHARACTER}"
        for letter in source[start : start + 120]
    )
    before = shown[: token.column - 1 - start]
    indent = "".join("\t" if letter == "\t" else " " for letter in before)
    tail = "~" * (min(len(token.text), 120 - len(before)) - 1)
    return f"\n  {shown}\n  {indent}^{tail}"


class Slot(NamedTuple):
    """A place of a pattern: ``out``, ``in1``, ``in2``, ``c0`` ..., or ``literal``."""

    place: str
    token: Token

    @property
    def described(self) -> str:
        """Say what this place accepts."""
        if self.place == "literal":
            return f"`{self.token.text}`"
        return "a number" if self.place.startswith("c") else "an address"

    def accepts(self, token: Token) -> bool:
        """Tell whether the token may stand here, whatever the kind of its address."""
        if self.place == "literal":
            if self.token.type == token.type == "number":
                return self.token.number == token.number
            return self.token.text == token.text
        return token.type == ("number" if self.place.startswith("c") else "address")


class Pattern(NamedTuple):
    """How one op is spelt."""

    op: Op
    slots: tuple[Slot, ...]

    @property
    def keyword(self) -> str:
        """Return the word or operator that names the op, or an empty string."""
        names = [s.token.text for s in self.slots if s.place == "literal"]
        return next((name for name in names if name not in "=[1"), "")

    def kind(self, place: str) -> Kind | None:
        """Return the kind of address that an ``out``, ``in1`` or ``in2`` takes."""
        if place == "out":
            return self.op.output
        return self.op.inputs[0 if place == "in1" else 1]

    def matches(self, tokens: list[Token]) -> bool:
        """Tell whether the line has this form, whatever the kinds of its addresses."""
        return len(tokens) == len(self.slots) and all(
            slot.accepts(token) for slot, token in zip(self.slots, tokens, strict=True)
        )


_TOKEN = re.compile(
    r"""(?P<space>\s+|\#.*)
    | (?P<place>\{\w+\})
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[^\W0-9]\w*)
    | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_ADDRESS = re.compile(r"[svm][0-9]+")
# A sign belongs to the number after it where no operand stands before.
_BEFORE_OPERAND = ("=", "(", "[", ",")


def tokenize(line: str, number: int = 1) -> list[Token]:
    """Split a line into tokens; never fails, since odd characters are marks."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(line):
        type_, text, start = str(match.lastgroup), match.group(), match.start()
        if type_ == "space":
            continue
        if type_ == "word" and text in ("inf", "nan"):
            type_ = "number"
        elif type_ == "word" and _ADDRESS.fullmatch(text):
            type_ = "address"
        if type_ == "number" and _ends_in_sign(tokens):
            start = tokens.pop().column - 1
            text = line[start : match.end()]
        tokens.append(Token(type_, text, number, start + 1))
    return tokens


def end_of(tokens: list[Token]) -> Token:
    """Return the token for what comes after the last one: the end of the line."""
    last = tokens[-1]
    return Token("end", "", last.line, last.column + len(last.text))


def _ends_in_sign(tokens: list[Token]) -> bool:
    texts = [token.text for token in tokens[-2:]]
    return len(texts) == 2 and texts[0] in _BEFORE_OPERAND and texts[1] in ("+", "-")


def _pattern(op: Op) -> Pattern:
    slots = []
    for token in tokenize(op.text):
        is_place = token.type == "place"
        slots.append(Slot(token.text[1:-1] if is_place else "literal", token))
    return Pattern(op, tuple(slots))


PATTERNS: tuple[Pattern, ...] = tuple(_pattern(op) for op in OPS)
"""The spelling of each op, from the op table's templates."""


def _token_shape(token: Token) -> str:
    if token.type == "address":
        return f"{token.text[0]}@"
    return "#" if token.type == "number" else token.text


def _pattern_shape(pattern: Pattern) -> str:
    pieces = []
    for slot in pattern.slots:
        if slot.place == "literal":
            pieces.append(_token_shape(slot.token))
        elif slot.place.startswith("c"):
            pieces.append("#")
        else:
            kind = pattern.kind(slot.place)
            pieces.append(f"{kind.value if kind else ''}@")
    return " ".join(pieces)


_BY_SHAPE: dict[str, list[Pattern]] = {}
for _each in PATTERNS:
    _BY_SHAPE.setdefault(_pattern_shape(_each), []).append(_each)


def find(tokens: list[Token]) -> Pattern | None:
    """Return the op's pattern that the line fits, kinds included; None if none."""
    for pattern in _BY_SHAPE.get(" ".join(map(_token_shape, tokens)), ()):
        if pattern.matches(tokens):
            return pattern
    return None
