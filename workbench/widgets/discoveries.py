"""Which new bests of a search changed most in what the program computes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.insight import diff
from workbench.insight.convergence import CERTAIN
from workbench.programs import Program
from workbench.programs.export import explain
from workbench.widgets.concepts import concepts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.insight import DiffRow, ProgramDiff
    from workbench.insight.probe import Metric
    from workbench.programs import Space
    from workbench.runs import Event

SHOWN = 8
"""Discoveries that the curve is marked with at most."""
NAMES = 3
"""Concepts that a label names."""
NAMING_SECONDS = 0.03
NAMED = 120
"""Of more new bests than this, the weightiest are searched for concepts."""
_SMALLEST_LOSS = 1e-12
_READING_ORDER = ("learn", "predict", "setup")
"""Where to look first for what a change comes to: what is learned, then how."""


def _regression() -> Metric:
    return "rmse"


class Discovery(NamedTuple):
    """A new best that changed what the program computes."""

    number: int
    """Of its event in the run."""
    individuals: int
    """Individuals of all populations when it was found."""
    before: float
    """The best fitness until then."""
    fitness: float
    mutation: str
    share: float
    """Share of the effective code that it changed."""
    code: str
    """The line that tells most of the change, with a sign before it."""
    words: str
    """What that line does."""
    more: int
    """Further effective lines that changed."""
    label: str = ""
    """The concepts that it has and the one before had not, see `insight.CATALOGUE`."""
    concepts: tuple[str, ...] = ()
    """Those that no new best of the run had before it."""

    @property
    def weight(self) -> float:
        """Return how much there is to tell: changed code times gained fitness."""
        gained = max(0.0, self.fitness - max(0.0, self.before))
        nines = _nines(self.fitness) - _nines(self.before)
        return self.share * (gained + max(0.0, nines) / 4)


class Discoveries:
    """Follows the new bests of a run and compares each with the one it came from.

    Parameters
    ----------
    space, populations
        Those of the search.
    metric
        Returns what its tasks ask for; asked once there is something to name.
    """

    def __init__(
        self, space: Space, populations: int, metric: Callable[[], Metric] = _regression
    ) -> None:
        self._metric = metric
        self._concepts: dict[int, list[str]] = {}
        self._labels: dict[int, str] = {}
        self._firsts: dict[int, tuple[str, ...]] = {}
        self._space = space
        self._populations = populations
        self._events: list[Event] = []
        self._read = 0
        self._best = -math.inf
        self._found: list[Discovery] = []

    def follow(self, events: list[Event]) -> list[Event]:
        """Take all events of the run so far; return those that are new."""
        new = events[len(self._events) :]
        self._events = events
        return new

    def work(self, seconds: float, naming: bool = True) -> bool:
        """Compare for so long, but at least one; tell whether something is left.

        Concepts are named only if there is time for them, beside no search that runs;
        not `naming`: not at all, since it takes some 0.1 s a program.
        """
        end = time.perf_counter() + seconds
        while self._read < len(self._events):
            number = self._read
            self._read += 1
            if self._events[number].kind == "best":
                self._compare(number)
            if time.perf_counter() >= end:
                break
        if self._read < len(self._events) or seconds < NAMING_SECONDS or not naming:
            return self._read < len(self._events)
        return self._find_firsts(end) or self._find_labels(end)

    def _find_firsts(self, end: float) -> bool:
        """See where each concept appears first; tell whether something is left."""
        weighty = sorted(self._found, key=lambda one: -one.weight)[:NAMED]
        seen: set[str] = set()
        for number in sorted(one.number for one in weighty):
            if number not in self._concepts and time.perf_counter() >= end:
                return True
            names = self._named(number)
            self._firsts[number] = tuple(name for name in names if name not in seen)
            seen.update(names)
        return False

    def _find_labels(self, end: float) -> bool:
        for number in [one.number for one in self.chosen()]:
            if number not in self._labels:
                if time.perf_counter() >= end:
                    return True
                self._labels[number] = self._label(number)
        return False

    def _label(self, number: int) -> str:
        """Return the names of the concepts that an event brought."""
        parent = self.before(number)
        known = [] if parent is None else self._named(parent)
        new = [name for name in self._named(number) if name not in known]
        more = f" and {len(new) - NAMES} more" if len(new) > NAMES else ""
        return ", ".join(new[:NAMES]).capitalize() + more

    def _named(self, number: int) -> list[str]:
        if number not in self._concepts:
            found = concepts_of(self.program(number), self._metric())
            self._concepts[number] = [
                one.concept.name for one in found if one.certainty >= CERTAIN
            ]
        return self._concepts[number]

    def program(self, number: int) -> Program:
        """Return the program of an event."""
        return Program.from_text(self._events[number].data["text"], self._space)

    def event(self, number: int) -> Event:
        """Return an event by its number."""
        return self._events[number]

    def before(self, number: int) -> int | None:
        """Return the number of the best that it came from, or of the one before."""
        data = self._events[number].data
        parent, previous = data.get("parent"), data.get("previous")
        found = previous if parent is None else parent
        return None if found is None else int(found)

    def place(self, number: int) -> int:
        """Return how many individuals all populations had made at an event."""
        event = self._events[number]
        made = int(event.data["individuals"]) * self._populations
        return min(made, event.position)

    def chosen(self, count: int = SHOWN) -> list[Discovery]:
        """Return the weightiest, in the order in which they were found.

        Where a concept appears for the first time weighs more than anything else.
        """
        named = [
            one._replace(
                label=self._labels.get(one.number, ""),
                concepts=self._firsts.get(one.number, ()),
            )
            for one in self._found
        ]
        weighty = sorted(named, key=lambda one: (not one.concepts, -one.weight))[:count]
        return sorted(weighty, key=lambda one: one.number)

    def get(self, number: int) -> Discovery | None:
        """Return the discovery of an event, if it is one."""
        return next((one for one in self._found if one.number == number), None)

    def _compare(self, number: int) -> None:
        data = self._events[number].data
        best, self._best = self._best, max(self._best, data["fitness"])
        parent = self.before(number)
        if parent is None:
            return  # the first program is where the search begins
        before, after = self.program(parent), self.program(number)
        changes = diff(before, after)
        if changes.verdict.kind != "changed":
            return
        code, words, more = tell(changes, self._space)
        self._found.append(
            Discovery(
                number=number,
                individuals=self.place(number),
                before=max(0.0, best),
                fitness=data["fitness"],
                mutation=(data.get("mutation") or "").replace("_", " "),
                share=changes.verdict.share,
                code=code,
                words=words,
                more=more,
            )
        )


def tell(changes: ProgramDiff, space: Space | None = None) -> tuple[str, str, int]:
    """Return the line that tells most of a change, its words, how many lines more.

    A line that is new to the effective code tells more than one that is another now,
    and that more than one that went; a constant tells less than what uses it.
    """
    rows = [
        (_weight(row), name, row)
        for name in _READING_ORDER
        for row in changes.effective[name]
    ]
    if not rows:
        return "", "", 0
    _, name, row = min(rows, key=lambda entry: entry[0])
    lives = row.right is not None and row.right_live
    line = row.right if lives or row.left is None else row.left
    if line is None:
        raise ValueError("a row of a diff has neither side")
    sign = "\N{MINUS SIGN}" if not lives else "~" if row.left_live else "+"
    where = f"{name.capitalize()}:" if lives else f"No longer in {name.capitalize()}:"
    return f"{sign} {line}", f"{where} {explain(line, space, name)}", len(rows) - 1


def _weight(row: DiffRow) -> tuple[int, bool]:
    """Return what orders rows, the telling ones first."""
    if row.rewired:
        return 3, False  # the same text, which reads something else
    if row.right is None or not row.right_live:
        return 2, False
    return (1 if row.left_live else 0), not row.right.inputs


def discoveries_part(
    found: Sequence[Discovery], bests: int, waiting: bool
) -> dict[str, Any]:
    """Return the discoveries as JSON values; `bests`: new bests in all."""
    items = [one._asdict() for one in found]
    return {"items": items, "bests": bests, "waiting": waiting}


def _nines(fitness: float) -> float:
    return -math.log10(max(_SMALLEST_LOSS, 1.0 - max(0.0, min(1.0, fitness))))
