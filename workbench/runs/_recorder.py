"""What a runner's thread writes to the store, batched."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.runs._environment import Owner

if TYPE_CHECKING:
    from workbench.runs.experiment import Event, Experiment, Progress
    from workbench.runs.store import RunStore

FLUSH_SECONDS = 0.5


class Recorder:
    """Keeps one run in a store; without a store it does nothing.

    Parameters
    ----------
    store, run_id
        Where to keep the run, and under which id.
    checkpoint_seconds
        Time between checkpoints.
    """

    def __init__(
        self,
        store: RunStore | None,
        run_id: str | None,
        checkpoint_seconds: float,
    ) -> None:
        self._store = store
        self._run_id = run_id or ""
        self._checkpoint_seconds = checkpoint_seconds
        self._owner: Owner | None = None
        self._points: list[dict[str, float]] = []
        self._events: list[Event] = []
        self._flushed = time.monotonic()
        self._saved = time.monotonic()

    def begin(self, experiment: Experiment, total: int | None) -> None:
        """Enter the run, unless it stands in the store already."""
        if self._store is None or self._owner is not None:
            return
        spec = experiment.spec
        owner = Owner.here()
        self._store.create(
            experiment.kind,
            spec.to_dict(),
            name=getattr(spec, "name", ""),
            seed=getattr(spec, "seed", None),
            unit=experiment.unit,
            total=total,
            run_id=self._run_id,
            owner=owner,
        )
        self._owner = owner

    def go_on(self, owner: Owner) -> None:
        """Keep a run that stands in the store already and is held by `owner`."""
        self._owner = owner

    @property
    def keeps(self) -> bool:
        """Whether there is a store."""
        return self._store is not None

    @property
    def checkpoint_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        since = time.monotonic() - self._saved
        return self._owner is not None and since >= self._checkpoint_seconds

    def add(self, progress: Progress, seconds: float) -> None:
        """Take what is new; write it once enough time has gone by."""
        if self._owner is None:
            return
        self._points += progress.curve
        self._events += progress.events
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush(progress, seconds)

    def flush(
        self,
        progress: Progress,
        seconds: float,
        status: str | None = None,
        error: str | None = None,
    ) -> None:
        """Write what is new, and what the list of runs shows."""
        if self._store is None or self._owner is None:
            return
        if self._points or self._events:
            self._store.append(
                self._run_id,
                self._points,
                self._events,
                position=progress.position,
                owner=self._owner,
            )
            self._points, self._events = [], []
        self._store.update(
            self._run_id,
            status=status,
            position=progress.position,
            total=progress.total,
            seconds=seconds,
            metrics=progress.metrics,
            error=error,
            owner=self._owner,
        )
        self._flushed = time.monotonic()

    def checkpoint(
        self, experiment: Experiment, progress: Progress, seconds: float
    ) -> None:
        """Write what is new, and the state that goes with it."""
        if self._store is None or self._owner is None:
            return
        self.flush(progress, seconds)
        self._store.checkpoint(
            self._run_id,
            progress.position,
            experiment.state(),
            seconds=seconds,
            owner=self._owner,
        )
        self._saved = time.monotonic()

    def amend(self, experiment: Experiment, total: int | None) -> None:
        """Write the spec again, which was changed, and the work planned."""
        if self._store is not None and self._owner is not None:
            spec = experiment.spec.to_dict()
            self._store.amend(self._run_id, spec, total, owner=self._owner)

    def beat(self) -> None:
        """Tell that this process is alive."""
        if self._store is not None and self._owner is not None:
            self._store.beat(self._run_id, self._owner)

    def release(self) -> None:
        """Give the run back, for others to resume."""
        if self._store is not None and self._owner is not None:
            self._store.release(self._run_id, self._owner)
            self._owner = None
