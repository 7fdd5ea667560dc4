import math
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import numpy as np
import pytest

from tests.runs.walk import Walk, WalkSpec, alone
from workbench.runs import (
    DamagedRunError,
    Event,
    Runner,
    RunStore,
    RunStoreError,
    UnknownRunError,
    default_folder,
)
from workbench.runs._database import pack_arrays, unpack_arrays
from workbench.runs.store import new_run_id

STATE = {"a": np.arange(3), "b": np.array([1.5, math.nan, math.inf])}


def walked(store, *steps, spec=None):
    """Walk so many steps at a time, each followed by a checkpoint; then close."""
    with Runner(Walk(spec or WalkSpec()), store) as runner:
        for n in steps:
            runner.step(n)
            assert runner.wait(60)
    return runner.run_id


@contextmanager
def opened(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def damage(store, number):
    with opened(store.path) as connection:
        (state,) = connection.execute(
            "SELECT state FROM checkpoint ORDER BY number DESC LIMIT 1 OFFSET ?",
            (number,),
        ).fetchone()
        connection.execute(
            "UPDATE checkpoint SET state=? WHERE state=?",
            (state[: len(state) // 2], state),
        )


def test_nothing_is_created_before_it_is_needed(tmp_path):
    store = RunStore(tmp_path / "runs")
    assert store.list() == []
    with pytest.raises(UnknownRunError):
        store.get("x")
    assert not store.path.parent.exists()


def test_the_folder_is_the_users_choice(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    assert RunStore().path == tmp_path / "runs.db"
    monkeypatch.delenv("WORKBENCH_RUNS")
    assert "tain-workbench" in str(default_folder())
    assert RunStore(tmp_path / "mine.db").path == tmp_path / "mine.db"


def test_what_is_stored_comes_back(store):
    run_id = store.create(
        "walk", {"seed": 7}, name="first", seed=7, unit="steps", total=100
    )
    points = [{"steps": 10, "height": -0.1}, {"steps": np.int64(20), "height": np.inf}]
    events = [Event("best", 3, {"height": np.float64(0.1), "text": "a\nb", "n": None})]
    store.append(run_id, points, events)
    store.append(run_id, [{"steps": 30, "height": math.nan}], [Event("note", 4, {})])
    store.update(run_id, position=30, metrics={"best": np.float64(0.5)}, seconds=1.5)
    assert store.curve(run_id)[:2] == points
    assert math.isnan(store.curve(run_id, 2)[0]["height"])
    assert store.events(run_id) == [*events, Event("note", 4, {})]
    assert store.events(run_id, 1) == [Event("note", 4, {})]
    record = store.get(run_id)
    assert (record.kind, record.name, record.seed) == ("walk", "first", 7)
    assert (record.spec, record.unit, record.total) == ({"seed": 7}, "steps", 100)
    assert (record.position, record.metrics) == (30, {"best": 0.5})
    assert record.seconds == 1.5
    assert set(record.versions) >= {"python", "numpy"}
    assert abs(record.created - time.time()) < 3600


def test_what_json_cannot_hold_is_refused_and_nothing_kept(store):
    run_id = store.create("walk", {})
    with pytest.raises(TypeError, match="cannot keep a set"):
        store.append(run_id, [{"a": 1}], [Event("note", 1, {"x": {1}})])
    assert store.curve(run_id) == []
    store.append(run_id, [{"a": 1}], [])
    assert store.curve(run_id) == [{"a": 1}]


def test_a_run_goes_by_a_unique_beginning(store):
    for run_id in ("abc1", "abd2", "abd3", "abd"):
        store.create("walk", {}, run_id=run_id)
    assert store.get("abc").id == "abc1"
    assert store.get("abd2").id == "abd2"
    assert store.get("abd").id == "abd"
    with pytest.raises(UnknownRunError, match="'ab' could be any of abc1, abd, abd2"):
        store.get("ab")
    for wrong in ("x", "", "%", "abd2x"):
        with pytest.raises(UnknownRunError, match="no run"):
            store.get(wrong)


def test_ids_are_short_unique_and_sort_by_time(monkeypatch):
    ids = {new_run_id() for _ in range(100)}
    assert {len(run_id) for run_id in ids} == {9}
    now, before = time.time(), max(ids)
    monkeypatch.setattr(time, "time", lambda: now + 10)
    assert new_run_id() > before


def test_runs_are_listed_newest_first(store):
    ids = [store.create("walk", {"n": n}) for n in range(5)]
    assert sorted(r.id for r in store.list()) == sorted(ids)
    created = [record.created for record in store.list()]
    assert created == sorted(created, reverse=True)


def test_a_deleted_run_is_purged_with_all_that_belongs_to_it(store):
    keep, drop = walked(store, 50), walked(store, 50)
    store.delete(drop)
    assert [record.id for record in store.list()] == [keep]
    assert store.curve(drop) != []
    assert store.purge(older_than=1000) == 0
    assert store.purge() == 1
    assert store.list(deleted=True) == []
    assert store.curve(drop) == store.events(drop) == store.notes(drop) == []
    assert store.load_checkpoint(drop) is None
    assert store.curve(keep) != []


def test_the_last_two_checkpoints_are_kept(store):
    run_id = walked(store, 10, 10, 10, 10)
    with opened(store.path) as connection:
        query = "SELECT position FROM checkpoint ORDER BY number"
        assert [row[0] for row in connection.execute(query)] == [30, 40]
    assert store.load_checkpoint(run_id).position == 40


def test_checkpoints_come_at_their_interval(store, until):
    runner = Runner(
        Walk(WalkSpec(total=None)), store, chunk_seconds=1e-3, checkpoint_seconds=0.01
    )
    runner.start()
    positions = set()

    def several():
        if store.list() and (found := store.load_checkpoint(runner.run_id)):
            positions.add(found.position)
        return len(positions) > 3

    until(several)
    assert runner.status == "running"
    assert runner.close()


def test_rewinding_drops_what_came_after_the_checkpoint(store):
    run_id = walked(store, 25)
    checkpoint = store.load_checkpoint(run_id)
    points, events = store.curve(run_id), store.events(run_id)
    # Closing work adds rows without moving on: counting tells, not the position.
    store.append(run_id, [{"steps": 25}], [Event("closing", 25, {})])
    store.append(run_id, [{"steps": 30}], [Event("best", 30, {})])
    store.rewind(run_id, checkpoint)
    assert store.curve(run_id) == points
    assert store.events(run_id) == events
    assert store.get(run_id).position == 25


def test_without_any_checkpoint_a_run_begins_again(store):
    spec = WalkSpec()
    run_id = store.create(
        "walk", spec.to_dict(), unit="steps", total=spec.total, name="walk"
    )
    store.append(run_id, [{"steps": 10, "height": 1.0}], [Event("best", 3, {})])
    with Runner.resume_run(store, run_id) as runner:
        assert (runner.status, runner.snapshot.position) == ("paused", 0)
        runner.start()
        assert runner.wait(60)
    assert store.curve(run_id) == alone(spec)[1]


def test_a_damaged_checkpoint_gives_way_to_the_one_before(store):
    spec = WalkSpec(total=100)
    run_id = walked(store, 30, 30, spec=spec)
    damage(store, 0)
    with Runner.resume_run(store, run_id) as runner:
        assert runner.snapshot.position == 30
        (warning,) = runner.warnings
        assert "checkpoint at 60 is damaged" in warning
        runner.start()
        assert runner.wait(60)
    assert ("warning", warning) in [(n.kind, n.text) for n in store.notes(run_id)]
    _, points, events = alone(spec)
    assert store.curve(run_id) == points
    assert store.events(run_id) == events


def test_without_a_readable_checkpoint_the_run_is_left_as_it_is(store):
    run_id = walked(store, 30, 30)
    damage(store, 0)
    damage(store, 1)
    before = store.curve(run_id), store.events(run_id)
    for _ in range(2):
        with pytest.raises(DamagedRunError, match=r"no checkpoint of run .* can be"):
            Runner.resume_run(store, run_id)
    assert (store.curve(run_id), store.events(run_id)) == before


def test_a_finished_run_comes_back_as_it_ended(store):
    spec = WalkSpec(total=100)
    run_id = walked(store, 200, spec=spec)
    before = store.list()
    runner = Runner.resume_run(store, run_id)
    assert runner.status == "finished"
    assert runner.curve == alone(spec)[1]
    assert runner.experiment.height == alone(spec)[0].height
    runner.start()
    assert runner.wait(0)
    assert store.list() == before


def test_other_versions_are_remarked_upon(store):
    run_id = walked(store, 10)
    with store._writing() as connection:
        connection.execute("""UPDATE run SET versions='{"numpy": "1.0"}'""")
    runner = Runner.resume_run(store, run_id)
    (warning,) = runner.warnings
    assert f"numpy 1.0 -> {np.__version__}" in warning
    assert runner.close()


def test_arrays_survive_packing():
    arrays = {
        **STATE,
        "empty": np.zeros((0, 3), np.float32),
        "text/odd name": np.array(["ä", "b"]),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "flag": np.array(True),
    }
    again = unpack_arrays(pack_arrays(arrays))
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        assert np.array_equal(again[name], array, equal_nan=array.dtype.kind == "f")


def test_objects_are_refused_both_ways(store):
    run_id = store.create("walk", {})
    with pytest.raises(ValueError, match="allow_pickle"):
        store.checkpoint(run_id, 1, {"a": np.array([{}])})
    assert store.load_checkpoint(run_id) is None


def test_a_newer_schema_is_refused(store):
    walked(store, 10)
    store.close()
    with opened(store.path) as connection:
        connection.execute("PRAGMA user_version=99")
    other = RunStore(store.path)
    for action in (other.list, lambda: other.create("walk", {})):
        with pytest.raises(RunStoreError, match=r"newer workbench .schema 99.*Upgrade"):
            action()


@pytest.mark.parametrize("content", ["garbage", "database"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "other.db"
    if content == "garbage":
        path.write_bytes(b"not a database at all, " * 100)
    else:
        with opened(path) as connection:
            connection.execute("CREATE TABLE run (a)")
    before = path.read_bytes()
    store = RunStore(path)
    for action in (store.list, lambda: store.create("walk", {})):
        with pytest.raises(RunStoreError, match=r"other\.db"):
            action()
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    (tmp_path / "file").write_text("")
    store = RunStore(tmp_path / "file" / "runs")
    with pytest.raises(RunStoreError, match=r"cannot write runs to .*file"):
        store.create("walk", {})
    runner = Runner(Walk(WalkSpec()), store)
    runner.start()
    assert runner.wait(60)
    assert runner.status == "failed"


def journal(store):
    with opened(store.path) as connection:
        return connection.execute("PRAGMA journal_mode").fetchone()[0]


def test_it_uses_write_ahead_logging(store):
    walked(store, 10)
    assert journal(store) == "wal"


def test_where_that_is_refused_it_uses_a_journal(store, monkeypatch):
    real = sqlite3.connect
    # Without shared memory, as on network file systems, SQLite refuses the log.
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda name, **options: real(f"{name}&vfs=unix-dotfile", **options),
    )
    run_id = walked(store, 10, 20)
    assert store.load_checkpoint(run_id).position == 30
    assert [record.id for record in store.list()] == [run_id]
    store.close()
    monkeypatch.undo()
    assert journal(store) == "delete"
    assert store.get(run_id).position == 30


def test_threads_share_a_store(store):
    errors = []

    def work(seed):
        try:
            walked(store, 40, 40, spec=WalkSpec(seed=seed))
            store.list()
        except RunStoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert [record.position for record in store.list()] == [80] * 6
