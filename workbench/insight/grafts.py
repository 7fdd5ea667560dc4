"""How each concept is put into a program; `knock_in` checks that it is then found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.cuts_training import fade
from workbench.insight.edit import Edit, line
from workbench.insight.values import Features, Label, Prediction, Written
from workbench.programs import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight.discover import Reading
    from workbench.insight.values import Address, Place

RATE = 0.01
"""Of new weights."""
LENGTH = 0.05
"""Of a normalised step."""
NOISE = 0.1
"""Standard deviation of noise; features have 1."""
_KEPT = {"momentum": 0.9, "decay": 0.999, "rate": 0.999}
_HIDDEN = 0.3  # standard deviation of new hidden weights
_SHARE = 0.01  # of the sum of weights, at validation
_BOUND = {"rmse": 1.0, "accuracy": 0.5}

NO_GRAFT: dict[str, str] = {
    "linear model": "it is a whole model; start from workbench.programs.linear()",
    "gradient step of the squared error": "it is a whole way to learn; start from one"
    " of the hand-designed programs",
    "gradient step of the logistic loss": "it is a whole way to learn; start from"
    " workbench.programs.logistic_regression()",
    "constant learning rate": "it is how a program steps that has no other rate; knock"
    " that out instead",
    "backpropagation": "it belongs to the network whose layers it trains; start from"
    " workbench.programs.two_layer_network()",
    "hard-coded targets": "they are the weights of certain tasks; only a search on"
    " these writes them",
}
"""Concepts that are no part of something else, and why."""


def _steps(reading: Reading) -> list[tuple[Place, int]]:
    """Return where steps join weights, and as which operand."""
    training = reading.training
    sites = {site for address in training.steps for site in training.sums(address)}
    if not sites:
        raise ValueError(
            "the program has no step to graft this to; accepted: one in which"
            " gradient steps are added to weights"
        )
    return sorted(sites)


def _new_features(reading: Reading, edit: Edit, features: int) -> None:
    """Let all instructions read other features."""
    for place, read in reading.values.reads.items():
        for k, value in enumerate(read):
            if isinstance(value, Features):
                edit.operand(place, k, features)


def _error(reading: Reading, edit: Edit) -> Address:
    """Compute label minus prediction at the beginning of Learn."""
    kind, prediction = reading.probe.prediction
    error = edit.new(kind)
    name = f"{kind.name}_DIFF_OP"
    edit.begin("learn", line(name, error, reading.probe.label[1], prediction))
    return kind, error


def _affine(reading: Reading, edit: Edit) -> None:
    kind, error = _error(reading, edit)
    number = reading.probe.prediction[1]
    offset, step = edit.new(kind), edit.new(kind)
    edit.end("predict", line(f"{kind.name}_SUM_OP", number, number, offset))
    rate = edit.filled(Kind.SCALAR, RATE)
    edit.end("learn", edit.scaled(rate, (kind, error), step))
    edit.end("learn", line(f"{kind.name}_SUM_OP", offset, offset, step))


def _bilinear(reading: Reading, edit: Edit) -> None:
    kind, error = _error(reading, edit)
    if kind is not Kind.SCALAR:
        raise ValueError(
            "a bilinear interaction has one prediction, the program's label is a"
            " vector; accepted: programs with scalar labels"
        )
    weights, side = edit.new(Kind.MATRIX), edit.new(Kind.VECTOR)
    part, scale, step = (edit.new(k) for k in (kind, kind, Kind.MATRIX))
    number = reading.probe.prediction[1]
    edit.end("predict", line("MATRIX_VECTOR_PRODUCT_OP", side, weights, 0))
    edit.end("predict", line("VECTOR_INNER_PRODUCT_OP", part, 0, side))
    edit.end("predict", line("SCALAR_SUM_OP", number, number, part))
    rate = edit.filled(Kind.SCALAR, RATE)
    edit.end("learn", line("SCALAR_PRODUCT_OP", scale, rate, error))
    edit.end("learn", line("VECTOR_OUTER_PRODUCT_OP", step, 0, 0))
    edit.end("learn", edit.scaled(scale, (Kind.MATRIX, step), step))
    edit.end("learn", line("MATRIX_SUM_OP", weights, weights, step))


# What features go through first.


def _noisy_input(reading: Reading, edit: Edit) -> None:
    noise, noisy = edit.new(Kind.VECTOR), edit.new(Kind.VECTOR)
    edit.begin("predict", line("VECTOR_GAUSSIAN_SET_OP", noise, 0.0, NOISE))
    edit.begin("predict", line("VECTOR_SUM_OP", noisy, 0, noise))
    _new_features(reading, edit, noisy)


def _scaled_features(reading: Reading, edit: Edit) -> None:
    size, inverse = edit.new(Kind.SCALAR), edit.new(Kind.SCALAR)
    unit = edit.new(Kind.VECTOR)
    edit.begin("predict", line("VECTOR_NORM_OP", size, 0))
    edit.begin("predict", line("SCALAR_RECIPROCAL_OP", inverse, size))
    edit.begin("predict", edit.scaled(inverse, (Kind.VECTOR, 0), unit))
    _new_features(reading, edit, unit)


def _rectified(reading: Reading, edit: Edit) -> None:
    unit = edit.new(Kind.VECTOR)
    zero = edit.zero(Kind.VECTOR)
    edit.begin("predict", line("VECTOR_MAX_OP", unit, 0, zero))
    _new_features(reading, edit, unit)


def _absolute(reading: Reading, edit: Edit) -> None:
    unit = edit.new(Kind.VECTOR)
    edit.begin("predict", line("VECTOR_ABS_OP", unit, 0))
    _new_features(reading, edit, unit)


def _layer(reading: Reading, edit: Edit) -> None:
    weights = edit.new(Kind.MATRIX)
    sums, unit = edit.new(Kind.VECTOR), edit.new(Kind.VECTOR)
    zero = edit.zero(Kind.VECTOR)
    edit.end("setup", line("MATRIX_GAUSSIAN_SET_OP", weights, 0.0, _HIDDEN))
    edit.begin("predict", line("MATRIX_VECTOR_PRODUCT_OP", sums, weights, 0))
    edit.begin("predict", line("VECTOR_MAX_OP", unit, sums, zero))
    _new_features(reading, edit, unit)


def _noisy_units(reading: Reading, edit: Edit) -> None:
    """Let the ReLU that is there compare with noise, or a new one on the features."""
    noise = edit.new(Kind.VECTOR)
    draw = line("VECTOR_GAUSSIAN_SET_OP", noise, 0.0, NOISE)
    edit.begin("predict", draw)
    cones, reader = reading.cones, reading.prediction
    for value in reader.rectified():
        sides = reading.values.operands(value)
        place = (value.function, value.index)
        if edit.at(place).op.name != "VECTOR_MAX_OP":
            continue
        for k, side in enumerate(sides):
            if not cones.features(side):
                edit.operand(place, k, noise)
                return
    unit = edit.new(Kind.VECTOR)
    edit.begin("predict", line("VECTOR_MAX_OP", unit, 0, noise))
    _new_features(reading, edit, unit)


# What steps go through before they join the weights.


def _through(
    reading: Reading, edit: Edit, change: Callable[[Place, Address], int | None]
) -> None:
    """Let another address join the weights in the place of each step."""
    for place, k in _steps(reading):
        number = change(place, edit.at(place).inputs[k])
        if number is not None:
            edit.operand(place, k, number)


def _scaled_steps(reading: Reading, edit: Edit, factor: int) -> None:
    def change(place: Place, step: Address) -> int:
        scaled = edit.new(step[0])
        edit.before(place, edit.scaled(factor, step, scaled))
        return scaled

    _through(reading, edit, change)


def _adaptive(reading: Reading, edit: Edit) -> None:
    size, inverse = edit.new(Kind.SCALAR), edit.new(Kind.SCALAR)
    edit.begin("learn", line("VECTOR_NORM_OP", size, 0))
    edit.begin("learn", line("SCALAR_RECIPROCAL_OP", inverse, size))
    _scaled_steps(reading, edit, inverse)


def _from_weights(reading: Reading, edit: Edit) -> None:
    learnt = [a for a in reading.training.steps if a[0] is Kind.MATRIX]
    if not learnt:
        raise ValueError(
            "the program learns no matrix of weights; accepted: one that does, such as"
            " workbench.programs.two_layer_network()"
        )
    held = np.abs(reading.conduct.held(learnt[0]).mean(axis=1))
    mean, factor = edit.new(Kind.SCALAR), edit.new(Kind.SCALAR)
    usual = edit.filled(Kind.SCALAR, 1.0 / float(np.median(held)))
    edit.begin("learn", line("MATRIX_MEAN_OP", mean, learnt[0][1]))
    edit.begin("learn", line("SCALAR_ABS_OP", mean, mean))
    edit.begin("learn", line("SCALAR_SIN_OP", mean, mean))
    edit.begin("learn", line("SCALAR_PRODUCT_OP", factor, usual, mean))
    _scaled_steps(reading, edit, factor)


def _decaying(reading: Reading, edit: Edit) -> None:
    fade(edit, _steps(reading), _KEPT["rate"])


def _unit_steps(reading: Reading, edit: Edit) -> None:
    length = edit.filled(Kind.SCALAR, LENGTH)

    def change(place: Place, step: Address) -> int | None:
        kind, number = step
        if kind is Kind.SCALAR:
            return None
        size, factor, unit = (edit.new(k) for k in (Kind.SCALAR, Kind.SCALAR, kind))
        edit.before(place, line(f"{kind.name}_NORM_OP", size, number))
        edit.before(place, line("SCALAR_DIVISION_OP", factor, length, size))
        edit.before(place, edit.scaled(factor, step, unit))
        return unit

    _through(reading, edit, change)


def _momentum(reading: Reading, edit: Edit) -> None:
    kept = edit.filled(Kind.SCALAR, _KEPT["momentum"])

    def change(place: Place, step: Address) -> int:
        kind, number = step
        running = edit.new(kind)
        edit.before(place, edit.scaled(kept, (kind, running), running))
        edit.before(place, line(f"{kind.name}_SUM_OP", running, running, number))
        return running

    _through(reading, edit, change)


def _decay(reading: Reading, edit: Edit) -> None:
    kept = edit.filled(Kind.SCALAR, _KEPT["decay"])
    for place, k in _steps(reading):
        weights = edit.at(place).inputs[1 - k]
        left = edit.new(weights[0])
        edit.before(place, edit.scaled(kept, weights, left))
        edit.operand(place, 1 - k, left)


def _clip(reading: Reading, edit: Edit) -> None:
    bound = _BOUND[reading.probe.metric]
    cones = reading.cones
    for place, read in reading.values.reads.items():
        value = Written(*place)
        first = place[0] == "learn" and any(isinstance(v, Label) for v in read)
        if not first or not cones.reads(value, Prediction):
            continue
        output = edit.at(place).output
        assert output is not None  # effective instructions write
        kind, error = output
        high, low = edit.filled(kind, bound), edit.filled(kind, -bound)
        edit.after(place, line(f"{kind.name}_MIN_OP", error, error, high))
        edit.after(place, line(f"{kind.name}_MAX_OP", error, error, low))
        return
    raise ValueError(
        "the program compares label and prediction nowhere; accepted: one whose Learn"
        " begins with their difference"
    )


def _average(reading: Reading, edit: Edit) -> None:
    weights = [a for a in reading.training.steps if a[0] is not Kind.SCALAR]
    if not weights:
        raise ValueError(
            "the program learns no vector or matrix; accepted: one that does"
        )
    share = edit.filled(Kind.SCALAR, _SHARE)
    for kind, number in weights:
        own, total = edit.new(kind), edit.new(kind)
        edit.end("setup", edit.copied((kind, number), own))
        edit.begin("learn", edit.copied((kind, own), number))
        edit.end("learn", edit.copied((kind, number), own))
        edit.end("learn", line(f"{kind.name}_SUM_OP", total, total, own))
        edit.end("predict", edit.scaled(share, (kind, total), number))


GRAFTS: dict[str, Callable[[Reading, Edit], None]] = {
    "affine model": _affine,
    "decaying learning rate": _decaying,
    "adaptive learning rate": _adaptive,
    "learning rate from the weights' mean": _from_weights,
    "two-layer network": _layer,
    "ReLU": _rectified,
    "other nonlinearity": _absolute,
    "noisy ReLU": _noisy_units,
    "noisy input": _noisy_input,
    "error clipping": _clip,
    "gradient normalisation": _unit_steps,
    "momentum": _momentum,
    "weight averaging": _average,
    "bilinear interaction": _bilinear,
    "weight decay": _decay,
    "feature normalisation": _scaled_features,
}
"""The ways by the concept's name."""
