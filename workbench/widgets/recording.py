"""Random access to every step of an evaluation, whatever its length.

An evaluation is gone through once, in windows that fit into memory, to learn where each
example begins, what was predicted, and what memory held after each example. Single
steps are then read from windows that are recorded again when they are wanted.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.engine import trace
from workbench.programs import Program
from workbench.programs.ops import Kind
from workbench.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.engine.trace import Trace

WINDOW_BYTES = 2**24
WINDOW_EXAMPLES = 512
WINDOWS_KEPT = 4
HISTORY_NUMBERS = 2**23
"""Most numbers kept of what memory held after each example: 64 MiB."""


class Address(NamedTuple):
    """A used address and where its numbers stand among all that are shown."""

    name: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def part(self) -> slice:
        """Its place among the numbers of a memory."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True)
class Moment:
    """One step: what ran, on which example, and the memory before and after."""

    step: int
    visit: int
    """Which of the examples shown, counted through; -1 in Setup."""
    function: str
    """As in `Trace.function`."""
    index: int
    """The instruction's place in its function; -1 for what the loop did itself."""
    before: np.ndarray
    """float64[G]."""
    after: np.ndarray
    """float64[G]."""


class _Window(NamedTuple):
    epoch: int
    first: int
    """The first example, counted within the epoch."""
    step: int
    """Number of its first step."""
    visit: int
    """Number of its first example, counted through."""


