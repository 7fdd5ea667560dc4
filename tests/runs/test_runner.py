import contextvars
import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runs.walk import Walk, WalkSpec, alone
from workbench.runs import Runner, RunStore

SPEC = WalkSpec(total=1000)
ENDLESS = WalkSpec(total=None)


class Held(Walk):
    """A walk whose chunks take until they are let go."""

    def __init__(self, spec):
        super().__init__(spec)
        self.inside = threading.Event()
        self.go = threading.Event()

    def advance(self, budget):
        self.inside.set()
        assert self.go.wait(60)
        return super().advance(budget)


class Broken(Walk):
    def advance(self, budget):
        if self.position >= 5:
            raise OSError("the disk is on fire")
        return super().advance(budget)


def ran(runner, command="start", *arguments):
    getattr(runner, command)(*arguments)
    assert runner.wait(60)
    return runner


def test_a_run_in_memory_goes_to_its_end():
    experiment, points, events = alone(SPEC)
    runner = ran(Runner(Walk(SPEC)))
    assert runner.status == "finished"
    assert runner.snapshot.position == 1000
    assert runner.snapshot.metrics["height"] == experiment.height
    assert runner.curve == points
    assert runner.events == events
    assert runner.run_id is None
    assert runner.seconds > 0


@pytest.mark.parametrize("chunk", [1e-6, 0.05])
def test_chunks_and_the_store_change_nothing(chunk, store):
    _, points, events = alone(SPEC)
    runner = ran(Runner(Walk(SPEC), store, chunk_seconds=chunk))
    assert runner.curve == points == store.curve(runner.run_id)
    assert runner.events == events == store.events(runner.run_id)


def test_a_step_does_exactly_what_was_asked():
    runner = Runner(Walk(SPEC))
    assert runner.status == "ready"
    ran(runner, "step", 7)
    assert (runner.status, runner.snapshot.position) == ("paused", 7)
    runner.step(3)
    runner.step(1)
    assert runner.wait(60)
    assert runner.snapshot.position == 11
    ran(runner, "step", 10**6)
    assert (runner.status, runner.snapshot.position) == ("finished", 1000)


def test_a_pause_holds_until_resumed():
    runner = Runner(Walk(ENDLESS))
    runner.start()
    ran(runner, "pause")
    assert runner.status == "paused"
    assert runner.rate == 0
    position = runner.snapshot.position
    runner.pause()
    assert runner.wait(60)
    assert runner.snapshot.position == position
    ran(runner, "step")
    assert runner.snapshot.position == position + 1
    runner.resume()
    runner.stop()
    assert runner.wait(60)
    assert runner.status == "stopped"


def test_it_prepares_once_and_before_the_first_chunk():
    runner = Runner(Walk(SPEC))
    seen = []
    runner.subscribe(lambda _: seen.append((runner.status, runner.experiment.prepared)))
    ran(runner, "step")
    ran(runner)
    assert seen[0] == ("preparing", 0)
    assert seen[1] == ("running", 1)
    assert runner.experiment.prepared == 1


def test_stopping_does_the_closing_work():
    runner = Runner(Walk(ENDLESS))
    ran(runner, "step", 20)
    ran(runner, "stop")
    assert runner.status == "stopped"
    assert [event.kind for event in runner.events[-2:]] == ["closing", "closing"]
    assert runner.snapshot.position == 20
    ran(runner, "start")
    assert runner.status == "stopped"


def test_stopping_twice_skips_the_closing_work():
    experiment = Held(ENDLESS)
    experiment.go.set()
    runner = Runner(experiment)
    ran(runner, "step", 3)
    experiment.go.clear()
    experiment.inside.clear()
    runner.stop()
    assert experiment.inside.wait(60)
    runner.stop()
    experiment.go.set()
    assert runner.wait(60)
    assert runner.status == "stopped"
    assert [event.kind for event in runner.events].count("closing") == 1


