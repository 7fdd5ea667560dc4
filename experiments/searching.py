"""A search run to its end on one thread; a long one leaves checkpoints."""

from __future__ import annotations

import hashlib
import json
import time
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.evolution import Search
from workbench.insight import CATALOGUE, discover

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.series import Line
    from workbench.evolution import Ancestor, SearchSpec
    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSet

CHUNK = 2_000  # individuals
EVERY = 20.0  # seconds between checkpoints


def ended(spec: SearchSpec, checkpoints: Path | None = None) -> Search:
    """Return the search after its end, select and final included.

    Parameters
    ----------
    spec
        What to search.
    checkpoints
        A folder: the search goes on from the state that it left there, if any, and
        leaves one every `EVERY` seconds until it has ended.
    """
    search = Search(spec, threads=1)
    file = None if checkpoints is None else checkpoints / f"{_name(spec)}.npz"
    if file is not None and file.exists():
        with np.load(file, allow_pickle=False) as state:
            search.restore(dict(state))
    search.prepare()
    last = time.perf_counter()
    finished = False
    while not finished:
        finished = search.advance(CHUNK).finished
        if file is not None and time.perf_counter() - last > EVERY:
            _save(search, file)
            last = time.perf_counter()
    if file is not None:
        file.unlink(missing_ok=True)
    return search


def _name(spec: SearchSpec) -> str:
    """Return a name that another spec does not share."""
    text = json.dumps(spec.to_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _save(search: Search, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with new.open("wb") as target:
        np.savez_compressed(target, allow_pickle=False, **search.state())
    new.replace(file)


def concepts(
    program: Program, metric: Metric, tasks: TaskSet | None = None
) -> list[str]:
    """Return the names of the concepts in a program, in the catalogue's order."""
    return [found.concept.name for found in discover(program, metric, tasks)]


def line_of(search: Search, metric: Metric) -> Line:
    """Return what a series keeps of an ended search.

    Raises
    ------
    ValueError
        When nothing was searched.
    """
    best, counters = search.best, search.counters
    if best is None:
        raise ValueError(f"{search!r} made no individual; accepted: one or more")
    return {
        "fitness": best.fitness,
        "select": best.select,
        "final": best.final,
        "found_at": best.individuals,
        "individuals": counters["individuals"],
        "evaluations": counters["evaluations"],
        "train_steps": counters["train_steps"],
        "seconds": round(float(search.curve["seconds"].iloc[-1]), 1),
        "concepts": concepts(best.program, metric),
        "program": str(best.program.effective()),
    }


class Climb(NamedTuple):
    """How the line of ancestors of a search's best climbed."""

    steps: list[tuple[int, float]]  #: individuals and fitness at each new height
    milestones: list[tuple[str, int, float]]  #: concept, individuals, fitness


def climb_of(search: Search, metric: Metric) -> Climb:
    """Return when the ancestors of the best improved, and came to its concepts.

    A concept counts from the ancestor since which all that were better had it.
    """
    heights: list[Ancestor] = []
    for ancestor in search.lineage:
        if not heights or ancestor.fitness > heights[-1].fitness:
            heights.append(ancestor)
    named = [set(concepts(ancestor.program, metric)) for ancestor in heights]
    milestones = []
    for concept in CATALOGUE:
        if named and concept in named[-1]:
            lacking = [i for i, names in enumerate(named) if concept not in names]
            first = heights[lacking[-1] + 1 if lacking else 0]
            milestones.append((concept, first.individuals, first.fitness))
    steps = [(ancestor.individuals, ancestor.fitness) for ancestor in heights]
    return Climb(steps, sorted(milestones, key=itemgetter(1)))
