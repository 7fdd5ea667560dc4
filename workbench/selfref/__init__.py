"""Learners that rewrite themselves: self-referential weight matrices and relatives."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.selfref.arrays import flatten, unflatten
    from workbench.selfref.evaluate import Evaluation
    from workbench.selfref.meta_presets import META_TASKS, meta_preset
    from workbench.selfref.meta_spec import MetaSpec
    from workbench.selfref.microscope import LayerRecord, Record, record
    from workbench.selfref.model import Model, make_model
    from workbench.selfref.pretrained import load_pretrained
    from workbench.selfref.recorded import load_series
    from workbench.selfref.spec import KINDS, ModelSpec
    from workbench.selfref.trained import Trained, load_trained
    from workbench.selfref.training import DivergenceError, MetaTraining

__all__ = [
    "KINDS",
    "META_TASKS",
    "DivergenceError",
    "Evaluation",
    "LayerRecord",
    "MetaSpec",
    "MetaTraining",
    "Model",
    "ModelSpec",
    "Record",
    "Trained",
    "flatten",
    "load_pretrained",
    "load_series",
    "load_trained",
    "make_model",
    "meta_preset",
    "record",
    "unflatten",
]

_FILE_OF = {
    "KINDS": "spec",
    "META_TASKS": "meta_presets",
    "DivergenceError": "training",
    "Evaluation": "evaluate",
    "LayerRecord": "microscope",
    "MetaSpec": "meta_spec",
    "MetaTraining": "training",
    "Model": "model",
    "ModelSpec": "spec",
    "Record": "microscope",
    "Trained": "trained",
    "flatten": "arrays",
    "load_pretrained": "pretrained",
    "load_series": "recorded",
    "load_trained": "trained",
    "make_model": "model",
    "meta_preset": "meta_presets",
    "record": "microscope",
    "unflatten": "arrays",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: a spec does not need JAX, which is slow."""
    if name not in _FILE_OF:
        raise AttributeError(f"module 'workbench.selfref' has no attribute {name!r}")
    return getattr(import_module(f"workbench.selfref.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
