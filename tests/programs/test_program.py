import json
import math

import numpy as np
import pytest
from hypothesis import given

from tests.programs.strategies import SMALL, instructions, programs
from workbench.programs import (
    OP_BY_NAME,
    OPS,
    Instruction,
    Program,
    SpaceError,
    decode,
    encode,
    linear,
)

ADD = OP_BY_NAME["SCALAR_SUM_OP"]
CONSTANT = OP_BY_NAME["SCALAR_CONST_SET_OP"]
ELEMENT = OP_BY_NAME["VECTOR_CONST_SET_OP"]


@given(programs())
def test_text_reads_back_exactly(program):
    assert Program.from_text(str(program)) == program
    assert Program.from_text(str(program), program.space).space is program.space


@given(programs())
def test_dict_and_json_read_back_exactly(program):
    assert Program.from_dict(program.to_dict()) == program
    assert Program.from_json(program.to_json()) == program
    json.dumps(program.to_dict(), allow_nan=False)


@given(programs())
def test_arrays_read_back_exactly(program):
    code, data, lengths = encode(program)
    assert (code.dtype, data.dtype, lengths.dtype) == (np.int16, np.float64, np.int64)
    assert code.shape == (len(program), 4)
    assert data.shape == (len(program), 3)
    assert decode(code, data, lengths, SMALL) == program


@given(instructions())
def test_equal_instructions_have_equal_hashes(instruction):
    again = Instruction.from_dict(instruction.to_dict())
    assert again == instruction
    assert hash(again) == hash(instruction)
    assert len({again, instruction}) == 1


def test_nan_equals_nan_and_zeros_keep_their_sign():
    nan = Instruction(CONSTANT, out=2, constants=(math.nan,))
    assert nan == Instruction(CONSTANT, out=2, constants=(-math.nan,))
    zero = Instruction(CONSTANT, out=2, constants=(0.0,))
    assert zero != Instruction(CONSTANT, out=2, constants=(-0.0,))
    assert str(zero) == "s2 = 0.0"


def test_element_constants_are_kept_with_32_bits_and_scalars_with_64():
    element = Instruction(ELEMENT, out=1, constants=(0.1, 0.1))
    assert element.constants == (float(np.float32(0.1)),) * 2
    assert str(element) == "v1[0.1] = 0.1"
    scalar = Instruction(CONSTANT, out=2, constants=(0.1,))
    assert scalar.constants == (0.1,)


def test_unused_addresses_do_not_count():
    assert Instruction(CONSTANT, 3, 4, 2, (1.0,)) == Instruction(
        CONSTANT, out=2, constants=(1.0,)
    )


def test_a_program_is_a_value():
    program = linear()
    assert program == linear()
    assert program != linear(0.02)
    assert len({program, linear(), linear(0.02)}) == 2
    assert len(program) == 6
    with pytest.raises(AttributeError):
        program.setup = ()


def test_the_space_does_not_count_for_equality():
    assert Program.from_text(str(linear()), SMALL) == linear()


def test_an_empty_program_is_true():
    assert Program()
    assert len(Program()) == 0


def test_repr_is_short():
    assert repr(linear()) == "<Program 1+1+4 instructions, 6 effective>"
    assert repr(linear().learn[0]) == "<Instruction s3 = s0 - s1>"


def test_cost_counts_setup_once_and_the_rest_for_each_example():
    cost = {op.name: op.cost for op in OPS}
    once = cost["SCALAR_CONST_SET_OP"]
    each = cost["VECTOR_INNER_PRODUCT_OP"] + cost["SCALAR_DIFF_OP"]
    each += cost["SCALAR_PRODUCT_OP"] + cost["SCALAR_VECTOR_PRODUCT_OP"]
    each += cost["VECTOR_SUM_OP"]
    assert linear().cost(0) == once
    assert linear().cost(100) == once + 100 * each


def test_reference_case_dicts_are_read():
    program = Program.from_dict(
        {
            "setup": [
                {
                    "op": "MATRIX_CONST_SET_OP",
                    "in1": 0,
                    "in2": 0,
                    "out": 0,
                    "activation_data": 0,
                    "float_data": [0.25, 0.5, "-inf"],
                }
            ],
            "predict": [],
            "learn": [{"op": "SCALAR_SUM_OP", "in1": 2, "in2": 3, "out": 4}],
        }
    )
    assert str(program.setup[0]) == "m0[0.25, 0.5] = -inf"
    assert str(program.learn[0]) == "s4 = s2 + s3"
    assert program.space.sizes == (5, 2, 1)


@pytest.mark.parametrize(
    ("functions", "named"),
    [
        ({"train": []}, "train"),
        ({"setup": 3}, "setup is 3"),
        ({"setup": [{"op": "SUM"}]}, r"setup\[0\].*SUM"),
        ({"learn": [{"op": "SCALAR_SUM_OP", "in1": -1}]}, r"learn\[0\].*in1 is -1"),
        ({"learn": [{"op": "SCALAR_SUM_OP", "in1": 1.5}]}, r"in1 is 1\.5"),
        ({"learn": [{"op": "SCALAR_CONST_SET_OP", "activation_data": "x"}]}, "'x'"),
        ({"learn": [{"op": "VECTOR_CONST_SET_OP", "float_data": [1]}]}, "float_data"),
        ({"learn": [{"op": "VECTOR_CONST_SET_OP", "float_data": [1, 1, 0]}]}, "index"),
        ({"learn": ["s1"]}, "a dict"),
        ([], "a dict"),
    ],
)
def test_wrong_dicts_are_refused_by_name(functions, named):
    with pytest.raises(ValueError, match=named):
        Program.from_dict(functions)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"op": ADD, "in1": 1000}, "in1 is 1000; accepted: a whole number from 0 to"),
        ({"op": ADD, "out": True}, "out is True"),
        ({"op": CONSTANT}, r"accepted: 1 \(value\)"),
        ({"op": ADD, "constants": (1.0,)}, r"accepted: 0 \(none\)"),
        ({"op": CONSTANT, "constants": (10**400,)}, "accepted: a number"),
        ({"op": ELEMENT, "constants": (math.nan, 0.0)}, "fraction is nan"),
        ({"op": ELEMENT, "constants": (0.99999999999, 0.0)}, "below 1"),
        ({"op": "SCALAR_SUM_OP"}, "accepted: a row of OPS"),
    ],
)
def test_wrong_instructions_are_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        Instruction(**arguments)


def test_arrays_that_are_no_program_are_refused():
    code, data, lengths = encode(linear())
    code[0, 0] = len(OPS)
    with pytest.raises(ValueError, match=f"op number is {len(OPS)}; accepted: 0 to"):
        decode(code, data, lengths)


def test_a_program_outside_its_space_is_refused():
    with pytest.raises(SpaceError, match=r"Learn, instruction 0 .*in1 is s9"):
        Program(learn=[Instruction(ADD, in1=9, out=1)], space=SMALL)
    with pytest.raises(SpaceError, match="out is s0; accepted: s1"):
        Program(learn=[Instruction(ADD)])
    with pytest.raises(ValueError, match=r"setup\[0\] is 's1 = s2'"):
        Program(setup=["s1 = s2"])
