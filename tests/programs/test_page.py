"""The page on programs says what the package does."""

from pathlib import Path

import pytest

from tests import naive
from workbench.programs import Program, ProgramSyntaxError, linear
from workbench.programs.tables import op_table_markdown

PAGE = (Path(__file__).parents[2] / "docs" / "programs.md").read_text(encoding="utf-8")


def test_it_holds_the_op_table():
    assert op_table_markdown() in PAGE


def test_its_program_is_the_library_one():
    assert str(linear()) in PAGE


def test_its_error_is_the_real_one():
    with pytest.raises(ProgramSyntaxError) as caught:
        Program.from_text("def Predict():\n  s1 = dot(s1, v0)")
    assert str(caught.value) in PAGE


def test_labels_are_hidden_and_memory_is_kept():
    text = "def Predict():\n s1 = s1 + s2\n s2 = heaviside(s0, 1.0)"
    run = naive.run(Program.from_text(text), [[1.0]] * 2, [5.0] * 2, [[1.0]], [5.0])
    assert run.predictions == [0.0, 1.0, 2.0]
