"""The fields of the search panel: what they are called and how they are read."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.evolution import MUTATIONS, PRESETS
from workbench.programs import FUNCTIONS, HAND_DESIGNED, OPS

if TYPE_CHECKING:
    from collections.abc import Callable

Value = str | bool
TASK_TITLES = {
    "linear": "Linear regression",
    "affine": "Affine regression",
    "two-layer": "Two-layer network regression",
    "projected": "Pairs of image classes, projected",
    "ten-class": "Ten image classes, projected",
}


GIVEN = "given"
NO_LIMIT = "no limit"
_HUGE = 10**9


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
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser needs to draw the control."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "help": self.help,
            "wide": self.wide,
            "placeholder": self.placeholder,
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


def weights(text: str) -> dict[str, float]:
    """Read `alter_param 2, identity 1`: mutations, with 1 where no weight stands."""
    read: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, weight = part.partition(" ")
        if name not in MUTATIONS:
            raise FieldError(f"there is no mutation {name}: {', '.join(MUTATIONS)}")
        value = _number(weight.strip() or "1", optional=False)
        read[name] = read.get(name, 0.0) + (value or 0.0)
    if not sum(read.values()) > 0 or min(read.values()) < 0:
        raise FieldError("one weight above 0 is needed, and none below")
    return read


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
    # Limits that nobody comes near are not worth reading.
    if value < low and (high is None or high > _HUGE):
        raise FieldError(f"must be {text_of(low)} or more")
    if high is not None and not low <= value <= high:
        raise FieldError(f"must be from {text_of(low)} to {text_of(high)}")


def _choice(text: str) -> str:
    return str(text)


def _limit(name: str, label: str, read: Callable[[Any], Any]) -> Field:
    return Field(name, label, read, placeholder=NO_LIMIT)


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
        help="Stop after this many programs",
        placeholder=NO_LIMIT,
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
            "mutations",
            "Mutations",
            weights,
            "text",
            f"With their weights, separated by commas: {', '.join(MUTATIONS)}",
            wide=True,
        ),
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
        Field(
            "cost_factor",
            "Cost limit",
            real(0, 1e6, optional=True),
            help="Times the cost of a two-layer network",
            placeholder=NO_LIMIT,
        ),
        Field(
            "cache",
            "Cache",
            bool,
            "flag",
            "Do not evaluate what does the same as a program seen before",
        ),
        Field("hurdle", "Hurdle", bool, "flag", "Give up early on weak programs"),
    ),
    "Stop early at": (
        _limit("fitness", "Fitness", real(0, 1, optional=True)),
        _limit("evaluations", "Evaluations", whole(1, 10**15, optional=True)),
        _limit("train_steps", "Train steps", whole(1, 10**18, optional=True)),
        _limit("seconds", "Seconds", real(0, optional=True)),
    ),
}

FIELDS = {field.name: field for field in (*MAIN, *sum(MORE.values(), ()))}


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


def text_of(value: Any) -> str:
    """Return a value as the form shows it, so that it reads back the same."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"{name} {text_of(weight)}" for name, weight in value)
    if isinstance(value, int) and value >= 10_000:
        return f"{value:,}".replace(",", " ")
    return f"{value:.12g}" if isinstance(value, float) else str(value)
