"""What a panel reads from one search: bests, hall of fame, discoveries."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.runs.status import ENDED
from workbench.widgets.concepts import metric_of
from workbench.widgets.discoveries import Discoveries, discoveries_part
from workbench.widgets.hall_of_fame import HallOfFame, hall_part
from workbench.widgets.search_shown import Pick, ShownProgram, Told

if TYPE_CHECKING:
    from workbench.evolution import Ancestor, Search, SearchSpec
    from workbench.programs import Program
    from workbench.runs import Event
    from workbench.tasks import TaskSet
    from workbench.widgets.discoveries import Discovery
    from workbench.widgets.hall_of_fame import Fame

MARKS_KEPT = 500
OFFERED = 64
"""Programs that a search at rest is asked for."""
# How long programs are read at a time: beside a search that runs, for somebody who
# looks at one that rests, and for nobody, when the state is about to be saved.
LIVE_SECONDS, LIVE_INTERVAL = 0.015, 0.2
REST_SECONDS = 0.04
UNSEEN_SECONDS = 1.0


class SearchReader:
    """Reads the events of a search, and its memory when it rests.

    Programs are compared in the calling thread, for a short time at each `read`.
    """

    def __init__(self, search: Search) -> None:
        spec = search.spec
        self.search = search
        self.shown = ShownProgram(search)
        self._hall = HallOfFame(ties_are_one=_fitness_is_real(spec))
        self._discoveries = Discoveries(
            spec.space, spec.populations, lambda: self.tasks().metric
        )
        self._marks: list[int] = []
        self._bests = 0
        self._offered = -1
        self._rests = False
        self._unasked: list[int] = []
        self._members: list[Ancestor] = []
        self._worked = -float("inf")
        self._waiting = False
        self._rows: list[Fame] = []
        self._found: list[Discovery] = []

    @cached_property
    def _tasks(self) -> TaskSet:
        spec = self.search.spec.task_spec("tasks")
        if spec is None:
            raise ValueError("the search has no tasks")
        return spec.make()

    def tasks(self) -> TaskSet:
        """Return the search tasks, drawn at the first call."""
        return self._tasks

    @property
    def rows(self) -> list[Fame]:
        """The hall of fame as far as it was read."""
        return self._rows

    @property
    def found(self) -> list[Discovery]:
        """The discoveries as far as they were read."""
        return self._found

    @property
    def concept(self) -> str:
        """What the discovery that is shown brought; empty for other programs."""
        pick = self.shown.pick
        if pick is None or pick.kind != "discovery":
            return ""
        found = [one for one in self._found if str(one.number) == pick.key]
        return next((name for one in found for name in one.concepts), "")

    def read(self, status: str, watched: bool) -> bool:
        """Take what is new; tell whether to call again soon."""
        events = self.search.runner.events
        new = self._discoveries.follow(events)
        for number, event in enumerate(new, start=len(events) - len(new)):
            if event.kind == "best":
                self._take(number, event)
        self._hall.offer_events(new, self.search.spec.space)
        resting = status == "paused" or (status in ENDED and status != "failed")
        position = self.search.runner.snapshot.position
        if resting and self._offered != position:
            self._offered = position
            self._unasked = list(range(self.search.spec.populations))
            self._members = []
            self._waiting = True
        came_to_rest, self._rests = resting and not self._rests, resting
        if watched and came_to_rest:
            return True  # the page is told first that it rests
        while resting and self._unasked:
            self._ask_one()
            if watched:
                return True
        now = time.monotonic()
        if not resting and now < self._worked + LIVE_INTERVAL:
            return self._waiting
        seconds = LIVE_SECONDS
        if resting:
            seconds = REST_SECONDS if watched else UNSEEN_SECONDS
        self._work(seconds)
        self._worked = time.monotonic()
        return self._waiting and resting

    def _ask_one(self) -> None:
        """Ask a population for its fittest; after the last, offer those of all.

        One at a time: each takes some 50 ms, and clicks wait meanwhile.
        """
        self._members += self.search.hall_of_fame(OFFERED, self._unasked.pop(0))
        if not self._unasked:
            self._members.sort(key=lambda one: (-one.fitness, one.individuals))
            self._hall.offer(self._members[:OFFERED])
            self._members = []

    def program(self, number: int) -> Program:
        """Return the program of an event."""
        return self._discoveries.program(number)

    def read_all(self, naming: bool = False) -> None:
        """Read everything that there is; `naming`: the concepts too."""
        while self._unasked:
            self._ask_one()
        self._work(float("inf"), naming)

    def _work(self, seconds: float, naming: bool = True) -> None:
        end = time.perf_counter() + seconds
        more = self._discoveries.work(seconds, naming)
        left = max(0.0, end - time.perf_counter())
        self._waiting = self._hall.work(left) or more or bool(self._unasked)
        pick = self.shown.pick
        self._rows = self._hall.chosen(
            also=pick.key if pick is not None and pick.kind == "hall" else ""
        )
        self._found = self._discoveries.chosen()

    def _take(self, number: int, event: Event) -> None:
        self.shown.follow(event)
        self._bests += 1
        self._marks.append(self._discoveries.place(number))
        if len(self._marks) > MARKS_KEPT:
            self._marks = self._marks[::2]

    # --- what the reader of the panel picks

    def pick(self, kind: str, key: str) -> None:
        """Show a row of the hall of fame or a discovery; anything else: the best.

        Raises
        ------
        ValueError
            If there is no such program.
        """
        if kind == "hall":
            self.shown.pick = self._hall_pick(key)
        elif kind == "discovery":
            self.shown.pick = self._discovery_pick(key)
        else:
            self.shown.pick = None

    def _hall_pick(self, form: str) -> Pick:
        found = next((one for one in self._rows if one.form == form), None)
        if found is None:
            raise ValueError("this program is no longer in the hall of fame")
        top = self._rows[0]
        return Pick(
            "hall",
            form,
            _told(found),
            None if found.form == top.form else _told(top),
        )

    def _discovery_pick(self, key: str) -> Pick:
        number = int(key)
        if self._discoveries.get(number) is None:
            raise ValueError(f"event {key} is no discovery of this run")
        before = self._discoveries.before(number)
        events = self._discoveries
        return Pick(
            "discovery",
            key,
            self.shown.tell(events.event(number)),
            None if before is None else self.shown.tell(events.event(before)),
        )

    # --- as JSON values

    def marks_part(self) -> dict[str, Any]:
        """Return where new bests were found, in individuals of all populations."""
        return {"individuals": list(self._marks)}

    def hall_part(self) -> dict[str, Any]:
        """Return the hall of fame."""
        return hall_part(self._rows, self._waiting)

    def timeline_part(self) -> dict[str, Any]:
        """Return the discoveries."""
        return discoveries_part(self._found, self._bests, self._waiting)


def _told(fame: Fame) -> Told:
    return Told(
        fame.program, fame.fitness, fame.individuals, fame.mutation.replace("_", " ")
    )


def _fitness_is_real(spec: SearchSpec) -> bool:
    """Tell whether fitness comes from the errors, and not from counting mistakes."""
    tasks = spec.task_spec("tasks")
    # A run may be looked at where its images are not.
    with suppress(OSError):
        return tasks is not None and metric_of(tasks) == "rmse"
    return False
