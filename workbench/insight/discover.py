"""Which concepts a program has found: named, placed, and with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine import evaluate
from workbench.insight.catalogue import CATALOGUE, Concept
from workbench.insight.conduct import Conduct
from workbench.insight.cones import Cones
from workbench.insight.prediction import (
    Evidence,
    PredictionReader,
    find_in_prediction,
)
from workbench.insight.probe import Metric, Probe
from workbench.insight.training import TrainingReader, find_in_training
from workbench.insight.values import values_of
from workbench.programs import Program

_BETTER = 0.1  # by how much fitness must be better on known tasks

if TYPE_CHECKING:
    from workbench.insight.values import Place
    from workbench.tasks import TaskSet
    from workbench.tasks.spec import TaskSpec


@dataclass(frozen=True, slots=True)
class Discovery:
    """A concept that a program was found to have.

    Attributes
    ----------
    concept
        Its entry in the catalogue.
    places
        The instructions that carry it: function and place, of the program as given.
    certainty
        0 to 1: the share of the probe's memories in which the program is sound and the
        evidence holds. Where the dataflow decides, that it is sound.
    why
        The evidence, with its numbers.
    """

    concept: Concept
    places: tuple[Place, ...]
    certainty: float
    why: str

    def __str__(self) -> str:
        where = ", ".join(f"{name} {index + 1}" for name, index in self.places)
        return f"{self.concept.name} ({self.certainty:.0%}; {where}): {self.why}"


def discover(
    program: Program, metric: Metric = "rmse", tasks: TaskSet | None = None
) -> tuple[Discovery, ...]:
    """Name the concepts in a program, in the order of `CATALOGUE`.

    What decides is what the program does, not how it is written; see `Conduct`.

    Parameters
    ----------
    program
        Any program.
    metric
        What its tasks ask for: "rmse" or "accuracy".
    tasks
        Tasks to train it on while it is watched, of at least 91 training steps and 4
        validation examples; small affine ones (or classes by an affine rule) by
        default. Hard-coded targets are looked for only if they have a spec.

    Raises
    ------
    ValueError
        When the metric is neither, or the tasks are too small.
    """
    reading = Reading(program, metric, tasks)
    found = reading.evidence()
    sound = float(np.mean(reading.probe.sound))
    return tuple(
        Discovery(
            concept, found[name].places, sound * found[name].share, found[name].why
        )
        for name, concept in CATALOGUE.items()
        if name in found
    )


class Reading:
    """A program under test, with all that its readers know; raises as `discover`.

    `measure` are other tasks on which typical values are taken.
    """

    def __init__(
        self,
        program: Program,
        metric: Metric = "rmse",
        tasks: TaskSet | None = None,
        measure: TaskSet | None = None,
    ) -> None:
        self.program = program
        self.tasks = tasks
        self.measure = measure
        self.probe = Probe(program, metric, tasks)
        self.values = self.probe.values
        self.cones = Cones(self.values)
        self.conduct = Conduct(self.probe)

    @property
    def sees(self) -> bool:
        """Whether the program is sound somewhere and predicts from what it is given.

        From the features, or from what it has learnt of the labels.
        """
        with np.errstate(all="ignore"):
            return bool(self.probe.sound.any()) and (
                self.conduct.uses_features or self.prediction.learns
            )

    @cached_property
    def prediction(self) -> PredictionReader:
        """What lies on the way to the prediction."""
        return PredictionReader(self.conduct, self.cones)

    @cached_property
    def training(self) -> TrainingReader:
        """What training does to the state."""
        return TrainingReader(self.prediction)

    @cached_property
    def _measured(self) -> Conduct:
        if self.measure is None:
            return self.conduct
        return Conduct(Probe(self.program, self.probe.metric, self.measure))

    def typical(self, place: Place) -> float:
        """Return the median of what an instruction writes (see `Conduct.typical`)."""
        return self._measured.typical(place)

    def evidence(self) -> dict[str, Evidence]:
        """Return what was found, by the concept's name."""
        if not self.sees:
            return {}
        with np.errstate(all="ignore"):
            found = find_in_prediction(self.prediction)
            found |= find_in_training(self.training)
            if self.tasks is not None and self.tasks.spec is not None:
                found |= _hard_coded(self.program, self.tasks, self.tasks.spec)
        return found


def _hard_coded(
    program: Program, tasks: TaskSet, spec: TaskSpec
) -> dict[str, Evidence]:
    """Compare the program without Learn on these tasks and on fresh ones."""
    settings = spec.to_dict()
    fresh = type(spec).from_dict({**settings, "seed": settings["seed"] + 1}).make()
    here, there = (_without_learning(program, some) for some in (tasks, fresh))
    if not here > there + _BETTER:
        return {}
    values = values_of(program)
    places = Cones(values).places(values.reachable(), ("setup",))
    why = (
        f"without Learn its fitness is {here:.3f} above that of predicting nothing on"
        f" these tasks, {there:.3f} on fresh ones"
    )
    return {"hard-coded targets": Evidence(places, 1.0, why)}


def _without_learning(program: Program, tasks: TaskSet) -> float:
    """Return by how much the program without Learn beats the one that does nothing."""
    # The program's own space may ask for more instructions.
    room = replace(
        program.space,
        setup_length=(0, len(program.setup)),
        predict_length=(0, len(program.predict)),
        learn_length=(0, 0),
    )
    untaught = evaluate(replace(program, learn=(), space=room), tasks).fitness
    return untaught - evaluate(Program(space=room), tasks).fitness
