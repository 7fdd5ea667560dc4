"""The benchmarks run, and their tables have the right shape; no figure is judged."""

import json
from functools import cache

import pytest

from benchmarks import first_use, workloads
from benchmarks.__main__ import parse, read_original
from benchmarks.measure import check_outcomes, measure
from benchmarks.page import page
from benchmarks.roofline import Work, count, work_of
from benchmarks.table import as_markdown, header, table
from benchmarks.turns import INDIVIDUALS, STEPS, Result, Sample, ratio
from benchmarks.workloads import EVALUATED, ORIGINAL, SMALLEST, evaluated
from workbench.programs.ops import OP_BY_NAME

GIVEN = {"B": 1e6, "D4": 10.0}
NEW = first_use.FirstUse(empty=None, filled=[1.0])


@cache
def session():
    return measure(SMALLEST, 2, lambda _: None)


def test_every_workload_of_the_issue_has_its_row():
    assert set(ORIGINAL) <= {line[0] for line in table(session().rows, None)}


@pytest.mark.parametrize("given", [None, GIVEN])
def test_a_row_has_a_cell_for_every_column(given):
    lines = table(session().rows, given)
    assert lines[0] == header(given is not None)
    assert all(len(line) == len(lines[0]) for line in lines)
    assert len(as_markdown(lines).splitlines()) == len(lines) + 1


def test_what_a_row_fills_in():
    lines = {
        line[0]: dict(zip(header(True), line, strict=True))
        for line in table(session().rows, GIVEN)
    }
    for line in lines.values():
        assert line["individuals/s"]
        assert line["train steps/s"]
        assert line["range"]
    for name in ORIGINAL:
        counted = name in EVALUATED
        assert bool(lines[name]["ns/instruction"]) == counted
        assert bool(lines[name]["roofline"]) == counted
        assert lines[name]["ratio"]
        assert bool(lines[name]["ratio here"]) == (name in GIVEN)


def test_the_page_tells_where_figures_come_from():
    text = page(session(), NEW, GIVEN, "a machine", 0.5)
    assert "a machine" in text
    assert "no measure of what a second core brings" in text
    assert "session (D4, B)" in text
    for name in session().shown:
        assert f"| {name} |" in text
    for name in EVALUATED:
        assert f"- {name}: " in text


def test_rooflines_name_what_binds():
    for roof in session().rooflines.values():
        assert roof.fraction > 0
        assert roof.seconds[roof.binding] == max(roof.seconds.values())
        assert roof.lanes >= roof.tasks == 10


def test_counts_of_the_linear_program():
    """dot; difference; product; scaled sum, of which 2 F numbers stay in registers."""
    F = 16
    counts = count(evaluated("B", SMALLEST))
    assert counts.check == Work(2 * F - 1 + 1, 2 * F + 2, 1)
    learn = Work(1 + 1 + 2 * F, 2 + 2 + (1 + 2 * F), 1 + 1 + F)
    assert counts.step == counts.check.plus(learn)
    assert (counts.step_rows, counts.check_rows) == (4, 1)
    case = evaluated("B", SMALLEST)
    assert case.instructions == 1 + 5 * case.blocks.train + case.blocks.valid


def test_what_has_no_fixed_arithmetic_is_not_counted():
    with pytest.raises(ValueError, match="SCALAR_EXP_OP"):
        work_of(OP_BY_NAME["SCALAR_EXP_OP"], 4)


def test_programs_that_stop_early_are_refused():
    case = evaluated("C16", SMALLEST)
    program = workloads.two_layer_network(learning_rate=100.0)
    wild = workloads.replace(case, name="wild", program=program)
    with pytest.raises(ValueError, match="wild stops early"):
        wild.prepare()


def test_ratios_are_taken_within_turns():
    slowing = [Sample(k, {STEPS: 8.0, INDIVIDUALS: 1.0}) for k in (1.0, 2.0, 4.0)]
    doubled = [Sample(s.seconds / 2, s.counts) for s in slowing]
    assert ratio(Result("b", doubled), Result("a", slowing), STEPS) == 2.0


@pytest.mark.parametrize("given", [{"E": 1.0}, {"B": -1.0}, {"B": "fast"}, [1.0]])
def test_a_file_of_the_original_is_checked(given, tmp_path):
    path = tmp_path / "original.json"
    path.write_text(json.dumps(given))
    with pytest.raises(ValueError, match="accepted"):
        read_original(path)


def test_a_file_of_the_original_is_read(tmp_path):
    path = tmp_path / "original.json"
    path.write_text(json.dumps(GIVEN))
    assert read_original(path) == GIVEN


@pytest.mark.parametrize("arguments", [["--turns", "4"], ["--smallest"]])
def test_a_page_is_never_made_of_too_little(arguments, capsys):
    with pytest.raises(SystemExit):
        parse(arguments)
    assert "page" in capsys.readouterr().err or "--turns" in arguments


def test_another_outcome_is_no_benchmark():
    check_outcomes(session().results)
    results = dict(session().results)
    wrong = [s._replace(outcome="other") for s in results["D4"].samples]
    results["D4"] = Result("D4", wrong)
    with pytest.raises(RuntimeError, match="D4 came to something else"):
        check_outcomes(results)


def test_an_idle_machine_needs_no_warning():
    text = page(session(), NEW, None, "a machine", 0.0)
    assert "no measure of what a second core brings" not in text


def test_a_new_process_reaches_its_first_generation():
    assert first_use.measure_filled(1).median > 0
