"""What a concept is worth: a program with it and without it, on the same fresh tasks.

A knock-out takes a concept out of a program, a knock-in puts one in. Both programs
train on the same tasks with the same seed of random instructions, so that what differs
between the pairs is the concept and not the luck of the draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from workbench.engine import evaluate
from workbench.insight.discover import Discovery, discover
from workbench.insight.knockin import knock_in
from workbench.insight.knockout import knock_out
from workbench.insight.probe import long_enough

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSet
    from workbench.tasks.spec import TaskSpec

CONFIDENCE = 0.95
_FRESH = 5  # marks the seeds of fresh tasks
_FEW = 5  # tasks on which medians are taken
_HARD_CODED = "hard-coded targets"
_COLUMNS = ["concept", "where", "difference", "low", "high", "pairs", "verdict"]

Verdict = Literal["helps", "harms", "no effect within noise"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean difference of fitness over pairs, with its 95 % t interval.

    Attributes
    ----------
    difference
        Mean of the fitness with, minus the fitness without.
    low, high
        Ends of Student's interval for that mean, with one degree of freedom less than
        pairs; NaN with one pair.
    pairs
        Fresh tasks on which both programs ran.
    """

    difference: float
    low: float
    high: float
    pairs: int

    @classmethod
    def of(cls, having: np.ndarray, lacking: np.ndarray) -> Effect:
        """Compare the fitness with and without something, float64[T] each.

        Raises
        ------
        ValueError
            When they are not of one length, or empty.
        """
        if having.shape != lacking.shape or having.ndim != 1 or not len(having):
            raise ValueError(
                f"having and lacking have the shapes {having.shape} and"
                f" {lacking.shape}; accepted: [tasks], both alike, at least one"
            )
        apart = having - lacking
        count, mean = len(apart), float(apart.mean())
        if count == 1:
            return cls(mean, math.nan, math.nan, 1)
        error = float(apart.std(ddof=1)) / math.sqrt(count)
        reach = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) * error
        return cls(mean, mean - reach, mean + reach, count)

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0

    def within(self, margin: float) -> bool:
        """Tell whether the interval lies within -margin to margin."""
        return -margin <= self.low and self.high <= margin

    def __str__(self) -> str:
        return (
            f"{self.difference:+.4f} (95 % interval {self.low:+.4f} to"
            f" {self.high:+.4f}, {self.pairs} tasks)"
        )


@dataclass(frozen=True, slots=True)
class Ablation:
    """A concept, the program without it (or with it put in), and what that changed.

    Attributes
    ----------
    discovery
        The concept; of a knock-in as it was found after the graft.
    program
        The changed program: the concept knocked out, or grafted in.
    before, after
        Mean fitness on the fresh tasks of the program as it was and as it became.
    effect
        Fitness with the concept minus fitness without it: above 0 it helps, whether
        it was knocked out or grafted in.
    grafted
        Whether the concept was put in; else it was taken out.
    """

    discovery: Discovery
    program: Program
    before: float
    after: float
    effect: Effect
    grafted: bool = False

    @property
    def concept(self) -> str:
        """The concept's name."""
        return self.discovery.concept.name

    @property
    def verdict(self) -> Verdict:
        """Whether fitness is clearly higher or lower with the concept than without."""
        if not self.effect.clear:
            return "no effect within noise"
        return "helps" if self.effect.difference > 0.0 else "harms"

    def __str__(self) -> str:
        done = "grafting it in" if self.grafted else "knocking it out"
        words = {
            "no effect within noise": "has no effect within noise",
            "helps": "gains fitness" if self.grafted else "costs fitness",
            "harms": "costs fitness" if self.grafted else "gains fitness",
        }
        return f"{self.concept}: {done} {words[self.verdict]}; with it {self.effect}"


