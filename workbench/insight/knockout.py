"""Knock-out: a program without one of the concepts that were found in it.

Nothing is taken on trust. For each concept there are several ways to neutralise the
instructions that carry it (`cuts_prediction.py`, `cuts_training.py`). A way counts only
if the concept is then no longer found and the program still runs; among those that do,
the one is taken that leaves most of the other concepts alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.catalogue import CATALOGUE
from workbench.insight.cuts_prediction import PREDICTION_CUTS
from workbench.insight.cuts_training import TRAINING_CUTS
from workbench.insight.discover import Reading

if TYPE_CHECKING:
    from workbench.insight.discover import Discovery
    from workbench.insight.prediction import Evidence
    from workbench.insight.probe import Metric
    from workbench.insight.values import Place
    from workbench.programs import Program
    from workbench.tasks import TaskSet

CUTS = PREDICTION_CUTS | TRAINING_CUTS
_SOUND = 0.5  # of the memories, or as many as before
_DEPTH, _BREADTH = 3, 2  # of the search where a concept is there more than once


def knock_out(
    program: Program,
    discovery: Discovery | str,
    metric: Metric = "rmse",
    tasks: TaskSet | None = None,
    measure: TaskSet | None = None,
) -> Program:
    """Return a program without a concept, and with the rest of it alive.

    How, each entry of `CATALOGUE` says in its `knock_out`. Where a number takes the
    place of a computation, it is the median (of noise the mean) of what was computed.
    The result lies in the program's space, widened by the addresses, ops and lengths
    that the change needs: compare `space` of the two.

    Parameters
    ----------
    program
        Any program.
    discovery
        What `discover` found in it, or the name of the concept.
    metric, tasks
        As for `discover`: what the program is watched on.
    measure
        Tasks on which medians are taken, as large as `tasks` must be; by default those
        on which the program is watched.

    Raises
    ------
    ValueError
        When the concept is unknown or not in the program, when no way of taking it out
        proves right, and as `discover` does.
    """
    name = discovery if isinstance(discovery, str) else discovery.concept.name
    if name not in CATALOGUE:
        raise ValueError(f"concept is {name!r}; accepted: {', '.join(CATALOGUE)}")
    reading = Reading(program, metric, tasks, measure)
    found = set(reading.evidence())
    if name not in found:
        has = ", ".join(n for n in CATALOGUE if n in found) or "none"
        raise ValueError(f"{name!r} is not in this program; its concepts: {has}")
    seen = {program}
    with np.errstate(all="ignore"):
        best = _without(name, reading, found, seen, _DEPTH)
    if best is None:
        raise ValueError(
            f"{name!r} cannot be knocked out of this program: of {len(seen) - 1} ways"
            " to change the instructions that carry it, none leaves a program that"
            " runs and does not have it"
        )
    return best


def _told(evidence: Evidence) -> tuple[str, tuple[Place, ...]]:
    """Return what changes when a part of a concept is gone."""
    return evidence.why, evidence.places


def _without(
    name: str, reading: Reading, found: set[str], seen: set[Program], depth: int
) -> Program | None:
    """Return the best knock-out; where a concept is there twice, one after the other.

    `found` is what the program as given has, `seen` are the programs tried so far.
    """
    best, fewest = None, len(CATALOGUE)
    nearer: list[tuple[int, int, Reading]] = []
    here = reading.evidence()[name]
    sound = min(_SOUND, float(np.mean(reading.probe.sound)))
    for edit in CUTS[name](reading):
        changed = edit.program()
        if changed in seen:
            continue
        seen.add(changed)
        after = Reading(changed, reading.probe.metric, reading.tasks, reading.measure)
        if np.mean(after.probe.sound) < sound:
            continue
        kept = after.evidence()
        lost = len(found - set(kept))
        if name not in kept:
            if lost < fewest:
                best, fewest = changed, lost
            if fewest == 1:
                return best
        elif _told(kept[name]) != _told(here):
            nearer.append((lost, len(nearer), after))
    if best is None and depth > 0:
        for _, _, after in sorted(nearer, key=lambda one: one[:2])[:_BREADTH]:
            best = _without(name, after, found, seen, depth - 1)
            if best is not None:
                return best
    return best
