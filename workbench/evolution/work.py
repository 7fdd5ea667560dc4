"""What the threads of a search do when: shown, and never part of a result."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 8192

Doing = Literal["evaluating", "waiting", "compiling"]


class Span(NamedTuple):
    """A time in which a thread did one thing."""

    thread: int
    doing: Doing
    #: "waiting": for the other threads, with no population left that may go on
    began: float  #: of `time.perf_counter`, in seconds
    ended: float
    population: int | None  #: the one that was evaluated


class Work:
    """The last spans of a search; any thread may add to them."""

    def __init__(self) -> None:
        # `append` and `tuple` are each one step for other threads.
        self._spans: deque[Span] = deque(maxlen=_KEPT)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The last spans, in the order in which they ended."""
        return tuple(self._spans)

    @contextmanager
    def span(
        self, thread: int, doing: Doing, population: int | None = None
    ) -> Iterator[None]:
        """Keep the time that a block takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(thread, doing, began, time.perf_counter(), population)

    def add(
        self,
        thread: int,
        doing: Doing,
        began: float,
        ended: float,
        population: int | None = None,
    ) -> None:
        """Keep a span."""
        self._spans.append(Span(thread, doing, began, ended, population))
