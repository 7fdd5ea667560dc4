"""A two-layer network with backpropagation from the small set of operations.

Figure 5 of the AutoML-Zero paper (section 4.3): teacher and student have two layers,
the student is to be found among programs of 21/3/9 instructions in 4/8/2 addresses.
The paper used a thousand workers in four groups; here every arm is one process. Killed
runs go on from a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from experiments.figures import BLACK, BLUE, GREEN, ORANGE, figure, legend
from experiments.page import number, percent, table, template, write
from experiments.searching import concepts, ended, line_of, recounted
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import mean, wilson
from workbench.engine import evaluate
from workbench.evolution import PRESETS, SearchSpec
from workbench.programs import Program, library
from workbench.tasks import TwoLayerTasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key, Line

NAME = "two_layer"
RUNS, BUDGET = 3, 200_000
FRESH = 30  # tasks of T_select, and of T_final
FIELDS = ("arm", "budget", "seed")
NETWORK = library.two_layer_network(bias=False)


@dataclass(frozen=True)
class Arm:
    """One way to search."""

    title: str
    tasks: TwoLayerTasks
    population: int
    share: float = 1.0  #: of the budget, as evaluations differ in length
    strategy: str = "aging"
    given: bool = False  #: Setup and Predict of a two-layer network are given

    def spec(self, budget: int, seed: int) -> SearchSpec:
        """Return the search of one run."""
        spec = PRESETS["two-layer"].spec
        fresh = replace(SMALL if self.tasks.features == 4 else LARGE, tasks=FRESH)
        if self.given:
            space = replace(spec.space, setup_ops=(), predict_ops=())
            start = str(replace(NETWORK, learn=()))
            spec = spec.but(space=space, initial=start, random_start=True)
        return spec.but(
            name=self.title,
            tasks=self.tasks,
            select=replace(fresh, seed=1),
            final=replace(fresh, seed=2),
            population=self.population,
            strategy=self.strategy,
            individuals=max(self.population, round(budget * self.share)),
            seed=seed_of(NAME, self.title, seed),
        )


SMALL = TwoLayerTasks(features=4, train=1000, valid=100, tasks=10)
LARGE = TwoLayerTasks(features=8, train=10_000, valid=100, tasks=5, teacher="dense")
ARMS = {
    "random": Arm("random search", SMALL, 1000, strategy="random"),
    "all": Arm("all three functions", SMALL, 1000),
    "Learn": Arm("Learn alone", SMALL, 1000, given=True),
    "one task": Arm(
        "all, one task of 100 examples", replace(SMALL, train=100, tasks=1), 1000, 5.0
    ),
    "large": Arm("all, five tasks of 10,000 examples", LARGE, 464, 0.1),
}
RATES = (0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
SCALES = (0.03, 0.1, 0.3, 1.0)
REFERENCES = ("empty", "linear", "two_layer_network")


def run(arm: str, budget: int, seed: int, checkpoints: Path | None = None) -> Line:
    """Search once, or evaluate a hand-designed program for an arm's tasks."""
    if arm.startswith("by hand: "):
        name, of = arm.removeprefix("by hand: ").split(" for ")
        return by_hand(name, of, seed)
    spec = ARMS[arm].spec(budget, seed)
    search = ended(spec, checkpoints)
    line = line_of(search, "rmse")
    best = search.best
    searched = spec.task_spec("tasks")
    if best is not None and searched is not None:
        line["concepts"] = concepts(best.program, "rmse", searched.make())
    return line


def recount(line: Line) -> Line:
    """Name the concepts of a line's program anew; a search's need its tasks."""
    if line["arm"] not in ARMS:
        return recounted(line, "rmse")
    searched = ARMS[line["arm"]].spec(line["budget"], line["seed"]).task_spec("tasks")
    return recounted(line, "rmse", tasks=None if searched is None else searched.make())


def by_hand(name: str, arm: str, seed: int) -> Line:
    """Tune a hand-designed program on T_select, report it on T_final."""
    makers = {
        "empty": [Program()],
        "linear": [library.linear(rate) for rate in RATES],
        "two_layer_network": [
            library.two_layer_network(rate, scale, scale, bias=False)
            for rate, scale in product(RATES, SCALES)
        ],
    }
    spec = ARMS[arm].spec(1, seed)
    select, final = (spec.task_spec(role) for role in ("select", "final"))
    if select is None or final is None:
        raise ValueError(f"{arm} has no fresh tasks; accepted: select and final")
    tasks = select.make()
    scored = [(evaluate(program, tasks).fitness, program) for program in makers[name]]
    best = max(scored, key=lambda pair: pair[0])
    return {
        "select": best[0],
        "final": evaluate(best[1], final.make()).fitness,
        "tried": len(scored),
        "concepts": concepts(best[1], "rmse"),
        "program": str(best[1]),
    }


def keys(runs: int, budget: int) -> list[Key]:
    """Return the runs in the order in which they are made."""
    arms = list(ARMS)
    hands = [
        f"by hand: {name} for {arm}" for arm in ("all", "large") for name in REFERENCES
    ]
    return [(arm, budget, seed) for seed in range(1, runs + 1) for arm in arms + hands]


