"""The settings of the search panel as texts, checked and turned into a spec."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from workbench.evolution import PRESETS, CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import FUNCTIONS, HAND_DESIGNED, OPS, Space
from workbench.widgets.search_fields import (
    FIELDS,
    GIVEN,
    TASK_TITLES,
    Value,
    text_of,
)
from workbench.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.tasks import TaskSpec

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
    "mutations",
    "populations",
    "combine",
    "cost_factor",
    "fitness",
    "evaluations",
    "train_steps",
    "seconds",
)


class SearchForm(SettingsForm):
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

    fields = FIELDS

    def __init__(self, spec: SearchSpec, preset: str | None, threads: int) -> None:
        self.base = spec
        super().__init__(_values(spec, preset, threads))

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

    def take(self, spec: SearchSpec, names: Iterable[str]) -> None:
        """Show some settings as they are in a spec, whatever was typed there."""
        for name in names:
            self.values[name] = text_of(getattr(spec, name))
        self.check()

    def check(self) -> tuple[SearchSpec, int] | None:
        """Return the spec and the threads; None, with `errors` set, if refused."""
        read = self._read()
        if read is None:
            return None
        try:
            return self._spec(read), read["threads"]
        except ValueError as error:
            self._refuse(str(error), _named(str(error)))
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
            hidden += ["tournament", "mutation_probability", "mutations"]
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
            **super().to_dict(),
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


def _named(message: str) -> str:
    """Return the field that a refusal of the spec names; empty if it names none."""
    named = re.match(r"(?:(\w+)\.)?(\w+) (?:is|holds|has) ", message)
    owner, name = named.groups() if named else (None, "")
    if owner in FIELDS:
        return str(owner)
    return "task_seed" if owner and name == "seed" else str(name)


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
        values[field] = text_of(getattr(spec.tasks, name, 1))
    for name in _PLAIN_FIELDS:
        values[name] = text_of(getattr(spec, name))
    for name in _SPACE_FIELDS:
        value = getattr(spec.space, name)
        if name.endswith("_length"):
            low, high = value
            values[name] = str(low) if low == high else f"{low} to {high}"
        elif name.endswith("_ops"):
            all_ops = len(value) == len(OPS)
            values[name] = "all" if all_ops else ", ".join(map(str, value))
        else:
            values[name] = text_of(value)
    return values
