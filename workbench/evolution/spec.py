"""What a search is: a frozen description, checked when it is built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any, Literal

import numpy as np

from workbench.evolution.changes import (
    Changes,
    after_changes,
    changes_to_json,
    check_changes,
)
from workbench.evolution.checks import (
    fail,
    instance,
    known_fields,
    one_of,
    real,
    whole,
)
from workbench.evolution.mutate import MUTATIONS
from workbench.programs import FUNCTIONS, OPS, Instruction, Program, Space
from workbench.programs.library import HAND_DESIGNED
from workbench.tasks import TaskSpec, task_spec_from_dict

Strategy = Literal["aging", "random"]

MAX_SEED = 2**63 - 1
_ROLES = ("tasks", "select", "final")
DEFAULT_MUTATIONS = (
    ("alter_param", 1.0),
    ("randomize_instruction", 1.0),
    ("randomize_function", 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """The functional equivalence cache."""

    size: int = 100_000
    """Entries; the least recently used one is forgotten first."""
    probe_train: int = 10
    """Training examples by whose errors programs are told apart."""
    probe_valid: int = 10
    """Validation examples that follow them."""
    forget_every: int = 100
    """Hits after which an entry is forgotten, to be evaluated anew; 0: never."""

    def __post_init__(self) -> None:
        whole(self, "size", 1, 10**8)
        whole(self, "probe_train", 1)
        whole(self, "probe_valid", 1)
        whole(self, "forget_every", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HurdleSpec:
    """The paper's hurdle: only what does well early is evaluated to the end.

    A program is validated early; below the hurdle, that fitness is all it gets. The
    hurdle is a quantile of the unique early fitness values of the latest evaluations.
    """

    train: int = 100
    """Training examples before the early validation."""
    valid: int = 100
    """Validation examples used in it."""
    quantile: float = 0.75
    window: int = 1000
    """Evaluations over which the quantile is taken; it is renewed every 100."""

    def __post_init__(self) -> None:
        whole(self, "train", 1)
        whole(self, "valid", 1)
        real(self, "quantile", 0.0, 1.0)
        whole(self, "window", 1, 10**6)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec:
    """A search over programs. Equal specs give equal results.

    Raises
    ------
    ValueError
        When it is built: naming the field, its value and what is accepted.
    """

    space: Space
    """Memory, allowed operations and lengths."""
    tasks: TaskSpec
    """T_search: the tasks whose fitness drives the search."""
    select: TaskSpec | None = None
    """T_select: fresh tasks on which the winner is chosen among the best found."""
    final: TaskSpec | None = None
    """T_final: fresh tasks on which the winner is reported."""
    name: str = "search"
    strategy: Strategy = "aging"
    """"aging" (regularized evolution) or "random" (every individual anew, as with
    `random_start`)."""
    population: int = 1000
    tournament: int = 10
    """Members drawn, with replacement, to find a parent."""
    mutation_probability: float = 0.9
    """Otherwise the child is a copy."""
    mutations: tuple[tuple[str, float], ...] = DEFAULT_MUTATIONS
    """Mutation types with their weights."""
    initial: str = "random"
    """"random", the name of a hand-designed program, or a program's text."""
    initial_length: tuple[int, int, int] | None = None
    """Instructions of Setup, Predict and Learn at first; no-ops pad a shorter start.
    None: the shortest that the space allows (and the start fits)."""
    random_start: bool = False
    """Start from `initial` with all functions that may be searched (those for which the
    space has operations) made anew at random: only what is fixed stays as it is."""
    cache: CacheSpec | None = field(default_factory=CacheSpec)
    hurdle: HurdleSpec | None = None
    cost_factor: float | None = None
    """Programs above this many times the baseline's static cost get fitness 0."""
    cost_baseline: str = "two_layer_network"
    combine: Literal["mean", "median"] = "mean"
    """How the tasks' fitness values become one."""
    max_abs_error: float = 100.0
    """A task stops, with fitness 0, where the absolute error is larger or NaN."""
    populations: int = 1
    """Populations that evolve side by side without exchange; as many threads help."""
    dtype: Literal["float64", "float32"] = "float64"
    seed: int = 1
    vary_tasks: bool = True
    """Draw other tasks for every seed; False: just those that the task specs name."""
    individuals: int | None = None
    """Stop after so many individuals, over all populations."""
    evaluations: int | None = None
    """Stop after so many full evaluations."""
    train_steps: int | None = None
    """Stop after so many training examples were seen, over all tasks."""
    seconds: float | None = None
    """Stop after so much time of search: the one rule that is not reproducible."""
    fitness: float | None = None
    """Stop when the best fitness on T_search reaches this."""
    changes: Changes = ()
    """What to change when so many individuals, over all populations, have been made:
    pairs of that number and settings by name, such as ``(5000, {"tournament": 5})``.
    See `CHANGEABLE`."""

    def __post_init__(self) -> None:
        instance(self, "space", Space)
        instance(self, "tasks", TaskSpec)
        for name in ("select", "final"):
            instance(self, name, TaskSpec, optional=True)
        instance(self, "cache", CacheSpec, optional=True)
        instance(self, "hurdle", HurdleSpec, optional=True)
        for name in ("name", "initial"):
            instance(self, name, str)
        for name in ("vary_tasks", "random_start"):
            instance(self, name, bool)
        one_of(self, "strategy", ("aging", "random"))
        one_of(self, "combine", ("mean", "median"))
        one_of(self, "dtype", ("float64", "float32"))
        one_of(self, "cost_baseline", tuple(HAND_DESIGNED))
        whole(self, "population", 2, 10**6)
        whole(self, "tournament", 1, 10**6)
        whole(self, "populations", 1, 1024)
        whole(self, "seed", 0, MAX_SEED)
        real(self, "mutation_probability", 0.0, 1.0)
        real(self, "max_abs_error", 0.0, above=True)
        for name in ("individuals", "evaluations", "train_steps"):
            if getattr(self, name) is not None:
                whole(self, name, 1, 10**18)
        for name in ("seconds", "cost_factor"):
            if getattr(self, name) is not None:
                real(self, name, 0.0, above=True)
        if self.fitness is not None:
            real(self, "fitness", 0.0, 1.0)
        object.__setattr__(self, "mutations", _mutations(self.mutations))
        _check_operands(self.space)
        given = self.initial_length
        object.__setattr__(self, "initial_length", _initial_length(self, given))
        self._check_examples()
        self._check_labels()
        object.__setattr__(self, "changes", check_changes(self, self.changes))

    def _check_labels(self) -> None:
        """Check now, not when the search ends, that the programs suit all tasks."""
        for role in _ROLES:
            tasks: TaskSpec | None = getattr(self, role)
            if tasks is not None and tasks.label != self.space.label:
                raise ValueError(
                    f"{role} are {type(tasks).__name__}, which have {tasks.label}"
                    f" labels, but space.label is {self.space.label!r};"
                    " accepted: the same for both"
                )

    def _check_examples(self) -> None:
        """Check that the cache's and the hurdle's examples fit each other."""
        if self.hurdle is None or self.cache is None:
            return
        if self.hurdle.train < self.cache.probe_train:
            raise ValueError(
                f"hurdle.train is {self.hurdle.train}; accepted: at least"
                f" cache.probe_train, which is {self.cache.probe_train}"
            )

    def task_spec(self, role: Literal["tasks", "select", "final"]) -> TaskSpec | None:
        """Return the tasks of a role, with the seed that this search gives them."""
        spec: TaskSpec | None = getattr(self, role)
        if spec is None or not self.vary_tasks or not hasattr(spec, "seed"):
            return spec
        key = np.random.SeedSequence([spec.seed, self.seed, _ROLES.index(role)])
        values = {**spec.to_dict(), "seed": int(key.generate_state(1, np.uint32)[0])}
        return type(spec).from_dict(values)

    def start(self) -> Program | None:
        """Return the first program, padded; None where all of it is random."""
        if self.initial == "random":
            return None
        return _padded(_initial_program(self), self)

    def at(self, individuals: int) -> SearchSpec:
        """Return the spec in force after so many individuals, without changes."""
        made = tuple(change for change in self.changes if change[0] <= individuals)
        return after_changes(self, made)

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as JSON values; `from_dict` reads it."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("space", "tasks", "select", "final"):
            values[name] = values[name] and values[name].to_dict()
        for name in ("cache", "hurdle"):
            part = values[name]
            if part is not None:
                values[name] = {f.name: getattr(part, f.name) for f in fields(part)}
        values["mutations"] = dict(self.mutations)
        values["initial_length"] = list(self.initial_length or ())
        values["changes"] = changes_to_json(self.changes)
        if not self.changes:
            del values["changes"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SearchSpec:
        """Read what `to_dict` wrote; absent fields take their defaults.

        Raises
        ------
        ValueError
            For an unknown field, a missing one or a value that is not accepted.
        """
        known_fields("a search", values, [f.name for f in fields(cls)])
        for key in ("space", "tasks"):
            if key not in values:
                raise ValueError(f"a search needs the field {key!r}")
        read = dict(values)
        read["space"] = Space.from_dict(values["space"])
        for name in ("tasks", "select", "final"):
            if read.get(name) is not None:
                read[name] = task_spec_from_dict(read[name])
        parts: dict[str, type[CacheSpec | HurdleSpec]] = {
            "cache": CacheSpec,
            "hurdle": HurdleSpec,
        }
        for name, part in parts.items():
            if read.get(name) is not None:
                known_fields(f"a {name}", read[name], [f.name for f in fields(part)])
                read[name] = part(**read[name])
        return cls(**read)

    def but(self, **changes: Any) -> SearchSpec:
        """Return this spec with some fields changed.

        An `initial_length` that follows from space and start follows the new ones.
        """
        known_fields("a search", changes, [f.name for f in fields(self)])
        given = self.initial_length
        if {"space", "initial"} & changes.keys() and given == _initial_length(self):
            changes.setdefault("initial_length", None)
        return replace(self, **changes)


def _mutations(given: Any) -> tuple[tuple[str, float], ...]:
    """Return mutation weights as pairs; a mapping or a list of names will do too."""
    accepted = f"accepted: weights, not all 0, for some of {', '.join(MUTATIONS)}"
    pairs: Sequence[Any] = ()
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, Sequence) and not isinstance(given, str):
        pairs = given
    weights: dict[str, float] = {}
    for item in pairs:
        pair = (item, 1.0) if isinstance(item, str) else item
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise ValueError(f"mutations holds {item!r}; {accepted}")
        name, weight = pair
        number = isinstance(weight, Real) and math.isfinite(weight)
        if name not in MUTATIONS or not number or weight < 0:
            raise ValueError(f"mutations holds {item!r}; {accepted}")
        weights[name] = weights.get(name, 0.0) + float(weight)
    if not sum(weights.values()) > 0:
        raise ValueError(f"mutations is {given!r}; {accepted}")
    return tuple(weights.items())


