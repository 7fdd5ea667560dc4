"""Tasks as blocks of lanes, and the arrays in which they are worked on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.engine.execute import ACCURACY, MULTICLASS, RMSE, Shape
from workbench.engine.lower import memory_size
from workbench.engine.options import check_choice
from workbench.engine.simd import LANE_COUNTS, lanes_of
from workbench.engine.warm import get_interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tasks import Task, TaskSet

DTYPES = ("float64", "float32")
_ALIGN = 640  # bytes: of whole cache lines, and of whole groups of 4, 8, 10 or 16 lanes


class BlockArrays(NamedTuple):
    """What the kernels read: examples, one row a block, lanes innermost."""

    x: np.ndarray  #: float[blocks, train * F * L]
    y: np.ndarray  #: float[blocks, train * W * L], W = 1, or F where labels are vectors
    valid_x: np.ndarray
    valid_y: np.ndarray
    order: np.ndarray  #: int64[epochs, train]
    number: np.ndarray  #: int64[blocks, L]: each lane's task; copies fill the last
    alive: np.ndarray  #: uint64[blocks]: the lanes that are tasks and not copies
    lanes: np.ndarray  #: int64[blocks]: each block's lanes; L is that of the widest
    kind: np.ndarray  #: int64[blocks]: which of the two interpreters runs it


class WorkArrays(NamedTuple):
    """What the kernels write, one row a block."""

    memory: np.ndarray  #: float[blocks, size]
    frozen: np.ndarray  #: float[size]
    saved: np.ndarray  #: float[blocks, size]
    loss: np.ndarray  #: float[blocks, L]
    fitness: np.ndarray  #: float64[blocks, L]
    steps: np.ndarray  #: int64[blocks, L]
    prints: np.ndarray  #: uint64[blocks, L]: fingerprints of the first errors
    alive: np.ndarray  #: uint64[blocks]
    keys: np.ndarray  #: uint64[blocks, L]


@dataclass(frozen=True, eq=False)
class Blocks:
    """A set of tasks of one shape, laid out for the kernels."""

    arrays: BlockArrays
    tasks: int
    features: int
    metric: int
    classes: int
    train: int
    valid: int
    dtype: np.dtype

    @property
    def lanes(self) -> tuple[int, ...]:
        """Return the compile-time witness of the widest block's lane count."""
        return lanes_of(self.arrays.number.shape[1])

    def interpreters(self) -> tuple[Any, Any]:
        """Return the two interpreters, compiled or loaded under the lock."""
        counts = self.arrays.lanes[0], self.arrays.lanes[-1]
        first, last = (get_interpreter(int(n), self.dtype.name) for n in counts)
        return first, last

    @property
    def vector_label(self) -> bool:
        """Whether labels are vectors (ten-class tasks)."""
        return self.metric == MULTICLASS

    def shape(self, sizes: tuple[int, int, int]) -> Shape:
        """Return the sizes of an evaluation of programs with this many addresses."""
        row = self.features
        v0 = row**2
        s0 = v0 + sizes[1] * row + sizes[2] * row**2
        return Shape(
            features=self.features,
            metric=self.metric,
            train=self.train,
            valid=self.valid,
            epochs=len(self.arrays.order),
            classes=self.classes,
            label=v0 + row if self.vector_label else s0,
            prediction=v0 + 2 * row if self.vector_label else s0 + 1,
            input=v0,
            size=memory_size(sizes, row),
        )

    def work(self, sizes: tuple[int, int, int]) -> WorkArrays:
        """Return fresh working arrays for programs with this many addresses."""
        count, L = self.arrays.number.shape
        size = memory_size(sizes, self.features) * L
        return WorkArrays(
            memory=aligned((count, size), self.dtype),
            frozen=aligned((1, size), self.dtype)[0],
            saved=aligned((count, size), self.dtype),
            loss=aligned((count, L), self.dtype),
            fitness=apart(np.zeros((count, L))),
            steps=apart(np.zeros((count, L), np.int64)),
            prints=apart(np.zeros((count, L), np.uint64)),
            alive=apart(np.zeros(count, np.uint64)),
            keys=apart(np.zeros((count, L), np.uint64)),
        )


def aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Return zeros of at least this shape, each row starting where a group can.

    So the distance between any two rows is a whole number of groups, for every count of
    lanes, and quads start cache lines.
    """
    length = -(-shape[1] * dtype.itemsize // _ALIGN) * _ALIGN
    raw = np.zeros(shape[0] * length + _ALIGN, np.uint8)
    start = -raw.ctypes.data % _ALIGN
    return raw[start:][: shape[0] * length].view(dtype).reshape(shape[0], -1)


_LINES = 128  # bytes that processors fetch together


def apart(arrays: Any) -> Any:
    """Return a named tuple of arrays, each copied to cache lines of its own.

    Two threads that write to one line, though to other bytes, wait for each other.
    """
    if isinstance(arrays, np.ndarray):
        raw = np.zeros(arrays.nbytes + 2 * _LINES, np.uint8)
        start = -raw.ctypes.data % _LINES
        own = raw[start : start + arrays.nbytes].view(arrays.dtype)
        own = own.reshape(arrays.shape)
        own[...] = arrays
        return own
    return type(arrays)(*map(apart, arrays))


def lane_counts(tasks: int, features: int) -> list[int]:
    """Return the blocks' sizes: as wide as is sensible, the last only as needed.

    Tens of tasks go ten by ten, so that a search and its selection compile one
    interpreter; so do tasks with many features, since matrices of 16 x 16 in 16 lanes
    would take 32 KB each and no longer fit the first-level cache.
    """
    widest = 10 if features >= 16 or tasks % 10 == 0 else 16
    full, rest = divmod(tasks, widest)
    counts = [widest] * full
    if rest:
        counts.append(next(count for count in LANE_COUNTS if count >= rest))
    return counts


def make_blocks(
    tasks: TaskSet, dtype: str = "float64", *, numbers: np.ndarray | None = None
) -> Blocks:
    """Lay a task set out in blocks of lanes.

    Parameters
    ----------
    tasks
        Tasks of one shape.
    dtype
        "float64" or "float32": what memory and arithmetic use.
    numbers
        int64[T], the tasks' numbers in the keys of random draws: 0, 1, ... by default.

    Raises
    ------
    ValueError
        When the dtype is neither.
    """
    check_choice("dtype", dtype, DTYPES)
    kind = np.dtype(dtype)
    count = len(tasks)
    lanes = lane_counts(count, tasks.features)
    L, blocks = lanes[0], len(lanes)
    member = np.minimum(np.arange(blocks * L), count - 1).reshape(blocks, L)
    numbers = np.arange(count) if numbers is None else numbers
    features = tasks.features
    vector = tasks.label == "vector"
    metric = MULTICLASS if vector else ACCURACY if tasks.metric == "accuracy" else RMSE
    alive = np.zeros(blocks, np.uint64)
    for task in range(count):
        alive[task // L] |= np.uint64(1) << np.uint64(task % L)
    arrays = BlockArrays(
        x=_lay_out(tasks.train_x, member, lanes, features, kind),
        y=_lay_out(tasks.train_y, member, lanes, features, kind),
        valid_x=_lay_out(tasks.valid_x, member, lanes, features, kind),
        valid_y=_lay_out(tasks.valid_y, member, lanes, features, kind),
        order=_own_order(tasks.order, tasks.train_x.shape[1]),
        number=numbers[member],
        alive=alive,
        lanes=np.array(lanes, np.int64),
        kind=np.array([n != L for n in lanes], np.int64),
    )
    return Blocks(
        arrays,
        tasks=count,
        features=features,
        metric=metric,
        classes=tasks.train_y.shape[2] if vector else 1,
        train=tasks.train_x.shape[1],
        valid=tasks.valid_x.shape[1],
        dtype=kind,
    )


def _own_order(order: np.ndarray, train: int) -> np.ndarray:
    """Return a copy that nobody else can write to, checked: kernels index with it."""
    own = np.array(order, np.int64, order="C")
    if own.min() < 0 or own.max() >= train:
        raise ValueError(
            f"order holds {own.min()} to {own.max()}; accepted: 0 to {train - 1}"
        )
    return own


def _lay_out(
    values: np.ndarray,
    member: np.ndarray,
    lanes: list[int],
    width: int,
    dtype: np.dtype,
) -> np.ndarray:
    """Turn [task, example(, feature)] into rows of [example, feature, lane].

    The row of a narrower block is not filled to its end.
    """
    if values.ndim == 2:
        columns = values[:, :, None]
    else:
        pad = ((0, 0), (0, 0), (0, width - values.shape[2]))
        columns = np.pad(values, pad)
    size = columns.shape[1] * columns.shape[2]
    out = aligned((len(lanes), size * lanes[0]), dtype)
    for block, count in enumerate(lanes):
        picked = columns[member[block, :count]]  # [lane, example, width]
        out[block, : size * count] = np.moveaxis(picked, 0, 2).ravel()
    return out


def group_alike(tasks: Sequence[Task]) -> list[list[int]]:
    """Return the indices of the tasks, grouped by what one block can share."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, task in enumerate(tasks):
        key = (
            task.train_x.shape,
            task.train_y.shape,
            task.valid_x.shape,
            task.metric,
            task.epochs,
            task.order.tobytes(),
        )
        groups.setdefault(key, []).append(i)
    return list(groups.values())
