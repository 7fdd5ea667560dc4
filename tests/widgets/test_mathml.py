import xml.etree.ElementTree as ET

import pytest

from workbench.programs.instruction import Instruction
from workbench.programs.ops import OPS
from workbench.widgets.mathml import to_mathml


def of(op, *constants):
    return Instruction(op, in1=2, in2=3, out=4, constants=constants).latex()


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_operation_has_a_formula_that_is_well_formed(op):
    formula = ET.fromstring(to_mathml(of(op, *(0.5, 0.25, 0.75)[: len(op.constants)])))
    assert formula.tag.endswith("math")
    # What was not understood would be left as it stood.
    assert "\\" not in "".join(formula.itertext())


def test_signs_belong_to_their_numbers():
    formula = to_mathml(r"s_{2} = -0.5")
    assert '<mo form="prefix">&#x02212;</mo><mn>0.5</mn>' in formula
    assert "form" not in to_mathml("s_{4} = s_{2} - s_{3}")
