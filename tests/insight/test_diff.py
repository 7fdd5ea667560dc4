import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.small_tasks import small_task
from tests.insight.programs import EXACT, neighbours, renamed, renamings, without
from tests.programs.strategies import SMALL, VECTOR, programs
from workbench.engine import trace
from workbench.insight import diff, fingerprint
from workbench.programs import (
    FUNCTIONS,
    Kind,
    Program,
    Space,
    affine,
    linear,
    two_layer_network,
)

exact_programs = programs(SMALL, mild=True, ops=EXACT)


def kinds(rows):
    return [row.kind for row in rows]


def read(predict, setup="", learn=""):
    parts = zip(FUNCTIONS, (setup, predict, learn), strict=True)
    return Program.from_text(
        "\n".join(f"def {name.capitalize()}():\n {text}" for name, text in parts)
    )


def network(*changes):
    """Return the two-layer network with parts of its text replaced."""
    text = str(two_layer_network())
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Program.from_text(text)


def predictions(program, task):
    visits = trace(program, task, phase="both", epoch=task.epochs - 1).visits
    return visits.prediction


# What the whole comes to.


def test_a_program_does_not_differ_from_itself():
    result = diff(linear(), linear())
    assert result.is_empty
    assert result.verdict.kind == "identical"
    assert kinds(result.learn) == ["same"] * 4
    assert str(result).startswith("# The programs are identical.")


def test_a_change_of_dead_code_says_so():
    padded = network(("s1 = s1 + s2", "s1 = s1 + s2\n  s9 = sin(s4)\n  NoOp()"))
    result = diff(two_layer_network(), padded)
    assert result.verdict.kind == "dead"
    assert not result.is_empty
    assert not any(result.effective.values())
    assert kinds(result.predict)[-2:] == ["added", "added"]
    assert str(result.verdict) == (
        "Only dead code differs; the effective code is the same."
    )


def test_other_addresses_are_the_same_computation():
    result = diff(two_layer_network(), network(("s4", "s9"), ("v7", "v9")))
    assert result.verdict.kind == "equivalent"
    assert result.verdict.renamed == 8
    assert result.verdict.share == 0.0
    assert set(kinds(result.learn)) == {"same", "renamed"}
    assert not any(result.effective.values())


def test_a_value_renamed_in_one_place_only_is_recognised_too():
    # s3 holds two values one after the other; only the second is renamed.
    other = str(linear()).replace("s3 = s2 * s3", "s4 = s2 * s3")
    other = other.replace("v2 = s3 * v0", "v2 = s4 * v0")
    result = diff(linear(), Program.from_text(other))
    assert result.verdict.kind == "equivalent"
    assert kinds(result.learn) == ["same", "renamed", "renamed", "same"]


def test_exchanged_operands_of_a_product_compute_the_same():
    other = str(linear()).replace("s2 * s3", "s3 * s2")
    result = diff(linear(), Program.from_text(other))
    assert result.verdict.kind == "equivalent"
    assert kinds(result.learn) == ["same", "renamed", "same", "same"]
    difference = str(linear()).replace("s0 - s1", "s1 - s0")
    result = diff(linear(), Program.from_text(difference))
    assert result.verdict.kind == "changed"


def test_a_moved_instruction_is_shown_as_moved():
    moved = network(
        ("  v8 = heaviside(v3, 1.0)\n", ""),
        ("  s4 = s0 - s1\n", "  v8 = heaviside(v3, 1.0)\n  s4 = s0 - s1\n"),
    )
    result = diff(two_layer_network(), moved)
    assert result.verdict.kind == "equivalent"
    assert (result.verdict.moved, result.verdict.added) == (1, 0)
    here, there = (row for row in result.learn if row.kind == "moved")
    assert (here.left, str(here.right)) == (None, "v8 = heaviside(v3, 1.0)")
    assert (str(there.left), there.right) == ("v8 = heaviside(v3, 1.0)", None)
    assert (here.left_index, here.right_index) == (6, 0)
    assert (there.left_index, there.right_index) == (6, 0)
    assert not here.matters
    assert ">   v8 = heaviside(v3, 1.0)" in str(result)


def test_a_move_past_what_it_reads_changes_the_computation():
    early = read("s2 = mean(v0)\n s3 = sin(s2)\n s1 = s3 * s3")
    late = read("s3 = sin(s2)\n s2 = mean(v0)\n s1 = s3 * s3")
    result = diff(early, late)
    assert result.verdict.kind == "changed"
    moved = [row for row in result.predict if row.kind == "moved"]
    assert len(moved) == 2
    assert any(row.rewired for row in result.predict)


