"""Checks of the fields of frozen specs; errors name field, value, what is accepted."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable


def fail(owner: Any, name: str, accepted: str) -> NoReturn:
    """Raise the error of a field."""
    value = getattr(owner, name)
    raise ValueError(f"{name} is {value!r}; accepted: {accepted}")


def known_fields(what: str, given: Iterable[str], names: Iterable[str]) -> None:
    """Check that what is given are fields."""
    for key in given:
        if key not in names:
            raise ValueError(
                f"{what} has no field {key!r}; accepted: {', '.join(names)}"
            )


def instance(owner: Any, name: str, kind: type, *, optional: bool = False) -> None:
    """Check that a field is of a type (or None)."""
    value = getattr(owner, name)
    if not isinstance(value, kind) and not (optional and value is None):
        fail(owner, name, f"a {kind.__name__}{' or None' if optional else ''}")


def one_of(owner: Any, name: str, accepted: tuple[str, ...]) -> None:
    """Check that a field is one of some words."""
    if getattr(owner, name) not in accepted:
        fail(owner, name, ", ".join(repr(word) for word in accepted))


def whole(owner: Any, name: str, low: int, high: int | None = None) -> None:
    """Check that a field is a whole number, 2e6 among them; keep it as an int."""
    value = getattr(owner, name)
    is_whole = isinstance(value, Real) and not isinstance(value, bool)
    is_whole = is_whole and math.isfinite(value) and value == int(value)
    if not is_whole or value < low or (high is not None and value > high):
        most = f" to {high}" if high is not None else " or more"
        fail(owner, name, f"a whole number, {low}{most}")
    object.__setattr__(owner, name, int(value))


def real(
    owner: Any, name: str, low: float, high: float = math.inf, *, above: bool = False
) -> None:
    """Check that a field is a number in a range (`above` its lower end); keep a float.

    A range without an upper end leaves out infinity.
    """
    value = getattr(owner, name)
    inside = isinstance(value, Real) and not isinstance(value, bool)
    inside = inside and low <= value <= high and math.isfinite(value)
    if not inside or (above and value == low):
        most = f" to {high:g}" if math.isfinite(high) else " or more"
        range_ = f"above {low:g}" if above else f"{low:g}{most}"
        fail(owner, name, f"a number, {range_}")
    object.__setattr__(owner, name, float(value))
