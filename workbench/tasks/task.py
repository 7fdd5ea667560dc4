"""A task and a set of tasks: plain, read-only arrays that the engine runs over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, TypeVar, cast

import numpy as np

from workbench.tasks.seeding import Purpose, generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from workbench.tasks.spec import TaskSpec

Metric = Literal["rmse", "accuracy"]
Label = Literal["scalar", "vector"]

D = TypeVar("D", bound=np.generic)

METRICS: tuple[Metric, ...] = ("rmse", "accuracy")
"""How a task is scored: 1 - (2/pi) atan(RMSE), or the fraction that is right."""


def default_order(examples: int, epochs: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the order [epochs, examples] in which the training examples are shown.

    The first epoch shows them as they stand. Each later one is a permutation that
    depends on the seed, the number of the epoch and the number of examples only.
    """
    order = np.empty((epochs, examples), dtype=np.int64)
    order[0] = np.arange(examples)
    for epoch in range(1, epochs):
        order[epoch] = generator(seed, epoch, Purpose.ORDER).permutation(examples)
    return order


@dataclass(frozen=True, eq=False)
class Task:
    """One supervised task: examples to learn from and examples to be judged on.

    Arrays are copied when they could still be written to, converted to float64 and
    made read-only. Labels may hold NaN or infinities: a program that meets one is
    stopped and scores 0. With ``metric="accuracy"`` a scalar label above 0.5 stands
    for the class 1, any other for the class 0.

    Attributes
    ----------
    train_x, valid_x
        Features [examples, features].
    train_y, valid_y
        Labels [examples], or one-hot labels [examples, classes] with 2 or more
        classes and at most as many as there are features.
    metric
        ``"rmse"`` or ``"accuracy"``; vector labels need ``"accuracy"``.
    epochs
        How often the training examples are gone through, at least 1.
    order
        Which example each step of each epoch shows, [epochs, examples].
    name
        What to call the task in a list, such as ``"mnist 3 or 5"``.

    Raises
    ------
    ValueError
        If shapes disagree or a value is not one of those above.
    """

    train_x: NDArray[np.float64]
    train_y: NDArray[np.float64]
    valid_x: NDArray[np.float64]
    valid_y: NDArray[np.float64]
    metric: Metric
    epochs: int
    order: NDArray[np.int64]
    name: str = ""

    def __post_init__(self) -> None:
        _freeze(self, lead=())

    @classmethod
    def from_arrays(
        cls,
        train_x: ArrayLike,
        train_y: ArrayLike,
        valid_x: ArrayLike,
        valid_y: ArrayLike,
        metric: Metric = "rmse",
        epochs: int = 1,
        order: ArrayLike | None = None,
        *,
        name: str = "",
    ) -> Self:
        """Make a task of your own arrays; see the class for shapes and checks.

        Without ``order`` the first epoch shows the examples as they stand and each
        later one shows them in a fixed permutation (see `default_order`).
        """
        features = _floats("train_x", train_x)
        epochs = _check_epochs(epochs)
        if order is None and features.ndim > 0:
            order = default_order(features.shape[0], epochs)
        return cls(
            features,
            _floats("train_y", train_y),
            _floats("valid_x", valid_x),
            _floats("valid_y", valid_y),
            metric,
            epochs,
            cast("NDArray[np.int64]", order),
            name,
        )

    @property
    def features(self) -> int:
        """Number of features F of an example."""
        return int(self.train_x.shape[-1])

    @property
    def label(self) -> Label:
        """``"scalar"`` for labels [examples], ``"vector"`` for one-hot labels."""
        return "scalar" if self.train_y.ndim == 1 else "vector"


