"""Concepts in the way from the features to the prediction."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.insight.products import multiplied, proportional
from workbench.insight.shapes import is_rectified, is_two_valued, residue
from workbench.insight.values import Entry, Value, Written
from workbench.programs import Kind

if TYPE_CHECKING:
    from workbench.insight.conduct import Conduct
    from workbench.insight.cones import Cones
    from workbench.insight.values import Place

BENT = (
    "ABS",
    "SIN",
    "COS",
    "TAN",
    "ARCSIN",
    "ARCCOS",
    "ARCTAN",
    "EXP",
    "LOG",
    "HEAVYSIDE",
)
_MOST = 0.9  # of the memories must agree
_EITHER = ("MIN", "MAX")
_BY_ELEMENT = ("SCALAR_PRODUCT_OP", "VECTOR_PRODUCT_OP", "MATRIX_PRODUCT_OP")
_TIMES = ("PRODUCT",)  # of any kind: inner, outer, of a matrix, by element


class Evidence(NamedTuple):
    """What a detector found."""

    places: tuple[Place, ...]
    share: float  #: of the sound memories in which it holds; 1 if the dataflow decides
    why: str


def word(name: str) -> str:
    """Return what an operation does without the kinds it does it on."""
    return name.removesuffix("_OP").rsplit("_", 1)[-1]


def find_in_prediction(reader: PredictionReader) -> dict[str, Evidence]:
    """Return the concepts that Predict shows, by name."""
    found = {
        "linear model": reader.linear(),
        "affine model": reader.affine(),
        "two-layer network": reader.two_layers(),
        "ReLU": reader.rectifier(),
        "other nonlinearity": reader.other(),
        "noisy ReLU": reader.noisy_unit(),
        "noisy input": reader.noisy_input(),
        "bilinear interaction": reader.bilinear(),
        "feature normalisation": reader.normalised(),
    }
    return {name: evidence for name, evidence in found.items() if evidence}


class PredictionReader:
    """Reads what lies on the way from the features to the prediction."""

    def __init__(self, conduct: Conduct, cones: Cones) -> None:
        self.conduct = conduct
        self.cones = cones
        self.values = cones.values
        self.x = conduct.probe.x
        self.target = self.values.prediction
        self.cone = cones.of(self.target)
        self.path = [
            v
            for v in cones.in_order(self.cone)
            if v.function == "predict" and cones.features(v)
        ]
        self.learnt = conduct.learnt

    def name(self, value: Value) -> str:
        """Return what an instruction does, in a word; nothing for other values."""
        instruction = self.cones.instruction(value)
        return "" if instruction is None else word(instruction.op.name)

    def place(self, value: Written) -> Place:
        """Return where a value is written."""
        return value.function, value.index

    def node(self, value: Written, scale: float = 1.0) -> np.ndarray:
        """Return what is written there, with the features scaled."""
        return self.conduct.node(self.place(value), scale * self.x)

    def weights(self, value: Value) -> bool:
        """Tell whether a value rests on something learnt or drawn in Setup."""
        begun = {
            origin
            for a in self.cones.parameters(value)
            if a[0] is not Kind.SCALAR
            for origin in self.cones.of(self.values.entries[a].setup)
        }
        for part in self.cones.of(value) | begun:
            if isinstance(part, Entry) and part.address in self.learnt | self._feeding:
                return True
            instruction = self.cones.instruction(part)
            if (
                isinstance(part, Written)
                and part.function == "setup"
                and instruction is not None
                and (instruction.op.is_random or instruction.op.is_partial_write)
            ):
                return True
        return False

    @property
    def _feeding(self) -> set:
        """Entries that are copies of what is learnt."""
        return {
            a
            for a, origins in self.values.entries.items()
            if self.cones.error(origins.learn)
        }

    # Models.

    @cached_property
    def learns(self) -> bool:
        """Whether the prediction depends on something learnt, or made of it."""
        slope = self.conduct.probe.slope
        return any(
            isinstance(v, Entry)
            and any(
                isinstance(w, Entry) and w.address in self.learnt
                for w in self.cones.over_all(v)
            )
            and bool(np.any(slope(v.address)))
            for v in self.cone
        )

    def _sums_features(self) -> bool:
        conduct = self.conduct
        return conduct.uses_features and conduct.affine >= _MOST and self.learns

    def linear(self) -> Evidence | None:
        """Look for a linear model."""
        conduct = self.conduct
        if not self._sums_features() or conduct.shifts:
            return None
        places = self.cones.places(self.path)
        return Evidence(places, conduct.affine, "f(a) + f(b) = f(a + b)")

    def affine(self) -> Evidence | None:
        """Look for an affine model."""
        conduct = self.conduct
        if not self._sums_features() or not conduct.shifts:
            return None
        places = self.cones.places(self.cone, ("predict",))
        size = float(np.median(np.abs(conduct.offset)))
        why = f"affine in the features, offset about {size:.2g}"
        return Evidence(places, conduct.affine, why)

    # Bends.

    def _active(self, value: Written) -> bool:
        """Tell whether an operation bends its operand where it is used."""
        instruction = self.cones.instruction(value)
        assert instruction is not None
        place = self.place(value)
        out = self.node(value)
        operands = [
            self.conduct.operand(place, k, self.x)
            for k, operand in enumerate(self.values.reads[place])
            if k < len(instruction.inputs)
        ]
        if word(instruction.op.name) in _EITHER:
            first = np.mean(np.isclose(out, operands[0], rtol=1e-12, atol=0))
            return bool(0.02 < first < 0.98)
        return residue(operands[0].ravel(), out.ravel()) > 0.02

    def bends(self) -> list[Written]:
        """Return the operations that bend a value of the features."""
        return [
            v
            for v in self.path
            if (
                (
                    self.name(v) in (*BENT, *_EITHER)
                    and any(self.cones.features(o) for o in self.values.operands(v))
                )
                or self._squares(v)
            )
            and self._active(v)
        ]

    def _squares(self, value: Written) -> bool:
        """Tell whether it multiplies, by element, a value by itself or a multiple."""
        instruction = self.cones.instruction(value)
        if instruction is None or instruction.op.name not in _BY_ELEMENT:
            return False
        features = map(self.cones.features, self.values.operands(value))
        return all(features) and proportional(self, value)

    def random_gate(self, value: Written) -> bool:
        """Tell whether a draw decides, alone or through what is made of it."""
        reads = self.values.operands(value)
        return self.name(value) in _EITHER and any(
            self.cones.draws(o) and not self.cones.features(o) for o in reads
        )

    def rectified(self) -> list[Written]:
        """Return values that are another where it is positive, and zero elsewhere."""
        bends = set(self.bends())
        found = []
        for value in self.path:
            inner = [v for v in self.cones.of(value) if v in bends]
            if not inner or any(self.gates_by_draw(v) for v in inner):
                continue
            out = self.node(value).ravel()
            for operand in self.path:
                if operand is value or operand not in self.cones.of(value):
                    continue
                held = self.node(operand).ravel()
                if held.shape == out.shape and is_rectified(held, out):
                    found.append(value)
                    break
            else:
                direct = self._features_rectified(out)
                if direct:
                    found.append(value)
        return found

    def _features_rectified(self, out: np.ndarray) -> bool:
        held = self.x.ravel()
        return held.shape == out.shape and is_rectified(held, out)

    def rectifier(self) -> Evidence | None:
        """Look for a ReLU."""
        found = self.rectified()
        if not found:
            return None
        first = found[0]
        inner = [v for v in self.cones.of(first) if v in set(self.bends())]
        places = self.cones.places({first, *inner})
        return Evidence(places, 1.0, "zero where its operand is negative, else equal")

    def other(self) -> Evidence | None:
        """Look for another nonlinearity."""
        rectified = self.rectified()
        covered = {v for r in rectified for v in self.cones.of(r)}
        found = [
            v for v in self.bends() if v not in covered and not self.random_gate(v)
        ]
        found = [v for v in found if not self.gates_by_draw(v)]
        if not found:
            return None
        names = sorted({self.name(v).lower() for v in found})
        places = self.cones.places(found)
        return Evidence(
            places, 1.0, f"{', '.join(names)} bends a value of the features"
        )

    def gates_by_draw(self, value: Written) -> bool:
        """Tell whether one of its operands is drawn, and none of the features."""
        return any(
            self.cones.draws(o) and not self.cones.features(o)
            for o in self.values.operands(value)
        )

    def two_layers(self) -> Evidence | None:
        """Look for a two-layer network."""
        for bend in [*self.bends(), *self.noisy_units()]:
            inside = [v for v in self.path if v in self.cones.of(bend) and v != bend]
            outside = [v for v in self.path if bend in self.cones.of(v) and v != bend]
            first = next((v for v in inside if self.weighs(v, None)), None)
            second = next((v for v in outside if self.weighs(v, bend)), None)
            if first and second:
                places = self.cones.places({first, bend, second})
                return Evidence(places, 1.0, "weights, a bend, and weights again")
        return None

    def hidden(self) -> set:
        """Return the learnt entries below a bend of a two-layer network."""
        found = set()
        for bend in [*self.bends(), *self.noisy_units()]:
            outside = [v for v in self.path if bend in self.cones.of(v) and v != bend]
            if not any(self.weighs(v, bend) for v in outside):
                continue
            inside = [v for v in self.path if v in self.cones.of(bend) and v != bend]
            for value in inside:
                if self.weighs(value, None):
                    found |= self.cones.parameters(value)
        return found

    def weighs(self, value: Written, bend: Written | None) -> bool:
        """Tell whether it multiplies the features' side by weights of its own."""
        if self.name(value) not in _TIMES:
            return False
        sides = self.values.operands(value)
        if len(sides) != 2:
            return False

        def carries(side: Value) -> bool:
            if bend is not None:
                return bend in self.cones.of(side)
            return self.cones.features(side)

        return any(
            carries(a) and not self.cones.features(b) and self.weights(b)
            for a, b in (sides, sides[::-1])
        )

    # Noise.

    def noisy_units(self) -> list[Written]:
        """Return the operations by which a draw switches or cuts off."""
        found = []
        for value in self.path:
            sides = self.values.operands(value)
            kind = self.name(value)
            if len(sides) != 2 or kind not in (*_EITHER, *_TIMES):
                continue
            for noise, other in (sides, sides[::-1]):
                if not self.cones.features(other) or not self.cones.draws(noise):
                    continue
                if kind in _EITHER:
                    gate = not self.cones.features(noise)
                else:
                    gate = self._opened_by_draw(noise, other)
                if gate and self._stirred(noise):
                    found.append(value)
        return found

    def _opened_by_draw(self, gate: Value, passing: Value) -> bool:
        """Tell whether a draw opens a gate of which what passes knows nothing."""
        own = self.cones.draws(passing)
        return any(
            self.name(v) == "HEAVYSIDE" and self.cones.draws(v) - own
            for v in self.cones.of(gate)
        )

    def _stirred(self, noise: Value) -> bool:
        """Tell whether the draws in a value change the prediction."""
        return any(
            self.conduct.stirs(self.place(draw)) for draw in self.cones.draws(noise)
        )

    def noisy_unit(self) -> Evidence | None:
        """Look for units that a draw switches or cuts off."""
        found = self.noisy_units()
        if not found:
            return None
        draws = {d for v in found for d in self.cones.draws(v)}
        places = self.cones.places({*found, *draws})
        return Evidence(places, 1.0, "a random draw decides what passes")

    def noisy_input(self) -> Evidence | None:
        """Look for noise on the features."""
        for value in self.path:
            sides = self.values.operands(value)
            if self.name(value) not in ("SUM", "DIFF", "PRODUCT") or len(sides) != 2:
                continue
            for noise, other in (sides, sides[::-1]):
                if (
                    self.cones.draws(noise)
                    and not self.cones.features(noise)
                    and self.cones.features(other)
                    and not self.weights(other)
                    and not self.weights(noise)
                    and value not in self.noisy_units()
                    and self._stirred(noise)
                ):
                    places = self.cones.places({value, *self.cones.draws(noise)})
                    return Evidence(places, 1.0, "a draw joins the features unweighted")
        return None

    # Shape.

    def bilinear(self) -> Evidence | None:
        """Look for features multiplied with each other."""
        if not self.conduct.uses_features or self.conduct.affine >= _MOST:
            return None
        found = multiplied(self)
        if not found:
            return None
        return Evidence(
            self.cones.places(found),
            1.0,
            "two values that are made from the features are multiplied",
        )

    def normalised(self) -> Evidence | None:
        """Look for features scaled or centred by themselves."""
        for value in self.path:
            if self.name(value) == "HEAVYSIDE":
                continue
            scales = self._scales(value)
            if self.weights(value) and not scales:
                continue
            here, more = self.node(value), self.node(value, 3.0)
            if (
                (here.ndim != 2 and not scales)
                or np.ptp(here) < 1e-6
                or is_two_valued(here)
            ):
                continue
            moved = self.conduct.node(self.place(value), self.x + 0.7)
            scaled = np.allclose(here, more, rtol=1e-6, atol=1e-9)
            centred = np.allclose(here, moved, rtol=1e-6, atol=1e-9)
            if scaled or centred:
                how = "scale" if scaled else "mean"
                inner = [v for v in self.path if v in self.cones.of(value)]
                return Evidence(
                    self.cones.places(inner),
                    1.0,
                    f"does not follow the features' {how}",
                )
        return None

    def _scales(self, value: Written) -> bool:
        """Tell whether weighted features are scaled by something made of features."""
        sides = self.values.operands(value)
        if self.name(value) not in ("PRODUCT", "DIVISION") or len(sides) != 2:
            return False
        if not all(map(self.cones.features, sides)):
            return False
        first, second = map(self.weights, sides)
        return second < first or (first < second and self.name(value) == "PRODUCT")
