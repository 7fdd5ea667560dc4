"""What a reader does to runs that are there: rename, tag, delete, bring back."""

import math
import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest

from tests.runs.walk import Walk, WalkSpec
from workbench.runs import (
    RunBusyError,
    Runner,
    RunStore,
    RunStoreError,
    UnknownRunError,
)
from workbench.runs._database import MIGRATIONS, SCHEMA, SCHEMA_VERSION
from workbench.runs._environment import _commit
from workbench.runs.store import UNDO_DAYS


def test_a_run_is_renamed_and_its_spec_stays(store):
    run_id = store.create("walk", {"name": "walk"}, name="walk")
    assert store.rename(run_id, "  the  best one ").name == "the best one"
    assert store.get(run_id).spec == {"name": "walk"}
    for wrong in ("", "   ", "x" * 201):
        with pytest.raises(ValueError, match="name is"):
            store.rename(run_id, wrong)


def test_tags_come_and_go(store):
    run_id = store.create("walk", {})
    assert store.get(run_id).tags == ()
    assert store.tag(run_id, ["b", "a", "b"]).tags == ("a", "b")
    assert store.tag(run_id, ["c"], remove=["a", "not there"]).tags == ("b", "c")
    for wrong in ("", "two words", "a,b", 'a"', "-a", "x" * 41):
        with pytest.raises(ValueError, match=r"tag is .* accepted"):
            store.tag(run_id, [wrong])
    assert store.get(run_id).tags == ("b", "c")


def test_a_deleted_run_comes_back_as_it_was(store):
    with Runner(Walk(WalkSpec()), store) as runner:
        runner.step(50)
        assert runner.wait(60)
    before, curve = store.list(), store.curve(runner.run_id)
    deleted = store.delete(runner.run_id)
    assert abs(deleted.deleted - time.time()) < 3600
    assert store.list() == []
    assert [r.id for r in store.list(deleted=True)] == [runner.run_id]
    for act in (store.get, store.delete, lambda run: Runner.resume_run(store, run)):
        with pytest.raises(UnknownRunError, match="was deleted; undelete it first"):
            act(runner.run_id)
    store.undelete(runner.run_id)
    assert store.list() == before
    assert store.curve(runner.run_id) == curve
    with Runner.resume_run(store, runner.run_id) as again:
        assert again.snapshot.position == 50


def test_a_run_that_is_open_is_not_deleted(store):
    runner = Runner(Walk(WalkSpec()), store)
    runner.step(5)
    assert runner.wait(60)
    with pytest.raises(RunBusyError, match="open in this process; close it there"):
        store.delete(runner.run_id)
    # Its name is the reader's all the same.
    store.rename(runner.run_id, "mine")
    runner.step(5)
    assert runner.wait(60)
    runner.close()
    assert (store.get(runner.run_id).name, store.get(runner.run_id).position) == (
        "mine",
        10,
    )
    store.delete(runner.run_id)


def test_deleted_runs_go_when_their_time_is_up(store, monkeypatch):
    old, young = store.create("walk", {}), store.create("walk", {})
    store.delete(old)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86400 * UNDO_DAYS - 60)
    store.delete(young)
    store.close()
    monkeypatch.setattr(time, "time", lambda: now + 86400 * UNDO_DAYS + 60)
    other = RunStore(store.path)
    other.create("walk", {})
    assert [r.id for r in other.list(deleted=True)] == [young]


def test_columns_of_a_curve(store):
    run_id = store.create("walk", {}, unit="steps")
    points = [{"steps": n, "height": n / 2} for n in range(5)]
    points[3] = {"steps": 3, "height": math.nan, "more": 1.0}
    store.append(run_id, points, [])
    assert store.points(run_id) == 5
    assert np.array_equal(
        store.columns(run_id, ["height", "more"], 2, 2),
        [[1.0, math.nan], [math.nan, 1.0]],
        equal_nan=True,
    )
    assert store.columns(run_id, ["height"], 5).shape == (0, 1)
    assert store.columns("no run", ["a", "b"]).shape == (0, 2)


# The schema of the first version, as far as runs were renamed and deleted in it.
NEW_COLUMNS = ",\n    tags TEXT NOT NULL DEFAULT '[]',\n    deleted REAL"


@pytest.fixture
def old_store(tmp_path):
    """A store as the first version wrote it, with one run."""
    path = tmp_path / "old.db"
    assert NEW_COLUMNS in SCHEMA
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA.replace(NEW_COLUMNS, ""))
        connection.execute("PRAGMA user_version=1")
        connection.execute(
            "INSERT INTO run (id, kind, name, spec, seed, unit, status, created,"
            " updated, position, seconds, metrics, versions, heartbeat) VALUES"
            " ('old', 'walk', 'walk', '{}', '1', 'steps', 'paused', 1.0, 1.0, 10, 2.0,"
            """ '{}', '{"numpy": "2.2"}', 1.0)"""
        )
        connection.execute("INSERT INTO curve VALUES ('old', 0, 10, '{\"steps\": 10}')")
    return RunStore(path)


def version(store):
    with closing(sqlite3.connect(store.path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_a_store_of_the_first_schema_is_read_as_it_is(old_store):
    (record,) = old_store.list()
    assert (record.id, record.tags, record.deleted) == ("old", (), None)
    assert old_store.get("old").position == 10
    assert old_store.list(deleted=True) == []
    assert version(old_store) == 1


def test_a_store_of_the_first_schema_is_migrated_by_the_first_write(old_store):
    before = old_store.get("old")
    assert old_store.tag("old", ["a"]).tags == ("a",)
    assert version(old_store) == SCHEMA_VERSION
    assert old_store.tag("old", remove=["a"]) == before
    assert old_store.curve("old") == [{"steps": 10}]
    old_store.delete("old")
    old_store.undelete("old")
    assert [r.id for r in RunStore(old_store.path).list()] == ["old"]


def test_a_migrated_store_is_like_a_new_one(old_store, store):
    store.create("walk", {})
    old_store.rename("old", "older")

    def described(path):
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA table_info(run)").fetchall()

    assert described(old_store.path) == described(store.path)
    assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))


def test_a_migration_that_fails_changes_nothing(old_store, monkeypatch):
    monkeypatch.setitem(MIGRATIONS, 1, (*MIGRATIONS[1], "ALTER TABLE nix ADD a"))
    with pytest.raises(RunStoreError, match="nix"):
        old_store.rename("old", "x")
    assert version(old_store) == 1
    assert old_store.get("old").name == "walk"


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_of_a_checkout_is_known(tmp_path, packed):
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if packed:
        (git / "packed-refs").write_text(f"# pack\n{'a' * 40} refs/heads/main\n")
    else:
        (git / "refs/heads/main").write_text("a" * 40 + "\n")
    assert _commit(tmp_path) == "a" * 40
    further = tmp_path / "further"
    own = git / "worktrees/further"
    own.mkdir(parents=True)
    further.mkdir()
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    (further / ".git").write_text(f"gitdir: {own}\n")
    assert _commit(further) == "a" * 40
    (git / "HEAD").write_text("b" * 40)
    assert _commit(tmp_path) == "b" * 40
    assert _commit(tmp_path / "nothing") is None
