"""Projected images: what evolves from three starts, against tuned programs.

The AutoML-Zero paper's main experiment (section 4.2) on the images that ship with
packages: pairs of handwritten digits, projected to 16 features. Every arm of a seed,
evolved or tuned, has the same tasks and as many full evaluations, and sends 16
candidates to the same T_select; T_final has the nine pairs of classes that no search
and no tuning sees.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.beyond import beyond
from experiments.figures import BLUE, ORANGE, VERMILION, figure, legend
from experiments.page import number, table, template, write
from experiments.searching import climb_of, concepts, ended, line_of, recounted
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import mean
from workbench.engine import evaluate
from workbench.evolution import PRESETS, CacheSpec, SearchSpec
from workbench.programs import Space, library
from workbench.programs.instruction import single
from workbench.tasks import ProjectedTasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key, Line
    from experiments.statistics import Estimate
    from workbench.programs import Program

NAME = "projected"
RUNS, BUDGET = 5, 10_000
FIELDS = ("dataset", "arm", "budget", "seed")
DATASETS = ("digits", "mnist-5k")
STARTS = ("empty", "linear", "two_layer_network")
BY_HAND = ("linear", "logistic_regression", "two_layer_network")
ARMS = (
    *(f"evolved from {name}" for name in STARTS),
    *(f"tuned {name}" for name in BY_HAND),
)
CANDIDATES = 16  # as many as a search sends to T_select

_EVERY = tuple(range(1, 65))
SPACE = Space(
    scalars=8,
    vectors=14,
    matrices=3,
    setup_ops=tuple(range(56, 65)),
    predict_ops=_EVERY,
    learn_ops=_EVERY,
    setup_length=(1, 21),
    predict_length=(1, 21),
    learn_length=(1, 45),
)
"""The paper's addresses and lengths, with all operations in Predict and Learn."""
SMALL_SPACE = PRESETS["digits"].spec.space
"""That of the original's baseline script, with 7, 5 and 9 operations."""

SIZES = {"digits": (200, 100), "mnist-5k": (400, 200)}  # training, validation
TASKS = (8, 36, 45)  # T_search, T_select, T_final


def spec_of(dataset: str, start: str, budget: int, seed: int) -> SearchSpec:
    """Return the search of one run; tasks depend on data set and seed alone."""
    train, valid = SIZES[dataset]
    tasks = ProjectedTasks(dataset=dataset, train=train, valid=valid)
    search, select, final = TASKS
    return SearchSpec(
        name=f"{dataset} from {start}",
        space=SMALL_SPACE if start == "empty" else SPACE,
        tasks=replace(tasks, tasks=search),
        select=replace(tasks, tasks=select, seed=1),
        final=replace(tasks, tasks=final, seed=2, pairs="held-out"),
        population=100,
        tournament=10,
        mutations=(
            ("alter_param", 1.0),
            ("randomize_function", 0.5),
            ("insert_instruction", 1.0),
            ("remove_instruction", 2.0),
        ),
        initial=start,
        cache=CacheSpec(),
        cost_factor=4.0,
        evaluations=budget,
        seed=seed_of(NAME, dataset, seed),
    )


def run(
    dataset: str, arm: str, budget: int, seed: int, checkpoints: Path | None = None
) -> Line:
    """Evolve from a start, or tune a program's constants."""
    kind, name = arm.split(" from ") if " from " in arm else arm.split(" ", 1)
    if kind == "tuned":
        return tuned(dataset, name, budget, seed)
    search = ended(spec_of(dataset, name, budget, seed), checkpoints)
    line = line_of(search, "accuracy")
    # The other climbs are not drawn, and ancestors take room.
    if name == "empty":
        line |= climb_of(search, "accuracy")._asdict()
    return line


# Tuning.


@dataclass(frozen=True)
class Knobs:
    """A hand-designed program with constants to draw."""

    program: Program
    places: tuple[int, ...]  #: of Setup; the last constant of each is drawn
    ends: tuple[tuple[float, float], ...]  #: of each, drawn evenly on a log scale

    def draw(self, random: np.random.Generator) -> Program:
        """Return the program with other constants."""
        setup = list(self.program.setup)
        for place, (low, high) in zip(self.places, self.ends, strict=True):
            value = math.exp(random.uniform(math.log(low), math.log(high)))
            held = setup[place].constants
            drawn = (value,) if len(held) == 1 else (*held[:-1], single(value))
            setup[place] = replace(setup[place], constants=drawn)
        return replace(self.program, setup=tuple(setup))


_RATE, _SCALE = (1e-4, 1.0), (1e-3, 10.0)
KNOBS = {
    "linear": Knobs(library.linear(), (0,), (_RATE,)),
    "logistic_regression": Knobs(library.logistic_regression(), (0,), (_RATE,)),
    "two_layer_network": Knobs(
        library.two_layer_network(), (0, 1, 2), (_SCALE, _SCALE, _RATE)
    ),
}


