"""What all task specs share: checks, a form for storage, and a registry of kinds."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar

import numpy as np

from workbench.tasks.seeding import MAX_SEED

if TYPE_CHECKING:
    from workbench.tasks.task import Label, TaskSet

Check: TypeAlias = Callable[[str, Any], Any]
S = TypeVar("S", bound="type[TaskSpec]")

_SPECS: dict[str, type[TaskSpec]] = {}


@dataclass(frozen=True)
class CheckedSpec:
    """A frozen description whose fields are checked when it is made.

    Attributes
    ----------
    kind
        What kind of spec it is, in its stored form.
    checks
        For each field that is checked, a function of its name and value that returns
        the value to keep, or raises ValueError.
    """

    kind: ClassVar[str]
    checks: ClassVar[Mapping[str, Check]]

    def __post_init__(self) -> None:
        for field, check in self.checks.items():
            name = f"{type(self).__name__}.{field}"
            object.__setattr__(self, field, check(name, getattr(self, field)))

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain JSON values; `from_dict` reads it."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"kind": self.kind, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; fields that are absent take their defaults."""
        names = [field.name for field in fields(cls)]
        for key in values:
            if key not in names and key != "kind":
                raise ValueError(
                    f"{cls.__name__} has no field {key!r}; accepted: {', '.join(names)}"
                )
        return cls(**{key: value for key, value in values.items() if key != "kind"})


@dataclass(frozen=True)
class TaskSpec(CheckedSpec, ABC):
    """Describes a distribution of tasks and how many of them to draw.

    Equal specs make equal task sets. Task i depends on the seed, on i and on every
    field except ``tasks``, so that a longer set begins with the shorter one.
    `task_spec_from_dict` reads the stored form of every kind.
    """

    label: ClassVar[Label] = "scalar"
    """What kind of label its tasks have."""

    @abstractmethod
    def make(self) -> TaskSet:
        """Draw the tasks."""


def register_task_spec(cls: S) -> S:
    """Make a spec class known to `task_spec_from_dict` by its ``kind``."""
    if _SPECS.setdefault(cls.kind, cls) is not cls:
        raise ValueError(f"the task kind {cls.kind!r} is already registered")
    return cls


def task_spec_from_dict(values: Mapping[str, Any]) -> TaskSpec:
    """Return the spec that `TaskSpec.to_dict` described.

    Raises
    ------
    ValueError
        If the kind or a field is unknown, or a value is not accepted.
    """
    kind = values.get("kind")
    if kind not in _SPECS:
        raise ValueError(f"kind is {kind!r}; accepted: {', '.join(sorted(_SPECS))}")
    return _SPECS[kind].from_dict(values)


def task_kinds() -> tuple[str, ...]:
    """Return the kinds of task specs that are registered."""
    return tuple(sorted(_SPECS))


def whole(low: int, high: int | None = None) -> Check:
    """Return a check that accepts whole numbers from ``low`` to ``high``."""
    accepted = f"{low} or more" if high is None else f"{low} to {high}"

    def check(name: str, value: Any) -> int:
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < low or (high is not None and value > high):
            raise ValueError(
                f"{name} is {value!r}; accepted: a whole number, {accepted}"
            )
        return int(value)

    return check


def one_of(*accepted: str) -> Check:
    """Return a check that accepts the given words."""

    def check(name: str, value: Any) -> str:
        if value not in accepted:
            words = ", ".join(repr(word) for word in accepted)
            raise ValueError(f"{name} is {value!r}; accepted: {words}")
        return str(value)

    return check


def real(low: float, high: float, *, open_low: bool = False) -> Check:
    """Return a check that accepts numbers from ``low`` (or above it) to ``high``."""
    above = "above " if open_low else ""
    limits = (
        f"{above}{low:g} or more" if high == math.inf else f"{above}{low:g} to {high:g}"
    )
    if open_low and high == math.inf:
        limits = f"above {low:g}"

    def check(name: str, value: Any) -> float:
        numbers = int | float | np.integer | np.floating
        fits = isinstance(value, numbers) and not isinstance(value, bool)
        fits = fits and math.isfinite(value) and low <= value <= high
        if not fits or (open_low and value == low):
            raise ValueError(f"{name} is {value!r}; accepted: a number, {limits}")
        return float(value)

    return check


def text(name: str, value: Any) -> str:
    """Accept a text."""
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} is {value!r}; accepted: a text")


def yes_or_no(name: str, value: Any) -> bool:
    """Accept True or False."""
    if value is not True and value is not False:
        raise ValueError(f"{name} is {value!r}; accepted: True or False")
    return bool(value)


def names(name: str, value: Any) -> tuple[str, ...]:
    """Accept a sequence of different texts, which may be empty."""
    is_list = isinstance(value, list | tuple)
    if not is_list or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"{name} is {value!r}; accepted: a list of names")
    if len(set(value)) < len(value):
        raise ValueError(f"{name} is {value!r}; accepted: each name at most once")
    return tuple(value)


SIZES: Mapping[str, Check] = {
    "features": whole(1),
    "train": whole(1),
    "valid": whole(1),
    "tasks": whole(1, 2**32 - 1),
    "seed": whole(0, MAX_SEED),
    "epochs": whole(1),
}
"""Checks of the fields that every kind of task has."""


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
