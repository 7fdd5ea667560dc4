"""Measurements of speed: each a median over runs that take turns."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from workbench.engine import evaluate
from workbench.evolution import PRESETS, Search, SearchSpec
from workbench.programs.library import linear, two_layer_network
from workbench.tasks import LinearTasks, TwoLayerTasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.programs import Program
    from workbench.tasks import TaskSet

DEMO = PRESETS["demo"].spec


@dataclass(frozen=True)
class Result:
    """Rates of several runs of one thing."""

    name: str
    unit: str
    rates: list[float]

    @property
    def median(self) -> float:
        return median(self.rates)


def ratio(one: Result, other: Result) -> float:
    """Return the median of the ratios of runs that took turns."""
    pairs = zip(one.rates, other.rates, strict=True)
    return median(a / b for a, b in pairs)


def search_rate(spec: SearchSpec, threads: int) -> tuple[float, float]:
    """Return individuals and training steps a second, compilation apart."""
    search = Search(spec, threads=threads)
    search.prepare()
    began = time.perf_counter()
    while search.phase == "search":
        search.advance(20_000)
    seconds = time.perf_counter() - began
    counters = search.counters
    return counters["individuals"] / seconds, counters["train_steps"] / seconds


def searches(runs: int, individuals: int) -> list[Result]:
    """Measure the demo with and without its cache, and on two threads."""
    base = DEMO.but(individuals=individuals, train_steps=None, select=None, final=None)
    two = base.but(populations=2)
    cases = {
        "demo, with cache": (base, 1),
        "demo, without cache": (base.but(cache=None), 1),
        "demo, two populations on one thread": (two, 1),
        "demo, two populations on two threads": (two, 2),
    }
    search_rate(base.but(individuals=1000), 1)  # compiled, loaded, warm
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for run in range(runs):
        for name, (spec, threads) in cases.items():
            rates[name].append(search_rate(spec.but(seed=run + 1), threads))
    return [
        Result(name, unit, [pair[k] for pair in pairs])
        for name, pairs in rates.items()
        for k, unit in enumerate(("individuals/s", "train steps/s"))
    ]


def evaluation_rate(program: Program, tasks: TaskSet) -> float:
    """Return training steps a second of one evaluation."""
    began = time.perf_counter()
    steps = evaluate(program, tasks).train_steps
    return steps / (time.perf_counter() - began)


def evaluations(runs: int, train: int = 10_000) -> list[Result]:
    """Measure the training of the hand-designed programs, sixteen tasks at once."""
    cases: dict[str, tuple[Callable[[], Program], TaskSet]] = {
        "linear regression": (linear, LinearTasks(train=train, tasks=16).make()),
        "two-layer network": (
            two_layer_network,
            TwoLayerTasks(train=train, tasks=16).make(),
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for run in range(runs + 1):
        for name, (program, tasks) in cases.items():
            rate = evaluation_rate(program(), tasks)
            if run:  # the first one warms up
                rates[name].append(rate)
    return [Result(name, "train steps/s", values) for name, values in rates.items()]
