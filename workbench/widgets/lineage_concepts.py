"""The concepts of a lineage's steps, and where each appears for the first time."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.widgets.concepts import (
    LIVE_SECONDS,
    ConceptNames,
    concept_items,
    metric_of,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSpec
    from workbench.widgets.lineage_story import Story

MOST = 200
"""Steps before one that are named to tell what is new in it; some 0.1 s each."""
_SHARED = ("math", "meaning", "helps", "source")


class LineageConcepts:
    """Names the step that is shown, then those before it, from the first on.

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
        self._named: dict[Program, list[dict[str, Any]]] = {}
        self._failed: set[Program] = set()
        self._asked: Program | None = None
        self._metric: Metric | None = None
        self._tasks: TaskSpec | None = None
        self._story: Story | None = None
        self._number, self._live = 0, False
        self._last = -float("inf")

    def tell(self, story: Story, tasks: TaskSpec) -> None:
        """Take another story; what was named of the same tasks stays known."""
        if tasks != self._tasks:
            self._tasks, self._metric = tasks, None
            self._named, self._failed = {}, set()
        self._story = story

    def follow(self, number: int, *, live: bool) -> None:
        """Name what is needed for a step; `live`: only that step, and now and then."""
        self._number, self._live = number, live
        if live and time.monotonic() < self._last + LIVE_SECONDS:
            return
        self._last = time.monotonic()
        self._ask([number] if live else self._wanted())

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being named; tell whether that came to pass."""
        return self._names.wait(seconds)

    def close(self) -> None:
        """Name nothing more."""
        self._names.forget()

    def first(self, number: int) -> list[str] | None:
        """Return the concepts that no step before this one has.

        None while those steps are not all named.
        """
        *before, last = self._path(number)
        if self._story is None or len(before) > MOST:
            return None
        named = [self._named.get(self._story.steps[n].program) for n in before]
        own = self._named.get(self._story.steps[last].program)
        if own is None or any(items is None for items in named):
            return None
        seen = {item["name"] for items in named for item in items or ()}
        return [item["name"] for item in own if item["name"] not in seen]

    def part(self) -> dict[str, Any]:
        """Return what is known as JSON values.

        What is the same for all steps stands once, in `concepts`.
        """
        concepts: dict[str, dict[str, Any]] = {}
        steps = {}
        for number, step in enumerate(self._story.steps if self._story else ()):
            items = self._named.get(step.program)
            if items is None:
                continue
            for item in items:
                concepts[item["name"]] = {key: item[key] for key in _SHARED}
            steps[str(number)] = {
                "items": [
                    {key: item[key] for key in item if key not in _SHARED}
                    for item in items
                ],
                "first": self.first(number),
            }
        return {"concepts": concepts, "steps": steps}

    def _path(self, number: int) -> list[int]:
        """Return the steps to one, it included, from the first on."""
        path: list[int] = []
        at: int | None = number
        while at is not None and self._story is not None:
            path.append(at)
            at = self._story.steps[at].previous
        return path[::-1]

    def _wanted(self) -> list[int]:
        path = self._path(self._number)
        return [self._number, *path] if len(path) <= MOST + 1 else [self._number]

    def _ask(self, numbers: list[int]) -> None:
        """Name the first of these steps that has no names yet."""
        tasks = self._tasks
        if self._story is None or tasks is None or self._asked is not None:
            return
        for number in numbers:
            if number >= len(self._story.steps):
                continue
            program = self._story.steps[number].program
            if program in self._named or program in self._failed:
                continue
            self._asked = program
            # The metric is asked for in the thread: a task has to be drawn first.
            self._names.ask(partial(self._name, program, tasks), number)
            return

    def _name(self, program: Program, tasks: TaskSpec) -> list[dict[str, Any]]:
        metric = self._metric or metric_of(tasks)
        self._metric = metric
        return concept_items(program, metric)

    def _take(self, part: dict[str, Any]) -> None:
        program, self._asked = self._asked, None
        if program is None:
            return
        if part["state"] == "done":
            self._named[program] = part["items"]
        else:
            self._failed.add(program)
        if not self._live:
            self._ask(self._wanted())
        if self._asked is None or self._shown() == program:
            self._report()

    def _shown(self) -> Program | None:
        if self._story is None or self._number >= len(self._story.steps):
            return None
        return self._story.steps[self._number].program
