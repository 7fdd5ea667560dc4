"""What a concept is worth on some tasks when a hand writes it into a network.

Evolution can only find what pays. The network, without and with the concept, has its
constants tuned on the same tasks and is compared on others, task by task.
"""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from experiments.searching import concepts
from experiments.statistics import mean
from workbench.engine import evaluate
from workbench.programs import Program, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from experiments.series import Line
    from workbench.tasks import TaskSet

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
SCALES = (0.1, 0.3)  # of the first weights


def _noisy(text: str, deviation: float) -> str:
    """Let the ReLU take the larger of its input and of noise, not of zero."""
    noise = f"  v5 = gaussian(0.0, {deviation}, n_features)\n"
    return text.replace("def Predict():\n", f"def Predict():\n{noise}")


def _decaying(text: str, kept: float) -> str:
    """Multiply the rate after each example; with 0.0 take its arc tangent instead."""
    if not kept:
        return f"{text}  s3 = arctan(s3)\n"
    text = text.replace("def Predict():", f"  s11 = {kept}\ndef Predict():")
    return f"{text}  s3 = s3 * s11\n"


def _from_mean(text: str, factor: float) -> str:
    """Set the rate to a multiple of the sine of the first weights' absolute mean."""
    text = text.replace("def Predict():", f"  s11 = {factor}\ndef Predict():")
    rate = "  s10 = mean(m0)\n  s10 = abs(s10)\n  s10 = sin(s10)\n  s3 = s11 * s10\n"
    return text.replace("def Learn():\n", f"def Learn():\n{rate}")


class Way(NamedTuple):
    """How to write a concept into the text of a network."""

    write: Callable[[str, float], str]
    values: Sequence[float]  #: of its constant, to tune
    rates: Sequence[float] = RATES


WAYS = {
    "noisy ReLU": Way(_noisy, (0.1, 0.3, 1.0, 2.0)),
    "decaying learning rate": Way(_decaying, (0.0, 0.99, 0.997, 0.999)),
    "learning rate from the weights' mean": Way(
        _from_mean, (0.3, 1.0, 3.0, 10.0, 30.0), (0.01,)
    ),
}
"""The paper's three."""


def worth(concept: str, network: str, tuning: TaskSet, fresh: TaskSet) -> Line:
    """Compare a network without and with a concept, both tuned, on fresh tasks.

    Parameters
    ----------
    concept
        One of `WAYS`.
    network
        A text with ``s3 = 0.01`` as rate, scales of 0.1 and v5 as the ReLU's zero.
    tuning, fresh
        Where constants are chosen, and where the two are compared.

    Returns
    -------
    Mean accuracies of both, and their paired difference with its 95 % interval, 0 to 1;
    the concepts of the program with the concept.
    """
    began = time.perf_counter()
    way = WAYS[concept]
    lacking = _tuned([_network(network, *s) for s in product(RATES, SCALES)], tuning)
    plain = [_network(network, *s) for s in product(way.rates, SCALES)]
    having = _tuned([way.write(t, v) for t, v in product(plain, way.values)], tuning)
    without, with_it = (evaluate(p, fresh, seed=1) for p in (lacking, having))
    differences = with_it.task_fitness - without.task_fitness
    return {
        "without": without.fitness,
        "with": with_it.fitness,
        "difference": list(mean(differences.tolist())),
        "tasks": len(differences),
        "seconds": round(time.perf_counter() - began, 1),
        "concepts": concepts(having, "accuracy"),
        "program": str(having),
    }


def _network(text: str, rate: float, scale: float) -> str:
    rated = text.strip().replace("s3 = 0.01", f"s3 = {rate}")
    return rated.replace("(0.0, 0.1,", f"(0.0, {scale},") + "\n"


def _tuned(texts: list[str], tasks: TaskSet) -> Program:
    space = Space(label="vector" if tasks.train_y.ndim == 3 else "scalar")
    programs = [Program.from_text(text, space=space) for text in texts]
    return max(programs, key=lambda p: evaluate(p, tasks, seed=1).fitness)
