"""A thread that does a panel's work bit by bit, so that what is newest comes first."""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Worker:
    """One daemon thread that calls `step` until it says that nothing is left to do.

    Each call does one small piece of whatever is most urgent then; so an edit is
    answered after the piece at hand, however much was planned before it.

    Parameters
    ----------
    step
        Does a piece of work; False if there was none.
    failed
        Is told of an error of `step` that nobody foresaw.
    name
        Of the thread.
    """

    def __init__(
        self,
        step: Callable[[], bool],
        failed: Callable[[Exception], object],
        name: str,
    ) -> None:
        self._step = step
        self._failed = failed
        self._wake = threading.Event()
        self._ended = False
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=name, daemon=True
        )

    @property
    def thread(self) -> threading.Thread:
        """The thread that works."""
        return self._thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is work; cheap, from any thread."""
        self._wake.set()

    def end(self) -> None:
        """End the thread after the piece at hand."""
        self._ended = True
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait()
            self._wake.clear()
            try:
                while not self._ended and self._step():
                    pass
            except Exception as error:
                logger.exception("a panel's work failed")
                self._failed(error)
