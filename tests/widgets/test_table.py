import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets.table import Table

COLUMNS = {"x": "last", "best": "last", "mean": "mean", "low": "min", "high": "max"}


def read(taken):
    meta, data = taken
    return np.frombuffer(data, np.float32).reshape(meta["rows"], -1)


def filled(count, capacity=16):
    table = Table(COLUMNS, capacity)
    for x in range(count):
        table.append({"x": x, "best": x, "mean": 1.0, "low": -x, "high": x})
    return table


def test_take_returns_each_row_once():
    table = filled(3)
    meta, _ = table.take()
    assert (meta["first"], meta["rows"]) == (0, 3)
    assert table.take() is None
    table.append({"x": 10})
    meta, data = table.take()
    assert (meta["first"], meta["rows"]) == (3, 1)
    assert np.isnan(read((meta, data))[0, 1:]).all()


def test_take_everything_starts_again():
    table = filled(3)
    table.take()
    meta, _ = table.take(everything=True)
    assert (meta["first"], meta["rows"]) == (0, 3)
    assert table.take() is None


def test_a_full_table_is_sent_anew_from_its_first_row():
    table = filled(16)
    table.take()
    table.append({"x": 100})
    meta, _ = table.take()
    assert meta["first"] == 0
    assert meta["rows"] == len(table) < 16


@given(st.lists(st.floats(0.01, 50), min_size=1, max_size=200), st.integers(4, 40))
def test_merging_keeps_order_ends_and_extremes(steps, capacity):
    table = Table(COLUMNS, capacity)
    xs = np.cumsum(steps)
    highs = np.sin(xs)
    for x, high in zip(xs, highs, strict=True):
        table.append({"x": x, "best": x, "mean": 1, "low": high, "high": high})
    rows = table.array()
    assert len(rows) <= capacity
    assert (np.diff(rows[:, 0]) > 0).all()
    assert rows[-1, 0] == pytest.approx(xs[-1])
    assert rows[:, 3].min() == highs.min()
    assert rows[:, 4].max() == highs.max()
    assert np.allclose(rows[:, 2], 1)


def test_old_and_new_parts_keep_the_same_detail():
    rows = filled(100_000, capacity=256).array()
    early = (rows[:, 0] < 50_000).sum()
    assert 0.3 < early / len(rows) < 0.7


def test_compact_is_small_and_ends_where_the_table_ends():
    table = filled(1000, capacity=2048)
    meta, data = table.compact(100)
    assert meta["rows"] <= 100
    assert read((meta, data))[-1, 0] == 999
    assert len(table) == 1000


def test_a_row_that_is_not_further_along_is_left_out():
    table = filled(3)
    table.append({"x": 2})
    assert len(table) == 3


def test_rows_may_be_appended_while_others_take_them():
    table = Table(COLUMNS, 64)
    taken = []
    done = threading.Event()

    def take():
        while not done.is_set():
            part = table.take()
            if part is not None:
                taken.append(part[0])

    reader = threading.Thread(target=take)
    reader.start()
    for x in range(5000):
        table.append({"x": x})
    done.set()
    reader.join()
    rows = 0
    for meta in taken:
        assert meta["first"] in (0, rows)
        rows = meta["first"] + meta["rows"]
    assert rows <= 64


def test_a_table_too_small_to_merge_is_refused():
    with pytest.raises(ValueError, match="capacity is 3; accepted: 4 or more"):
        Table(COLUMNS, 3)
