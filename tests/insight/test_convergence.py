"""Counts over runs, held to the definitions of the tests and intervals."""

import math
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.insight.programs import neighbours, renamed, renamings
from tests.programs.strategies import programs
from workbench.evolution import PRESETS
from workbench.insight import code_motifs, converge, converge_runs
from workbench.insight.convergence import to_frame, to_latex, wilson
from workbench.programs import Program, linear
from workbench.runs import Event, RunStore

NAMES = "abcd"
groups = st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=9)


def fisher(a, of, b, others):
    """P value by its definition: the tables that are no more probable than this one."""
    total = a + b

    def ways(k):
        return math.comb(of, k) * math.comb(others, total - k)

    possible = range(max(0, total - others), min(of, total) + 1)
    rare = [ways(k) for k in possible if ways(k) <= ways(a)]
    return sum(rare) / math.comb(of + others, total)


@given(groups, groups)
def test_counts_p_values_and_correction_are_those_of_the_definitions(found, control):
    motifs = converge(found, control)
    for motif in motifs:
        assert motif.runs == sum(motif.concept in run for run in found)
        assert motif.control_runs == sum(motif.concept in run for run in control)
        expected = fisher(motif.runs, len(found), motif.control_runs, len(control))
        assert motif.p_value == pytest.approx(expected, rel=1e-6)
    plain = [motif.p_value for motif in motifs]
    assert plain == sorted(plain)
    factors = range(len(motifs), 0, -1)
    steps = [min(1.0, k * p) for k, p in zip(factors, plain, strict=True)]
    assert [motif.adjusted for motif in motifs] == list(accumulate(steps, max))
    assert {m.concept for m in motifs} == set().union(*found, *control)


def test_what_tells_the_groups_apart_comes_first():
    first, second = converge(
        [{"decay", "model"}] * 8, [{"model"}] * 6 + [["model", "model", "decay"]] * 2
    )
    assert (first.concept, first.share, first.control_share) == ("decay", 1, 0.25)
    assert math.isinf(first.odds_ratio)
    assert math.isnan(second.odds_ratio), "all runs of both have it"
    assert (second.p_value, second.adjusted) == (1, 1)
    assert first.adjusted == pytest.approx(2 * fisher(8, 8, 2, 8))
    assert str(first) == ("decay: 8 of 8 runs, 2 of 8 in the control, p = 0.014 (Holm)")


def test_what_few_runs_have_is_left_out_and_not_corrected_for():
    found = [{"common"}] * 6 + [{"rare", "common"}]
    everything = converge(found, [()] * 7)
    (common,) = converge(found, [()] * 7, at_least=2)
    assert common.p_value == everything[0].p_value
    assert common.adjusted == pytest.approx(everything[0].adjusted / 2)


@given(st.integers(1, 60), st.data())
def test_the_interval_of_a_share_solves_wilsons_equation(of, data):
    count = data.draw(st.integers(0, of))
    low, high = wilson(count, of)
    assert 0 <= low <= count / of <= high <= 1
    for end in (low, high):
        error = math.sqrt(end * (1 - end) / of)
        assert abs(count / of - end) == pytest.approx(1.959964 * error, abs=1e-6)


@pytest.mark.parametrize(
    ("found", "control", "message"),
    [
        ([], [set()], "found is .*at least one run"),
        ([set()], (), "control is .*at least one run"),
        ("ReLU", [set()], "found is 'ReLU'; accepted: a collection of names for"),
        ([{"a"}, "ReLU"], [set()], r"found\[1\] is the text 'ReLU'.*\{'ReLU'\}"),
    ],
)
def test_what_cannot_be_compared_is_refused(found, control, message):
    with pytest.raises((ValueError, TypeError), match=message):
        converge(found, control)


def test_the_table_says_shares_with_their_intervals_and_stays_readable_in_latex():
    motifs = converge([{"a_b & <1>"}] * 3, [()] * 3)
    (row,) = to_frame(motifs).to_dict("records")
    assert (row["share"], row["control_share"], row["of"]) == (1, 0, 3)
    assert (row["low"], row["high"]) == wilson(3, 3)
    assert (row["control_low"], row["control_high"]) == wilson(0, 3)
    assert list(to_frame([])) == list(row)
    latex = to_latex(motifs)
    assert r"a\_b \& $<$1$>$ & 3/3 & 0/3 & $\infty$ & 0.100 \\" in latex


def store_of(path, *texts):
    store = RunStore(path)
    spec = PRESETS["demo"].spec.to_dict()
    for number, text in enumerate(texts):
        store.create("search", spec, run_id=f"run{number}", name=f"run {number}")
        told = [] if text is None else [Event("best", 1, {"text": text})]
        store.append(f"run{number}", [], told)
    return store


def test_runs_of_a_store_are_compared_by_their_best_programs(tmp_path):
    nothing = "def Setup():\ndef Predict():\n  s1 = mean(v0)\ndef Learn():\n"
    store = store_of(tmp_path, str(linear(0.1)), nothing, None)
    named = {m.concept: m for m in converge_runs(store, ["run0"], ["run1"])}
    step = named["gradient step of the squared error"]
    assert (step.runs, step.control_runs) == (1, 0)
    coded = converge_runs(store, ["run0"], ["run1"], kind="code")
    assert {m.concept for m in coded if m.control_runs} == {"mean(features)"}
    store.append("run1", [], [Event("selected", 2, {"text": str(linear(0.1))})])
    assert all(
        m.runs == m.control_runs for m in converge_runs(store, ["run0"], ["run1"])
    )
    with pytest.raises(ValueError, match=r"run2 \(run 2, ready\) has no program"):
        converge_runs(store, ["run0"], ["run2"])
    with pytest.raises(ValueError, match="accepted: 'concepts' or 'code'"):
        converge_runs(store, ["run0"], ["run1"], kind="motifs")


def test_pieces_of_code_are_read_as_expressions():
    assert code_motifs(linear(0.1)) == {
        "dot(features, kept vector)",
        "label - prediction",
        "(label - prediction) * constant",
        "(constant * scalar) * features",
        "(scalar * features) + kept vector",
    }
    assert "((label - prediction) * constant) * features" in code_motifs(linear(), 3)
    assert code_motifs(Program()) == set()
    with pytest.raises(ValueError, match="depth is 0; accepted: 1 or more"):
        code_motifs(linear(), 0)


@settings(max_examples=40)
@given(st.data())
def test_addresses_and_order_make_no_other_piece(data):
    program = data.draw(programs())
    other = renamed(program, data.draw(renamings(program.space)))
    other = data.draw(neighbours(other))
    assert code_motifs(other) == code_motifs(program) == code_motifs(other.effective())
