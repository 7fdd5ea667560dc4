"""Does the kind of task shape what evolves? Three conditions against their controls.

Section 4.3 of the AutoML-Zero paper: from a two-layer network, few examples bring noisy
ReLU, fast training a decaying learning rate, ten classes a learning rate from the mean
of a weight matrix. Here with fewer examples, epochs and individuals, so that a series
ends on one core; what the winners have found is counted by `workbench.insight`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from experiments import projected
from experiments.by_hand import worth
from experiments.conditions_page import ARMS, BY_HAND, HAND, report
from experiments.images import present
from experiments.searching import ended, line_of, recounted
from experiments.series import Series, parse, seed_of, teller
from workbench.engine import evaluate
from workbench.evolution import CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import Space, library
from workbench.tasks import ProjectedTasks, TenClassTasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key, Line

NAME = "conditions"
RUNS, BUDGET, POPULATIONS = 10, 25_000, 5
FIELDS = ("condition", "arm", "budget", "populations", "seed")
FRESH = 24  # tasks of T_select, and of T_final

SPACE = replace(projected.SPACE, scalars=10, vectors=16, matrices=4)
"""The paper's addresses; operations and lengths are those of its section 4.2."""
NARROW = replace(SPACE, scalars=6, vectors=10, matrices=3)
"""One address of each kind more than the network has: fewer mutations touch nothing."""

LATE = HurdleSpec(train=1000, valid=100, quantile=0.5)
"""Neither as early nor as strict as the paper's hurdle: noise pays late."""

TEN_CLASS_NETWORK = """
def Setup():
  m1 = gaussian(0.0, 0.1, (n_features, n_features))
  m0 = gaussian(0.0, 0.1, (n_features, n_features))
  s3 = 0.01
def Predict():
  v3 = dot(m0, v0)
  v3 = v3 + v9
  v4 = maximum(v3, v5)
  v2 = dot(m1, v4)
  v2 = v2 + v10
def Learn():
  v6 = v1 - v2
  v6 = s3 * v6
  v10 = v10 + v6
  m2 = outer(v6, v4)
  m1 = m1 + m2
  m3 = transpose(m1)
  v7 = dot(m3, v6)
  v8 = heaviside(v3, 1.0)
  v7 = v8 * v7
  v9 = v9 + v7
  m2 = outer(v7, v0)
  m0 = m0 + m2
"""
"""`library.two_layer_network` with a vector of outputs instead of one."""

PAIRS = ProjectedTasks(dataset="mnist-5k", features=16, train=200, valid=200, tasks=8)
COLOUR = ProjectedTasks(dataset="cifar10", features=16, train=800, valid=400, tasks=8)
TEN = TenClassTasks(dataset="mnist-5k", features=16, train=400, valid=200, tasks=8)


@dataclass(frozen=True)
class Condition:
    """A kind of task, its control, and what the paper saw emerge."""

    title: str
    concept: str
    condition: ProjectedTasks | TenClassTasks
    control: ProjectedTasks | TenClassTasks
    paper: str
    space: Space = SPACE
    hurdle: HurdleSpec = field(default_factory=lambda: HurdleSpec(train=100, valid=100))
    share: int = 1  #: times the budget
    rate: float = 0.01  #: that the network starts with

    @property
    def first(self) -> bool:
        """Whether it is one of the first series, in the paper's memory."""
        return self.space is SPACE

    def tasks(self, arm: str) -> ProjectedTasks | TenClassTasks:
        """Return the tasks of an arm."""
        return self.condition if arm == "condition" else self.control

    def network(self, arm: str) -> str:
        """Return the text of an arm's network, with a rate of 0.01."""
        vector = self.tasks(arm).label == "vector"
        return TEN_CLASS_NETWORK if vector else str(library.two_layer_network())

    def start(self, arm: str) -> str:
        """Return the text of the network that an arm starts from."""
        return self.network(arm).replace("s3 = 0.01", f"s3 = {self.rate}")

    def spec(self, arm: str, budget: int, populations: int, seed: int) -> SearchSpec:
        """Return the search of one run."""
        tasks = self.tasks(arm)
        return SearchSpec(
            name=f"{self.title}, {arm}",
            space=replace(self.space, label=tasks.label),
            tasks=tasks,
            select=replace(tasks, tasks=FRESH, seed=1),
            final=_held_out(replace(tasks, tasks=FRESH, seed=2)),
            population=100,
            tournament=10,
            mutations=(
                ("alter_param", 1.0),
                ("randomize_function", 0.2),
                ("insert_instruction", 1.0),
                ("remove_instruction", 2.0),
            ),
            initial=self.start(arm),
            cache=CacheSpec(),
            hurdle=self.hurdle,
            cost_factor=4.0,
            populations=populations,
            individuals=budget * self.share,
            seed=seed_of(NAME, self.title, arm, seed),
        )


def _held_out(
    tasks: ProjectedTasks | TenClassTasks,
) -> ProjectedTasks | TenClassTasks:
    """Return tasks on pairs of classes that no search sees, if they have pairs."""
    if isinstance(tasks, ProjectedTasks):
        return replace(tasks, pairs="held-out")
    return tasks


