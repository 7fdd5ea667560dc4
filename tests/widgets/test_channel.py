import contextvars
import threading

import pytest

from workbench.widgets.channel import (
    Commands,
    Frame,
    Parts,
    Pump,
    Stream,
    obey_address,
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Counting:
    """A source that always has news, and counts how often it is asked."""

    def __init__(self):
        self.asked = 0
        self.news = True

    def changes(self):
        self.asked += 1
        return Frame({"n": self.asked}, []) if self.news else None

    def snapshot(self):
        return Frame({"all": True}, [])


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stream(clock):
    return Stream(clock, rate=30, window=60)


@pytest.fixture
def source():
    return Counting()


def attach(stream, view="a"):
    stream.receive({"type": "attach", "view": view})


def ack(stream, sequence, view="a"):
    stream.receive({"type": "ack", "view": view, "sequence": sequence})


def run(stream, source, clock, seconds, step=0.001):
    frames = []
    for _ in range(round(seconds / step)):
        clock.now += step
        frame = stream.frame(source)
        if frame is not None:
            frames.append(frame.content)
    return frames


def test_nothing_is_made_before_a_view_attaches(stream, source, clock):
    assert run(stream, source, clock, 1) == []
    assert source.asked == 0
    assert stream.wait() is None


def test_a_view_that_attaches_gets_a_snapshot_first(stream, source, clock):
    attach(stream)
    first, second, *_ = run(stream, source, clock, 0.2)
    assert first["snapshot"]
    assert first["all"]
    assert not second["snapshot"]


def test_frames_are_numbered_without_gaps(stream, source, clock):
    attach(stream)
    numbers = [frame["sequence"] for frame in run(stream, source, clock, 1)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_never_more_than_thirty_frames_a_second(stream, source, clock):
    attach(stream)
    frames = []
    for _ in range(10):
        frames += run(stream, source, clock, 1)
        ack(stream, stream.sequence)
    assert 290 <= len(frames) <= 300
    assert source.asked <= 300  # what came in between was coalesced, not queued


def test_sending_stops_when_nobody_acknowledges(stream, source, clock):
    attach(stream)
    frames = run(stream, source, clock, 100, step=0.01)
    assert len(frames) == 61
    assert stream.wait() is None
    assert not stream.listening


def test_a_late_acknowledgement_resumes_where_it_stopped(stream, source, clock):
    attach(stream)
    run(stream, source, clock, 100, step=0.01)
    ack(stream, 61)
    frame = run(stream, source, clock, 0.05)[0]
    assert frame["sequence"] == 62
    assert not frame["snapshot"]


def test_a_page_that_comes_back_gets_a_snapshot(stream, source, clock):
    attach(stream)
    run(stream, source, clock, 100, step=0.01)
    attach(stream, "b")
    frames = run(stream, source, clock, 0.5)
    assert frames[0]["snapshot"]
    assert frames[0]["sequence"] == 62


def test_one_view_that_keeps_up_is_enough(stream, source, clock):
    attach(stream, "gone")
    attach(stream, "here")
    for _ in range(10):
        run(stream, source, clock, 1)
        ack(stream, stream.sequence, "here")
    assert stream.sequence > 200


def test_the_last_view_that_leaves_ends_the_stream(stream, source, clock):
    attach(stream, "a")
    attach(stream, "b")
    stream.receive({"type": "detach", "view": "a"})
    assert run(stream, source, clock, 0.5)
    stream.receive({"type": "detach", "view": "b"})
    assert run(stream, source, clock, 0.5) == []


def test_no_news_no_frame(stream, source, clock):
    attach(stream)
    run(stream, source, clock, 0.1)
    sent = stream.sequence
    source.news = False
    assert run(stream, source, clock, 1) == []
    assert stream.sequence == sent


def test_an_acknowledgement_of_what_was_never_sent_counts_for_nothing(stream):
    attach(stream)
    ack(stream, 10**9)
    assert stream.unacknowledged == 0


def test_other_messages_are_not_the_streams(stream):
    assert not stream.receive({"type": "command", "name": "start"})


def test_parts_travel_once_on_each_channel():
    parts = Parts()
    assert parts.put("status", {"status": "ready"})
    assert set(parts.to_stream()) == {"status"}
    assert parts.to_stream() == {}
    assert set(parts.to_state()) == {"status"}
    assert parts.to_state() == {}


def test_an_equal_value_is_no_change():
    parts = Parts()
    parts.put("status", {"status": "ready"})
    revision = parts.get("status")["revision"]
    assert not parts.put("status", {"status": "ready"})
    assert parts.get("status")["revision"] == revision
    assert parts.put("status", {"status": "ready", "more": 1})
    assert parts.put("status", {"status": "ready"})
    assert parts.get("status")["revision"] > revision


def test_values_between_two_frames_coalesce():
    parts = Parts()
    for n in range(1000):
        parts.put("counters", {"n": n})
    assert parts.to_stream()["counters"]["n"] == 999


def test_commands_keep_their_order_and_are_bounded():
    commands = Commands(kept=3)
    assert [commands.put({"id": n}) for n in range(5)] == [True] * 3 + [False] * 2
    assert [command["id"] for command in commands.take()] == [0, 1, 2]
    assert commands.take() == []


class ReroutingComm:
    """Hands messages to the shell that sent last, as those of ipykernel 7.4 do."""

    def _reply_subshell_for(self, *_):
        return None


def test_messages_are_handled_in_the_shell_that_the_page_addressed():
    comm = ReroutingComm()
    obey_address(comm)
    assert comm._reply_subshell_for({"content": {}}, "the page's") == "the page's"
    other = object()
    obey_address(other)
    assert not hasattr(other, "_reply_subshell_for")


VARIABLE = contextvars.ContextVar("VARIABLE")


def test_the_pump_runs_in_the_context_that_started_it():
    VARIABLE.set("the cell's")
    seen = []
    done = threading.Event()

    def beat():
        seen.append(VARIABLE.get(None))
        done.set()

    pump = Pump(beat, "test")
    pump.start()
    pump.wake()
    assert done.wait(10)
    pump.end()
    pump.thread.join(10)
    assert seen == ["the cell's"]
    assert not pump.thread.is_alive()


def test_the_pump_survives_a_failing_beat(caplog):
    done = threading.Event()
    beats = []

    def beat():
        beats.append(1)
        if len(beats) == 1:
            raise RuntimeError("no")
        done.set()

    pump = Pump(beat, "test")
    pump.start()
    pump.wake()
    pump.wake()
    assert done.wait(10)
    pump.end()
    assert "could not update itself" in caplog.text
