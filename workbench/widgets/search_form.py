"""The settings of the search panel: shown, checked, and turned into a spec."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.evolution import PRESETS, CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import HAND_DESIGNED, OPS, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.tasks.spec import TaskSpec

Value = str | bool
FUNCTIONS = ("setup", "predict", "learn")
TASK_TITLES = {
    "linear": "Linear regression",
    "affine": "Affine regression",
    "two_layer": "Two-layer network regression",
    "projected": "Pairs of image classes, projected",
    "ten_class": "Ten image classes, projected",
}


GIVEN = "given"


class FieldError(ValueError):
    """A value that a field refuses, in words for the reader."""


@dataclass(frozen=True)
class Field:
    """One control of the form and how its text is read.

    Attributes
    ----------
    read
        Takes the text (or the flag) and returns the value; raises `FieldError`.
    """

    name: str
    label: str
    read: Callable[[Any], Any]
    kind: Literal["number", "text", "choice", "flag"] = "number"
    help: str = ""
    wide: bool = False
    options: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser needs to draw the control."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "help": self.help,
            "wide": self.wide,
            "options": [{"value": v, "label": text} for v, text in self.options],
        }


def whole(low: int, high: int | None = None, optional: bool = False) -> Any:
    """Return a reader of whole numbers; `2e6` and `2 000 000` are welcome."""

    def read(text: str) -> int | None:
        value = _number(text, optional)
        if value is None:
            return None
        if value != int(value):
            raise FieldError("a whole number, please")
        _in_range(value, low, high)
        return int(value)

    return read


def real(low: float, high: float | None = None, optional: bool = False) -> Any:
    """Return a reader of numbers."""

    def read(text: str) -> float | None:
        value = _number(text, optional)
        if value is not None:
            _in_range(value, low, high)
        return value

    return read


def length(text: str) -> tuple[int, int]:
    """Read `5` or `0 to 21`: the smallest and the largest length."""
    ends = [int(part) for part in re.findall(r"\d+", text)]
    rest = re.sub(r"\d+", "", text).strip()
    if len(ends) not in (1, 2) or rest not in ("", "-", "–", "to", "..", ","):  # noqa: RUF001
        raise FieldError("a number such as 5, or a range such as 0 to 21")
    low, high = ends[0], ends[-1]
    if low > high:
        raise FieldError(f"the range ends before it begins: {low} to {high}")
    return low, high


def operations(text: str) -> tuple[int, ...]:
    """Read `all`, or op numbers and names separated by commas."""
    if text.strip().lower() == "all":
        return tuple(range(len(OPS)))
    names = {op.name: op.number for op in OPS}
    chosen = []
    for part in re.split(r"[,\s]+", text.strip()):
        if part.isdigit() and int(part) < len(OPS):
            chosen.append(int(part))
        elif part.upper() in names:
            chosen.append(names[part.upper()])
        elif part:
            raise FieldError(
                f"there is no operation {part}: numbers 0 to {len(OPS) - 1}, names "
                "such as SCALAR_SUM_OP, or all"
            )
    return tuple(sorted(set(chosen)))


def _number(text: str, optional: bool) -> float | None:
    plain = re.sub(r"[\s_,\u202f]", "", str(text))
    if not plain:
        if optional:
            return None
        raise FieldError("a number is needed here")
    try:
        value = float(plain)
    except ValueError:
        raise FieldError(f"“{str(text).strip()}” is not a number") from None
    if not math.isfinite(value):
        raise FieldError(f"“{str(text).strip()}” is not a number to work with")
    return value


def _in_range(value: float, low: float, high: float | None) -> None:
    if high is None and value < low:
        raise FieldError(f"must be {_text(low)} or more")
    if high is not None and not low <= value <= high:
        raise FieldError(f"must be from {_text(low)} to {_text(high)}")


def _choice(text: str) -> str:
    return str(text)


_CORES = os.cpu_count() or 1

MAIN: tuple[Field, ...] = (
    Field(
        "preset",
        "Preset",
        _choice,
        "choice",
        "A search to begin with; it fills in all other settings",
        wide=True,
        options=tuple((name, preset.title) for name, preset in PRESETS.items()),
    ),
    Field(
        "task",
        "Task",
        _choice,
        "choice",
        "What the programs have to learn",
        wide=True,
        options=tuple(TASK_TITLES.items()),
    ),
    Field("features", "Features", whole(1, 1024), help="Length of an example"),
    Field("tasks", "Search tasks", whole(1, 10_000), help="Fitness is over these"),
    Field(
        "strategy",
        "Strategy",
        _choice,
        "choice",
        options=(("aging", "Evolution"), ("random", "Random search")),
    ),
    Field("population", "Population", whole(2, 1_000_000)),
    Field(
        "tournament",
        "Tournament",
        whole(1, 1_000_000),
        help="The best of this many random members becomes the parent",
    ),
    Field(
        "individuals",
        "Budget (individuals)",
        whole(1, 10**15, optional=True),
        help="Stop after this many programs; empty: no limit",
    ),
    Field("seed", "Seed", whole(0, 2**63 - 1), help="Same seed, same search"),
    Field("threads", "Threads", whole(1, 4 * _CORES), help="Does not change results"),
)

MORE: dict[str, tuple[Field, ...]] = {
    "Space of programs": (
        Field("scalars", "Scalars", whole(2, 128)),
        Field("vectors", "Vectors", whole(1, 128)),
        Field("matrices", "Matrices", whole(0, 128)),
        *(
            Field(f"{name}_length", f"{name.title()} length", length, "text")
            for name in FUNCTIONS
        ),
        *(
            Field(
                f"{name}_ops",
                f"{name.title()} operations",
                operations,
                "text",
                "Numbers or names, separated by commas, or all",
                wide=True,
            )
            for name in FUNCTIONS
        ),
    ),
    "Tasks": (
        Field("train", "Training examples", whole(1, 10**6)),
        Field("valid", "Validation examples", whole(1, 10**6)),
        Field("epochs", "Epochs", whole(1, 10**4)),
        Field("task_seed", "Task seed", whole(0, 2**63 - 1)),
    ),
    "Evolution": (
        Field("mutation_probability", "Mutation probability", real(0, 1)),
        Field(
            "populations",
            "Populations",
            whole(1, 1024),
            help="Evolve side by side without exchange; a thread each",
        ),
        Field(
            "initial",
            "First program",
            _choice,
            "choice",
            options=(
                ("random", "Random"),
                *(
                    (name, name.replace("_", " ").capitalize())
                    for name in HAND_DESIGNED
                ),
                (GIVEN, "As given in the spec"),
            ),
        ),
        Field(
            "combine",
            "Fitness over tasks",
            _choice,
            "choice",
            options=(("mean", "Mean"), ("median", "Median")),
        ),
        Field("cache", "Cache of equal programs", bool, "flag"),
        Field("hurdle", "Hurdle", bool, "flag", "Give up early on weak programs"),
        Field(
            "cost_factor",
            "Cost limit",
            real(0, 1e6, optional=True),
            help="Times the cost of a two-layer network; empty: none",
        ),
    ),
    "Stop early at": (
        Field("fitness", "Fitness", real(0, 1, optional=True)),
        Field("evaluations", "Evaluations", whole(1, 10**15, optional=True)),
        Field("train_steps", "Train steps", whole(1, 10**18, optional=True)),
        Field("seconds", "Seconds", real(0, optional=True)),
    ),
}

FIELDS = {field.name: field for field in (*MAIN, *sum(MORE.values(), ()))}
_SPACE_FIELDS = tuple(
    f.name for f in fields(Space) if f.name in FIELDS and f.name != "label"
)
_TASK_FIELDS = {
    "features": "features",
    "tasks": "tasks",
    "train": "train",
    "valid": "valid",
    "epochs": "epochs",
    "task_seed": "seed",
}
_PLAIN_FIELDS = (
    "strategy",
    "population",
    "tournament",
    "individuals",
    "seed",
    "mutation_probability",
    "populations",
    "combine",
    "cost_factor",
    "fitness",
    "evaluations",
    "train_steps",
    "seconds",
)


def schema(own: bool = False) -> dict[str, Any]:
    """Return what the browser draws the form from; `own`: no preset is chosen."""
    main = MAIN
    if own:
        options = (("", "Own spec"), *MAIN[0].options)
        main = (replace(MAIN[0], options=options), *MAIN[1:])
    groups = [("Search", False, main)]
    groups += [(title, True, group) for title, group in MORE.items()]
    return {
        "groups": [
            {"title": title, "more": more, "fields": [f.to_dict() for f in group]}
            for title, more, group in groups
        ]
    }


class SearchForm:
    """The texts in the form, and the spec they stand for.

    Parameters
    ----------
    spec
        What to begin with.
    preset
        Name of the preset it came from, or None.
    threads
        How many threads to work with.
    """

    def __init__(self, spec: SearchSpec, preset: str | None, threads: int) -> None:
        self.base = spec
        self.values = _values(spec, preset, threads)
        self.errors: dict[str, str] = {}
        self.problem = ""

    def edit(self, changes: Mapping[str, Value]) -> None:
        """Take new texts; a preset or a task brings its own other settings."""
        for name, value in changes.items():
            if name not in FIELDS:
                continue
            if name == "preset" and value in PRESETS:
                threads = int(self.values["threads"])
                self.base = PRESETS[str(value)].spec
                self.values = _values(self.base, str(value), threads)
            elif name == "task" and value != self.values["task"]:
                self._change_task(str(value))
            else:
                self.values[name] = value
        self.check()

    def check(self) -> tuple[SearchSpec, int] | None:
        """Return the spec and the threads; None, with `errors` set, if refused."""
        self.errors, self.problem = {}, ""
        read: dict[str, Any] = {}
        for name, field in FIELDS.items():
            try:
                read[name] = field.read(self.values[name])
            except FieldError as error:
                self.errors[name] = str(error)
        if self.errors:
            return None
        try:
            return self._spec(read), read["threads"]
        except ValueError as error:
            self._refuse(str(error))
            return None

    @property
    def hidden(self) -> list[str]:
        """Fields that mean nothing for what is chosen."""
        hidden = [
            name
            for name, own in _TASK_FIELDS.items()
            if not hasattr(self.base.tasks, own)
        ]
        if self.values["strategy"] == "random":
            hidden += ["tournament", "mutation_probability"]
        return hidden

    @property
    def summary(self) -> str:
        """One line for the closed form."""
        v = self.values
        task = TASK_TITLES.get(str(v["task"]), str(v["task"]))
        how = (
            "random search"
            if v["strategy"] == "random"
            else f"evolution, population {v['population']}"
        )
        return f"{task}, {v['features']} features · {how} · seed {v['seed']}"

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser shows."""
        preset = PRESETS.get(str(self.values["preset"]))
        return {
            "about": preset.description if preset else "",
            "values": dict(self.values),
            "errors": dict(self.errors),
            "hidden": self.hidden,
            "summary": self.summary,
        }

    def _change_task(self, kind: str) -> None:
        """Take tasks of another kind, from the preset that has such tasks."""
        donor = next(
            (p.spec for p in PRESETS.values() if p.spec.tasks.kind == kind), None
        )
        if donor is None:
            self.errors["task"] = "no preset has such tasks; use SearchPanel(spec=...)"
            return
        self.base = replace(
            self.base, tasks=donor.tasks, select=donor.select, final=donor.final
        )
        texts = _values(self.base, None, 1)
        for name in ("task", *_TASK_FIELDS):
            self.values[name] = texts[name]

    def _spec(self, read: Mapping[str, Any]) -> SearchSpec:
        base = self.base
        space = replace(base.space, **{name: read[name] for name in _SPACE_FIELDS})
        own = {
            name: read[field]
            for field, name in _TASK_FIELDS.items()
            if hasattr(base.tasks, name)
        }
        tasks = _with_task_fields(base.tasks, own)
        shared = {"features": own["features"]} if "features" in own else {}
        initial = base.initial if read["initial"] == GIVEN else read["initial"]
        return replace(
            base,
            space=space,
            initial=initial,
            initial_length=_initial_length(base, space, initial),
            tasks=tasks,
            select=_with_task_fields(base.select, shared),
            final=_with_task_fields(base.final, shared),
            cache=(base.cache or CacheSpec()) if read["cache"] else None,
            hurdle=(base.hurdle or HurdleSpec()) if read["hurdle"] else None,
            **{name: read[name] for name in _PLAIN_FIELDS},
        )

    def _refuse(self, message: str) -> None:
        """Put a refusal of the spec beside the field that it names, if it names one."""
        named = re.match(r"(?:(\w+)\.)?(\w+) (?:is|holds|has) ", message)
        owner, name = named.groups() if named else (None, "")
        if owner in FIELDS:
            name = owner
        elif owner and name == "seed":
            name = "task_seed"
        if name in FIELDS:
            self.errors[name] = message.split("; ", 1)[-1]
        else:
            self.problem = message


