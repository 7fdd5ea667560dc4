"""Changing a program leaves its other lines where they are."""

from workbench.insight.edit import Edit, line
from workbench.programs import Kind, linear, two_layer_network


def text(edit):
    return str(edit.program()).splitlines()


def test_nothing_changed_is_the_program_in_its_space():
    program = two_layer_network()
    same = Edit(program).program()
    assert (same, same.space) == (program, program.space)


def test_lines_come_before_after_and_around_others():
    edit = Edit(linear())
    edit.begin("learn", line("SCALAR_ABS_OP", 4, 0))
    edit.before(("learn", 1), line("SCALAR_SIN_OP", 5, 3))
    edit.after(("learn", 1), line("SCALAR_COS_OP", 6, 3))
    edit.remove(("learn", 2))
    edit.end("learn", line("VECTOR_CONST_SET_OP", 3, 0.5, -1.0))
    assert text(edit)[5:] == [
        "  s4 = abs(s0)",
        "  s3 = s0 - s1",
        "  s5 = sin(s3)",
        "  s3 = s2 * s3",
        "  s6 = cos(s3)",
        "  v1 = v1 + v2",
        "  v3[0.5] = -1.0",
    ]


def test_operands_constants_and_passing():
    edit = Edit(linear())
    edit.operand(("learn", 1), 0, 0)
    edit.constant(("learn", 0), 0.5)
    assert edit.passing(("learn", 3), 0)  # v1 = v1: nothing is left to do
    assert not edit.passing(("predict", 0), 0)  # a vector is no scalar
    assert text(edit)[4:] == [
        "def Learn():",
        "  s3 = 0.5",
        "  s3 = s0 * s3",
        "  v2 = s3 * v0",
    ]


def test_constants_of_any_kind_stand_at_the_end_of_setup_once():
    edit = Edit(linear())
    matrix = edit.filled(Kind.MATRIX, 2.0)
    assert matrix == edit.filled(Kind.MATRIX, 2.0)
    assert text(edit)[1:5] == [
        "  s2 = 0.01",
        "  s4 = 2.0",
        "  v3 = bcast(s4)",
        "  m1 = bcast(v3, axis=0)",
    ]
