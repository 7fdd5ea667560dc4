"""Each command runs at its smallest, resumes, and writes its page from its lines."""

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments import by_hand, conditions, linear, projected, two_layer
from experiments.images import present
from experiments.page import template
from experiments.statistics import rate, wilson
from workbench.engine import evaluate
from workbench.programs import Program

MODULES = {m.NAME: m for m in (linear, two_layer, projected, conditions)}


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return what runs a command on tasks that are small and alike to the compiler."""
    monkeypatch.setattr(linear, "BATCH", 2000)
    once = {
        name: replace(task, batches=dict.fromkeys(task.batches, 1))
        for name, task in linear.TASKS.items()
    }
    monkeypatch.setattr(linear, "TASKS", once)
    arms = {
        name: replace(arm, tasks=replace(arm.tasks, train=100, tasks=4))
        for name, arm in two_layer.ARMS.items()
    }
    monkeypatch.setattr(two_layer, "ARMS", arms)
    for name in ("SMALL", "LARGE"):
        few = replace(getattr(two_layer, name), train=100, tasks=4)
        monkeypatch.setattr(two_layer, name, few)
    monkeypatch.setattr(two_layer, "RATES", (0.01, 0.1))
    monkeypatch.setattr(two_layer, "SCALES", (0.1,))
    digits = projected.Sizes(train=100, valid=20, tasks=4)
    monkeypatch.setattr(projected, "IMAGES", {"digits": digits})
    monkeypatch.setattr(projected, "SELECT", 4)
    monkeypatch.setattr(projected, "FINAL", 4)
    few = {"dataset": "digits", "train": 40, "valid": 20, "tasks": 4}
    chosen = ("ten classes", "few examples, 50 epochs")
    smaller = {
        name: replace(
            c, condition=replace(c.condition, **few), control=replace(c.control, **few)
        )
        for name, c in conditions.CONDITIONS.items()
        if name in chosen
    }
    monkeypatch.setattr(conditions, "CONDITIONS", smaller)
    for field, less in (("RATES", (0.05,)), ("SCALES", (0.1,))):
        monkeypatch.setattr(by_hand, field, less)
    for module in (two_layer, conditions):
        monkeypatch.setattr(module, "FRESH", 4)

    def call(name, *words):
        file, page = tmp_path / "lines.jsonl", tmp_path / "page.md"
        words = [*words, "--file", str(file), "--page", str(page)]
        MODULES[name].main([*words, "--checkpoints", str(tmp_path / "kept")])
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        return lines, page

    return call


SMALLEST = {
    "linear": ("--runs", "1", "--budget", "1000"),
    "two_layer": ("--runs", "1", "--budget", "300"),
    "projected": ("--runs", "2", "--budget", "30"),
    "conditions": ("--runs", "1", "--budget", "150"),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_command_runs_resumes_recounts_and_reports(name, command, tmp_path):
    lines, _ = command(name, *SMALLEST[name])
    module = MODULES[name]
    wanted = module.keys(int(SMALLEST[name][1]), int(SMALLEST[name][3]))
    assert {tuple(line[f] for f in module.FIELDS) for line in lines} == set(wanted)
    before = (tmp_path / "lines.jsonl").stat().st_mtime_ns
    command(name, *SMALLEST[name])
    assert (tmp_path / "lines.jsonl").stat().st_mtime_ns == before
    if "concepts" in lines[0]:
        told = [{**line, "concepts": ["of another time"]} for line in lines]
        file = tmp_path / "lines.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in told))
        assert command(name, "--recount")[0] == lines
    _, page = command(name, "--report", *SMALLEST[name][2:])
    text = page.read_text()
    pictures = {path.name: path.read_bytes() for path in tmp_path.glob("*.svg")}
    assert text.startswith(template(name).splitlines()[0])
    assert pictures
    assert all(f"({picture})" in text for picture in pictures)
    command(name, "--report", *SMALLEST[name][2:])
    assert page.read_text() == text
    assert pictures == {p.name: p.read_bytes() for p in tmp_path.glob("*.svg")}


def test_the_figures_of_a_page_follow_from_the_lines(command, tmp_path):
    told = {"task": "affine, Learn", "budget": 10_000, "batch": 0, "individuals": 10**6}
    lines = [
        {**told, "arm": "evolution", "runs": 40, "successes": 30, "program": None},
        {**told, "arm": "random", "runs": 3, "successes": 2, "program": None},
    ]
    for line in lines:
        line["seconds"] = 90.0
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    _, page = command("linear", "--report")
    share, density = wilson(30, 40), rate(2, 10**6)
    text = page.read_text()
    row = next(r for r in text.splitlines() if r.startswith("| affine, L"))
    assert "30 of 40" in row
    assert f"75.00 % ({100 * share.low:.2f} to {100 * share.high:.2f} %)" in row
    assert f"2.0e-06 ({density.low:.1e} to {density.high:.1e})" in row
    assert "2 million individuals were made in all, in 3 minutes" in text


@pytest.mark.parametrize("name", MODULES)
def test_no_page_is_written_of_a_budget_that_nobody_ran(name, command, tmp_path):
    fields = dict.fromkeys(MODULES[name].FIELDS, 1) | {"budget": 50}
    (tmp_path / "lines.jsonl").write_text(json.dumps(fields) + "\n")
    (tmp_path / "page.md").write_text("as it was")
    with pytest.raises(ValueError, match=r"no line of budget 7.*accepted: budget 50"):
        command(name, "--report", "--budget", "7")
    assert (tmp_path / "page.md").read_text() == "as it was"


def test_four_of_twenty_seven_random_predictions_are_right():
    """The share of Predicts among which random search for "linear, all" looks."""
    vectors, written = range(3), range(1, 4)
    right = [
        (a, b, out)
        for a in vectors
        for b in vectors
        for out in written
        if out == 1 and sorted((a, b)) in ([0, 1], [0, 2])
    ]
    assert len(right) / (3 * 3 * 3) == linear.TASKS["linear, all"].share


@pytest.mark.parametrize("name", projected.KNOBS)
def test_tuning_changes_nothing_but_the_constants(name):
    knobs, random = projected.KNOBS[name], np.random.default_rng(2)
    drawn = [knobs.draw(random) for _ in range(20)]
    for program in drawn:
        assert (program.predict, program.learn) == (
            knobs.program.predict,
            knobs.program.learn,
        )
        for place, (low, high) in zip(knobs.places, knobs.ends, strict=True):
            assert low <= program.setup[place].constants[-1] <= high
    assert len({program.setup for program in drawn}) == 20


def test_no_search_and_no_tuning_sees_the_held_out_pairs():
    for dataset in projected.IMAGES:
        spec = projected.spec_of(dataset, "empty", 1000, 1)
        seen = {*spec.tasks.class_pairs, *spec.select.class_pairs}
        assert seen.isdisjoint(spec.final.class_pairs)
    for condition in conditions.CONDITIONS.values():
        spec = condition.spec("control", 1000, 1, 1)
        assert {*spec.tasks.class_pairs}.isdisjoint(spec.final.class_pairs)


def test_images_that_are_not_here_are_left_out_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    told = []
    assert present(["digits", "cifar10", "cifar10"], told.append) == {"digits"}
    (line,) = told
    assert "cifar10 is left out" in line
    assert "workbench data add cifar10 PATH" in line


def test_the_network_for_ten_classes_learns():
    tasks = replace(conditions.TEN, dataset="digits", tasks=4).make()
    spec = conditions.CONDITIONS["ten classes"].spec("condition", 100, 1, 1)
    start = spec.start()
    faster = Program.from_text(
        conditions.TEN_CLASS_NETWORK.replace("0.01", "0.05"), space=start.space
    )
    assert evaluate(start, tasks).fitness > 0.3
    assert evaluate(faster, tasks).fitness > 0.6


@pytest.mark.parametrize(
    "condition", ["few examples, 50 epochs", "fast training", "ten classes"]
)
def test_a_hand_writes_the_concept_that_the_detectors_name(condition):
    kind = conditions.CONDITIONS[condition]
    tasks = replace(kind.condition, dataset="digits", train=40, valid=20, tasks=4)
    made = tasks.make()
    found = by_hand.worth(kind.concept, kind.start("condition"), made, made)
    assert kind.concept in found["concepts"]
    difference, low, high = found["difference"]
    assert low <= difference <= high
    assert difference == pytest.approx(found["with"] - found["without"])