def test_stopping_before_the_start_leaves_nothing(store):
    runner = ran(Runner(Walk(ENDLESS), store), "stop")
    assert runner.status == "stopped"
    assert runner.events == []
    assert store.list() == []


def test_commands_return_while_a_chunk_runs(store):
    experiment = Held(SPEC)
    runner = Runner(experiment, store)
    runner.start()
    assert experiment.inside.wait(60)

    def command():
        for _ in range(10):
            runner.pause()
            runner.resume()
            runner.step(2)
        runner.stop()
        repr(runner), runner.curve, runner.events, runner.rate, runner.warnings
        assert not runner.wait(0)

    thread = threading.Thread(target=command)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert runner.status == "running"
    experiment.go.set()
    assert runner.wait(60)
    assert runner.status == "stopped"


def test_commands_from_many_threads_leave_the_result_alone():
    spec = WalkSpec(total=30_000)
    _, points, events = alone(spec)
    runner = Runner(Walk(spec), chunk_seconds=1e-4)

    def command(seed):
        rng = np.random.default_rng(seed)
        for _ in range(200):
            name = rng.choice(["start", "pause", "resume", "step"])
            getattr(runner, name)(*([5] if name == "step" else []))

    threads = [threading.Thread(target=command, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ran(runner)
    assert runner.status == "finished"
    assert runner.curve == points
    assert runner.events == events


commands = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.integers(1, 60)),
        st.tuples(st.just("close"), st.just(0)),
        st.tuples(st.just("start, pause"), st.just(0)),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=25)
@given(commands=commands, seed=st.integers(0, 9))
def test_any_interruptions_leave_the_result_alone(tmp_path_factory, commands, seed):
    spec = WalkSpec(total=300, seed=seed)
    experiment, points, events = alone(spec)
    store = RunStore(tmp_path_factory.mktemp("runs"))
    runner = Runner(Walk(spec), store, chunk_seconds=1e-5)
    ran(runner, "step")
    for name, n in commands:
        if name == "step":
            ran(runner, "step", n)
        elif name == "start, pause":
            runner.start()
            ran(runner, "pause")
        else:
            assert runner.close()
            runner = Runner.resume_run(store, runner.run_id)
    ran(runner)
    assert runner.status == "finished"
    assert runner.curve == points == store.curve(runner.run_id)
    assert runner.events == events == store.events(runner.run_id)
    state = store.load_checkpoint(runner.run_id).state
    expected = experiment.state()
    assert state.keys() == expected.keys()
    for name, array in expected.items():
        assert np.array_equal(state[name], array)
        assert state[name].dtype == array.dtype


def test_a_failure_is_kept_with_its_traceback(store):
    runner = ran(Runner(Broken(SPEC), store))
    assert runner.status == "failed"
    assert isinstance(runner.error, OSError)
    assert "the disk is on fire" in runner.traceback
    assert "in advance" in runner.traceback
    record = store.get(runner.run_id)
    assert record.status == "failed"
    assert record.error == runner.traceback
    runner.start()
    assert runner.status == "failed"


def test_a_failed_run_can_be_taken_up_from_its_last_checkpoint(store):
    runner = Runner(Broken(SPEC), store)
    ran(runner, "step", 3)
    ran(runner)
    assert runner.status == "failed"
    again = Runner.resume_run(store, runner.run_id)
    assert (again.status, again.snapshot.position) == ("paused", 3)
    assert store.get(runner.run_id).error is None
    ran(again)
    assert again.events == alone(SPEC)[2]


def test_subscribers_hear_each_chunk_and_each_change():
    runner = Runner(Walk(SPEC), chunk_seconds=1e-6)
    heard, threads = [], set()

    def hear(progress):
        threads.add(threading.current_thread())
        heard.append((runner.status, progress))

    runner.subscribe(hear)
    ran(runner, "step", 500)
    ran(runner)
    assert threading.current_thread() not in threads
    assert len(threads) == 1
    order = [status for status, _ in itertools.groupby(status for status, _ in heard)]
    assert order == ["preparing", "running", "paused", "running", "finished"]
    points = [point for _, progress in heard for point in progress.curve]
    events = [event for _, progress in heard for event in progress.events]
    assert points == runner.curve
    assert events == runner.events


