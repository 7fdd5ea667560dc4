"""Intervals and tests against SciPy, the paper and their definitions."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics import (
    fisher,
    mean,
    median,
    rank_test,
    rate,
    ratio,
    wilson,
)


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case):
    successes, runs = case
    expected = stats.binomtest(successes, runs).proportion_ci(method="wilson")
    assert wilson(successes, runs) == pytest.approx(
        (successes / runs, expected.low, expected.high), abs=1e-12
    )


@pytest.mark.parametrize(("successes", "runs"), [(1, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(successes, runs):
    with pytest.raises(ValueError, match="accepted: one run or more"):
        wilson(successes, runs)


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(1000, 10**9))
def test_the_ends_of_a_rate_leave_a_fortieth_on_either_side(hits, trials):
    found = rate(hits, trials)
    assert found.value == hits / trials
    assert stats.poisson.cdf(hits, found.high * trials) == pytest.approx(0.025)
    if hits:
        assert stats.poisson.sf(hits - 1, found.low * trials) == pytest.approx(0.025)
    else:
        assert found.low == 0.0


def test_a_ratio_compares_runs_with_as_many_random_programs():
    found = ratio(30, 100, 20, 2_000_000, 10_000)
    assert found.value == pytest.approx(0.3 / (1 - (1 - 1e-5) ** 10_000))
    assert found.low < found.value < found.high
    assert ratio(300, 1000, 200, 20_000_000, 10_000).high < found.high
    with pytest.raises(ValueError, match="hits is 0"):
        ratio(3, 10, 0, 1000, 10)


def test_fisher_gives_the_papers_figures():
    """Section 4.3: 8 of 30 against 0 of 30, and 24 of 30 against 0 of 30."""
    assert fisher(8, 30, 0, 30) == pytest.approx(0.0046, abs=1e-4)
    assert fisher(24, 30, 0, 30) < 1e-10
    assert fisher(5, 10, 5, 10) == 1.0


def test_a_mean_has_students_interval():
    values = np.random.default_rng(1).normal(size=9)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert mean(list(values)) == pytest.approx((values.mean(), low, high))
    assert math.isnan(mean([0.5]).low)


@pytest.mark.parametrize("count", [6, 8, 9, 15])
def test_a_median_has_the_interval_between_order_statistics(count):
    values = np.random.default_rng(count).normal(size=count)
    found = stats.quantile_test(values, q=0.0, p=0.5).confidence_interval(0.95)
    assert median(list(values)) == (np.median(values), found.low, found.high)


def test_a_median_of_times_that_did_not_end():
    assert median([3, math.inf, 1, 2, math.inf, 4]) == (3.5, 1, math.inf)
    assert median([1, math.inf, math.inf]).value == math.inf


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([1, 2, 3, math.inf]), min_size=2, max_size=4),
    st.lists(st.sampled_from([1, 2, 3, math.inf]), min_size=2, max_size=5),
)
def test_a_rank_test_counts_all_ways_to_deal_the_values_out(times, others):
    ranks = stats.rankdata(times + others)
    middle = ranks.sum() * len(times) / len(ranks)
    far = [
        abs(sum(chosen) - middle) >= abs(ranks[: len(times)].sum() - middle) - 1e-9
        for chosen in combinations(ranks, len(times))
    ]
    assert rank_test(times, others) == pytest.approx(np.mean(far))
    assert rank_test(others, times) == pytest.approx(rank_test(times, others))
