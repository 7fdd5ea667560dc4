"""The presets: each is whole and runs."""

import json
from dataclasses import replace

import pytest

from workbench.evolution import PRESETS, Search, SearchSpec

NAMES = ("linear", "demo", "affine", "two-layer", "digits")


def test_there_are_those_that_the_page_names():
    assert tuple(PRESETS) == NAMES
    for name, preset in PRESETS.items():
        assert preset.name == preset.spec.name == name
        assert preset.title
        assert preset.description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_comes_back_from_json(name):
    spec = PRESETS[name].spec
    assert SearchSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_runs(name):
    spec = PRESETS[name].spec
    # The demo as it stands; four tasks for the others, to compile one loop less.
    few = spec.tasks if name == "demo" else replace(spec.tasks, tasks=4)
    search = Search(
        spec.but(
            tasks=few,
            select=replace(spec.select, tasks=4),
            final=replace(spec.final, tasks=4),
            individuals=3000,
        )
    ).run()
    assert search.individuals == 3000
    assert 0.0 < search.best.fitness <= 1.0
    assert 0.0 <= search.best.final <= 1.0
    spec.space.check(search.best.program)


def test_the_demo_is_the_original_demo():
    spec = PRESETS["demo"].spec
    assert spec.space.sizes == (4, 3, 1)
    assert spec.initial_length == (10, 2, 8)
    assert (spec.population, spec.tournament, spec.train_steps) == (1000, 10, 2e8)
    tasks = spec.tasks
    assert (tasks.features, tasks.train, tasks.valid, tasks.tasks) == (4, 100, 100, 10)
    assert (spec.select.train, spec.select.tasks) == (1000, 100)
    cache = spec.cache
    assert (cache.size, cache.probe_train, cache.probe_valid) == (100_000, 10, 10)
