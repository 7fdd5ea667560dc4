"""What the entries of the state carry on: steps, running sums, copies."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.prediction import word
from workbench.insight.values import Address, Entry, Prediction, Value, Written

if TYPE_CHECKING:
    from workbench.insight.answers import Update
    from workbench.insight.conduct import Conduct
    from workbench.insight.cones import Cones
    from workbench.insight.prediction import PredictionReader
    from workbench.insight.values import Place

ALIGNED = 0.9
KEPT = 0.3  # what an entry must keep of itself at an example to be moved, not made
TAKEN = 1e-3  # parts of another entry that count
_BY_LABEL = 0.5  # answers to the label alone above which a step knows no error


class StateReader:
    """Reads which entries take steps, and which are made of which others."""

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

    def operation(self, value: Value) -> str:
        """Return what an instruction does, in a word; nothing for other values."""
        instruction = self.cones.instruction(value)
        return "" if instruction is None else word(instruction.op.name)

    def operands(self, value: Value) -> tuple[Value, ...]:
        """Return what an instruction reads; nothing for other values."""
        if isinstance(value, Written):
            return self.cones.values.operands(value)
        return ()

    def learns(self, address: Address) -> bool:
        """Tell whether an entry answers to the error."""
        return address in self.updates and self.updates[address].answers

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
            abs(part) > TAKEN and self.conduct.making(source).parts[source] > KEPT
            for source, part in making.parts.items()
        )

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

    # State on state.

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
            if not (self.learns(source) and self.learns(target)):
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
            both = abs(turn[0, 1]) > TAKEN and abs(turn[1, 0]) > 0.1
            if not both or not np.isfinite(turn).all() or abs(turn[1, 1]) > 0.1:
                continue
            kept, rest = sorted(np.linalg.eigvals(turn), key=abs)
            if np.isreal(kept) and 0.02 < kept.real < 0.9999 and 0.5 < abs(rest) < 1.01:
                found[before] = weights, float(kept.real)
        return found


def _aligned(update: Update) -> bool:
    found = update.alignment
    enough = update.answers and found.size >= 4
    return bool(enough and np.median(found) > ALIGNED)


def named(address: Address) -> str:
    """Return an address as texts write it."""
    return f"{address[0].value}{address[1]}"
