"""What runs long: a value that advances in chunks and can be stopped and restored.

An experiment owns all of its state, random state included, so that its results
depend on its spec alone: not on the size of the chunks, not on the number of
threads, not on how often it was interrupted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth keeping that happened during a run.

    Attributes
    ----------
    kind
        What happened, such as ``"best"``, ``"selected"``, ``"final"``, ``"note"``.
    position
        Where it happened, in units of the experiment.
    data
        Details: JSON values only.

    Notes
    -----
    The events of a run are numbered 0, 1, 2, ... in the order in which
    `Experiment.advance` returned them, over all interruptions. An event may refer
    to an earlier one by that number.
    """

    kind: str
    position: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an experiment has come, and what is new since the last report.

    Attributes
    ----------
    position
        Units of work done since the experiment began.
    total
        Units of work planned; None where the end isn't known beforehand.
    finished
        True when nothing is left to do.
    metrics
        Latest values of named quantities.
    curve
        New points of the curve, each a flat mapping from column to number.
    events
        New events.
    """

    position: int
    total: int | None = None
    finished: bool = False
    metrics: dict[str, float | int | str] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Spec(Protocol):
    """A description that is enough to make the experiment again."""

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON values."""
        ...


@runtime_checkable
class Experiment(Protocol):
    """What `Runner` can run.

    A spec may have the attributes ``name`` and ``seed``; a run is listed under them.
    An experiment may have a method ``attach(runner)``: each runner that is made for
    it, by hand or by `Runner.resume_run`, then makes itself known.
    Only one thread at a time calls these methods.
    """

    kind: ClassVar[str]
    """Name under which `register_experiment` knows how to make it again."""
    unit: ClassVar[str]
    """What a position counts, such as ``"individuals"``."""

    @property
    def spec(self) -> Spec:
        """The description from which the experiment was made."""
        ...

    def prepare(self) -> None:
        """Do what is slow and needed once: compile, load data.

        Called once in the worker thread before the first `advance`, possibly after
        `restore`.
        """
        ...

    def advance(self, budget: int) -> Progress:
        """Do up to `budget` units of work, with the GIL released where possible.

        The state after two calls with budgets a and b is the state after one call
        with a + b, and so are the points and events returned. Closing work that
        isn't counted in units may leave the position where it is. Once finished, a
        further call changes nothing and returns nothing new.
        """
        ...

    def finish(self) -> None:
        """End early: from now on `advance` does only the closing work."""
        ...

    def snapshot(self) -> Progress:
        """Return the current metrics without new points and events."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that `restore` needs: plain arrays, no objects."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue exactly where `state` was taken."""
        ...


_MAKERS: dict[str, Callable[..., Experiment]] = {}


def register_experiment(kind: str, from_spec_dict: Callable[..., Experiment]) -> None:
    """Make experiments of one kind known to `make_experiment`.

    Parameters
    ----------
    kind
        The experiment's `kind`. Registering it again replaces the maker.
    from_spec_dict
        Called with the dictionary that ``spec.to_dict()`` gave, and with options
        as keywords that change how the experiment runs but not its results.
    """
    _MAKERS[kind] = from_spec_dict


def make_experiment(kind: str, spec: Mapping[str, Any], **options: Any) -> Experiment:
    """Make an experiment from what a store kept of it.

    Raises
    ------
    ValueError
        If no room that has been imported registered this kind.
    """
    try:
        maker = _MAKERS[kind]
    except KeyError:
        known = ", ".join(sorted(_MAKERS)) or "none"
        message = (
            f"unknown kind of experiment {kind!r}; known: {known}. "
            "Import the module that defines it first."
        )
        raise ValueError(message) from None
    return maker(spec, **options)


def json_to_array(value: Any) -> np.ndarray:
    """Return a JSON value as an array of bytes (uint8), for `Experiment.state`."""
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8).copy()


def array_to_json(array: np.ndarray) -> Any:
    """Return the JSON value that `json_to_array` packed."""
    return json.loads(np.asarray(array, dtype=np.uint8).tobytes())
