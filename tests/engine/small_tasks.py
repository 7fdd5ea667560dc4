"""Small tasks of every kind, from a NumPy generator."""

import numpy as np

from workbench.tasks import Task


def small_task(
    seed=0, F=4, train=12, valid=5, metric="rmse", epochs=1, classes=None, **options
):
    """Return a task with standard normal features; labels follow a linear teacher."""
    rng = np.random.default_rng([seed, F, train, valid])
    x = [rng.standard_normal((n, F)) for n in (train, valid)]
    if classes is None:
        weights = rng.standard_normal(F)
        y = [part @ weights for part in x]
        if metric == "accuracy":
            y = [(part > 0.0) * 1.0 for part in y]
    else:
        metric = "accuracy"
        weights = rng.standard_normal((F, classes))
        y = [np.eye(classes)[np.argmax(part @ weights, axis=1)] for part in x]
    return Task.from_arrays(x[0], y[0], x[1], y[1], metric, epochs, **options)


def small_tasks(count, seed=0, **options):
    return [small_task(seed * 1000 + i, **options) for i in range(count)]
