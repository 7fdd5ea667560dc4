"""Searches that are small, and alike to the compiler: four tasks, float64."""

from workbench.evolution import CacheSpec, SearchSpec
from workbench.programs import Space
from workbench.tasks import LinearTasks

OPS = (56, 27, 2, 3, 18, 23)

FIXED = Space(
    scalars=4,
    vectors=3,
    matrices=1,
    setup_ops=OPS,
    predict_ops=OPS,
    learn_ops=OPS,
    setup_length=(5, 5),
    predict_length=(1, 1),
    learn_length=(4, 4),
)
FREE = Space(
    scalars=4,
    vectors=4,
    matrices=2,
    setup_length=(0, 4),
    predict_length=(1, 5),
    learn_length=(0, 5),
)
"""Every operation, and lengths that change."""

EVERY_MUTATION = {
    "alter_param": 2.0,
    "randomize_instruction": 1.0,
    "randomize_function": 0.25,
    "identity": 0.25,
    "insert_instruction": 1.5,
    "remove_instruction": 1.0,
    "trade_instruction": 1.0,
    "randomize_program": 0.1,
}


def small(**changes):
    """Return the spec of a small search, changed."""
    tasks = {"features": 4, "train": 20, "valid": 10, "tasks": 4}
    fields = {
        "space": FIXED,
        "tasks": LinearTasks(**tasks),
        "population": 20,
        "tournament": 4,
        "cache": CacheSpec(size=500, probe_train=4, probe_valid=3, forget_every=7),
        "individuals": 2000,
    }
    return SearchSpec(**{**fields, **changes})
