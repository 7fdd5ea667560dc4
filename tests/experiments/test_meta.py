"""The series of trainings: they run, go on, and their pages follow from the lines."""

import json
import math

import jax
import numpy as np
import pytest

from experiments import adaptation, bootstrap
from experiments.page import template
from experiments.series import DATA, DOCS
from workbench.selfref.model import make_model
from workbench.selfref.recorded import SERIES, load_series
from workbench.tasks import EpisodeSpec

SMALL = EpisodeSpec("digits", ways=2, shots=2, queries=2, features=8)
TINY = {"layers": 1, "hidden": 8, "heads": 2, "batch": 4}


@pytest.fixture
def command(tmp_path):
    def call(module, *words, lines=None):
        file, page = tmp_path / "lines.jsonl", tmp_path / "page.md"
        if lines is not None:
            file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        module.main([*words, "--file", str(file), "--page", str(page)])
        found = [json.loads(line) for line in file.read_text().splitlines()]
        return found, page

    return call


def test_a_series_of_interventions_runs_and_goes_on(command, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "EPISODES", SMALL)
    monkeypatch.setattr(bootstrap, "MODEL", TINY)
    monkeypatch.setattr(bootstrap, "TRAINING", {})
    monkeypatch.setattr(bootstrap, "TEST", 2)
    monkeypatch.setattr(bootstrap, "ARMS", {"base": bootstrap.Arm("b", kind="fake-sr")})
    lines, _ = command(bootstrap, "--runs", "1", "--budget", "3")
    assert [line["seed"] for line in lines] == [1, 2]
    assert {tuple(line["steps"]) for line in lines} == {(3,)}
    assert lines[0]["spec"]["seed"] != lines[1]["spec"]["seed"]
    before = (tmp_path / "lines.jsonl").stat().st_mtime_ns
    command(bootstrap, "--runs", "1", "--budget", "3")
    assert (tmp_path / "lines.jsonl").stat().st_mtime_ns == before


def test_an_arm_changes_what_it_says_and_nothing_else():
    base = bootstrap.ARMS["base"].spec(100, 1).to_dict()
    for name, arm in bootstrap.ARMS.items():
        spec = arm.spec(100, 1).to_dict()
        changed = {
            field
            for part in (None, "model", "episodes")
            for field, value in (spec[part] if part else spec).items()
            if value != (base[part] if part else base)[field]
        } - {"model", "episodes", "seed"}
        wanted = {*arm.episodes, *arm.settings}
        wanted |= {"kind"} if arm.kind != "srwm" else set()
        # The default of a field is what it is for.
        assert changed == wanted - {"label_bias_steps"}, name


def test_the_plateau_is_left_a_tenth_of_the_way_to_perfect():
    steps = [50, 100, 150]
    assert bootstrap.left(steps, [0.2, 0.279, 0.5], ways=5) == 150
    assert bootstrap.left(steps, [0.2, 0.281, 0.1], ways=5) == 100
    assert bootstrap.left(steps, [0.2, 0.2, 0.2], ways=5) is None


def interventions(arm, left):
    return [
        {
            "arm": arm,
            "budget": 2000,
            "seed": seed,
            "left": step,
            "test": 0.4,
            "neighbour": 0.6,
            "seconds": 30.0,
            "spec": {"batch": 16},
        }
        for seed, step in enumerate(left, 1)
    ]


def test_a_page_says_which_interventions_were_sooner(command):
    lines = interventions("base", [1000, 1200, None, 1400, None, 1600])
    lines += interventions("queries", [200, 250, 300, 300, 350, 400])
    lines += interventions("warm-up", [1100, 1200, None, 1300, None, 1600])
    lines += interventions("input softmax", [None] * 6)
    _, page = command(bootstrap, "--report", lines=lines)
    text, picture = page.read_text(), page.with_name("bootstrap_plateau.svg")
    assert text.startswith(template("bootstrap").splitlines()[0])
    assert f"]({picture.name})" in text
    assert "- sooner than the base: 5 queries instead of 1.\n" in text
    assert "- later than the base: none.\n" in text
    assert "- no clear difference: warm-up of 200 steps; softmax on the input." in text
    rows = {row.split(" | ")[0][2:]: row for row in text.splitlines()}
    assert "| 4 of 6 | 1,500 (1,000 to not left) | 24,000 |" in rows["base"]
    assert (
        "| 0 of 6 | not left (not left to not left) |  |"
        in rows["softmax on the input"]
    )
    drawn = picture.read_bytes()
    command(bootstrap, "--report")
    assert picture.read_bytes() == drawn


def test_what_never_changes_answers_the_same_after_every_example(monkeypatch):
    monkeypatch.setattr(adaptation, "EPISODES", SMALL.but(segments=2, cut=1))
    monkeypatch.setattr(adaptation, "SETTINGS", TINY)
    spec = adaptation.spec_of("fake-sr", 3, 1)
    params = make_model(spec.model).init(jax.random.key(0))
    found = adaptation.asked(spec, params, 200, seed=0)
    assert found.shape == (2, 2 * SMALL.segment_length)
    assert np.ptp(found, axis=1).max() < 1e-6
    assert not math.isclose(found[0, 0], found[1, 0])


def switched(kind, seed, first, second):
    told = {"kind": kind, "budget": 1200, "seed": seed, "neighbour": 0.7}
    spec = {"batch": 64, "model": {"hidden": 32}}
    told["curve"] = [[step, step / 2400] for step in range(50, 1250, 50)]
    return {**told, "first": first, "second": second, "spec": spec}


def test_a_drop_and_a_recovery_are_told_from_the_curves(command):
    rising, chance = np.linspace(0.2, 0.62, 15), np.full(15, 0.2)
    lines = [
        switched(
            kind,
            seed,
            [*rising, *rising[::-1]],
            [*chance, *(rising if back else chance)],
        )
        for kind, back in (("srwm", True), ("deltanet", False))
        for seed in (1, 2, 3)
    ]
    assert adaptation.before(lines[0]) == pytest.approx(0.62)
    assert adaptation.at_switch(lines[0]) == 0.2
    assert adaptation.recovered(lines[0]) == 13
    assert adaptation.recovered(lines[-1]) == math.inf
    _, page = command(adaptation, "--report", lines=lines)
    text = page.read_text()
    assert "| SRWM | 3 | 62.0 % (62.0 to 62.0 %) | 20.0 % (20.0 to 20.0 %) |" in text
    assert "| never (never to never) |" in text
    assert "- SRWM: the accuracy fell at the switch in 3 of 3 runs" in text
    assert "had been again in 0." in text
    assert "| SRWM | 10.4% | 20.8% | 31.2% | 41.7% | 50.0% |" in text
    assert "](adaptation_switch.svg)" in text
    assert page.with_name("adaptation_switch.svg").exists()


@pytest.mark.parametrize("module", [bootstrap, adaptation], ids=SERIES[::-1])
def test_the_pages_are_those_of_the_lines_that_ship(module, tmp_path):
    page = tmp_path / f"{module.NAME}.md"
    lines = DATA / f"{module.NAME}.jsonl"
    module.main(["--report", "--file", str(lines), "--page", str(page)])
    assert page.read_text() == (DOCS / page.name).read_text()
    assert len(load_series(module.NAME)) == len(lines.read_text().splitlines())


def test_a_series_that_nobody_recorded_is_refused():
    with pytest.raises(ValueError, match="'srwm'; accepted: 'adaptation', 'bootstrap'"):
        load_series("srwm")
