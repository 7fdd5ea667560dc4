import threading
import time

import pytest

from workbench.runs import RunStore

DEADLINE = 60.0


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def until():
    """Wait for a condition, and fail if it doesn't come true."""

    def wait(condition):
        tick = threading.Event()
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            tick.wait(0.005)

    return wait