def test_unsubscribing_ends_it():
    runner = Runner(Walk(SPEC))
    heard = []
    unsubscribe = runner.subscribe(heard.append)
    ran(runner, "step")
    count = len(heard)
    unsubscribe()
    unsubscribe()
    ran(runner)
    assert len(heard) == count


def test_a_broken_subscriber_is_reported_once_and_harms_nobody():
    runner = Runner(Walk(SPEC), chunk_seconds=1e-6)
    heard = []

    def fail(progress):
        raise KeyError("panel")

    runner.subscribe(fail)
    runner.subscribe(heard.append)
    ran(runner)
    assert runner.status == "finished"
    assert len(heard) > 2
    (warning,) = runner.warnings
    assert "KeyError: 'panel'" in warning


def test_a_subscriber_may_command_but_not_wait():
    runner = Runner(Walk(ENDLESS))
    errors = []

    def pause(progress):
        if progress.position > 10 and runner.status == "running":
            runner.pause()
            try:
                runner.wait()
            except RuntimeError as error:
                errors.append(error)

    runner.subscribe(pause)
    ran(runner)
    assert runner.status == "paused"
    assert errors


def test_the_rate_counts_units_while_running(until):
    runner = Runner(Walk(ENDLESS))
    runner.start()
    until(lambda: runner.rate > 0)
    ran(runner, "pause")
    assert runner.rate == 0


def test_closing_saves_and_lets_go(store):
    runner = Runner(Walk(ENDLESS), store)
    runner.start()
    assert runner.close()
    assert runner.status == "paused"
    record = store.get(runner.run_id)
    assert (record.status, record.pid) == ("paused", None)
    checkpoint = store.load_checkpoint(runner.run_id)
    assert checkpoint.position == runner.snapshot.position
    with pytest.raises(RuntimeError, match="closed"):
        runner.start()
    assert runner.close()


def test_a_runner_is_a_context_manager(store):
    with Runner(Walk(ENDLESS), store) as runner:
        ran(runner, "step", 4)
    assert store.get(runner.run_id).position == 4
    with Runner(Walk(SPEC)):
        pass


def test_the_thread_keeps_the_context_of_its_starter():
    variable = contextvars.ContextVar("variable")
    variable.set("mine")
    runner, seen = Runner(Walk(SPEC)), []
    runner.subscribe(lambda _: seen.append(variable.get(None)))
    ran(runner)
    assert set(seen) == {"mine"}


def test_an_experiment_may_ask_for_its_runner():
    class Attached(Walk):
        def attach(self, runner):
            self.runner = runner

    experiment = Attached(SPEC)
    assert Runner(experiment) is experiment.runner


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="chunk_seconds is 0"):
        Runner(Walk(SPEC), chunk_seconds=0)
    with pytest.raises(ValueError, match="checkpoint_seconds is -1"):
        Runner(Walk(SPEC), checkpoint_seconds=-1)
    with pytest.raises(ValueError, match="n is 0"):
        Runner(Walk(SPEC)).step(0)


@pytest.mark.parametrize("n", [0, -1, 1.5, float("nan"), float("inf"), "2", None])
def test_a_step_is_a_whole_number(n):
    runner = Runner(Walk(SPEC))
    with pytest.raises(ValueError, match=r"^n is .*; accepted: a whole number, 1"):
        runner.step(n)
    assert runner.status == "ready"


def test_a_path_is_no_store(tmp_path):
    with pytest.raises(TypeError, match="store is a str; accepted: a RunStore or None"):
        Runner(Walk(SPEC), str(tmp_path))
