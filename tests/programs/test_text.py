import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.programs.strategies import instructions
from workbench.programs import (
    OPS,
    Instruction,
    Program,
    ProgramSyntaxError,
    Space,
    linear,
)

DEMO_OPS = [56, 27, 2, 3, 18, 23]
DEMO = Space(4, 3, 1, DEMO_OPS, DEMO_OPS, DEMO_OPS, predict_length=(1, 2))

LINEAR = """\
def Setup():
  s2 = 0.01
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2"""


def refused(line, space=None):
    with pytest.raises(ProgramSyntaxError) as caught:
        Program.from_text(f"def Predict():\n  {line}", space)
    return caught.value


def test_programs_print_in_the_form_of_the_field():
    assert str(linear()) == LINEAR


def test_layout_does_not_count():
    text = """
        # order, indentation, comments and blank lines are free
        def Learn():
        \ts3=s0-s1   # the error
            s3 =  s2*s3
          v2 = s3 * v0

        v1 = v1 + v2
        def Predict():
          s1 = dot( v1 ,v0 )
        def Setup():\r
          pass\r
          s2 = 1e-2\r
    """
    assert Program.from_text(text) == linear()


def test_missing_functions_are_empty():
    assert Program.from_text("") == Program()
    assert Program.from_text("def Predict():\n  pass") == Program()


@given(instructions())
def test_every_instruction_has_one_spelling(instruction):
    assert str(Program.from_text(f"def Learn():\n{instruction}").learn[0]) == str(
        instruction
    )


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("s3 = 1 / s2", 6),
        ("s3 = 1.0 / s2", 6),
        ("s3 = s1 / s2", 4),
        ("v3 = heaviside(v2, 1)", 16),
        ("v3 = bcast(s2)", 19),
        ("m1 = bcast(v2, axis=0)", 32),
        ("m1 = bcast(v2, axis=1)", 33),
        ("s2 = norm(v1)", 21),
        ("s2 = norm(m1)", 34),
        ("v2 = norm(m1, axis=0)", 35),
        ("v2 = norm(m1, axis=1)", 36),
        ("v2 = mean(m1, axis=1)", 52),
        ("v2 = std(m1, axis=1)", 53),
        ("v2 = dot(m1, v1)", 31),
        ("s2 = dot(v2, v1)", 27),
        ("m2 = s2 * m1", 29),
        ("s2 = - 1.5", 56),
        ("s2 = -inf", 56),
        ("v1[0.375] = -1.5", 57),
        ("m1[0.1, 0.6] = 2.0", 58),
        ("s1 = gaussian(0, 1)", 62),
        ("v1 = gaussian(0, 1, n_features)", 63),
        ("m1 = uniform(-1, 1, (n_features, n_features))", 61),
        ("NoOp()", 0),
    ],
)
def test_overloads_are_told_apart(line, number):
    program = Program.from_text(f"def Learn():\n  {line}")
    assert program.learn[0].op is OPS[number]


@pytest.mark.parametrize(
    ("line", "column", "found", "suggestion"),
    [
        ("s1 = dto(v0, v1)", 8, "dto", "dot"),
        ("s1 = min(s1, s2)", 8, "min", "minimum"),
        ("s1 = heavyside(s2, 1.0)", 8, "heavyside", "heaviside"),
        ("s1 = S2 + s1", 8, "S2", "s2"),
        ("nop()", 3, "nop", "NoOp"),
        ("Def Learn():", 3, "Def", "def"),
        ("v2 = gaussian(0, 1, n_feature)", 23, "n_feature", "n_features"),
        ("v2 = guassian(0, 1, n_feature)", 8, "guassian",
         "v2 = gaussian(0, 1, n_features)"),
        ("s1 = dot(s1, v0)", 12, "s1", "v1"),
        ("s1 = dot(m0, v0)", 3, "s1", "v1"),
        ("s1 = v1 + v2", 3, "s1", "v1"),
        ("m1 = bcast(v1)", 3, "m1", "m1 = bcast(v1, axis=0)"),
        ("s1 = mean(v0, axis=1)", 3, "s1", "s1 = mean(v0)"),
        ("v1 = norm(m1, axis=2)", 22, "2", "v1 = norm(m1, axis=0)"),
        ("s1 = dot(v1, v0", 18, "", "s1 = dot(v1, v0)"),
        ("s1 = 2 / s1", 10, "/", "s1 = 1 / s1"),
        ("s0 = s1 + s2", 3, "s0", "s1"),
        ("v0 = v1 + v2", 3, "v0", "v1"),
        ("s1000 = s1 + s2", 3, "s1000", "s999"),
        ("s1 = s2", 10, "", None),
        ("s1 = s2  # a copy", 10, "", None),
        ("s1 = s2 + s3 + s4", 16, "+", None),
        ("s1 = -s2", 8, "-", None),
        ("x = s1 + s2", 3, "x", None),
        ("v1[3] = 2", 6, "3", None),
        ("v1[0.99999999999] = 2", 6, "0.99999999999", None),
        ("s2 = 1e999", 8, "1e999", None),
        ("v1[0.1] = 1e39", 13, "1e39", None),
    ],
)  # fmt: skip
def test_errors_say_where_and_what_is_near(line, column, found, suggestion):
    error = refused(line)
    assert (error.line, error.column, error.found) == (2, column, found)
    assert error.suggestion == suggestion
    assert error.accepted


