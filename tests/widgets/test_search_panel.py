import json
import threading

import numpy as np
import pytest

from tests.widgets.comms import FakeComm, until
from workbench import PRESETS, Program, Search
from workbench.engine import warm
from workbench.runs import RunStore
from workbench.runs._worker import Worker
from workbench.widgets import SearchPanel
from workbench.widgets.panel import STATIC_CLASS

SPEC = PRESETS["demo"].spec.but(
    population=50, individuals=3000, train_steps=None, fitness=None
)


@pytest.fixture
def panel():
    panel = SearchPanel(spec=SPEC, store=None)
    panel.comm = FakeComm()
    yield panel
    panel.close()


def click(panel, name, **more):
    panel.comm.message(type="command", id=f"view:{name}", name=name, **more)


def at_rest(panel, *statuses):
    until(lambda: panel.state.get("status") in statuses, 240)


def test_a_click_starts_and_the_end_is_in_the_saved_state(panel):
    panel.comm.message(type="attach", view="a")
    click(panel, "start")
    at_rest(panel, "finished")
    assert panel.counters["individuals"] == 3000
    assert [s["name"] for s in panel.result["scores"]] == ["Search", "Select", "Final"]
    best = panel.best
    assert best.final is not None
    lines = [r["text"] for f in panel.program["functions"] for r in f["rows"]]
    assert lines == [str(i) for part in best.program.functions.values() for i in part]
    words = [r["words"] for f in panel.program["functions"] for r in f["rows"]]
    assert all(said.startswith(("Set ", "Do nothing")) for said in words)
    rows = np.frombuffer(panel.rows, np.float32)
    assert rows.size == panel.rows_meta["rows"] * len(panel.rows_meta["columns"])
    assert panel.rows_meta["rows"] <= 2000
    json.dumps([panel.state, panel.form, panel.program, panel.marks, panel.schema])


def test_the_label_tells_a_command_while_it_is_carried_out(monkeypatch):
    may_save = threading.Event()
    monkeypatch.setattr(Worker, "_save", lambda _: may_save.wait(60))
    panel = SearchPanel(spec=SPEC.but(individuals=10**9), store=None)
    panel.comm = FakeComm()
    panel.comm.message(type="attach", view="a")
    may_save.set()
    click(panel, "start")
    until(lambda: panel.status == "running", 240)
    may_save.clear()
    click(panel, "pause")
    until(lambda: panel.part("state")["status"] == "pausing")
    assert panel.status == "running"
    assert panel.part("state")["can"] == {"stop": True}
    may_save.set()
    at_rest(panel, "paused")
    panel.runner.resume()  # not by a command of the panel
    at_rest(panel, "running")
    click(panel, "stop")
    click(panel, "stop")
    at_rest(panel, "stopped")
    panel.close()


def test_it_says_what_is_being_compiled(panel, monkeypatch, capsys):
    compiling, checked = threading.Event(), threading.Event()
    prepare = Search.prepare

    def prepare_slowly(search):
        tell = warm._teller.get()
        tell("Compiling something ...")
        compiling.set()
        assert checked.wait(60)
        tell("")
        prepare(search)

    monkeypatch.setattr(Search, "prepare", prepare_slowly)
    panel.comm.message(type="attach", view="a")
    click(panel, "start")
    assert compiling.wait(60)
    until(lambda: panel.state.get("detail") == "Compiling something ...")
    assert panel.state["status"] == "preparing"
    checked.set()
    at_rest(panel, "finished")
    assert "Compiling" not in panel.state["detail"]
    assert "Compiling something" not in capsys.readouterr().err


def test_start_from_a_cell_returns_at_once_and_gives_the_search(panel):
    panel.start()
    assert panel.search is not None
    assert panel.runner is panel.search.runner
    panel.runner.wait(60)
    at_rest(panel, "finished")


def test_step_makes_exactly_that_many(panel):
    click(panel, "step", count=137)
    at_rest(panel, "paused")
    assert panel.counters["individuals"] == 137
    click(panel, "step", count=3)
    until(lambda: panel.counters["individuals"] == 140)


def test_pause_resume_stop(panel):
    panel.edit(individuals="")
    click(panel, "start")
    until(lambda: panel.status == "running", 60)
    click(panel, "pause")
    at_rest(panel, "paused")
    individuals = panel.counters["individuals"]
    click(panel, "resume")
    until(lambda: panel.runner.snapshot.position > individuals)
    click(panel, "stop")
    at_rest(panel, "stopped")
    with pytest.raises(ValueError, match="Population"):
        panel.edit(population="none")
    with pytest.raises(ValueError, match="Not started"):
        panel.start()
    assert panel.status == "stopped"
    panel.edit(population=50)
    assert panel.result["scores"]
    assert panel.state["can"] == {"start": True}, "a step would discard the result"