def _initial_length(base: SearchSpec, space: Space, initial: str) -> Any:
    """Return the first lengths of the base, as far as the space still allows them."""
    if initial != base.initial or base.initial_length is None:
        return None
    return tuple(
        min(max(wanted, space.length(name)[0]), space.length(name)[1])
        for name, wanted in zip(FUNCTIONS, base.initial_length, strict=True)
    )


def _with_task_fields(spec: TaskSpec | None, values: Mapping[str, Any]) -> Any:
    return None if spec is None else replace(spec, **values)


def _values(spec: SearchSpec, preset: str | None, threads: int) -> dict[str, Value]:
    """Return the form's texts for a spec."""
    values: dict[str, Value] = {
        "preset": preset or "",
        "task": spec.tasks.kind,
        "threads": str(threads),
        "cache": spec.cache is not None,
        "hurdle": spec.hurdle is not None,
        "initial": spec.initial
        if spec.initial in ("random", *HAND_DESIGNED)
        else GIVEN,
    }
    for field, name in _TASK_FIELDS.items():
        values[field] = _text(getattr(spec.tasks, name, 1))
    for name in _PLAIN_FIELDS:
        values[name] = _text(getattr(spec, name))
    for name in _SPACE_FIELDS:
        value = getattr(spec.space, name)
        if name.endswith("_length"):
            low, high = value
            values[name] = str(low) if low == high else f"{low} to {high}"
        elif name.endswith("_ops"):
            all_ops = len(value) == len(OPS)
            values[name] = "all" if all_ops else ", ".join(map(str, value))
        else:
            values[name] = _text(value)
    return values


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and value >= 10_000:
        return f"{value:,}".replace(",", " ")
    return f"{value:.12g}" if isinstance(value, float) else str(value)
