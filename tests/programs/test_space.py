import pytest
from hypothesis import given

from tests.programs.strategies import SMALL, programs
from workbench.programs import (
    OP_BY_NAME,
    Instruction,
    Kind,
    Program,
    Space,
    SpaceError,
    linear,
)


def test_ops_may_be_given_by_name_or_number_and_are_sorted():
    space = Space(setup_ops=["SCALAR_CONST_SET_OP", 2, OP_BY_NAME["SCALAR_SUM_OP"]])
    assert space.setup_ops == (1, 2, 56)


def test_a_space_is_a_value():
    assert Space() == Space()
    assert hash(Space(4, 3, 1)) == hash(Space(4, 3, 1))
    assert repr(Space(4, 3, 1)) == "Space(scalars=4, vectors=3, matrices=1)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scalars": 1}, "scalars is 1; accepted: a whole number from 2 to 1000"),
        ({"vectors": 0}, "vectors is 0; accepted: a whole number from 1 to"),
        ({"vectors": 2, "label": "vector"}, "vectors is 2; .* from 3 to"),
        ({"matrices": -1}, "matrices is -1; accepted: a whole number from 0"),
        ({"scalars": 4.0}, "scalars is 4.0"),
        ({"scalars": True}, "scalars is True"),
        ({"setup_ops": [999]}, "setup_ops holds 999; accepted: numbers 0 to "),
        ({"learn_ops": ["SUM"]}, "learn_ops holds 'SUM'"),
        ({"learn_ops": "SCALAR_SUM_OP"}, "learn_ops is 'SCALAR_SUM_OP'; .* sequence"),
        ({"predict_length": (3, 2)}, r"predict_length is \(3, 2\)"),
        ({"predict_length": 3}, "predict_length is 3"),
        ({"predict_length": (0, 1.5)}, "predict_length is"),
        ({"label": "class"}, "label is 'class'; accepted: 'scalar', 'vector'"),
    ],
)
def test_wrong_fields_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Space(**arguments)


def test_dict_form_reads_back():
    space = Space(4, 3, 1, predict_ops=[27], setup_length=(10, 10), label="vector")
    assert Space.from_dict(space.to_dict()) == space
    assert space.to_dict()["predict_ops"] == ["VECTOR_INNER_PRODUCT_OP"]
    assert space.to_dict()["learn_ops"] == "all"
    with pytest.raises(ValueError, match="no field 'size'"):
        Space.from_dict({"size": 3})


def test_reserved_addresses_by_label():
    scalar, vector = Space(), Space(label="vector")
    writable = [scalar.first_writable(kind) for kind in Kind]
    assert writable == [1, 1, 0]
    assert [vector.first_writable(kind) for kind in Kind] == [1, 2, 0]
    assert scalar.prediction == (Kind.SCALAR, 1)
    assert vector.prediction == (Kind.VECTOR, 2)


def test_the_label_vector_is_read_only():
    program = linear()
    assert str(program.learn[3]) == "v1 = v1 + v2"
    with pytest.raises(SpaceError, match=r"Learn, instruction 3.*accepted: v2 to v19"):
        Program(program.setup, program.predict, program.learn, Space(label="vector"))


def test_no_ops_are_allowed_everywhere():
    space = Space(setup_ops=[], setup_length=(1, 1))
    no_op = Instruction(OP_BY_NAME["NO_OP"])
    assert Program(setup=[no_op], space=space).setup == (no_op,)


def test_check_names_function_instruction_field_and_what_is_accepted():
    with pytest.raises(SpaceError) as caught:
        Space(4, 3, 1, learn_ops=["SCALAR_DIFF_OP"]).check(linear())
    assert str(caught.value) == (
        "Learn, instruction 1 (s3 = s2 * s3): op is SCALAR_PRODUCT_OP; "
        "accepted: SCALAR_DIFF_OP"
    )
    with pytest.raises(SpaceError, match="Learn has 4 instructions; accepted: 0 to 3"):
        Space(learn_length=(0, 3)).check(linear())
    with pytest.raises(SpaceError, match="in1 is m0; accepted: none"):
        Space(matrices=0).check(
            Program(predict=[Instruction(OP_BY_NAME["MATRIX_NORM_OP"], out=1)])
        )


@given(programs())
def test_the_fitting_space_holds_the_program_and_no_smaller_one_does(program):
    fitting = Space.fitting(*program.functions.values())
    fitting.check(program)
    assert all(a <= b for a, b in zip(fitting.sizes, SMALL.sizes, strict=True))
    for name, least in (("scalars", 2), ("vectors", 2), ("matrices", 1)):
        size = getattr(fitting, name)
        if size > least:
            smaller = Space(
                **dict(
                    zip(("scalars", "vectors", "matrices"), fitting.sizes, strict=True)
                )
                | {name: size - 1}
            )
            with pytest.raises(SpaceError):
                smaller.check(program)
