"""Run an experiment in the background; command it from any thread.

Commands only enter a queue, from which one daemon thread, the `Worker`'s, takes them.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import threading
import time
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, cast

from workbench.runs._board import Board
from workbench.runs._environment import Owner, versions
from workbench.runs._recorder import Recorder
from workbench.runs._worker import Worker, not_at_rest
from workbench.runs.experiment import make_experiment
from workbench.runs.records import RunStoreError
from workbench.runs.status import ENDED
from workbench.runs.store import RunStore, new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.experiment import Event, Experiment, Progress
    from workbench.runs.records import Checkpoint, RunRecord
    from workbench.runs.status import Command, Status

EXIT_SECONDS = 5.0
_LOOK_SECONDS = 0.2


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
    means nothing in the present status does nothing: see `workbench.runs.status`.
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
        if store is not None and not isinstance(store, RunStore):
            raise TypeError(
                f"store is a {type(store).__name__}; accepted: a RunStore or None"
            )
        self.experiment = experiment
        self.store = store
        self.run_id = (run_id or new_run_id()) if store else None
        self._board = Board(experiment.snapshot())
        self._recorder = Recorder(store, self.run_id, checkpoint_seconds)
        self._worker = Worker(experiment, self._board, self._recorder, chunk_seconds)
        self._thread: threading.Thread | None = None
        self._closed = False
        self._key = _live_key(store, self.run_id or str(id(self)))
        attach = getattr(experiment, "attach", None)
        if attach is not None:
            attach(self)

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
        other = _LIVE.get(_live_key(store, record.id))
        if other is not None:
            return other
        runner = cls(
            make_experiment(record.kind, record.spec, **options),
            store,
            record.id,
            chunk_seconds,
            checkpoint_seconds,
        )
        owner = Owner.here()
        record = store.claim(record.id, owner)
        if record.status in ("finished", "stopped"):
            runner._load(store, record)
            runner._board.status = cast("Status", record.status)
            return runner
        try:
            runner._take_up(store, record, owner)
        except BaseException:
            store.release(record.id, owner)
            raise
        return runner

    def _load(self, store: RunStore, record: RunRecord) -> Checkpoint | None:
        """Restore the experiment and show what the store has."""
        checkpoint = store.load_checkpoint(record.id)
        board = self._board
        if checkpoint is not None:
            self.experiment.restore(checkpoint.state)
            board.seconds = checkpoint.seconds
            board.warnings = list(checkpoint.warnings)
        board.snapshot = self.experiment.snapshot()
        board.curve = store.curve(record.id)
        board.events = store.events(record.id)
        return checkpoint

    def _take_up(self, store: RunStore, record: RunRecord, owner: Owner) -> None:
        """Get ready to go on with a run that `owner` holds by now."""
        board = self._board
        checkpoint = self._load(store, record)
        store.rewind(record.id, checkpoint, owner=owner)
        board.curve = board.curve[: checkpoint.curve_rows if checkpoint else 0]
        board.events = board.events[: checkpoint.event_rows if checkpoint else 0]
        board.warnings += _changed_versions(record)
        for text in board.warnings:
            store.note(record.id, "warning", text, owner=owner)
        where = f"from {board.snapshot.position} {record.unit}, {record.status}"
        store.note(record.id, "resumed", where, owner=owner)
        self._recorder.go_on(owner)
        weakref.finalize(self, _give_back, self._recorder)
        _LIVE[self._key] = self
        board.status = "paused"

    def __repr__(self) -> str:
        run = f" {self.run_id}" if self.run_id else ""
        position = f"{self.snapshot.position} {self.experiment.unit}"
        return f"<Runner{run} {self.status} at {position}>"

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
        try:
            whole = int(n)
        except (TypeError, ValueError, OverflowError):
            whole = 0
        if whole != n or whole < 1:
            raise ValueError(f"n is {n!r}; accepted: a whole number, 1 or more")
        self._send("step", whole)

    def stop(self) -> None:
        """End early: do the closing work, then stop. A second call skips that."""
        self._send("stop")

    def amend(self, change: Callable[[], Progress]) -> None:
        """Let `change` alter the experiment while the run is paused or not begun.

        It is called in the worker thread; what it reports is kept, and so is the
        experiment's spec, which it may have changed. Returns when that is done.

        Raises
        ------
        RuntimeError
            If the run is neither paused nor about to begin.
        RuntimeError, TypeError, ValueError
            Whatever of these `change` raises; the run goes on as it was.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a subscriber cannot amend the run that calls it")
        done: Future[None] = Future()
        with self._board.changed:
            if self.status in ENDED:
                raise not_at_rest(self.status)
            self._worker.amendments.put((change, done))
            self._send("amend")
        while True:
            try:
                return done.result(_LOOK_SECONDS)
            except TimeoutError:
                thread = self._thread
                if not done.done() and (thread is None or not thread.is_alive()):
                    raise not_at_rest(self.status) from None

    def close(self, timeout: float | None = 10.0) -> bool:
        """Pause, write a checkpoint and end the thread; the run can be resumed later.

        Returns
        -------
        bool
            Whether the thread ended within `timeout` seconds.
        """
        with self._board.changed:
            if not self._closed:
                self._closed = True
                self._worker.commands.put(("close", 0))
        _LIVE.pop(self._key, None)
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

    def _send(self, command: Command, n: int = 0) -> None:
        board = self._board
        with board.changed:
            if board.status in ENDED:
                return
            if self._closed:
                raise RuntimeError("this runner is closed; Runner.resume_run goes on")
            board.expect_command()
            self._worker.commands.put((command, n))
            if self._thread is None:
                self._thread = self._start_thread()

    def _start_thread(self) -> threading.Thread:
        # ipykernel 7.4 routes messages by the context from which they come; a bare
        # thread has none, and then clicks get lost after a page reload.
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._work,),
            name=f"run {self.run_id or self.experiment.kind}",
            daemon=True,
        )
        _LIVE[self._key] = self
        thread.start()
        return thread

    # What anybody may ask

    @property
    def status(self) -> Status:
        """The present status."""
        return self._board.status

    @property
    def error(self) -> BaseException | None:
        """The exception that made the run fail, with its traceback."""
        return self._board.error

    @property
    def traceback(self) -> str:
        """The traceback of `error` as text; empty if there is none."""
        return self._board.traceback

    @property
    def chunk_seconds(self) -> float:
        """How long a chunk should take."""
        return self._worker.chunk_seconds

    @property
    def snapshot(self) -> Progress:
        """The latest progress, without points and events."""
        return self._board.snapshot

    @property
    def rate(self) -> float:
        """Units of work per second over the last two seconds; 0 at rest."""
        return self._board.rate

    @property
    def seconds(self) -> float:
        """Time spent advancing, over all interruptions."""
        return self._board.seconds

    @property
    def curve(self) -> list[dict[str, float]]:
        """All points so far, in a new list."""
        with self._board.changed:
            return self._board.curve.copy()

    @property
    def events(self) -> list[Event]:
        """All events so far, in a new list."""
        with self._board.changed:
            return self._board.events.copy()

    @property
    def warnings(self) -> list[str]:
        """What went wrong without stopping the run."""
        with self._board.changed:
            return self._board.warnings.copy()

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
        return self._board.wait_for_rest(timeout)

    def subscribe(self, callback: Callable[[Progress], object]) -> Callable[[], None]:
        """Call `callback` in the worker thread after each chunk and change of status.

        After a chunk it gets the new points and events too. An exception in it is
        reported once in `warnings`, and doesn't stop the run.

        Returns
        -------
        Callable
            Ends the subscription.
        """
        return self._board.subscribe(callback)

    # The thread

    def _work(self) -> None:
        try:
            self._worker.run()
        finally:
            self._leave()

    def _leave(self) -> None:
        _LIVE.pop(self._key, None)
        try:
            self._recorder.release()
        except RunStoreError as error:
            self._board.warn(str(error))


def _changed_versions(record: RunRecord) -> list[str]:
    changed = [
        f"{name} {old} -> {versions().get(name, 'none')}"
        for name, old in record.versions.items()
        if versions().get(name) != old
    ]
    if not changed:
        return []
    return [
        "versions changed since the run began, which may change its results: "
        + ", ".join(changed)
    ]


_LIVE: weakref.WeakValueDictionary[tuple[str, str], Runner]
_LIVE = weakref.WeakValueDictionary()
"""The runners of this process that are neither closed nor ended."""


def _live_key(store: RunStore | None, run_id: str) -> tuple[str, str]:
    return (str(store.path.absolute()) if store else "", run_id)


def _give_back(recorder: Recorder) -> None:
    """Release a run whose runner was dropped without being started or closed."""
    with contextlib.suppress(RunStoreError):
        recorder.release()


@atexit.register
def _close_all() -> None:
    """Save what still runs when the interpreter ends, within a few seconds."""
    runners = list(_LIVE.values())
    for runner in runners:
        runner.close(timeout=0)
    deadline = time.monotonic() + EXIT_SECONDS
    for runner in runners:
        runner.close(max(0.0, deadline - time.monotonic()))
