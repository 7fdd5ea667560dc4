"""Linear and affine regression from random programs: evolution against random search.

Figure 4 of the AutoML-Zero paper (section 4.1), at its settings: eight features,
1000/100 examples, 3 tasks, P = 1000, T = 10, fixed lengths, random starts. Four tasks
of growing difficulty: only Learn is searched for beside the right Setup and Predict,
or all three functions; for a linear and for an affine model. A batch is a million
individuals of one arm, so that killing the series loses some 20 seconds.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from experiments.figures import BLUE, VERMILION, figure, legend
from experiments.page import number, percent, small, table, template, write
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import rate, ratio, wilson
from workbench.engine import evaluate
from workbench.evolution import PRESETS, Search, SearchSpec
from workbench.insight import discover
from workbench.programs import Program, library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key
    from experiments.statistics import Estimate

NAME = "linear"
RUNS, BUDGET = 2, 10_000
BATCH = 1_000_000  # individuals
SUFFICIENT = 0.999
RATE = 0.03  # of the given Setup: what a hand-designed program solves the tasks with
PAPER_DENSITY = 1e-7  # of "linear, all", as the text says
FIELDS = ("task", "arm", "budget", "batch")


@dataclass(frozen=True)
class Task:
    """One of the four searches of Figure 4."""

    preset: str
    searched: str  #: "Learn", or "all" three functions
    longer: int  #: times the budget of one run of evolution, as in the paper
    share: float | None  #: of random programs that random search looks among
    batches: dict[str, int]  #: of each arm in a round; more where one takes less time

    def spec(self, arm: str, budget: int) -> SearchSpec:
        """Return the search of one arm, without fresh tasks."""
        spec = PRESETS[self.preset].spec.but(
            select=None, final=None, fitness=SUFFICIENT, individuals=budget
        )
        by_hand = {"linear": library.linear, "affine": library.affine}
        space = spec.space
        if self.searched == "Learn":
            space = replace(space, setup_ops=(), predict_ops=())
        elif arm == "random":
            space = replace(space, predict_ops=())
        if space != spec.space:
            given = str(by_hand[self.preset](RATE))
            spec = spec.but(space=space, initial=given, random_start=True)
        return spec.but(strategy="aging" if arm == "evolution" else "random")


# Of the linear Predict, one dot product, 4/27 compute s1 = v0.w: 1/3 write s1, and 4/9
# read v0 and one of the two writable vectors, which one being a matter of names. The
# others leave s1 without w.x, so that random search need not look among them.
TASKS = {
    "linear, Learn": Task("linear", "Learn", 1, 1.0, {"evolution": 3, "random": 10}),
    "linear, all": Task("linear", "all", 1, 4 / 27, {"evolution": 4, "random": 3}),
    "affine, Learn": Task("affine", "Learn", 1, 1.0, {"evolution": 3, "random": 4}),
    "affine, all": Task("affine", "all", 10, None, {"evolution": 2}),
}


def solved(program: Program, spec: SearchSpec) -> bool:
    """Tell whether a program also solves fresh tasks."""
    tasks = PRESETS[spec.tasks.kind].spec.but(seed=spec.seed).task_spec("select")
    return tasks is not None and evaluate(program, tasks.make()).fitness >= SUFFICIENT


def batch(task: str, arm: str, budget: int, number: int) -> dict[str, Any]:
    """Make a million individuals: runs of evolution, or random programs."""
    began = time.perf_counter()
    chosen = TASKS[task]
    each = budget * chosen.longer if arm == "evolution" else BATCH
    made, runs, found = 0, 0, []
    text = None
    while made < BATCH:
        left = each if arm == "evolution" else BATCH - made
        spec = chosen.spec(arm, left)
        spec = spec.but(seed=seed_of(NAME, task, arm, budget, number, runs))
        search = Search(spec, threads=1)
        search.prepare()
        while search.phase == "search":
            search.advance(left)
        best = search.best
        hit = best is not None and best.fitness >= SUFFICIENT
        if best is not None and hit and solved(best.program, spec):
            found.append(search.individuals)
            text = text or str(best.program.effective())
        # A run that succeeds is over; its individuals that were not made count as such.
        made += each if arm == "evolution" else search.individuals
        runs += 1
    return {
        "runs": runs,
        "successes": len(found),
        "individuals": made,
        "hits": found,
        "seconds": round(time.perf_counter() - began, 1),
        "program": text,
    }


def keys(runs: int, budget: int) -> list[Key]:
    """Return the batches in the order in which they are made: round by round."""
    return [
        (name, arm, budget, turn * batches + part)
        for turn in range(runs)
        for name, task in TASKS.items()
        for arm, batches in task.batches.items()
        for part in range(batches)
    ]


@dataclass(frozen=True)
class Outcome:
    """What the lines say of one task."""

    task: str
    runs: int
    successes: int
    each: int  #: individuals a run of evolution
    hits: int
    trials: int  #: random programs, those included that need not be looked at

    @property
    def success(self) -> Estimate:
        """Share of the runs of evolution that succeed."""
        return wilson(self.successes, self.runs)

    @property
    def density(self) -> Estimate | None:
        """Solutions among random programs; None where nobody looked."""
        return rate(self.hits, self.trials) if self.trials else None

    @property
    def ratio(self) -> Estimate | None:
        """How many times likelier evolution succeeds; None where there is no hit."""
        if not self.hits or not self.successes:
            return None
        return ratio(self.successes, self.runs, self.hits, self.trials, self.each)


def outcomes(series: Series, budget: int) -> list[Outcome]:
    """Sum up the batches of a budget, task by task."""
    result = []
    for name, task in TASKS.items():
        evolved = series.lines(task=name, arm="evolution", budget=budget)
        drawn = series.lines(task=name, arm="random", budget=budget)
        if not evolved:
            continue
        stratum = sum(line["individuals"] for line in drawn)
        result.append(
            Outcome(
                name,
                sum(line["runs"] for line in evolved),
                sum(line["successes"] for line in evolved),
                budget * task.longer,
                sum(line["successes"] for line in drawn),
                round(stratum / task.share) if task.share else 0,
            )
        )
    return result


def draw(found: Sequence[Outcome], path: Path) -> None:
    """Draw success against the density of solutions."""
    with figure(path) as axes:
        reach = [1e-9, 1e-5]
        for each in sorted({outcome.each for outcome in found}):
            known = [o for o in found if o.each == each and o.density]
            if known:
                by_chance = [-math.expm1(each * math.log1p(-d)) for d in reach]
                axes.plot(
                    reach,
                    by_chance,
                    color=VERMILION,
                    linestyle="--",
                    label=f"random search, {each:,} programs",
                )
        for outcome in found:
            density = outcome.density
            if density is None:
                continue
            p, d = outcome.success, density
            at = d.value or d.high
            floor = p.value or p.high
            axes.errorbar(
                [at],
                [floor],
                xerr=[[at - d.low if d.value else at * 0.6], [d.high - at]],
                yerr=[[floor - p.low if p.value else floor * 0.6], [p.high - floor]],
                xuplims=not d.value,
                uplims=not p.value,
                fmt="o",
                color=BLUE,
                markerfacecolor=BLUE if d.value and p.value else "white",
                capsize=3,
            )
            axes.annotate(outcome.task, (at, floor), (6, 8), textcoords="offset points")
        axes.plot([], [], "o", color=BLUE, label="evolution, 95 % intervals")
        axes.plot(
            [], [], "o", color=BLUE, mfc="white", label="one or both only bounded"
        )
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel("density of solutions among random programs (1)")
        axes.set_ylabel("share of runs that succeed (1)")
        legend(axes)


def _row(outcome: Outcome) -> list[str]:
    density, gain = outcome.density, outcome.ratio
    if density is None:
        told = "not measured"
    elif outcome.hits:
        told = f"{small(density.value)} ({small(density.low)} to {small(density.high)})"
    else:
        told = f"below {small(density.high)}"
    return [
        outcome.task,
        f"{outcome.each:,}",
        f"{outcome.successes:,} of {outcome.runs:,}",
        percent(outcome.success, 2),
        f"{outcome.hits} in {outcome.trials / 1e6:,.1f} M" if outcome.trials else "",
        told,
        number(gain, ".1f") if gain else "",
    ]


def _expected(found: Sequence[Outcome]) -> float:
    """Return how many random hits for "linear, all" the paper's density lets expect."""
    return sum(o.trials * PAPER_DENSITY for o in found if o.task == "linear, all")


