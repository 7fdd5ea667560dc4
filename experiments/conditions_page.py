"""The page of `experiments.conditions`: tables, figure and counts from its lines."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from experiments.beyond import beyond
from experiments.figures import BLUE, ORANGE, figure, legend
from experiments.page import number, percent, table, template, write
from experiments.statistics import Estimate, fisher, mean, wilson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from experiments.conditions import Condition
    from experiments.series import Series

ARMS = ("condition", "control")
HAND = "by hand, "
BY_HAND = tuple(HAND + arm for arm in ARMS)

Size = dict[str, int]
"""The budget and the populations of a run."""


def counted(series: Series, size: Size, kind: Condition, arm: str) -> Counter[str]:
    """Return in how many winners each concept was found, and what is beyond them."""
    lines = series.lines(condition=kind.title, arm=arm, **size)
    label = kind.tasks(arm).label
    return Counter(
        name
        for line in lines
        for name in [*line["concepts"], *beyond(line["program"], label)]
    )


def draw(
    conditions: Mapping[str, Condition], series: Series, size: Size, path: Path
) -> None:
    """Draw how often the paper's concept was found, with and without the condition."""
    with figure(path, height=0.6 + 0.6 * len(conditions)) as axes:
        for turn, (arm, colour, mark) in enumerate(
            zip(ARMS, (BLUE, ORANGE), ("o", "s"), strict=True)
        ):
            for place, (name, condition) in enumerate(
                reversed(list(conditions.items()))
            ):
                lines = series.lines(condition=name, arm=arm, **size)
                if not lines:
                    continue
                found = counted(series, size, condition, arm)[condition.concept]
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
        names = [
            f"{c.title}:\n{c.concept}" for c in reversed(list(conditions.values()))
        ]
        axes.set_yticks(range(len(names)), names)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.5, len(names) - 0.5))
        axes.set_xlabel("share of winners with the concept, Wilson's 95 % (1)")
        legend(axes)


def report(
    conditions: Mapping[str, Condition], series: Series, size: Size, page: Path
) -> None:
    """Write the page and its figure."""
    picture = page.with_name("conditions_concepts.svg")
    ran = {
        name: kind
        for name, kind in conditions.items()
        if series.lines(condition=name, arm="condition", **size)
    }
    draw(ran, series, size, picture)
    rows, gains, others = [], [], []
    for name, condition in conditions.items():
        lines = {arm: series.lines(condition=name, arm=arm, **size) for arm in ARMS}
        if not all(lines.values()):
            continue
        runs = [len(lines[arm]) for arm in ARMS]
        found = {arm: counted(series, size, condition, arm) for arm in ARMS}
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
                    f"{lines[arm][0]['individuals']:,}",
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
        template("conditions").format(
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
                    "individuals",
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
            short=_short(conditions, series, size),
            worth=_worth(conditions, series, size),
            budgets=_budgets(conditions, series),
            minutes=f"{sum(line['seconds'] for line in lines_) / 60:,.0f}",
        ),
    )


def _worth(conditions: Mapping[str, Condition], series: Series, size: Size) -> str:
    """Return what each concept is worth by hand, with and without the condition."""
    rows = []
    for name, condition in conditions.items():
        cells = []
        for arm in BY_HAND:
            for line in series.lines(condition=name, arm=arm, **size):
                points = Estimate(*(100 * part for part in line["difference"]))
                cells += [f"{line['without']:.3f}", number(points, "+.2f")]
        rows.append([name, condition.concept, *cells])
    header = ("condition", "concept", "without", "worth, points", "control", "worth")
    return table(header, rows)


def _short(conditions: Mapping[str, Condition], series: Series, size: Size) -> str:
    """Say of each condition whether its concept pays there, and whether it came."""
    told = []
    for name, condition in conditions.items():
        hands = series.lines(condition=name, arm=BY_HAND[0], **size)
        arms = [series.lines(condition=name, arm=arm, **size) for arm in ARMS]
        if not hands or not all(arms):
            continue
        value, low, high = hands[0]["difference"]
        pays = "pays" if low > 0 else "costs" if high < 0 else "is not seen to pay"
        came = [sum(condition.concept in x["concepts"] for x in of) for of in arms]
        told.append(
            f"- {name}: by hand, {condition.concept} {pays}"
            f" ({100 * value:+.2f} points). {came[0]} of {len(arms[0])} winners"
            f" have it, {came[1]} of {len(arms[1])} of the control."
        )
    return "\n".join(told)


def _budgets(conditions: Mapping[str, Condition], series: Series) -> str:
    """Return what each budget came to, over the conditions that had all of them."""
    searched = [line for arm in ARMS for line in series.lines(arm=arm)]
    tried = {(line["populations"], line["budget"]) for line in searched}
    rows = []
    for populations, budget in sorted(tried):
        cells = []
        for arm in ARMS:
            lines = [
                line
                for line in series.lines(
                    arm=arm, budget=budget, populations=populations
                )
                if conditions[line["condition"]].first
            ]
            found = sum(
                conditions[line["condition"]].concept in line["concepts"]
                for line in lines
            )
            gains = [100 * (line["final"] - line["start"]) for line in lines]
            gain = f"{mean(gains).value:+.2f}" if gains else ""
            cells += [f"{found} of {len(lines)}", gain]
        rows.append([f"{populations}, {budget:,}", *cells])
    header = ("populations, individuals in all", "condition", "gain", "control", "gain")
    return table(header, rows)
