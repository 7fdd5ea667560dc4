"""Processes that are killed, that end, and that share a store."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.runs.child import SPEC
from tests.runs.walk import Walk, WalkSpec, alone
from workbench.runs import RunBusyError, Runner, RunStore
from workbench.runs._environment import STALE_SECONDS, Owner

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def child(store, *arguments):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.runs.child",
            store.path.parent,
            *map(str, arguments),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)
        process.stdin.close()
        process.stdout.close()


def only(store):
    runs = store.list()
    return runs[0] if runs else None


def resumed(store, record):
    """What the store noted each time that the run was taken up again."""
    return [note.text for note in store.notes(record.id) if note.kind == "resumed"]


def beyond_checkpoint(store, target, times):
    """Whether a run resumed so often stored rows past target and last checkpoint."""
    record = only(store)
    if record is None or record.position < target:
        return False
    if len(resumed(store, record)) < times:
        return False  # what stands there is still the killed process's
    checkpoint = store.load_checkpoint(record.id)
    return checkpoint is not None and checkpoint.position < record.position


def test_killed_five_times_it_ends_where_an_uninterrupted_run_ends(store, until):
    command = ["first"]
    for kill in range(1, 6):
        with child(store, *command) as process:
            target = kill * SPEC.total // 7
            until(functools.partial(beyond_checkpoint, store, target, kill - 1))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(60)
        record = only(store)
        assert record.status == "interrupted"
        assert record.pid is None
        command = ["resume", record.id]
    with child(store, *command) as process:
        assert process.stdout.read() == "finished"
    record = only(store)
    assert record.status == "finished"
    notes = resumed(store, record)
    assert len(notes) == 5
    assert all("interrupted" in text for text in notes)

    experiment, points, events = alone(SPEC)
    assert store.curve(record.id) == points
    assert store.events(record.id) == events
    state = store.load_checkpoint(record.id).state
    for name, array in experiment.state().items():
        assert np.array_equal(state[name], array)


def test_a_process_that_ends_saves_what_runs(store, until):
    with child(store, "exit") as process:
        until(lambda: only(store) is not None and only(store).status == "running")
        assert only(store).pid == process.pid
        position = only(store).position
        process.stdin.close()
        assert process.wait(60) == 0
    record = only(store)
    assert (record.status, record.pid) == ("paused", None)
    assert store.load_checkpoint(record.id).position == record.position >= position


def test_a_run_of_a_living_process_is_left_to_it(store, until):
    with child(store, "exit") as process:
        until(lambda: only(store) is not None and only(store).status == "running")
        run_id = only(store).id
        with pytest.raises(RunBusyError, match=f"process {process.pid} "):
            Runner.resume_run(store, run_id)
        with pytest.raises(RunBusyError, match="close it there first"):
            store.delete(run_id)
        assert only(store).status == "running"


def test_two_processes_write_while_others_read(store):
    with child(store, "whole", 1) as one, child(store, "whole", 2) as two:
        while one.poll() is None or two.poll() is None:
            for record in store.list():
                points = store.curve(record.id)
                walked = [point["steps"] for point in points]
                assert walked == list(range(10, 10 * len(points) + 1, 10))
        assert one.stdout.read() == "finished"
        assert two.stdout.read() == "finished"
    assert [record.status for record in store.list()] == ["finished"] * 2
    for record in store.list():
        _, points, events = alone(WalkSpec(**record.spec))
        assert store.curve(record.id) == points
        assert store.events(record.id) == events


def test_a_run_that_was_taken_over_fails_without_writing(store):
    runner = Runner(Walk(WalkSpec(total=None)), store)
    runner.step(5)
    assert runner.wait(60)
    # As if this process had been taken for dead.
    thief = Owner.here()
    with store._writing() as connection:
        connection.execute("UPDATE run SET token=?", (thief.token,))
    runner.step(5)
    assert runner.wait(60)
    assert runner.status == "failed"
    assert isinstance(runner.error, RunBusyError)
    assert only(store).position == 5


def test_a_run_open_here_is_returned_as_it_stands(store):
    runner = Runner(Walk(WalkSpec(total=None)), store)
    runner.step(5)
    assert runner.wait(60)
    assert Runner.resume_run(RunStore(store.path), runner.run_id) is runner
    assert runner.close()
    again = Runner.resume_run(store, runner.run_id)
    assert again is not runner
    assert again.snapshot.position == 5
    assert Runner.resume_run(store, runner.run_id) is again
    del again
    third = Runner.resume_run(store, runner.run_id)
    assert third.status == "paused"
    assert third.close()


def test_an_owner_lives_as_long_as_its_process():
    owner = Owner.here()
    assert owner.is_alive(10 * STALE_SECONDS)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        process.kill()
        process.wait(60)
    assert not Owner("t", owner.host, process.pid, None).is_alive(0)


def test_a_process_number_given_away_again_is_not_the_owner():
    owner = Owner.here()
    assert owner.is_alive(0)
    assert not replace(owner, started="earlier:1").is_alive(0)


def test_on_other_hosts_the_heartbeat_decides():
    owner = Owner("t", "elsewhere", 1, None)
    assert owner.is_alive(STALE_SECONDS - 1)
    assert not owner.is_alive(STALE_SECONDS + 1)


def test_the_run_of_a_dead_host_shows_as_interrupted(store):
    owner = Owner("t", "elsewhere", 1, None)
    run_id = store.create("walk", {}, owner=owner)
    store.update(run_id, status="running", owner=owner)
    assert store.get(run_id).status == "running"
    with store._writing() as connection:
        stale = time.time() - STALE_SECONDS - 1
        connection.execute("UPDATE run SET heartbeat=?", (stale,))
    assert store.get(run_id).status == "interrupted"
