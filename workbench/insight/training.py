"""Concepts in what training does to the state."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.conduct import middle
from workbench.insight.prediction import Evidence, word
from workbench.insight.probe import get, put
from workbench.insight.values import Address, Entry, Prediction, Value, Written
from workbench.programs import Kind

if TYPE_CHECKING:
    from workbench.insight.conduct import Conduct, Update
    from workbench.insight.cones import Cones
    from workbench.insight.prediction import PredictionReader
    from workbench.insight.values import Place

_ALIGNED = 0.9
_FADES = 1e-6  # shares that are lost for certain
_FLAT = 0.15  # powers below it are none
_KEPT = 0.3  # what an entry must keep of itself at an example to be moved, not made
_TAKEN = 1e-3  # parts of another entry that count
_BY_LABEL = 0.5  # answers to the label alone above which a step knows no error
_ALIKE = 2e-3  # rates that differ by less are taken for the same
_MOSTLY = 0.8  # of the memories
_STAYS = 1e-5  # the same of one task
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


class TrainingReader:
    """Reads what training does to the state."""

    def __init__(self, prediction: PredictionReader) -> None:
        self.prediction = prediction
        self.conduct: Conduct = prediction.conduct
        self.cones: Cones = prediction.cones
        self.entries = self.cones.values.entries
        self.updates = self.conduct.updates
        self.averages: set[Address] = set()  #: known once `averaging` has looked
        self.steps = {
            a: u for a, u in self.updates.items() if _aligned(u) and self._adds(a)
        }

    def made_by(self, addresses: list[Address]) -> tuple[Place, ...]:
        """Return the instructions of Learn on the way from the error to entries.

        Within one example; of entries that answer only at the next, over both.
        """
        for reach in (self.cones.of, self.cones.over_all):
            values = {
                v
                for a in addresses
                for v in reach(self.entries[a].learn)
                if self.cones.error(v)
            }
            places = self.cones.places(values, ("learn",))
            if places:
                return places
        return ()

    # Steps.

    def _adds(self, address: Address) -> bool:
        """Tell whether an entry answers to the error, and adds to what was there.

        To what the entry itself held, or one of which it is made. That a step function
        of the label knows no error only the dataflow shows.
        """
        if self.conduct.rests(address):
            return True
        making = self.conduct.making(address)
        if not making.by_label < _BY_LABEL:
            return False
        read = [
            self.cones.values.operands(Written(*place))[k]
            for place, k in self.sums(address)
        ]
        if read and not any(
            self.cones.reads(step, Prediction) or self.cones.parameters(step)
            for step in read
        ):
            return False
        return any(
            abs(part) > _TAKEN and self.conduct.making(source).parts[source] > _KEPT
            for source, part in making.parts.items()
        )

    def gradient(self) -> Evidence | None:
        """Look for a gradient step."""
        if not self.steps:
            return None
        shares = [float(np.mean(u.alignment > _ALIGNED)) for u in self.steps.values()]
        cosine = np.median(np.concatenate([u.alignment for u in self.steps.values()]))
        names = ", ".join(_name(a) for a in self.steps)
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
        names = ", ".join(sorted(map(_name, hidden)))
        return Evidence(
            self.made_by(sorted(hidden, key=_name)),
            float(
                np.mean([np.mean(self.steps[a].alignment > _ALIGNED) for a in hidden])
            ),
            f"{names}, below the hidden units, moves along the gradient:"
            f" cosine {cosine:.3f}",
        )

    @cached_property
    def loss(self) -> str:
        """Of which loss steps follow the gradient.

        Logistic is that in which the label is compared with the sigmoid of what the
        weights predict, be it the engine's or the program's own.
        """
        conduct, probe = self.conduct, self.conduct.probe
        memory = probe.predict(probe.states, probe.x)
        compared = probe.compared(memory)
        if probe.against_address != probe.prediction or probe.metric == "accuracy":
            like = np.allclose(compared, probe.probability(memory), rtol=1e-6)
            return "logistic loss" if like else "squared error"
        # The slope of a probability p is p (1 - p) times that of what it is made of.
        within = (compared > 0) & (compared < 1)
        if compared.ndim > 1 or not np.all(within):
            return "squared error"
        for address, update in self.steps.items():
            rates = conduct.by_checkpoint(update.rate)
            times = conduct.by_checkpoint(update.rate * compared * (1 - compared))
            plain, whole = (
                float(np.median([_spread(row) for row in rows]))
                for rows in (rates, times)
            )
            if whole < _ALIKE < plain and address not in self.running:
                return "logistic loss"
        return "squared error"

    # Rates.

    @cached_property
    def _rates(self) -> dict[Address, list[np.ndarray]]:
        """Return the rate by checkpoint and task of each step of a plain gradient.

        Of a normalised one, its length.
        """
        probe = self.conduct.probe
        slope = np.ones(probe.count)
        if self.loss == "logistic loss" and probe.metric == "rmse":
            compared = probe.compared(probe.predict(probe.states, probe.x))
            if probe.against_address == probe.prediction:
                slope = compared * (1 - compared)
        return {
            a: self.conduct.by_checkpoint(
                u.length if _flat(u.growth) else u.rate * slope
            )
            for a, u in self.steps.items()
        }

    @cached_property
    def _drawn(self) -> set[Address]:
        """Return the steps whose rate Setup draws: it stays, but not for all tasks.

        A mean of weights may stay too, where features are centred.
        """
        if self.rate_from_weights():
            return set()
        task = np.concatenate(self.conduct.by_checkpoint(self.conduct.probe.task))
        found = set()
        for address, rows in self._rates.items():
            rate = np.concatenate(rows)
            own = [_spread(rate[task == k]) for k in np.unique(task)]
            if _spread(rate) > _ALIKE and max(own) < _STAYS:
                found.add(address)
        return found

    def constant_rate(self) -> Evidence | None:
        """Look for a rate that stays."""
        for address in self._drawn:
            why = f"drawn in Setup, then always the same for {_name(address)}"
            return Evidence(self._scaling(address), 1.0, why)
        for address, rows in self._rates.items():
            rate = np.concatenate(rows)
            if _spread(rate) < _ALIKE or _stays(rate):
                why = f"always {middle(rate):.3g} for {_name(address)}"
                return Evidence(self._scaling(address), _near(rate), why)
        return None

    def decaying_rate(self) -> Evidence | None:
        """Look for a rate that falls."""
        for address, rate in self._rates.items():
            by_time = np.array([middle(row) for row in rate])
            alike = all(_spread(row) < _ALIKE for row in rate)
            falls = np.all(np.diff(by_time) <= _STAYS * by_time[:-1])
            falls = falls and by_time[-1] < 0.98 * by_time[0]
            if alike and falls:
                places = self._scaling(address)
                return Evidence(
                    places,
                    float(np.mean([_near(row) for row in rate])),
                    f"from {by_time[0]:.3g} to {by_time[-1]:.3g} for {_name(address)}",
                )
        return None

    def adaptive_rate(self) -> Evidence | None:
        """Look for a rate that adapts; if that of any step stays, it does not."""
        spreads = {
            address: float(np.median([_spread(row) for row in rate]))
            for address, rate in self._rates.items()
        }
        stay = (_stays(np.concatenate(rate)) for rate in self._rates.values())
        if self._drawn or any(stay):
            return None
        if not spreads:
            return None
        address = min(spreads, key=spreads.__getitem__)
        if not spreads[address] > _ALIKE:
            return None
        apart = [1.0 - _near(row) for row in self._rates[address]]
        return Evidence(
            self._scaling(address),
            float(np.mean(apart)),
            f"differs by {spreads[address]:.2%} between memories for {_name(address)}",
        )

    def rate_from_weights(self) -> Evidence | None:
        """Look for a rate made of the weights' mean."""
        for address in self.steps:
            for value in self.cones.in_order(
                self.cones.of(self.entries[address].learn)
            ):
                instruction = self.cones.instruction(value)
                if instruction is None or instruction.op.output is not Kind.SCALAR:
                    continue
                held = {a for a in self.cones.parameters(value) if a in self.updates}
                learnt = {a for a in held if a[0] is Kind.MATRIX and self._learns(a)}
                predicts = value in self.cones.of(self.cones.values.prediction)
                if not learnt or predicts or self.cones.error(value):
                    continue
                if self.cones.features(value) or not any(
                    self._is_mean(value, a) for a in learnt
                ):
                    continue
                return Evidence(
                    self.cones.places({value}),
                    1.0,
                    f"the mean of {_name(min(learnt, key=_name))} scales the step"
                    f" of {_name(address)}",
                )
        return None

    def _is_mean(self, value: Written, matrix: Address) -> bool:
        """Tell whether a value follows the mean of a matrix, and nothing else of it."""
        states = self.conduct.probe.states
        held = get(states, matrix)
        push = np.random.default_rng(0).standard_normal(held.shape)
        push *= np.abs(held).mean() + _TAKEN
        push -= push.mean(axis=(1, 2), keepdims=True)
        place = (value.function, value.index)
        still, turned, moved = (
            self.conduct.written(place, put(states, matrix, held + change))
            for change in (0.0, push, np.abs(push).mean())
        )
        size = np.abs(moved - still)
        same = np.abs(turned - still) <= 1e-6 * size
        return bool(np.mean(same & (size > 0)) > _ALIGNED)

    def _scaling(self, address: Address) -> tuple[Place, ...]:
        """Return what makes the step's factor: scalars of Learn that know no error."""
        cone = self.cones.of(self.entries[address].learn)
        near = {
            operand
            for v in cone
            if self.cones.error(v)
            for operand in self.cones.values.operands(v)
            if not self.cones.error(operand) and not self.cones.features(operand)
        }
        found: set[Value] = set()
        for value in near:
            instruction = self.cones.instruction(value)
            if instruction is not None and instruction.op.output is Kind.SCALAR:
                found |= self.cones.of(value)
            if (
                isinstance(value, Entry)
                and value.address[0] is Kind.SCALAR
                and not self._learns(value.address)
            ):
                for origin in self.entries[value.address]:
                    found |= self.cones.of(origin)
        return self.cones.places(found) or self.made_by([address])

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
                    _share((small > 0.7) & (large < 0.3), small),
                    f"the step of {_name(address)} grows with small errors"
                    f" (power {middle(small):.1f}), not with large ones"
                    f" ({middle(large):.1f})",
                )
        return None

    def normalisation(self) -> Evidence | None:
        """Look for a normalised gradient."""
        for address, update in self.steps.items():
            powers = (update.growth, update.growth_small, update.growth_features)
            if all(map(_flat, powers)):
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
                flat = np.all([np.abs(power) < _FLAT for power in powers], axis=0)
                return Evidence(
                    places,
                    _share(flat, update.growth),
                    f"the step of {_name(address)} has the same length for any error"
                    " and any scale of the features",
                )
        return None

    def operation(self, value: Value) -> str:
        """Return what an instruction does, in a word; nothing for other values."""
        instruction = self.cones.instruction(value)
        return "" if instruction is None else word(instruction.op.name)

    # State on state.

    def _learns(self, address: Address) -> bool:
        return address in self.updates and self.updates[address].answers

    @cached_property
    def pairs(self) -> list[tuple[Address, Address]]:
        """Return pairs of entries of one kind of which one can reach the other."""
        return [
            (a, b)
            for a in self.entries
            for b in self.entries
            if a != b
            and a[0] is b[0]
            and Entry(a) in self.cones.of(self.entries[b].learn)
        ]

    @cached_property
    def running(self) -> dict[Address, tuple[Address, float]]:
        """Return entries that collect steps: what each moves, and what it keeps.

        What it moves acts back on it through the prediction.
        """
        found = {}
        for source, target in self.pairs:
            if not (self._learns(source) and self._learns(target)):
                continue
            if not self.acts_back(target, source) or self.copies(source):
                continue
            kept = self.conduct.carried(source, source)
            moved = self.conduct.carried(source, target)
            own = self.conduct.carried(target, target)
            fades = 0.02 < kept < 0.9999
            apart = source not in self.steps or self._only_moves(source, target)
            if fades and abs(moved) > 1e-4 and own > 0.3 and apart:
                found[source] = target, kept
        return found

    def _only_moves(self, source: Address, target: Address) -> bool:
        """Tell whether Predict adds an entry to another, and predicts by that alone."""
        predicted = self.cones.of(self.cones.values.prediction)
        moved = self.entries[target].learn
        readers = [v for v in predicted if Entry(source) in self.operands(v)]
        return (
            isinstance(moved, Written)
            and moved.function == "predict"
            and moved in predicted
            and bool(readers)
            and all(v in self.cones.of(moved) for v in readers)
        )

    def operands(self, value: Value) -> tuple[Value, ...]:
        """Return what an instruction reads; nothing for other values."""
        if isinstance(value, Written):
            return self.cones.values.operands(value)
        return ()

    def acts_back(self, target: Address, source: Address) -> bool:
        """Tell whether an entry, or a copy of it, has a part in another's update."""
        cone = self.cones.of(self.entries[source].learn)
        return Entry(target) in cone or any(
            Entry(copy) in cone for copy in self.copies(target)
        )

    def copies(self, address: Address) -> list[Address]:
        """Return entries that are made anew from an entry after each example.

        Directly, not by way of another that keeps something of itself.
        """
        return [
            target
            for source, target in self.pairs
            if source == address
            and abs(self.conduct.carried(target, target)) < 0.1
            and self._reaches(address, target)
            and not any(
                self._reaches(address, other)
                and self._reaches(other, target)
                and self.conduct.carried(other, other) > 0.3
                for other in self.entries
                if other not in (address, target)
            )
        ]

    def _reaches(self, source: Address, target: Address) -> bool:
        known = (source, target) in self.pairs
        return known and abs(self.conduct.carried(source, target)) > 0.1

    def sums(self, address: Address) -> list[tuple[Place, int]]:
        """Return where a step joins an entry, and as which operand.

        There the other operand holds the entry, or what it is a copy of, and knows
        neither the error nor the features.
        """
        cones = self.cones
        origins = {s for s, t in self.pairs if t == address and t in self.copies(s)}
        own: list[tuple[Place, int]] = []
        others: list[tuple[Place, int]] = []
        for value in cones.in_order(cones.of(self.entries[address].learn)):
            sides = cones.values.operands(value)
            if self.operation(value) not in ("SUM", "DIFF") or len(sides) != 2:
                continue
            for k, (step, rest) in enumerate((sides, sides[::-1])):
                seen = cones.error(rest) or cones.features(rest)
                seen = seen or cones.reads(rest, Prediction)
                held = cones.parameters(rest)
                if cones.error(step) and not seen and held:
                    is_own = held & {address, *origins}
                    (own if is_own else others).append(
                        ((value.function, value.index), k)
                    )
        return own or others

    def momentum(self) -> Evidence | None:
        """Look for momentum."""
        for source, (target, kept) in self.running.items():
            return Evidence(
                self.made_by([source, target]),
                self.conduct.carried_share(source, source),
                f"{_name(source)} keeps {kept:.3g} of itself, collects the error's"
                f" answer and moves {_name(target)}",
            )
        for before, (weights, kept) in self.remembered.items():
            return Evidence(
                self.made_by([weights]),
                self.conduct.carried_share(weights, weights),
                f"{_name(before)} remembers {_name(weights)}, of whose last change"
                f" {kept:.3g} goes on",
            )
        return None

    @cached_property
    def remembered(self) -> dict[Address, tuple[Address, float]]:
        """Return copies of weights that keep their last change going: heavy balls.

        w' = w + b (w - u) + step and u' = w have the factors 1 and b.
        """
        found = {}
        carried = self.conduct.carried
        for before, weights in self.pairs:
            if weights not in self.steps or (weights, before) not in self.pairs:
                continue
            turn = np.array(
                [[carried(s, t) for s in (weights, before)] for t in (weights, before)]
            )
            both = abs(turn[0, 1]) > _TAKEN and abs(turn[1, 0]) > 0.1
            if not both or not np.isfinite(turn).all() or abs(turn[1, 1]) > 0.1:
                continue
            kept, rest = sorted(np.linalg.eigvals(turn), key=abs)
            if np.isreal(kept) and 0.02 < kept.real < 0.9999 and 0.5 < abs(rest) < 1.01:
                found[before] = weights, float(kept.real)
        return found

    def averaging(self) -> Evidence | None:
        """Look for averaged weights."""
        for source, target in self.pairs:
            if not self._learns(source) or source[0] is Kind.SCALAR:
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
            return Evidence(places, share, f"{_name(target)} {how} {_name(source)}")
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
                f"{_name(address)} loses {lost:.2%} of itself at each example",
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
            and self.conduct.carried(a, a) > _KEPT
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


