import pytest
import traitlets

from tests.widgets.comms import FakeComm, until
from workbench.widgets.panel import Panel
from workbench.widgets.table import Table


class Counter(Panel):
    """The smallest panel: counts what it is told to."""

    _esm = "export default { render() {} }"
    count = traitlets.Dict().tag(sync=True)

    def __init__(self):
        self.data = Table({"x": "last", "y": "last"}, 64)
        self.complaints = []
        super().__init__(self.data)

    def handle(self, command):
        if command["name"] == "fail":
            raise RuntimeError("no")
        self.put("count", n=self.part("count").get("n", 0) + 1)

    def complain(self, error):
        self.complaints.append(str(error))


@pytest.fixture
def panel():
    panel = Counter()
    panel.comm = FakeComm()
    yield panel
    panel.close()


def test_nothing_is_sent_before_a_view_attaches(panel):
    for n in range(1000):
        panel.data.append({"x": n})
        panel.put("count", n=n)
    panel.settle()
    assert panel.comm.frames() == []
    assert panel.count["n"] == 999


def test_an_attached_view_gets_everything_then_news(panel):
    panel.put("count", n=5)
    panel.data.append({"x": 1, "y": 2})
    panel.comm.message(type="attach", view="a")
    until(panel.comm.frames)
    first = panel.comm.frames()[0]
    assert first["snapshot"]
    assert first["parts"]["count"]["n"] == 5
    assert first["table"]["rows"] == 1
    panel.put("count", n=6)
    until(lambda: len(panel.comm.frames()) > 1)
    second = panel.comm.frames()[1]
    assert (second["sequence"], second["snapshot"]) == (2, False)
    assert second["parts"]["count"]["n"] == 6
    assert "table" not in second


def test_commands_are_obeyed_in_order_by_the_pump_and_answered(panel):
    panel.comm.message(type="attach", view="a")
    for n in range(20):
        panel.comm.message(type="command", id=f"a:{n}", name="count")
    until(lambda: len(panel.comm.handled()) == 20)
    assert panel.comm.handled() == [f"a:{n}" for n in range(20)]
    assert panel.part("count")["n"] == 20
    assert panel.comm.threads == {"Counter pump"}


def test_a_command_that_fails_is_told_and_the_next_is_obeyed(panel):
    panel.comm.message(type="command", id=1, name="fail")
    panel.comm.message(type="command", id=2, name="count")
    until(lambda: panel.comm.handled() == [1, 2])
    assert panel.complaints == ["no"]
    assert panel.part("count")["n"] == 1


def test_a_closed_tab_costs_a_bounded_number_of_messages(panel):
    panel.comm.message(type="attach", view="gone")
    until(panel.comm.frames)
    while panel._stream.listening:
        sent = panel._stream.sequence
        panel.data.append({"x": sent})
        panel.put("count", n=sent)
        until(lambda sent=sent: panel._stream.sequence > sent)
    frames = len(panel.comm.frames())
    assert frames <= 62
    for n in range(1000, 3000):
        panel.data.append({"x": n})
        panel.put("count", n=n)
    panel._beat()
    assert len(panel.comm.frames()) == frames
    assert len(panel.data) <= 64
    panel.comm.message(type="attach", view="back")
    until(lambda: len(panel.comm.frames()) == frames + 1)
    assert panel.comm.frames()[-1]["parts"]["count"]["n"] == 2999


def test_what_is_announced_is_written_even_if_nobody_listens(panel):
    panel.put("count", n=7)
    panel.data.append({"x": 1, "y": 2})
    panel.announce()
    until(panel.comm.states)
    state = panel.comm.states()[-1]
    assert state["count"]["n"] == 7
    assert state["rows_meta"]["rows"] == 1


def test_two_views_are_served_by_the_same_frames(panel):
    panel.comm.message(type="attach", view="a")
    until(panel.comm.frames)
    panel.comm.message(type="attach", view="b")
    until(lambda: len(panel.comm.frames()) == 2)
    assert panel.comm.frames()[1]["snapshot"]
    panel.put("count", n=1)
    until(lambda: len(panel.comm.frames()) == 3)


def test_close_ends_the_pump():
    panel = Counter()
    thread = panel._pump.thread
    panel.close()
    thread.join(10)
    assert not thread.is_alive()


def test_repr_does_not_list_the_traits(panel):
    assert repr(panel) == "Counter()"
