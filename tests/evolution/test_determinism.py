"""Same spec, same result, however it was run: compared to the last bit."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.evolution.child import SPEC
from tests.evolution.small import EVERY_MUTATION, FREE, small
from tests.evolution.states import assert_same_state
from workbench.evolution import HurdleSpec, Search
from workbench.runs import RunStore
from workbench.tasks import LinearTasks

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0

TWO = small(
    space=FREE,
    mutations=EVERY_MUTATION,
    initial="linear",
    initial_length=(2, 2, 5),
    hurdle=HurdleSpec(train=10, valid=5, window=150),
    select=LinearTasks(features=4, train=30, valid=10, tasks=4, seed=1),
    final=LinearTasks(features=4, train=30, valid=10, tasks=4, seed=2),
    populations=2,
    individuals=3000,
    seed=7,
)


class Told:
    """A search with all points and events that it reported."""

    def __init__(self, spec, threads, chunk, interruptions=()):
        self.points, self.events = [], []
        search = Search(spec, threads=threads)
        search.prepare()
        pending = list(interruptions)
        finished = False
        while not finished:
            progress = search.advance(chunk)
            finished = progress.finished
            self.points += progress.curve
            self.events += progress.events
            if pending and search.individuals >= pending[0]:
                del pending[0]
                state = search.state()
                search = Search(spec, threads=threads)
                search.restore(state)
        assert not pending
        self.search = search

    def timeless_points(self):
        return [{k: v for k, v in p.items() if k != "seconds"} for p in self.points]


@pytest.fixture(scope="module")
def reference():
    return Told(TWO, 1, 10_000)


def assert_same(one, other):
    assert_same_state(one.search.state(), other.search.state())
    assert one.timeless_points() == other.timeless_points()
    assert one.events == other.events
    assert one.search.best == other.search.best
    assert one.search.lineage == other.search.lineage


def test_the_reference_is_not_a_trivial_run(reference):
    counters = reference.search.counters
    assert all(counters[name] > 0 for name in ("cache_hits", "hurdle_stops"))
    assert len(reference.events) > 4
    assert reference.search.best.final is not None


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_chunks_change_nothing(reference, threads, chunk):
    assert_same(Told(TWO, threads, chunk), reference)


@pytest.mark.parametrize("fitness", [None, 0.9])
def test_many_populations_run_ahead_of_each_other_and_nobody_can_tell(fitness):
    spec = TWO.but(populations=5, individuals=9000, fitness=fitness)
    one = Told(spec, 1, 13)
    for threads, chunk in ((2, 9000), (3, 500)):
        assert_same(Told(spec, threads, chunk), one)
    assert_same(Told(spec, 2, 333, (1, 700, 4000)), one)


@pytest.mark.parametrize("threads", [1, 2])
def test_five_interruptions_change_nothing(reference, threads):
    # The last one falls into the closing work.
    interruptions = (1, 33, 500, 2222, 3000)
    assert_same(Told(TWO, threads, 11, interruptions), reference)


def test_the_background_changes_nothing(reference):
    search = Search(TWO, threads=2)
    for n in (1, 10, 100):
        search.step(n)
    search.resume()
    assert search.runner.wait(DEADLINE)
    assert search.best == reference.search.best
    assert search.runner.events == reference.events
    assert_same_state(search.state(), reference.search.state())


def test_another_seed_gives_another_search(reference):
    other = Search(TWO.but(seed=8)).run()
    assert not np.array_equal(
        other._islands[0].arrays.rng, reference.search._islands[0].arrays.rng
    )
    assert other.best.program != reference.search.best.program


def test_a_state_of_another_search_is_refused(reference):
    with pytest.raises(ValueError, match=r"the saved population\.\w+ is .* needs"):
        Search(TWO.but(population=30)).restore(reference.search.state())
    with pytest.raises(ValueError, match=r"lacks population\.code"):
        Search(TWO.but(populations=3)).restore(reference.search.state())


def beyond_checkpoint(store, target):
    """Whether rows were stored past the target and past the last checkpoint."""
    runs = store.list()
    if not runs or runs[0].position < target:
        return False
    checkpoint = store.load_checkpoint(runs[0].id)
    return checkpoint is not None and checkpoint.position < runs[0].position


def wait_until(condition, process):
    tick = threading.Event()
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "it never came true"
        tick.wait(0.005)


def resumed(store):
    """Return how often the run has been resumed."""
    [record] = store.list()
    return sum(note.kind == "resumed" for note in store.notes(record.id))


def test_killed_five_times_it_ends_where_an_uninterrupted_run_ends(tmp_path):
    store = RunStore(tmp_path)
    whole = Told(SPEC, 1, 10_000)
    run = []
    for kill in range(6):
        command = [sys.executable, "-m", "tests.evolution.child", tmp_path, *run]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            if kill < 5:
                target = (kill + 1) * SPEC.individuals // 7
                wait_until(
                    lambda t=target, k=kill: (
                        beyond_checkpoint(store, t) and resumed(store) == k
                    ),
                    process,
                )
                os.kill(process.pid, signal.SIGKILL)
            else:
                assert process.communicate(timeout=DEADLINE)[0] == "finished"
        finally:
            process.kill()
            process.wait(DEADLINE)
            process.stdout.close()
        [record] = store.list()
        assert record.status == ("interrupted" if kill < 5 else "finished")
        run = [record.id]
    assert resumed(store) == 5
    assert_same_state(store.load_checkpoint(record.id).state, whole.search.state())
    timeless = [
        {k: v for k, v in point.items() if k != "seconds"}
        for point in store.curve(record.id)
    ]
    assert timeless == whole.timeless_points()
    assert store.events(record.id) == whole.events
