"""A comm that keeps what a widget sends, and a page that answers as a browser does."""

from __future__ import annotations

import threading
import time


class FakeComm:
    """Stands in for the kernel's side of a comm."""

    kernel = True
    comm_id = "fake"

    def __init__(self):
        self.sent = []
        self.threads = set()
        self._receive = None

    def on_msg(self, callback):
        self._receive = callback

    def send(self, data=None, buffers=None):
        self.threads.add(threading.current_thread().name)
        self.sent.append((data, buffers or []))

    def close(self, *args, **kwargs):
        pass

    def message(self, **content):
        """Deliver a message of the page."""
        data = {"method": "custom", "content": content}
        self._receive({"content": {"data": data}, "buffers": []})

    def frames(self):
        return [
            data["content"]
            for data, _ in self.sent
            if data["method"] == "custom" and data["content"]["type"] == "frame"
        ]

    def states(self):
        return [data["state"] for data, _ in self.sent if data["method"] == "update"]

    def handled(self):
        return [
            identity
            for data, _ in self.sent
            if data["method"] == "custom" and data["content"]["type"] == "handled"
            for identity in data["content"]["ids"]
        ]


def until(condition, seconds=20):
    """Wait for another thread to make a condition true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("the condition did not become true")
