"""Pytrees as named arrays and back, for npz files without pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY: dict[type, str] = {dict: "{}", tuple: "()"}


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """Return the arrays of nested dicts and tuples by their paths.

    Keys of dicts are parted by ``/``; places in tuples are ``(0)``, ``(1)``. An empty
    dict or tuple leaves an empty array, so that it comes back too.

    Raises
    ------
    ValueError
        For what would not come back as it was: other containers, keys that are not
        words, leaves that are not arrays of numbers.
    """
    found: dict[str, np.ndarray] = {}
    _flatten(tree, "", found)
    return found


def _flatten(tree: Any, path: str, found: dict[str, np.ndarray]) -> None:
    kind = type(tree)
    if kind in _EMPTY and not tree:
        found[_joined(path, _EMPTY[kind])] = np.empty(0)
    elif kind is dict:
        for key, value in tree.items():
            if not isinstance(key, str) or not key or set(key) & set("/(){}"):
                raise ValueError(
                    f"{path or 'the tree'} has the key {key!r};"
                    " accepted: words without / ( ) { }"
                )
            _flatten(value, _joined(path, key), found)
    elif kind is tuple:
        for place, value in enumerate(tree):
            _flatten(value, _joined(path, f"({place})"), found)
    else:
        leaf = np.asarray(tree) if hasattr(tree, "dtype") else np.empty(0, object)
        if leaf.dtype.kind not in "biufc" or not path:
            raise ValueError(
                f"{path or 'the tree'} is a {kind.__name__};"
                " accepted: dicts and tuples of arrays of numbers"
            )
        found[path] = leaf


def unflatten(arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the tree that `flatten` took apart; an open npz file will do.

    Raises
    ------
    ValueError
        Where the paths contradict each other.
    """
    if not arrays:
        raise ValueError("there are no arrays; accepted: what flatten returned")
    tree: dict[str, Any] = {}
    for path in arrays:
        *parents, last = path.split("/")
        place = tree
        for name in parents:
            place = place.setdefault(name, {})
            if type(place) is not dict:
                raise ValueError(f"{path!r} lies within an array; accepted: a tree")
        if last in place:
            raise ValueError(
                f"{path!r} is an array that holds others; accepted: a tree"
            )
        place[last] = np.asarray(arrays[path])
    return _grown(tree, "")


def _grown(tree: Any, path: str) -> Any:
    if not isinstance(tree, dict):
        return tree
    if set(tree) == {"{}"}:
        return {}
    if set(tree) == {"()"}:
        return ()
    grown = {name: _grown(value, _joined(path, name)) for name, value in tree.items()}
    places = [name.startswith("(") for name in tree]
    if not any(places):
        return grown
    names = [f"({place})" for place in range(len(tree))]
    if not set(names) == set(tree):
        raise ValueError(
            f"{path or 'the tree'} holds {', '.join(sorted(tree))};"
            f" accepted: names, or all of {', '.join(names)}"
        )
    return tuple(grown[name] for name in names)


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
