from hypothesis import given

from tests.programs.strategies import programs
from workbench.insight import diff
from workbench.programs import Program, affine, linear


def kinds(rows):
    return [row.kind for row in rows]


def test_a_program_does_not_differ_from_itself():
    result = diff(linear(), linear())
    assert result.is_empty
    assert kinds(result.learn) == ["same"] * 4


def test_an_altered_constant_or_operand_is_a_change():
    result = diff(linear(0.01), linear(0.02))
    (row,) = result.setup
    assert row.kind == "changed"
    assert (str(row.left), str(row.right)) == ("s2 = 0.01", "s2 = 0.02")
    assert (row.left_live, row.right_live) == (True, True)
    assert not result.is_empty
    other = str(linear()).replace("s3 = s0 - s1", "s3 = s0 - s2")
    rows = diff(linear(), Program.from_text(other)).learn
    assert kinds(rows) == ["changed", "same", "same", "same"]


def test_new_instructions_are_added_and_lost_ones_removed():
    there = diff(linear(), affine())
    assert kinds(there.predict) == ["same", "added"]
    assert kinds(there.learn) == ["same"] * 4 + ["added"]
    assert there.predict[1].left is None
    assert there.predict[1].left_live is None
    back = diff(affine(), linear())
    assert kinds(back.learn) == ["same"] * 4 + ["removed"]
    assert back.learn[4].right is None


def test_another_op_is_not_a_change_but_a_replacement():
    a = Program.from_text("def Predict():\n s1 = sin(s2)")
    b = Program.from_text("def Predict():\n s1 = cos(s2)")
    assert kinds(diff(a, b).predict) == ["removed", "added"]


def test_liveness_is_told_for_each_side():
    a = Program.from_text("def Predict():\n s2 = mean(v0)\n s1 = sin(s2)")
    b = Program.from_text("def Predict():\n s2 = mean(v0)\n s1 = sin(s3)")
    mean, sine = diff(a, b).predict
    assert (mean.left_live, mean.right_live) == (True, False)
    assert (sine.left_live, sine.right_live) == (True, True)


def test_the_text_marks_what_changed():
    assert str(diff(linear(0.01), affine(0.02))) == (
        "  def Setup():\n"
        "~   s2 = 0.02  # was: s2 = 0.01\n"
        "  def Predict():\n"
        "    s1 = dot(v1, v0)\n"
        "+   s1 = s1 + s4\n"
        "  def Learn():\n"
        "    s3 = s0 - s1\n"
        "    s3 = s2 * s3\n"
        "    v2 = s3 * v0\n"
        "    v1 = v1 + v2\n"
        "+   s4 = s4 + s3"
    )


@given(programs(), programs())
def test_both_programs_can_be_read_off(a, b):
    result = diff(a, b)
    for name, rows in result.functions.items():
        left = tuple(row.left for row in rows if row.left is not None)
        right = tuple(row.right for row in rows if row.right is not None)
        assert (left, right) == (a.functions[name], b.functions[name])
        for row in rows:
            both = row.left is not None and row.right is not None
            assert both == (row.kind in ("same", "changed"))
            assert (row.left == row.right) == (row.kind == "same")
    assert result.is_empty == (a == b)


@given(programs(), programs())
def test_liveness_follows_the_sides(a, b):
    rows = diff(a, b).functions.values()
    left = tuple(
        tuple(row.left_live for row in part if row.left is not None) for part in rows
    )
    right = tuple(
        tuple(row.right_live for row in part if row.right is not None) for part in rows
    )
    assert (left, right) == (a.live, b.live)