CONDITIONS = {
    "few examples": Condition(
        "few examples",
        "noisy ReLU",
        replace(PAIRS, train=40, epochs=10),
        replace(PAIRS, train=400, epochs=10),
        "80 examples x 100 epochs against 800 x 100: 8 of 30 against 0 of 30",
    ),
    "fast training": Condition(
        "fast training",
        "decaying learning rate",
        replace(PAIRS, train=200, epochs=1),
        replace(PAIRS, train=200, epochs=10),
        "800 examples x 10 epochs against x 100: 30 of 30 against 3 of 30",
    ),
    "ten classes": Condition(
        "ten classes",
        "learning rate from the weights' mean",
        TEN,
        replace(PAIRS, train=400),
        "ten classes (45,000 examples) against two: 24 of 30 against 0 of 30",
    ),
    "few examples, 50 epochs": Condition(
        "few examples, 50 epochs",
        "noisy ReLU",
        replace(PAIRS, train=80, valid=600, epochs=50),
        replace(PAIRS, train=400, valid=600, epochs=10),
        "as few examples",
        space=NARROW,
        hurdle=LATE,
    ),
    "fast training, 16 tasks": Condition(
        "fast training, 16 tasks",
        "decaying learning rate",
        replace(PAIRS, train=200, valid=400, epochs=1, tasks=16),
        replace(PAIRS, train=200, valid=400, epochs=10, tasks=16),
        "as fast training",
        space=NARROW,
        share=4,
    ),
    "fast training, CIFAR-10": Condition(
        "fast training, CIFAR-10",
        "decaying learning rate",
        replace(COLOUR, epochs=1),
        replace(COLOUR, epochs=10),
        "as fast training",
        space=NARROW,
        share=8,
        rate=0.03,
    ),
    "few examples, CIFAR-10": Condition(
        "few examples, CIFAR-10",
        "noisy ReLU",
        replace(COLOUR, train=80, valid=200, epochs=100),
        replace(COLOUR, train=800, valid=200, epochs=10),
        "as few examples",
        space=NARROW,
        hurdle=LATE,
        share=2,
        rate=0.02,
    ),
    "ten classes, CIFAR-10": Condition(
        "ten classes, CIFAR-10",
        "learning rate from the weights' mean",
        replace(TEN, dataset="cifar10", train=2000, valid=500),
        replace(COLOUR, train=2000, valid=500),
        "as ten classes",
        space=replace(NARROW, vectors=12, matrices=4),
        share=4,
    ),
}


def run(
    condition: str,
    arm: str,
    budget: int,
    populations: int,
    seed: int,
    checkpoints: Path | None = None,
) -> Line:
    """Search once; keep also what the start reaches on the same fresh tasks."""
    if arm in BY_HAND:
        return by_hand(condition, arm.removeprefix(HAND))
    spec = CONDITIONS[condition].spec(arm, budget, populations, seed)
    search = ended(spec, checkpoints)
    start, final = spec.start(), spec.task_spec("final")
    if start is None or final is None:
        raise ValueError(f"{condition} has no start or T_final; accepted: both")
    begun = evaluate(start, final.make()).fitness
    return {**line_of(search, "accuracy"), "start": begun}


def by_hand(condition: str, arm: str) -> Line:
    """Return what the paper's concept is worth on fresh tasks of an arm."""
    kind = CONDITIONS[condition]
    tasks = kind.tasks(arm)
    tuning = replace(tasks, tasks=FRESH, seed=1)
    fresh = _held_out(replace(tasks, tasks=4 * FRESH, seed=2))
    return worth(kind.concept, kind.network(arm), tuning.make(), fresh.make())


def recount(line: Line) -> Line:
    """Name the concepts of a line's program anew."""
    tasks = CONDITIONS[line["condition"]].tasks(line["arm"].removeprefix(HAND))
    return recounted(line, "accuracy", tasks.label)


def keys(runs: int, budget: int, populations: int = POPULATIONS) -> list[Key]:
    """Return the runs in the order in which they are made: seed by seed."""
    hands: list[Key] = [
        (c, arm, budget, populations, 1) for c in CONDITIONS for arm in BY_HAND
    ]
    return hands + [
        (condition, arm, budget, populations, seed)
        for seed in range(1, runs + 1)
        for condition in CONDITIONS
        for arm in ARMS
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    more = {"populations": (POPULATIONS, "of one run, without exchange")}
    options = parse(NAME, __doc__, RUNS, BUDGET, arguments, more=more, named=True)
    series = Series(options.file, FIELDS)
    size = {"budget": options.budget, "populations": options.populations}
    if options.recount:
        series.revise(recount)
    elif options.report:
        series.require(**size)
        report(CONDITIONS, series, size, options.page)
    else:
        one = partial(run, checkpoints=options.checkpoints)
        tell = teller()
        ready = present((c.condition.dataset for c in CONDITIONS.values()), tell)
        here = {n for n, c in CONDITIONS.items() if c.condition.dataset in ready}
        wanted = [key for key in keys(options.runs, **size) if key[0] in here]
        series.fill(wanted, one, tell)


if __name__ == "__main__":
    main()
