"""Edits of a program, their text, and going back."""

import pytest

from workbench import Program, Space
from workbench.programs import ProgramSyntaxError, two_layer_network
from workbench.widgets.draft import Draft, History, alternatives

TEXT = """def Setup():
  s2 = 0.01
  s7 = 0.5
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2"""


@pytest.fixture
def draft():
    return Draft.of(Program.from_text(TEXT))


def states(draft):
    return [(str(line.instruction), line.on) for line in draft.all_lines()]


def test_without_edits_it_is_the_program(draft):
    assert draft.program == Program.from_text(TEXT)
    assert draft.text == TEXT
    assert [draft.live[line.id] for line in draft.all_lines()] == [
        True,
        False,
        *[True] * 5,
    ]


def test_a_line_behind_a_hash_that_is_almost_an_instruction_is_no_remark(draft):
    read = draft.with_text(
        TEXT.replace("s2 = 0.01", "# more of s2 = ...\n  #s2 = 0.02")
    )
    assert states(read)[0] == ("s2 = 0.02", False)
    assert states(read)[1:] == states(draft)[1:]
    with pytest.raises(ProgramSyntaxError, match=r"line 9, column 8: found `v3o`"):
        draft.with_text(TEXT.replace("v2 = s3 * v0", "# v2=v3o * v0"))


def test_a_line_knocked_out_leaves_others_dead_and_comes_back(draft):
    number = draft.at("learn", 3).id
    out = draft.switched(number, on=False)
    assert len(out.program) == len(draft.program) - 1
    # v1 stays as it is: nothing is learnt.
    live = [str(line.instruction) for line in out.all_lines() if out.live.get(line.id)]
    assert live == ["s1 = dot(v1, v0)"]
    assert "  # v1 = v1 + v2" in out.text
    assert out.switched(number, on=True) == draft
    assert draft.without(number) == out.program


def test_constants_and_operations(draft):
    tuned = draft.with_constant(draft.at("setup", 0).id, 0, 0.25)
    assert "s2 = 0.25" in tuned.text
    line = draft.at("learn", 1).id
    replaced = draft.with_op(line, "SCALAR_SUM_OP")
    assert "s3 = s2 + s3" in replaced.text
    assert replaced.restored(line) == draft
    with pytest.raises(ValueError, match=r"accepted: .*SCALAR_SUM_OP"):
        draft.with_op(line, "VECTOR_SUM_OP")
    other = draft.with_op(draft.at("setup", 0).id, "SCALAR_GAUSSIAN_SET_OP")
    assert "s2 = gaussian(0.0, 1.0)" in other.text


def test_every_operation_can_take_the_place_of_its_alternatives():
    for line in Draft.of(two_layer_network()).all_lines():
        for op in alternatives(line.instruction.op):
            draft = Draft.of(two_layer_network()).with_op(line.id, op.name)
            assert draft.line(line.id).instruction.op is op


def test_a_constant_that_may_not_be_is_refused():
    draft = Draft.of(Program.from_text("def Setup():\n  v1[0.5] = 2.0"))
    with pytest.raises(ValueError, match="index fraction"):
        draft.with_constant(0, 0, 1.5)


def test_text_goes_to_lines_and_back(draft):
    text = TEXT.replace("  s7 = 0.5", "  # s7 = 0.5\n  # a remark").replace(
        "0.01", "0.02"
    )
    read = draft.with_text(text)
    assert states(read)[:2] == [("s2 = 0.02", True), ("s7 = 0.5", False)]
    assert [line.id for line in read.all_lines()] == list(range(7))
    assert str(read.line(0).origin) == "s2 = 0.01"
    assert read.with_text(read.text) == read
    assert draft.with_text(draft.text) == draft
    longer = draft.with_text(f"{TEXT}\n  v25 = v1 + v2")
    assert longer.program.space.vectors == 26
    assert longer.at("learn", 4).origin is None


def test_what_is_no_program_is_refused_where_it_is_wrong(draft):
    with pytest.raises(ProgramSyntaxError) as caught:
        draft.with_text(TEXT.replace("dot(", "dott("))
    assert (caught.value.line, caught.value.column) == (5, 8)
    with pytest.raises(ProgramSyntaxError, match="v0 to v99"):
        draft.with_text(f"{TEXT}\n  v1 = v100 + v1")


def test_vector_labels_stay_vector_labels():
    space = Space(label="vector", setup_length=(1, 1))
    draft = Draft.of(
        Program.from_text(
            "def Setup():\n  v3[0.5] = 1.0\ndef Predict():\n  v2 = v3 + v0", space
        )
    )
    assert draft.program.space is space
    # The search's lengths do not bind the reader.
    shorter = draft.switched(0, on=False).program
    assert shorter.space.label == "vector"
    with pytest.raises(ProgramSyntaxError, match="read-only"):
        draft.with_text("def Predict():\n  v1 = v3 + v0")


def test_history_goes_back_and_joins_what_is_one_gesture(draft):
    history = History(draft)
    for value in (0.1, 0.2, 0.3):
        assert history.put(history.draft.with_constant(0, 0, value), "drag")
    assert (history.undoable, history.redoable) == (1, 0)
    assert not history.put(history.draft)
    history.put(history.draft.switched(2, on=False))
    assert history.go(-1)
    assert states(history.draft)[0] == ("s2 = 0.3", True)
    assert history.go(-1)
    assert history.draft == history.first == draft
    assert not history.go(-1)
    assert history.go(2)
    assert not history.draft.line(2).on
    history.go(-1)
    # A gesture that was undone does not go on.
    history.put(history.draft.with_constant(0, 0, 0.4), "drag")
    assert (history.undoable, history.redoable) == (2, 0)
