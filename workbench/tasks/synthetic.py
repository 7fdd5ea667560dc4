"""Regression tasks with a known teacher: linear, affine and two-layer networks.

The distributions are those of AutoML-Zero (arXiv 2003.03384, sections 4.1 and 4.2)
and of its released code.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import numpy as np

from workbench.tasks.seeding import Purpose, generator
from workbench.tasks.spec import SIZES, Check, TaskSpec, one_of, register_task_spec
from workbench.tasks.task import TaskSet, default_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

Labels: TypeAlias = "Callable[[NDArray[np.float64]], NDArray[np.float64]]"
"""Maps features [examples, features] to labels [examples]."""


@dataclass(frozen=True)
class _Regression(TaskSpec):
    """Tasks whose features are standard normal and whose labels a teacher gives."""

    checks: ClassVar[Mapping[str, Check]] = SIZES

    features: int = 4
    train: int = 100
    valid: int = 100
    tasks: int = 10
    seed: int = 0
    epochs: int = 1

    @abstractmethod
    def draw(self, random: np.random.Generator) -> Labels:
        """Draw the teacher of one task."""

    def make(self) -> TaskSet:
        """Draw the tasks; features and labels are float64."""
        train_x = np.empty((self.tasks, self.train, self.features))
        valid_x = np.empty((self.tasks, self.valid, self.features))
        train_y = np.empty((self.tasks, self.train))
        valid_y = np.empty((self.tasks, self.valid))
        for i in range(self.tasks):
            label = self.draw(generator(self.seed, i, Purpose.PARAMETERS))
            # Streams of their own, so that more examples extend those of fewer.
            generator(self.seed, i, Purpose.TRAIN).standard_normal(out=train_x[i])
            generator(self.seed, i, Purpose.VALID).standard_normal(out=valid_x[i])
            train_y[i] = label(train_x[i])
            valid_y[i] = label(valid_x[i])
        return TaskSet(
            train_x,
            train_y,
            valid_x,
            valid_y,
            "rmse",
            self.epochs,
            default_order(self.train, self.epochs, self.seed),
            spec=self,
            names=tuple(f"{self.kind} {i}" for i in range(self.tasks)),
        )


@register_task_spec
@dataclass(frozen=True)
class LinearTasks(_Regression):
    """Linear regression: label w.x with w and x standard normal."""

    kind: ClassVar[str] = "linear"

    def draw(self, random: np.random.Generator) -> Labels:
        """Draw w."""
        weights = random.standard_normal(self.features)
        return lambda x: _product(x, weights[:, None])[:, 0]


@register_task_spec
@dataclass(frozen=True)
class AffineTasks(_Regression):
    """Affine regression: label w.x + b with w, b and x standard normal."""

    kind: ClassVar[str] = "affine"

    def draw(self, random: np.random.Generator) -> Labels:
        """Draw w, then b."""
        weights = random.standard_normal(self.features)
        bias = random.standard_normal()
        return lambda x: _product(x, weights[:, None])[:, 0] + bias


@register_task_spec
@dataclass(frozen=True)
class TwoLayerTasks(_Regression):
    """Regression on a random two-layer network: label u.relu(M x), no biases.

    Entries of M [features, features] and u [features] are standard normal. With
    ``teacher="original"`` rows 0 and 2 of M and entries 0 and 2 of u are then
    set to zero, as the released code of AutoML-Zero does, so that with 4 features
    two hidden units live; with ``"dense"`` nothing is.
    """

    kind: ClassVar[str] = "two-layer"
    checks: ClassVar[Mapping[str, Check]] = {
        **SIZES,
        "teacher": one_of("original", "dense"),
    }

    teacher: Literal["original", "dense"] = "original"

    def draw(self, random: np.random.Generator) -> Labels:
        """Draw M, then u."""
        hidden = random.standard_normal((self.features, self.features))
        output = random.standard_normal(self.features)
        if self.teacher == "original":
            hidden[0:3:2] = 0.0
            output[0:3:2] = 0.0
        return lambda x: _product(
            np.maximum(_product(x, hidden.T), 0.0), output[:, None]
        )[:, 0]


def _product(
    x: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return x [n, k] times weights [k, m], summed from the first k to the last.

    Not ``x @ weights``: a BLAS may sum in another order for another number of rows
    or another processor, and labels must be the same to the last bit.
    """
    total = x[:, 0:1] * weights[0]
    for k in range(1, len(weights)):
        total += x[:, k : k + 1] * weights[k]
    return total
