"""Does the kind of task shape what evolves? Three conditions against their controls.

Section 4.3 of the AutoML-Zero paper: from a two-layer network, few examples bring noisy
ReLU, fast training a decaying learning rate, ten classes a learning rate from the mean
of a weight matrix. Here with fewer examples, epochs and individuals, so that a series
ends on one core; what the winners have found is counted by `workbench.insight`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from experiments import projected
from experiments.figures import BLUE, ORANGE, figure, legend
from experiments.page import number, percent, table, template, write
from experiments.searching import ended, line_of
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import fisher, mean, wilson
from workbench.engine import evaluate
from workbench.evolution import CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import library
from workbench.tasks import ProjectedTasks, TenClassTasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key, Line

NAME = "conditions"
RUNS, BUDGET, POPULATIONS = 10, 25_000, 5
FIELDS = ("condition", "arm", "budget", "populations", "seed")
ARMS = ("condition", "control")
FRESH = 24  # tasks of T_select, and of T_final

SPACE = replace(projected.SPACE, scalars=10, vectors=16, matrices=4)
"""The paper's addresses; operations and lengths are those of its section 4.2."""

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
TEN = TenClassTasks(dataset="mnist-5k", features=16, train=400, valid=200, tasks=8)


@dataclass(frozen=True)
class Condition:
    """A kind of task, its control, and what the paper saw emerge."""

    title: str
    concept: str
    condition: ProjectedTasks | TenClassTasks
    control: ProjectedTasks | TenClassTasks
    paper: str

    def spec(self, arm: str, budget: int, populations: int, seed: int) -> SearchSpec:
        """Return the search of one run."""
        tasks = self.condition if arm == "condition" else self.control
        vector = tasks.label == "vector"
        return SearchSpec(
            name=f"{self.title}, {arm}",
            space=replace(SPACE, label=tasks.label),
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
            initial=TEN_CLASS_NETWORK if vector else str(library.two_layer_network()),
            cache=CacheSpec(),
            hurdle=HurdleSpec(train=100, valid=100),
            cost_factor=4.0,
            populations=populations,
            individuals=budget,
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
    spec = CONDITIONS[condition].spec(arm, budget, populations, seed)
    search = ended(spec, checkpoints)
    start, final = spec.start(), spec.task_spec("final")
    if start is None or final is None:
        raise ValueError(f"{condition} has no start or T_final; accepted: both")
    begun = evaluate(start, final.make()).fitness
    return {**line_of(search, "accuracy"), "start": begun}


def keys(runs: int, budget: int, populations: int = POPULATIONS) -> list[Key]:
    """Return the runs in the order in which they are made: seed by seed."""
    return [
        (condition, arm, budget, populations, seed)
        for seed in range(1, runs + 1)
        for condition in CONDITIONS
        for arm in ARMS
    ]


Size = dict[str, int]
"""The budget and the populations of a run."""


def counted(series: Series, size: Size, condition: str, arm: str) -> Counter[str]:
    """Return in how many winners each concept was found."""
    lines = series.lines(condition=condition, arm=arm, **size)
    return Counter(name for line in lines for name in line["concepts"])


def draw(series: Series, size: Size, path: Path) -> None:
    """Draw how often the paper's concept was found, with and without the condition."""
    with figure(path, height=3.2) as axes:
        for turn, (arm, colour, mark) in enumerate(
            zip(ARMS, (BLUE, ORANGE), ("o", "s"), strict=True)
        ):
            for place, (name, condition) in enumerate(reversed(CONDITIONS.items())):
                lines = series.lines(condition=name, arm=arm, **size)
                if not lines:
                    continue
                found = counted(series, size, name, arm)[condition.concept]
                share = wilson(found, len(lines))
                error = [[share.value - share.low], [share.high - share.value]]
                axes.errorbar(
                    [share.value],
                    [place + 0.12 - 0.24 * turn],
                    xerr=error,
                    fmt=mark,
                    color=colour,
                    capsize=3,
                    label=arm if place == 0 else None,
                )
        names = [f"{c.title}:\n{c.concept}" for c in reversed(CONDITIONS.values())]
        axes.set_yticks(range(len(names)), names)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.5, len(names) - 0.5))
        axes.set_xlabel("share of winners with the concept, Wilson's 95 % (1)")
        legend(axes)


