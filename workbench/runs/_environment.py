"""Which process holds a run, whether it lives, and what software it runs."""

from __future__ import annotations

import os
import platform
import socket
import uuid
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

STALE_SECONDS = 120.0
"""Age of a heartbeat from which its process counts as dead if nothing tells more."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A runner that holds a run: nobody else may write to it meanwhile."""

    token: str
    host: str
    pid: int
    started: str | None

    @classmethod
    def here(cls) -> Owner:
        """Return a new owner in this process."""
        pid = os.getpid()
        return cls(uuid.uuid4().hex, socket.gethostname(), pid, _started(pid))

    def is_alive(self, heartbeat_age: float) -> bool:
        """Tell whether the process still exists.

        On this host the process table knows, also whether a number was given
        away again; for other hosts a heartbeat younger than `STALE_SECONDS` is
        what there is.
        """
        fresh = heartbeat_age < STALE_SECONDS
        if self.host != socket.gethostname() or os.name != "posix":
            return fresh
        if self.started is not None:
            return _started(self.pid) == self.started
        return _exists(self.pid) and fresh


def _started(pid: int) -> str | None:
    """Return what tells this process from others of the same number, if known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # The command name stands in parentheses and may itself contain spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{ticks}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def versions() -> dict[str, str]:
    """Return the versions on which results may depend."""
    found = {"python": platform.python_version()}
    for name in ("tain-workbench", "numpy", "numba"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    commit = _commit(Path(__file__).parents[2])
    return {**found, "git": commit} if commit else found


def _commit(checkout: Path) -> str | None:
    """Return the commit checked out in a folder; None where there is no checkout."""
    git = checkout / ".git"
    try:
        if git.is_file():  # a further worktree says where its own files are
            git = checkout / git.read_text().removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head or None
        name = head.removeprefix("ref: ")
        common = git / "commondir"
        shared = git / common.read_text().strip() if common.exists() else git
        for folder in (git, shared):
            if (folder / name).exists():
                return (folder / name).read_text().strip()
        for line in (shared / "packed-refs").read_text().splitlines():
            if line.endswith(f" {name}"):
                return line.split()[0]
    except OSError:
        return None
    return None
