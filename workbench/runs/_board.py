"""What a runner shows: written by its thread, read by all, under one lock."""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.runs.status import AT_REST, ENDED, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.experiment import Event, Progress

RATE_SECONDS = 2.0


class Board:
    """The visible state of a run and those who watch it.

    The lock is held for moments only, never while the experiment, the store or a
    subscriber works.
    """

    def __init__(self, snapshot: Progress) -> None:
        self.changed = threading.Condition()
        self.status: Status = "ready"
        self.error: BaseException | None = None
        self.snapshot = snapshot
        self.seconds = 0.0
        self.rate = 0.0
        self.curve: list[dict[str, float]] = []
        self.events: list[Event] = []
        self.warnings: list[str] = []
        self._pending = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._keys = itertools.count()
        self._subscribers: dict[int, Callable[[Progress], object]] = {}
        self._broken: set[int] = set()

    @property
    def traceback(self) -> str:
        """The traceback of `error` as text; empty if there is none."""
        error = self.error
        return "".join(traceback.format_exception(error)) if error else ""

    def expect_command(self) -> None:
        """Count a command that has been given. Needs the lock."""
        self._pending += 1

    def command_done(self) -> None:
        """Count a command as carried out."""
        with self.changed:
            self._pending -= 1
            self.changed.notify_all()

    def wait_for_rest(self, timeout: float | None) -> bool:
        """Wait until the run is at rest with no command outstanding."""
        with self.changed:
            return self.changed.wait_for(self._is_at_rest, timeout)

    def _is_at_rest(self) -> bool:
        if self.status in ENDED:
            return True
        return self.status in AT_REST and not self._pending

    def take(self, progress: Progress, elapsed: float) -> None:
        """Show a chunk's progress."""
        now = time.perf_counter()
        samples = self._samples
        if not samples:
            samples.append((now - elapsed, self.snapshot.position))
        samples.append((now, progress.position))
        while len(samples) > 2 and now - samples[1][0] > RATE_SECONDS:
            samples.popleft()
        then, position = samples[0]
        with self.changed:
            self.rate = (progress.position - position) / max(now - then, 1e-9)
            self.seconds += elapsed
            self.curve += progress.curve
            self.events += progress.events
            self.snapshot = replace(progress, curve=[], events=[])

    def move(self, status: Status) -> None:
        """Show a new status."""
        self._samples.clear()
        with self.changed:
            self.rate = 0.0
            self.status = status
            self.changed.notify_all()

    def warn(self, text: str) -> None:
        """Show what went wrong without stopping the run."""
        with self.changed:
            self.warnings.append(text)

    def subscribe(self, callback: Callable[[Progress], object]) -> Callable[[], None]:
        """Add a subscriber; the function returned removes it."""
        key = next(self._keys)
        with self.changed:
            self._subscribers[key] = callback

        def unsubscribe() -> None:
            with self.changed:
                self._subscribers.pop(key, None)

        return unsubscribe

    def tell(self, progress: Progress) -> None:
        """Call the subscribers; report each one's first failure."""
        with self.changed:
            subscribers = list(self._subscribers.items())
        for key, callback in subscribers:
            try:
                callback(progress)
            except Exception:  # noqa: BLE001 - a broken watcher must not stop the run
                if key not in self._broken:
                    self._broken.add(key)
                    self.warn(f"a subscriber failed:\n{traceback.format_exc()}")
