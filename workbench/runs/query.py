"""Find runs by what is typed: words, and `tag:`, `status:`, `seed:` and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.records import RunRecord

_PART = re.compile(r'(-?)(?:([A-Za-z_]+):)?(?:"([^"]*)"?|(\S+))?')

# What each field of a run says; a part of the text suffices, except for numbers.
_FIELDS: dict[str, Callable[[RunRecord], tuple[str, ...]]] = {
    "name": lambda run: (run.name,),
    "tag": lambda run: run.tags,
    "status": lambda run: (run.status,),
    "seed": lambda run: () if run.seed is None else (str(run.seed),),
    "id": lambda run: (run.id,),
    "kind": lambda run: (run.kind,),
    "version": lambda run: tuple(run.versions.values()),
}
_PLAIN = ("name", "tag", "status", "seed", "id")
_WHOLE = {"seed"}


@dataclass(frozen=True, slots=True)
class _Term:
    fields: tuple[str, ...]
    text: str
    without: bool

    def matches(self, run: RunRecord) -> bool:
        found = any(
            self.text == value.casefold()
            if field in _WHOLE
            else self.text in value.casefold()
            for field in self.fields
            for value in _FIELDS[field](run)
        )
        return found != self.without


class RunQuery:
    """A filter of runs; nothing that can be typed is an error.

    All parts must hold. A word is looked for in name, tags, status, seed and id.
    `tag:x`, `status:x`, `name:x`, `seed:7`, `id:x`, `kind:x` and `version:x` look in
    one place, quotes hold words together, and a dash in front excludes.

    Parameters
    ----------
    text
        What was typed.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.hint = ""
        """What could not be understood, and how it was taken; empty if nothing."""
        self._terms = [t for match in _PART.finditer(text) if (t := self._term(match))]

    def __repr__(self) -> str:
        return f"RunQuery({self.text!r})"

    def matches(self, run: RunRecord) -> bool:
        """Tell whether a run is one of those asked for."""
        return all(term.matches(run) for term in self._terms)

    def _term(self, match: re.Match[str]) -> _Term | None:
        dash, field, quoted, word = match.groups()
        value = (quoted if quoted is not None else word) or ""
        if field is not None and field.casefold() not in _FIELDS:
            self.hint = (
                f"There is no field {field!r}: {match[0]!r} is looked for as a word. "
                f"Fields: {', '.join(_FIELDS)}."
            )
            return _Term(_PLAIN, match[0].removeprefix("-").casefold(), bool(dash))
        if not value:
            if field is not None:
                self.hint = f"{field}: waits for a value, such as {_example(field)}."
            return None
        fields = (field.casefold(),) if field is not None else _PLAIN
        return _Term(fields, value.casefold(), bool(dash))


def _example(field: str) -> str:
    values = {"status": "finished", "seed": "7", "tag": "baseline"}
    return f"{field}:{values.get(field.casefold(), 'demo')}"
