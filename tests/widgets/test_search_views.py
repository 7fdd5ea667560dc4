"""The views inside the search panel, and what is shown in them."""

import threading

import pytest

from tests.widgets.comms import FakeComm, until
from workbench import PRESETS, Program, Search
from workbench.programs import affine, linear
from workbench.widgets import ProgramDebugger, ProgramView, SearchPanel
from workbench.widgets.search_views import ChildViews, Subject, View

SPEC = PRESETS["demo"].spec.but(
    population=50, individuals=3000, train_steps=None, fitness=None
)


@pytest.fixture(scope="module")
def search():
    return Search(SPEC).run()


@pytest.fixture
def panel(search):
    panel = SearchPanel(search=search)
    panel.comm = FakeComm()
    panel.comm.message(type="attach", view="a")
    yield panel
    panel.close()


def send(panel, name, **more):
    panel.comm.message(type="command", id=f"view:{name}", name=name, **more)


def lines(panel):
    return [r["text"] for f in panel.part("program")["functions"] for r in f["rows"]]


def text_of(program):
    return [str(i) for part in program.functions.values() for i in part]


def test_a_row_of_the_hall_of_fame_drives_the_panel(panel):
    until(lambda: panel.part("hall").get("rows"))
    best = panel.shown
    row = panel.hall_of_fame[-1]
    assert row.program != best
    send(panel, "pick", kind="hall", key=row.form)
    until(lambda: panel.part("program").get("pick"))
    assert lines(panel) == text_of(row.program)
    assert panel.part("program")["pick"] == {"kind": "hall", "key": row.form}
    assert panel.shown == row.program
    send(panel, "pick")
    until(lambda: not panel.part("program").get("pick"))
    assert panel.shown == best


def test_a_discovery_is_shown_with_what_it_came_from(panel):
    found = panel.discoveries[-1]
    send(panel, "pick", kind="discovery", key=str(found.number))
    until(lambda: panel.part("program").get("pick"))
    part = panel.part("program")
    assert part["fitness"] == found.fitness
    assert part["previous"]["fitness"] < found.fitness
    assert part["diff"]["verdict"]["kind"] == "changed"


def test_what_has_left_the_hall_of_fame_changes_nothing(panel):
    send(panel, "pick", kind="hall", key="gone")
    until(lambda: panel.comm.handled() == ["view:pick"])
    assert panel.part("program").get("pick") is None
    assert panel.part("state")["problem"] == ""


def test_from_notebook_code_by_place(panel):
    panel.show(2)
    assert panel.shown == panel.hall_of_fame[1].program
    panel.show()
    assert panel.shown == panel.best.program
    with pytest.raises(ValueError, match="accepted: None, or 1 to"):
        panel.show(99)


def test_a_view_is_made_when_it_is_opened_and_follows(panel):
    until(lambda: panel.part("hall").get("rows"))
    assert panel.view("debugger") is None
    send(panel, "view", view="debugger")
    until(lambda: panel.part("views")["open"].get("debugger"), 120)
    first = panel.view("debugger")
    assert isinstance(first, ProgramDebugger)
    assert first.program == panel.shown
    assert panel.part("views")["open"]["debugger"]["model"] == first.model_id
    row = panel.hall_of_fame[-1]
    send(panel, "pick", kind="hall", key=row.form)
    until(lambda: panel.view("debugger") is not first, 60)
    assert panel.view("debugger").program == row.program
    assert first.comm is None, "the old one is closed"
    send(panel, "view", view="program")
    until(lambda: panel.view("program") is not None)
    view = panel.view("program")
    assert isinstance(view, ProgramView)
    send(panel, "pick")
    until(lambda: view.program == panel.shown)
    assert panel.view("debugger").program == row.program, "nobody looks at it"


def test_views_are_closed_with_the_panel(search):
    panel = SearchPanel(search=search)
    panel.comm = FakeComm()
    panel.comm.message(type="attach", view="a")
    send(panel, "view", view="program")
    until(lambda: panel.view("program") is not None)
    view = panel.view("program")
    panel.close()
    assert view.comm is None
    assert panel.view("program") is None


class Counted:
    """Makes views, counts them, and fails or waits when told to."""

    def __init__(self):
        self.made, self.fail = 0, False
        self.go = threading.Event()
        self.go.set()

    def __call__(self, subject):
        self.go.wait(20)
        if self.fail:
            raise ValueError("there is no task")
        self.made += 1
        return ProgramView(subject.program)


def follow(view, subject):
    view.program = subject.program


def subject(search, program, version):
    return Subject(search, program, version, lambda: None)


def test_of_many_programs_the_newest_is_shown(search):
    make, changed = Counted(), threading.Event()
    views = ChildViews(changed.set, (View("slow", "Slow", make, None),))
    make.go.clear()
    views.show(subject(search, Program(), 1), eager=True)
    views.open("slow")
    for version in range(2, 30):
        views.show(subject(search, linear(), version), eager=True)
    views.show(subject(search, affine(), 30), eager=True)
    make.go.set()
    until(lambda: views.part()["open"].get("slow", {}).get("version") == 30)
    assert views.panel("slow").program == affine()
    assert make.made <= 3
    views.close()


def test_a_heavy_view_waits_to_be_asked_while_the_search_runs(search):
    views = ChildViews(lambda: None, (View("heavy", "Heavy", Counted(), follow),))
    views.show(subject(search, linear(), 1), eager=False)
    views.open("heavy")
    until(lambda: views.panel("heavy") is not None)
    views.show(subject(search, affine(), 2), eager=False)
    assert views.part()["open"]["heavy"]["version"] == 1
    views.open("heavy")
    until(lambda: views.part()["open"]["heavy"]["version"] == 2)
    assert views.panel("heavy").program == affine()
    views.close()


def test_a_view_that_fails_says_why_and_can_be_tried_again(search):
    make = Counted()
    make.fail = True
    views = ChildViews(lambda: None, (View("weak", "Weak", make, follow),))
    views.show(subject(search, linear(), 1), eager=True)
    views.open("weak")
    until(lambda: views.part()["problems"])
    assert views.part()["problems"] == {"weak": "ValueError: there is no task"}
    assert views.part()["open"] == {}
    make.fail = False
    views.open("weak")
    until(lambda: views.panel("weak") is not None)
    assert views.part()["problems"] == {}
    views.close()