def test_a_constant_that_is_set_anew_in_each_call_is_the_same_constant():
    again = str(linear()).replace("  s3 = s0 - s1", "  s2 = 0.01\n  s3 = s0 - s1")
    assert diff(linear(), Program.from_text(again)).verdict.kind != "changed"
    other = again.replace("s2 = 0.01\n  s3", "s2 = 0.02\n  s3")
    assert diff(linear(), Program.from_text(other)).verdict.kind == "changed"


def test_the_share_of_the_effective_code_that_changed():
    result = diff(linear(), linear(0.02))
    assert result.verdict.kind == "changed"
    assert (result.verdict.changed, result.verdict.before) == (1, 6)
    assert result.verdict.share == pytest.approx(1 / 6)
    assert diff(Program(), linear()).verdict.share == 1.0
    assert str(result.verdict) == (
        "The effective code differs (1 changed; 6 effective instructions)."
    )


def test_draws_are_told_apart_by_their_distribution_and_rank():
    base = "v1 = gaussian(0, 1, n_features)\n v2 = gaussian(0, 1, n_features)"
    two = read("s1 = dot(v1, v2)", setup=base)
    one = read("s1 = dot(v1, v1)", setup=base)
    wide = read("s1 = dot(v1, v2)", setup=base.replace("0, 1, n", "0, 2, n", 1))
    other = read("s1 = dot(v3, v2)", setup=base.replace("v1", "v3"))
    assert diff(two, one).verdict.kind == "changed"
    assert diff(two, wide).verdict.kind == "changed"
    assert diff(two, other).verdict.kind == "equivalent"


def test_labels_of_another_kind_are_another_computation():
    text = "def Predict():\n v2 = v0 + v1\n s1 = mean(v2)"
    vector = Program.from_text(text, Space(2, 3, 0, label="vector"))
    assert diff(Program.from_text(text), vector).verdict.kind == "changed"


# Row by row.


def test_an_altered_constant_or_operand_is_a_change():
    result = diff(linear(0.01), linear(0.02))
    (row,) = result.setup
    assert row.kind == "changed"
    assert row.matters
    assert (str(row.left), str(row.right)) == ("s2 = 0.01", "s2 = 0.02")
    assert (row.left_live, row.right_live) == (True, True)
    assert not result.is_empty
    other = str(linear()).replace("s3 = s0 - s1", "s3 = s0 - s2")
    rows = diff(linear(), Program.from_text(other)).learn
    assert kinds(rows) == ["changed", "same", "same", "same"]
    assert [row.matters for row in rows] == [True, False, False, False]


def test_new_instructions_are_added_and_lost_ones_removed():
    there = diff(linear(), affine())
    assert kinds(there.predict) == ["same", "added"]
    assert kinds(there.learn) == ["same"] * 4 + ["added"]
    assert there.predict[1].left is None
    assert there.predict[1].left_live is None
    assert (there.verdict.added, there.verdict.removed) == (2, 0)
    back = diff(affine(), linear())
    assert kinds(back.learn) == ["same"] * 4 + ["removed"]
    assert back.learn[4].right is None


def test_another_op_is_not_a_change_but_a_replacement():
    result = diff(read("s1 = sin(s2)"), read("s1 = cos(s2)"))
    assert kinds(result.predict) == ["removed", "added"]


def test_what_reads_a_replacement_is_not_itself_a_change():
    result = diff(two_layer_network(), network(("maximum(v3, v5)", "abs(v3)")))
    rows = [row for rows in result.effective.values() for row in rows]
    assert [str(row.left or row.right) for row in rows] == [
        "v4 = maximum(v3, v5)",
        "v4 = abs(v3)",
    ]


def test_a_change_is_found_among_other_addresses():
    other = network(("s4", "s9"), ("v7", "v9"), ("s9 = s0 - s1", "s9 = s1 - s0"))
    result = diff(two_layer_network(), other)
    changed = [row for row in result.learn if row.matters]
    assert [str(row.right) for row in changed] == ["s9 = s1 - s0"]
    assert result.verdict.changed == 1
    assert result.verdict.renamed == 7


def test_what_reads_something_inserted_is_rewired():
    before = read("s2 = mean(v0)\n s1 = s2 * s2")
    after = read("s2 = mean(v0)\n s2 = abs(s2)\n s1 = s2 * s2")
    rows = diff(before, after).predict
    assert kinds(rows) == ["same", "added", "same"]
    assert [row.rewired for row in rows] == [False, False, True]


