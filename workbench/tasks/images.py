"""Classification of real images under random projections.

Pairs of classes by the protocol of AutoML-Zero (arXiv 2003.03384, section 4.2, and
its released code), and all ten classes at once with one-hot labels (section 4.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from workbench.tasks.catalogue import CATALOGUE, DIGITS
from workbench.tasks.datasets import ImageData, check_name, load
from workbench.tasks.seeding import Purpose, generator
from workbench.tasks.spec import SIZES, Check, TaskSpec, register_task_spec, whole
from workbench.tasks.task import TaskSet, default_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.tasks.task import Label

CLASSES = 10
PER_CLASS = 5000
"""Tasks draw from the first so many training images of a class, as the paper does."""

HELD_OUT_PAIRS: tuple[tuple[int, int], ...] = (
    (0, 5),
    (0, 9),
    (1, 8),
    (2, 9),
    (3, 5),
    (3, 6),
    (3, 8),
    (4, 6),
    (8, 9),
)
"""Pairs of classes that a search doesn't see, as in the paper's released scripts."""

SEARCH_PAIRS: tuple[tuple[int, int], ...] = tuple(
    pair for pair in combinations(range(CLASSES), 2) if pair not in HELD_OUT_PAIRS
)
"""The other 36 pairs."""

_GRAIN = 2.0**20  # see _projection
_ROWS = 1024  # images projected at a time


def _check_dataset(name: str, value: Any) -> str:
    try:
        return check_name(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _check_pairs(name: str, value: Any) -> str | tuple[tuple[int, int], ...]:
    accepted = (
        "accepted: 'search', 'held-out', or pairs of two different class numbers "
        "such as ((0, 1), (2, 7)), each at most once"
    )
    if isinstance(value, str):
        if value not in {"search", "held-out"}:
            raise ValueError(f"{name} is {value!r}; {accepted}")
        return value
    if not isinstance(value, Sequence) or not value:
        raise ValueError(f"{name} is {value!r}; {accepted}")
    number = whole(0)
    pairs = []
    for pair in value:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"{name} holds {pair!r}; {accepted}")
        low, high = sorted(number(name, label) for label in pair)
        pairs.append((low, high))
    if any(low == high for low, high in pairs) or len(set(pairs)) < len(pairs):
        raise ValueError(f"{name} is {value!r}; {accepted}")
    return tuple(pairs)


@register_task_spec
@dataclass(frozen=True)
class ProjectedTasks(TaskSpec):
    """Tell two classes of images apart after a random projection.

    Task i takes a pair of classes; from the first 5000 training images of each (or
    as many as there are) it draws ``train`` and ``valid`` examples, half of them of
    each class (with an odd number, the lower class has one more for training and the
    higher one for validation). Pixels are projected to ``features`` dimensions by a
    matrix of standard normal entries, then each dimension is shifted and scaled to
    mean 0 and standard deviation 1 over the training examples. The label is 1 for the
    class with the lower number and 0 for the other; the metric is accuracy.

    Attributes
    ----------
    dataset
        ``"digits"``, or any data set that was got or added.
    pairs
        ``"search"`` for the 36 pairs outside the paper's held-out ones,
        ``"held-out"`` for its nine, or the pairs themselves.
    projections
        How many tasks in a row share a pair, each with its own projection and draw of
        images. Pairs come in an order that depends on the seed; after the last one
        they start again, with new projections.
    """

    kind: ClassVar[str] = "projected"
    checks: ClassVar[Mapping[str, Check]] = {
        **SIZES,
        "dataset": _check_dataset,
        "pairs": _check_pairs,
        "projections": whole(1),
    }

    dataset: str = DIGITS
    features: int = 16
    pairs: Literal["search", "held-out"] | tuple[tuple[int, int], ...] = "search"
    train: int = 200
    valid: int = 100
    tasks: int = 10
    seed: int = 0
    projections: int = 1
    epochs: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for pair in self.class_pairs:
            _check_counts(self, _known_counts(self.dataset), pair)

    @property
    def class_pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs as class numbers, the lower first."""
        if isinstance(self.pairs, str):
            return SEARCH_PAIRS if self.pairs == "search" else HELD_OUT_PAIRS
        return self.pairs

    def make(self) -> TaskSet:
        """Draw the tasks.

        Raises
        ------
        DatasetMissing
            If the data set is not on this computer; the message says how to get it.
        ValueError
            If it has not enough images or classes.
        """
        data = load(self.dataset)
        pairs = self.class_pairs
        for pair in pairs:
            _check_counts(self, np.bincount(data.labels).tolist(), pair)
        turns = generator(self.seed, 0, Purpose.PAIRS).permutation(len(pairs))
        chosen = [
            pairs[turns[i // self.projections % len(pairs)]] for i in range(self.tasks)
        ]
        names = tuple(
            f"{self.dataset} {data.class_names[a]} or {data.class_names[b]}"
            for a, b in chosen
        )
        return _task_set(self, data, chosen, names)


@register_task_spec
@dataclass(frozen=True)
class TenClassTasks(TaskSpec):
    """Tell all ten classes of a data set apart after a random projection.

    As `ProjectedTasks`, with labels one-hot [examples, 10] in the order of the class
    numbers, and each class a tenth of the examples (what is left over goes to the
    lower classes for training and to the higher ones for validation). Tasks differ in
    their projection and in the images drawn. A vector label needs ``features`` of 10
    or more.
    """

    kind: ClassVar[str] = "ten-class"
    label: ClassVar[Label] = "vector"
    checks: ClassVar[Mapping[str, Check]] = {
        **SIZES,
        "features": whole(CLASSES),
        "dataset": _check_dataset,
    }

    dataset: str = DIGITS
    features: int = 16
    train: int = 1000
    valid: int = 500
    tasks: int = 10
    seed: int = 0
    epochs: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_counts(self, _known_counts(self.dataset), range(CLASSES))

    def make(self) -> TaskSet:
        """Draw the tasks; raises as `ProjectedTasks.make` does."""
        data = load(self.dataset)
        if len(data.class_names) != CLASSES:
            raise ValueError(
                f"TenClassTasks.dataset is {self.dataset!r}, which has "
                f"{len(data.class_names)} classes; accepted: data sets of {CLASSES}"
            )
        counts = np.bincount(data.labels).tolist()
        _check_counts(self, counts, range(CLASSES))
        names = tuple(f"{self.dataset} {i}" for i in range(self.tasks))
        return _task_set(self, data, [tuple(range(CLASSES))] * self.tasks, names)


def _known_counts(dataset: str) -> Sequence[int] | None:
    return CATALOGUE[dataset].counts if dataset in CATALOGUE else None


def _check_counts(
    spec: ProjectedTasks | TenClassTasks,
    counts: Sequence[int] | None,
    classes: Sequence[int],
) -> None:
    """Refuse a spec that asks for more images than there are of a class."""
    if counts is None:
        return
    name = type(spec).__name__
    shares = zip(
        classes,
        _shares(spec.train, len(classes)),
        reversed(_shares(spec.valid, len(classes))),
        strict=True,
    )
    for label, train, valid in shares:
        there = min(counts[label], PER_CLASS) if label < len(counts) else 0
        if label >= len(counts):
            raise ValueError(
                f"{name}: there is no class {label} in {spec.dataset}; accepted: "
                f"0 to {len(counts) - 1}"
            )
        if train + valid > there:
            raise ValueError(
                f"{name}.train is {spec.train} and valid {spec.valid}, which takes "
                f"{train + valid} images of class {label}, but {spec.dataset} has "
                f"{there} to draw from; accepted: at most {there * len(classes)} "
                f"examples in all for {len(classes)} classes"
            )


def _shares(examples: int, classes: int) -> list[int]:
    """Divide examples evenly; what is left over goes to the first classes."""
    return [examples // classes + (j < examples % classes) for j in range(classes)]


def _task_set(
    spec: ProjectedTasks | TenClassTasks,
    data: ImageData,
    chosen: Sequence[Sequence[int]],
    names: tuple[str, ...],
) -> TaskSet:
    pools = [
        np.flatnonzero(data.labels == label)[:PER_CLASS]
        for label in range(len(data.class_names))
    ]
    tail = () if len(chosen[0]) == 2 else (len(chosen[0]),)
    train_x = np.empty((spec.tasks, spec.train, spec.features))
    valid_x = np.empty((spec.tasks, spec.valid, spec.features))
    train_y = np.empty((spec.tasks, spec.train, *tail))
    valid_y = np.empty((spec.tasks, spec.valid, *tail))
    for i, classes in enumerate(chosen):
        train, valid = _split(
            [pools[label] for label in classes],
            spec.train,
            spec.valid,
            generator(spec.seed, i, Purpose.SPLIT),
        )
        matrix = _projection(
            data.pixels.shape[1],
            spec.features,
            generator(spec.seed, i, Purpose.PROJECTION),
        )
        train_x[i], valid_x[i] = _standardised(
            _project(data.pixels, train, matrix), _project(data.pixels, valid, matrix)
        )
        train_y[i] = _labels(data.labels[train], classes)
        valid_y[i] = _labels(data.labels[valid], classes)
    return TaskSet(
        train_x,
        train_y,
        valid_x,
        valid_y,
        "accuracy",
        spec.epochs,
        default_order(spec.train, spec.epochs, spec.seed),
        spec=spec,
        names=names,
    )


def _split(
    pools: Sequence[NDArray[np.int64]],
    train: int,
    valid: int,
    random: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw image numbers without replacement, classes in equal shares, then mix."""
    train_parts, valid_parts = [], []
    shares = zip(
        pools,
        _shares(train, len(pools)),
        reversed(_shares(valid, len(pools))),
        strict=True,
    )
    for pool, n_train, n_valid in shares:
        drawn = random.permutation(pool)
        train_parts.append(drawn[:n_train])
        valid_parts.append(drawn[n_train : n_train + n_valid])
    return (
        random.permutation(np.concatenate(train_parts)),
        random.permutation(np.concatenate(valid_parts)),
    )


def _projection(
    pixels: int, features: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return standard normal entries [pixels, features], rounded to steps of 2**-20.

    Pixels are whole numbers below 2**8, so that every product and every sum over up
    to 2**22 pixels is exact in float64. The product is then the same to the last bit
    whatever the order of summation, which differs between BLAS libraries, processors
    and numbers of threads.
    """
    entries = random.standard_normal((pixels, features))
    return np.rint(entries * _GRAIN) / _GRAIN


def _project(
    pixels: NDArray[np.uint8], chosen: NDArray[np.int64], matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    features = np.empty((len(chosen), matrix.shape[1]))
    for start in range(0, len(chosen), _ROWS):
        part = slice(start, start + _ROWS)
        features[part] = pixels[chosen[part]].astype(np.float64) @ matrix
    return features


def _standardised(
    train: NDArray[np.float64], valid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shift and scale by the mean and standard deviation of the training part."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread[spread == 0.0] = 1.0
    return (train - mean) / spread, (valid - mean) / spread


def _labels(labels: NDArray[np.int64], classes: Sequence[int]) -> NDArray[np.float64]:
    if len(classes) == 2:
        return (labels == classes[0]).astype(np.float64)
    return (labels[:, None] == np.asarray(classes)).astype(np.float64)
