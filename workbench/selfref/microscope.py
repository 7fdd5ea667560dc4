"""What a model did to itself over one sequence, step by step.

`record` runs a sequence and keeps the matrices of every step. Changed inputs (an
example perturbed, a label swapped) are just other ``xs``; self-modification switched
off from a step on is ``frozen_from``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.selfref.layers import Params, State
    from workbench.selfref.model import Model
    from workbench.selfref.spec import ModelSpec


@dataclass(frozen=True)
class LayerRecord:
    """One layer over T steps."""

    weights: np.ndarray
    """(T + 1, heads, d, columns): before the first step, and after each."""
    parts: Mapping[str, slice]
    """The columns of each part of the matrices: y, q, k, b of an SRWM."""
    steps: Mapping[str, np.ndarray]
    """(T, heads, ...): query, key, value, held, rates; see `Model.inspect`."""

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

    def changes(self, name: str) -> np.ndarray:
        """Return what each step added to a part, (T, heads, d, its columns)."""
        return np.diff(self.part(name), axis=0)

    def singular_values(self, name: str) -> np.ndarray:
        """Return a part's singular values, largest first: (T + 1, heads, rank)."""
        return np.linalg.svd(self.part(name), compute_uv=False)

    def drift(self, name: str) -> np.ndarray:
        """Return a part's distance from where it began, (T + 1, heads): Frobenius."""
        part = self.part(name)
        return np.linalg.norm(part - part[:1], axis=(-2, -1))


@dataclass(frozen=True)
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
    xs: jax.Array | np.ndarray,
    *,
    state: State | None = None,
    frozen_from: int | None = None,
    probes: jax.Array | np.ndarray | None = None,
) -> Record:
    """Run a sequence, xs (T, inputs), and keep what happened at every step.

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
    xs = jnp.asarray(xs)
    steps = len(xs) if xs.ndim else 0
    if xs.shape != (steps, model.spec.inputs) or not steps:
        raise ValueError(
            f"xs has the shape {xs.shape}; accepted: (T, inputs) with"
            f" inputs = {model.spec.inputs} and T 1 or more"
        )
    asked = xs if probes is None else jnp.asarray(probes)
    if asked.shape != xs.shape:
        raise ValueError(
            f"probes has the shape {asked.shape}; accepted: that of xs, {xs.shape}"
        )
    frozen = jnp.arange(steps) >= (steps if frozen_from is None else frozen_from)
    state = model.start(params) if state is None else state
    found = jax.device_get(_recorder(model)(params, state, (xs, asked, frozen)))
    layers = tuple(_layer(model.spec, seen) for seen in found["layers"])
    answers = {} if probes is None else {k: found[k] for k in ("before", "after")}
    return Record(model.spec, np.asarray(xs), found["y"], layers, **answers)


@lru_cache(maxsize=16)
def _recorder(model: Model) -> Callable[..., dict[str, Any]]:
    """Return the compiled run of a model; a panel asks for many with other inputs."""

    def run(params: Params, state: State, given: Any) -> dict[str, Any]:
        def step(state: State, given: Any) -> tuple[State, dict[str, Any]]:
            x, asked, frozen = given
            seen = model.inspect(params, state, x, frozen)
            new = seen.pop("state")
            seen["before"] = model.answer(params, state, asked[None])[0]
            seen["after"] = model.answer(params, new, asked[None])[0]
            return new, seen

        return jax.lax.scan(step, state, given)[1]

    return jax.jit(run)


def _layer(spec: ModelSpec, seen: dict[str, np.ndarray]) -> LayerRecord:
    before, after = seen["before"], seen["after"]
    weights = np.concatenate([before[:1], after])
    steps = {name: seen[name] for name in seen if name not in {"before", "after"}}
    d = spec.head
    parts = {"y": slice(0, d)}
    if spec.kind == "srwm":
        parts |= {"q": slice(d, 2 * d), "k": slice(2 * d, 3 * d)}
        parts |= {"b": slice(3 * d, 3 * d + spec.rates)}
    elif spec.kind == "linear-attention":
        parts |= {"sum": slice(d, d + 1)}
    return LayerRecord(weights, parts, steps)
