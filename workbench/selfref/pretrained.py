"""The models that ship, trained beforehand, so that there is something to look at."""

from __future__ import annotations

from workbench.runs.shipped import shipped_folders
from workbench.selfref.trained import Trained, load_trained

FOLDERS = shipped_folders("meta")


def pretrained_names() -> tuple[str, ...]:
    """Return the names that `load_pretrained` takes."""
    files = (file for folder in FOLDERS for file in folder.glob("*.npz"))
    return tuple(sorted({file.stem for file in files} - {"episodes"}))


def load_pretrained(name: str = "srwm") -> Trained:
    """Read a model that ships; ``python -m benchmarks.pretrained`` made them.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    for folder in FOLDERS:
        path = folder / f"{name}.npz"
        if name in pretrained_names() and path.exists():
            return load_trained(path)
    names = ", ".join(map(repr, pretrained_names())) or "none is installed"
    raise ValueError(f"name is {name!r}; accepted: {names}")
