"""Tasks as blocks of lanes, and the arrays in which they are worked on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.engine.execute import ACCURACY, MULTICLASS, RMSE, Shape
from workbench.engine.lower import memory_size
from workbench.engine.options import check_choice
from workbench.engine.interpreter import Kind
from workbench.engine.simd import lanes_of
from workbench.engine.warm import get_interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tasks import Task, TaskSet

DTYPES = ("float64", "float32")
_LARGE = 16  # features from which matrices are large
_ALIGN = 128  # bytes of the widest group of lanes, a multiple of a cache line


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
    kinds: tuple[Kind, Kind]  #: of all blocks but the last, and of the last
    tasks: int
    features: int
    metric: int
    classes: int
    train: int
    valid: int
    dtype: np.dtype

    @property
    def lanes(self) -> tuple[int, ...]:
        """Return the compile-time witness of the first area's lanes."""
        return lanes_of(self.kinds[0].first)

    def interpreters(self) -> tuple[Any, Any]:
        """Return the two interpreters, compiled or loaded under the lock."""
        first, last = (get_interpreter(kind, self.dtype.name) for kind in self.kinds)
        return first, last

    @property
    def vector_label(self) -> bool:
        """Whether labels are vectors (ten-class tasks)."""
        return self.metric == MULTICLASS

    def shape(self, sizes: tuple[int, int, int]) -> Shape:
        """Return the sizes of an evaluation of programs with this many addresses."""
        s0 = self.features**2
        v0 = s0 + sizes[0]
        row = self.features
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
            fitness=np.zeros((count, L)),
            steps=np.zeros((count, L), np.int64),
            prints=np.zeros((count, L), np.uint64),
            alive=np.zeros(count, np.uint64),
            keys=np.zeros((count, L), np.uint64),
        )


def aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Return a zeroed array whose first element starts a cache line."""
    size = shape[0] * shape[1] * dtype.itemsize
    raw = np.zeros(size + _ALIGN, np.uint8)
    start = -raw.ctypes.data % _ALIGN
    return raw[start : start + size].view(dtype).reshape(shape)


def block_kinds(tasks: int, features: int) -> list[Kind]:
    """Return the kinds of the blocks that hold so many tasks, alike but for the last.

    Up to 16 lanes a block. Where matrices are large, lanes without a task cost most and
    matrices in 16 lanes no longer fit the first-level cache: there are two areas, the
    second one no wider than it must be.
    """
    if features < _LARGE:
        widths = [Kind(4, 0), Kind(8, 0), Kind(16, 0)]
    else:
        widths = [Kind(4, 0), Kind(8, 0), Kind(8, 4), Kind(8, 8)]
    full, rest = divmod(tasks, widths[-1].lanes)
    kinds = [widths[-1]] * full
    if rest:
        kinds.append(next(kind for kind in widths if kind.lanes >= rest))
    return kinds


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
    kinds = block_kinds(count, tasks.features)
    L, blocks = kinds[0].lanes, len(kinds)
    member = np.minimum(np.arange(blocks * L), count - 1).reshape(blocks, L)
    numbers = np.arange(count) if numbers is None else numbers
    features = tasks.features
    vector = tasks.label == "vector"
    metric = MULTICLASS if vector else ACCURACY if tasks.metric == "accuracy" else RMSE
    alive = np.zeros(blocks, np.uint64)
    for task in range(count):
        alive[task // L] |= np.uint64(1) << np.uint64(task % L)
    arrays = BlockArrays(
        x=_lay_out(tasks.train_x, member, kinds, features, kind),
        y=_lay_out(tasks.train_y, member, kinds, features, kind),
        valid_x=_lay_out(tasks.valid_x, member, kinds, features, kind),
        valid_y=_lay_out(tasks.valid_y, member, kinds, features, kind),
        order=_own_order(tasks.order, tasks.train_x.shape[1]),
        number=numbers[member],
        alive=alive,
        lanes=np.array([own.lanes for own in kinds], np.int64),
        kind=np.array([own != kinds[0] for own in kinds], np.int64),
    )
    return Blocks(
        arrays,
        kinds=(kinds[0], kinds[-1]),
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
    kinds: list[Kind],
    width: int,
    dtype: np.dtype,
) -> np.ndarray:
    """Turn [task, example(, feature)] into rows of [area][example, feature, lane].

    The row of a narrower block is not filled to its end.
    """
    if values.ndim == 2:
        columns = values[:, :, None]
    else:
        pad = ((0, 0), (0, 0), (0, width - values.shape[2]))
        columns = np.pad(values, pad)
    size = columns.shape[1] * columns.shape[2]
    out = aligned((len(kinds), size * kinds[0].lanes), dtype)
    for block, kind in enumerate(kinds):
        done = 0
        for count in kind:
            picked = columns[member[block, done : done + count]]
            area = out[block, size * done : size * (done + count)]
            area[:] = np.moveaxis(picked, 0, 2).ravel()  # [example, width, lane]
            done += count
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
