"""What to tell a person whose line is not an instruction."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from workbench.programs.syntax import (
    PATTERNS,
    Pattern,
    ProgramSyntaxError,
    Token,
    end_of,
    find,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.programs.ops import Op
    from workbench.programs.space import Space

_STATEMENTS = ("NoOp()", "def", "pass")
# Words of other dialects, by what they mean here.
_ALIASES = {
    "min": "minimum",
    "max": "maximum",
    "step": "heaviside",
    "heavyside": "heaviside",
    "normal": "gaussian",
    "randn": "gaussian",
    "rand": "uniform",
    "random": "uniform",
    "broadcast": "bcast",
    "ln": "log",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "average": "mean",
    "stdev": "std",
    "matvec": "dot",
    "inner": "dot",
    "nop": "NoOp",
    "no_op": "NoOp",
}


def closest(word: str, choices: Iterable[str]) -> list[str]:
    """Return the choices nearest to the word in spelling, best first."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), list(by_lower), n=4, cutoff=0.6)
    alias = _ALIASES.get(word.lower())
    if alias is not None and alias.lower() in by_lower:
        near.insert(0, alias.lower())
    return [by_lower[name] for name in near]


def forms(ops: Iterable[Op], most: int = 12) -> str:
    """Return the forms of ops for a message: ``s = dot(v, v)``, ..."""
    shown = [f"`{op.form}`" for op in ops]
    rest = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + rest


def syntax_error(line: str, tokens: list[Token], space: Space) -> ProgramSyntaxError:
    """Return the error for a line whose tokens fit no op."""
    alike = [pattern for pattern in PATTERNS if pattern.matches(tokens)]
    if alike:
        return _wrong_kind(line, tokens, alike, space)
    return _wrong_form(line, tokens)


def _wrong_kind(
    line: str, tokens: list[Token], alike: list[Pattern], space: Space
) -> ProgramSyntaxError:
    def wrong(pattern: Pattern) -> list[int]:
        return [
            index
            for index, slot in enumerate(pattern.slots)
            if slot.place in ("out", "in1", "in2")
            and tokens[index].address[0] is not pattern.kind(slot.place)
        ]

    def distance(pattern: Pattern) -> tuple[int, int]:
        places = wrong(pattern)
        return len(places), sum(1 for index in places if index > 0)

    # The op that asks for the fewest changes; of those, one whose inputs fit.
    nearest = min(alike, key=distance)
    index = wrong(nearest)[0]
    place, token = nearest.slots[index].place, tokens[index]
    kind = nearest.kind(place)
    family = [p.op for p in PATTERNS if p.keyword == nearest.keyword]
    suggestion = None
    if kind is not None:
        low = space.first_writable(kind) if place == "out" else 0
        if space.size(kind) > low:
            number = min(max(token.address[1], low), space.size(kind) - 1)
            suggestion = f"{kind.value}{number}"
    corrected = _corrected(line, token, suggestion)
    if corrected is None:
        suggestion = _respelt(tokens)
    return ProgramSyntaxError(
        line,
        token,
        f"a {kind.noun if kind else 'number'}, as in {forms(family)}",
        what=f"the {token.address[0].noun} {token.described}",
        suggestion=suggestion,
        corrected=corrected,
    )


def _wrong_form(line: str, tokens: list[Token]) -> ProgramSyntaxError:
    end = end_of(tokens)
    reached: dict[int, list[str]] = {}
    for pattern in PATTERNS:
        position = 0
        while position < min(len(pattern.slots), len(tokens)) and pattern.slots[
            position
        ].accepts(tokens[position]):
            position += 1
        described = (
            pattern.slots[position].described
            if position < len(pattern.slots)
            else "the end of the line"
        )
        reached.setdefault(position, []).append(described)
    position = max(reached)
    token = tokens[position] if position < len(tokens) else end
    accepted = sorted(set(reached[position]), key=_reading_order)
    if "a number" in accepted:  # then the 1 of a reciprocal says nothing more
        accepted = [text for text in accepted if text != "`1`"]
    words = [text.strip("`") for text in accepted if text[1:2].isalpha()]
    if position == 0:
        accepted = ["an address such as `s2`", *(f"`{text}`" for text in _STATEMENTS)]
        words = ["NoOp", "def", "pass"]
    suggestion = _nearest(line, token, words, any("address" in a for a in accepted))
    corrected = _corrected(line, token, suggestion)
    if corrected is None and position > 0:
        suggestion = _respelt(tokens) or suggestion
    return ProgramSyntaxError(
        line,
        token,
        ", ".join(accepted),
        suggestion=suggestion,
        corrected=corrected,
    )


def _reading_order(described: str) -> tuple[bool, str]:
    return described.startswith("`"), described


def _nearest(line: str, token: Token, words: list[str], address: bool) -> str | None:
    if token.type not in ("word", "address"):
        return None
    lower = token.text.lower()
    if address and tokenize(lower)[0].type == "address" and lower != token.text:
        return lower
    near = closest(token.text, words)
    fitting = [word for word in near if _corrected(line, token, word) is not None]
    return next(iter([*fitting, *near]), None)


def _corrected(line: str, token: Token, suggestion: str | None) -> str | None:
    """Return the line with the suggestion in place, if that makes it right."""
    if suggestion is None:
        return None
    start = token.column - 1
    corrected = line[:start] + suggestion + line[start + len(token.text) :]
    return corrected if find(tokenize(corrected)) is not None else None


def _respelt(tokens: list[Token]) -> str | None:
    """Return an instruction of the op that the line names, with the line's operands."""
    texts = [token.text for token in tokens if token.type in ("word", "mark")]
    words = {p.keyword for p in PATTERNS if p.keyword.isalpha()}
    named = [near for text in texts if text.isalpha() for near in closest(text, words)]
    addresses = [token for token in tokens if token.type == "address"]
    numbers = [token.text for token in tokens if token.type == "number"]
    for name in [*named, *(text for text in texts if text in "+-*/")]:
        for pattern in PATTERNS:
            places = [
                s.place for s in pattern.slots if s.place in ("out", "in1", "in2")
            ]
            given = [token.address[0] for token in addresses]
            if pattern.keyword != name or given != [pattern.kind(p) for p in places]:
                continue
            fill = {p: t.text for p, t in zip(places, addresses, strict=True)}
            fill |= {f"c{index}": text for index, text in enumerate(numbers)}
            if len(numbers) >= len(pattern.op.constants):
                return pattern.op.text.format_map(fill)
    return None
