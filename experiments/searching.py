"""A search run to its end on one thread; a long one leaves checkpoints."""

from __future__ import annotations

import hashlib
import json
import time
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from workbench.evolution import Search
from workbench.insight import CATALOGUE, discover
from workbench.programs import Program, Space

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from experiments.series import Line
    from workbench.evolution import Ancestor, SearchSpec
    from workbench.insight.probe import Metric
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


def recounted(
    line: Line,
    metric: Metric,
    label: Literal["scalar", "vector"] = "scalar",
    tasks: TaskSet | None = None,
) -> Line:
    """Return a recorded line with the concepts that today's detectors name."""
    space = Space(label=label)
    anew = {
        **line,
        "concepts": concepts(Program.from_text(line["program"], space), metric, tasks),
    }
    if "milestones" in line:
        # Lines from before ancestors were kept have nothing to count again.
        texts = line.get("ancestors", ())
        named = [concepts(Program.from_text(text, space), metric) for text in texts]
        anew["milestones"] = milestones(line["steps"], named)
    return anew


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
    ancestors: list[str]  #: the effective program at each new height


def climb_of(search: Search, metric: Metric) -> Climb:
    """Return when the ancestors of the best improved, and came to its concepts."""
    heights: list[Ancestor] = []
    for ancestor in search.lineage:
        if not heights or ancestor.fitness > heights[-1].fitness:
            heights.append(ancestor)
    named = [concepts(ancestor.program, metric) for ancestor in heights]
    steps = [(ancestor.individuals, ancestor.fitness) for ancestor in heights]
    texts = [str(ancestor.program.effective()) for ancestor in heights]
    return Climb(steps, milestones(steps, named), texts)


def milestones(
    steps: Sequence[tuple[int, float]], named: Sequence[Collection[str]]
) -> list[tuple[str, int, float]]:
    """Return when each of the last one's concepts came to stay.

    A concept counts from the ancestor since which all that were better had it.
    """
    found = []
    for concept in CATALOGUE:
        if named and concept in named[-1]:
            lacking = [i for i, names in enumerate(named) if concept not in names]
            found.append((concept, *steps[lacking[-1] + 1 if lacking else 0]))
    return sorted(found, key=itemgetter(1))
