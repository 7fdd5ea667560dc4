"""What an experiment inherits that runs itself: here and now, or in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from workbench.runs.runner import Runner

if TYPE_CHECKING:
    from workbench.runs.experiment import Experiment
    from workbench.runs.store import RunStore


class RunsItself:
    """The commands of an `Experiment`; who inherits them has the rest of one.

    Parameters
    ----------
    store
        Where the run is kept; None: nowhere.
    """

    def __init__(self, store: RunStore | None) -> None:
        self._store = store
        self._runner: Runner | None = None

    def run(self) -> Self:
        """Run to the end here and now, and return the experiment itself.

        Ctrl-C pauses it in order: `run` or `start` goes on.
        """
        runner = self.runner
        runner.start()
        try:
            runner.wait()
        except KeyboardInterrupt:
            runner.pause()
            runner.wait()
            raise
        if runner.error is not None:
            raise runner.error
        return self

    def attach(self, runner: Runner) -> None:
        """Take note of the runner that runs this; `Runner` itself calls it."""
        self._runner = runner

    @property
    def runner(self) -> Runner:
        """What runs it in the background; made on first use."""
        if self._runner is None:
            self._runner = Runner(cast("Experiment", self), store=self._store)
        return self._runner

    def start(self) -> Self:
        """Run in the background; returns at once."""
        self.runner.start()
        return self

    def pause(self) -> None:
        """Pause within a chunk (some 50 ms)."""
        self.runner.pause()

    def stop(self) -> None:
        """End early (see `finish`): the closing work is done in the background."""
        self.runner.stop()
