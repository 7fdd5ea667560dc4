"""The states of a runner and what each command does in each of them."""

from __future__ import annotations

from typing import Final, Literal

Status = Literal[
    "ready",
    "preparing",
    "running",
    "paused",
    "stopping",
    "stopped",
    "finished",
    "failed",
]
Command = Literal["run", "step", "pause", "stop", "close", "amend"]

ENDED: Final[frozenset[Status]] = frozenset({"stopped", "finished", "failed"})
AT_REST: Final[frozenset[Status]] = ENDED | {"ready", "paused"}
ADVANCING: Final[frozenset[Status]] = frozenset({"running", "stopping"})

# A pair that isn't listed changes nothing. An experiment that wasn't prepared yet
# passes through "preparing" on its way to "running" and "stopping". Besides, a run
# whose experiment says that it is finished becomes "finished" (from "stopping":
# "stopped"), one that has made its steps becomes "paused", and an exception makes
# any of them "failed". "amend" lets the experiment be altered at rest.
AFTER: Final[dict[tuple[Status, Command], Status]] = {
    ("ready", "run"): "running",
    ("ready", "step"): "running",
    ("ready", "stop"): "stopped",
    ("paused", "run"): "running",
    ("paused", "step"): "running",
    ("paused", "stop"): "stopping",
    ("running", "run"): "running",
    ("running", "step"): "running",
    ("running", "pause"): "paused",
    ("running", "stop"): "stopping",
    ("running", "close"): "paused",
    ("stopping", "stop"): "stopped",
    ("stopping", "close"): "paused",
}


def after(status: Status, command: Command) -> Status:
    """Return the status that a command leads to."""
    return AFTER.get((status, command), status)
