"""The original engine's own outputs, see tests/data/README.md."""

import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from workbench.engine import apply, evaluate, memory_after, trace
from workbench.programs import Instruction, Program, Space
from workbench.tasks import Task

CASES = Path(__file__).parents[1] / "data" / "reference_cases.jsonl.gz"
SPACE = Space(
    5, 9, 3, setup_length=(0, 99), predict_length=(0, 99), learn_length=(0, 99)
)
METRICS = {"RMS_ERROR": "rmse", "ACCURACY": "accuracy"}


def read_int(text):
    return -0.0 if text == "-0" else int(text)


@cache
def cases():
    with gzip.open(CASES, "rt") as lines:
        read = [json.loads(line, parse_int=read_int) for line in lines]
    return {
        "op": [case for case in read if case["kind"] == "op"],
        **{
            (tag, metric): [
                case
                for case in read
                if (case.get("tag"), case.get("eval_type")) == (tag, metric)
            ]
            for tag in TAGS
            for metric in METRICS
        },
    }


TAGS = ("random", "random-failing", "mutant", "linear", "nn_no_gradient")


def numbers(values):
    """Turn nested lists in which NaN and infinities are strings into an array."""
    return np.array(values, dtype=object).astype(np.float64)


def arrays(memory):
    return numbers(memory["s"]), numbers(memory["v"]), numbers(memory["m"])


def task_of(case):
    return Task.from_arrays(
        numbers(case["train_features"]),
        numbers(case["train_labels"]),
        numbers(case["valid_features"]),
        numbers(case["valid_labels"]),
        METRICS[case["eval_type"]],
        case["epochs"],
        case["train_order"],
    )


def close(ours, theirs, rtol):
    return np.allclose(ours, theirs, rtol=rtol, atol=0.0, equal_nan=True)


def close_memory(ours, theirs):
    return all(
        close(mine, other, 1e-7)
        for mine, other in zip(ours, arrays(theirs), strict=True)
    )


def test_all_the_cases_are_there():
    assert len(cases()["op"]) == 590
    assert sum(map(len, cases().values())) == 1420


def test_operations():
    wrong = []
    for i, case in enumerate(cases()["op"]):
        instruction = Instruction.from_dict(case["instruction"])
        if not close_memory(apply(instruction, *arrays(case["before"])), case["after"]):
            wrong.append((i, str(instruction)))
    assert wrong == []


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("reduce", [True, False])
def test_evaluations(tag, metric, reduce):
    wrong = []
    for i, case in enumerate(cases()[tag, metric]):
        program = Program.from_dict(case["program"], SPACE)
        limit = float(case["max_abs_error"])
        result = evaluate(program, [task_of(case)], reduce=reduce, max_abs_error=limit)
        if not close(result.fitness, float(case["fitness"]), 1e-9):
            wrong.append((i, "fitness", result.fitness, case["fitness"]))
        if result.train_steps != case["train_steps"]:
            wrong.append((i, "steps", result.train_steps, case["train_steps"]))
        if result.stopped != (case["train_steps"] < trained_in_full(case)):
            wrong.append((i, "stopped", result.stopped))
    assert wrong == []


def trained_in_full(case):
    return len(case["train_labels"]) * case["epochs"]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("metric", METRICS)
def test_errors_and_memory_at_the_end(tag, metric):
    wrong = []
    for i, case in enumerate(cases()[tag, metric]):
        program, task = Program.from_dict(case["program"], SPACE), task_of(case)
        options = {"max_abs_error": float(case["max_abs_error"])}
        visits = trace(program, task, phase="both", **options).visits
        in_bounds = visits.error <= options["max_abs_error"]
        for phase in ("train", "valid"):
            errors = visits.error[(visits.phase == phase) & in_bounds]
            theirs = numbers(case[f"{phase}_errors"])
            if len(errors) != len(theirs) or not close(errors, theirs, 1e-7):
                wrong.append((i, phase, len(errors), len(theirs)))
        after = memory_after(program, task, **options)
        if not close_memory(after, case["memory_after"]):
            wrong.append((i, "memory"))
    assert wrong == []
