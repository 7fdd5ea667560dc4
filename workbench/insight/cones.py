"""What a value of a program is made of, within one example and over all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workbench.insight.values import (
    Entry,
    Features,
    Label,
    Prediction,
    Value,
    Values,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.insight.values import Address, Place
    from workbench.programs import Instruction


class Cones:
    """Answers what depends on what, for the effective code of a program."""

    def __init__(self, values: Values) -> None:
        self.values = values

    @cached_property
    def _within(self) -> dict[Value, frozenset[Value]]:
        return {}

    def of(self, value: Value) -> frozenset[Value]:
        """Return all that a value is made of within an example, itself included."""
        known = self._within.get(value)
        if known is not None:
            return known
        found = {value}
        if not isinstance(value, Entry):
            for operand in self.values.operands(value):
                found |= self.of(operand)
        self._within[value] = frozenset(found)
        return self._within[value]

    def over_all(self, value: Value) -> frozenset[Value]:
        """Return all that a value is made of, over all examples and Setup."""
        found: set[Value] = set()
        waiting = [value]
        while waiting:
            part = waiting.pop()
            for inner in self.of(part):
                if inner not in found:
                    found.add(inner)
                    if isinstance(inner, Entry):
                        waiting.extend(self.values.entries[inner.address])
        return frozenset(found)

    def instruction(self, value: Value) -> Instruction | None:
        """Return the instruction that writes a value, if one does."""
        if isinstance(value, Written):
            return self.values.instructions[value.function, value.index]
        return None

    def places(
        self,
        values: Iterable[Value],
        functions: tuple[str, ...] = ("setup", "predict", "learn"),
    ) -> tuple[Place, ...]:
        """Return the places of the instructions among values, in program order."""
        order = {place: k for k, place in enumerate(self.values.instructions)}
        found = {
            (v.function, v.index)
            for v in values
            if isinstance(v, Written) and v.function in functions
        }
        return tuple(sorted(found, key=lambda place: order[place]))

    def in_order(self, values: Iterable[Value]) -> list[Written]:
        """Return what instructions write among values, in program order."""
        return [Written(*place) for place in self.places(values)]

    def reads(self, value: Value, source: Value | type) -> bool:
        """Tell whether a value depends on another, or on one of a type."""
        cone = self.of(value)
        if isinstance(source, type):
            return any(isinstance(v, source) for v in cone)
        return source in cone

    def features(self, value: Value) -> bool:
        """Tell whether it depends on the features."""
        return self.reads(value, Features)

    def error(self, value: Value) -> bool:
        """Tell whether it depends on the label as Learn sees it."""
        return self.reads(value, Label)

    def parameters(self, value: Value) -> set[Address]:
        """Return the entries that it depends on within an example."""
        return {v.address for v in self.of(value) if isinstance(v, Entry)}

    @cached_property
    def noise(self) -> dict[Address, frozenset[Value]]:
        """Entries that hold noise alone, drawn after the example before; of what."""
        found = {}
        for address, origins in self.values.entries.items():
            made = self.of(origins.learn)
            if origins.predict != Entry(address):
                made |= self.of(origins.predict)
            seen = any(
                isinstance(v, Entry | Features | Label | Prediction) for v in made
            )
            if not seen and any(map(self._is_draw, made)):
                found[address] = made
        return found

    def draws(self, value: Value) -> set[Written]:
        """Return the random draws of Predict and Learn that it depends on.

        Those of the example before count where their noise is carried on.
        """
        parts = set(self.of(value))
        for address in self.parameters(value) & set(self.noise):
            parts |= self.noise[address]
        return {v for v in parts if isinstance(v, Written) and self._is_draw(v)}

    def _is_draw(self, value: Value) -> bool:
        """Tell whether it is drawn in Predict or Learn."""
        instruction = self.instruction(value)
        return (
            isinstance(value, Written)
            and value.function != "setup"
            and instruction is not None
            and instruction.op.is_random
        )
