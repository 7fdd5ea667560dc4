"""Intervals and tests for counts, means, and times that may not have ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from workbench.insight import convergence

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = convergence.CONFIDENCE
_Z = float(stats.norm.ppf(0.5 + LEVEL / 2))


class Estimate(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, runs: int) -> Estimate:
    """Return a proportion with Wilson's interval.

    Raises
    ------
    ValueError
        When there are no runs, or more successes than runs.
    """
    if not 0 <= successes <= runs or runs == 0:
        raise ValueError(
            f"successes is {successes} and runs is {runs}; accepted: one run or more,"
            " and at most as many successes"
        )
    return Estimate(successes / runs, *convergence.wilson(successes, runs))


def rate(hits: int, trials: int) -> Estimate:
    """Return hits a trial for rare hits, with the exact Poisson interval (Garwood).

    It also holds where each stretch of trials ended at its hit. Without any hit, the
    upper end alone says something.

    Raises
    ------
    ValueError
        When there are no trials.
    """
    if trials <= 0:
        raise ValueError(f"trials is {trials}; accepted: 1 or more")
    tail = (1 - LEVEL) / 2
    low = float(stats.chi2.ppf(tail, 2 * hits)) / 2 if hits else 0.0
    high = float(stats.chi2.ppf(1 - tail, 2 * hits + 2)) / 2
    return Estimate(hits / trials, low / trials, high / trials)


def ratio(successes: int, runs: int, hits: int, trials: int, each: int) -> Estimate:
    """Return how many times likelier runs succeed than as many random programs.

    Parameters
    ----------
    successes, runs
        Runs of the search, and how many of them succeeded.
    hits, trials
        Random programs, and how many of them were solutions.
    each
        Programs in one run of the search.

    Raises
    ------
    ValueError
        When there is no success or no hit: the ratio has then no finite interval.
    """
    if not successes or not hits:
        raise ValueError(
            f"successes is {successes} and hits is {hits}; accepted: 1 or more of both"
        )
    share = successes / runs
    by_chance = -math.expm1(each * math.log1p(-hits / trials))
    # Logarithms of a proportion and of a rare rate: delta method.
    spread = _Z * math.sqrt((1 - share) / successes + 1 / hits)
    value = share / by_chance
    return Estimate(value, value * math.exp(-spread), value * math.exp(spread))


def fisher(with_it: int, runs: int, control: int, control_runs: int) -> float:
    """Return the two-sided p of Fisher's exact test on two proportions."""
    table = np.array(
        [[with_it, runs - with_it], [control, control_runs - control]], np.int64
    )
    return float(stats.fisher_exact(table).pvalue)


def mean(values: Sequence[float]) -> Estimate:
    """Return a mean with Student's interval; without a width for a single value."""
    held = np.asarray(values, dtype=np.float64)
    middle = float(held.mean())
    if len(held) < 2:
        return Estimate(middle, math.nan, math.nan)
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(held) - 1)) * float(
        held.std(ddof=1) / math.sqrt(len(held))
    )
    return Estimate(middle, middle - half, middle + half)


def median(times: Sequence[float]) -> Estimate:
    """Return a median with the interval between two of the values (binomial).

    A time that did not end is infinite; so may the median be, and the ends. The
    interval is the narrowest symmetrical one of at least 95 %, or all there is: of five
    values or fewer, smallest and largest hold less.
    """
    held = np.sort(np.asarray(times, dtype=np.float64))
    count = len(held)
    below = int(stats.binom.ppf((1 - LEVEL) / 2, count, 0.5))
    place = max(below - 1, 0)
    middle = (held[(count - 1) // 2] + held[count // 2]) / 2
    return Estimate(float(middle), float(held[place]), float(held[-1 - place]))


def rank_test(times: Sequence[float], others: Sequence[float]) -> float:
    """Return the exact two-sided p of a difference between two groups' ranks.

    Of all ways to deal the values out to groups of these sizes, the share whose rank
    sum is as far from the expected one. Equal values share a rank: times that had not
    ended when all runs were stopped are infinite, and equal.
    """
    ranks = stats.rankdata([*times, *others])
    doubled = np.rint(2 * ranks).astype(np.int64)
    # ways[k][s]: how many choices of k values have the doubled rank sum s.
    ways = np.zeros((len(times) + 1, int(doubled.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        for chosen in range(len(times), 0, -1):
            ways[chosen, rank:] += ways[chosen - 1, : ways.shape[1] - rank]
    counts = ways[len(times)]
    sums = np.arange(len(counts))
    expected = doubled.sum() * len(times) / len(doubled)
    found = abs(int(doubled[: len(times)].sum()) - expected)
    far = np.abs(sums - expected) >= found - 1e-9
    return float(counts[far].sum() / counts.sum())
