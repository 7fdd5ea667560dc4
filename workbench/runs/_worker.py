"""What a runner's thread does: it obeys, advances the experiment, and keeps and tells.

A chunk of work takes about 50 ms; between two chunks it looks for a command.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING

from workbench.runs.records import RunBusyError, RunStoreError
from workbench.runs.status import ADVANCING, AT_REST, ENDED, Command, Status, after

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from workbench.runs._board import Board
    from workbench.runs._recorder import Recorder
    from workbench.runs.experiment import Experiment, Progress

    _Amendment = tuple[Callable[[], Progress], Future[None]]

BEAT_SECONDS = 5.0
GROWTH = 4
"""How much longer or shorter the next chunk may be."""


class Worker:
    """Carries out the commands of one run, in their order, in one thread.

    Parameters
    ----------
    experiment
        What to run.
    board
        Where it shows what it does.
    recorder
        What keeps the run.
    chunk_seconds
        How long a chunk should take.
    """

    def __init__(
        self,
        experiment: Experiment,
        board: Board,
        recorder: Recorder,
        chunk_seconds: float,
    ) -> None:
        # Any thread may put something here.
        self.commands: queue.SimpleQueue[tuple[Command, int]] = queue.SimpleQueue()
        self.amendments: queue.SimpleQueue[_Amendment] = queue.SimpleQueue()
        self.chunk_seconds = chunk_seconds
        self._experiment = experiment
        self._board = board
        self._recorder = recorder
        self._prepared = False
        self._leaving = False
        self._target: int | None = None
        self._budget = 1

    def run(self) -> None:
        """Obey and advance until the run has ended, failed or is to be left."""
        try:
            while not self._leaving and self._board.status not in ENDED:
                self._turn()
        except BaseException as error:  # noqa: BLE001 - shown to whoever asks
            self._fail(error)

    def _turn(self) -> None:
        """Obey a command that waits, or do a chunk of work."""
        advancing = self._board.status in ADVANCING
        beat = BEAT_SECONDS if self._recorder.keeps else None
        try:
            command, n = self.commands.get(not advancing, beat)
        except queue.Empty:
            if advancing:
                self._advance()
            else:
                self._recorder.beat()
        else:
            self._obey(command, n)

    def _obey(self, command: Command, n: int) -> None:
        before = self._board.status
        if command == "amend":
            self._amend(*self.amendments.get())
            self._board.command_done()
            return
        new = after(before, command)
        position = self._board.snapshot.position
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
            self._experiment.finish()
        if new != before:
            self._move(new)
        if command == "close":
            self._leaving = True
        else:
            self._board.command_done()

    def _amend(self, change: Callable[[], Progress], done: Future[None]) -> None:
        try:
            if self._board.status not in ("ready", "paused"):
                raise not_at_rest(self._board.status)
            progress = change()
        except (RuntimeError, TypeError, ValueError) as error:
            done.set_exception(error)
            return
        self._board.take(progress, 0.0)
        self._recorder.add(progress, self._board.seconds)
        self._recorder.amend(self._experiment, progress.total)
        self._save()
        done.set_result(None)
        self._board.tell(progress)

    def _prepare(self) -> None:
        self._recorder.begin(self._experiment, self._board.snapshot.total)
        self._move("preparing")
        self._experiment.prepare()
        self._prepared = True
        self._board.snapshot = self._experiment.snapshot()
        self._save()

    def _advance(self) -> None:
        start = self._board.snapshot.position
        budget = self._budget
        if self._target is not None:
            budget = min(budget, self._target - start)
        began = time.perf_counter()
        progress = self._experiment.advance(budget)
        elapsed = time.perf_counter() - began
        if progress.position - start == self._budget:
            fitting = int(self._budget * self.chunk_seconds / max(elapsed, 1e-9))
            least, most = self._budget // GROWTH, self._budget * GROWTH
            self._budget = max(1, least, min(most, fitting))
        self._board.take(progress, elapsed)
        self._recorder.add(progress, self._board.seconds)
        self._board.tell(progress)
        if progress.finished:
            self._move("stopped" if self._board.status == "stopping" else "finished")
        elif self._target is not None and progress.position >= self._target:
            self._move("paused")
        elif self._recorder.checkpoint_due:
            self._save()

    def _move(self, new: Status) -> None:
        """Change the status: in the store first, for whoever sees it to rely on."""
        if new in AT_REST:
            self._target = None
            self._save()
        self._recorder.flush(self._board.snapshot, self._board.seconds, status=new)
        self._board.move(new)
        self._board.tell(self._board.snapshot)

    def _save(self) -> None:
        self._recorder.checkpoint(
            self._experiment, self._board.snapshot, self._board.seconds
        )

    def _fail(self, error: BaseException) -> None:
        self._board.error = error
        # A run that was taken over is no longer this runner's to write.
        if not isinstance(error, RunBusyError):
            try:
                self._recorder.flush(
                    self._board.snapshot,
                    self._board.seconds,
                    status="failed",
                    error=self._board.traceback,
                )
            except RunStoreError as also:
                self._board.warn(f"the failure could not be stored: {also}")
        self._board.move("failed")
        self._board.tell(self._board.snapshot)


def not_at_rest(status: Status) -> RuntimeError:
    """Return the error of a change that comes while the run is not at rest."""
    return RuntimeError(
        f"the run is {status}; it can be changed while it is paused, or before it"
        " begins"
    )
