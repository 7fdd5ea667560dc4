"""Knock-in: a concept grafted into a program that does without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.catalogue import CATALOGUE
from workbench.insight.discover import Reading
from workbench.insight.edit import Edit
from workbench.insight.grafts import GRAFTS, NO_GRAFT
from workbench.programs.library import linear, two_layer_network

if TYPE_CHECKING:
    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSet

_NEEDS_A_MATRIX = "learning rate from the weights' mean"


def knock_in(
    concept: str,
    program: Program | None = None,
    metric: Metric = "rmse",
    tasks: TaskSet | None = None,
) -> Program:
    """Return a program with a concept grafted into it, in a space wide enough.

    Constants of the graft are usual ones (a decay of 0.1 % an example, momentum of
    0.9, noise of a tenth of the features' deviation ...), not tuned ones: `retune`
    finds better ones for some tasks.

    Parameters
    ----------
    concept
        Its name in `CATALOGUE`.
    program
        A program without it; by default the hand-designed linear model, or the network
        where a matrix of weights is needed.
    metric, tasks
        As for `discover`, which must find the concept afterwards.

    Raises
    ------
    ValueError
        When the concept is unknown, is no part that could be grafted, is in the program
        already, or is not found after the graft; and as `discover` does.
    """
    if concept not in CATALOGUE:
        raise ValueError(f"concept is {concept!r}; accepted: {', '.join(CATALOGUE)}")
    if concept in NO_GRAFT:
        raise ValueError(f"{concept!r} cannot be grafted: {NO_GRAFT[concept]}")
    if program is None:
        program = two_layer_network() if concept == _NEEDS_A_MATRIX else linear()
    reading = Reading(program, metric, tasks)
    if concept in reading.evidence():
        raise ValueError(f"{concept!r} is in the program already")
    if not reading.sees:
        raise ValueError(
            f"{concept!r} cannot be grafted: the program's prediction does not depend"
            " on the features; accepted: a program that predicts from them"
        )
    edit = Edit(program)
    with np.errstate(all="ignore"):
        GRAFTS[concept](reading, edit)
    grafted = edit.program()
    if concept not in Reading(grafted, metric, tasks).evidence():
        raise ValueError(
            f"{concept!r} was grafted into this program, but is not found in it then:"
            " other parts of the program undo it, or hide it"
        )
    return grafted
