import re
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.small_tasks import small_task
from tests.engine.test_reference import METRICS, SPACE, TAGS, cases, task_of
from tests.programs.strategies import SMALL, VECTOR, programs
from workbench.engine import apply, trace
from workbench.programs import (
    FUNCTIONS,
    HAND_DESIGNED,
    OPS,
    Instruction,
    Kind,
    Program,
    Space,
    linear,
    two_layer_network,
)
from workbench.programs.export import HELPERS, explain, latex_source, numpy_source

EXACT = [op for op in OPS if not op.is_random]
LEAVES = (0.0, -0.0, 1.0, -1.0, 0.5, 3e200, -2e-310, np.inf, -np.inf, np.nan)


def module(program):
    """Return what the exported source defines; it sees nothing of the workbench."""
    names = {}
    exec(numpy_source(program), names)
    return names


def run(program, task, **options):
    if not program.space.vector_label:
        options["classify"] = task.metric == "accuracy"
    return module(program)["run"](
        task.train_x, task.train_y, task.valid_x, task.valid_y,
        epochs=task.epochs, order=task.order, **options,
    )  # fmt: skip


def close(ours, theirs):
    return np.allclose(ours, theirs, rtol=1e-12, atol=1e-12, equal_nan=True)


def differences(program, task, **options):
    """Return the epochs in which the exported code and the engine disagree."""
    wrong = []
    for epoch, parts in enumerate(run(program, task, **options)):
        visits = trace(program, task, phase="both", epoch=epoch, **options).visits
        for phase, ours in zip(("train", "valid"), parts, strict=True):
            theirs = visits.prediction[visits.phase == phase]
            if len(ours) != len(theirs) or not close(
                np.reshape(ours, theirs.shape), theirs
            ):
                wrong.append((epoch, phase))
    return wrong


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("metric", METRICS)
def test_reference_programs_predict_what_the_engine_predicts(tag, metric):
    wrong = []
    for i, case in enumerate(cases()[tag, metric]):
        program = Program.from_dict(case["program"], SPACE)
        limit = float(case["max_abs_error"])
        if differences(program, task_of(case), max_abs_error=limit):
            wrong.append((i, str(program)))
    assert wrong == []


@settings(max_examples=60)
@given(programs(SMALL, mild=True, ops=EXACT), st.sampled_from(["rmse", "accuracy"]))
def test_random_programs_predict_what_the_engine_predicts(program, metric):
    assert differences(program, small_task(metric=metric, epochs=2)) == []


@settings(max_examples=60)
@given(programs(VECTOR, mild=True, ops=EXACT), st.integers(2, 4))
def test_vector_labels_too(program, classes):
    task = small_task(classes=classes, epochs=2)
    assert differences(program, task, max_abs_error=0.9) == []


@pytest.mark.parametrize("op", EXACT, ids=lambda op: op.name)
def test_statements_treat_infinities_and_nan_as_the_engine_does(op):
    rng = np.random.default_rng(op.number)
    helpers = {"np": np, "F": 3}
    exec("\n".join(map(dedent, HELPERS.values())), helpers)
    constants = tuple(0.7 if k.noun == "index" else np.nan for k in op.constants)
    instruction = Instruction(
        op, in1=0, in2=len(op.inputs) // 2, out=2, constants=constants
    )
    for _ in range(60):
        memory = [rng.choice(LEAVES, size) for size in ((3,), (3, 3), (3, 3, 3))]
        names = {
            f"{letter}{i}": float(part) if letter == "s" else part.copy()
            for letter, parts in zip("svm", memory, strict=True)
            for i, part in enumerate(parts)
        }
        with np.errstate(all="ignore"):
            exec(instruction.numpy(), helpers, names)
        if op.output is None:
            continue
        after = apply(instruction, *memory)[op.output.code - 1][2]
        ours = np.asarray(names[f"{op.output.value}2"])
        np.testing.assert_allclose(ours, after, rtol=1e-12, atol=0.0)
        zero = after == 0.0
        assert np.array_equal(np.signbit(ours[zero]), np.signbit(after[zero]))


@pytest.mark.parametrize("name", HAND_DESIGNED)
def test_the_source_runs_without_the_workbench(name):
    source = numpy_source(HAND_DESIGNED[name]())
    source += dedent("""
        x = np.random.default_rng(1).standard_normal((100, 4))
        y = x @ [1.0, -0.5, 0.25, 0.75]
        (trained, validated), = run(x[:80], y[:80], x[80:], y[80:], rng=3)
        print(len(trained), len(validated))
    """)
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", source],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("80 20\n", "")


def test_it_learns_example_by_example():
    predict, learn = module(linear(0.1))["start"](F=2)
    assert predict([1.0, 2.0]) == 0.0
    learn(1.0)
    assert predict([1.0, 2.0]) == pytest.approx(0.1 * 1.0 + 0.2 * 2.0)
    assert predict([0.0, 0.0]) == 0.0


