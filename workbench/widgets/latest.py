"""A thread that works on one thing at a time: the last that was asked for."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

W = TypeVar("W")


class Latest(Generic[W]):
    """Keeps what is wanted, and a thread for as long as something is.

    A subclass says in `_work` what the thread does; it ends when nothing is wanted and
    sets `_thread` to None first, both with the lock held.

    Parameters
    ----------
    name
        Of the thread.
    lock
        Guards what is wanted; held while the reader is told.
    """

    def __init__(self, name: str, lock: threading.RLock) -> None:
        self._name_of_thread = name
        self._lock = lock
        self._wanted: W | None = None
        self._thread: threading.Thread | None = None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being worked on; tell whether that came to pass."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def forget(self) -> None:
        """Report nothing more; what is being worked on is the last."""
        with self._lock:
            self._wanted = None

    def _want(self, wanted: W) -> None:
        """Have the thread work on this next; the lock is held."""
        self._wanted = wanted
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name=self._name_of_thread, daemon=True
            )
            self._thread.start()

    def _work(self) -> None:
        raise NotImplementedError