class Recording:
    """An evaluation of a program on a task, step by step.

    Parameters
    ----------
    program, task
        As for `workbench.trace`.
    options
        `seed`, `task_number`, `max_abs_error` and `dtype`, as for `workbench.trace`.

    Raises
    ------
    TypeError, ValueError
        As `workbench.trace` does.
    """

    def __init__(self, program: Program, task: Task, **options: Any) -> None:
        if not isinstance(task, Task):
            raise TypeError(
                f"task is a {type(task).__name__}; accepted: a Task, of a TaskSet one:"
                " tasks[0]"
            )
        self.program = program
        self.task = task
        self._options: Mapping[str, Any] = options
        self._smallest = _in_smallest_memory(program)
        self.addresses = _layout(program, task)
        self._windows: list[_Window] = []
        self._kept: OrderedDict[int, tuple[Trace, np.ndarray]] = OrderedDict()
        self.stopped = False
        """Whether training was cut short by an error beyond the limit."""
        self.first_nan: int | None = None
        """The first step after which an address holds NaN."""
        self.first_infinity: int | None = None
        """The first step after which an address holds an infinity."""
        self._survey()

    def __len__(self) -> int:
        """Return the number of steps."""
        return self._steps

    @property
    def visits(self) -> int:
        """The number of examples shown, in training and validation of all epochs."""
        return len(self.errors)

    def at(self, step: int) -> Moment:
        """Return a step, counted from 0.

        Raises
        ------
        IndexError
            Outside the evaluation.
        """
        if not 0 <= step < len(self):
            raise IndexError(f"step is {step}; accepted: 0 to {len(self) - 1}")
        number = self._window_of(step)
        window = self._windows[number]
        recorded, numbers = self._record(number)
        row = step - window.step
        if row > 0:
            before = numbers[row - 1]
        elif step > 0:
            before = self.at(step - 1).after
        else:
            before = np.zeros(numbers.shape[1])
        visit = int(recorded.visit[row])
        return Moment(
            step=step,
            visit=visit + window.visit if visit >= 0 else -1,
            function=str(recorded.function[row]),
            index=int(recorded.index[row]),
            before=before,
            after=numbers[row],
        )

    def first_step(self, visit: int) -> int:
        """Return the step at which an example is shown; that of Setup for -1."""
        return 0 if visit < 0 else int(self._starts[visit])

    def last_step(self, visit: int) -> int:
        """Return the last step of an example, or of Setup for -1."""
        after = int(self._starts[visit + 1]) if visit + 1 < self.visits else len(self)
        return max(after - 1, 0)

    def run_of(self, function: str, index: int, after: int) -> int | None:
        """Return the next step after `after` that runs an instruction, or None."""
        first = min(after + 1, len(self) - 1)
        for number in range(self._window_of(first), len(self._windows)):
            recorded, _ = self._record(number)
            hits = np.flatnonzero(
                (recorded.function == function) & (recorded.index == index)
            )
            hits = hits[hits + self._windows[number].step > after]
            if len(hits):
                return int(hits[0]) + self._windows[number].step
        return None

    def history(self, name: str, element: tuple[int, ...] | None = None) -> np.ndarray:
        """Return what an address held after each example, float64[examples].

        Parameters
        ----------
        name
            An address, or `error`.
        element
            Which element of a vector or matrix; None gives its Euclidean norm.

        Raises
        ------
        KeyError
            When the program does not use the address.
        ValueError
            When there is no such element.
        """
        if name == "error":
            return self.errors
        address = next((a for a in self.addresses if a.name == name), None)
        if address is None:
            raise KeyError(name)
        values = self._history[:, address.part]
        if not address.shape:
            return values[:, 0]
        if element is None:
            with np.errstate(over="ignore", invalid="ignore"):
                return np.sqrt(np.sum(values**2, axis=1))
        within = [0 <= i < n for i, n in zip(element, address.shape, strict=False)]
        if len(element) != len(address.shape) or not all(within):
            raise ValueError(
                f"element of {name} is {element}; accepted: {len(address.shape)}"
                f" whole numbers from 0 to {address.shape[0] - 1}"
            )
        return values[:, int(np.ravel_multi_index(element, address.shape))]

    @property
    def history_every(self) -> int:
        """Of how many examples one is in `history`; 1 unless memory is large."""
        return self._every

    # --- going through once

    def _survey(self) -> None:
        task = self.task
        train, shown = len(task.train_x), len(task.train_x) + len(task.valid_x)
        total = task.epochs * shown
        self._size = sum(address.size for address in self.addresses)
        self._every = max(1, -(-total * self._size // HISTORY_NUMBERS))
        per_example = 3 + len(self.program.predict) + len(self.program.learn)
        row = 8 * (self._size + self._smallest_size())
        self._length = int(
            np.clip(WINDOW_BYTES // (per_example * row), 1, WINDOW_EXAMPLES)
        )
        pieces: dict[str, list[np.ndarray]] = {
            name: []
            for name in ("epoch", "trains", "place", "example", "error", "starts")
        }
        predictions, labels, history = [], [], []
        step = visit = 0
        for epoch in range(task.epochs):
            for first in range(0, shown, self._length):
                self._windows.append(_Window(epoch, first, step, visit))
                recorded, numbers = self._record(len(self._windows) - 1)
                if not len(recorded):
                    self._windows.pop()
                    break
                self._note_bad(numbers, step)
                seen = recorded.visits
                in_order = recorded.visit
                starts = np.searchsorted(in_order, np.arange(len(seen)))
                ends = np.searchsorted(in_order, np.arange(len(seen)), "right") - 1
                pieces["starts"].append(starts + step)
                pieces["epoch"].append(seen.epoch)
                pieces["trains"].append(seen.phase == "train")
                pieces["place"].append(seen.step)
                pieces["example"].append(seen.example)
                pieces["error"].append(seen.error)
                predictions.append(seen.prediction)
                labels.append(seen.label)
                kept = (np.arange(len(seen)) + visit) % self._every == 0
                history.append(numbers[ends[kept]])
                step += len(recorded)
                visit += len(seen)
                if recorded.stopped or len(seen) < min(self._length, shown - first):
                    break
            self.stopped = recorded.stopped
            if self.stopped:
                break
        joined = {name: np.concatenate(parts) for name, parts in pieces.items()}
        self._steps = step
        self._starts = joined["starts"]
        self.epochs, self.trains = joined["epoch"], joined["trains"]
        self.places, self.examples = joined["place"], joined["example"]
        self.errors = joined["error"]
        self.predictions, self.labels = (
            np.concatenate(predictions),
            np.concatenate(labels),
        )
        self._history = np.concatenate(history)
        self.train_count, self.valid_count = train, shown - train

    def _note_bad(self, numbers: np.ndarray, step: int) -> None:
        for name, bad in (("first_nan", np.isnan), ("first_infinity", np.isinf)):
            if getattr(self, name) is None:
                hits = np.flatnonzero(bad(numbers).any(axis=1))
                if len(hits):
                    setattr(self, name, step + int(hits[0]))

    def _smallest_size(self) -> int:
        scalars, vectors, matrices = self._smallest.space.sizes
        features = self.task.train_x.shape[1]
        return scalars + vectors * features + matrices * features**2

    # --- windows

    def _window_of(self, step: int) -> int:
        begins = [window.step for window in self._windows]
        return int(np.searchsorted(begins, step, "right")) - 1

    def _record(self, number: int) -> tuple[Trace, np.ndarray]:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        window = self._windows[number]
        shown = len(self.task.train_x) + len(self.task.valid_x)
        recorded = trace(
            self._smallest,
            self.task,
            start=window.first,
            stop=min(window.first + self._length, shown),
            phase="both",
            epoch=window.epoch,
            **self._options,
        )
        result = recorded, _numbers(recorded, self.addresses)
        self._kept[number] = result
        while len(self._kept) > WINDOWS_KEPT:
            self._kept.popitem(last=False)
        return result


def _used(program: Program) -> set[tuple[Kind, int]]:
    """Return all addresses that stand in the program or that the loop uses."""
    label, prediction = (
        ((Kind.VECTOR, 1), (Kind.VECTOR, 2))
        if program.space.vector_label
        else ((Kind.SCALAR, 0), (Kind.SCALAR, 1))
    )
    used = {label, prediction, (Kind.VECTOR, 0)}
    for instructions in program.functions.values():
        for instruction in instructions:
            used |= set(instruction.inputs)
            if instruction.output is not None:
                used.add(instruction.output)
    return used


def _in_smallest_memory(program: Program) -> Program:
    """Return the program in a memory that holds just what it uses."""
    sizes = dict.fromkeys(Kind, 0)
    for kind, number in _used(program):
        sizes[kind] = max(sizes[kind], number + 1)
    space = replace(
        program.space,
        scalars=max(sizes[Kind.SCALAR], 2),
        vectors=max(sizes[Kind.VECTOR], 1),
        matrices=sizes[Kind.MATRIX],
    )
    return Program(**program.functions, space=space)


def _layout(program: Program, task: Task) -> tuple[Address, ...]:
    features = task.train_x.shape[1]
    start = 0
    addresses = []
    for kind, number in sorted(_used(program), key=lambda a: (a[0].code, a[1])):
        shape = (features,) * (kind.code - 1)
        addresses.append(Address(f"{kind.value}{number}", shape, start))
        start += addresses[-1].size
    return tuple(addresses)


def _numbers(recorded: Trace, addresses: Iterable[Address]) -> np.ndarray:
    """Return the numbers of the addresses, float64[rows, G]."""
    stores = {"s": recorded.scalars, "v": recorded.vectors, "m": recorded.matrices}
    rows = len(recorded)
    parts = [
        stores[address.name[0]][:, int(address.name[1:])].reshape(rows, address.size)
        for address in addresses
    ]
    return np.concatenate(parts, axis=1)
