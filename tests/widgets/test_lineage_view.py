import json
import threading

import pytest

from tests.evolution.small import small
from tests.widgets.comms import FakeComm, until
from workbench import Program, Search
from workbench.evolution import Ancestor, load_recorded
from workbench.programs import affine, empty, linear
from workbench.runs import RunStore
from workbench.widgets import LineageView
from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.lineage_concepts import LineageConcepts
from workbench.widgets.lineage_parts import KINDS
from workbench.widgets.lineage_static import static_lineage
from workbench.widgets.lineage_story import tell


@pytest.fixture(scope="module")
def demo():
    return load_recorded("demo")


@pytest.fixture
def view(demo):
    view = LineageView(demo)
    view.comm = FakeComm()
    yield view
    view.close()


def text(view, number):
    """The program of a step, from what is saved."""
    part = view.lineage
    lines = []
    for name, codes in zip(
        ("Setup", "Predict", "Learn"), part["steps"][number]["program"], strict=True
    ):
        lines.append(f"def {name}():")
        lines += [f"  {part['texts'][code // 2]}" for code in codes]
    return "\n".join(lines)


def unpacked(view, code):
    """A diff as `diff_parts` gives it, but for the lines."""
    texts = view.lineage["texts"]
    kept = []
    for rows in code[1:]:
        for row in rows:
            if isinstance(row, int):
                lives = bool(row & 2), bool(row & 1)
                kept.append(("same", texts[row // 4], texts[row // 4], *lives, False))
                continue
            kind, left, right, flags = row[:4]
            sides = [None if n < 0 else texts[n] for n in (left, right)]
            lives = bool(flags & 2), bool(flags & 1)
            kept.append((KINDS[kind], *sides, *lives, bool(flags & 8)))
    return kept


def changes(before, after):
    keys = ("kind", "left", "right", "left_live", "right_live", "matters")
    parts = diff_parts(before, after)["functions"]
    return [tuple(row[key] for key in keys) for one in parts for row in one["rows"]]


def test_every_step_is_saved_with_its_program_and_its_changes(demo, view):
    part = view.lineage
    assert (part["main"], part["length"], part["total"]) == (77, 2118, 1036512)
    assert len(json.dumps(part)) < 200_000
    for number, step in enumerate(view.steps):
        assert text(view, number) == str(step.program)
        saved = part["steps"][number]
        if step.parent is not None:
            assert unpacked(view, saved["diff"]) == changes(step.parent, step.program)
        if "since" in saved:
            before = view.steps[step.previous].program
            assert unpacked(view, saved["since"]) == changes(before, step.program)


def test_steps_without_effect_say_what_they_left_alone(demo, view):
    drift = view.lineage["steps"][61]["drift"]
    assert len(drift) == 2 * 23
    kinds = [code % 3 for code in drift[1::2]]
    assert [kinds.count(kind) for kind in range(3)] == [9, 5, 9]
    names = [name for _, _, name in view.lineage["mutations"]]
    copies = {names[code // 3] for code in drift[1::2] if code % 3 == 0}
    assert "copy" in copies


def test_the_family_tree_goes_out_in_the_standard_table(view):
    assert view.lineage["csv"] == view.table().to_csv(index=False)
    assert view.lineage["csv"].startswith("id,ancestor_list,origin_time")
    bests = view.lineage["bests"]
    assert sum(best["main"] for best in bests) == 24
    assert [best["event"] for best in bests if best["selected"]] == [33]
    for best in bests:
        step = view.steps[best["step"]]
        assert step.individuals == best["individuals"]


def test_a_cell_and_a_page_go_to_a_step(view):
    assert view.step.individuals == 909594
    view.go_to(61)
    assert view.step.individuals == 375298
    until(lambda: view.at["step"] == 61)
    view.comm.message(type="command", id="a:1", name="go", step=3)
    until(lambda: view.step.individuals == view.steps[3].individuals)
    view.comm.message(type="command", id="a:2", name="go", step=10**6)
    until(lambda: "a:2" in view.comm.handled())
    assert view.step is view.steps[3]
    with pytest.raises(ValueError, match="number is 100; accepted: 0 to 88"):
        view.go_to(100)


def test_a_search_is_followed_from_its_start_to_its_end():
    search = Search(small(seed=2), threads=1)
    view = LineageView(search)
    assert (view.steps, view.step) == ((), None)
    assert "No program has been evaluated yet" in view.static_html()
    search.step(900)
    search.runner.wait()
    until(lambda: len(view.lineage["steps"]) > 1)
    assert view.state["status"] == "paused"
    assert view.lineage["total"] == 900
    search.resume()
    search.runner.wait()
    until(lambda: view.state["status"] == "finished")
    until(lambda: view.lineage["total"] == 2000)
    assert view.steps[view.lineage["main"] - 1].program == search.best.program
    view.close()


def test_a_running_search_is_told_from_its_events(monkeypatch):
    search = Search(small(seed=2), threads=1)
    view = LineageView(search)
    view.comm = FakeComm()
    view.comm.message(type="attach", view="a")
    read = threading.Event()
    original = Search.lineage.fget
    statuses = []

    def lineage(self):
        statuses.append(self.runner.status)
        read.set()
        return original(self)

    monkeypatch.setattr(Search, "lineage", property(lineage))
    search.run()
    until(read.is_set)
    until(lambda: view.state["status"] == "finished")
    assert set(statuses) <= {"ready", "paused", "stopped", "finished", "failed"}
    view.close()


def test_a_run_of_the_store_by_its_id(tmp_path):
    store = RunStore(tmp_path)
    search = Search(small(seed=2), threads=1, store=store).run()
    run_id = search.runner.run_id
    search.runner.close()
    view = LineageView(run_id, store=store)
    best = [event for event in store.events(run_id) if event.kind == "best"][-1]
    last = view.steps[view.lineage["main"] - 1]
    assert str(last.program) == best.data["text"]
    assert last.program == Program.from_text(best.data["text"])
    view.show(store.get(run_id))
    assert view.lineage["total"] == 2000
    view.close()


def test_what_is_no_search_is_refused(tmp_path, demo):
    with pytest.raises(TypeError, match="run is a int; accepted: a Search, a run"):
        LineageView(3)
    store = RunStore(tmp_path)
    other = store.create("walk", {})
    with pytest.raises(ValueError, match="of the kind 'walk'; accepted: 'search'"):
        LineageView(other, store=store)
    view = LineageView(demo)
    with pytest.raises(TypeError):
        view.show(None)
    assert view.lineage["main"] == 77
    view.close()


def test_hosts_without_widgets_get_the_curve_and_the_steps_that_gained_most(view):
    html = view.static_html()
    assert "<svg" in html
    assert "77 steps of 2,118 changed the fitness" in html
    assert "375,298" in html
    assert "Instruction replaced" in html
    assert view.static_html() is html


def test_concepts_that_no_step_before_has_are_told(demo):
    programs = [empty(), linear(), affine(), linear()]
    lineage = tuple(
        Ancestor(program, (n + 1) / 5, 10 * (n + 1), None if n == 0 else "identity", 0)
        for n, program in enumerate(programs)
    )
    story = tell(lineage, (), demo.spec.space)
    told = []
    concepts = LineageConcepts(threading.RLock(), lambda: told.append(concepts.part()))
    concepts.tell(story, demo.spec.tasks)
    concepts.follow(2, live=False)
    assert concepts.wait(300)
    gradient = "gradient step of the squared error"
    assert told[0]["steps"].keys() == {"2"}
    assert told[0]["steps"]["2"]["first"] is None
    steps = told[-1]["steps"]
    assert steps["0"] == {"items": [], "first": []}
    assert steps["1"]["first"] == ["linear model", gradient, "constant learning rate"]
    assert steps["2"]["first"] == ["affine model"]
    assert steps["3"]["first"] == []  # it is the program of a step before
    assert set(told[-1]["concepts"]) == {
        *steps["1"]["first"],
        *steps["2"]["first"],
    }
    html = static_lineage("a", story, concepts.first)
    assert "New concepts" in html
    assert "affine model" in html
    assert "New concepts" not in static_lineage("a", story, lambda _: None)
