"""How long a new process takes to its first generation, with and without a cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DONE = "one generation"
_CHILD = f"""
from workbench.evolution import PRESETS, Search

spec = PRESETS["demo"].spec
search = Search(spec, threads=1)
search.prepare()
search.advance(spec.population)
print("{_DONE}", flush=True)
"""


@dataclass(frozen=True)
class FirstUse:
    """Seconds from the start of a process to its first generation of the demo."""

    empty: float | None  #: with an empty cache; None: not measured
    filled: list[float]

    @property
    def median(self) -> float:
        """The median with a filled cache."""
        return median(self.filled)


def start(cache: str | None) -> float:
    """Return the seconds that a new process takes to its first generation.

    Raises
    ------
    RuntimeError
        When it does not get there.
    """
    environment = dict(os.environ)
    if cache is not None:
        environment["WORKBENCH_CACHE"] = cache
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", _CHILD],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == _DONE:
                return time.perf_counter() - began
    raise RuntimeError("a new process ended without a generation; see above")


def measure(runs: int, tell: Callable[[str], None]) -> FirstUse:
    """Fill a new cache, then start so many processes that find it filled."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as cache:
        tell("first use, with an empty cache: about a minute")
        empty = start(cache)
        tell("first use, with a filled cache")
        return FirstUse(empty, [start(cache) for _ in range(runs)])


def measure_filled(runs: int) -> FirstUse:
    """Start processes on the cache that this one uses."""
    return FirstUse(None, [start(None) for _ in range(runs)])
