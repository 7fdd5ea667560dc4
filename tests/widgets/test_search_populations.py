"""Curves of populations and the work of threads, as a page gets them."""

import pytest

from workbench.evolution.work import Span
from workbench.widgets.search_populations import (
    BINS,
    POINTS,
    POPULATIONS_DRAWN,
    WINDOW,
    PopulationCurves,
    threads_part,
)


def point(individuals, *bests):
    own = {f"best.{number}": best for number, best in enumerate(bests)}
    return {"individuals": individuals, "best": max(bests), **own}


def test_curves_are_thinned_to_their_ends():
    curves = PopulationCurves()
    assert curves.part() == {}
    for individuals in range(1000):
        curves.append(point(individuals, 0.25, individuals / 1000))
    curves.append(point(999, 0.9, 0.9))  # told twice
    part = curves.part()
    assert len(part["axes"]["individuals"]) == POINTS
    assert part["axes"]["individuals"][0 :: POINTS - 1] == [0, 999]
    first, second = part["losses"]
    assert set(first) == {0.75}
    assert (second[0], second[-1]) == (1.0, 0.001)
    curves.clear()
    assert curves.part() == {}


def test_the_first_of_many_populations_are_drawn():
    curves = PopulationCurves()
    curves.append(point(8, *[0.5] * 20))
    assert len(curves.part()["losses"]) == POPULATIONS_DRAWN
    assert curves.part()["of"] == 20


def test_threads_are_told_in_parts_of_the_time():
    spans = [
        Span(0, "evaluating", 100.0, 101.0, 0),
        Span(1, "evaluating", 100.0, 100.5, 1),
        Span(1, "waiting", 100.5, 101.0, None),
    ]
    part = threads_part(spans, 2)
    assert part["seconds"] == 1.0
    assert part["shares"] == [[1, 0, 0], [0.5, 0.5, 0]]
    evaluating, waiting, compiling = part["lanes"][1]
    half = BINS // 2
    assert evaluating == pytest.approx([1] * half + [0] * half)
    assert waiting == pytest.approx([0] * half + [1] * half)
    assert set(compiling) == {0}


def test_threads_are_told_of_the_last_seconds_alone():
    spans = [
        Span(0, "compiling", 0.0, 50.0, None),
        Span(0, "evaluating", 60.0, 70.0, 0),
        Span(0, "evaluating", 72.0, 72.0, 0),
    ]
    part = threads_part(spans, 1)
    assert part["seconds"] == WINDOW
    assert part["shares"][0] == [10 / WINDOW, 0, 0]
    assert threads_part([], 2) == {}
