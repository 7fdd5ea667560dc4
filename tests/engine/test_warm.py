"""Who is told of compiling, and of nothing else."""

from functools import partial

import numba
import pytest

from workbench.engine import warm


def fresh():
    """Return a function that has never been compiled, and one that it calls."""
    inner = numba.njit(lambda x: x + 1)
    return numba.njit(lambda x: inner(x) * 2)


def test_the_teller_hears_the_beginning_and_the_end_once():
    told, kernel = [], fresh()
    with warm.telling(told.append):
        warm.prepare(kernel, 1, what="a test")
        assert told == ["Compiling a test ...", ""]
        assert warm.call(kernel, 1) == 4
        warm.prepare(kernel, 2, what="a test")
    assert len(told) == 2


def test_the_end_is_told_after_a_failure_too():
    told = []
    kernel = numba.njit(lambda x: x.nothing)
    with warm.telling(told.append), pytest.raises(numba.TypingError):
        warm.prepare(kernel, 1, what="a test")
    assert told == ["Compiling a test ...", ""]


def test_by_default_a_line_goes_to_the_error_stream_once(capsys):
    warm.prepare(fresh(), 1, what="a line")
    warm.prepare(fresh(), 1, what="a line")
    assert capsys.readouterr() == ("", "Compiling a line ...\n")


def test_what_another_function_compiles_is_not_told():
    told = []
    with warm.telling(partial(told.append)):
        fresh()(1)
    assert told == []