def tuned(dataset: str, name: str, budget: int, seed: int) -> Line:
    """Draw constants for as many evaluations, then choose on T_select."""
    began = time.perf_counter()
    spec = spec_of(dataset, name, budget, seed)
    search, select, final = (
        found.make()
        for role in ("tasks", "select", "final")
        if (found := spec.task_spec(role)) is not None
    )
    random = np.random.default_rng(seed_of(NAME, dataset, name, seed))
    spent = 0
    kept: list[tuple[float, int, Program]] = []
    for tried in range(budget):
        program = KNOBS[name].draw(random)
        done = evaluate(program, search, seed=spec.seed)
        spent += done.train_steps
        kept.append((done.fitness, -tried, program))
        kept = sorted(kept, reverse=True)[:CANDIDATES]
    scores = [
        (evaluate(program, select, seed=1).fitness, fitness, program)
        for fitness, _, program in kept
    ]
    chosen = max(scores, key=lambda score: score[:2])
    return {
        "fitness": chosen[1],
        "select": chosen[0],
        "final": evaluate(chosen[2], final, seed=2).fitness,
        "evaluations": budget,
        "train_steps": spent,
        "seconds": round(time.perf_counter() - began, 1),
        "concepts": concepts(chosen[2], "accuracy"),
        "program": str(chosen[2]),
    }


def keys(runs: int, budget: int) -> list[Key]:
    """Return the runs in the order in which they are made: seed by seed."""
    return [
        (dataset, arm, budget, seed)
        for seed in range(1, runs + 1)
        for dataset in DATASETS
        for arm in ARMS
    ]


# The report.


def _finals(series: Series, dataset: str, arm: str, budget: int) -> dict[int, float]:
    lines = series.lines(dataset=dataset, arm=arm, budget=budget)
    return {line["seed"]: line["final"] for line in lines}


def best_arm(series: Series, dataset: str, budget: int, kind: str) -> str:
    """Return the arm of a kind that is best on T_select: chosen without T_final."""

    def chosen(arm: str) -> float:
        lines = series.lines(dataset=dataset, arm=arm, budget=budget)
        return mean([line["select"] for line in lines]).value if lines else 0.0

    return max((arm for arm in ARMS if arm.startswith(kind)), key=chosen)


def paired(
    series: Series, dataset: str, budget: int, first: str, second: str
) -> list[float]:
    """Return the differences of two arms on T_final, seed by seed."""
    one, other = (_finals(series, dataset, arm, budget) for arm in (first, second))
    return [one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())]


def told(difference: Estimate) -> str:
    """Say what the interval of a difference lets say."""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "not told apart"


MARKS = {"digits": (BLUE, "o"), "mnist-5k": (VERMILION, "s")}


def draw_finals(series: Series, budget: int, path: Path) -> None:
    """Draw the accuracy on held-out pairs, arm by arm."""
    with figure(path, height=3.8) as axes:
        for turn, dataset in enumerate(DATASETS):
            colour, mark = MARKS[dataset]
            for place, arm in enumerate(reversed(ARMS)):
                finals = list(_finals(series, dataset, arm, budget).values())
                if not finals:
                    continue
                at = place + 0.15 - 0.3 * turn
                middle = mean(finals)
                axes.plot(
                    finals, [at] * len(finals), mark, color=colour, ms=4, alpha=0.4
                )
                error = [[middle.value - middle.low], [middle.high - middle.value]]
                axes.errorbar(
                    [middle.value], [at], xerr=error, fmt=mark, color=colour, capsize=3,
                    label=f"{dataset}: mean and 95 %" if place == 0 else None,
                )  # fmt: skip
        axes.set_yticks(
            range(len(ARMS)), [arm.replace("_", " ") for arm in reversed(ARMS)]
        )
        axes.set_xlim(0.45, 1.01)
        axes.set_xlabel("accuracy on pairs of digits never used in search (1)")
        legend(axes)


def draw_climb(line: Line, path: Path) -> None:
    """Draw how the ancestors of one winner climbed, with the concepts they came to."""
    with figure(path, height=4.4) as axes:
        individuals, fitness = zip(*line["steps"], strict=True)
        axes.step(individuals, fitness, where="post", color=BLUE)
        axes.plot(individuals, fitness, ".", color=BLUE)
        together: dict[tuple[int, float], list[str]] = {}
        for concept, at, height in line["milestones"]:
            together.setdefault((at, height), []).append(concept)
        for turn, ((at, height), names) in enumerate(together.items()):
            axes.annotate(
                "\n".join(names),
                (at, height),
                (-24 - 40 * (turn % 2), 14 - 36 * (turn % 3)),
                textcoords="offset points",
                fontsize=8,
                ha="right",
                va="center",
                arrowprops={"arrowstyle": "-", "color": ORANGE},
            )
        axes.set_xscale("symlog", linthresh=100)
        axes.set_xlabel("individuals made before the ancestor (symmetric log scale)")
        axes.set_ylabel("fitness on T_search (mean accuracy, 1)")


