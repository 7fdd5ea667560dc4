"""What all task specs share: checks, a form for storage, and a registry of kinds."""

from __future__ import annotations

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
class TaskSpec(ABC):
    """Describes a distribution of tasks and how many of them to draw.

    Equal specs make equal task sets. Task i depends on the seed, on i and on every
    field except ``tasks``, so that a longer set begins with the shorter one.
    """

    kind: ClassVar[str]
    label: ClassVar[Label] = "scalar"
    """What kind of label its tasks have."""
    checks: ClassVar[Mapping[str, Check]]

    def __post_init__(self) -> None:
        for field, check in self.checks.items():
            name = f"{type(self).__name__}.{field}"
            object.__setattr__(self, field, check(name, getattr(self, field)))

    @abstractmethod
    def make(self) -> TaskSet:
        """Draw the tasks."""

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain JSON values; `task_spec_from_dict` reads it."""
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