def report(series: Series, size: Size, page: Path) -> None:
    """Write the page and its figure."""
    picture = page.with_name("conditions_concepts.svg")
    draw(series, size, picture)
    rows, gains, others = [], [], []
    for name, condition in CONDITIONS.items():
        lines = {arm: series.lines(condition=name, arm=arm, **size) for arm in ARMS}
        if not all(lines.values()):
            continue
        runs = [len(lines[arm]) for arm in ARMS]
        found = {arm: counted(series, size, name, arm) for arm in ARMS}
        hits = [found[arm][condition.concept] for arm in ARMS]
        shares = [wilson(hit, of) for hit, of in zip(hits, runs, strict=True)]
        rows.append(
            [
                name,
                condition.concept,
                *(
                    f"{hit} of {of}: {percent(share, 0)}"
                    for hit, of, share in zip(hits, runs, shares, strict=True)
                ),
                f"{fisher(hits[0], runs[0], hits[1], runs[1]):.3g}",
                condition.paper,
            ]
        )
        for arm in ARMS:
            finals = [line["final"] for line in lines[arm]]
            starts = [line["start"] for line in lines[arm]]
            gained = [100 * (f - s) for f, s in zip(finals, starts, strict=True)]
            gains.append(
                [
                    f"{name}, {arm}",
                    number(mean(starts), ".3f"),
                    number(mean(finals), ".3f"),
                    number(mean(gained), "+.2f"),
                    f"{mean([line['evaluations'] for line in lines[arm]]).value:,.0f}",
                    f"{median(line['found_at'] for line in lines[arm]):,.0f}",
                ]
            )
        for concept in sorted(set(found["condition"]) | set(found["control"])):
            both = [found[arm][concept] for arm in ARMS]
            others.append(
                [
                    name,
                    concept,
                    *(f"{hit} of {of}" for hit, of in zip(both, runs, strict=True)),
                    f"{fisher(both[0], runs[0], both[1], runs[1]):.2g}",
                ]
            )
    lines_ = series.lines(**size)
    write(
        page,
        template(NAME).format(
            budget=f"{size['budget']:,}",
            populations=size["populations"],
            table=table(
                (
                    "condition",
                    "concept",
                    "with it",
                    "control",
                    "Fisher's p",
                    "the paper",
                ),
                rows,
            ),
            figure=picture.name,
            gains=table(
                (
                    "arm",
                    "start",
                    "winner",
                    "gain, points",
                    "full evaluations",
                    "winner is number",
                ),
                gains,
            ),
            others=table(("condition", "concept", "with it", "control", "p"), others),
            tests=len(others),
            budgets=_budgets(series),
            minutes=f"{sum(line['seconds'] for line in lines_) / 60:,.0f}",
        ),
    )


def _budgets(series: Series) -> str:
    """Return what each budget in the file came to, over all conditions."""
    rows = []
    tried = {(line["populations"], line["budget"]) for line in series.lines()}
    for populations, budget in sorted(tried):
        cells = []
        for arm in ARMS:
            lines = series.lines(arm=arm, budget=budget, populations=populations)
            found = sum(
                CONDITIONS[line["condition"]].concept in line["concepts"]
                for line in lines
            )
            gains = [100 * (line["final"] - line["start"]) for line in lines]
            cells += [f"{found} of {len(lines)}", f"{mean(gains).value:+.2f}"]
        rows.append([f"{populations}, {budget:,}", *cells])
    header = ("populations, individuals in all", "condition", "gain", "control", "gain")
    return table(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    more = {"populations": (POPULATIONS, "of one run, without exchange")}
    options = parse(NAME, __doc__, RUNS, BUDGET, arguments, more=more)
    series = Series(options.file, FIELDS)
    size = {"budget": options.budget, "populations": options.populations}
    if options.report:
        series.require(**size)
        report(series, size, options.page)
    else:
        one = partial(run, checkpoints=options.checkpoints)
        series.fill(keys(options.runs, **size), one, teller())


if __name__ == "__main__":
    main()