def test_a_pause_before_the_first_point_shows_the_best_program(panel):
    click(panel, "step", count=1)
    at_rest(panel, "paused")
    until(lambda: panel.program.get("functions"))
    assert panel.program["fitness"] == panel.best.fitness == panel.counters["best"]
    assert panel.program["previous"] is None


def test_the_budget_that_runs_out_first_is_named(panel):
    panel.edit(individuals=1000, train_steps=10**12)
    click(panel, "step", count=250)
    at_rest(panel, "paused")
    shown = {name: panel.counters[name] for name in ("share", "limit", "unit")}
    assert shown == {"share": 0.25, "limit": 1000, "unit": "individuals"}


def test_commands_that_mean_nothing_now_do_nothing(panel):
    for name in ("pause", "resume", "stop", "fly"):
        click(panel, name)
    until(lambda: len(panel.comm.handled()) == 4)
    assert panel.status == "ready"
    assert panel.search is None


def test_a_refused_setting_does_not_start_and_says_where(panel):
    click(panel, "edit", values={"population": "none"})
    click(panel, "start")
    until(lambda: len(panel.comm.handled()) == 2)
    assert panel.status == "ready"
    assert "Population" in panel.part("state")["problem"]
    assert "population" in panel.part("form")["errors"]
    with pytest.raises(ValueError, match="Population"):
        panel.start()
    with pytest.raises(ValueError, match="Population"):
        _ = panel.spec


def test_settings_are_locked_while_the_search_is_under_way(panel):
    click(panel, "step", count=10)
    at_rest(panel, "paused")
    click(panel, "edit", values={"seed": "77"})
    until(lambda: len(panel.comm.handled()) == 2)
    assert panel.form["locked"]
    assert panel.form["values"]["seed"] != "77"


def test_a_paused_search_takes_edits_when_they_are_applied(panel):
    click(panel, "step", count=500)
    at_rest(panel, "paused")
    until(lambda: "tournament" in panel.part("form")["open"])
    assert "seed" not in panel.part("form")["open"]
    texts = {"tournament": "3", "mutations": "identity 2, alter_param", "seed": "9"}
    click(panel, "edit", values={**texts, "individuals": "2 000"})
    until(lambda: panel.part("form").get("pending"))
    form = panel.part("form")
    assert form["pending"] == ["Mutations", "Tournament", "Budget (individuals)"]
    assert form["values"]["seed"] == "1"
    assert panel.search.spec.changes == ()
    click(panel, "apply")
    until(lambda: panel.marks.get("changes"))
    [mark] = panel.marks["changes"]
    assert mark["individuals"] == 500
    assert "tournament 10 → 3; individuals 3,000 → 2,000" in mark["text"]
    assert panel.part("form")["pending"] == []
    assert dict(panel.search.present_spec.mutations) == {
        "identity": 2.0,
        "alter_param": 1.0,
    }
    assert "tournament 10 → 3" in panel.static_html()
    click(panel, "resume")
    at_rest(panel, "finished")
    assert panel.counters["individuals"] == panel.counters["limit"] == 2000
    assert panel.part("form")["values"]["tournament"] == "3"


def test_edits_that_were_not_applied_are_dropped_with_a_word(panel):
    panel.step(100)
    at_rest(panel, "paused")
    click(panel, "edit", values={"tournament": "3"})
    click(panel, "step", count=100)
    until(lambda: panel.status == "paused" and panel.counters["individuals"] == 200)
    assert panel.search.spec.changes == ()
    assert panel.part("form")["values"]["tournament"] == "10"
    assert "have been dropped" in panel.part("form")["note"]
    click(panel, "edit", values={"tournament": "none"})
    until(lambda: "tournament" in panel.part("form")["errors"])
    assert panel.part("form")["pending"] == []
    with pytest.raises(ValueError, match="Tournament"):
        panel.apply()


def test_a_cell_changes_a_paused_search_and_the_form_follows(panel):
    with pytest.raises(RuntimeError, match="the search is ready"):
        panel.apply()
    panel.step(100)
    at_rest(panel, "paused")
    panel.edit(mutation_probability=0.5)
    panel.apply()
    assert panel.search.present_spec.mutation_probability == 0.5
    panel.search.change(fitness=0.75)
    panel.refresh()
    assert panel.part("form")["values"]["fitness"] == "0.75"
    assert len(panel.part("marks")["changes"]) == 2
    again = SearchPanel(search=panel.search)
    assert again.part("marks")["changes"] == panel.part("marks")["changes"]
    assert again.part("form")["values"]["mutation_probability"] == "0.5"


