"""The workloads that are measured, by name; what each of them is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.evaluating import Evaluating
from benchmarks.searching import Searching
from benchmarks.turns import INDIVIDUALS, STEPS
from workbench.evolution import PRESETS, SearchSpec
from workbench.programs import Program, Space
from workbench.programs.library import linear, two_layer_network
from workbench.tasks import LinearTasks, TwoLayerTasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.tasks import TaskSpec


@dataclass(frozen=True)
class Sizes:
    """How much of each workload a run does."""

    demo: int = 300_000  #: individuals of A and A+
    narrow: int = 10_000  #: individuals of D4
    wide: int = 5_000  #: individuals of D16
    seconds: float = 0.3  #: of repeated evaluation
    examples: int = 1000  #: to train on
    probe: int = 60  #: instructions of the programs that only probe


SMALLEST = Sizes(demo=200, narrow=110, wide=105, seconds=0.001, examples=20, probe=6)


@dataclass(frozen=True)
class Reference:
    """What the original engine did, where it was measured for issue 3."""

    unit: str
    rate: float


ORIGINAL = {
    "A": Reference(INDIVIDUALS, 38_000),
    "A+": Reference(INDIVIDUALS, 45_000),
    "B": Reference(STEPS, 41e6),
    "C4": Reference(STEPS, 19e6),
    "C16": Reference(STEPS, 7.2e6),
    "D4": Reference(INDIVIDUALS, 1220),
    "D16": Reference(INDIVIDUALS, 450),
}
"""One core of an idle 2-core AMD EPYC, -O3, double precision: another machine."""

MEANING = {
    "A": "the demo preset (F = 4, 100 + 100 examples), searched without cache",
    "A+": "the same with its functional equivalence cache",
    "L": "the linear program on tasks like the demo's, evaluated again and again",
    "B": "the linear program, F = 16, 1000 + 100 examples, again and again",
    "C4": "the two-layer network, F = 4, 1000 + 100, learning rate 0.01",
    "C16": "the two-layer network, F = 16, 1000 + 100, learning rate 0.001: with 0.01"
    " about half the tasks diverge and stop early",
    "D4": "random programs of 10, 10 and 20 instructions over the 58 deterministic ops"
    " but no-op, memory 5/9/2, population 100, tournament 10, no cache, evolving on"
    " two-layer tasks, F = 4, 1000 + 100",
    "D16": "the same, F = 16",
}

_D_OPS = tuple(range(1, 59))


def demo(cached: bool = True) -> SearchSpec:
    """Return the spec of A+ or A."""
    spec = PRESETS["demo"].spec
    return spec if cached else spec.but(cache=None)


def random_programs(features: int, train: int = 1000) -> SearchSpec:
    """Return the spec of D4 or D16."""
    return SearchSpec(
        name=f"D{features}",
        space=Space(
            scalars=5,
            vectors=9,
            matrices=2,
            setup_ops=_D_OPS,
            predict_ops=_D_OPS,
            learn_ops=_D_OPS,
            setup_length=(10, 10),
            predict_length=(10, 10),
            learn_length=(20, 20),
        ),
        tasks=TwoLayerTasks(features=features, train=train, valid=100, tasks=10),
        population=100,
        tournament=10,
        mutation_probability=0.9,
        mutations=(
            ("alter_param", 1.0),
            ("randomize_instruction", 1.0),
            ("randomize_function", 1.0),
        ),
        cache=None,
        individuals=1,
    )


def searches(sizes: Sizes) -> Iterator[Searching]:
    """Yield A, A+, D4 and D16, with and without shortcuts, and on two threads."""
    narrow = random_programs(4, sizes.examples)
    wide = random_programs(16, sizes.examples)
    cases = (
        Searching("A", demo(cached=False), sizes.demo),
        Searching("A+", demo(), sizes.demo),
        Searching("D4", narrow, sizes.narrow),
        Searching("D16", wide, sizes.wide),
    )
    for case in cases:
        yield case
        yield replace(case, name=plain(case.name), shortcuts=False)
    for case, populations, chunk in SHARED:
        one = next(c for c in cases if c.name == case)
        spec = one.spec.but(populations=populations)
        for threads in (1, 2):
            name = shared(case, populations, threads)
            yield replace(one, name=name, spec=spec, threads=threads, chunk=chunk)


def plain(name: str) -> str:
    """Return the name of a search without shortcuts."""
    return f"{name}, no shortcuts"


SHARED = (("A+", 8, 50_000), ("A+", 2, 50_000), ("D4", 8, 4_000))
"""Searches of several populations, on one thread and on two: workload, populations,
individuals between two looks at them (some 50 ms, as a runner has it)."""


def shared(name: str, populations: int, threads: int) -> str:
    """Return the name of a search of several populations."""
    return f"{name}, {populations} populations, {threads} thread{'s' * (threads > 1)}"


EVALUATED = ("L", "B", "C4", "C16")
"""The workloads that evaluate one program again and again."""
SINGLE = ("B", "C4")
"""Those of them that are measured in single precision, too."""


def evaluated(name: str, sizes: Sizes) -> Evaluating:
    """Return one of the workloads in `EVALUATED`."""
    programs: dict[str, tuple[Program, int]] = {
        "L": (linear(), 4),
        "B": (linear(), 16),
        "C4": (two_layer_network(learning_rate=0.01), 4),
        "C16": (two_layer_network(learning_rate=0.001), 16),
    }
    program, features = programs[name]
    train = min(100, sizes.examples) if name == "L" else sizes.examples
    kind = LinearTasks if name in ("L", "B") else TwoLayerTasks
    spec: TaskSpec = kind(features=features, train=train, valid=100, tasks=10)
    return Evaluating(name, program, spec, sizes.seconds)


def evaluations(sizes: Sizes) -> Iterator[Evaluating]:
    """Yield L, B, C4 and C16: in both precisions, and through `evaluate`."""
    for name in EVALUATED:
        case = evaluated(name, sizes)
        yield case
        yield replace(case, name=through_python(name), public=True)
        if name in SINGLE:
            yield replace(case, name=single(name), dtype="float32")


def through_python(name: str) -> str:
    """Return the name of a workload that calls `evaluate`."""
    return f"{name}, through evaluate()"


def single(name: str) -> str:
    """Return the name of a workload in single precision."""
    return f"{name}, float32"


def setup_only(name: str) -> str:
    """Return the name of a workload with one example, hence mostly Setup."""
    return f"{name}, Setup and one example"


FEWER = 8
"""Tasks that fill whole vector registers of 4 or 8 doubles."""


def fewer_tasks(name: str) -> str:
    """Return the name of a workload with eight tasks instead of ten."""
    return f"{name}, {FEWER} tasks"


INDEPENDENT, DEPENDENT = "independent scalar sums", "dependent scalar sums"


def probes(sizes: Sizes) -> Iterator[Evaluating]:
    """Yield what tells where time goes: Setup, tasks, dispatch and latency."""
    for name in EVALUATED:
        case = evaluated(name, sizes)
        spec = case.spec.to_dict()
        one = type(case.spec).from_dict({**spec, "train": 1, "valid": 1})
        yield replace(case, name=setup_only(name), spec=one)
        fewer = type(case.spec).from_dict({**spec, "tasks": FEWER})
        yield replace(case, name=fewer_tasks(name), spec=fewer)
    tasks = LinearTasks(features=4, train=sizes.examples, valid=1, tasks=10)
    places = [f"s{2 + k % 16}" for k in range(sizes.probe)]
    bodies = {
        INDEPENDENT: [f"{place} = s18 + s19" for place in places],
        DEPENDENT: ["s2 = s2 + s19"] * sizes.probe,
    }
    for name, body in bodies.items():
        text = "def Setup():\ndef Predict():\ndef Learn():\n"
        program = Program.from_text(text + "".join(f"  {line}\n" for line in body))
        yield Evaluating(name, program, tasks, sizes.seconds, reduce=False)
