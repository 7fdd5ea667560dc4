"""Each concept can be taken out of a program that has it, and the rest lives on."""

import numpy as np
import pytest

from tests.insight.labelled import Plan, disguised, write
from tests.insight.unseen import unseen
from workbench import Program
from workbench.engine import evaluate
from workbench.insight import CATALOGUE, discover, knock_out
from workbench.programs import Space, linear, two_layer_network
from workbench.tasks import AffineTasks, LinearTasks

TRAINED = "gradient step of the squared error"
NETWORK = {"two-layer network", "backpropagation"}
RATES = {"constant learning rate", "adaptive learning rate"}
# What a program is made of, and what else goes with a concept by its nature.
LABELLED = {
    "linear model": (Plan(momentum=True), {TRAINED, *RATES, "momentum"}),
    "affine model": (Plan(model="affine", noise="input"), set()),
    TRAINED: (Plan(clip=True), {"linear model", *RATES, "error clipping"}),
    "constant learning rate": (Plan(decay=True), set()),
    "decaying learning rate": (Plan(rate="decaying", unit_gradient=True), set()),
    "adaptive learning rate": (Plan(rate="adaptive"), set()),
    "learning rate from the weights' mean": (
        Plan(model="relu", rate="weights"),
        {"adaptive learning rate"},
    ),
    "two-layer network": (Plan(model="relu", clip=True), {"backpropagation"}),
    "backpropagation": (Plan(model="absolute", noise="input"), set()),
    "ReLU": (Plan(model="relu"), NETWORK),
    "other nonlinearity": (Plan(model="absolute"), NETWORK),
    "noisy ReLU": (Plan(model="relu", noise="unit"), set()),
    "noisy input": (Plan(noise="input", normalised="mean"), set()),
    "error clipping": (Plan(clip=True, momentum=True), set()),
    "gradient normalisation": (Plan(model="relu", unit_gradient=True), set()),
    "momentum": (Plan(momentum=True, clip=True), set()),
    "weight averaging": (Plan(model="relu", average=True), set()),
    "bilinear interaction": (Plan(model="bilinear", noise="input"), set()),
    "weight decay": (Plan(model="relu", decay=True), set()),
    "feature normalisation": (Plan(normalised="scale"), {"adaptive learning rate"}),
}


def names(program, metric="rmse", tasks=None):
    return {d.concept.name for d in discover(program, metric, tasks)}


def check(program, concept, metric="rmse", tasks=None, goes=frozenset()):
    before = names(program, metric, tasks)
    assert concept in before
    without = knock_out(program, concept, metric, tasks)
    after = names(without, metric, tasks)
    assert concept not in after
    assert before - after - {concept} <= goes
    without.space.check(without)
    return without


@pytest.mark.parametrize("concept", LABELLED)
def test_it_is_not_found_any_more_and_the_rest_is(concept):
    plan, goes = LABELLED[concept]
    random = np.random.default_rng(5)
    program = disguised(write(plan, random), random)
    without = check(program, concept, goes=goes)
    result = evaluate(without, AffineTasks(features=4, tasks=10).make())
    assert not result.stopped
    assert result.fitness > 0


# `python -m benchmarks.knockouts` goes through all programs and all their concepts.
HARD = ("mom-late", "mom-heavy-ball", "clip-ignore-large", "wd-l1", "feat-dot-root")


@pytest.mark.parametrize("name", HARD)
def test_every_concept_of_a_program_can_be_knocked_out(name):
    (case,) = (case for case in unseen() if case.name == name)
    for concept in names(case.program, case.metric):
        without = knock_out(case.program, concept, case.metric)
        assert concept not in names(without, case.metric)
        without.space.check(without)


def test_every_concept_is_tested():
    others = {"gradient step of the logistic loss", "hard-coded targets"}
    assert set(LABELLED) | others == set(CATALOGUE)
    assert all(concept.knock_out for concept in CATALOGUE.values())


def test_a_logistic_step_is_knocked_out():
    check(
        linear(),
        "gradient step of the logistic loss",
        "accuracy",
        goes={"linear model", *RATES},
    )


def test_targets_in_setup_are_knocked_out():
    tasks = LinearTasks(features=4, train=100, tasks=1, seed=3).make()
    weights = np.linalg.lstsq(tasks.train_x[0], tasks.train_y[0], rcond=None)[0]
    lines = [f"  v1[{(k + 0.5) / 4}] = {w}" for k, w in enumerate(weights)]
    text = str(linear()).replace("def Predict", "\n".join([*lines, "def Predict"]))
    program = Program.from_text(text)
    without = check(program, "hard-coded targets", tasks=tasks)
    assert without == linear()


def test_the_change_is_the_one_that_the_catalogue_tells():
    text = str(two_layer_network(bias=False))
    without = knock_out(Program.from_text(text), "backpropagation")
    assert str(without) == text.replace("\n  m0 = m0 + m1", "")
    clipped = str(linear()).replace(
        "s3 = s0 - s1\n", "s3 = s0 - s1\n  s3 = arctan(s3)\n"
    )
    assert knock_out(Program.from_text(clipped), "error clipping") == linear()


def test_the_space_is_widened_only_by_what_is_needed():
    space = Space(
        scalars=4, vectors=3, matrices=1, learn_length=(4, 5), predict_ops=(27,)
    )
    program = Program.from_text(str(linear()), space)
    assert knock_out(program, TRAINED).space == Space(
        scalars=4, vectors=3, matrices=1, learn_length=(3, 5), predict_ops=(27,)
    )
    wider = knock_out(program, "constant learning rate").space
    assert (wider.scalars, wider.vectors, wider.matrices) == (6, 4, 1)
    assert wider.learn_length == (4, 6)
    assert wider.predict_ops == (27,)


def test_what_cannot_be_knocked_out_is_refused():
    with pytest.raises(ValueError, match="concept is 'backprop'; accepted: linear"):
        knock_out(linear(), "backprop")
    with pytest.raises(ValueError, match="'momentum' is not in this program; its"):
        knock_out(linear(), "momentum")
