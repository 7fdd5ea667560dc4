"""Base of all panels: one writer of the traits, one sender of the frames."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets
from IPython.display import display

from workbench.widgets.channel import (
    STATE_SECONDS,
    Commands,
    Frame,
    Parts,
    Pump,
    Stream,
    obey_address,
)

if TYPE_CHECKING:
    from workbench.widgets.table import Table

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STATIC_CLASS = "wb-static"

logger = logging.getLogger(__name__)


class Panel(anywidget.AnyWidget):
    """A panel with named state parts and, if it has one, a growing table.

    A subclass declares one synced `Dict` trait for each part, puts values with `put`,
    answers commands in `handle`, and may compute parts lazily in `refresh`. All three
    run under `lock`. Traits are written by whoever holds the lock, mostly the pump
    thread; widget callbacks only enqueue.

    While no view is attached or keeps up, nothing is sent but what `announce`
    asks for (a run that paused or ended), so a closed tab costs nothing.
    """

    poll_seconds: ClassVar[float | None] = None
    """How often to `refresh` while somebody looks, even if nothing woke the pump."""

    # Until it is made; what is half made is closed too when it is forgotten.
    _pump: Pump | None = None

    key = traitlets.Unicode().tag(sync=True)
    rows = traitlets.Bytes(b"").tag(sync=True)
    rows_meta = traitlets.Dict().tag(sync=True)

    def __init__(self, table: Table | None = None) -> None:
        self.lock = threading.RLock()
        self._parts = Parts()
        self._table = table
        self._stream = Stream()
        self._commands = Commands()
        self._state_written = -float("inf")
        self._rows_written = -float("inf")
        self._announced = False
        self._static_shown = False
        super().__init__()
        self.key = self.model_id or ""
        obey_address(self.comm)
        self.on_msg(self._receive)
        self._pump = Pump(self._beat, name=f"{type(self).__name__} pump")
        self._pump.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    # --- for subclasses

    def handle(self, command: dict[str, Any]) -> None:
        """Obey one command of a view; what it changed is refreshed after it."""

    def complain(self, error: Exception) -> None:
        """Tell the reader that a command failed in a way that nobody foresaw."""

    def refresh(self) -> None:
        """Put parts that are computed only when somebody looks."""

    def static_html(self) -> str:
        """Return the last state as HTML for hosts that show no widgets."""
        return ""

    def put(self, name: str, **value: Any) -> None:
        """Set a part; both channels carry it when they may."""
        if self._parts.put(name, value):
            self._pump_wake()

    def part(self, name: str) -> dict[str, Any]:
        """Return the present value of a part."""
        return self._parts.get(name)

    def announce(self) -> None:
        """Write the state soon even if nobody listens: the run paused or ended."""
        self._announced = True
        self._pump_wake()

    def settle(self) -> None:
        """Write all parts to the traits now, in the calling thread."""
        with self.lock:
            self._write_state(rows=True)

    # --- Source of the stream

    def changes(self) -> Frame | None:
        """Return what changed since the last frame."""
        return self._frame(everything=False)

    def snapshot(self) -> Frame:
        """Return everything, for a view that knows nothing."""
        return self._frame(everything=True) or Frame({"parts": {}}, [])

    def _frame(self, everything: bool) -> Frame | None:
        parts = self._parts.to_stream(everything)
        taken = self._table.take(everything) if self._table is not None else None
        if not parts and taken is None:
            return None
        content: dict[str, Any] = {"parts": parts}
        if taken is None:
            return Frame(content, [])
        content["table"], data = taken
        return Frame(content, [data])

    # --- plumbing

    def _pump_wake(self) -> None:
        if self._pump is not None:
            self._pump.wake()

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        """Take a message of a view; runs on a shell thread, so only enqueues."""
        if not self._stream.receive(content):
            self._commands.put(content)
        elif content.get("type") == "attach":
            self._state_written = -float("inf")
        self._pump_wake()

    def _beat(self) -> float | None:
        handled = [self._obey(command) for command in self._commands.take()]
        if handled:
            self.send({"type": "handled", "ids": [i for i in handled if i is not None]})
        now = time.monotonic()
        waits = []
        with self.lock:
            listening = self._stream.listening
            if listening or self._announced or handled:
                self.refresh()
            if listening:
                frame = self._stream.frame(self)
                if frame is not None:
                    self.send(frame.content, frame.buffers)
                elif (wait := self._stream.wait()) is not None and wait > 0:
                    waits.append(wait)
            due = self._state_written + STATE_SECONDS - now
            if self._announced or (listening and due <= 0):
                rows = self._announced or now - self._rows_written > 10 * STATE_SECONDS
                self._write_state(rows)
            elif listening:
                waits.append(due)
            if listening and self.poll_seconds is not None:
                waits.append(self.poll_seconds)
        return min(waits, default=None)

    def _obey(self, command: dict[str, Any]) -> Any:
        try:
            with self.lock:
                self.handle(command)
        except Exception as error:
            logger.exception("a panel could not obey %r", command)
            self.complain(error)
        return command.get("id")

    def _write_state(self, rows: bool) -> None:
        """Write what changed into the traits; the caller holds the lock."""
        announced, self._announced = self._announced, False
        now = time.monotonic()
        with self.hold_sync():
            for name, value in self._parts.to_state().items():
                self.set_trait(name, value)
            if rows and self._table is not None:
                self.rows_meta, self.rows = self._table.compact()
                self._rows_written = now
        self._state_written = now
        if announced and self._static_shown:
            self._show_static(update=True)

    # --- display

    def _ipython_display_(self, **_: Any) -> None:
        """Show the panel, and beside it what hosts without widgets will show.

        The second output is hidden by the style sheet wherever the panel lives. It
        is an output of its own because updating the panel's own output would
        draw the panel anew at every pause.
        """
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        display({WIDGET_VIEW: view, "text/plain": repr(self)}, raw=True)  # type: ignore[no-untyped-call]
        self._show_static(update=False)

    def _show_static(self, update: bool) -> None:
        html = f'<div class="{STATIC_CLASS}">{self.static_html()}</div>'
        bundle = {"text/html": html, "text/plain": repr(self)}
        with suppress(AttributeError):
            display(  # type: ignore[no-untyped-call]
                bundle, raw=True, display_id=f"static-{self.model_id}", update=update
            )
        self._static_shown = True

    def close(self) -> None:
        """Remove the panel from the page and end its pump."""
        if self._pump is not None:
            self._pump.end()
        super().close()
