import pytest

from tests.widgets.comms import FakeComm, until
from tests.widgets.tiny_meta import TRAINING
from workbench.selfref.pretrained import load_pretrained, pretrained_names
from workbench.widgets import SRWMPanel
from workbench.widgets.srwm_form import SRWMForm
from workbench.widgets.srwm_panel import DEFAULT


@pytest.fixture
def panel():
    panel = SRWMPanel(baselines=(), store=None)
    panel.comm = FakeComm()
    yield panel
    panel.close()


def test_a_training_from_its_start_to_its_end(panel):
    panel.edit(**TRAINING, steps=4000)
    assert panel.status == "ready"
    panel.comm.message(type="attach", view="v")
    panel.comm.message(type="command", id="v:1", name="start")
    until(lambda: panel.status == "running", 120)
    until(lambda: panel.part("curves")["lines"][0]["steps"], 60)
    assert panel.part("form")["locked"]
    panel.pause()
    until(lambda: panel.status == "paused", 60)
    step = panel.trainings["srwm"].steps
    until(lambda: panel.part("state")["can"] == {"resume": True, "stop": True})
    until(lambda: "SRWM at step" in panel.part("view")["about"], 60)
    assert panel.microscope.model.spec.hidden == 8
    assert panel.trainings["srwm"].steps == step
    panel.stop()
    until(lambda: panel.status == "stopped", 60)
    until(lambda: panel.part("runs")["rows"][0]["final"] is not None)
    html = panel.static_html()
    assert "<svg" in html
    assert "SRWM" in html
    until(lambda: panel.part("curves")["neighbour"] is not None, 60)


def test_what_is_refused_stands_at_its_field(panel):
    with pytest.raises(ValueError, match="Heads: accepted: a divisor of hidden"):
        panel.edit(heads=3, hidden=8)
    assert set(panel.part("form")["errors"]) == {"heads"}
    with pytest.raises(TypeError, match="no setting 'head'"):
        panel.edit(head=3)
    panel.comm.message(type="attach", view="v")
    panel.comm.message(type="command", id="v:1", name="start")
    until(lambda: panel.part("state")["refused"] == 1)
    assert panel.status == "ready"
    with pytest.raises(ValueError, match="'lsmt'; accepted: deltanet"):
        SRWMPanel(baselines=["lsmt"])


def test_each_change_of_a_setting_reaches_the_views(panel):
    shown = panel.part("form")
    panel.edit(hidden=48)
    assert shown["values"]["hidden"] != "48"
    assert panel.part("form")["values"]["hidden"] == "48"
    assert panel.part("form")["revision"] > shown["revision"]


def test_the_form_stands_for_the_specs_it_began_with():
    form = SRWMForm(DEFAULT, ("deltanet", "lstm"))
    specs = form.check()
    assert form.errors == {}
    assert list(specs) == ["srwm", "deltanet", "lstm"]
    assert specs["srwm"].but(name="") == DEFAULT
    assert specs["lstm"].model.kind == "lstm"
    form.edit({"labels": "delayed", "with_srwm": True})
    assert not form.check()["srwm"].dense
    form.edit({"ways": "lots"})
    assert form.check() is None


def test_the_models_that_ship_know_digits_they_never_saw():
    assert pretrained_names() == ("deltanet", "srwm")
    for name in pretrained_names():
        model = load_pretrained(name)
        assert model.spec.model.kind == name
        test = model.facts["test"]
        assert test["split"] == "test"
        assert test["score"] > test["neighbour"]
    with pytest.raises(ValueError, match="accepted: 'deltanet', 'srwm'"):
        load_pretrained("lstm")


def test_the_microscope_shows_them_at_once(panel):
    microscope = panel.microscope
    assert len(microscope.play.targets) == 15
    shares = []
    for number in range(6):
        microscope.episode = number
        shares.append(microscope.play.right[-1])
    assert sum(shares) / 6 > 0.5
