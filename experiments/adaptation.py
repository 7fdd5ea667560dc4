"""Two tasks in one sequence, without a marker: what the switch costs, and for how long.

A model is shown examples of five classes, then of five others under the same labels.
After every example it is asked about both tasks.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.figures import BLACK, BLUE, VERMILION, figure, legend
from experiments.page import percent, table, template, write
from experiments.series import Series, parse, seed_of, teller
from experiments.statistics import Estimate, mean, median
from experiments.training import ended, short
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.model import make_model
from workbench.selfref.objective import answers
from workbench.tasks import EpisodeSpec
from workbench.tasks.episodes import draw as draw_episode
from workbench.tasks.episodes import make_episodes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jax import Array
    from matplotlib.axes import Axes

    from experiments.series import Key, Line
    from workbench.selfref.layers import Params

    Pools = tuple[Array, ...]

NAME = "adaptation"
RUNS, BUDGET = 5, 1200
FIELDS = ("kind", "budget", "seed")
KINDS = {"srwm": "SRWM", "deltanet": "DeltaNet"}
LATE = " delayed"
"""After the name of a kind: labels come a step late, and every example is asked."""
EPISODES = EpisodeSpec(
    "mnist-5k",
    shots=3,
    queries=10,
    features=32,
    whiten=True,
    rotations=8,
    segments=2,
    cut=5,
)
"""The first task loses up to five of its fifteen examples, so that the switch can't be
told by counting."""
SETTINGS: dict[str, Any] = {
    "hidden": 32,
    "heads": 4,
    "ff": 2,
    "query_scale": 0.1,
    "batch": 64,
    "rate": 3e-3,
    "warmup": 100,
    "decay": "cosine",
}
TESTED = 2000  # sequences of held-out digits
VALID_EVERY = 250  # steps
TOGETHER = 100  # of them at a time
NEARLY = 0.9
"""The second task is learnt once so much of the first one's accuracy is there again."""


def spec_of(kind: str, budget: int, seed: int) -> MetaSpec:
    """Return the training of one run."""
    late = kind.endswith(LATE)
    episodes = EPISODES.but(labels="delayed") if late else EPISODES
    # Every example is a loss, and takes a step: half the sequences will do.
    settings = {**SETTINGS, "batch": 32} if late else SETTINGS
    return MetaSpec.of(
        kind.removesuffix(LATE),
        episodes,
        **settings,
        steps=budget,
        valid_every=VALID_EVERY,
        test_episodes=1000,
        seed=seed_of(NAME, kind, seed) % 2**32,
    )


@partial(jax.jit, static_argnames="spec")
def _asked(spec: MetaSpec, pools: Pools, params: Params, key: Array) -> Array:
    """Score a batch of two-task sequences: [2, T], by task and example."""
    single = spec.episodes.but(segments=1, cut=0)
    draw_all = jax.vmap(partial(draw_episode, single, pools))
    first, second = (
        draw_all(jax.random.split(jax.random.fold_in(key, task), TOGETHER))
        for task in range(2)
    )
    both = jax.tree.map(lambda *a: jnp.concatenate(a, axis=1), first, second)
    said = answers(make_model(spec.model), params, both, both.inputs.shape[1])
    right = said.queries.argmax(axis=-1) == both.query_targets[:, None]
    return right.reshape(*right.shape[:2], 2, -1).mean(axis=(0, 3)).T


