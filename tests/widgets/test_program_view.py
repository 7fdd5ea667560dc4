import json

import pytest

from tests.widgets.comms import FakeComm, until
from workbench import Program, Space
from workbench.programs import library
from workbench.programs.text import ProgramSyntaxError
from workbench.widgets import ProgramView, export_checks

TEXT = """
def Setup():
  s2 = 0.01
  s7 = 0.5
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
"""


@pytest.fixture
def view():
    view = ProgramView(TEXT)
    view.comm = FakeComm()
    yield view
    view.close()


def rows(view):
    return [row for part in view.listing["functions"] for row in part["rows"]]


def test_the_saved_state_holds_each_line_with_its_meaning(view):
    assert [row["text"] for row in rows(view)] == [
        line.strip() for line in TEXT.splitlines() if line.startswith("  ")
    ]
    assert [row["live"] for row in rows(view)] == [True, False, *[True] * 5]
    assert all(row["math"].startswith("<math") and row["words"] for row in rows(view))
    assert view.listing["special"]["prediction"] == "s1"
    json.dumps(view.listing)


def test_what_is_copied_is_the_program_in_each_form(view):
    sources = view.listing["sources"]
    assert Program.from_text(sources["text"]) == view.program
    compile(sources["numpy"], "numpy", "exec")
    assert r"\mathbf{v}" in sources["latex"]


def test_a_page_has_the_code_compared_once_for_each_program(view, monkeypatch):
    export_checks.check_export(view.program)  # compiles what it needs
    asked = []

    def check(program):
        asked.append(program)
        if program.setup:
            return export_checks.check_export(program)
        raise RuntimeError("no Python could be started")

    monkeypatch.setattr(export_checks, "_checked", check)

    def told(version):
        view.comm.message(type="command", id="a:1", name="check", version=version)
        until(lambda: view.part("check").get("state") not in (None, "checking"))
        return view.part("check")

    version = view.listing["version"]
    assert told(version)["text"].startswith("equals the engine: 240 predictions")
    until(lambda: view.check.get("state") == "equal")  # it is saved
    told(version)
    assert asked == [view.program]
    view.program = "def Predict():\n s1 = dot(v1, v0)"
    assert told(version)["version"] == version  # of a program that is gone: not done
    view.comm.message(type="command", id="a:2", name="check", version=version + 1)
    until(lambda: view.part("check")["state"] == "failed")
    assert view.part("check")["text"] == "no Python could be started"
    assert len(asked) == 2


def test_another_program_in_the_same_place(view):
    view.comm.message(type="attach", view="a")
    until(view.comm.frames)
    view.program = library.two_layer_network()
    until(lambda: len(rows(view)) == len(view.program))
    assert view.listing["sources"]["text"] == str(view.program)


def test_vector_labels_have_their_own_addresses():
    view = ProgramView(Program(space=Space(label="vector", setup_length=(0, 1))))
    assert view.listing["special"]["label"] == "v1"
    view.close()


def test_what_is_no_program_is_refused():
    with pytest.raises(ProgramSyntaxError, match="line 2"):
        ProgramView("def Setup():\n  s2 = magic(s3)")
    with pytest.raises(TypeError, match="a Program or its text"):
        ProgramView(3)


def test_hosts_without_widgets_get_the_listing(view):
    html = view.static_html()
    assert "dot(<span" in html
    assert "dead" in html
    assert "Set s2 to 0.01" in html
    hostile = ProgramView(TEXT, title="<script>")
    assert "<script" not in hostile.static_html()
    hostile.close()
