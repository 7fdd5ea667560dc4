"""What a store gives back, and what can go wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class RunStoreError(ValueError):
    """A store of runs can't do what was asked."""


class UnknownRunError(RunStoreError):
    """No run, or more than one, goes by this name."""


class RunBusyError(RunStoreError):
    """Another runner holds the run."""


class DamagedRunError(RunStoreError):
    """No checkpoint of the run can be read."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the store knows it.

    Attributes
    ----------
    id
        Unique in the store; ids sort by the time when the run was created.
    kind, spec
        What `workbench.runs.make_experiment` needs to make the experiment again.
    name, seed, unit, total
        As the experiment gave them.
    status
        A status of `Runner`, or ``"interrupted"`` for a run whose process died.
    created, updated, heartbeat
        Seconds since 1970.
    position, metrics
        As of the last report.
    seconds
        Time spent advancing, over all interruptions.
    versions
        Versions of Python and packages with which the run began.
    error
        The traceback of a run that failed.
    host, pid
        The process that holds the run, if one does.
    tags
        As given with `RunStore.tag`, sorted.
    deleted
        When it was deleted, in seconds since 1970; None for a run that is not.
    """

    id: str
    kind: str
    name: str
    spec: dict[str, Any]
    seed: int | None
    unit: str
    status: str
    created: float
    updated: float
    position: int
    total: int | None
    seconds: float
    metrics: dict[str, float | int | str]
    versions: dict[str, str]
    error: str | None
    host: str | None
    pid: int | None
    heartbeat: float
    tags: tuple[str, ...] = ()
    deleted: float | None = None

    @property
    def version(self) -> str:
        """The commit of the checkout that made the run, or the package's version."""
        commit = self.versions.get("git", "")
        return commit[:7] or self.versions.get("tain-workbench", "")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state from which a run can go on.

    Attributes
    ----------
    number
        Counts the checkpoints of the run.
    position, seconds
        Where the run was.
    curve_rows, event_rows
        How many points and events had been stored.
    state
        What `Experiment.restore` takes.
    warnings
        What was wrong with newer checkpoints, if this isn't the newest.
    """

    number: int
    position: int
    seconds: float
    curve_rows: int
    event_rows: int
    state: dict[str, np.ndarray]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A remark about a run: interruptions, warnings. Not a result of it."""

    time: float
    kind: str
    text: str
