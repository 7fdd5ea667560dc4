"""A program under test: its Predict and Learn on many memories side by side.

What a program *does* is measured here: how its prediction changes with features and
state, where its updates point and how long they are. The memories are those of real
training on small tasks, so that weights are neither all zero nor all noise.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.engine import Memory
from workbench.engine.apply import run_on
from workbench.insight.cones import Cones
from workbench.insight.values import Address, Values, values_of
from workbench.programs import ConstantKind, Instruction, Kind, Program
from workbench.tasks import AffineTasks

if TYPE_CHECKING:
    from workbench.tasks import TaskSet

Metric = Literal["rmse", "accuracy"]

FEATURES = 6
CHECKPOINTS = (3, 12, 40, 90)
"""Training examples after which memories are taken."""
TASKS = 5
_STEP = 1e-4  # of central differences, relative to the size of what is changed
_NO_LABEL = 0.0
_HUGE = 1e6
_MOVED = 0.37  # by which label and prediction grow together


class Probe:
    """A program's functions, run by hand on the memories of its own training.

    Parameters
    ----------
    program
        Any program.
    metric
        What the tasks ask for: "accuracy" puts the sigmoid (softmax) of the prediction
        back before Learn, as the engine does.
    tasks
        Tasks to train on; by default `TASKS` small affine ones.

    Raises
    ------
    ValueError
        When the metric is neither, or the tasks are too small or of another kind.
    """

    def __init__(
        self, program: Program, metric: Metric = "rmse", tasks: TaskSet | None = None
    ) -> None:
        if metric not in ("rmse", "accuracy"):
            raise ValueError(f"metric is {metric!r}; accepted: 'rmse' or 'accuracy'")
        self.program = program.effective()
        self.values: Values = values_of(program)
        self.metric = metric
        vector = program.space.vector_label
        self.label: Address = (Kind.VECTOR, 1) if vector else (Kind.SCALAR, 0)
        self.prediction: Address = program.space.prediction
        self._tasks = tasks if tasks is not None else default_tasks(program, metric)
        _check(self._tasks, metric, program)
        self._quiet = {
            name: [_quiet(i) for i in getattr(self.program, name)]
            for name in ("predict", "learn")
        }

    # Running it.

    def predict(
        self,
        memory: Memory,
        x: np.ndarray,
        seed: int | None = None,
        count: int | None = None,
    ) -> Memory:
        """Run Predict on features float64[P, F], or its first `count` instructions.

        A seed lets random draws be random.
        """
        memory = put(memory, (Kind.VECTOR, 0), x)
        memory = put(memory, self.label, _NO_LABEL)
        return self._run("predict", memory, seed, count)

    def learn(
        self,
        memory: Memory,
        y: np.ndarray,
        seed: int | None = None,
        count: int | None = None,
    ) -> Memory:
        """Run Learn after Predict with labels float64[P] or [P, F].

        Or its first `count` instructions.
        """
        memory = put(memory, self.prediction, self.told(memory))
        return self._run("learn", put(memory, self.label, y), seed, count)

    def output(self, memory: Memory) -> np.ndarray:
        """Return the prediction after Predict, float64[P, 1] or [P, F]."""
        found = get(memory, self.prediction)
        return found[:, None] if found.ndim == 1 else found

    def told(self, memory: Memory) -> np.ndarray:
        """Return what Learn is told that was predicted, float64[P] or [P, F].

        On accuracy tasks a probability.
        """
        if self.metric == "accuracy":
            return self.probability(memory)
        return get(memory, self.prediction)

    @cached_property
    def against_address(self) -> Address:
        """The scalar of Predict with which Learn compares the label.

        Learn leaves everything as it is if both grow by the same. By default it is the
        prediction.
        """
        if self.label[0] is not Kind.SCALAR:
            return self.prediction
        read: dict[Address, None] = {self.prediction: None}
        told = {instruction.output for instruction in self.program.predict}
        written: set[Address | None] = set()
        for instruction in self.program.learn:
            for address in instruction.inputs:
                if address[0] is Kind.SCALAR and address in told - written:
                    read[address] = None
            written.add(instruction.output)
        memory = self.predict(self.states, self.x)
        memory = put(memory, self.prediction, self.told(memory))
        still = self._run("learn", put(memory, self.label, self.y), None)
        for address in read:
            moved = put(memory, address, get(memory, address) + _MOVED)
            moved = self._run("learn", put(moved, self.label, self.y + _MOVED), None)
            entries = [a for a in self.values.entries if a != address]
            if all(_close(get(moved, a), get(still, a)) for a in entries):
                changed = put(memory, self.label, self.y + _MOVED)
                changed = self._run("learn", changed, None)
                if not all(_close(get(changed, a), get(still, a)) for a in entries):
                    return address
        return self.prediction

    def compared(self, memory: Memory) -> np.ndarray:
        """Return what Learn compares labels with, float64[P] or [P, F]."""
        if self.against_address == self.prediction:
            return self.told(memory)
        return get(memory, self.against_address)

    def against(self, memory: Memory, error: float) -> np.ndarray:
        """Return labels that differ from that by an error, float64[P] or [P, F]."""
        y = self.compared(memory).copy()
        if y.ndim == 1:
            return y + error
        y[:, 0] += error
        return y

    def noisy(self, draw: tuple[str, int], seed: int | None) -> np.ndarray:
        """Return predictions float64[P, O] with one draw alone random; none of None.

        With a draw of Learn, those of the next example.
        """
        name, _ = draw
        own = [p for p in self.values.instructions if p[0] == name]
        lines = list(self._quiet[name])
        if seed is not None:
            number = own.index(draw)
            lines[number] = getattr(self.program, name)[number]
        memory = put(self.states, (Kind.VECTOR, 0), self.x)
        memory = put(memory, self.label, _NO_LABEL)
        if name == "predict":
            return self.output(run_on(lines, memory, seed=seed or 0))
        memory = self._run("predict", memory, None)
        memory = put(memory, self.prediction, self.told(memory))
        memory = run_on(lines, put(memory, self.label, self.y), seed=seed or 0)
        return self.output(self.predict(memory, self.x))

    def probability(self, memory: Memory) -> np.ndarray:
        """Return what the engine puts back into the prediction on accuracy tasks."""
        logits = get(memory, self.prediction)
        if logits.ndim == 1:
            return 1.0 / (1.0 + np.exp(-logits))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def _run(
        self, name: str, memory: Memory, seed: int | None, count: int | None = None
    ) -> Memory:
        if seed is None:
            return run_on(self._quiet[name][:count], memory)
        return run_on(getattr(self.program, name)[:count], memory, seed=seed)

    # Its memories.

    def _setup(self) -> Memory:
        """Return the memories after Setup, one a task; each draws for itself."""
        sizes = self.program.space.sizes
        F = self._tasks.features
        blank = Memory(
            np.zeros((1, sizes[0])),
            np.zeros((1, sizes[1], F)),
            np.zeros((1, sizes[2], F, F)),
        )
        begun = [
            run_on(self.program.setup, blank, seed=task)
            for task in range(len(self._tasks))
        ]
        return Memory(*(np.concatenate(part) for part in zip(*begun, strict=True)))

    @cached_property
    def states(self) -> Memory:
        """Memories before an example, [P, ...]: of those in `_all` the sound ones.

        Where they hold noise, its mean.
        """
        states = Memory(*(part[self.sound] for part in self._all))
        noise = Cones(self.values).noise
        if noise:
            quiet = self.learn(self.predict(states, self.x), self.y)
            for address in noise:
                states = put(states, address, get(quiet, address))
        return states

    @cached_property
    def task(self) -> np.ndarray:
        """int64[P]: the number of the task that each was trained on."""
        return np.tile(np.arange(len(self._tasks)), len(CHECKPOINTS))[self.sound]

    @cached_property
    def checkpoint(self) -> np.ndarray:
        """int64[P]: the number of the checkpoint at which each was taken."""
        return np.repeat(np.arange(len(CHECKPOINTS)), len(self._tasks))[self.sound]

    @cached_property
    def _all(self) -> Memory:
        """Each task's memory at each checkpoint."""
        memory = self._setup()
        taken = []
        for step in range(max(CHECKPOINTS) + 1):
            if step in CHECKPOINTS:
                taken.append(memory)
            row = self._tasks.order.ravel()[step]
            x, y = self._tasks.train_x[:, row], self._wide(self._tasks.train_y[:, row])
            memory = self.predict(memory, x, seed=2 * step + 2)
            memory = self.learn(memory, y, seed=2 * step + 3)
        parts = zip(*taken, strict=True)
        return Memory(*(np.concatenate(part) for part in parts))

    @cached_property
    def sound(self) -> np.ndarray:
        """bool[all]: where all that is carried on is finite and of moderate size."""
        held = [get(self._all, address) for address in self.values.entries]
        flat = [part.reshape(len(part), -1) for part in held]
        out = self.output(self.predict(self._all, self._fresh[0]))
        return (np.abs(np.concatenate([*flat, out], axis=1)) < _HUGE).all(axis=1)

    @property
    def count(self) -> int:
        """How many memories `states` holds."""
        return len(self.states.scalars)

    @cached_property
    def x(self) -> np.ndarray:
        """Features that were not trained on, float64[P, F]."""
        return self._fresh[0][self.sound]

    @cached_property
    def y(self) -> np.ndarray:
        """Their labels, float64[P] or [P, F]."""
        return self._fresh[1][self.sound]

    @cached_property
    def _fresh(self) -> tuple[np.ndarray, np.ndarray]:
        rows = range(len(CHECKPOINTS))
        x = np.concatenate([self._tasks.valid_x[:, row] for row in rows])
        y = np.concatenate([self._tasks.valid_y[:, row] for row in rows])
        return x, self._wide(y)

    def _wide(self, y: np.ndarray) -> np.ndarray:
        """Fill one-hot labels with zeros up to the number of features."""
        if y.ndim == 1:
            return y
        return np.pad(y, ((0, 0), (0, self._tasks.features - y.shape[1])))

    # What is measured.

    def slope(self, address: Address) -> np.ndarray:
        """Return the prediction's derivative by an entry, float64[P, O, n]."""
        held = get(self.states, address)
        P, n = len(held), held[0].size
        flat = held.reshape(P, n)
        size = np.maximum(np.abs(flat).max(axis=1, initial=0.0), 1e-2) * _STEP
        moved = flat[:, None, None, :] + (
            np.array([1.0, -1.0])[None, :, None, None]
            * np.eye(n)[None, None]
            * size[:, None, None, None]
        )
        many = repeat(self.states, 2 * n)
        many = put(many, address, moved.reshape(-1, *held.shape[1:]))
        out = self.output(self.predict(many, np.repeat(self.x, 2 * n, axis=0)))
        out = out.reshape(P, 2, n, -1)
        found = (out[:, 0] - out[:, 1]) / (2 * size[:, None, None])
        return np.swapaxes(found, 1, 2)

    def update(
        self,
        x: np.ndarray | None = None,
        error: float | None = None,
        states: Memory | None = None,
        *,
        label: float | None = None,
        absolute: bool = False,
        later: bool = False,
    ) -> dict[Address, np.ndarray]:
        """Return how much one example changes each entry, float64[P, n].

        `error`: label minus what it is compared with (mostly the prediction, after the
        sigmoid on accuracy tasks), of a vector in its first element; by default what
        the labels make it. `label`: the label itself, the other elements 0.
        `absolute`: what entries hold afterwards instead. `later`: after one more
        example, of other features and without an error.
        """
        states = self.states if states is None else states
        memory = self.predict(states, self.x if x is None else x)
        y = self.y
        if error is not None:
            y = self.against(memory, error)
        elif label is not None:
            y = np.zeros_like(y)
            y[(...,) if y.ndim == 1 else (slice(None), 0)] = label
        after = self.learn(memory, y)
        if later:
            memory = self.predict(after, self.x[::-1])
            after = self.learn(memory, self.compared(memory))
        found = {}
        for address in self.values.entries:
            held = get(after, address)
            held = held if absolute else held - get(states, address)
            found[address] = held.reshape(self.count, -1)
        return found


