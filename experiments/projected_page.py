"""The page of `experiments.projected`: tables and figures from its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.beyond import beyond
from experiments.figures import BLUE, GREEN, ORANGE, VERMILION, figure, legend
from experiments.page import number, table, template, write
from experiments.statistics import mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Line, Series
    from experiments.statistics import Estimate

STARTS = ("empty", "linear", "two_layer_network")
BY_HAND = ("linear", "logistic_regression", "two_layer_network")
ARMS = (
    *(f"evolved from {name}" for name in STARTS),
    *(f"tuned {name}" for name in BY_HAND),
)
MARKS = {
    "digits": (BLUE, "o"),
    "mnist-5k": (VERMILION, "s"),
    "cifar10": (GREEN, "^"),
}
"""The data sets, with colour and marker."""


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


def draw_finals(series: Series, budget: int, path: Path) -> None:
    """Draw the accuracy on held-out pairs, arm by arm."""
    with figure(path, height=4.6) as axes:
        for turn, dataset in enumerate(MARKS):
            colour, mark = MARKS[dataset]
            for place, arm in enumerate(reversed(ARMS)):
                finals = list(_finals(series, dataset, arm, budget).values())
                if not finals:
                    continue
                at = place + 0.25 - 0.25 * turn
                middle = mean(finals)
                axes.plot(
                    finals, [at] * len(finals), mark, color=colour, ms=4, alpha=0.4
                )
                error = [[middle.value - middle.low], [middle.high - middle.value]]
                axes.errorbar(
                    [middle.value], [at], xerr=error, fmt=mark, color=colour, capsize=3,
                    label=dataset if place == 0 else None,
                )  # fmt: skip
        axes.set_yticks(
            range(len(ARMS)), [arm.replace("_", " ") for arm in reversed(ARMS)]
        )
        axes.set_xlim(0.45, 1.01)
        axes.set_xlabel(
            "accuracy on pairs of classes never used in search (1)\n"
            "each run, and the mean with its 95 % interval"
        )
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
    lines = series.lines(budget=budget)
    evolved = [line for line in lines if line["arm"].startswith("evolved from empty")]
    top = max(evolved, key=lambda line: line["select"])
    draw_climb(top, climb)
    more = 10 * budget
    write(
        page,
        template("projected").format(
            budget=f"{budget:,}",
            table=_scores(series, budget),
            finals=finals.name,
            compared=_compared(series, budget),
            more=f"{more:,}",
            more_table=_scores(series, more),
            more_compared=_compared(series, more),
            counts=_counts(lines),
            more_counts=_counts(series.lines(budget=more)),
            stepped=_stepped(evolved),
            climb=climb.name,
            climbed=f"{top['dataset']}, seed {top['seed']}",
            milestones=table(
                ("concept", "individuals", "fitness"),
                [[c, f"{i:,}", f"{f:.3f}"] for c, i, f in top["milestones"]],
            ),
            programs=_programs(series, budget),
            minutes=f"{_minutes(lines):,.0f}",
            more_minutes=f"{_minutes(series.lines(budget=more)):,.0f}",
        ),
    )


def _minutes(lines: Sequence[Line]) -> float:
    return sum(line["seconds"] for line in lines) / 60


def _scores(series: Series, budget: int) -> str:
    """Return what each arm reached, data set by data set."""
    rows = []
    for dataset in MARKS:
        for arm in ARMS:
            lines = series.lines(dataset=dataset, arm=arm, budget=budget)
            if not lines:
                continue
            fields = ("fitness", "select", "final")
            columns = (mean([line[field] for line in lines]) for field in fields)
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
    header = ("arm", "runs", "programs made", "training steps, millions")
    return table((*header, "T_search", "T_select", "held-out pairs"), rows)


def _compared(series: Series, budget: int) -> str:
    """Return the evolved programs' differences to the best one by hand."""
    rows = []
    for dataset in MARKS:
        best, hand = (
            best_arm(series, dataset, budget, k) for k in ("evolved", "tuned")
        )
        for arm in (arm for arm in ARMS if arm.startswith("evolved")):
            differences = paired(series, dataset, budget, arm, hand)
            if differences:
                rows.append(
                    [
                        f"{dataset}: {arm.replace('_', ' ')}" + " *" * (arm == best),
                        hand.replace("_", " "),
                        number(mean([100 * d for d in differences]), "+.2f"),
                        told(mean(differences)),
                        f"{sum(d > 0 for d in differences)} of {len(differences)}",
                    ]
                )
    header = ("evolved", "best by hand", "difference, points", "evolved is")
    return table((*header, "runs above"), rows)


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
    for dataset in MARKS:
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
