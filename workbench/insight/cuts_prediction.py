"""Ways to take a concept out of Predict; `knock_out` keeps the one that proves right.

Each function yields edits, the gentlest first.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.edit import Edit
from workbench.insight.values import Label, Written
from workbench.programs import ConstantKind, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.insight.discover import Reading
    from workbench.insight.values import Value
    from workbench.programs import Instruction

_EITHER = ("MIN", "MAX")
_DRAWS = 64  # seeds over which the mean of a random gate is taken


def weights_to_ones(reading: Reading) -> Iterator[Edit]:
    """Let the features count as they are: ones for the weights."""
    reader = reading.prediction
    sites = [
        (value, k)
        for value in reversed(reader.path)
        for k, side in enumerate(reader.values.operands(value))
        if reader.weighs(value, None)
        and not reader.cones.features(side)
        and reader.weights(side)
    ] or _late_weights(reading)
    for chosen in ([site] for site in sites):
        yield _with_ones(reading, chosen)
    yield _with_ones(reading, sites)


def _late_weights(reading: Reading) -> list[tuple[Written, int]]:
    """Return what labels reach after more than one example, where features meet it."""
    reader, cones = reading.prediction, reading.cones
    return [
        (value, k)
        for value in reversed(reader.path)
        if reader.name(value) == "PRODUCT"
        for k, side in enumerate(reader.values.operands(value))
        if not cones.features(side)
        and any(isinstance(v, Label) for v in cones.over_all(side))
    ]


def _with_ones(reading: Reading, sites: list[tuple[Written, int]]) -> Edit:
    edit = Edit(reading.program)
    for value, k in sites:
        place = reading.prediction.place(value)
        kind = edit.at(place).inputs[k][0]
        edit.operand(place, k, edit.filled(kind, 1.0))
    return edit


def offset_to_zero(reading: Reading) -> Iterator[Edit]:
    """Add nothing to what depends on the features."""
    reader, cones = reading.prediction, reading.cones
    sites = [
        (value, k)
        for value in reversed(reader.path)
        if reader.name(value) in ("SUM", "DIFF")
        for k, side in enumerate(reader.values.operands(value))
        if not cones.features(side)
    ]
    for chosen in (*([site] for site in sites), sites):
        edit = Edit(reading.program)
        for value, k in chosen:
            place = reader.place(value)
            edit.operand(place, k, edit.zero(edit.at(place).inputs[k][0]))
        yield edit
    # A constant may stand in for one of the features.
    for value in reader.path:
        instruction = cones.instruction(value)
        if instruction is not None and instruction.op.is_partial_write:
            edit = Edit(reading.program)
            edit.remove(reader.place(value))
            yield edit


def layer_passes(reading: Reading) -> Iterator[Edit]:
    """Lead the features past the first weights; else past what bends them."""
    reader = reading.prediction
    units = [*reader.bends(), *reader.noisy_units()]
    for bend in units:
        for value in reader.path:
            inside = value in reader.cones.of(bend) and value != bend
            if inside and reader.weighs(value, None):
                edit = Edit(reading.program)
                if _pass_features(reading, edit, value):
                    yield edit
    yield from _straight(reading, units)


def rectifier_passes(reading: Reading) -> Iterator[Edit]:
    """Let negative values pass too, and let Learn know."""
    reader = reading.prediction
    inner = {
        v for r in reader.rectified() for v in reader.cones.of(r) if v in reader.bends()
    }
    yield from _straight(reading, sorted(inner, key=lambda v: v.index))


def bend_passes(reading: Reading) -> Iterator[Edit]:
    """Let a bending operation pass on what it reads."""
    reader = reading.prediction
    covered = {v for r in reader.rectified() for v in reader.cones.of(r)}
    yield from _straight(reading, [v for v in reader.bends() if v not in covered])


def _straight(reading: Reading, bends: list[Written]) -> Iterator[Edit]:
    """Straighten bends, with the slopes that Learn takes of them; else without."""
    for slopes, steps in product((True, False), ("ones", "pass")):
        edit = Edit(reading.program)
        bent: set[Value] = set()
        for bend in bends:
            operands = reading.values.operands(bend)
            bent |= {o for o in operands if reading.cones.features(o)}
            is_step = reading.prediction.name(bend) == "HEAVYSIDE"
            if is_step and steps == "ones":
                edit.constant(reading.prediction.place(bend), 1.0)
            else:
                _pass_features(reading, edit, bend)
        if slopes:
            for place, read in reading.values.reads.items():
                value = Written(*place)
                is_step = reading.prediction.name(value) == "HEAVYSIDE"
                if place[0] == "learn" and is_step and bent & set(read):
                    edit.constant(place, 1.0)
        yield edit


def _pass_features(reading: Reading, edit: Edit, value: Written) -> bool:
    """Let an instruction pass on the operand that depends on the features."""
    for k, side in enumerate(reading.values.operands(value)):
        if reading.cones.features(side):
            return edit.passing(reading.prediction.place(value), k)
    return False


def unit_noise_to_mean(reading: Reading) -> Iterator[Edit]:
    """Put the mean in the place of the draws that decide, or of the gates they open."""
    reader = reading.prediction
    units = reader.noisy_units()
    draws = {d for v in units for d in reader.cones.draws(v)}
    gates = {
        g
        for unit in units
        if reader.name(unit) not in _EITHER
        for g in reader.cones.of(unit)
        if reader.name(g) == "HEAVYSIDE"
        and reader.cones.draws(g)
        and not reader.cones.features(g)
    }
    if gates:
        edit = Edit(reading.program)
        for gate in gates:
            if isinstance(gate, Written):
                edit.constant(reader.place(gate), _mean_with_noise(reading, gate))
        yield edit
    yield _without_noise(reading, draws)


def input_noise_to_mean(reading: Reading) -> Iterator[Edit]:
    """Put the mean in the place of the draws that join the features."""
    evidence = reading.prediction.noisy_input()
    if evidence is None:
        return
    draws = {
        Written(*place)
        for place in evidence.places
        if reading.values.instructions[place].op.is_random
    }
    yield _without_noise(reading, draws)
    yield _without_noise(
        reading, {d for v in reading.prediction.path for d in reading.cones.draws(v)}
    )


def _without_noise(reading: Reading, draws: set[Written]) -> Edit:
    edit = Edit(reading.program)
    for draw in draws:
        place = (draw.function, draw.index)
        edit.constant(place, mean_of(edit.at(place)))
    return edit


def mean_of(draw: Instruction) -> float:
    """Return the mean of what a random instruction draws."""
    constants = dict(zip(draw.op.constants, draw.constants, strict=True))
    if ConstantKind.MEAN in constants:
        return constants[ConstantKind.MEAN]
    return (constants[ConstantKind.LOW] + constants[ConstantKind.HIGH]) / 2


def _mean_with_noise(reading: Reading, value: Written) -> float:
    place = reading.prediction.place(value)
    held = [reading.conduct.node(place, reading.probe.x, seed=s) for s in range(_DRAWS)]
    return float(np.mean(held))


def one_side_of_ones(reading: Reading) -> Iterator[Edit]:
    """Put ones in the place of one of two sides that are multiplied.

    Learn, which takes the product of the same two, may need the same ones.
    """
    reader = reading.prediction
    evidence = reader.bilinear()
    for place in evidence.places if evidence else ():
        for k in (1, 0):
            for slope in (*_slopes(reading), None):
                edit = Edit(reading.program)
                edit.operand(place, k, edit.filled(edit.at(place).inputs[k][0], 1.0))
                if slope:
                    other, side = slope
                    kind = edit.at(other).inputs[side][0]
                    edit.operand(other, side, edit.filled(kind, 1.0))
                yield edit


def _slopes(reading: Reading) -> list[tuple[tuple[str, int], int]]:
    """Return the sides of products in Learn of two values of the features."""
    cones = reading.cones
    return [
        (place, k)
        for place, read in reading.values.reads.items()
        if place[0] == "learn"
        and len(read) == 2
        and reading.prediction.name(Written(*place)) == "PRODUCT"
        and all(cones.features(v) and not cones.error(v) for v in read)
        for k in (0, 1)
    ]


def statistics_to_medians(reading: Reading) -> Iterator[Edit]:
    """Put its median in the place of what the features are scaled or centred by."""
    reader = reading.prediction
    evidence = reader.normalised()
    for place in evidence.places if evidence else ():
        if reader.name(Written(*place)) in ("NORM", "MEAN", "DEV"):
            edit = Edit(reading.program)
            edit.constant(place, reading.typical(place))
            yield edit
    for place in evidence.places if evidence else ():
        if edit_output(reading, place) is Kind.SCALAR:
            edit = Edit(reading.program)
            edit.constant(place, reading.typical(place))
            yield edit


def edit_output(reading: Reading, place: tuple[str, int]) -> Kind | None:
    """Return the kind that the instruction of a place writes."""
    return reading.values.instructions[place].op.output


def targets_erased(reading: Reading) -> Iterator[Edit]:
    """Take out of Setup what writes single elements; else all vectors and matrices."""
    setup = [p for p in reading.values.instructions if p[0] == "setup"]
    own = reading.values.instructions
    for erased in (
        [p for p in setup if own[p].op.is_partial_write],
        [p for p in setup if own[p].op.output is not Kind.SCALAR],
        setup,
    ):
        edit = Edit(reading.program)
        for place in erased:
            edit.remove(place)
        yield edit


PREDICTION_CUTS: dict[str, Callable[[Reading], Iterator[Edit]]] = {
    "linear model": weights_to_ones,
    "affine model": offset_to_zero,
    "two-layer network": layer_passes,
    "ReLU": rectifier_passes,
    "other nonlinearity": bend_passes,
    "noisy ReLU": unit_noise_to_mean,
    "noisy input": input_noise_to_mean,
    "bilinear interaction": one_side_of_ones,
    "feature normalisation": statistics_to_medians,
    "hard-coded targets": targets_erased,
}
"""The ways by the concept's name."""
