"""Products of two values that are both made from the features."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.values import Features, Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight.prediction import PredictionReader
    from workbench.insight.values import Value

_SCALES = (0.1, 0.3, 1.0, 3.0)
_FALLS = 0.95
_EVEN = 1e-6  # shares above which a function has an even part
_ODD = 0.999
_ACROSS = (  # what makes one element of several, or moves it elsewhere
    "INNER_PRODUCT",
    "OUTER_PRODUCT",
    "MATRIX_VECTOR_PRODUCT",
    "MATRIX_MATRIX_PRODUCT",
    "COLUMN_BROADCAST",
    "ROW_BROADCAST",
    "TRANSPOSE",
    "NORM",
    "MEAN",
    "ST_DEV",
)
_MIXES = ("OUTER_PRODUCT", "MATRIX_VECTOR_PRODUCT", "MATRIX_MATRIX_PRODUCT")


def multiplied(reader: PredictionReader) -> list[Written]:
    """Return the products by which features are multiplied with each other.

    Those of two values that each say something of their own, and those of two odd
    functions of the features, also of a value with itself, if that is what makes the
    prediction even.
    """
    even = _parity(reader, reader.conduct.prediction, 1.0) > _EVEN
    return [
        value
        for value in reader.path
        if _interacts(reader, value) or (even and _turn_alike(reader, value))
    ]


def proportional(reader: PredictionReader, value: Written) -> bool:
    """Tell whether one of two operands is a multiple of the other."""
    place = reader.place(value)
    a, b = (reader.conduct.operand(place, k, reader.x) for k in (0, 1))
    if a.shape != b.shape:
        return False
    a, b = a.ravel(), b.ravel()
    good = np.isfinite(a) & np.isfinite(b)
    a, b = a[good], b[good]
    sizes = np.linalg.norm(a) * np.linalg.norm(b)
    return bool(sizes > 0 and abs(a @ b) > (1 - 1e-9) * sizes)


def _turn_alike(reader: PredictionReader, value: Written) -> bool:
    """Tell whether it multiplies two odd functions of the features."""
    sides = reader.values.operands(value)
    if reader.name(value) != "PRODUCT" or len(sides) != 2:
        return False
    if not all(map(reader.cones.features, sides)):
        return False
    if _of_one(reader, value) and not proportional(reader, value):
        return False
    operand, place = reader.conduct.operand, reader.place(value)
    return all(_parity(reader, partial(operand, place, k), -1.0) > _ODD for k in (0, 1))


def _parity(
    reader: PredictionReader,
    function: Callable[[np.ndarray], np.ndarray],
    sign: float,
) -> float:
    """Return how much of a function of the features is even (1) or odd (-1)."""
    rest = np.nan_to_num(function(np.zeros_like(reader.x)))
    here, there = function(reader.x) - rest, function(-reader.x) - rest
    parts = np.linalg.norm(here + sign * there), np.linalg.norm(here - sign * there)
    total = float(np.hypot(*parts))
    return float(parts[0]) / total if total > 1e-12 else 0.0


def _interacts(reader: PredictionReader, value: Written) -> bool:
    """Tell whether a product joins what two values of the features say.

    Neither falls as the features grow (as one over their length does), and the two are
    not of one value (as z and its step are). A switch that other values open counts. By
    a value that is a reciprocal one may divide.
    """
    sides = reader.values.operands(value)
    kind = reader.name(value)
    if kind not in ("PRODUCT", "DIVISION") or len(sides) != 2:
        return False
    if not all(map(reader.cones.features, sides)) or _of_one(reader, value):
        return False
    return all(
        _has_a_say(reader, value, k, inverse=kind == "DIVISION" and k == 1)
        for k in (0, 1)
    )


def _of_one(reader: PredictionReader, value: Written) -> bool:
    """Tell whether the sides of a product are made by element of the same value.

    As z and 1 / (1 + |z|) are, whose product is a bend of z.
    """
    instruction = reader.cones.instruction(value)
    if instruction is None or any(m in instruction.op.name for m in _MIXES):
        return False
    sides = reader.values.operands(value)
    return any(
        all(_made_of(reader, side, one) for side in sides)
        for one in reader.cones.of(sides[0])
        if reader.cones.features(one)
    )


def _has_a_say(
    reader: PredictionReader, value: Written, number: int, *, inverse: bool
) -> bool:
    """Tell whether an operand varies, and not so that it falls as features grow."""
    place = reader.place(value)
    sizes = []
    for scale in _SCALES:
        held = reader.conduct.operand(place, number, scale * reader.x)
        held = 1.0 / held if inverse else held
        if scale == 1.0 and not np.ptp(held[np.isfinite(held)]) > 0:
            return False
        sizes.append(np.linalg.norm(held.reshape(len(held), -1), axis=1))
    for few, many in ((sizes[0], sizes[1]), (sizes[2], sizes[3])):
        ratio = many / few
        ratio = ratio[np.isfinite(ratio)]
        if ratio.size and np.median(ratio) >= _FALLS:
            return True
    return False


def _made_of(reader: PredictionReader, value: Value, source: Value) -> bool:
    """Tell whether the features come to a value through another, by element alone."""
    if _alike(reader, value, source) or not reader.cones.features(value):
        return True
    instruction = reader.cones.instruction(value)
    if isinstance(value, Features) or instruction is None:
        return False
    if any(across in instruction.op.name for across in _ACROSS):
        return False
    return all(_made_of(reader, side, source) for side in reader.values.operands(value))


def _alike(reader: PredictionReader, one: Value, other: Value) -> bool:
    """Tell whether two values are the same, or the same operations on the same."""
    if one == other:
        return True
    first, second = map(reader.cones.instruction, (one, other))
    if first is None or second is None or first.op != second.op or first.op.is_random:
        return False
    return first.constants == second.constants and all(
        _alike(reader, a, b)
        for a, b in zip(*map(reader.values.operands, (one, other)), strict=True)
    )