def _aligned(update: Update) -> bool:
    found = update.alignment
    enough = update.answers and found.size >= 4
    return bool(enough and np.median(found) > _ALIGNED)


def _flat(powers: np.ndarray) -> bool:
    """Tell whether something does not grow, by the median power."""
    return abs(middle(powers)) < _FLAT


def _share(true: np.ndarray, known: np.ndarray) -> float:
    """Return how often something is true where it is known."""
    return float(np.mean(true[~np.isnan(known)]))


def _near(rate: np.ndarray) -> float:
    """Return the share of rates that are alike, of those that are known."""
    center = middle(rate)
    return _share(np.abs(rate - center) <= 2 * _ALIKE * abs(center), rate)


def _stays(rate: np.ndarray) -> bool:
    """Tell whether rates are the same, but for few of which other things take part."""
    center = middle(rate)
    return _share(np.abs(rate - center) <= _STAYS * abs(center), rate) > _MOSTLY


def _spread(found: np.ndarray) -> float:
    """Return the standard deviation over the mean of what is finite."""
    found = found[np.isfinite(found)]
    if found.size == 0:
        return float("inf")
    return float(np.std(found) / max(abs(np.mean(found)), 1e-300))


def _name(address: Address) -> str:
    return f"{address[0].value}{address[1]}"