def long_enough(tasks: TaskSet) -> bool:
    """Tell whether tasks have the steps and the examples that a probe needs."""
    steps, valid = tasks.order.size, tasks.valid_x.shape[1]
    return steps > max(CHECKPOINTS) and valid >= len(CHECKPOINTS)


def _check(tasks: TaskSet, metric: Metric, program: Program) -> None:
    steps, valid = tasks.order.size, tasks.valid_x.shape[1]
    if not long_enough(tasks):
        raise ValueError(
            f"tasks have {steps} training steps and {valid} validation examples;"
            f" accepted: at least {max(CHECKPOINTS) + 1} and {len(CHECKPOINTS)}"
        )
    if tasks.metric != metric or tasks.label != program.space.label:
        raise ValueError(
            f"tasks ask for {tasks.metric} with {tasks.label} labels; accepted:"
            f" {metric} with {program.space.label} labels, as the metric and the"
            " program's space say"
        )


def default_tasks(program: Program, metric: Metric) -> TaskSet:
    """Return small tasks with the program's kind of labels."""
    made = AffineTasks(
        features=FEATURES, train=max(CHECKPOINTS) + 1, valid=16, tasks=TASKS
    ).make()
    vector = program.space.vector_label
    if not vector and metric == "rmse":
        return made

    def labels(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if not vector:
            return (y > 0).astype(np.float64)
        classes = np.argmax(x[..., :3] * np.sign(y)[..., None], axis=-1)
        return np.eye(3)[classes]

    kind = type(made)
    return kind(
        made.train_x,
        labels(made.train_x, made.train_y),
        made.valid_x,
        labels(made.valid_x, made.valid_y),
        "accuracy",
        1,
        made.order,
    )


def get(memory: Memory, address: Address) -> np.ndarray:
    """Return what an address holds in each of many memories."""
    kind, number = address
    return memory[kind.code - 1][:, number]


def put(memory: Memory, address: Address, value: np.ndarray | float) -> Memory:
    """Return the memories with other contents of an address."""
    kind, number = address
    parts = list(memory)
    part = parts[kind.code - 1].copy()
    part[:, number] = value
    parts[kind.code - 1] = part
    return Memory(*parts)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether numbers are the same but for rounding."""
    return np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def repeat(memory: Memory, times: int) -> Memory:
    """Return each of the memories so many times in a row."""
    return Memory(*(np.repeat(part, times, axis=0) for part in memory))


def _quiet(instruction: Instruction) -> Instruction:
    """Return a random instruction without its noise: it draws its mean."""
    kinds = instruction.op.constants
    if not instruction.op.is_random:
        return instruction
    constants = list(instruction.constants)
    if ConstantKind.STDEV in kinds:
        constants[kinds.index(ConstantKind.STDEV)] = 0.0
    else:
        low, high = kinds.index(ConstantKind.LOW), kinds.index(ConstantKind.HIGH)
        constants[low] = constants[high] = (constants[low] + constants[high]) / 2
    return replace(instruction, constants=tuple(constants))
