"""Two properties of programs, each wider than the catalogue's concept next to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from workbench.insight.cones import Cones
from workbench.insight.values import Written, values_of
from workbench.programs import Program, Space

if TYPE_CHECKING:
    from workbench.insight.values import Value

NOISE = "(draws random numbers in Predict or Learn)"
"""Noise of any kind, such as weights drawn anew at each example."""
GATED = "(multiplies two vectors made from the features)"
"""As x^T W x, but with bends on either side, such as dot(W x, minimum(x, c))."""
_PRODUCTS = ("VECTOR_INNER_PRODUCT_OP", "VECTOR_PRODUCT_OP", "VECTOR_OUTER_PRODUCT_OP")


def beyond(text: str, label: Literal["scalar", "vector"] = "scalar") -> list[str]:
    """Return which of the two a program has on the way to its predictions."""
    values = values_of(Program.from_text(text, Space(label=label)))
    cones = Cones(values)

    def multiplies(value: Value) -> bool:
        instruction = cones.instruction(value)
        return (
            instruction is not None
            and instruction.op.name in _PRODUCTS
            and all(cones.features(side) for side in values.operands(value))
        )

    drawn = any(
        isinstance(value, Written)
        and value.function != "setup"
        and values.instructions[value.function, value.index].op.is_random
        for value in values.reachable()
    )
    gated = any(multiplies(value) for value in cones.of(values.prediction))
    return [NOISE] * drawn + [GATED] * gated