def _examples(series: Series, budget: int) -> str:
    """Return the first solution of evolution for each task, with its concepts."""
    told = []
    for name in TASKS:
        lines = series.lines(task=name, arm="evolution", budget=budget)
        text = next((line["program"] for line in lines if line["program"]), None)
        if text is not None:
            concepts = [d.concept.name for d in discover(Program.from_text(text))]
            told.append(
                f"The first that evolution found for {name}: {', '.join(concepts)}.\n\n"
                f"```python\n{text}\n```"
            )
    return "\n\n".join(told)


def report(series: Series, budget: int, page: Path) -> None:
    """Write the page and its figure."""
    found = outcomes(series, budget)
    picture = page.with_name("linear_success.svg")
    draw(found, picture)
    lines = series.lines(budget=budget)
    header = (
        "task",
        "individuals a run",
        "successes",
        "evolution",
        "random hits",
        "density",
        "ratio",
    )
    write(
        page,
        template(NAME).format(
            rate=RATE,
            budget=budget,
            more=10 * budget,
            sufficient=SUFFICIENT,
            table=table(header, [_row(outcome) for outcome in found]),
            figure=picture.name,
            expected=f"{_expected(found):.1f}",
            spent=sum(line["individuals"] for line in lines) / 1e6,
            minutes=sum(line["seconds"] for line in lines) / 60,
            examples=_examples(series, budget),
        ),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    options = parse(NAME, __doc__, RUNS, BUDGET, arguments)
    series = Series(options.file, FIELDS)
    if options.report:
        series.require(budget=options.budget)
        report(series, options.budget, options.page)
    else:
        series.fill(keys(options.runs, options.budget), batch, teller())


if __name__ == "__main__":
    main()
