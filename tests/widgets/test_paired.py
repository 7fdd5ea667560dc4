"""Paired differences on numbers worked out by hand."""

import math

import numpy as np
import pytest

from workbench.widgets.paired import number, paired


def test_mean_interval_and_counts_of_four_tasks():
    # Differences 0.1, 0.2, 0.3, 0: mean 0.15, deviation 0.1291, t(3) = 3.1824.
    before = np.array([0.5, 0.5, 0.5, 0.5])
    change = paired(before, before + np.array([0.1, 0.2, 0.3, 0.0]))
    assert change.mean == pytest.approx(0.15)
    assert change.low == pytest.approx(0.15 - 3.182446 * 0.1290994 / 2, abs=1e-6)
    assert change.high == pytest.approx(0.15 + 3.182446 * 0.1290994 / 2, abs=1e-6)
    assert (change.better, change.worse, change.equal) == (3, 0, 1)
    assert not change.clear
    assert change.headline == "0.15 better"
    assert change.words == (
        "95 % interval \N{MINUS SIGN}0.0554 to +0.355 (paired t, 4 tasks). It holds 0, "
        "so this may be chance. 3 of 4 tasks better, 0 worse, 1 the same."
    )


def test_a_clear_loss():
    change = paired(np.array([0.9, 0.8, 0.7]), np.array([0.5, 0.4, 0.31]))
    assert change.clear
    assert change.headline == "0.397 worse"
    assert "chance" not in change.words
    assert "0 of 3 tasks better, 3 worse." in change.words


def test_nothing_changed():
    change = paired(np.ones(3), np.ones(3))
    assert (change.mean, change.low, change.high) == (0.0, 0.0, 0.0)
    assert change.headline == "the same"
    assert change.words == "The fitness is the same on all 3 tasks."


def test_one_task_gives_no_interval():
    change = paired(np.array([0.5]), np.array([0.75]))
    assert math.isnan(change.low)
    assert not change.clear
    assert change.words == "One task gives no interval. 1 of 1 tasks better, 0 worse."


def test_tasks_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="both alike"):
        paired(np.ones(2), np.ones(3))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00312, "0.00312"),
        (-0.5, "\N{MINUS SIGN}0.5"),
        (3.2e-9, "3.20e\N{MINUS SIGN}9"),
    ],
)
def test_differences_as_text(value, text):
    assert number(value) == text
