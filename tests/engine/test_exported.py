"""The check of exported NumPy code, on code that is right and on code that is not."""

import pytest

from workbench.engine import check_export, exported
from workbench.programs import (
    Program,
    Space,
    evolved,
    logistic_regression,
    numpy_source,
    two_layer_network,
)

CLASSES = """
def Setup():
  s2 = 0.1
def Predict():
  v2 = dot(m1, v0)
def Learn():
  v3 = v1 - v2
  v3 = s2 * v3
  m2 = outer(v3, v0)
  m1 = m1 + m2
"""
VECTOR = Space(3, 4, 3, label="vector")
DEAD_DRAW = (
    "def Setup():\n v5 = gaussian(0, 1, n_features)\ndef Learn():\n s1 = s0 + s1"
)


def plant(monkeypatch, old, new):
    """Have the export contain a mistake."""

    def wrong(program):
        source = numpy_source(program)
        assert old in source
        return source.replace(old, new)

    monkeypatch.setattr(exported, "numpy_source", wrong)


@pytest.mark.parametrize(
    "program",
    [logistic_regression(), Program.from_text(CLASSES, VECTOR)],
    ids=["scalar labels", "vector labels"],
)
def test_code_that_is_right(program):
    found = check_export(program)
    assert found.equal
    assert found.compared == 240
    assert found.largest <= 1e-12
    assert str(found).startswith(
        "equals the engine: 240 predictions on random examples, largest difference "
    )
    assert found.where == ""


def test_a_program_that_stops_early_is_compared_up_to_there():
    found = check_export(Program.from_text("def Predict():\n s1 = 1000.0"))
    assert found.equal
    # The first example of each regression task; in classification no error is large.
    assert found.compared == 3 + 120


def test_code_that_is_wrong(monkeypatch):
    plant(monkeypatch, "v1 = v1 + v2", "v1 = v1 - v2")
    found = check_export(
        Program.from_text(
            "def Predict():\n s1 = dot(v1, v0)\n"
            "def Learn():\n s3 = s0 - s1\n v2 = s3 * v0\n v1 = v1 + v2"
        )
    )
    assert found.verdict == "different"
    assert found.largest > 0.1
    # Before it has learned, all weights are 0.
    assert "first in training, epoch 1, example 2 (rmse, F = 2)" in str(found)


def test_one_prediction_too_many_is_a_difference(monkeypatch):
    plant(monkeypatch, "return results", "return (validated.append(1.0), results)[1]")
    found = check_export(Program.from_text(CLASSES, VECTOR))
    assert (found.verdict, found.largest) == ("different", float("inf"))
    assert "first in validation, epoch 2, example 9 (2 classes, F = 3)" in str(found)


def test_code_that_fails(monkeypatch):
    plant(monkeypatch, "return v2[:classes].copy()", "return v2[:classes] + v0")
    with pytest.raises(RuntimeError, match=r"did not run to its end: ValueError: .*3"):
        check_export(Program.from_text(CLASSES, VECTOR))


def test_what_draws_random_numbers_is_not_called_equal():
    found = check_export(two_layer_network())
    assert (found.verdict, found.compared, found.equal) == ("random", 0, False)
    assert "only the distributions can agree" in str(found)
    # Dead draws change no prediction.
    assert check_export(Program.from_text(DEAD_DRAW)).equal


def test_code_that_never_ends_is_given_up(monkeypatch):
    plant(monkeypatch, "def start(", "while True:\n    pass\n\n\ndef start(")
    with pytest.raises(RuntimeError, match="did not end within 1 s"):
        check_export(evolved(), timeout=1.0)


def test_what_is_refused():
    with pytest.raises(TypeError, match="accepted: a Program"):
        check_export("def Predict():")
    with pytest.raises(ValueError, match="seed"):
        check_export(Program(), seed=-1)