def report(series: Series, budget: int, page: Path) -> None:
    """Write the page and its figures."""
    finals, climb = (page.with_name(f"projected_{n}.svg") for n in ("finals", "climb"))
    draw_finals(series, budget, finals)
    rows, compared = [], []
    for dataset in DATASETS:
        for arm in ARMS:
            lines = series.lines(dataset=dataset, arm=arm, budget=budget)
            if lines:
                columns = (
                    mean([line[field] for line in lines])
                    for field in ("fitness", "select", "final")
                )
                tried = mean([line.get("individuals", budget) for line in lines])
                steps = mean([line["train_steps"] / 1e6 for line in lines])
                rows.append(
                    [
                        f"{dataset}: {arm.replace('_', ' ')}",
                        len(lines),
                        f"{tried.value:,.0f}",
                        f"{steps.value:,.1f}",
                        *(number(column) for column in columns),
                    ]
                )
        best, hand = (
            best_arm(series, dataset, budget, k) for k in ("evolved", "tuned")
        )
        for arm in (arm for arm in ARMS if arm.startswith("evolved")):
            differences = paired(series, dataset, budget, arm, hand)
            if differences:
                compared.append(
                    [
                        f"{dataset}: {arm.replace('_', ' ')}" + " *" * (arm == best),
                        hand.replace("_", " "),
                        number(mean([100 * d for d in differences]), "+.2f"),
                        told(mean(differences)),
                        f"{sum(d > 0 for d in differences)} of {len(differences)}",
                    ]
                )
    lines = series.lines(budget=budget)
    evolved = [line for line in lines if line["arm"].startswith("evolved from empty")]
    top = max(evolved, key=lambda line: line["select"])
    draw_climb(top, climb)
    write(
        page,
        template(NAME).format(
            budget=f"{budget:,}",
            table=table(
                (
                    "arm",
                    "runs",
                    "programs made",
                    "training steps, millions",
                    "T_search",
                    "T_select",
                    "held-out pairs",
                ),
                rows,
            ),
            finals=finals.name,
            compared=table(
                (
                    "evolved",
                    "best by hand",
                    "difference, points",
                    "evolved is",
                    "runs above",
                ),
                compared,
            ),
            counts=_counts(lines),
            stepped=_stepped(evolved),
            climb=climb.name,
            climbed=f"{top['dataset']}, seed {top['seed']}",
            milestones=table(
                ("concept", "individuals", "fitness"),
                [[c, f"{i:,}", f"{f:.3f}"] for c, i, f in top["milestones"]],
            ),
            programs=_programs(series, budget),
            minutes=f"{sum(line['seconds'] for line in lines) / 60:,.0f}",
        ),
    )


def _counts(lines: Sequence[Line]) -> str:
    """Return in how many winners each concept was found, start by start."""
    arms = [arm for arm in ARMS if arm.startswith("evolved")]
    found = {
        arm: [
            {*line["concepts"], *beyond(line["program"])}
            for line in lines
            if line["arm"] == arm
        ]
        for arm in arms
    }
    rows = []
    for name in sorted(set().union(*(names for of in found.values() for names in of))):
        cells = [
            f"{sum(name in names for names in of)} of {len(of)}"
            for of in found.values()
        ]
        rows.append([name, *cells])
    return table(("concept", *(arm.replace("_", " ") for arm in arms)), rows)


def _stepped(lines: Sequence[Line]) -> str:
    """Say how many programs step along the gradient of a loss."""
    of = sum(
        any("gradient step" in name for name in line["concepts"]) for line in lines
    )
    return f"{of} of {len(lines)}"


def _programs(series: Series, budget: int) -> str:
    """Return each data set's evolved program that is best on T_select."""
    told = []
    for dataset in DATASETS:
        lines = series.lines(dataset=dataset, budget=budget)
        evolved = [line for line in lines if line["arm"].startswith("evolved")]
        if evolved:
            best = max(evolved, key=lambda line: line["select"])
            told.append(
                f"{dataset}, {best['arm'].replace('_', ' ')}, seed {best['seed']}:"
                f" {best['select']:.4f} on T_select, {best['final']:.4f} on held-out"
                f" pairs. {', '.join(best['concepts'])}.\n\n"
                f"```python\n{best['program'].strip()}\n```"
            )
    return "\n\n".join(told)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    options = parse(
        NAME, __doc__, RUNS, BUDGET, arguments, "full evaluations", named=True
    )
    series = Series(options.file, FIELDS)
    if options.recount:
        series.revise(partial(recounted, metric="accuracy"))
    elif options.report:
        series.require(budget=options.budget)
        report(series, options.budget, options.page)
    else:
        one = partial(run, checkpoints=options.checkpoints)
        series.fill(keys(options.runs, options.budget), one, teller())


if __name__ == "__main__":
    main()
