import base64
import json
import math
import threading

import numpy as np
import pytest

from tests.runs.walk import Walk, WalkSpec
from tests.widgets.comms import FakeComm, until
from workbench import PRESETS
from workbench.programs import library
from workbench.runs import Event, RunBusyError, Runner, RunStore
from workbench.runs._environment import Owner
from workbench.widgets import RunsPanel
from workbench.widgets.runs_index import summary
from workbench.widgets.runs_static import COLOURS, DASHES, line_style

SPEC = PRESETS["demo"].spec.but(space=library.linear().space)
POINTS = [(250, 0.1), (500, 0.4), (1000, 0.9)]


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def search(
    store, name="demo", points=POINTS, *, program=None, status="finished", **but
):
    """A run as a search leaves it."""
    spec = SPEC.but(name=name, **but)
    run_id = store.create(
        "search", spec.to_dict(), name=name, seed=spec.seed, unit="individuals"
    )
    curve = [
        {"individuals": x, "evaluations": x // 2, "best": y, "top": y, "q50": y / 2}
        for x, y in points
    ]
    program = program or library.linear()
    best = {"fitness": points[-1][1], "individuals": 900, "text": str(program)}
    store.append(run_id, curve, [Event("best", 900, best)])
    metrics = {"best": points[-1][1], "final": points[-1][1] - 0.01}
    store.update(
        run_id, status=status, position=points[-1][0], seconds=2.0, metrics=metrics
    )
    return run_id


@pytest.fixture
def shown():
    """Return a function that shows a panel to a page that answers."""
    panels = []

    def show(store):
        panel = RunsPanel(store)
        panel.comm = FakeComm()
        panels.append(panel)
        panel.comm.message(type="attach", view="a")
        until(panel.comm.frames)
        return panel

    yield show
    for panel in panels:
        panel.close()


def ask(panel, name, **more):
    """Send a command, and wait until it was obeyed and its result put."""
    number = f"a:{len(panel.comm.handled()) + 1}"
    panel.comm.message(type="command", id=number, name=name, **more)
    until(lambda: number in panel.comm.handled())
    with panel.lock:
        panel.refresh()


def names(panel):
    return [row["name"] for row in panel.part("table")["rows"]]


def lines(panel):
    """The lines that a page gets, as values: x, and fitness."""
    with panel.lock:
        panel.refresh()
    part = panel.part("curves")
    found = {}
    for line in part["lines"]:
        data = np.frombuffer(base64.b64decode(line["data"]), np.float32)
        x, *y = data.reshape(line["rows"], -1).astype(float)
        x = x + part["window"][0]
        found[line["label"]] = x, (1 - np.array(y) if part["fitness"] else np.array(y))
    return found


def test_a_store_without_runs_is_shown_as_such(store):
    panel = RunsPanel(store)
    assert panel.table["all"] == 0
    assert panel.found == panel.selected == []
    assert "none yet" in panel.static_html()
    assert panel.frame().empty
    panel.close()
    assert not store.path.exists()


def test_the_table_holds_what_tells_runs_apart(store):
    search(store, "one", seed=7)
    panel = RunsPanel(store)
    (row,) = panel.table["rows"]
    assert (row["name"], row["status"], row["seed"]) == ("one", "finished", 7)
    assert (row["best"], row["select"], row["final"]) == (0.9, None, 0.89)
    assert (row["done"], row["rate"], row["seconds"]) == (1000, 500.0, 2.0)
    assert row["version"]
    assert "linear tasks, evolution" in row["summary"]
    json.dumps(panel.table)
    panel.close()


def test_runs_are_found_and_sorted(store, shown):
    search(store, "b", points=[(10, 0.5)])
    search(store, "a", points=[(10, math.nan)])
    tagged = search(store, "c", points=[(10, 0.7)], status="failed")
    store.tag(tagged, ["x"])
    panel = shown(store)
    assert names(panel) == ["c", "a", "b"]
    ask(panel, "sort", column="name")
    assert names(panel) == ["a", "b", "c"]
    ask(panel, "sort", column="name")
    assert names(panel) == ["c", "b", "a"]
    ask(panel, "sort", column="best")
    # What has no value comes last, whichever way the others stand.
    assert names(panel) == ["c", "b", "a"]
    ask(panel, "sort", column="best")
    assert names(panel) == ["b", "c", "a"]
    ask(panel, "query", text="tag:x")
    assert names(panel) == ["c"]
    ask(panel, "query", text="colour:red")
    assert names(panel) == []
    assert "no field 'colour'" in panel.part("table")["hint"]
    panel.query = "-status:failed"
    assert len(panel.found) == 2
    ask(panel, "sort", column="no such column")


def test_a_page_gets_the_rows_that_it_shows(store, shown):
    with store._writing() as connection:
        connection.executemany(
            "INSERT INTO run (id, kind, name, spec, seed, unit, status, created,"
            " updated, position, seconds, metrics, versions, heartbeat) VALUES"
            " (?, 'walk', ?, '{}', '1', 'steps', 'finished', ?, 0, 0, 0, '{}', '{}',"
            " 0)",
            [(f"r{n:04}", f"run {n}", float(n)) for n in range(1000)],
        )
    panel = shown(store)
    part = panel.part("table")
    assert (part["all"], part["found"], part["first"]) == (1000, 1000, 0)
    assert len(part["rows"]) == 80
    ask(panel, "rows", first=500)
    part = panel.part("table")
    assert (part["first"], part["rows"][0]["name"]) == (500, "run 499")
    ask(panel, "rows", first=5000)
    assert panel.part("table")["rows"][-1]["name"] == "run 0"
    ask(panel, "toggle-found", on=True)
    assert len(panel.selected) == 64
    assert "At most 64" in panel.part("notice")["text"]


def test_the_newest_runs_are_drawn_at_first(store):
    ids = [search(store, f"run {n}", seed=n) for n in range(6)]
    panel = RunsPanel(store)
    assert set(panel.selected) == {r.id for r in store.list()[:4]}
    panel.select(ids[0], ids[1])
    x, y = lines(panel)["run 0"]
    assert x.tolist() == [250, 500, 1000]
    assert np.allclose(y, [[0.1, 0.4, 0.9]])
    panel.close()


def test_a_run_keeps_its_colour_while_others_come_and_go(store, shown):
    a, b, c = (search(store, name) for name in "abc")
    panel = shown(store)
    panel.select(a, b)
    ask(panel, "toggle", run=a, on=False)
    ask(panel, "toggle", run=c, on=True)
    assert panel.part("table")["selected"] == {b: 1, c: 0}


def test_lines_are_told_apart_by_more_than_colour():
    styles = [line_style(slot) for slot in range(64)]
    assert len({(s["color"], str(s["linestyle"])) for s in styles}) == 64
    assert len(set(COLOURS)) == len(set(DASHES)) == 8


def test_groups_are_median_and_bands(store, shown):
    for seed, value in enumerate((0.1, 0.2, 0.3, 0.4, 0.5)):
        search(store, "a", points=[(100, value), (200, value)], seed=seed)
    search(store, "b", points=[(100, 0.9)])
    panel = shown(store)
    panel.select(*panel.found)
    ask(panel, "choose", group="name")
    x, y = lines(panel)["a"]
    assert x.tolist() == [0, 100, 200]
    assert np.isnan(y[:5, 0]).all()
    assert np.allclose(y[:5, 1], [0.12, 0.2, 0.3, 0.4, 0.48])
    panel.choose(group="seed", x="evaluations", measure="q50")
    with panel.lock:
        panel.refresh()
    assert panel.part("curves")["x"] == "evaluations"
    assert set(lines(panel)) == {f"seed {n}" for n in range(5)}
    with pytest.raises(
        ValueError, match="group is 'colour'; accepted here: '', 'name'"
    ):
        panel.choose(group="colour")


def test_a_zoom_brings_detail_and_a_spike_is_never_lost(store, shown):
    run_id = store.create("walk", {}, name="walk", seed=1, unit="steps")
    heights = np.sin(np.arange(30_000) / 7)
    heights[12_345] = 50.0
    points = [{"steps": n, "height": h} for n, h in enumerate(heights.tolist())]
    store.append(run_id, points, [])
    store.update(run_id, position=30_000)
    panel = shown(store)
    until(lambda: panel.part("curves").get("missing") == 0)
    ask(panel, "choose", x="steps", measure="height")
    ask(panel, "zoom", window=None, columns=300)
    x, y = lines(panel)["walk"]
    assert len(x) <= 1300
    assert y.max() == 50.0
    ask(panel, "zoom", window=[12_300, 12_400], columns=300)
    x, _ = lines(panel)["walk"]
    assert x.tolist() == list(range(12_299, 12_402))
    panel.close()


def test_what_differs_between_runs(store, shown):
    a = search(store, "a", seed=1, population=100)
    b = search(
        store,
        "b",
        seed=2,
        population=100,
        program=library.linear(0.5),
    )
    panel = shown(store)
    panel.select(a, b)
    with panel.lock:
        panel.refresh()
    part = panel.part("compare")
    rows = {row["name"]: row["values"] for row in part["settings"]["rows"]}
    assert rows == {"seed": ["1", "2"]}
    assert part["diff"]["verdict"]["kind"] == "changed"
    assert part["titles"] == ["a", "b"]
    ask(panel, "pair", a=b, b=a)
    assert panel.part("compare")["titles"] == ["b", "a"]
    ask(panel, "toggle", run=a, on=False)
    assert "diff" not in panel.part("compare")


def test_a_program_that_cannot_be_read_is_said(store, shown):
    a, b = search(store, "a"), search(store, "b")
    store.append(b, [], [Event("best", 950, {"fitness": 1.0, "text": "nonsense"})])
    panel = shown(store)
    panel.select(a, b)
    with panel.lock:
        panel.refresh()
    assert "can't be read" in panel.part("compare")["note"]
    ask(panel, "open", run=b)
    assert "can't be read" in panel.part("detail")["problem"]


def test_rename_tag_delete_and_undo(store, shown):
    a, b = search(store, "a"), search(store, "b")
    panel = shown(store)
    ask(panel, "rename", run=a, text="the best")
    ask(panel, "tag", ids=[a, b], add=["x"])
    ask(panel, "tag", ids=[b], tags=["y", "z"])
    assert names(panel) == ["b", "the best"]
    assert store.get(a).tags == ("x",)
    assert store.get(b).tags == ("y", "z")
    ask(panel, "tag", ids=[a], add=["not,a,tag"])
    assert panel.part("notice")["kind"] == "problem"
    ask(panel, "delete", ids=[a])
    assert names(panel) == ["b"]
    assert panel.selected == [b]
    notice = panel.part("notice")
    assert (notice["kind"], notice["text"]) == ("deleted", "Deleted: the best.")
    ask(panel, "undo")
    assert names(panel) == ["b", "the best"]
    assert "1 run back" in panel.part("notice")["text"]


def test_an_opened_run_tells_its_code(store, shown):
    run_id = search(store, seed=5)
    panel = shown(store)
    ask(panel, "open", run=run_id)
    part = panel.part("detail")
    assert [f["name"] for f in part["functions"]] == ["Setup", "Predict", "Learn"]
    namespace = {}
    exec(part["again_code"].rsplit("panel = ", 1)[0], namespace)
    assert namespace["spec"] == SPEC.but(seed=5)
    compile(part["open_code"], "code", "exec")
    assert repr(str(store.path)) in part["open_code"]
    ask(panel, "open", run=None)
    assert panel.part("detail")["id"] is None


def test_a_paused_run_goes_on_in_the_background(store, shown):
    with Runner(Walk(WalkSpec(total=400)), store) as runner:
        runner.step(100)
        assert runner.wait(60)
    panel = shown(store)
    ask(panel, "resume", run=runner.run_id)
    until(lambda: store.get(runner.run_id).status == "finished")
    until(lambda: panel.part("table")["rows"][0]["status"] == "finished")
    until(lambda: panel.part("curves")["points"] == 40)
    ask(panel, "resume", run=runner.run_id)
    until(lambda: panel.part("notice")["kind"] == "problem")
    assert "has been chosen" in panel.part("notice")["text"]


def test_a_run_that_was_resumed_here_can_be_paused_here(store, shown):
    with Runner(Walk(WalkSpec(total=None)), store) as runner:
        runner.step(10)
        assert runner.wait(60)
    panel = shown(store)
    ask(panel, "pause", run=runner.run_id)
    assert "not resumed here" in panel.part("notice")["text"]
    ask(panel, "resume", run=runner.run_id)
    until(lambda: panel.part("table")["resumed"] == [runner.run_id])
    ask(panel, "pause", run=runner.run_id)
    until(lambda: store.get(runner.run_id).status == "paused")
    # It is this panel's, and at rest: deleting it closes it first.
    ask(panel, "delete", ids=[runner.run_id])
    assert store.list() == []


def test_a_busy_or_damaged_run_is_refused_in_words(store, shown):
    busy, damaged = search(store, "busy", status="paused"), search(store, "damaged")
    store.update(damaged, status="paused")
    store.checkpoint(damaged, 10, {"a": np.arange(3)})
    with store._writing() as connection:
        connection.execute("UPDATE checkpoint SET crc=0")
    store.claim(busy, Owner("t", "elsewhere", 1, None))
    panel = shown(store)
    assert {r["name"]: r["held"] for r in panel.part("table")["rows"]} == {
        "busy": "elsewhere",
        "damaged": "",
    }
    for run, words in (
        (busy, "open in process 1 on elsewhere"),
        (damaged, "cannot go"),
    ):
        ask(panel, "resume", run=run)
        until(lambda words=words: words in panel.part("notice")["text"])
    with pytest.raises(RunBusyError):
        panel.resume(busy)
    ask(panel, "delete", ids=[busy])
    assert "close it there first" in panel.part("notice")["text"]
    assert len(names(panel)) == 2


def test_files_of_what_is_drawn(store, shown):
    search(store, "a_$x")
    panel = shown(store)
    for form in ("csv", "svg", "png"):
        panel.comm.message(type="command", id=form, name="export", form=form, view="v")
    until(lambda: "png" in panel.comm.handled())
    files = {
        data["content"]["name"]: bytes(buffers[0])
        for data, buffers in panel.comm.sent
        if data["method"] == "custom" and data["content"].get("type") == "file"
    }
    csv = files["runs-best-by-individuals.csv"].decode().splitlines()
    assert csv[:2] == ["line,individuals,best", "a_$x,250.0,0.1"]
    assert b"<svg" in files["runs-best-by-individuals.svg"]
    assert files["runs-best-by-individuals.png"].startswith(b"\x89PNG")


def test_hosts_without_widgets_get_table_and_curves(store):
    search(store, "<script>")
    panel = RunsPanel(store)
    html = panel.static_html()
    assert "<svg" in html
    assert "finished" in html
    assert "<script" not in html
    panel.choose(group="name")
    panel.figure(near_one=True).canvas.draw()
    panel.close()


def test_a_store_that_cannot_be_read_any_more_is_said(store, shown):
    search(store)
    panel = shown(store)
    store.close()
    for path in store.path.parent.iterdir():
        path.unlink()
    store.path.write_bytes(b"no database, " * 100)
    until(lambda: "runs.db" in panel.part("notice")["text"])
    assert names(panel) == ["demo"]


def test_runs_of_other_threads_are_followed(store, shown):
    panel = shown(store)
    thread = threading.Thread(target=search, args=(store, "new"))
    thread.start()
    thread.join()
    until(lambda: names(panel) == ["new"])


def test_what_is_no_store_is_refused():
    with pytest.raises(TypeError, match="store is a int; accepted"):
        RunsPanel(3)


def test_trainings_over_several_seeds_are_one_group_of_a_kind(store, shown):
    runs = []
    for kind in ("srwm", "deltanet"):
        for seed in range(2):
            episodes = {"data": "digits", "ways": 5, "shots": 1}
            spec = {"model": {"kind": kind}, "episodes": episodes, "seed": seed}
            run = store.create("meta", spec, name=kind, seed=seed, unit="steps")
            curve = [{"steps": x, "best": 0.2, "score": x / 100} for x in (10, 20)]
            store.append(run, curve, [])
            runs.append(run)
    panel = shown(store)
    panel.select(*runs)
    panel.choose(measure="score", group="name")
    frame = panel.frame()
    assert set(frame["line"]) == {"srwm", "deltanet"}
    assert frame["steps"].max() == 20
    assert frame["median"].max() == 0.2
    record = store.get(runs[0])
    assert summary(record.kind, record.spec) == "srwm on digits, 5-way 1-shot"
