"""The two channels between a panel and the browser.

*State* is a handful of small synced traits, written at most twice a second: what a
saved notebook or a reloaded page shows. *Stream* is a bounded flow of numbered
frames with binary buffers, at most 30 a second, which the browser acknowledges.

Jupyter drops messages silently above 1000 a second and buffers all of them while a
tab is closed. So nothing here is a queue of messages: a frame is made from
whatever is newest when one may be sent, and none is made while too many
are unacknowledged. A view that attaches (first display, reload, second view), or
that sees a gap in the numbers, gets a snapshot of everything.
"""

from __future__ import annotations

import contextvars
import logging
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES_PER_SECOND = 30.0
STATE_SECONDS = 0.5
WINDOW = 60
COMMANDS_KEPT = 1000

logger = logging.getLogger(__name__)


class Frame(NamedTuple):
    """What one message carries: JSON content and binary buffers."""

    content: dict[str, Any]
    buffers: list[bytes]


class Source(Protocol):
    """Where frames come from: always the newest, never a backlog."""

    def changes(self) -> Frame | None:
        """Return what is new since the last frame, or None."""

    def snapshot(self) -> Frame:
        """Return all that a view needs to draw itself from nothing."""


class Stream:
    """Decides when a frame may be sent, numbers it, and counts what came back.

    Parameters
    ----------
    clock
        Seconds, monotonic.
    rate
        Frames a second at most.
    window
        Number of unacknowledged frames at which sending stops.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        rate: float = FRAMES_PER_SECOND,
        window: int = WINDOW,
    ) -> None:
        self._clock = clock
        self._interval = 1.0 / rate
        self._window = window
        self._lock = threading.Lock()
        self._views: set[str] = set()
        self._sequence = 0
        self._acknowledged = 0
        self._last = -float("inf")
        self._snapshot_owed = False

    @property
    def sequence(self) -> int:
        """Number of the last frame sent."""
        return self._sequence

    @property
    def unacknowledged(self) -> int:
        """Frames sent that no view has confirmed."""
        return self._sequence - self._acknowledged

    @property
    def listening(self) -> bool:
        """Whether a view is attached and keeps up."""
        return bool(self._views) and self.unacknowledged <= self._window

    def receive(self, message: dict[str, Any]) -> bool:
        """Take `attach`, `ack` or `detach` from a view; False for anything else."""
        kind, view = message.get("type"), str(message.get("view", ""))
        with self._lock:
            if kind == "attach":
                self._views.add(view)
                self._acknowledged = self._sequence
                self._snapshot_owed = True
            elif kind == "ack":
                number = min(int(message.get("sequence", 0)), self._sequence)
                self._acknowledged = max(self._acknowledged, number)
            elif kind == "detach":
                self._views.discard(view)
            else:
                return False
        return True

    def wait(self) -> float | None:
        """Seconds until a frame may be sent; None while nobody keeps up."""
        if not self.listening:
            return None
        return max(0.0, self._last + self._interval - self._clock())

    def frame(self, source: Source) -> Frame | None:
        """Return the next frame if one may be sent now and there is news."""
        with self._lock:
            if self.wait() != 0.0:
                return None
            owed, self._snapshot_owed = self._snapshot_owed, False
        frame = source.snapshot() if owed else source.changes()
        if frame is None:
            return None
        with self._lock:
            self._last = self._clock()
            self._sequence += 1
            numbered = {
                "type": "frame",
                "sequence": self._sequence,
                "snapshot": owed,
                **frame.content,
            }
        return Frame(numbered, frame.buffers)


class Parts:
    """Named JSON values of a panel, each with the revision at which it last changed.

    The same parts travel on both channels; the browser keeps the higher revision.
    """

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}
        self._revision = 0
        self._streamed = 0
        self._written = 0
        self._lock = threading.Lock()

    def put(self, name: str, value: dict[str, Any]) -> bool:
        """Set a part; False if it already had this value."""
        with self._lock:
            old = self._values.get(name, {})
            if value == {k: v for k, v in old.items() if k != "revision"} and old:
                return False
            self._revision += 1
            self._values[name] = {**value, "revision": self._revision}
            return True

    def get(self, name: str) -> dict[str, Any]:
        """Return the present value of a part, `{}` before the first."""
        return self._values.get(name, {})

    def to_stream(self, everything: bool = False) -> dict[str, dict[str, Any]]:
        """Parts that changed since the last frame."""
        with self._lock:
            since = 0 if everything else self._streamed
            self._streamed = self._revision
            return self._since(since)

    def to_state(self) -> dict[str, dict[str, Any]]:
        """Parts that changed since the traits were last written."""
        with self._lock:
            since, self._written = self._written, self._revision
            return self._since(since)

    def _since(self, revision: int) -> dict[str, dict[str, Any]]:
        return {k: v for k, v in self._values.items() if v["revision"] > revision}


class Commands:
    """What views asked for, in order; callbacks only put, one thread takes."""

    def __init__(self, kept: int = COMMANDS_KEPT) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._kept = kept
        self._lock = threading.Lock()

    def put(self, command: dict[str, Any]) -> bool:
        """Enqueue; False, and nothing kept, if a page floods the kernel."""
        with self._lock:
            if len(self._waiting) >= self._kept:
                return False
            self._waiting.append(command)
            return True

    def take(self) -> list[dict[str, Any]]:
        """Return all that wait, oldest first."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
            return taken


_ROUTE = "_reply_subshell_for"


def obey_address(comm: object) -> None:
    """Have what a page sends handled in the shell to which the page addressed it.

    JupyterLab addresses comms to a subshell, a thread that goes on while a cell runs.
    ipykernel 7.4 hands them to the shell that sent on the comm last instead, for
    replies that a cell awaits. A panel sends from a thread with the context of its
    cell, so that shell is the main one, where a click waits until the cell has ended.
    """
    if hasattr(comm, _ROUTE):
        setattr(comm, _ROUTE, _as_addressed)


def _as_addressed(_: object, subshell: str | None) -> str | None:
    return subshell


class Pump:
    """One daemon thread that calls `beat` whenever it is woken or due.

    `beat` returns the seconds until it wants to be called again, None to sleep
    until woken. The thread runs in a copy of the context in which it was
    started: ipykernel 7.4 sends a comm's answers to the shell of the message that
    stands in the sender's context, and loses them when that is a subshell of a page
    that is gone. In marimo it is a thread of marimo's: from others, a widget that
    is made there never reaches the page.
    """

    def __init__(self, beat: Callable[[], float | None], name: str) -> None:
        self._beat = beat
        self._wake = threading.Event()
        self._ended = False
        context = contextvars.copy_context()
        self._thread = _thread_class()(
            target=context.run, args=(self._run,), name=name, daemon=True
        )

    @property
    def thread(self) -> threading.Thread:
        """The thread that sends."""
        return self._thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Ask for a beat soon; cheap, from any thread."""
        self._wake.set()

    def end(self) -> None:
        """End the thread after the present beat."""
        self._ended = True
        self._wake.set()

    def _run(self) -> None:
        delay: float | None = None
        while not self._ended:
            self._wake.wait(delay)
            self._wake.clear()
            if self._ended:
                return
            try:
                delay = self._beat()
            except Exception:
                # A panel that cannot send must not take the search down with it.
                logger.exception("a panel could not update itself")
                delay = 1.0


def _thread_class() -> type[threading.Thread]:
    """Return the class of threads whose widgets reach the page of this host.

    marimo's is an ordinary thread where marimo is imported, but not the host.
    """
    marimo: Any = sys.modules.get("marimo")
    return threading.Thread if marimo is None else marimo.Thread
