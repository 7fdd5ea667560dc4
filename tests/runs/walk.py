"""A small real experiment: a seeded random walk whose state is arrays."""

from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from workbench.runs import (
    Event,
    Progress,
    array_to_json,
    json_to_array,
    register_experiment,
)


@dataclass(frozen=True)
class WalkSpec:
    seed: int = 1
    total: int | None = 1000
    every: int = 10
    spin: int = 0
    name: str = "walk"

    def to_dict(self):
        return asdict(self)


class Walk:
    """Walks; notes a point every so many steps and an event at each new height.

    Ending takes two units of closing work, each of which reports an event.
    """

    kind: ClassVar[str] = "walk"
    unit: ClassVar[str] = "steps"

    def __init__(self, spec):
        self.spec = spec
        self.rng = np.random.default_rng(spec.seed)
        self.position = 0
        self.height = 0.0
        self.best = 0.0
        self.ending = False
        self.closed = 0
        self.prepared = 0
        self.trail = np.zeros(16)

    def prepare(self):
        self.prepared += 1

    def advance(self, budget):
        points, events = [], []
        while budget and not self.at_end:
            budget -= 1
            self.step(points, events)
        if self.at_end and self.closed < 2:
            self.closed += 1
            events.append(Event("closing", self.position, {"part": self.closed}))
        return self.report(points, events)

    def step(self, points, events):
        # Drawing more than once per step makes a step as slow as a test wants it.
        self.height += float(self.rng.normal(size=self.spec.spin + 1)[0])
        self.position += 1
        self.trail[self.position % 16] = self.height
        if self.height > self.best:
            self.best = self.height
            events.append(Event("best", self.position, {"height": self.height}))
        if self.position % self.spec.every == 0:
            points.append({"steps": self.position, "height": self.height})

    @property
    def at_end(self):
        return self.ending or self.position == self.spec.total

    def report(self, points=(), events=()):
        metrics = {"height": self.height, "best": self.best}
        finished = self.closed == 2
        return Progress(
            self.position,
            self.spec.total,
            finished,
            metrics,
            list(points),
            list(events),
        )

    def finish(self):
        self.ending = True

    def snapshot(self):
        return self.report()

    def state(self):
        return {
            "rng": json_to_array(self.rng.bit_generator.state),
            "numbers": np.array([self.position, self.ending, self.closed]),
            "heights": np.array([self.height, self.best]),
            "trail": self.trail.copy(),
        }

    def restore(self, state):
        self.rng.bit_generator.state = array_to_json(state["rng"])
        position, ending, closed = state["numbers"].tolist()
        self.position, self.ending, self.closed = position, bool(ending), closed
        self.height, self.best = state["heights"].tolist()
        self.trail = state["trail"].copy()


def walk_from_spec(spec):
    return Walk(WalkSpec(**spec))


register_experiment("walk", walk_from_spec)


def alone(spec):
    """Walk to the end at one go, with neither runner nor store."""
    experiment = Walk(spec)
    points, events, finished = [], [], False
    while not finished:
        progress = experiment.advance(10**9)
        points += progress.curve
        events += progress.events
        finished = progress.finished
    return experiment, points, events
