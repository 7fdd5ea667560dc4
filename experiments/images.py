"""Which image data sets are on this computer: a series leaves the others out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.tasks import DataLibrary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def present(datasets: Iterable[str], tell: Callable[[str], None]) -> set[str]:
    """Return the data sets that are here; tell of each other one how to get it."""
    library = DataLibrary()
    named = dict.fromkeys(datasets)
    ready = {name for name in named if library.status(name).ready}
    for name in named:
        if name not in ready:
            tell(f"{name} is left out; to have it: workbench data add {name} PATH")
    return ready
