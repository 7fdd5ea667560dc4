"""How the engine compiles: one policy for every kernel, cached on disk.

The cache lies in a folder of its own, named by a digest of the sources that are
compiled and of the compiler's versions: numba itself notices only a change in the
file of the outermost function. `lock()` serialises compilation between processes,
since numba's index of cached code must not be written by two at once.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from filelock import FileLock
from numba.core import config as numba_config
from numba.core.errors import NumbaExperimentalFeatureWarning
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPILED_ROOMS = ("programs", "engine", "evolution")


@cache
def cache_folder() -> Path:
    """Return the folder of compiled code for these sources (WORKBENCH_CACHE moves it).

    Folders of other versions are left alone: another environment may use them.
    """
    digest = hashlib.sha256()
    package = find_spec("workbench")
    for place in (package.submodule_search_locations or []) if package else []:
        for room in COMPILED_ROOMS:
            for path in sorted(Path(place, room).glob("*.py")):
                digest.update(path.name.encode() + path.read_bytes())
    for name in ("numba", "llvmlite", "numpy"):
        digest.update(metadata.version(name).encode())
    root = os.environ.get("WORKBENCH_CACHE") or user_cache_path("tain-workbench")
    folder = Path(root) / "compiled" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("it is read-only")
    except OSError as error:
        raise OSError(
            f"compiled code cannot be kept in {folder} ({error}); the environment"
            " variable WORKBENCH_CACHE names another folder"
        ) from error
    return folder


def lock() -> FileLock:
    """Return the lock that one process holds while it compiles or loads code."""
    return FileLock(cache_folder() / ".lock")


# Interpreters are handed to kernels as functions, which numba calls experimental.
warnings.filterwarnings(
    "ignore", "First-class function type", NumbaExperimentalFeatureWarning
)

njit: Any = numba.njit  # it takes more options than its types tell
config: Any = numba_config  # its settings are made at run time


@contextmanager
def _cache_in_folder() -> Iterator[None]:
    """Point numba at our folder while a function is decorated, not for user code."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        yield
    finally:
        config.CACHE_DIR = before


_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function without the GIL, IEEE-exact, cached on disk.

    Nothing that is compiled makes arrays: so numba can do without reference counts
    (`_nrt`), each of which would cost more than most instructions.

    No `fastmath`: NaN and infinity are signals in a search over programs, and
    results must not depend on how a sum is vectorised.
    """
    with _cache_in_folder():
        return njit(nogil=True, cache=True, error_model="numpy", _nrt=False)(function)


def compiled_callback(function: Callable[..., Any], signature: Any) -> Any:
    """Compile a function to be called by its address, with the policy of `kernel`."""
    with _cache_in_folder():
        return numba.cfunc(signature, cache=True, error_model="numpy")(function)


def helper(function: Callable[..., Any]) -> Any:
    """Compile a small function into its callers; it has no cache of its own."""
    return njit(**_OPTIONS)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small function right into its callers, always."""
    return njit(forceinline=True, **_OPTIONS)(function)
