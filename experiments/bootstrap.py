"""What shortens the plateau at which a self-referential matrix begins.

Every arm changes one thing of a base setting whose plateau is long, and trains for as
many steps; the figure is the step at which it is left. Time is counted in steps, so
that a busy machine changes nothing.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from experiments.figures import BLACK, BLUE, VERMILION, figure
from experiments.page import percent, table, template, write
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import Estimate, mean, median, rank_test
from experiments.training import ended, short
from workbench.insight.convergence import holm
from workbench.selfref.meta_spec import MetaSpec
from workbench.tasks import EpisodeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from experiments.series import Key, Line

NAME = "bootstrap"
RUNS, BUDGET = 6, 2000
FIELDS = ("arm", "budget", "seed")
EVERY = 50  # steps between validations
LEFT = 0.1
"""The plateau is left at the first validation that is so far from chance to perfect,
as `workbench.selfref.training.LEFT` says of the points of a curve."""
EPISODES = EpisodeSpec(
    "mnist-5k", shots=2, queries=1, features=32, whiten=True, rotations=8
)
MODEL = {"hidden": 32, "heads": 4, "ff": 2, "query_scale": 1.0}
TRAINING = {"batch": 16, "rate": 3e-3, "warmup": 0}
TEST = 1000  # episodes of held-out classes at the end
CURVE = ("valid", "loss", "gradient", "change")


@dataclass(frozen=True)
class Arm:
    """The base setting with some things changed."""

    title: str
    episodes: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "srwm"
    compared: bool = True  #: an intervention, of which the tests are corrected together

    def spec(self, budget: int, seed: int) -> MetaSpec:
        """Return the training of one run; no two of them share a seed."""
        return MetaSpec.of(
            self.kind,
            EPISODES.but(**self.episodes),
            **{**MODEL, **TRAINING, **self.settings},
            steps=budget,
            point_every=EVERY,
            valid_every=EVERY,
            valid_episodes=512,
            test_episodes=TEST,
            seed=seed_of(NAME, self.title, seed) % 2**32,
        )


ARMS = {
    "base": Arm("base", compared=False),
    "queries": Arm("5 queries instead of 1", {"queries": 5}),
    "dense": Arm("asked after every round", settings={"dense": True}),
    "label bias": Arm("half the labels unpermuted at first", settings={
        "label_bias": 0.5, "label_bias_steps": 1000,
    }),
    "batch": Arm("batch 64 instead of 16", settings={"batch": 64}),
    "query scale 0.1": Arm("query part at 0.1", settings={"query_scale": 0.1}),
    "query scale 0.01": Arm("query part at 0.01", settings={"query_scale": 0.01}),
    "warm-up": Arm("warm-up of 200 steps", settings={"warmup": 200}),
    "rate": Arm("a third of the learning rate", settings={"rate": 1e-3}),
    "rate bias": Arm("rates begin lower (bias -2)", settings={"rate_bias": -2.0}),
    "input softmax": Arm("softmax on the input", settings={"input_softmax": True}),
    "not whitened": Arm("features not whitened", {"whiten": False}),
    "together": Arm(
        "5 queries, every round, query part at 0.1",
        {"queries": 5},
        {"dense": True, "query_scale": 0.1},
    ),
    "deltanet": Arm("DeltaNet, else as base", kind="deltanet", compared=False),
}  # fmt: skip


def left(steps: Sequence[int], valid: Sequence[float], ways: int) -> int | None:
    """Return the first step whose validation is off the plateau; None: never.

    Episodes of validation always have permuted labels, so that one that answers from
    the class alone does not count.
    """
    wanted = 1 / ways + LEFT * (1 - 1 / ways)
    pairs = zip(steps, valid, strict=True)
    return next((step for step, score in pairs if score >= wanted), None)


def run(arm: str, budget: int, seed: int) -> Line:
    """Train once to the end, and judge it on the held-out digits."""
    spec = ARMS[arm].spec(budget, seed)
    began = time.process_time()
    training = ended(spec)
    points = training.curve
    curve = {name: [short(point[name]) for point in points] for name in CURVE}
    steps = [int(point["steps"]) for point in points]
    result = training.result
    assert result is not None
    return {
        "left": left(steps, [point["valid"] for point in points], spec.episodes.ways),
        "test": result.score,
        "neighbour": result.neighbour,
        "seconds": round(time.process_time() - began, 1),
        "steps": steps,
        "curve": curve,
        "spec": spec.to_dict(),
    }


def keys(runs: int, budget: int) -> list[Key]:
    """Return the runs in the order in which they are made: every arm, then again.

    All are compared with the base, which is run twice as often.
    """
    made: list[Key] = []
    for seed in range(1, runs + 1):
        made += [(arm, budget, seed) for arm in ARMS]
        made += [("base", budget, runs + seed)]
    return made


def times(lines: Sequence[Line]) -> list[float]:
    """Return the steps at which runs left the plateau; infinite where they did not."""
    return [math.inf if line["left"] is None else line["left"] for line in lines]


def tests(series: Series, budget: int) -> dict[str, float]:
    """Return the p of each intervention against the base, corrected for all of them."""
    base = times(series.lines(arm="base", budget=budget))
    found = {
        name: rank_test(times(lines), base)
        for name, arm in ARMS.items()
        if arm.compared and (lines := series.lines(arm=name, budget=budget)) and base
    }
    return dict(zip(found, holm(list(found.values())), strict=True))


def draw(series: Series, budget: int, path: Path) -> None:
    """Draw when each run left the plateau; an arrow for one that had not at the end."""
    with figure(path, width=8.0, height=5.4) as axes:
        shown = [name for name in ARMS if series.lines(arm=name, budget=budget)]
        most, beyond = 0, budget * 1.03
        for place, name in enumerate(shown):
            found = times(series.lines(arm=name, budget=budget))
            look: dict[str, Any] = {
                "color": BLUE if ARMS[name].compared else BLACK,
                "ls": "",
            }
            gone = sorted(one for one in found if math.isfinite(one))
            # Side by side, so that they can be counted.
            never = [beyond + budget * 0.025 * i for i in range(len(found) - len(gone))]
            most = max(most, len(never))
            heights = [place + 0.12 * (i % 3 - 1) for i in range(len(gone))]
            axes.plot(gone, heights, marker="o", alpha=0.6, mew=0, ms=5, **look)
            axes.plot(never, [place] * len(never), marker=">", mfc="none", **look)
            middle, low, high = (min(one, beyond) for one in median(found))
            axes.plot([low, high], [place + 0.32] * 2, "-", color=VERMILION, lw=1.5)
            axes.plot(middle, place + 0.32, "D", color=VERMILION, ms=5)
        base = median(times(series.lines(arm="base", budget=budget)))
        axes.axvline(min(base.value, beyond), color=BLACK, ls=":", lw=1)
        axes.axvline(budget, color=BLACK, lw=0.8)
        axes.plot([], [], "o", color=BLUE, label="a run leaves the plateau")
        axes.plot([], [], ">", color=BLUE, mfc="none", label="not left at the end")
        axes.plot([], [], "D-", color=VERMILION, label="median, 95 % interval")
        axes.plot([], [], ":", color=BLACK, label="median of the base")
        axes.set_yticks(range(len(shown)), [ARMS[name].title for name in shown])
        axes.set(
            xlim=(0, beyond + budget * 0.025 * max(most, 1)),
            ylim=(len(shown) - 0.4, -0.6),
        )
        axes.set_xlabel("steps until the plateau is left")
        named = axes.get_figure()
        assert named is not None
        named.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=8)


def report(series: Series, budget: int, page: Path) -> None:
    """Write the page and its figure."""
    picture = page.with_name("bootstrap_plateau.svg")
    draw(series, budget, picture)
    corrected = tests(series, budget)
    rows: list[list[object]] = []
    for name, arm in ARMS.items():
        lines = series.lines(arm=name, budget=budget)
        if not lines:
            continue
        batch = lines[0]["spec"]["batch"]
        found = median(times(lines))
        rows.append(
            [
                arm.title,
                f"{sum(math.isfinite(one) for one in times(lines))} of {len(lines)}",
                _told(found),
                f"{found.value * batch:,.0f}" if math.isfinite(found.value) else "",
                f"{corrected[name]:.2g}" if name in corrected else "",
                percent(mean([line["test"] for line in lines])),
            ]
        )
    lines = series.lines(budget=budget)
    write(
        page,
        template(NAME).format(
            budget=budget,
            every=EVERY,
            table=table(
                (
                    "changed",
                    "left",
                    "median step (95 %)",
                    "episodes by then",
                    "p (Holm)",
                    "held-out digits at the end",
                ),
                rows,
            ),
            compared=len(corrected),
            figure=picture.name,
            neighbour=f"{mean([line['neighbour'] for line in lines]).value:.0%}",
            verdict=verdict(series, budget),
            minutes=f"{sum(line['seconds'] for line in lines) / 60:.0f}",
        ),
    )


def _told(estimate: Estimate) -> str:
    value, low, high = (
        "not left" if math.isinf(part) else f"{part:,.0f}" for part in estimate
    )
    return f"{value} ({low} to {high})"


CLEAR = 0.05


def verdict(series: Series, budget: int) -> str:
    """Say which interventions made a clear difference, and in which direction."""
    corrected = tests(series, budget)
    base = times(series.lines(arm="base", budget=budget))
    groups: dict[str, list[str]] = {"sooner": [], "later": [], "": []}
    for name, p in corrected.items():
        found = times(series.lines(arm=name, budget=budget))
        earlier = _rank(found, base) < 0
        word = "" if p >= CLEAR else "sooner" if earlier else "later"
        groups[word].append(ARMS[name].title)
    told = [
        f"- {word} than the base: {'; '.join(titles) or 'none'}."
        for word, titles in groups.items()
        if word
    ]
    told.append(f"- no clear difference: {'; '.join(groups['']) or 'none'}.")
    return "\n".join(told)


def _rank(found: Sequence[float], base: Sequence[float]) -> int:
    """Return how many more pairs have the base first than last; below 0: sooner."""
    return sum((one > other) - (one < other) for one in found for other in base)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, or write the report."""
    options = parse(NAME, __doc__, RUNS, BUDGET, arguments, unit="steps")
    series = Series(options.file, FIELDS)
    if options.report:
        series.require(budget=options.budget)
        report(series, options.budget, options.page)
    else:
        series.fill(keys(options.runs, options.budget), run, teller())


if __name__ == "__main__":
    main()
