"""What a figure was measured on."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> str:
    """Return processor, cores, system and versions in one sentence."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()},"
        f" Python {platform.python_version()}, {versions}"
    )


def busy() -> tuple[float, float] | None:
    """Return processor seconds used so far by all processes, and by this one.

    None where the system does not tell (`/proc/stat` is Linux's).
    """
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system = map(int, stat.read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK"), time.process_time()


def bystanders(
    before: tuple[float, float] | None,
    after: tuple[float, float] | None,
    seconds: float,
) -> float | None:
    """Return how many cores other processes took; None where that is not told."""
    if before is None or after is None:
        return None
    everything, own = after[0] - before[0], after[1] - before[1]
    return max(0.0, everything - own) / seconds


def in_words(cores: float | None) -> str:
    """Return how busy other processes were, in a sentence."""
    if cores is None:
        return "How busy it was with other work is not known."
    return f"Other work took {cores:.2f} cores meanwhile."