def test_the_message_shows_the_line_with_a_caret():
    assert str(refused("s1 = dot(s1, v0)")) == (
        "line 2, column 12: found the scalar `s1`; accepted: a vector, as in "
        "`s = dot(v, v)`, `v = dot(m, v)`; did you mean `v1`?\n"
        "    s1 = dot(s1, v0)\n"
        "             ^~\n"
        "    s1 = dot(v1, v0)"
    )


def test_long_and_odd_lines_are_shown_in_part():
    message = str(refused("s1 = dot(v0, \x00" + "v" * 5000 + ")"))
    assert "\x00" not in message
    assert max(map(len, message.splitlines())) < 250
    assert len(str(refused("s" + "9" * 5000 + " = 0.1"))) < 500


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("s1 = dot(v0, v1)", 1, 1, "before the first instruction"),
        ("def Predit():", 1, 5, "did you mean `Predict`?"),
        ("def Setup()", 1, 12, "accepted: `:`"),
        ("def Setup(): s2 = 0.1", 1, 14, "accepted: the end of the line"),
        ("def", 1, 4, "`Setup`, `Predict`, `Learn`"),
        ("def Setup():\ndef Setup():", 2, 5, "a second `Setup`"),
    ],
)
def test_wrong_headers(text, line, column, words):
    with pytest.raises(ProgramSyntaxError) as caught:
        Program.from_text(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "line", "column", "words"),
    [
        ("s1 = dot(v0, v5)", 2, 16, "accepted: v0 to v2; did you mean `v2`?"),
        ("s4 = s1 * s2", 2, 3, "accepted: s1 to s3; did you mean `s3`?"),
        ("s1 = sin(s1)", 2, 8, "`s = sin(s)`; accepted: in Predict of this space"),
        ("s1 = s2 + s3", 2, 11, "found `s = s + s`; accepted"),
        ("s1 = s2 - s3\n  s1 = s2 - s3\n  s1 = s2 - s3", 4, 3,
         "instruction 3 of Predict; accepted: at most 2"),
        ("pass", 1, 5, "0 instructions in Predict; accepted: at least 1"),
    ],
)  # fmt: skip
def test_what_is_outside_the_space_is_refused_at_its_place(lines, line, column, words):
    error = refused(lines, DEMO)
    assert (error.line, error.column) == (line, column)
    assert words in str(error)


def test_a_missing_function_that_the_space_wants_is_named():
    with pytest.raises(ProgramSyntaxError, match="0 instructions in Predict"):
        Program.from_text("def Setup():\n", DEMO)


def test_the_vector_label_is_read_only_in_its_space():
    error = refused("v1 = v0 + v2", Space(label="vector"))
    assert error.accepted == "v2 to v19"
    assert "read-only" in str(error)


def test_what_is_no_text_is_refused():
    with pytest.raises(ProgramSyntaxError, match="accepted: a text"):
        Program.from_text(b"def Setup():")


WORDS = """def Setup(): Predict Learn pass NoOp() = + - * / ( ) [ ] , . # s v m s0 s1
s2 v0 v1 v99 m0 m1 S1 0.5 -1 1e5 inf nan axis=0 axis=1 dot norm bcast gaussian mean
n_features heaviside 1.0 minimum {out} \u00e9 \u0661"""
pieces = st.one_of(
    st.sampled_from([*WORDS.split(), "\n", "\t", "\r", "\u2028", "\x1c"]),
    instructions().map(str),
    st.text(max_size=5),
)


def attempt(text, space=None):
    """Return the program or the refusal; any other error is the parser's fault."""
    try:
        return Program.from_text(text, space)
    except ProgramSyntaxError as error:
        return error


@given(st.lists(pieces, max_size=12).map(" ".join), st.sampled_from([None, DEMO]))
@example("{out} = {c0}", None)
@example("v\u0661 = s1", None)
@example("\x1c", None)
def test_any_text_is_read_or_refused_with_a_place(text, space):
    for program_text in (text, "def Learn():\n" + text):
        result = attempt(program_text, space)
        if isinstance(result, Program):
            assert attempt(str(result), space) == result
            continue
        lines = program_text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= result.line <= len(lines)
        assert 1 <= result.column <= len(lines[result.line - 1]) + 1
        assert str(result)


@given(instructions(), st.data())
def test_a_line_with_one_letter_changed_is_read_or_refused(instruction, data):
    line = str(instruction)
    position = data.draw(st.integers(0, len(line) - 1))
    letter = data.draw(st.sampled_from("svmabx019.,()[]=+-*/# "))
    changed = line[:position] + letter + line[position + 1 :]
    result = attempt(f"def Learn():\n  {changed}")
    if isinstance(result, ProgramSyntaxError):
        assert result.line == 2
        assert changed[:40].strip() in str(result)


def test_a_suggested_instruction_can_be_pasted():
    for line in ("m1 = bcast(v1)", "v1 = norm(m1, axis=2)", "s1 = dot(v1 v0)"):
        suggestion = refused(line).suggestion
        program = Program.from_text(f"def Learn():\n  {suggestion}")
        assert isinstance(program.learn[0], Instruction)
