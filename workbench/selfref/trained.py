"""A trained model in one file: the spec as JSON and plain arrays, no pickle."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.selfref.arrays import flatten, unflatten
from workbench.selfref.meta_spec import MetaSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.selfref.layers import Params

_PARAMS = "params"
_ABOUT = "about"


@dataclass(frozen=True, eq=False)
class Trained:
    """What training leaves: the spec, the parameters, and what was measured of them.

    Attributes
    ----------
    params
        Those that did best in validation.
    facts
        JSON values: the step they are of, scores.
    """

    spec: MetaSpec
    params: Params
    facts: Mapping[str, Any]

    def save(self, path: Path | str) -> Path:
        """Write an npz file; it takes its name only once it is whole."""
        path = Path(path)
        about = json.dumps({"spec": self.spec.to_dict(), "facts": dict(self.facts)})
        arrays: dict[str, Any] = {_ABOUT: np.frombuffer(about.encode(), np.uint8)}
        arrays |= flatten({_PARAMS: self.params})
        half = path.with_name(path.name + ".part")
        with half.open("wb") as file:
            np.savez_compressed(file, **arrays)
        half.replace(path)
        return path


def load_trained(path: Path | str) -> Trained:
    """Read what `Trained.save` wrote.

    Raises
    ------
    ValueError
        If the file holds something else or is damaged.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            held = unflatten(file)
        about = json.loads(held[_ABOUT].tobytes())
        return Trained(MetaSpec.from_dict(about["spec"]), held[_PARAMS], about["facts"])
    except FileNotFoundError:
        raise
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is no trained model ({error}); accepted: a file that Trained.save "
            "wrote"
        ) from error