def test_the_program_stays_covered_until_it_is_revealed():
    choices = ("dot(s, v)", "a constant")
    panel = SearchPanel(
        spec=SPEC, store=None, controls="hide", ask="What first?", choices=choices
    )
    panel.comm = FakeComm()
    click(panel, "predict", text="something else")
    click(panel, "predict", text="a constant")
    click(panel, "start")
    at_rest(panel, "finished")
    assert panel.result["scores"]
    assert panel.lesson["prediction"] == panel.prediction == "a constant"
    assert panel.lesson["controls"] == "hide"
    assert panel.program.get("functions") is None
    html = panel.static_html()
    assert "a constant" in html
    assert "covered until" in html
    assert "def Predict" not in html
    click(panel, "reveal")
    until(lambda: not panel.lesson["covered"])
    lines = [r["text"] for f in panel.program["functions"] for r in f["rows"]]
    program = panel.best.program
    assert lines == [str(i) for part in program.functions.values() for i in part]
    assert panel.result["scores"]
    click(panel, "predict", text="dot(s, v)")  # too late
    until(lambda: len(panel.comm.handled()) == 5)
    assert panel.prediction == "a constant"
    assert "def Predict" in panel.static_html()
    panel.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"controls": "none"}, r"controls is 'none'; accepted: 'show', 'hide'"),
        ({"choices": ("a", "b")}, "choices need a question"),
        ({"ask": "What?", "choices": ("a",)}, "accepted: two or more"),
        ({"ask": "What?", "choices": ("a", "a")}, "accepted: two or more"),
    ],
)
def test_an_impossible_lesson_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        SearchPanel(store=None, **options)


def test_a_new_search_after_the_end_starts_from_nothing(panel):
    panel.start()
    panel.runner.wait(60)
    at_rest(panel, "finished")
    first = panel.search
    panel.edit(seed=5)
    panel.step(100)
    at_rest(panel, "paused")
    assert panel.search is not first
    assert panel.search.spec.seed == 5
    assert panel.part("result").get("scores") is None
    assert panel.counters["individuals"] == 100


class Broken(Search):
    def advance(self, budget):
        raise RuntimeError(f"the engine gave up before {budget} more")


def test_a_search_that_fails_says_why():
    panel = SearchPanel(search=Broken(SPEC))
    panel.start()
    until(lambda: panel.state["status"] == "failed")
    assert panel.state["problem"].startswith("RuntimeError: the engine gave up")
    assert "traceback" in panel.state["detail"]
    panel.close()


def test_a_search_that_is_over_can_be_shown():
    search = Search(SPEC)
    search.start()
    search.runner.wait(60)
    panel = SearchPanel(search=search)
    assert panel.state["status"] == "finished"
    assert panel.result["scores"]
    assert panel.rows_meta["rows"] > 1
    assert panel.program["functions"]
    panel.close()


def test_the_change_is_from_the_best_before(panel):
    panel.start()
    panel.runner.wait(60)
    at_rest(panel, "finished")
    bests = [event.data for event in panel.runner.events if event.kind == "best"]
    assert len(panel.marks["individuals"]) == len(bests) > 1
    if not panel.program.get("winner"):
        assert panel.program["previous"]["fitness"] == bests[-2]["fitness"]
        parts = panel.program["diff"]["functions"]
        rows = [row for part in parts for row in part["rows"]]
        after = Program.from_text(bests[-1]["text"])
        kept = [row["right"] for row in rows if row["right"] is not None]
        assert kept == [str(i) for part in after.functions.values() for i in part]


def test_the_static_view_shows_curve_program_and_scores(panel):
    assert "<svg" not in panel.static_html()
    panel.start()
    panel.runner.wait(60)
    at_rest(panel, "finished")
    html = panel.static_html()
    assert "<svg" in html
    assert "def Predict():" in html
    assert "Final" in html
    assert "http" not in html
    assert len(html) < 60_000


def test_displays_the_panel_and_a_fallback_that_panels_hide(panel, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "workbench.widgets.panel.display", lambda data, **how: shown.append((data, how))
    )
    panel._ipython_display_()
    (view, _), (fallback, how) = shown
    assert "application/vnd.jupyter.widget-view+json" in view
    assert STATIC_CLASS in fallback["text/html"]
    assert how["update"] is False
    panel.step(10)
    until(lambda: len(shown) >= 3)
    assert shown[-1][1] == {**how, "update": True}
    assert "paused" in shown[-1][0]["text/html"]


def test_a_run_is_kept_in_the_store(tmp_path):
    store = RunStore(tmp_path / "runs.db")
    panel = SearchPanel(spec=SPEC, store=store)
    panel.start()
    panel.runner.wait(60)
    at_rest(panel, "finished")
    assert store.get(panel.runner.run_id).status == "finished"
    assert panel.runner.run_id in panel.state["detail"]
    panel.close()


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="presett"):
        SearchPanel(presett="linear")
    with pytest.raises(ValueError, match=r"'linaer'.*accepted: linear"):
        SearchPanel("linaer")
    with pytest.raises(ValueError, match="exclude each other"):
        SearchPanel("linear", spec=SPEC)
    panel = SearchPanel(store=None)
    with pytest.raises(TypeError, match="no setting 'sead'"):
        panel.edit(sead=3)
    panel.close()


def test_repr_says_what_and_how_far(panel):
    assert repr(panel).startswith("SearchPanel(Linear regression")
    assert "ready" in repr(panel)