@dataclass(frozen=True, eq=False)
class TaskSet:
    """Tasks of one shape, stacked: the first axis of every array is the task.

    A set has a length, gives its i-th `Task` for ``tasks[i]`` and can be iterated
    over. ``order`` [epochs, examples] is shared by all of its tasks. ``spec`` is
    what made the set, or None if it was made of a user's arrays.

    Raises
    ------
    ValueError
        As `Task` does.
    """

    train_x: NDArray[np.float64]
    train_y: NDArray[np.float64]
    valid_x: NDArray[np.float64]
    valid_y: NDArray[np.float64]
    metric: Metric
    epochs: int
    order: NDArray[np.int64]
    spec: TaskSpec | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, lead=("tasks",))
        if self.names and len(self.names) != len(self):
            raise ValueError(
                f"names: {len(self.names)} names for {len(self)} tasks; "
                "give one for each task, or none"
            )

    @classmethod
    def from_tasks(cls, tasks: Sequence[Task]) -> Self:
        """Stack tasks that agree in shapes, metric, epochs and order.

        Raises
        ------
        TypeError
            If one of them is not a `Task`.
        ValueError
            If there is no task or two of them disagree; the message names the
            first that differs from task 0, and in what.
        """
        tasks = list(tasks)
        if not tasks:
            raise ValueError("tasks: there are none; a task set needs at least one")
        for i, task in enumerate(tasks):
            if not isinstance(task, Task):
                raise TypeError(
                    f"tasks[{i}] is a {type(task).__name__}; a Task is needed, such as "
                    "Task.from_arrays(...) makes"
                )
            _check_alike(i, task, tasks[0])
        first = tasks[0]
        return cls(
            np.stack([task.train_x for task in tasks]),
            np.stack([task.train_y for task in tasks]),
            np.stack([task.valid_x for task in tasks]),
            np.stack([task.valid_y for task in tasks]),
            first.metric,
            first.epochs,
            first.order,
            names=tuple(task.name for task in tasks),
        )

    def __len__(self) -> int:
        return int(self.train_x.shape[0])

    def __getitem__(self, i: int) -> Task:
        if not -len(self) <= i < len(self):
            raise IndexError(f"task {i} of a set of {len(self)}")
        return Task(
            self.train_x[i],
            self.train_y[i],
            self.valid_x[i],
            self.valid_y[i],
            self.metric,
            self.epochs,
            self.order,
            self.names[i] if self.names else "",
        )

    def __iter__(self) -> Iterator[Task]:
        return (self[i] for i in range(len(self)))

    @property
    def features(self) -> int:
        """Number of features F of an example."""
        return int(self.train_x.shape[-1])

    @property
    def label(self) -> Label:
        """``"scalar"`` for labels [tasks, examples], ``"vector"`` for one-hot ones."""
        return "scalar" if self.train_y.ndim == 2 else "vector"


def _freeze(owner: Task | TaskSet, lead: tuple[str, ...]) -> None:
    """Check an instance as a whole and replace its arrays by read-only ones."""
    if owner.metric not in METRICS:
        raise ValueError(f"metric is {owner.metric!r}; accepted: 'rmse' or 'accuracy'")
    epochs = _check_epochs(owner.epochs)
    arrays = {
        field: _floats(field, getattr(owner, field))
        for field in ("train_x", "train_y", "valid_x", "valid_y")
    }
    _check_shapes(arrays, lead, owner.metric)
    order = _check_order(owner.order, epochs, arrays["train_x"].shape[-2])
    for field, array in [*arrays.items(), ("order", order), ("epochs", epochs)]:
        object.__setattr__(owner, field, array)


def _check_epochs(epochs: int) -> int:
    is_whole = isinstance(epochs, int | np.integer) and not isinstance(epochs, bool)
    if not is_whole or epochs < 1:
        raise ValueError(f"epochs is {epochs!r}; accepted: a whole number, 1 or more")
    return int(epochs)


def _floats(field: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return a read-only float64 array in C order that nobody else can write to."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{field} is not one regular array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{field} holds {array.dtype}; accepted: real numbers")
    return _read_only(array, np.float64)


def _read_only(array: NDArray, dtype: type[D]) -> NDArray[D]:
    # A read-only view may lie over an array that somebody can still write.
    base = array.base
    fixed = base is None or (isinstance(base, np.ndarray) and not base.flags.writeable)
    safe = not array.flags.writeable and fixed and array.dtype == dtype
    if safe and array.flags.c_contiguous:
        return array
    copy = np.array(array, dtype=dtype, order="C", copy=True)
    copy.setflags(write=False)
    return copy