def ablate(
    program: Program,
    spec: TaskSpec,
    *,
    concepts: Iterable[str] | None = None,
    pairs: int = 100,
    seed: int = 0,
) -> tuple[Ablation, ...]:
    """Knock concepts out of a program, one at a time, and measure what each is worth.

    Parameters
    ----------
    program
        Any program.
    spec
        The tasks it was made for. Medians are taken on the first few of them, if they
        are long enough; fitness is that on `fresh_tasks`.
    concepts
        Names of concepts that it has; all that are found, by default.
    pairs
        How many fresh tasks.
    seed
        Of the fresh tasks, and of random instructions.

    Returns
    -------
    One for each concept, in the order of `CATALOGUE`. Concepts that cannot be knocked
    out of this program are left out, unless they were asked for.

    Raises
    ------
    ValueError
        When a concept that was asked for is not in the program, or cannot be knocked
        out of it.
    """
    metric, known = own_tasks(spec)
    asked = None if concepts is None else list(concepts)
    # Hard-coded targets show on the tasks of the search alone.
    tasks = known if asked is not None and _HARD_CODED in asked else None
    found = {d.concept.name: d for d in discover(program, metric, tasks)}
    changed: list[tuple[Discovery, Program]] = []
    for name in found if asked is None else asked:
        try:
            without = knock_out(program, name, metric, tasks, known)
        except ValueError:
            if asked is not None:
                raise
        else:
            changed.append((found[name], without))
    return _compare(
        program, changed, fresh_tasks(spec, pairs, seed), seed, grafted=False
    )


def graft(
    program: Program,
    spec: TaskSpec,
    concepts: Iterable[str],
    *,
    pairs: int = 100,
    seed: int = 0,
) -> tuple[Ablation, ...]:
    """Knock concepts into a program, one at a time, and measure what each is worth.

    Parameters are those of `ablate`; concepts are those that `knock_in` can graft.

    Raises
    ------
    ValueError
        As `knock_in`.
    """
    metric, _ = own_tasks(spec)
    changed = []
    for name in concepts:
        grafted = knock_in(name, program, metric)
        here = {d.concept.name: d for d in discover(grafted, metric)}
        changed.append((here[name], grafted))
    return _compare(
        program, changed, fresh_tasks(spec, pairs, seed), seed, grafted=True
    )


def evidence(
    program: Program, spec: TaskSpec, *, pairs: int = 100, seed: int = 0
) -> pd.DataFrame:
    """Return a table of the concepts in a program with what each is worth.

    Columns: concept, where (the instructions that carry it), difference (of fitness
    with it and without it), low, high, pairs, verdict; see `ablate`.
    """
    rows = [
        {
            "concept": one.concept,
            "where": ", ".join(f"{name} {k + 1}" for name, k in one.discovery.places),
            "difference": one.effect.difference,
            "low": one.effect.low,
            "high": one.effect.high,
            "pairs": one.effect.pairs,
            "verdict": one.verdict,
        }
        for one in ablate(program, spec, pairs=pairs, seed=seed)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def fresh_tasks(spec: TaskSpec, count: int, seed: int = 0) -> TaskSet:
    """Draw tasks of the same distribution that no search has seen.

    Their seed comes from the spec's and from `seed`, with 63 bits and in a way that
    searches do not use.

    Raises
    ------
    ValueError
        When the spec has no seed.
    """
    values = spec.to_dict()
    if "seed" not in values:
        raise ValueError(
            f"{type(spec).__name__} has no seed, so that it draws no fresh tasks;"
            " accepted: a task spec with a seed"
        )
    key = np.random.SeedSequence([values["seed"], _FRESH, seed])
    drawn = int(key.generate_state(1, np.uint64)[0] >> np.uint64(1))
    return type(spec).from_dict({**values, "seed": drawn, "tasks": count}).make()


def own_tasks(spec: TaskSpec) -> tuple[Metric, TaskSet | None]:
    """Return the metric, and the first few tasks if they are long enough."""
    values = spec.to_dict()
    if "tasks" in values:
        values["tasks"] = min(values["tasks"], _FEW)
    tasks = type(spec).from_dict(values).make()
    return tasks.metric, tasks if long_enough(tasks) else None


def _compare(
    program: Program,
    changed: Sequence[tuple[Discovery, Program]],
    tasks: TaskSet,
    seed: int,
    *,
    grafted: bool,
) -> tuple[Ablation, ...]:
    own = evaluate(program, tasks, seed=seed).task_fitness
    found = []
    for discovery, other in changed:
        new = evaluate(other, tasks, seed=seed).task_fitness
        effect = Effect.of(new, own) if grafted else Effect.of(own, new)
        before, after = float(own.mean()), float(new.mean())
        found.append(Ablation(discovery, other, before, after, effect, grafted))
    return tuple(found)
