"""Concepts in what training does to the state."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from workbench.insight.answers import middle
from workbench.insight.carrying import ALIGNED, KEPT, named
from workbench.insight.prediction import Evidence
from workbench.insight.rates import FLAT, RateReader, is_flat, share_of
from workbench.insight.values import Address, Entry
from workbench.programs import Kind

_FADES = 1e-6  # shares that are lost for certain
BOUNDS = ("MIN", "MAX", "ARCTAN", "SIN", "COS", "HEAVYSIDE", "ABS", "DIVISION")
LENGTHS = ("NORM", "DIVISION", "RECIPROCAL", "ST_DEV", "DEV")


def find_in_training(reader: TrainingReader) -> dict[str, Evidence]:
    """Return the concepts that Learn shows, by name."""
    found = {
        f"gradient step of the {reader.loss}": reader.gradient(),
        "constant learning rate": reader.constant_rate(),
        "decaying learning rate": reader.decaying_rate(),
        "adaptive learning rate": reader.adaptive_rate(),
        "learning rate from the weights' mean": reader.rate_from_weights(),
        "backpropagation": reader.backpropagation(),
        "error clipping": reader.clipping(),
        "gradient normalisation": reader.normalisation(),
        "momentum": reader.momentum(),
        "weight averaging": reader.averaging(),
        "weight decay": reader.decay(),
    }
    return {name: evidence for name, evidence in found.items() if evidence}


class TrainingReader(RateReader):
    """Reads what training does to the state."""

    def gradient(self) -> Evidence | None:
        """Look for a gradient step."""
        if not self.steps:
            return None
        shares = [float(np.mean(u.alignment > ALIGNED)) for u in self.steps.values()]
        cosine = np.median(np.concatenate([u.alignment for u in self.steps.values()]))
        names = ", ".join(named(a) for a in self.steps)
        return Evidence(
            self.made_by(list(self.steps)),
            max(shares),
            f"{names} moves along the gradient: cosine {cosine:.3f}",
        )

    def backpropagation(self) -> Evidence | None:
        """Look for backpropagation."""
        hidden = self.prediction.hidden() & set(self.steps)
        if not hidden:
            return None
        cosine = np.median(np.concatenate([self.steps[a].alignment for a in hidden]))
        names = ", ".join(sorted(map(named, hidden)))
        return Evidence(
            self.made_by(sorted(hidden, key=named)),
            float(
                np.mean([np.mean(self.steps[a].alignment > ALIGNED) for a in hidden])
            ),
            f"{names}, below the hidden units, moves along the gradient:"
            f" cosine {cosine:.3f}",
        )

    # The error's way.

    def clipping(self) -> Evidence | None:
        """Look for clipped errors."""
        for address, update in self.steps.items():
            small, large = update.growth_small, update.growth_large
            # Weights that are scaled to a length are bounded too: not so their steps.
            steps = [
                middle(self.conduct.step_growth(place, k))
                for place, k in self.sums(address)
                if place[0] == "learn"
            ]
            if steps and not min(steps) < 0.3:
                continue
            if middle(small) > 0.7 and middle(large) < 0.3:
                cone = self.cones.of(self.entries[address].learn)
                places = self.cones.places(
                    {v for v in cone if self.operation(v) in BOUNDS}, ("learn",)
                )
                return Evidence(
                    places or self.made_by([address]),
                    share_of((small > 0.7) & (large < 0.3), small),
                    f"the step of {named(address)} grows with small errors"
                    f" (power {middle(small):.1f}), not with large ones"
                    f" ({middle(large):.1f})",
                )
        return None

    def normalisation(self) -> Evidence | None:
        """Look for a normalised gradient."""
        for address, update in self.steps.items():
            powers = (update.growth, update.growth_small, update.growth_features)
            if all(map(is_flat, powers)):
                cone = self.cones.of(self.entries[address].learn)
                places = self.cones.places(
                    {
                        v
                        for v in cone
                        if self.operation(v) in LENGTHS and self.cones.error(v)
                    },
                    ("learn",),
                )
                if not places:
                    continue
                flat = np.all([np.abs(power) < FLAT for power in powers], axis=0)
                return Evidence(
                    places,
                    share_of(flat, update.growth),
                    f"the step of {named(address)} has the same length for any error"
                    " and any scale of the features",
                )
        return None

    def momentum(self) -> Evidence | None:
        """Look for momentum."""
        for source, (target, kept) in self.running.items():
            return Evidence(
                self.made_by([source, target]),
                self.conduct.carried_share(source, source),
                f"{named(source)} keeps {kept:.3g} of itself, collects the error's"
                f" answer and moves {named(target)}",
            )
        for before, (weights, kept) in self.remembered.items():
            return Evidence(
                self.made_by([weights]),
                self.conduct.carried_share(weights, weights),
                f"{named(before)} remembers {named(weights)}, of whose last change"
                f" {kept:.3g} goes on",
            )
        return None

    def averaging(self) -> Evidence | None:
        """Look for averaged weights."""
        for source, target in self.pairs:
            if not self.learns(source) or source[0] is Kind.SCALAR:
                continue
            if self.acts_back(target, source):
                continue  # as weights do on their momentum
            taken = self.conduct.carried(source, target)
            kept = self.conduct.carried(target, target)
            own = self.conduct.carried(source, source)
            if not (abs(taken) > 1e-5 and 0.3 < kept < 1.0001 and own > 0.3):
                continue
            if not self.conduct.straight(source, target):
                continue
            cone = self.cones.of(self.entries[target].learn)
            places = self.cones.places(
                {v for v in cone if Entry(target) in self.cones.of(v)}, ("learn",)
            )
            self.averages.add(target)
            how = (
                "sums" if kept > 0.9999 else f"keeps {kept:.3g} of itself and averages"
            )
            share = self.conduct.carried_share(source, target)
            return Evidence(places, share, f"{named(target)} {how} {named(source)}")
        return None

    def decay(self) -> Evidence | None:
        """Look for weight decay."""
        for address in self.weights():
            found = self._loss(address)
            if found is None:
                continue
            lost, share = found
            cone = self.cones.of(self.entries[address].learn)
            places = self.cones.places(
                {
                    v
                    for v in cone
                    if Entry(address) in self.cones.of(v)
                    and not self.cones.error(v)
                    and not self.cones.features(v)
                },
                ("learn", "predict"),
            )
            return Evidence(
                places or self.made_by([address]),
                share,
                f"{named(address)} loses {lost:.2%} of itself at each example",
            )
        return None

    def _loss(self, address: Address) -> tuple[float, float] | None:
        """Return what share of itself an entry loses, and in what share of memories."""
        held, drift = self.conduct.drift(address, labels=address in self._otherwise)
        for source in self.running:
            if source[0] is address[0] and self.running[source][0] == address:
                part = self.conduct.carried(source, address)
                drift = drift - part * self.conduct.held(source)
        with np.errstate(all="ignore"):
            sizes = np.linalg.norm(held, axis=1) * np.linalg.norm(drift, axis=1)
            turned = np.sum(held * drift, axis=1) / sizes
            lost = np.linalg.norm(drift, axis=1) / np.linalg.norm(held, axis=1)
        good = np.isfinite(turned) & (lost > _FADES)
        if np.mean(good) < 0.5:
            return None
        towards = turned < -0.95
        # The same amount may be taken from each weight, and not the same share.
        signs = np.sign(held) * np.sign(drift)
        even = np.ptp(np.abs(drift), axis=1) <= 1e-6 * np.max(np.abs(drift), axis=1)
        towards |= even & np.all(signs <= 0, axis=1)
        if np.median(towards[good]) < 1:
            return None
        found = float(np.median(lost[good]))
        share = float(np.mean(good & towards))
        return (found, share) if found < 0.5 else None

    @cached_property
    def _otherwise(self) -> list[Address]:
        """Return weights that learn, but not by the gradient: of whatever they read."""
        predicts = self.cones.parameters(self.cones.values.prediction)
        return [
            a
            for a in self.entries
            if a in predicts & self.conduct.learnt
            and a not in self.steps
            and self.conduct.carried(a, a) > KEPT
        ]

    def weights(self) -> list[Address]:
        """Return entries that learn and predict, and are not running sums of steps."""
        apart = set(self.running) | self.averages
        own = [a for a in self.steps if a not in apart]
        own += [a for a in self._otherwise if a not in {*own, *apart}]
        copied = [s for s, t in self.pairs if t in own and t in self.copies(s)]
        # What is made anew from another at each example keeps nothing of itself.
        made = {t for s, t in self.pairs if t in self.copies(s)}
        return [a for a in dict.fromkeys([*own, *copied]) if a not in made | apart]
