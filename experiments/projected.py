"""Projected images: what evolves from three starts, against tuned programs.

The AutoML-Zero paper's main experiment (section 4.2) on the images that ship with
packages, and on CIFAR-10 where it is present (`workbench data add cifar10 PATH`): pairs
of classes, projected to 16 features. Every arm of a seed, evolved or tuned, has the
same tasks and as many full evaluations, and sends 16 candidates to the same T_select;
T_final has the nine pairs of classes that no search and no tuning sees.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.images import present
from experiments.projected_page import ARMS, report
from experiments.searching import climb_of, concepts, ended, line_of, recounted
from experiments.series import Series, parse, seed_of, teller
from workbench.engine import evaluate
from workbench.evolution import PRESETS, CacheSpec, SearchSpec
from workbench.programs import Space, library
from workbench.programs.instruction import single
from workbench.tasks import ProjectedTasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.series import Key, Line
    from workbench.programs import Program

NAME = "projected"
RUNS, BUDGET = 5, 10_000
FIELDS = ("dataset", "arm", "budget", "seed")
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


class Sizes(NamedTuple):
    """The sizes of a task, and of T_search."""

    train: int  #: examples
    valid: int
    tasks: int = 8


IMAGES = {
    "digits": Sizes(200, 100),
    "mnist-5k": Sizes(400, 200),
    "cifar10": Sizes(800, 400),
}
"""The data sets to search on; those that are not here are left out."""
SELECT, FINAL = 36, 45  # tasks of T_select and of T_final


def spec_of(dataset: str, start: str, budget: int, seed: int) -> SearchSpec:
    """Return the search of one run; tasks depend on data set and seed alone."""
    sizes = IMAGES[dataset]
    tasks = ProjectedTasks(dataset=dataset, train=sizes.train, valid=sizes.valid)
    return SearchSpec(
        name=f"{dataset} from {start}",
        space=SMALL_SPACE if start == "empty" else SPACE,
        tasks=replace(tasks, tasks=sizes.tasks),
        select=replace(tasks, tasks=SELECT, seed=1),
        final=replace(tasks, tasks=FINAL, seed=2, pairs="held-out"),
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
        for dataset in IMAGES
        for arm in ARMS
    ]


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
        tell = teller()
        ready = present(IMAGES, tell)
        wanted = keys(options.runs, options.budget)
        series.fill([key for key in wanted if key[0] in ready], one, tell)


if __name__ == "__main__":
    main()