def _check_operands(space: Space) -> None:
    """Refuse operations that have no address to read or write in this space."""
    for name in FUNCTIONS:
        for number in space.ops(name):
            op = OPS[number]
            lacking = [kind for kind in op.inputs if space.size(kind) == 0]
            out = op.output
            if out is not None and space.first_writable(out) >= space.size(out):
                lacking.append(out)
            if lacking:
                noun = lacking[0].noun
                raise ValueError(
                    f"space.{name}_ops holds {op.name}, which needs a {noun} that the"
                    f" space lacks; accepted: more addresses, or ops without it"
                )


def _initial_program(spec: SearchSpec) -> Program:
    if spec.initial in HAND_DESIGNED:
        return HAND_DESIGNED[spec.initial]()
    if "def " in spec.initial:
        return Program.from_text(spec.initial)
    names = ", ".join(repr(name) for name in ("random", *HAND_DESIGNED))
    raise ValueError(
        f"initial is {spec.initial!r}; accepted: {names}, or a program's text"
    )


def _initial_length(spec: SearchSpec, given: Any = None) -> tuple[int, int, int]:
    """Check the lengths of the first programs; None: the shortest that will do."""
    lowest = tuple(spec.space.length(name)[0] for name in FUNCTIONS)
    program = None if spec.initial == "random" else _initial_program(spec)
    if given is None:
        sizes = (
            [len(part) for part in program.functions.values()] if program else [0] * 3
        )
        lengths = tuple(max(a, b) for a, b in zip(lowest, sizes, strict=True))
    else:
        lengths = tuple(given) if isinstance(given, Sequence) else ()
    if len(lengths) != 3:
        fail(spec, "initial_length", "three lengths: Setup, Predict, Learn")
    for name, length in zip(FUNCTIONS, lengths, strict=True):
        low, high = spec.space.length(name)
        if type(length) is not int or not low <= length <= high:
            raise ValueError(
                f"initial_length is {lengths!r}: {length!r} for {name};"
                f" accepted: {low} to {high}"
            )
        part = program.functions[name] if program else ()
        if len(part) > length:
            raise ValueError(
                f"initial_length is {lengths!r}: {name} of the initial program has"
                f" {len(part)} instructions; accepted: {len(part)} to {high}"
            )
    result = (int(lengths[0]), int(lengths[1]), int(lengths[2]))
    if program is not None:
        _padded(program, spec, result)
    return result


def room_for(spec: SearchSpec) -> Space:
    """Return the search's space with all operations: also holds its first program."""
    every = tuple(range(len(OPS)))
    return replace(spec.space, setup_ops=every, predict_ops=every, learn_ops=every)


def _padded(
    program: Program, spec: SearchSpec, lengths: tuple[int, int, int] | None = None
) -> Program:
    """Fill a program up with no-ops; it must lie in the space (its ops need not)."""
    lengths = lengths or spec.initial_length or (0, 0, 0)
    setup, predict, learn = (
        (*part, *[Instruction(OPS[0])] * (length - len(part)))
        for part, length in zip(program.functions.values(), lengths, strict=True)
    )
    return Program(setup, predict, learn, space=room_for(spec))
