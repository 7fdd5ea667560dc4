"""What a program is: the op table, instructions, spaces, text, effective code."""

from workbench.programs.arrays import decode, encode
from workbench.programs.export import explain, latex_source, numpy_source
from workbench.programs.instruction import Instruction
from workbench.programs.library import (
    HAND_DESIGNED,
    affine,
    empty,
    evolved,
    linear,
    logistic_regression,
    two_layer_network,
)
from workbench.programs.liveness import mark_live
from workbench.programs.ops import (
    FUNCTIONS,
    OP_BY_NAME,
    OPS,
    ConstantKind,
    Kind,
    Op,
)
from workbench.programs.program import Program
from workbench.programs.space import Space, SpaceError
from workbench.programs.text import ProgramSyntaxError

__all__ = [
    "FUNCTIONS",
    "HAND_DESIGNED",
    "OPS",
    "OP_BY_NAME",
    "ConstantKind",
    "Instruction",
    "Kind",
    "Op",
    "Program",
    "ProgramSyntaxError",
    "Space",
    "SpaceError",
    "affine",
    "decode",
    "empty",
    "encode",
    "evolved",
    "explain",
    "latex_source",
    "linear",
    "logistic_regression",
    "mark_live",
    "numpy_source",
    "two_layer_network",
]
