"""Run an experiment in the background; command it from any thread.

Commands only enter a queue. One daemon thread takes them, advances the experiment
in chunks of about 50 ms, writes to the store and tells the subscribers.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import queue
import threading
import time
import traceback
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, cast

from workbench.runs._board import Board
from workbench.runs._environment import Owner, versions
from workbench.runs._recorder import Recorder
from workbench.runs.experiment import make_experiment
from workbench.runs.records import RunBusyError, RunStoreError
from workbench.runs.status import ADVANCING, AT_REST, ENDED, Command, Status, after
from workbench.runs.store import RunStore, new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.runs.experiment import Event, Experiment, Progress
    from workbench.runs.records import Checkpoint, RunRecord

    _Amendment = tuple[Callable[[], Progress], Future[None]]

BEAT_SECONDS = 5.0
EXIT_SECONDS = 5.0
_LOOK_SECONDS = 0.2
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
        self.chunk_seconds = chunk_seconds
        self._board = Board(experiment.snapshot())
        self._amendments: queue.SimpleQueue[_Amendment] = queue.SimpleQueue()
        self._commands: queue.SimpleQueue[tuple[Command, int]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._key = _live_key(store, self.run_id or str(id(self)))
        # Used by the worker alone, once it runs.
        self._recorder = Recorder(store, self.run_id, checkpoint_seconds)
        self._prepared = False
        self._leaving = False
        self._target: int | None = None
        self._budget = 1
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
                raise _not_at_rest(self.status)
            self._amendments.put((change, done))
            self._send("amend")
        while True:
            try:
                return done.result(_LOOK_SECONDS)
            except TimeoutError:
                thread = self._thread
                if not done.done() and (thread is None or not thread.is_alive()):
                    raise _not_at_rest(self.status) from None

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
                self._commands.put(("close", 0))
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
            self._commands.put((command, n))
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
        error = self._board.error
        return "".join(traceback.format_exception(error)) if error else ""

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

    # The worker

    def _work(self) -> None:
        try:
            while not self._leaving and self.status not in ENDED:
                self._turn()
        except BaseException as error:  # noqa: BLE001 - shown to whoever asks
            self._fail(error)
        finally:
            self._leave()

    def _turn(self) -> None:
        """Obey a command that waits, or do a chunk of work."""
        advancing = self.status in ADVANCING
        beat = BEAT_SECONDS if self.store else None
        try:
            command, n = self._commands.get(not advancing, beat)
        except queue.Empty:
            if advancing:
                self._advance()
            else:
                self._recorder.beat()
        else:
            self._obey(command, n)

    def _obey(self, command: Command, n: int) -> None:
        before = self.status
        if command == "amend":
            self._amend(*self._amendments.get())
            self._board.command_done()
            return
        new = after(before, command)
        position = self.snapshot.position
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
        else:
            self._board.command_done()

    def _amend(self, change: Callable[[], Progress], done: Future[None]) -> None:
        try:
            if self.status not in ("ready", "paused"):
                raise _not_at_rest(self.status)
            progress = change()
        except (RuntimeError, TypeError, ValueError) as error:
            done.set_exception(error)
            return
        self._board.take(progress, 0.0)
        self._recorder.add(progress, self.seconds)
        self._recorder.amend(self.experiment, progress.total)
        self._save()
        done.set_result(None)
        self._board.tell(progress)

    def _prepare(self) -> None:
        self._recorder.begin(self.experiment, self.snapshot.total)
        self._move("preparing")
        self.experiment.prepare()
        self._prepared = True
        self._board.snapshot = self.experiment.snapshot()
        self._save()

    def _advance(self) -> None:
        start = self.snapshot.position
        budget = self._budget
        if self._target is not None:
            budget = min(budget, self._target - start)
        began = time.perf_counter()
        progress = self.experiment.advance(budget)
        elapsed = time.perf_counter() - began
        if progress.position - start == self._budget:
            fitting = int(self._budget * self.chunk_seconds / max(elapsed, 1e-9))
            least, most = self._budget // GROWTH, self._budget * GROWTH
            self._budget = max(1, least, min(most, fitting))
        self._board.take(progress, elapsed)
        self._recorder.add(progress, self.seconds)
        self._board.tell(progress)
        if progress.finished:
            self._move("stopped" if self.status == "stopping" else "finished")
        elif self._target is not None and progress.position >= self._target:
            self._move("paused")
        elif self._recorder.checkpoint_due:
            self._save()

    def _move(self, new: Status) -> None:
        """Change the status: in the store first, for whoever sees it to rely on."""
        if new in AT_REST:
            self._target = None
            self._save()
        self._recorder.flush(self.snapshot, self.seconds, status=new)
        self._board.move(new)
        self._board.tell(self.snapshot)

    def _save(self) -> None:
        self._recorder.checkpoint(self.experiment, self.snapshot, self.seconds)

    def _fail(self, error: BaseException) -> None:
        self._board.error = error
        # A run that was taken over is no longer this runner's to write.
        if not isinstance(error, RunBusyError):
            try:
                self._recorder.flush(
                    self.snapshot, self.seconds, status="failed", error=self.traceback
                )
            except RunStoreError as also:
                self._board.warn(f"the failure could not be stored: {also}")
        self._board.move("failed")
        self._board.tell(self.snapshot)

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


def _not_at_rest(status: Status) -> RuntimeError:
    return RuntimeError(
        f"the run is {status}; it can be changed while it is paused, or before it"
        " begins"
    )


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
