"""A training on episodes run to its end in this process, on one thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.selfref.training import MetaTraining

if TYPE_CHECKING:
    from workbench.selfref.meta_spec import MetaSpec

_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def ended(spec: MetaSpec) -> MetaTraining:
    """Return the training after its end, the test included.

    Runs are short: one that is killed is made again. JAX gets one thread, unless it was
    used before or ``XLA_FLAGS`` says otherwise.
    """
    os.environ.setdefault("XLA_FLAGS", _ONE_THREAD)
    training = MetaTraining(spec)
    training.prepare()
    while not training.advance(spec.steps).finished:
        pass
    return training


def short(value: float) -> float:
    """Return a measure with the four digits that are worth keeping."""
    return float(f"{value:.4g}")
