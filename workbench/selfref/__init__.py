"""Learners that rewrite themselves: self-referential weight matrices and relatives."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.selfref.arrays import flatten, unflatten
    from workbench.selfref.microscope import LayerRecord, Record, record
    from workbench.selfref.model import Model, make_model
    from workbench.selfref.pretrained import load_pretrained
    from workbench.selfref.spec import KINDS, ModelSpec

__all__ = [
    "KINDS",
    "LayerRecord",
    "Model",
    "ModelSpec",
    "Record",
    "flatten",
    "load_pretrained",
    "make_model",
    "record",
    "unflatten",
]

_FILE_OF = {
    "KINDS": "spec",
    "Model": "model",
    "ModelSpec": "spec",
    "LayerRecord": "microscope",
    "Record": "microscope",
    "record": "microscope",
    "flatten": "arrays",
    "load_pretrained": "pretrained",
    "make_model": "model",
    "unflatten": "arrays",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: a spec does not need JAX, which is slow."""
    if name not in _FILE_OF:
        raise AttributeError(f"module 'workbench.selfref' has no attribute {name!r}")
    return getattr(import_module(f"workbench.selfref.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