def test_liveness_is_told_for_each_side():
    a = read("s2 = mean(v0)\n s1 = sin(s2)")
    b = read("s2 = mean(v0)\n s1 = sin(s3)")
    result = diff(a, b)
    mean, sine = result.predict
    assert (mean.left_live, mean.right_live) == (True, False)
    assert (sine.left_live, sine.right_live) == (True, True)
    assert (mean.kind, mean.matters) == ("same", True)
    assert (result.verdict.removed, result.verdict.changed) == (1, 1)


def test_the_text_marks_what_changed():
    assert str(diff(linear(0.01), affine(0.02))) == (
        "# The effective code differs (2 added, 1 changed; "
        "6 effective instructions before, 8 after).\n"
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


# Whatever the programs.


@given(programs(), programs())
def test_both_programs_can_be_read_off(a, b):
    result = diff(a, b)
    for name, rows in result.functions.items():
        left = tuple(row.left for row in rows if row.left is not None)
        right = tuple(row.right for row in rows if row.right is not None)
        assert (left, right) == (a.functions[name], b.functions[name])
        for row in rows:
            both = row.left is not None and row.right is not None
            assert both == (row.kind in ("same", "changed", "renamed"))
            assert (row.left == row.right) == (row.kind == "same")
            for side, index, program in (
                (row.left, row.left_index, a),
                (row.right, row.right_index, b),
            ):
                assert side is None or program.functions[name][index] == side
    assert result.is_empty == (a == b)
    assert (a.effective() == b.effective()) == (
        result.verdict.kind in ("identical", "dead")
    )


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


@pytest.mark.parametrize("space", [SMALL, VECTOR], ids=["scalar", "vector"])
@given(data=st.data())
def test_any_renaming_is_recognised(space, data):
    program = data.draw(programs(space))
    other = renamed(program, data.draw(renamings(space)))
    result = diff(program, other)
    assert result.verdict.kind != "changed"
    assert not any(result.effective.values())


@given(st.data())
def test_independent_instructions_may_stand_in_any_order(data):
    program = data.draw(programs(ops=EXACT))
    other = data.draw(neighbours(program))
    result = diff(program, other)
    assert result.verdict.kind != "changed"
    rows = [row for rows in result.functions.values() for row in rows]
    live = [row for row in rows if row.left_live or row.right_live]
    assert {row.kind for row in live} <= {"same", "renamed", "moved"}
    if other.effective() != program.effective():
        assert any(row.kind == "moved" for row in live) or any(
            row.kind == "renamed" for row in live
        )


@settings(max_examples=150)
@given(st.data())
def test_what_is_called_the_same_computation_predicts_the_same(data):
    program = data.draw(exact_programs)
    other = renamed(program, data.draw(renamings(SMALL)))
    other = data.draw(neighbours(other))
    name = data.draw(st.sampled_from(FUNCTIONS))
    if other.functions[name]:
        at = data.draw(st.integers(0, len(other.functions[name]) - 1))
        other = without(other, name, at)
    if diff(program, other).verdict.kind != "changed":
        task = small_task(train=5, epochs=2, metric=data.draw(METRIC))
        both = predictions(program, task), predictions(other, task)
        assert np.array_equal(*both, equal_nan=True)


FINGERPRINT = "1864bb2641eb61bd72bd5982996cf020"
METRIC = st.sampled_from(["rmse", "accuracy"])


@given(st.data())
def test_fingerprints_are_equal_for_the_same_computation_only(data):
    program = data.draw(programs())
    other = renamed(program, data.draw(renamings(SMALL)))
    assert fingerprint(other) == fingerprint(program)
    third = data.draw(programs())
    same = diff(program, third).verdict.kind != "changed"
    assert (fingerprint(program) == fingerprint(third)) == same


def test_fingerprints_stay_the_same_from_session_to_session():
    assert fingerprint(linear()) == FINGERPRINT
    assert fingerprint(linear(0.02)) != FINGERPRINT


def test_addresses_of_each_kind_are_renamed():
    names = {(Kind.SCALAR, 3): (Kind.SCALAR, 4), (Kind.SCALAR, 4): (Kind.SCALAR, 3)}
    other = renamed(affine(), names)
    assert str(other) != str(affine())
    assert diff(affine(), other).verdict.kind == "equivalent"