def _hand(series: Series, budget: int, name: str, arm: str) -> list[float]:
    of = "large" if arm == "large" else "all"
    lines = series.lines(arm=f"by hand: {name} for {of}", budget=budget)
    return [line["final"] for line in lines]


def draw(series: Series, budget: int, path: Path) -> None:
    """Draw the winners' fitness on fresh tasks beside what hand-designed ones reach."""
    with figure(path, height=4.2) as axes:
        levels = (("empty", BLACK, ":"), ("linear", ORANGE, "--"),
                  ("two_layer_network", GREEN, "-"))  # fmt: skip
        for place, (name, arm) in enumerate(reversed(ARMS.items())):
            finals = [line["final"] for line in series.lines(arm=name, budget=budget)]
            axes.plot(finals, [place] * len(finals), "o", color=BLUE, alpha=0.7)
            for hand, colour, style in levels:
                reached = _hand(series, budget, hand, name)
                if reached:
                    level = mean(reached).value
                    ends = [place - 0.35, place + 0.35]
                    axes.plot([level] * 2, ends, style, color=colour, lw=2)
            axes.annotate(arm.title, (0.0, place), (2, 12), textcoords="offset points")
        for hand, colour, style in levels:
            told = hand.replace("_", " ")
            axes.plot([], [], style, color=colour, lw=2, label=f"{told}, by hand")
        axes.plot([], [], "o", color=BLUE, label="winner of a run")
        axes.set(xlim=(0, 1), ylim=(-0.6, len(ARMS) - 0.2), yticks=[])
        axes.set_xlabel("fitness on fresh tasks (1 is a perfect fit)")
        legend(axes)


_SHOWN = (
    "linear model",
    "two-layer network",
    "backpropagation",
    "ReLU",
    "hard-coded targets",
)


def report(series: Series, budget: int, page: Path) -> None:
    """Write the page and its figure."""
    picture = page.with_name("two_layer_fitness.svg")
    draw(series, budget, picture)
    rows: list[list[object]] = []
    found: list[list[object]] = []
    for name, arm in ARMS.items():
        lines = series.lines(arm=name, budget=budget)
        if not lines:
            continue
        rows.append(
            [
                arm.title,
                f"{lines[0]['individuals']:,}",
                len(lines),
                number(mean([line["fitness"] for line in lines]), ".3f"),
                number(mean([line["final"] for line in lines]), ".3f"),
                f"{max(line['final'] for line in lines):.3f}",
            ]
        )
        counted = [
            sum(concept in line["concepts"] for line in lines) for concept in _SHOWN
        ]
        found.append([arm.title, *(f"{count} of {len(lines)}" for count in counted)])
    hands = [
        [
            tasks,
            *(
                number(mean(_hand(series, budget, hand, arm)), ".3f")
                for hand in REFERENCES
            ),
        ]
        for tasks, arm in (
            ("4 features, 1,000 examples", "all"),
            ("8 features, 10,000 examples", "large"),
        )
        if _hand(series, budget, "empty", arm)
    ]
    lines = [line for line in series.lines(budget=budget) if line["arm"] in ARMS]
    write(
        page,
        template(NAME).format(
            budget=budget,
            runs=len(series.lines(arm="all", budget=budget)),
            table=table(
                (
                    "arm",
                    "individuals a run",
                    "runs",
                    "T_search",
                    "fresh tasks",
                    "best run",
                ),
                rows,
            ),
            figure=picture.name,
            rates=len(RATES),
            scales=len(SCALES),
            hands=table(
                ("tasks", *(name.replace("_", " ") for name in REFERENCES)), hands
            ),
            concepts=table(("arm", *_SHOWN), found),
            verdict=_verdict(series, budget),
            spent=sum(line["individuals"] for line in lines) / 1e6,
            minutes=sum(line["seconds"] for line in lines) / 60,
        ),
    )


def _verdict(series: Series, budget: int) -> str:
    """Say how many winners learn both layers, and how far they come."""
    told = []
    for name, arm in ARMS.items():
        lines = series.lines(arm=name, budget=budget)
        if not lines:
            continue
        full = [
            line
            for line in lines
            if {"two-layer network", "backpropagation"} <= set(line["concepts"])
        ]
        told.append(
            f"- {arm.title}: {len(full)} of {len(lines)} winners,"
            f" {percent(wilson(len(full), len(lines)), 0)}"
        )
    return "\n".join(told)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    options = parse(NAME, __doc__, RUNS, BUDGET, arguments, named=True)
    series = Series(options.file, FIELDS)
    if options.recount:
        series.revise(recount)
    elif options.report:
        series.require(budget=options.budget)
        report(series, options.budget, options.page)
    else:
        one = partial(run, checkpoints=options.checkpoints)
        series.fill(keys(options.runs, options.budget), one, teller())


if __name__ == "__main__":
    main()
