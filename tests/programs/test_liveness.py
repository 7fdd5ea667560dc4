import math

import numpy as np
import pytest
from hypothesis import given, settings

from tests import naive
from tests.programs.strategies import SMALL, VECTOR, programs
from workbench.engine.lower import mark_live as compiled
from workbench.programs import (
    HAND_DESIGNED,
    Program,
    encode,
)
from workbench.programs.liveness import make_room


def flags(setup="", predict="", learn=""):
    """Return the liveness of a program as three strings of 1 and 0."""
    text = "\n".join(
        f"def {name}():\n{body.replace(';', chr(10))}"
        for name, body in (("Setup", setup), ("Predict", predict), ("Learn", learn))
    )
    live = Program.from_text(text).live
    return ["".join(str(int(flag)) for flag in part) for part in live]


CASES = {
    "the prediction": ("", "s1 = dot(v0, v0)", "", ["", "1", ""]),
    "nothing else": ("", "s2 = dot(v0, v0)", "", ["", "0", ""]),
    "overwritten prediction": ("", "s1 = s2 * s3; s1 = norm(v0)", "", ["", "01", ""]),
    "read before overwritten": (
        "", "s2 = norm(v0); s1 = sin(s2); s2 = 0.5", "", ["", "110", ""],
    ),
    "prediction set in Learn and never read": (
        "", "s1 = mean(v0); s1 = s1 * s1", "s1 = sin(s0)", ["", "11", "0"],
    ),
    "prediction overwritten in Learn": (
        "", "s1 = mean(v0)", "s1 = 0.5", ["", "1", "0"],
    ),
    "prediction from Learn": ("", "", "s1 = s0 + s0", ["", "", "1"]),
    "faint loop in Learn": (
        "s2 = 0.5", "s1 = norm(v0)", "s2 = s2 + s0", ["0", "1", "0"],
    ),
    "loop through Predict": ("", "s1 = s1 + s2", "s2 = s0 - s1", ["", "1", "1"]),
    "chain over several examples": (
        "", "s1 = sin(s2)", "s2 = sin(s3); s3 = sin(s4); s4 = s0 - s1",
        ["", "1", "111"],
    ),
    "chain that ends nowhere": (
        "", "s1 = sin(s2)", "s5 = s4 + s0; s4 = s3 + s0; s3 = s0 - s1",
        ["", "1", "000"],
    ),
    "Setup overwritten before read": (
        "s2 = 0.5", "s2 = 0.25; s1 = s2 * s2", "", ["0", "11", ""],
    ),
    "Setup read once, before Learn writes": (
        "s2 = 0.5", "s1 = sin(s2)", "s2 = s0 - s1", ["1", "1", "1"],
    ),
    "Learn overwritten by Predict": (
        "", "s2 = mean(v0); s1 = sin(s2)", "s2 = s0 - s1", ["", "11", "0"],
    ),
    "Predict alone, for the next validation example": (
        "", "s1 = s1 + s2; s2 = mean(v0)", "s2 = s0 + s0", ["", "11", "1"],
    ),
    "no-ops": ("NoOp()", "NoOp(); s1 = mean(v0)", "NoOp()", ["0", "01", "0"]),
    "same element twice": (
        "v1[0.5] = 1; v1[0.5] = 2", "s1 = dot(v1, v0)", "", ["01", "1", ""],
    ),
    "other element": (
        "v1[0.25] = 1; v1[0.5] = 2", "s1 = dot(v1, v0)", "", ["11", "1", ""],
    ),
    "element of another vector": (
        "v2[0.5] = 1; v1[0.5] = 2", "s1 = dot(v1, v0)", "", ["01", "1", ""],
    ),
    "element under a whole vector": (
        "v1[0.5] = 1; v1 = bcast(s1)", "s1 = dot(v1, v0)", "", ["01", "1", ""],
    ),
    "element over a whole vector": (
        "v1 = bcast(s1); v1[0.5] = 1", "s1 = dot(v1, v0)", "", ["11", "1", ""],
    ),
    "element read between": (
        "v1[0.5] = 1; v2 = v1 + v1; v1[0.5] = 2", "s1 = dot(v1, v2)", "",
        ["111", "1", ""],
    ),
    "matrix cells": (
        "m0[0.5, 0.25] = 1; m0[0.25, 0.5] = 2; m0[0.5, 0.25] = 3", "s1 = norm(m0)", "",
        ["011", "1", ""],
    ),
    "read-modify-write": (
        "v1 = gaussian(0, 1, n_features)", "s1 = dot(v1, v0)",
        "v2 = s0 * v0; v1 = v1 + v2", ["1", "1", "11"],
    ),
    "input is its own output": ("", "s1 = s1 * s1", "", ["", "1", ""]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    setup, predict, learn, expected = CASES[case]
    assert flags(setup, predict, learn) == expected


def test_the_prediction_of_vector_tasks_is_v2():
    text = "def Predict():\n v2 = dot(m0, v0)\n s1 = norm(v2)\n v2[0.5] = 1"
    program = Program.from_text(text, VECTOR)
    assert program.live == ((), (True, False, True), ())


@pytest.mark.parametrize("name", HAND_DESIGNED)
def test_hand_designed_programs_have_nothing_to_spare(name):
    program = HAND_DESIGNED[name]()
    assert program.effective() == program


def unrolled(program):
    """Mark by the definition: walk each possible life backwards, with sets.

    A life is Setup, some training, some validation, perhaps all again: long enough
    that a longer one adds nothing, since each round lengthens a chain by one.
    """
    rounds = len(program) + 2
    setup, predict, learn = 0, 1, 2
    epoch = [predict, learn] * rounds + [predict] * rounds
    functions = (program.setup, program.predict, program.learn)
    live = [[False] * len(function) for function in functions]
    kind, address = program.space.prediction
    wanted = set()

    def cells(where):
        """Return the elements that matter: those that constants name, and the rest."""
        named = {
            instruction.constants[:-1]
            for function in functions
            for instruction in function
            if instruction.op.is_partial_write and instruction.output == where
        }
        return {(where, name) for name in named} | {(where, None)}

    for which in reversed([setup, *epoch, *epoch]):
        if which == predict:
            wanted |= cells((kind, address))
        for i, instruction in reversed(list(enumerate(functions[which]))):
            if instruction.output is None:
                continue
            written = cells(instruction.output)
            if instruction.op.is_partial_write:
                written = {(instruction.output, instruction.constants[:-1])}
            if wanted & written:
                live[which][i] = True
                wanted -= written
                for where in instruction.inputs:
                    wanted |= cells(where)
    return tuple(map(tuple, live))


@given(programs())
@settings(max_examples=300)
def test_marks_are_those_of_the_definition(program):
    assert program.live == unrolled(program)


@given(programs(VECTOR))
def test_marks_are_those_of_the_definition_with_vector_labels(program):
    assert program.live == unrolled(program)


def arrays(seed, F=3, train=5, valid=4, classes=None):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((train + valid, F))
    y = rng.standard_normal(train + valid)
    if classes:
        y = np.eye(classes)[rng.integers(0, classes, train + valid)]
    return x[:train], y[:train], x[train:], y[train:]


def same(a, b):
    return all(
        np.array_equal(x, y, equal_nan=True)
        for x, y in zip(a.predictions, b.predictions, strict=True)
    )


@given(programs(mild=True))
@settings(max_examples=150)
def test_dead_instructions_change_no_prediction(program):
    for metric in ("rmse", "accuracy"):
        options = {"metric": metric, "epochs": 2, "max_abs_error": math.inf}
        whole = naive.run(program, *arrays(1), **options)
        reduced = naive.run(program, *arrays(1), **options, keep=program.live)
        assert same(whole, reduced)
        assert whole.fitness == reduced.fitness
        assert whole.train_steps == reduced.train_steps


@given(programs(VECTOR, mild=True))
@settings(max_examples=50)
def test_dead_instructions_change_no_vector_prediction(program):
    task = arrays(2, F=4, classes=3)
    whole = naive.run(program, *task, epochs=2)
    assert same(whole, naive.run(program, *task, epochs=2, keep=program.live))


@given(programs())
def test_effective_programs_are_wholly_effective(program):
    effective = program.effective()
    assert all(map(all, effective.live))
    assert effective.effective() == effective
    assert len(effective) == sum(map(sum, program.live))
    assert effective.space.sizes == program.space.sizes


@given(programs())
def test_the_compiled_marks_are_the_same(program):
    code, data, lengths = encode(program)
    live = np.ones(len(code), np.bool_)
    sizes, room = np.array(SMALL.sizes), make_room(len(code), SMALL.sizes)
    count = compiled(code, data, lengths, sizes, False, live, room)
    assert live.tolist() == [flag for part in program.live for flag in part]
    assert count == live.sum()


def test_kinds_at_equal_addresses_are_kept_apart():
    assert flags("s2 = 0.5; v2 = bcast(s3)", "s1 = sin(s2)") == ["10", "1", ""]
