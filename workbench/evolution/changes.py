"""Settings that a search may change while it is paused, and when it did.

A change belongs to a number of individuals, over all populations. At that number a
search can stop exactly, and there all populations have made equally many up to one, so
that the number alone says what each of them had made.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.evolution.spec import SearchSpec

CHANGEABLE = (
    "mutation_probability",
    "mutations",
    "tournament",
    "individuals",
    "evaluations",
    "train_steps",
    "seconds",
    "fitness",
)
"""What neither shapes the memory of a search nor what a fitness means."""

FOREVER = sys.maxsize

Settings = tuple[tuple[str, Any], ...]
Changes = tuple[tuple[int, Settings], ...]

_ACCEPTED = "pairs of a number of individuals, in ascending order, and settings by name"


class Schedule:
    """A spec with its changes, and how many of these have been made.

    Attributes
    ----------
    spec
        As the search began, with all changes: those made and those to come.
    in_force
        The settings with the changes made so far, and none to come.
    """

    def __init__(self, spec: SearchSpec) -> None:
        self.spec = spec
        self.in_force = replace(spec, changes=())
        self._made = 0

    def until_next(self, individuals: int) -> int:
        """Return how many individuals are made before the next change."""
        if self._made == len(self.spec.changes):
            return FOREVER
        return self.spec.changes[self._made][0] - individuals

    def make_due(self, individuals: int) -> list[tuple[int, dict[str, Any]]]:
        """Make the changes whose time has come; return what an event tells of each."""
        told = []
        while self.until_next(individuals) <= 0:
            position, settings = self.spec.changes[self._made]
            before = tuple((name, getattr(self.in_force, name)) for name, _ in settings)
            self._made += 1
            self.in_force = replace(self.in_force, **dict(settings))
            data = {"from": settings_to_json(before), "to": settings_to_json(settings)}
            told.append((position, data))
        return told

    def add(self, individuals: int, settings: Mapping[str, Any]) -> None:
        """Put in a change that is due now; what is already as it says is left out."""
        now = self.spec.at(individuals)
        new = replace(now, **settings)
        differing = {
            name: getattr(new, name)
            for name in settings
            if getattr(new, name) != getattr(now, name)
        }
        if differing:
            changes = self.spec.changes
            here = sum(position <= individuals for position, _ in changes)
            change = (individuals, tuple(differing.items()))
            changes = (*changes[:here], change, *changes[here:])
            self.spec = replace(self.spec, changes=changes)

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs, as JSON values."""
        return {"changes": changes_to_json(self.spec.changes), "made": self._made}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`; the longer list of changes is the newer one."""
        changes = max(state["changes"], self.spec.changes, key=len)
        self.spec = replace(self.spec, changes=changes)
        self._made = state["made"]
        self.in_force = after_changes(self.spec, self.spec.changes[: self._made])


def check_changes(spec: SearchSpec, given: Any) -> Changes:
    """Return changes in their one form, their values checked as those of `spec`.

    Raises
    ------
    ValueError
        For what is no change, a setting that cannot be changed or a bad value.
    """
    wrong = ValueError(f"changes is {given!r}; accepted: {_ACCEPTED}")
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise wrong
    changes: list[tuple[int, Settings]] = []
    for item in given:
        position, settings = _parts(item, changes[-1][0] if changes else 0)
        check_changeable(settings)
        try:
            spec = replace(spec, changes=(), **settings)
        except ValueError as error:
            raise ValueError(f"changes at {position} individuals: {error}") from None
        pairs = tuple((name, getattr(spec, name)) for name in settings)
        changes.append((position, pairs))
    return tuple(changes)


def check_changeable(settings: Mapping[str, Any]) -> None:
    """Refuse settings that cannot be changed once a search has begun."""
    for name in settings:
        if name not in CHANGEABLE:
            raise ValueError(
                f"{name} cannot be changed once a search has begun;"
                f" accepted: {', '.join(CHANGEABLE)}"
            )


def after_changes(spec: SearchSpec, changes: Changes) -> SearchSpec:
    """Return a spec as it stands after changes, which it then no longer names."""
    values = {name: value for _, settings in changes for name, value in settings}
    return replace(spec, changes=(), **values) if spec.changes or changes else spec


def changes_to_json(changes: Changes) -> list[list[Any]]:
    """Return changes as JSON values, which `check_changes` reads."""
    return [[position, settings_to_json(pairs)] for position, pairs in changes]


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Return settings as JSON values."""
    return {
        name: dict(value) if name == "mutations" else value for name, value in settings
    }


def _parts(item: Any, earliest: int) -> tuple[int, dict[str, Any]]:
    wrong = ValueError(f"changes holds {item!r}; accepted: {_ACCEPTED}")
    if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 2:
        raise wrong
    position, settings = item
    if type(position) is not int or position < earliest:
        raise wrong
    if isinstance(settings, Sequence) and all(
        isinstance(pair, Sequence) and len(pair) == 2 for pair in settings
    ):
        settings = dict(settings)
    if not isinstance(settings, Mapping) or not settings:
        raise wrong
    return position, dict(settings)