def asked(spec: MetaSpec, params: Params, episodes: int, seed: int) -> np.ndarray:
    """Return the share of right answers about both tasks after each example.

    On the classes of the split "test". Both tasks are drawn alike and shown in full.

    Returns
    -------
    numpy.ndarray
        [2, T]: about the first task and about the second; T is the length of both
        tasks, of which the second begins in the middle.
    """
    pools = make_episodes(spec.episodes, "test").pools
    alike, key = spec.compiled(), jax.random.key(seed)
    parts = [
        np.asarray(_asked(alike, pools, params, jax.random.fold_in(key, i)))
        for i in range(-(-episodes // TOGETHER))
    ]
    return np.asarray(np.mean(parts, axis=0, dtype=np.float64))


def run(kind: str, budget: int, seed: int) -> Line:
    """Train once, then ask after every example of sequences of held-out digits."""
    training = ended(spec_of(kind, budget, seed))
    best, result = training.best, training.result
    assert best is not None
    assert result is not None
    found: Line = {}
    if kind.endswith(LATE):
        found["by_shot"] = [short(value) for value in result.by_shot]
        found["by_position"] = [short(value) for value in result.by_position]
    else:
        first, second = asked(training.spec, best.params, TESTED, seed)
        found["first"] = [short(value) for value in first]
        found["second"] = [short(value) for value in second]
    return {
        **found,
        "test": result.score,
        "neighbour": result.neighbour,
        "curve": [[p["steps"], short(p["valid"])] for p in training.curve],
        "spec": training.spec.to_dict(),
    }


def keys(runs: int, budget: int) -> list[Key]:
    """Return the runs in the order in which they are made."""
    kinds = [kind + late for late in ("", LATE) for kind in KINDS]
    return [(kind, budget, seed) for kind in kinds for seed in range(1, runs + 1)]


def before(line: Line) -> float:
    """Return the accuracy on the first task when all its examples were shown."""
    return float(line["first"][len(line["first"]) // 2 - 1])


def at_switch(line: Line) -> float:
    """Return the accuracy on the second task before its first example."""
    return float(line["second"][len(line["second"]) // 2 - 1])


def recovered(line: Line) -> float:
    """Return after how many examples of the second task it is nearly as well known.

    Infinite if it never is.
    """
    half = len(line["second"]) // 2
    wanted = NEARLY * before(line)
    found = (n for n, score in enumerate(line["second"][half:], 1) if score >= wanted)
    return next(found, math.inf)


_SHOWN: dict[str, tuple[str, str]] = {
    "srwm": (BLUE, "-"),
    "deltanet": (VERMILION, "--"),
}


def draw(series: Series, budget: int, path: Path) -> None:
    """Draw the accuracy on both tasks around the switch, with intervals over seeds."""
    with figure(path, height=4.4) as axes:
        for kind, (colour, style) in _SHOWN.items():
            lines = series.lines(kind=kind, budget=budget)
            if not lines:
                continue
            first, second = (
                [
                    mean(column)
                    for column in zip(*(ln[task] for ln in lines), strict=True)
                ]
                for task in ("first", "second")
            )
            half = len(first) // 2
            named = KINDS[kind]
            told = {"color": colour, "ls": style}
            now = first[:half]
            _band(axes, range(1 - half, 1), now, label=f"{named}, task at hand", **told)
            _band(axes, range(half + 1), second[half - 1 :], **told)
            _band(
                axes, range(half + 1), first[half - 1 :], lw=1, marker="o", ms=3,
                markevery=3, label=f"{named}, task before", **told,
            )  # fmt: skip
        axes.axvline(0, color=BLACK, lw=1)
        axes.annotate("switch", (0, 1), (4, -10), xycoords=("data", "axes fraction"),
                      textcoords="offset points")  # fmt: skip
        axes.axhline(1 / EPISODES.ways, color=BLACK, ls=":", lw=1, label="chance")
        axes.set(ylim=(0, None))
        axes.set_xlabel("examples since the switch of task")
        axes.set_ylabel("share of right answers")
        legend(axes)


def _band(
    axes: Axes, places: Sequence[int], found: Sequence[Estimate], **look: Any
) -> None:
    axes.plot(places, [one.value for one in found], **look)
    lows, highs = ([one[end] for one in found] for end in (1, 2))
    axes.fill_between(places, lows, highs, color=look["color"], alpha=0.15, lw=0)


def report(series: Series, budget: int, page: Path) -> None:
    """Write the page and its figure."""
    picture = page.with_name("adaptation_switch.svg")
    draw(series, budget, picture)
    rows: list[list[object]] = []
    for kind, named in KINDS.items():
        lines = series.lines(kind=kind, budget=budget)
        if not lines:
            continue
        drops = [before(line) - at_switch(line) for line in lines]
        rows.append(
            [
                named,
                len(lines),
                percent(mean([before(line) for line in lines])),
                percent(mean([at_switch(line) for line in lines])),
                points(mean(drops)),
                percent(mean([line["second"][-1] for line in lines])),
                _examples(median([recovered(line) for line in lines])),
                percent(mean([line["first"][-1] for line in lines])),
            ]
        )
    lines = [line for line in series.lines(budget=budget) if line["kind"] in KINDS]
    shape = lines[0]["spec"]
    write(
        page,
        template(NAME).format(
            budget=budget,
            batch=shape["batch"],
            hidden=shape["model"]["hidden"],
            half=EPISODES.segment_length,
            tested=TESTED,
            nearly=f"{NEARLY:.0%}",
            figure=picture.name,
            table=table(
                (
                    "model",
                    "seeds",
                    "before the switch",
                    "at the switch",
                    "drop, points",
                    "at the end",
                    "examples to recover",
                    "first task at the end",
                ),
                rows,
            ),
            neighbour=f"{np.mean([line['neighbour'] for line in lines]):.1%}",
            verdict=_verdict(series, budget),
            learnt=_learnt(series, budget),
            late=_late(series, budget),
        ),
    )


def _learnt(series: Series, budget: int) -> str:
    """Return a table of the mean validation, at each that all runs had."""
    steps = [*range(VALID_EVERY, budget, VALID_EVERY), budget]
    rows: list[list[object]] = []
    for kind, named in KINDS.items():
        curves = [
            dict(map(tuple, line["curve"]))
            for line in series.lines(kind=kind, budget=budget)
        ]
        if curves:
            means = [np.mean([curve[step] for curve in curves]) for step in steps]
            rows.append([named, *(f"{one:.1%}" for one in means)])
    return table(("validation at step", *(f"{step:,}" for step in steps)), rows)


def _late(series: Series, budget: int) -> str:
    """Return the table of what models with delayed labels answer, by shots."""
    rows: list[list[object]] = []
    for kind, named in KINDS.items():
        lines = series.lines(kind=kind + LATE, budget=budget)
        if lines:
            columns = list(zip(*(line["by_shot"] for line in lines), strict=True))
            shown = [percent(mean(column)) for column in columns[:-1]]
            rows.append([named, len(lines), *shown])
    if not rows:
        return "None have been run yet."
    heads = ("model", "seeds", "not shown yet", "shown once", "shown twice")
    return table(heads, rows)


def points(estimate: Estimate) -> str:
    """Return a difference of proportions in percentage points."""
    value, low, high = (f"{100 * part:.1f}" for part in estimate)
    return f"{value} ({low} to {high})"


def _examples(estimate: Estimate) -> str:
    value, low, high = (
        "never" if math.isinf(part) else f"{part:g}" for part in estimate
    )
    return f"{value} ({low} to {high})"


def _verdict(series: Series, budget: int) -> str:
    """Say of each model in how many runs the accuracy fell and came back."""
    told = []
    for kind, named in KINDS.items():
        lines = series.lines(kind=kind, budget=budget)
        if not lines:
            continue
        fell = sum(at_switch(line) < NEARLY * before(line) for line in lines)
        back = sum(math.isfinite(recovered(line)) for line in lines)
        told.append(
            f"- {named}: the accuracy fell at the switch in {fell} of {len(lines)}"
            f" runs, and was {NEARLY:.0%} of what it had been again in {back}."
        )
    return "\n".join(told)


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
