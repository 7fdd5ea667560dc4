"""Searches worth starting from: the paper's, the original demo's, and digits."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.evolution.spec import CacheSpec, SearchSpec
from workbench.programs import Space
from workbench.tasks import (
    AffineTasks,
    LinearTasks,
    ProjectedTasks,
    TwoLayerTasks,
)

_NO_LENGTH_CHANGES = {
    "alter_param": 1.0,
    "randomize_instruction": 1.0,
    "randomize_function": 1.0,
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A named search with what a newcomer should know about it."""

    name: str
    title: str
    description: str
    spec: SearchSpec


_DEMO_OPS = (56, 27, 2, 3, 18, 23)

_DEMO = Preset(
    "demo",
    "Original demo",
    "The demo that shipped with AutoML-Zero: rediscover linear regression with four"
    " features, from random programs of 20 instructions. A run sees 200 million"
    " training examples; the original succeeds in one run of three.",
    SearchSpec(
        name="demo",
        space=Space(
            scalars=4,
            vectors=3,
            matrices=1,
            setup_ops=_DEMO_OPS,
            predict_ops=_DEMO_OPS,
            learn_ops=_DEMO_OPS,
            setup_length=(10, 10),
            predict_length=(2, 2),
            learn_length=(8, 8),
        ),
        tasks=LinearTasks(features=4, train=100, valid=100, tasks=10),
        select=LinearTasks(features=4, train=1000, valid=100, tasks=100, seed=1),
        final=LinearTasks(features=4, train=1000, valid=100, tasks=100, seed=2),
        population=1000,
        tournament=10,
        mutations=tuple(_NO_LENGTH_CHANGES.items()),
        train_steps=200_000_000,
    ),
)

_LINEAR = Preset(
    "linear",
    "Linear regression",
    "Figure 4 of the paper: find a linear regressor with eight features, trained by"
    " gradient descent, among random programs of ten instructions.",
    SearchSpec(
        name="linear",
        space=Space(
            scalars=4,
            vectors=3,
            matrices=1,
            setup_ops=(56, 57),
            predict_ops=(27,),
            learn_ops=(2, 3, 18, 23),
            setup_length=(5, 5),
            predict_length=(1, 1),
            learn_length=(4, 4),
        ),
        tasks=LinearTasks(features=8, train=1000, valid=100, tasks=3),
        select=LinearTasks(features=8, train=1000, valid=100, tasks=100, seed=1),
        final=LinearTasks(features=8, train=1000, valid=100, tasks=100, seed=2),
        mutations=tuple(_NO_LENGTH_CHANGES.items()),
        individuals=2_000_000,
        fitness=0.9999,
    ),
)

_AFFINE = Preset(
    "affine",
    "Affine regression",
    "Figure 4 of the paper: as linear regression, with a bias to be learnt as well;"
    " much harder to find.",
    SearchSpec(
        name="affine",
        space=Space(
            scalars=5,
            vectors=3,
            matrices=1,
            setup_ops=(56, 57),
            predict_ops=(1, 27),
            learn_ops=(1, 2, 3, 18, 23),
            setup_length=(6, 6),
            predict_length=(2, 2),
            learn_length=(6, 6),
        ),
        tasks=AffineTasks(features=8, train=1000, valid=100, tasks=3),
        select=AffineTasks(features=8, train=1000, valid=100, tasks=100, seed=1),
        final=AffineTasks(features=8, train=1000, valid=100, tasks=100, seed=2),
        mutations=tuple(_NO_LENGTH_CHANGES.items()),
        individuals=5_000_000,
        fitness=0.9999,
    ),
)

_TWO_LAYER = Preset(
    "two-layer",
    "Two-layer network",
    "Section 4.3 of the paper: rediscover a two-layer network with backpropagation from"
    " its small set of operations. Nobody has published a search of this size that"
    " succeeds; expect the level of linear regression.",
    SearchSpec(
        name="two-layer",
        space=Space(
            scalars=4,
            vectors=8,
            matrices=2,
            setup_ops=(56, 63, 64),
            predict_ops=(27, 31, 48),
            learn_ops=(2, 3, 16, 18, 23, 25, 28, 39),
            setup_length=(21, 21),
            predict_length=(3, 3),
            learn_length=(9, 9),
        ),
        tasks=TwoLayerTasks(features=4, train=1000, valid=100, tasks=10),
        select=TwoLayerTasks(features=4, train=1000, valid=100, tasks=100, seed=1),
        final=TwoLayerTasks(features=4, train=1000, valid=100, tasks=100, seed=2),
        mutations=tuple(_NO_LENGTH_CHANGES.items()),
        individuals=20_000_000,
        fitness=0.98,
    ),
)

_DIGITS = Preset(
    "digits",
    "Handwritten digits, two at a time",
    "Projected binary classification by the paper's protocol, on the digits that ship"
    " with scikit-learn: evolve from the empty program; the report uses pairs of digits"
    " that the search never saw.",
    SearchSpec(
        name="digits",
        space=Space(
            scalars=5,
            vectors=9,
            matrices=2,
            setup_ops=(56, 62, 59, 63, 60, 64, 61),
            predict_ops=(1, 31, 48, 27, 23),
            learn_ops=(1, 2, 3, 18, 23, 16, 25, 28, 39),
            setup_length=(1, 7),
            predict_length=(1, 11),
            learn_length=(1, 23),
        ),
        tasks=ProjectedTasks(dataset="digits", features=16, pairs="search", tasks=8),
        select=ProjectedTasks(
            dataset="digits", features=16, pairs="search", tasks=72, seed=1
        ),
        final=ProjectedTasks(
            dataset="digits", features=16, pairs="held-out", tasks=72, seed=2
        ),
        population=100,
        tournament=10,
        mutations=(
            ("alter_param", 1.0),
            ("randomize_function", 1.0),
            ("insert_instruction", 1.0),
            ("remove_instruction", 2.0),
        ),
        initial="empty",
        initial_length=(1, 1, 1),
        cache=CacheSpec(),
        cost_factor=2.0,
        individuals=2_000_000,
    ),
)

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (_LINEAR, _DEMO, _AFFINE, _TWO_LAYER, _DIGITS)
}
"""Presets by name, in the order in which a list shows them."""
