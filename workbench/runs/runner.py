"""Run an experiment in the background; command it from any thread.

Commands only enter a queue. One daemon thread takes them, advances the experiment
in chunks of about 50 ms, writes to the store and tells the subscribers.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import itertools
import queue
import threading
import time
import traceback
import weakref
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from workbench.runs._environment import Owner, versions
from workbench.runs._recorder import Recorder
from workbench.runs.experiment import make_experiment
from workbench.runs.records import RunBusyError, RunStoreError
from workbench.runs.status import ADVANCING, AT_REST, ENDED, Command, Status, after
from workbench.runs.store import new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.experiment import Event, Experiment, Progress
    from workbench.runs.records import Checkpoint, RunRecord
    from workbench.runs.store import RunStore

BEAT_SECONDS = 5.0
RATE_SECONDS = 2.0
EXIT_SECONDS = 5.0
GROWTH = 4
"""How much longer or shorter the next chunk may be."""


class Runner:
    """Runs one experiment in a thread of its own.

    Parameters
    ----------
    experiment
        What to run. Nobody else may advance it from now on.
    store
        Where to keep the run; without one it lives in memory only.
    run_id
        The id of the new run in the store; made up if not given.
    chunk_seconds
        How long a chunk should take: the delay with which commands take effect.
    checkpoint_seconds
        How much work may be lost at most if the process is killed.

    Notes
    -----
    `start`, `pause`, `resume`, `step` and `stop` return at once and may come from
    any thread; they take effect in their order, each at the end of a chunk. One that
    means nothing in the present status does nothing. See `workbench.runs.status`.
    """

    def __init__(
        self,
        experiment: Experiment,
        store: RunStore | None = None,
        run_id: str | None = None,
        chunk_seconds: float = 0.05,
        checkpoint_seconds: float = 10.0,
    ) -> None:
        for name, value in (
            ("chunk_seconds", chunk_seconds),
            ("checkpoint_seconds", checkpoint_seconds),
        ):
            if not value > 0:
                raise ValueError(f"{name} is {value!r}; it must be positive")
        self.experiment = experiment
        self.store = store
        self.run_id = (run_id or new_run_id()) if store else None
        self.chunk_seconds = chunk_seconds
        self._commands: queue.SimpleQueue[tuple[Command, int]] = queue.SimpleQueue()
        # Guards what follows; held for moments only, never while anything works.
        self._changed = threading.Condition()
        self._status: Status = "ready"
        self._error: BaseException | None = None
        self._pending = 0
        self._closed = False
        self._thread: threading.Thread | None = None
        self._snapshot = experiment.snapshot()
        self._curve: list[dict[str, float]] = []
        self._events: list[Event] = []
        self._warnings: list[str] = []
        self._keys = itertools.count()
        self._subscribers: dict[int, Callable[[Progress], object]] = {}
        self._broken: set[int] = set()
        self._rate = 0.0
        self._seconds = 0.0
        # Used by the worker alone, once it runs.
        self._recorder = Recorder(store, self.run_id, checkpoint_seconds)
        self._prepared = False
        self._leaving = False
        self._target: int | None = None
        self._budget = 1
        self._samples: deque[tuple[float, int]] = deque()

    @classmethod
    def resume_run(
        cls,
        store: RunStore,
        run_id: str,
        *,
        chunk_seconds: float = 0.05,
        checkpoint_seconds: float = 10.0,
        **options: Any,
    ) -> Runner:
        """Take a run up from its last checkpoint.

        Parameters
        ----------
        store, run_id
            The run; the beginning of its id suffices.
        options
            Passed to `make_experiment`.

        Returns
        -------
        Runner
            Paused where the checkpoint was taken, with everything later dropped.
            A run that ended comes back as it ended. One that is open in this
            process already is returned as it stands.

        Raises
        ------
        UnknownRunError
            If there is no such run.
        RunBusyError
            If another process holds it.
        DamagedRunError
            If none of its checkpoints can be read.
        """
        record = store.get(run_id)
        for other in list(_LIVE):
            if other.run_id == record.id and other.holds(store):
                return other
        experiment = make_experiment(record.kind, record.spec, **options)
        runner = cls(experiment, store, record.id, chunk_seconds, checkpoint_seconds)
        for status in ("finished", "stopped"):
            if record.status == status:
                runner._load(record, store.load_checkpoint(record.id))
                runner._status = status
                return runner
        owner = Owner.here()
        store.claim(record.id, owner)
        try:
            checkpoint = store.load_checkpoint(record.id)
            runner._load(record, checkpoint)
            store.rewind(record.id, checkpoint, owner=owner)
            runner._curve = store.curve(record.id)
            runner._events = store.events(record.id)
            for warning in runner._warnings:
                store.note(record.id, "warning", warning, owner=owner)
            store.note(
                record.id,
                "resumed",
                f"from {runner.snapshot.position} {record.unit}, {record.status}",
                owner=owner,
            )
        except BaseException:
            store.release(record.id, owner)
            raise
        runner._recorder = Recorder(store, record.id, checkpoint_seconds, owner)
        weakref.finalize(runner, _give_back, runner._recorder)
        runner._status = "paused"
        _LIVE.add(runner)
        return runner

    def _load(self, record: RunRecord, checkpoint: Checkpoint | None) -> None:
        if checkpoint is not None:
            self.experiment.restore(checkpoint.state)
            self._warnings.extend(checkpoint.warnings)
            self._seconds = checkpoint.seconds
        changed = [
            f"{name} {old} -> {versions().get(name, 'none')}"
            for name, old in record.versions.items()
            if versions().get(name) != old
        ]
        if changed and record.status not in ENDED:
            self._warnings.append(
                "versions changed since the run began, which may change its results: "
                + ", ".join(changed)
            )
        self._snapshot = self.experiment.snapshot()
        if self.store is not None:
            self._curve = self.store.curve(record.id)
            self._events = self.store.events(record.id)

    def __repr__(self) -> str:
        run = f" {self.run_id}" if self.run_id else ""
        return (
            f"<Runner{run} {self.status} at {self.snapshot.position} "
            f"{self.experiment.unit}>"
        )

    # Commands

    def start(self) -> None:
        """Run until the end, from the beginning or from a pause."""
        self._send("run")

    def resume(self) -> None:
        """Go on after a pause."""
        self._send("run")

    def pause(self) -> None:
        """Stop advancing for now, and write a checkpoint."""
        self._send("pause")

    def step(self, n: int = 1) -> None:
        """Do exactly `n` more units of work, then pause."""
        if n < 1:
            raise ValueError(f"n is {n!r}; it must be at least 1")
        self._send("step", int(n))

    def stop(self) -> None:
        """End early: do the closing work, then stop. A second call skips that."""
        self._send("stop")

    def close(self, timeout: float | None = 10.0) -> bool:
        """Pause, write a checkpoint and end the thread; the run can be resumed later.

        Returns
        -------
        bool
            Whether the thread ended within `timeout` seconds.
        """
        self._ask_to_close()
        thread = self._thread
        if thread is None:
            self._leave()
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask_to_close(self) -> None:
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._commands.put(("close", 0))

    def _send(self, command: Command, n: int = 0) -> None:
        with self._changed:
            if self._status in ENDED:
                return
            if self._closed:
                raise RuntimeError("this runner is closed; Runner.resume_run goes on")
            self._pending += 1
            self._commands.put((command, n))
            if self._thread is not None:
                return
            # ipykernel 7.4 routes messages by the context from which they come; a
            # bare thread has none, and then clicks get lost after a page reload.
            self._thread = threading.Thread(
                target=contextvars.copy_context().run,
                args=(self._work,),
                name=f"run {self.run_id or self.experiment.kind}",
                daemon=True,
            )
            _LIVE.add(self)
            self._thread.start()

    # What anybody may ask

    @property
    def status(self) -> Status:
        """The present status."""
        return self._status

    @property
    def error(self) -> BaseException | None:
        """The exception that made the run fail, with its traceback."""
        return self._error

    @property
    def traceback(self) -> str:
        """The traceback of `error` as text; empty if there is none."""
        if self._error is None:
            return ""
        return "".join(traceback.format_exception(self._error))

    @property
    def snapshot(self) -> Progress:
        """The latest progress, without points and events."""
        return self._snapshot

    @property
    def rate(self) -> float:
        """Units of work per second over the last two seconds; 0 at rest."""
        return self._rate

    @property
    def seconds(self) -> float:
        """Time spent advancing, over all interruptions."""
        return self._seconds

    @property
    def curve(self) -> list[dict[str, float]]:
        """All points so far, in a new list."""
        with self._changed:
            return self._curve.copy()

    @property
    def events(self) -> list[Event]:
        """All events so far, in a new list."""
        with self._changed:
            return self._events.copy()

    @property
    def warnings(self) -> list[str]:
        """What went wrong without stopping the run."""
        with self._changed:
            return self._warnings.copy()

    def holds(self, store: RunStore) -> bool:
        """Tell whether this runner is open on a run of the store's file."""
        return (
            self.store is not None
            and self.store.path.absolute() == store.path.absolute()
            and not self._closed
            and self._status not in ENDED
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all commands were carried out and the run is at rest.

        At rest means paused, ended, or never started.

        Returns
        -------
        bool
            False if that takes longer than `timeout` seconds.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a subscriber cannot wait for the run that calls it")
        with self._changed:
            return self._changed.wait_for(self._is_at_rest, timeout)

    def _is_at_rest(self) -> bool:
        if self._status in ENDED:
            return True
        return self._status in AT_REST and not self._pending

    def subscribe(self, callback: Callable[[Progress], object]) -> Callable[[], None]:
        """Call `callback` in the worker thread after each chunk and change of status.

        After a chunk it gets the new points and events too. An exception in it is
        reported once in `warnings`, and doesn't stop the run.

        Returns
        -------
        Callable
            Ends the subscription.
        """
        with self._changed:
            key = next(self._keys)
            self._subscribers[key] = callback

        def unsubscribe() -> None:
            with self._changed:
                self._subscribers.pop(key, None)

        return unsubscribe

    # The worker

    def _work(self) -> None:
        try:
            while not self._leaving and self._status not in ENDED:
                self._turn()
        except BaseException as error:  # noqa: BLE001
            self._fail(error)
        finally:
            self._leave()

    def _turn(self) -> None:
        """Obey the commands that wait, then do a chunk of work."""
        at_rest = self._status not in ADVANCING
        beat = BEAT_SECONDS if self.store else None
        try:
            command, n = self._commands.get(at_rest, beat)
        except queue.Empty:
            if at_rest:
                self._recorder.beat()
        else:
            self._obey(command, n)
            return
        if self._status in ADVANCING:
            self._advance()

    def _obey(self, command: Command, n: int) -> None:
        before = self._status
        new = after(before, command)
        position = self._snapshot.position
        if command == "stop" and position == 0:
            new = "stopped"  # nothing was done that could be closed
        if new in ADVANCING and not self._prepared:
            self._prepare()
        if new == "running" and command == "run":
            self._target = None
        elif new == "running" and command == "step":
            self._target = n + (position if self._target is None else self._target)
        elif new == "stopping":
            self._target = None
            self.experiment.finish()
        if new != before:
            self._move(new)
        if command == "close":
            self._leaving = True
            return
        with self._changed:
            self._pending -= 1
            self._changed.notify_all()

    def _prepare(self) -> None:
        self._recorder.begin(self.experiment, self._snapshot.total)
        self._move("preparing")
        self.experiment.prepare()
        self._prepared = True
        self._snapshot = self.experiment.snapshot()
        self._recorder.checkpoint(self.experiment, self._snapshot, self._seconds)

    def _advance(self) -> None:
        start = self._snapshot.position
        budget = self._budget
        if self._target is not None:
            budget = min(budget, self._target - start)
        began = time.perf_counter()
        progress = self.experiment.advance(budget)
        elapsed = time.perf_counter() - began
        if progress.position - start == self._budget:
            fitting = self._budget * self.chunk_seconds / max(elapsed, 1e-9)
            most, least = self._budget * GROWTH, self._budget // GROWTH
            self._budget = max(1, min(most, max(least, int(fitting))))
        self._take(progress, elapsed)
        self._recorder.add(progress, self._seconds)
        self._tell(progress)
        if progress.finished:
            self._move("stopped" if self._status == "stopping" else "finished")
        elif self._target is not None and progress.position >= self._target:
            self._move("paused")
        elif self._recorder.checkpoint_due:
            self._recorder.checkpoint(self.experiment, self._snapshot, self._seconds)

    def _take(self, progress: Progress, elapsed: float) -> None:
        """Make a chunk's progress visible."""
        now = time.perf_counter()
        if not self._samples:
            self._samples.append((now - elapsed, self._snapshot.position))
        self._samples.append((now, progress.position))
        while len(self._samples) > 2 and now - self._samples[1][0] > RATE_SECONDS:
            self._samples.popleft()
        then, position = self._samples[0]
        with self._changed:
            self._rate = (progress.position - position) / max(now - then, 1e-9)
            self._seconds += elapsed
            self._curve += progress.curve
            self._events += progress.events
            self._snapshot = replace(progress, curve=[], events=[])

    def _move(self, new: Status) -> None:
        """Change the status: in the store first, for whoever sees it to rely on."""
        if new in AT_REST:
            self._target = None
            self._recorder.checkpoint(self.experiment, self._snapshot, self._seconds)
        self._recorder.flush(self._snapshot, self._seconds, status=new)
        self._samples.clear()
        with self._changed:
            self._rate = 0.0
            self._status = new
            self._changed.notify_all()
        self._tell(self._snapshot)

    def _fail(self, error: BaseException) -> None:
        self._error = error
        # A run that was taken over is no longer this runner's to write.
        if not isinstance(error, RunBusyError):
            try:
                self._recorder.flush(
                    self._snapshot, self._seconds, "failed", self.traceback
                )
            except RunStoreError as also:
                self._warn(f"the failure could not be stored: {also}")
        with self._changed:
            self._rate = 0.0
            self._status = "failed"
            self._changed.notify_all()
        self._tell(self._snapshot)

    def _leave(self) -> None:
        _LIVE.discard(self)
        try:
            self._recorder.release()
        except RunStoreError as error:
            self._warn(str(error))

    def _tell(self, progress: Progress) -> None:
        with self._changed:
            subscribers = list(self._subscribers.items())
        for key, callback in subscribers:
            try:
                callback(progress)
            except Exception:  # noqa: BLE001
                if key not in self._broken:
                    self._broken.add(key)
                    self._warn(f"a subscriber failed:\n{traceback.format_exc()}")

    def _warn(self, text: str) -> None:
        with self._changed:
            self._warnings.append(text)


_LIVE: weakref.WeakSet[Runner] = weakref.WeakSet()


def _give_back(recorder: Recorder) -> None:
    """Release a run whose runner was dropped without being started or closed."""
    with contextlib.suppress(RunStoreError):
        recorder.release()


@atexit.register
def _close_all() -> None:
    """Save what still runs when the interpreter ends, within a few seconds."""
    runners = list(_LIVE)
    for runner in runners:
        runner._ask_to_close()  # noqa: SLF001
    deadline = time.monotonic() + EXIT_SECONDS
    for runner in runners:
        runner.close(max(0.0, deadline - time.monotonic()))
