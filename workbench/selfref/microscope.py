"""What a model did to itself over one sequence, step by step.

`record` runs a sequence and keeps the matrices of every step. Changed inputs (an
example perturbed, a label swapped) are just other ``xs``; self-modification switched
off from a step on is ``frozen_from``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.selfref.plain import LOOKS_INSIDE, answers, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.selfref.layers import Params, State
    from workbench.selfref.model import Model
    from workbench.selfref.plain import Way
    from workbench.selfref.spec import ModelSpec


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One layer over T steps."""

    weights: np.ndarray
    """(T + 1, heads, d, columns): before the first step, and after each."""
    parts: Mapping[str, slice]
    """The columns of each part of the matrices: y, q, k and b of an SRWM, v of fast
    weights, and the sum that linear attention divides by."""
    steps: Mapping[str, np.ndarray]
    """(T, heads, ...): row, product, query, key, value, held, rates, as in `Way`."""

    def part(self, name: str) -> np.ndarray:
        """Return a part of the matrices, (T + 1, heads, d, its columns).

        Raises
        ------
        ValueError
            When there is no such part.
        """
        if name not in self.parts:
            raise ValueError(f"part is {name!r}; accepted: {', '.join(self.parts)}")
        return self.weights[..., self.parts[name]]

    def changes(self, name: str = "") -> np.ndarray:
        """Return what each step added to a part, or to all: (T, heads, d, columns)."""
        return np.diff(self._chosen(name), axis=0)

    def singular_values(self, name: str = "") -> np.ndarray:
        """Return the singular values of a part, or of all: (T + 1, heads, rank).

        The largest first.
        """
        return np.linalg.svd(self._chosen(name), compute_uv=False)

    def drift(self, name: str = "") -> np.ndarray:
        """Return how far a part, or all, is from its beginning: (T + 1, heads).

        The Frobenius norm of the difference.
        """
        chosen = self._chosen(name)
        return np.linalg.norm(chosen - chosen[:1], axis=(-2, -1))

    def _chosen(self, name: str) -> np.ndarray:
        return self.part(name) if name else self.weights


@dataclass(frozen=True, eq=False)
class Record:
    """A model over one sequence of T steps."""

    spec: ModelSpec
    xs: np.ndarray
    """(T, inputs)"""
    ys: np.ndarray
    """(T, outputs)"""
    layers: tuple[LayerRecord, ...]
    before: np.ndarray | None = None
    """(T, outputs): the answer to each probe just before its step, and after it."""
    after: np.ndarray | None = None


def record(
    model: Model,
    params: Params,
    xs: Any,
    *,
    state: State | None = None,
    frozen_from: int | None = None,
    probes: Any = None,
) -> Record:
    """Run a sequence, xs (T, inputs), and keep what happened at every step.

    In NumPy, with nothing to compile.

    Parameters
    ----------
    state
        Where to begin; None: the start of a sequence.
    frozen_from
        The step, from 0, from which on the matrices may not change; None: never.
    probes
        (T, inputs): asked before and after each step without being kept, such as the
        step's example without its label.

    Raises
    ------
    ValueError
        For a kind without matrices that change, or a wrong shape.
    """
    spec, xs = model.spec, np.asarray(xs, np.float32)
    if spec.kind not in LOOKS_INSIDE:
        raise ValueError(
            f"the model's kind is {spec.kind!r}; accepted, for a look inside:"
            f" {', '.join(map(repr, LOOKS_INSIDE))}"
        )
    steps = len(xs) if xs.ndim else 0
    if xs.shape != (steps, spec.inputs) or not steps:
        raise ValueError(
            f"xs has the shape {xs.shape}; accepted: (T, inputs) with"
            f" inputs = {spec.inputs} and T 1 or more"
        )
    asked = xs if probes is None else np.asarray(probes, np.float32)
    if asked.shape != xs.shape:
        raise ValueError(
            f"probes has the shape {asked.shape}; accepted: that of xs, {xs.shape}"
        )
    way = walk(spec, params, xs, state=state, frozen_from=frozen_from)
    layers = layer_records(spec, way)
    if probes is None:
        return Record(spec, xs, way.ys, layers)
    at = np.arange(steps)
    told = (
        answers(spec, params, way, at + late, asked[:, None])[:, 0] for late in (0, 1)
    )
    return Record(spec, xs, way.ys, layers, *told)


def layer_records(spec: ModelSpec, way: Way) -> tuple[LayerRecord, ...]:
    """Return a record of each layer; none of a kind without matrices that change."""
    if spec.kind not in LOOKS_INSIDE:
        return ()
    d = spec.head
    parts = {"v": slice(0, d)}
    if spec.kind == "srwm":
        starts = {name: slice(n * d, (n + 1) * d) for n, name in enumerate("yqk")}
        parts = {**starts, "b": slice(3 * d, 3 * d + spec.rates)}
    elif spec.kind == "linear-attention":
        parts["sum"] = slice(d, d + 1)
    return tuple(
        LayerRecord(weights, parts, steps)
        for (weights,), steps in zip(way.states, way.steps, strict=True)
    )
