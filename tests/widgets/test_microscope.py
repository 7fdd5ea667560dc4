import base64
import subprocess
import sys

import numpy as np
import pytest

from tests.widgets.comms import FakeComm, until
from tests.widgets.tiny_meta import examples, model
from workbench.widgets import Microscope


@pytest.fixture
def microscope():
    microscope = Microscope(
        *model("srwm"), examples(), compare={"DeltaNet": model("deltanet")}
    )
    microscope.comm = FakeComm()
    yield microscope
    microscope.close()


def order(microscope, name, **more):
    microscope.comm.message(type="command", id=f"v:{name}", name=name, **more)


def numbers(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def shown(microscope):
    microscope.comm.message(type="attach", view="v")
    until(lambda: microscope.part("now"))
    return microscope


def test_forwards_and_back(microscope):
    assert microscope.where == "before the first example"
    first = microscope.weights
    microscope.step(4)
    assert microscope.where.startswith("example 4 of 6, label ")
    assert not np.allclose(microscope.weights, first)
    microscope.step(-4)
    np.testing.assert_array_equal(microscope.weights, first)
    microscope.go_to(99)
    assert microscope.position == 6
    microscope.episode = 1
    assert microscope.position == 0


def test_the_page_gets_the_matrix_that_was_chosen(microscope):
    shown(microscope)
    order(microscope, "look", layer=1, head=1)
    order(microscope, "go", step=3)
    until(lambda: microscope.part("figure").get("step") == 3)
    until(lambda: microscope.part("trace").get("head") == 1)
    one = microscope.play.layers[1]
    figure, trace = microscope.part("figure"), microscope.part("trace")
    np.testing.assert_array_equal(numbers(figure["weights"]), one.weights[2, 1].ravel())
    np.testing.assert_array_equal(
        numbers(figure["change"]), one.changes()[2, 1].ravel()
    )
    assert trace["tops"]["W"][0] == np.abs(one.weights[:, 1, :, :4]).max()
    np.testing.assert_array_equal(
        numbers(microscope.part("now")["answers"]), microscope.play.answers[3].ravel()
    )


def test_nothing_is_computed_before_somebody_looks(microscope):
    assert not microscope.part("now")
    assert "not recorded yet" in microscope.static_html()
    shown(microscope)
    until(lambda: microscope.part("state")["busy"] == "")
    assert {"MainThread"}.isdisjoint(microscope.comm.threads - {"MainThread"})


def test_what_edits_cost(microscope):
    plain = microscope.cost
    assert plain.right == plain.right_unedited
    microscope.freeze(1)
    assert microscope.cost.loss == pytest.approx(microscope.play.loss[0])
    microscope.swap(2, int(examples().take(0).targets[1] + 1) % 3)
    microscope.perturb(1, 1.5)
    assert microscope.cost.loss_unedited == pytest.approx(plain.loss)
    shown(microscope)
    keys = [line["key"] for line in microscope.part("course")["lines"]]
    assert keys == ["shown", "original"]
    order(microscope, "beside", model="DeltaNet")
    until(lambda: microscope.part("trace_beside").get("layers") == 2)
    assert len(microscope.part("course")["lines"]) == 3
    mine, other = microscope.part("course")["costs"]
    cost = microscope.cost
    assert (mine["name"], other["name"]) == ("SRWM", "DeltaNet")
    assert mine["right"] == [cost.right_unedited, cost.right]
    assert mine["loss"] == [cost.loss_unedited, cost.loss]
    assert other["loss"][0] != other["loss"][1]
    microscope.reset()
    assert microscope.cost == plain


def test_what_is_refused(microscope):
    with pytest.raises(ValueError, match=r"example is 7; accepted: .*1 to 6"):
        microscope.freeze(7)
    with pytest.raises(ValueError, match=r"noise is 9; accepted: 0 to 4"):
        microscope.perturb(1, 9)
    with pytest.raises(ValueError, match=r"head is 2; accepted: .*0 to 1"):
        microscope.look(0, 2)
    with pytest.raises(ValueError, match="accepted: '', 'DeltaNet'"):
        microscope.beside("LSTM")


def test_a_command_that_fails_is_told(microscope):
    shown(microscope)
    order(microscope, "swap", example=1, label=8)
    until(lambda: "label is 8" in microscope.part("state")["problem"])


def test_a_model_without_matrices_shows_its_answers():
    microscope = Microscope(*model("fake-sr"), examples())
    try:
        assert microscope.play.layers == ()
        with pytest.raises(ValueError, match="kind is 'fake-sr'"):
            _ = microscope.weights
        microscope.refresh()
        microscope.refresh()
        assert microscope.part("trace")["layers"] == 0
        assert "before the first example" in microscope.static_html()
    finally:
        microscope.close()


def test_the_static_picture_has_the_step_and_the_matrix(microscope):
    microscope.go_to(2)
    microscope.refresh()
    microscope.refresh()
    html = microscope.static_html()
    assert "example 2 of 6" in html
    assert html.count("<svg") == 2
    assert "Queries answered rightly" in html


def test_the_first_picture_and_the_other_panels_do_without_jax():
    code = """import sys
from workbench.widgets import Microscope, SearchPanel
microscope = Microscope.pretrained()
microscope.beside("DeltaNet")
microscope.refresh()
assert microscope.part("figure_beside")["weights"]
sys.exit("jax" in sys.modules)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
