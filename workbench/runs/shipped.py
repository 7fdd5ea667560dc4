"""Where data lie that ship with the workbench."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped_folders(name: str) -> tuple[Path, ...]:
    """Return the places of a folder of `data`: in a checkout, in an installed package.

    Not each of them exists.
    """
    return tuple(folder / "data" / name for folder in (_PACKAGE.parent, _PACKAGE))
