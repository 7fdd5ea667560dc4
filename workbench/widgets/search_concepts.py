"""The concepts of the program that a search panel shows, and what they are worth."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from workbench.widgets.concepts import LIVE_SECONDS, ConceptNames, concept_items

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from workbench.programs import Program
    from workbench.widgets.search_reader import SearchReader

Effects = dict[str, dict[str, Any]]


class SearchConcepts:
    """Follows the program shown; keeps what ablations of programs told.

    Parameters
    ----------
    lock
        Held while `report` is called.
    report
        Called when `part` has changed.
    """

    def __init__(self, lock: threading.RLock, report: Callable[[], None]) -> None:
        self._report = report
        self._names = ConceptNames(lock, self._take)
        self._asked: int | None = None
        self._last = -float("inf")
        self._named: dict[str, Any] = {}
        self._program: Program | None = None
        self._effects: dict[Program, Effects] = {}
        self._ablated: Program | None = None
        self._finds: dict[int, Program] = {}

    def follow(self, reader: SearchReader, eager: bool) -> None:
        """Name the concepts of the program shown; not `eager`: now and then."""
        now, version = reader.shown.now, reader.shown.version
        if now is None or version == self._asked:
            return
        if not eager and time.monotonic() < self._last + LIVE_SECONDS:
            return
        self._asked, self._program = version, now.program
        self._last = time.monotonic()
        program = now.program
        # The metric is asked for in the thread: tasks may have to be drawn first.
        self._names.ask(lambda: concept_items(program, reader.tasks().metric), version)

    def learn(self, program: Program, effects: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what an ablation told of a program: by concept, the effect."""
        if effects:
            self._effects[program] = {name: {**one} for name, one in effects.items()}
            self._ablated = program

    def timeline(self, reader: SearchReader) -> dict[str, Any]:
        """Return the discoveries, each with what its new concepts are worth.

        That is what the program loses without them, or if it was not ablated itself,
        what the program does that was ablated last.
        """
        part = reader.timeline_part()
        if self._ablated is None:
            return part
        for item in part["items"]:
            number = item["number"]
            if number not in self._finds:
                self._finds[number] = reader.program(number)
            own = self._effects.get(self._finds[number])
            known = own or self._effects[self._ablated]
            item["effects"] = [
                {"name": name, "own": own is not None, **known[name]}
                for name in item["concepts"]
                if name in known
            ]
        return part

    def part(self) -> dict[str, Any]:
        """Return the concepts as JSON values, with the effects that are known."""
        if self._program is None or not self._named.get("items"):
            return self._named
        known = self._effects.get(self._program, {})
        items = [
            {**item, "effect": known[item["name"]]} if item["name"] in known else item
            for item in self._named["items"]
        ]
        return {**self._named, "items": items}

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being named; tell whether that came to pass."""
        return self._names.wait(seconds)

    def close(self) -> None:
        """Name nothing more."""
        self._names.forget()

    def _take(self, part: dict[str, Any]) -> None:
        self._named = part
        self._report()