def test_what_predict_returned_is_not_changed_by_what_follows():
    text = "def Predict():\n v2 = v2 + v0\n v2[0.0] = 7.0"
    program = Program.from_text(text, Space(2, 3, 0, label="vector"))
    predict, _ = module(program)["start"](F=2, classes=2)
    first = predict(np.ones(2))
    predict(np.ones(2))
    assert first.tolist() == [7.0, 1.0]


def test_equal_generators_draw_equal_numbers_and_odd_intervals_are_no_error():
    task = small_task()
    network = two_layer_network()
    one, other, third = (run(network, task, rng=seed) for seed in (1, 1, 2))
    assert one == other
    assert one != third
    odd = Program.from_text(
        "def Predict():\n s2 = uniform(2, 1)\n s3 = gaussian(0, -1)\n s1 = s2 + s3"
    )
    ((trained, _),) = run(odd, task, rng=1)
    assert np.isfinite(trained).all()


def test_only_what_is_called_is_defined():
    source = numpy_source(linear())
    defined = re.findall(r"^def (\w+)", source, re.MULTILINE)
    assert defined == ["total", "dot", "sigmoid", "start", "run"]
    assert "s1 = dot(v1, v0)" in source
    assert "rng = np" not in source
    assert "np.random.default_rng(rng)" in numpy_source(two_layer_network())


def test_formulas_of_a_whole_program():
    assert latex_source(linear()) == (
        "\\begin{aligned}\n"
        "&\\textbf{Setup:} \\\\\n"
        "&\\quad s_{2} = 0.01 \\\\\n"
        "&\\textbf{Predict:} \\\\\n"
        "&\\quad s_{1} = \\mathbf{v}_{1}^{T} \\mathbf{v}_{0} \\\\\n"
        "&\\textbf{Learn:} \\\\\n"
        "&\\quad s_{3} = s_{0} - s_{1} \\\\\n"
        "&\\quad s_{3} = s_{2} \\, s_{3} \\\\\n"
        "&\\quad \\mathbf{v}_{2} = s_{3} \\, \\mathbf{v}_{0} \\\\\n"
        "&\\quad \\mathbf{v}_{1} = \\mathbf{v}_{1} + \\mathbf{v}_{2}\n"
        "\\end{aligned}"
    )
    assert r"&\quad \text{nothing}" in latex_source(Program())


def test_an_algorithm_for_a_paper():
    program = Program.from_text("def Learn():\n s1 = s0 + s1")
    assert latex_source(program, "algorithmic") == (
        "\\begin{algorithmic}\n"
        "\\Function{Setup}{}\n  \\State nothing\n\\EndFunction\n"
        "\\Function{Predict}{}\n  \\State nothing\n\\EndFunction\n"
        "\\Function{Learn}{}\n  \\State $s_{1} = s_{0} + s_{1}$\n\\EndFunction\n"
        "\\end{algorithmic}"
    )
    with pytest.raises(ValueError, match="style is 'tex'; accepted: aligned, algo"):
        latex_source(program, "tex")


def test_words_name_what_the_training_loop_gives_and_takes():
    words = [explain(i) for f in linear().functions.values() for i in f]
    assert words == [
        "Set s2 to 0.01.",
        "Set the prediction s1 to the dot product of v1 and the features v0.",
        "Set s3 to the label s0 minus the prediction s1.",
        "Set s3 to s2 times s3.",
        "Set v2 to s3 times the features v0.",
        "Set v1 to v1 plus v2.",
    ]
    (add,) = Program.from_text("def Learn():\n v2 = v1 + v2").learn
    vector = Space(2, 3, 0, label="vector")
    (difference,) = Program.from_text("def Learn():\n s1 = s0 - s1").learn
    assert [explain(difference, function=name) for name in FUNCTIONS] == [
        "Set s1 to s0 minus s1.",
        "Set the prediction s1 to the hidden label s0 minus the prediction s1.",
        "Set the prediction s1 to the label s0 minus the prediction s1.",
    ]
    assert explain(add) == "Set v2 to v1 plus v2."
    assert explain(add, vector) == (
        "Set the prediction v2 to the label v1 plus the prediction v2."
    )


def test_words_for_elements_and_draws():
    program = Program.from_text(
        "def Setup():\n"
        " v2[0.25] = 0.5\n"
        " m1[0.0, 0.75] = -inf\n"
        " v3 = uniform(-1, 1, n_features)\n"
        " NoOp()"
    )
    assert [explain(i) for i in program.setup] == [
        "Set element [0.25 F] of v2 to 0.5 and keep the others.",
        "Set element [0, 0.75 F] of m1 to -inf and keep the others.",
        "Set v3 to uniform draws from -1.0 to 1.0.",
        "Do nothing.",
    ]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_words_name_every_operand(op):
    constants = tuple(0.25 for _ in op.constants)
    out = 4 if op.output in (Kind.SCALAR, Kind.VECTOR) else 2
    words = explain(Instruction(op, in1=2, in2=3, out=out, constants=constants))
    assert "{" not in words
    for kind, address in zip(op.inputs, (2, 3), strict=False):
        assert f"{kind.value}{address}" in words
    assert words.endswith(".")
