"""Changes of a paused search: in force at once, on record, and exactly repeatable."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evolution.small import EVERY_MUTATION, FREE, small
from tests.evolution.states import assert_same_state
from workbench.evolution import CHANGEABLE, HurdleSpec, Search, SearchSpec
from workbench.runs import Runner, RunStore
from workbench.tasks import LinearTasks

ROOT = Path(__file__).parents[2]
FRESH = LinearTasks(features=4, train=30, valid=10, tasks=4, seed=1)
THREE = small(
    space=FREE,
    mutations=EVERY_MUTATION,
    initial="linear",
    initial_length=(2, 2, 5),
    hurdle=HurdleSpec(train=10, valid=5, window=150),
    select=FRESH,
    populations=3,
    individuals=3000,
    seed=7,
)
CHANGES = (
    (0, {"tournament": 2}),
    (1, {"mutation_probability": 0.25}),
    (701, {"tournament": 9, "mutations": {"randomize_function": 1.0}}),
    (701, {"individuals": 5000}),
    (1500, {"mutations": EVERY_MUTATION, "fitness": 0.99}),
    (3100, {"fitness": None, "individuals": 4000}),
)


def by_hand(spec, changes, threads=1, chunk=10_000):
    """Return a search that was paused to be changed, and what it reported."""
    search = Search(spec, threads=threads)
    search.prepare()
    points, events = [], []

    def take(progress):
        points.extend(progress.curve)
        events.extend(progress.events)
        return progress.finished

    for position, settings in changes:
        while search.individuals < position:
            take(search.advance(min(chunk, position - search.individuals)))
        search.change(**settings)
    while not take(search.advance(chunk)):
        pass
    return search, timeless(points), events


def timeless(points):
    return [{k: v for k, v in p.items() if k != "seconds"} for p in points]


def assert_same(one, other):
    assert_same_state(one[0].state(), other[0].state())
    assert one[1:] == other[1:]
    assert one[0].best == other[0].best


@pytest.fixture(scope="module")
def changed():
    return by_hand(THREE, CHANGES)


def test_the_changed_run_is_not_a_trivial_one(changed):
    search, _, events = changed
    told = [event for event in events if event.kind == "changed"]
    assert [event.position for event in told] == [p for p, _ in CHANGES]
    assert told[2].data == {
        "from": {"tournament": 2, "mutations": EVERY_MUTATION},
        "to": {"tournament": 9, "mutations": {"randomize_function": 1.0}},
    }
    assert search.individuals == 4000
    assert len(events) > len(told) + 4


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunk", [7, 640, 10_000])
def test_a_spec_with_changes_makes_the_same_run_again(changed, threads, chunk):
    spec = changed[0].spec
    assert [(p, dict(s)) for p, s in spec.changes][1] == CHANGES[1]
    again = SearchSpec.from_dict(spec.to_dict())
    assert again == spec
    assert_same(by_hand(again, (), threads, chunk), changed)


def test_a_population_that_had_stopped_goes_on_when_its_limit_is_raised():
    spec = THREE.but(individuals=None, evaluations=300, seed=3)
    search = Search(spec)
    search.prepare()
    # One has used up its share while the others have not.
    while not any(island.done for island in search._islands):
        search.advance(10)
    assert not search._islands.done
    behind = min(island.individuals for island in search._islands)
    search.advance(20)
    here = search.individuals
    changes = [(here, {"evaluations": 700})]
    one = by_hand(spec, changes)
    made = [island.individuals for island in one[0]._islands]
    assert min(made) > behind
    assert one[0].counters["evaluations"] == 700
    for threads, chunk in ((1, 50), (2, 777)):
        assert_same(by_hand(one[0].spec, (), threads, chunk), one)


def test_an_interruption_forgets_no_change(changed):
    search = Search(changed[0].spec)
    search.prepare()
    for position in (300, 701, 1600):
        search.advance(position - search.individuals)
        state = search.state()
        search = Search(THREE)
        search.restore(state)
    while not search.advance(500).finished:
        pass
    assert_same_state(search.state(), changed[0].state())
    assert search.spec == changed[0].spec


def test_what_a_change_brings_is_in_force_at_once():
    search, _, _ = by_hand(
        small(mutation_probability=1.0), [(1000, {"mutation_probability": 0.0})]
    )
    arrays = search._islands[0].arrays
    late = arrays.born[arrays.members]
    assert late.min() >= 1000
    assert (arrays.mutation[arrays.members] == -1).all()
    assert search.present_spec.mutation_probability == 0.0
    assert search.spec.mutation_probability == 1.0
    assert search.present_spec.changes == ()


def test_a_limit_below_what_was_made_ends_the_search():
    search, _, _ = by_hand(small(), [(1000, {"individuals": 400})])
    assert search.individuals == 1000
    assert search.phase == "done"


def test_only_what_differs_is_a_change():
    search, _, events = by_hand(small(), [(50, {"tournament": 4, "fitness": None})])
    assert search.spec.changes == ()
    assert [e for e in events if e.kind == "changed"] == []


def test_a_running_search_is_changed_when_it_is_paused(tmp_path):
    store = RunStore(tmp_path)
    search = Search(small(individuals=None), store=store)
    search.change(tournament=3)  # before it begins
    search.step(500)
    assert search.runner.wait(60)
    search.change(mutation_probability=0.5)
    search.change(individuals=2500)
    assert search.runner.snapshot.total == 2500
    record = store.get(search.runner.run_id)
    assert record.total == 2500
    assert SearchSpec.from_dict(record.spec) == search.spec
    kept = [e for e in store.events(record.id) if e.kind == "changed"]
    assert [e.position for e in kept] == [0, 500, 500]
    search.change(individuals=None)
    assert store.get(record.id).total is None
    search.resume()
    with pytest.raises(
        RuntimeError, match=r"the run is running; .* while it is paused"
    ):
        search.change(tournament=2)
    search.pause()
    assert search.runner.wait(60)
    search.change(individuals=search.individuals + 100)
    search.resume()
    assert search.runner.wait(60)
    with pytest.raises(RuntimeError, match="the run is finished"):
        search.change(tournament=2)
    again = Search(search.spec).run()
    assert again.runner.events == search.runner.events
    assert_same_state(again.state(), search.state())


def test_a_refused_change_leaves_the_run_as_it_was():
    search = Search(small())
    search.step(100)
    assert search.runner.wait(60)
    with pytest.raises(ValueError, match=r"^tournament is 0; accepted: "):
        search.change(tournament=0)
    with pytest.raises(ValueError, match=r"^population cannot .*accepted: mutation_p"):
        search.change(population=30)
    assert search.spec == small()
    assert search.run().phase == "done"
    with pytest.raises(RuntimeError, match="has ended"):
        by_hand(small(), [])[0].change(tournament=2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (5, r"changes is 5; accepted: pairs of a number"),
        ([(3,)], r"changes holds \(3,\)"),
        ([(-1, {"tournament": 2})], r"changes holds \(-1"),
        ([(9, {"tournament": 2}), (8, {"tournament": 3})], r"holds \(8,.*ascending"),
        ([(9, {})], r"changes holds \(9, {}\)"),
        ([(9, {"seed": 2})], r"seed cannot be changed"),
        ([(9, {"fitness": 2})], r"changes at 9 individuals: fitness is 2; accepted"),
    ],
)
def test_impossible_changes_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        small(changes=changes)


def test_every_setting_that_may_be_changed_is_a_field():
    assert set(CHANGEABLE) < set(SearchSpec.__dataclass_fields__)


CHILD = """
import sys, threading
from tests.evolution.test_changes import THREE
from workbench.evolution import Search
from workbench.runs import RunStore
search = Search(THREE, store=RunStore(sys.argv[1]))
search.step(700)
search.runner.wait()
search.change(tournament=9, individuals=2000)
print("changed", flush=True)
threading.Event().wait()
"""


def test_a_run_that_is_killed_after_a_change_goes_on_with_it(tmp_path):
    command = [sys.executable, "-c", CHILD, tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout.readline() == "changed\n"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait(60)
        process.stdout.close()
    store = RunStore(tmp_path)
    [record] = store.list()
    assert record.status == "paused"
    with Runner.resume_run(store, record.id, threads=2) as runner:
        assert runner.experiment.present_spec.tournament == 9
        runner.start()
        assert runner.wait(60)
        spec = runner.experiment.spec
        assert spec == THREE.but(
            changes=[(700, {"tournament": 9, "individuals": 2000})]
        )
        whole = by_hand(spec, ())
        assert runner.events == whole[2]
        assert_same_state(runner.experiment.state(), whole[0].state())