def _check_shapes(
    arrays: dict[str, NDArray[np.float64]], lead: tuple[str, ...], metric: Metric
) -> None:
    for field in ("train_x", "valid_x"):
        axes = (*lead, "examples", "features")
        if arrays[field].ndim != len(axes) or 0 in arrays[field].shape:
            raise ValueError(
                f"{field} has the shape {list(arrays[field].shape)}; accepted: "
                f"[{', '.join(axes)}], each at least 1"
            )
    train_x, valid_x = arrays["train_x"], arrays["valid_x"]
    if (*train_x.shape[:-2], train_x.shape[-1]) != (
        *valid_x.shape[:-2],
        valid_x.shape[-1],
    ):
        raise ValueError(
            f"valid_x has the shape {list(valid_x.shape)} but train_x "
            f"{list(train_x.shape)}; only the number of examples may differ"
        )
    for part in ("train", "valid"):
        x, y = arrays[f"{part}_x"], arrays[f"{part}_y"]
        if y.shape[: x.ndim - 1] != x.shape[:-1] or y.ndim > x.ndim:
            wanted = ", ".join(str(n) for n in x.shape[:-1])
            raise ValueError(
                f"{part}_y has the shape {list(y.shape)}; accepted with {part}_x of "
                f"the shape {list(x.shape)}: [{wanted}] or [{wanted}, classes]"
            )
    _check_labels(arrays["train_y"], arrays["valid_y"], train_x, metric)


def _check_labels(
    train_y: NDArray[np.float64],
    valid_y: NDArray[np.float64],
    train_x: NDArray[np.float64],
    metric: Metric,
) -> None:
    if train_y.ndim != valid_y.ndim:
        raise ValueError(
            f"train_y has the shape {list(train_y.shape)} and valid_y "
            f"{list(valid_y.shape)}; either both or none have an axis of classes"
        )
    if train_y.ndim < train_x.ndim:
        return
    classes, features = train_y.shape[-1], train_x.shape[-1]
    if valid_y.shape[-1] != classes:
        raise ValueError(
            f"valid_y has {valid_y.shape[-1]} classes but train_y {classes}; "
            "they must agree"
        )
    if classes == 1:
        raise ValueError(
            f"train_y has the shape {list(train_y.shape)}; accepted: "
            f"{list(train_y.shape[:-1])}, one number for each example, as in "
            "train_y[..., 0]"
        )
    if not 2 <= classes <= features:
        raise ValueError(
            f"train_y has {classes} classes; accepted: 2 to {features}, because a "
            f"vector label shares the size of a vector of {features} features"
        )
    if metric != "accuracy":
        raise ValueError(
            f"metric is {metric!r} with vector labels; accepted: 'accuracy'"
        )


def _check_order(order: ArrayLike, epochs: int, examples: int) -> NDArray[np.int64]:
    array = np.asarray(order)
    if array.dtype.kind not in "iu":
        raise ValueError(f"order holds {array.dtype}; accepted: whole numbers")
    if array.shape != (epochs, examples):
        raise ValueError(
            f"order has the shape {list(array.shape)}; accepted: [{epochs}, {examples}]"
            ", an example for each step of each epoch"
        )
    if array.min() < 0 or array.max() >= examples:
        bad = array[(array < 0) | (array >= examples)].flat[0]
        raise ValueError(f"order holds {bad}; accepted: 0 to {examples - 1}")
    return _read_only(array, np.int64)


def _check_alike(i: int, task: Task, first: Task) -> None:
    for field in ("train_x", "train_y", "valid_x", "valid_y"):
        mine, theirs = getattr(task, field).shape, getattr(first, field).shape
        if mine != theirs:
            raise ValueError(
                f"tasks[{i}].{field} has the shape {list(mine)} but tasks[0].{field} "
                f"{list(theirs)}; the tasks of a set must agree in shape"
            )
    for field in ("metric", "epochs"):
        mine, theirs = getattr(task, field), getattr(first, field)
        if mine != theirs:
            raise ValueError(
                f"tasks[{i}].{field} is {mine!r} but tasks[0].{field} is {theirs!r}; "
                "the tasks of a set must agree in it"
            )
    if not np.array_equal(task.order, first.order):
        raise ValueError(
            f"tasks[{i}].order differs from tasks[0].order; the tasks of a set show "
            "their examples in one order"
        )
