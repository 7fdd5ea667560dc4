"""A search as its user sees it: what it finds, counts, reports and obeys."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.evolution.small import EVERY_MUTATION, FIXED, FREE, small
from workbench.engine import evaluate
from workbench.engine.blocks import make_blocks
from workbench.evolution import (
    CURVE_COLUMNS,
    MUTATIONS,
    CacheSpec,
    HurdleSpec,
    Search,
)
from workbench.evolution.curve import Curve
from workbench.evolution.fitness import _note_at_hurdle
from workbench.evolution.island import _settings
from workbench.evolution.population import make_population
from workbench.evolution.selection import CANDIDATES
from workbench.programs import Program, Space
from workbench.programs.library import linear
from workbench.tasks import (
    DatasetMissing,
    LinearTasks,
    ProjectedTasks,
    TenClassTasks,
)

FRESH = {
    "select": LinearTasks(features=4, train=30, valid=10, tasks=4, seed=1),
    "final": LinearTasks(features=4, train=30, valid=10, tasks=4, seed=2),
}


def reports(search, chunk=500):
    """Advance a search to its end; return all that it reported."""
    search.prepare()
    progress = []
    while not progress or not progress[-1].finished:
        progress.append(search.advance(chunk))
    return progress


def test_it_finds_a_linear_regressor():
    spec = small(
        tasks=LinearTasks(features=4, train=100, valid=20, tasks=4),
        population=500,
        tournament=10,
        individuals=300_000,
        fitness=0.99,
        cache=CacheSpec(),
        seed=7,
    )
    search = Search(spec).run()
    assert search.best.fitness >= 0.99
    fresh = LinearTasks(features=4, train=500, valid=50, tasks=8, seed=77).make()
    assert evaluate(search.best.program, fresh).fitness > 0.99
    # It stops at the individual that got there.
    assert search.individuals == search.best.individuals


def test_a_good_program_to_start_from_is_never_lost():
    tasks = LinearTasks(features=4, train=100, valid=20, tasks=4)
    good = linear(0.2)
    spec = small(tasks=tasks, initial=str(good), population=8, tournament=2,
                 mutations=("randomize_program",), individuals=3000)  # fmt: skip
    search = Search(spec).run()
    whole = evaluate(good, spec.task_spec("tasks").make(), seed=spec.seed).fitness
    assert search.best.fitness >= whole > 0.99
    assert search.curve["top"].iloc[-1] < 0.9  # the population has lost it
    if search.best.fitness == whole:
        assert search.best.program.effective() == good.effective()
        assert len(search.lineage) == 1


def test_mutating_nothing_keeps_the_program():
    spec = small(initial="linear", mutations=("identity",), individuals=200)
    search = Search(spec).run()
    assert search.counters["evaluations"] + search.counters["cache_hits"] == 200
    assert search.curve["q05"].iloc[-1] == search.best.fitness
    padded = [i for i in search.best.program.setup if i.op.name != "NO_OP"]
    assert padded == list(linear().setup)


def test_the_winner_is_chosen_and_reported_on_fresh_tasks():
    spec = small(individuals=4000, seed=8, **FRESH)
    search = Search(spec)
    assert search.best is None
    assert search.lineage == ()
    progress = reports(search)
    best = search.best
    assert search.phase == "done"
    select = spec.task_spec("select").make()
    final = spec.task_spec("final").make()
    assert best.select == evaluate(best.program, select).fitness
    assert best.final == evaluate(best.program, final).fitness
    # No other candidate does better on T_select.
    island = search._islands[0]
    nodes = island.candidates(CANDIDATES)
    scores = [evaluate(island.program(n), select).fitness for n in nodes]
    assert len(nodes) > 1
    assert max(scores) == best.select
    effective = [island.program(node).effective() for node in nodes]
    assert len(set(effective)) == len(effective)

    events = [event for p in progress for event in p.events]
    assert [e.kind for e in events[-2:]] == ["selected", "final"]
    assert events[-2].data["select"] == best.select
    assert events[-1].data["final"] == best.final
    assert Program.from_text(events[-1].data["text"], space=FIXED) == best.program
    assert progress[-1].metrics["select"] == best.select
    assert "select" not in progress[0].metrics
    again = search.advance(10)
    assert (again.finished, again.curve, again.events) == (True, [], [])


def test_fresh_tasks_are_fresh():
    spec = small(**FRESH)
    seeds = {spec.task_spec(role).seed for role in ("tasks", "select", "final")}
    assert len(seeds) == 3
    assert spec.task_spec("tasks") != spec.but(seed=2).task_spec("tasks")
    fixed = spec.but(vary_tasks=False)
    assert fixed.task_spec("select") == spec.select


def test_new_bests_are_told_with_their_ancestry():
    spec = small(space=FREE, mutations=EVERY_MUTATION, initial="empty",
                 individuals=20_000, population=50, seed=4)  # fmt: skip
    search = Search(spec)
    progress = reports(search)
    bests = [e for p in progress for e in p.events if e.kind == "best"]
    fitness = [e.data["fitness"] for e in bests]
    assert len(bests) >= 3
    assert fitness == sorted(set(fitness))
    assert fitness[-1] == search.best.fitness
    assert bests[0].data["previous"] is None
    assert bests[0].data["parent"] is None
    # Nothing but bests here, so that an event's number is its place.
    tasks = spec.task_spec("tasks").make()
    for number, event in enumerate(bests):
        data = event.data
        json.dumps(data)
        program = Program.from_text(data["text"], space=FREE)
        assert evaluate(program, tasks, seed=spec.seed).fitness == data["fitness"]
        assert event.position >= data["individuals"]
        if number:
            assert data["previous"] == number - 1
            assert data["mutation"] in {*MUTATIONS, "copy"}
        if data["parent"] is not None:
            assert data["parent"] < number
            parent = bests[data["parent"]].data
            made = [s["individuals"] for s in data["chain"]]
            assert all(parent["individuals"] < m < data["individuals"] for m in made)
    lineage = search.lineage
    assert lineage[0].mutation is None
    assert lineage[-1].program == search.best.program
    assert lineage[-1].fitness == search.best.fitness
    made = [step.individuals for step in lineage]
    assert made == sorted(set(made))
    for step in lineage:
        assert evaluate(step.program, tasks, seed=spec.seed).fitness == step.fitness


def test_the_curve_says_how_the_population_does():
    spec = small(individuals=3000, seed=2)
    search = Search(spec)
    progress = reports(search, 77)
    points = [point for p in progress for point in p.curve]
    curve = search.curve
    assert list(curve.columns) == list(CURVE_COLUMNS)
    assert len(curve) == len(points)
    assert curve["individuals"].is_monotonic_increasing
    assert curve["individuals"].iloc[-1] == 3000
    assert curve["best"].is_monotonic_increasing
    assert (curve["best"] >= curve["top"]).all()
    for low, high in [("q05", "q25"), ("q25", "q50"), ("q50", "q75"), ("q75", "q95")]:
        assert (curve[low] <= curve[high]).all()
    last = curve.iloc[-1]
    alive = search._islands[0].member_fitness()
    assert last["mean"] == pytest.approx(alive.mean(), abs=1e-15)
    assert last["q25"] == pytest.approx(np.quantile(alive, 0.25), abs=1e-15)
    assert last["best"] == search.best.fitness
    assert last["failed"] == search.populations[0].failing
    for name in ("evaluations", "cache_hits", "train_steps"):
        assert last[name] == search.counters[name]


def test_the_curve_has_the_best_of_each_population():
    search = Search(small(individuals=900, populations=3, seed=2), threads=2)
    reports(search, 77)
    curves = search.population_curves
    assert (curves.index == search.curve["individuals"]).all()
    assert list(curves.columns) == [0, 1, 2]
    assert (curves.max(axis=1).to_numpy() == search.curve["best"]).all()
    assert curves[curves.columns].apply(lambda one: one.is_monotonic_increasing).all()
    assert list(curves.iloc[-1]) == [state.best for state in search.populations]
    alone = Search(small(individuals=900, seed=2))
    reports(alone, 77)
    assert alone.population_curves.shape == (len(alone.curve), 0)


def test_states_of_earlier_releases_lack_the_populations():
    search = Search(small(individuals=900, populations=3, seed=2))
    search.advance(600)
    kept = Curve(8)
    kept.read_arrays(search.state())
    assert kept.points == search._curve.points
    kept.read_arrays({"curve": search.state()["curve"][:, :-3]})
    assert kept.points[-1].keys() == {
        name
        for name in search._curve.points[-1]
        if "best." not in name and name != "failed"
    }
    assert kept.frame()["failed"].isna().all()
    kept.points.append(search._curve.points[-1])
    again = Curve(8)
    again.read_arrays(kept.to_arrays())
    assert again.points == kept.points


def test_a_search_of_an_earlier_release_goes_on_without_what_it_did_not_record():
    spec = small(individuals=900, populations=3, seed=2)
    whole, begun, resumed = Search(spec), Search(spec), Search(spec)
    for search in (whole, resumed):
        search.prepare()
    reports(whole, 300)
    begun.advance(500)
    state = begun.state()
    del state["curve.failed"]
    resumed.restore(state)
    reports(resumed, 300)
    there = len(begun.curve)
    expected = whole.curve.drop(columns="seconds")
    expected.loc[: there - 1, "failed"] = np.nan
    assert 0 < there < len(expected)
    assert resumed.curve.drop(columns="seconds").equals(expected)


def test_the_curve_says_which_share_of_the_population_failed():
    curve = Curve(8)
    counters = dict.fromkeys(
        ("individuals", "evaluations", "cache_hits", "train_steps", "hurdle_stops",
         "over_budget"), 0)  # fmt: skip
    curve.add(counters, 0.0, 0.7, np.array([0.0, 0.7, 0.0, 5e-324, 0.0]))
    assert curve.points[0]["failed"] == 0.6
    # What failed, told by an evaluation of each member from its program alone.
    spec = small(
        space=FREE, strategy="random", initial_length=(4, 5, 5), cache=None, seed=2
    )
    search = Search(spec)
    search.prepare()
    search.advance(200)
    tasks = spec.tasks.make()
    island = search._islands[0]
    found = [
        evaluate(island.program(int(node)), tasks, seed=spec.seed)
        for node in island.arrays.members
    ]
    failed = [one for one in found if one.fitness == 0]
    assert {one.task_stopped.all() for one in failed} == {True, False}
    assert search.curve["failed"].iloc[-1] == len(failed) / len(found)


def test_what_threads_do_is_told_and_is_no_part_of_the_state():
    search = Search(small(individuals=900, populations=3, seed=2), threads=2)
    search.prepare()
    reports(search, 300)
    spans = search.work
    assert {span.doing for span in spans} == {"compiling", "evaluating", "waiting"}
    assert {span.population for span in spans if span.doing == "evaluating"} == {
        0,
        1,
        2,
    }
    for thread in (0, 1):
        own = sorted(span[2:4] for span in spans if span.thread == thread)
        assert all(began <= ended for began, ended in own)
        assert all(a[1] <= b[0] for a, b in pairwise(own))
    assert not any("work" in name for name in search.state())


def test_points_stay_few():
    curve = Curve(8)
    counters = dict.fromkeys(
        ("individuals", "evaluations", "cache_hits", "train_steps", "hurdle_stops",
         "over_budget"), 0)  # fmt: skip
    while curve.boundary <= 10**6:
        curve.add(counters, 0.0, 0.5, np.array([0.5]))
    made = [point["boundary"] for point in curve.points]
    assert made[:3] == [2, 4, 6]
    assert 128 < len(made) < 128 + 64 * 12 + 2
    assert max(np.diff(made)) == 2 * 2**12


def test_an_early_end_reports_what_there_is():
    spec = small(individuals=10**9, population=400, seed=6, **FRESH)
    search = Search(spec)
    search.prepare()
    first = search.advance(150)  # the second point is due at 200
    assert len(first.curve) == 1
    search.finish()
    progress = reports(search)
    points = [point for p in progress for point in p.curve]
    events = [e for p in [first, *progress] for e in p.events if e.kind == "best"]
    assert [p["individuals"] for p in points] == [150]
    assert events[-1].data["fitness"] == search.curve["best"].iloc[-1]
    assert search.individuals == 150
    assert search.best.final is not None


def test_ending_before_the_first_individual_finds_nothing():
    search = Search(small(**FRESH))
    search.finish()
    progress = reports(search)
    assert search.best is None
    assert [e for p in progress for e in p.events] == []


@pytest.mark.parametrize("populations", [1, 3])
def test_rules_stop_where_they_say(populations):
    def run(**rule):
        rules = {"individuals": None, **rule}
        return Search(small(populations=populations, cache=None, **rules)).run()

    assert run(individuals=1000).individuals == 1000
    assert run(evaluations=1000).counters["evaluations"] == 1000
    steps = run(train_steps=50_000).counters["train_steps"]
    # An individual is not cut short: each population may exceed its share by one.
    assert 50_000 <= steps < 50_000 + 4 * 20 * populations
    search = run(fitness=0.3)
    assert search.best.fitness >= 0.3
    assert run(seconds=1e-9).individuals > 0


def test_programs_above_the_budget_cost_nothing_and_get_nothing():
    spec = small(space=FREE, initial_length=(2, 3, 3), cost_factor=2.0,
                 cost_baseline="linear", individuals=500, cache=None)  # fmt: skip
    search = Search(spec).run()
    island = search._islands[0]
    limit = 2.0 * linear().cost(20)
    counts = search.counters
    assert 0 < counts["over_budget"] < 500
    assert counts["evaluations"] + counts["over_budget"] == 500
    for node in island.arrays.members:
        if island.program(node).cost(20) > limit:
            assert island.arrays.fitness[node] == 0.0


def test_the_original_budget_cases_hold():
    wide = Space(20, 20, 20)

    def allowed(initial, baseline):
        spec = small(space=wide, initial=initial, cost_factor=2.0, population=2,
                     cost_baseline=baseline, mutations=("identity",), cache=None,
                     individuals=2)  # fmt: skip
        return Search(spec).run().counters["over_budget"] == 0

    assert allowed("two_layer_network", "two_layer_network")
    assert allowed("linear", "two_layer_network")
    assert not allowed("two_layer_network", "linear")


HURDLE = HurdleSpec(train=5, valid=5, quantile=0.75, window=200)


@pytest.mark.parametrize("cache", [None, CacheSpec(probe_train=3, probe_valid=2)])
def test_the_hurdle_saves_steps_and_counts_what_it_stops(cache):
    spec = small(cache=cache, individuals=4000)
    plain, hurdled = Search(spec).run(), Search(spec.but(hurdle=HURDLE)).run()
    counts = hurdled.counters
    assert counts["hurdle_stops"] > 200
    stopped = counts["hurdle_stops"] + counts["evaluations"] + counts["cache_hits"]
    assert stopped == counts["individuals"] == 4000
    assert counts["train_steps"] < 0.9 * plain.counters["train_steps"]


def test_before_the_first_hurdle_nothing_is_stopped_and_nothing_changes():
    spec = small(cache=None, individuals=100)
    plain, hurdled = Search(spec).run(), Search(spec.but(hurdle=HURDLE)).run()
    assert hurdled.counters["hurdle_stops"] == 0
    assert hurdled.best == plain.best
    assert hurdled.counters == plain.counters


def test_the_hurdle_is_a_quantile_of_the_values_that_differ():
    hurdle = HurdleSpec(quantile=0.75, window=150)
    spec = small(hurdle=hurdle)
    settings = _settings(spec, 0, make_blocks(spec.tasks.make()), shortcuts=True)
    room = np.zeros(150)
    pop = make_population(2, 1, 150, 1)
    values = [0.0] * 96 + [0.1, 0.2, 0.3, 0.4]
    for value in values[:99]:
        _note_at_hurdle(settings, pop, value, room)
    assert pop.hurdle[0] == 0.0  # looked at every hundred
    _note_at_hurdle(settings, pop, values[99], room)
    assert pop.hurdle[0] == 0.3  # of 0, .1, .2, .3, .4
    for value in [0.5] * 100:
        _note_at_hurdle(settings, pop, value, room)
    # The window holds the last 150 of them: 0, .1, .2, .3, .4 and many .5.
    assert pop.hurdle[0] == 0.3
    for value in [0.5] * 50 + [0.6, 0.7] * 25:
        _note_at_hurdle(settings, pop, value, room)
    assert pop.hurdle[0] == 0.6  # of .5, .6, .7


def test_single_precision_searches_too():
    spec = small(dtype="float32", hurdle=HURDLE, individuals=3000, **FRESH)
    search = Search(spec).run()
    tasks = spec.task_spec("tasks").make()
    best = search.best
    program = Search(spec.but(individuals=20, hurdle=None)).run().best
    single = evaluate(program.program, tasks, seed=spec.seed, dtype="float32")
    assert single.fitness == program.fitness
    assert best.select is not None
    assert search.counters["cache_hits"] > 0


def test_ten_classes_with_vector_labels():
    space = Space(
        scalars=3,
        vectors=5,
        matrices=2,
        setup_ops=(56, 58, 64),
        predict_ops=(31, 27, 23),
        learn_ops=(18, 23, 25, 28, 39),
        setup_length=(0, 2),
        predict_length=(1, 2),
        learn_length=(0, 4),
        label="vector",
    )
    spec = small(
        space=space,
        tasks=TenClassTasks(features=16, train=60, valid=50, tasks=4),
        select=TenClassTasks(features=16, train=60, valid=50, tasks=4, seed=1),
        mutations=EVERY_MUTATION,
        initial_length=(1, 1, 1),
        individuals=3000,
    )
    search = Search(spec).run()
    best = search.best
    space.check(best.program)
    tasks = spec.task_spec("tasks").make()
    assert evaluate(best.program, tasks, seed=spec.seed).fitness == best.fitness
    assert best.fitness > 0.1


def test_several_populations_share_the_limits():
    spec = small(populations=3, individuals=1000, **FRESH)
    search = Search(spec, threads=2).run()
    assert [i.individuals for i in search._islands] == [334, 333, 333]
    alone = Search(spec.but(populations=1, individuals=334)).run()
    first = search._islands[0].arrays
    assert np.array_equal(first.fitness, alone._islands[0].arrays.fitness)
    assert search.best.select == max(s.select for s in search._selection.scores)


def test_it_runs_in_the_background_too():
    spec = small(individuals=5000)
    search = Search(spec)
    search.step(123)
    assert search.runner.wait(120)
    assert search.individuals == 123
    search.start()
    assert search.runner.wait(120)
    assert search.runner.status == "finished"
    here = Search(spec).run()
    assert search.best == here.best
    assert here.run() is here  # nothing is left to do


def test_run_goes_on_from_a_pause_and_raises_what_goes_wrong():
    search = Search(small(individuals=900))
    search.step(100)
    search.runner.wait(120)
    assert search.run().individuals == 900
    vector = replace(FIXED, label="vector")
    with pytest.raises(ValueError, match="labels"):
        Search(small(space=vector)).run()


def test_a_search_needs_a_spec_and_threads():
    with pytest.raises(TypeError, match="spec is str; accepted: a SearchSpec"):
        Search("linear")
    with pytest.raises(ValueError, match="threads is 0; accepted: None, or 1 or more"):
        Search(small(), threads=0)


def test_fresh_tasks_that_cannot_be_drawn_are_known_before_the_search(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    search = Search(small(final=ProjectedTasks(dataset="mnist")))
    with pytest.raises(DatasetMissing, match="workbench data get mnist"):
        search.prepare()


@pytest.mark.parametrize("threads", [0, "2", 1.5])
def test_threads_are_a_whole_number(threads):
    with pytest.raises(
        ValueError, match=r"threads is .*; accepted: None, or 1 or more"
    ):
        Search(small(), threads=threads)


def test_the_fittest_programs_of_members_and_record():
    search = Search(small(individuals=4000, populations=2, seed=8)).run()
    found = search.hall_of_fame(20)
    each = [search.hall_of_fame(20, k) for k in range(search.spec.populations)]
    assert set(found) <= {kin for one in each for kin in one}
    assert 1 < len(found) <= 20
    assert [one.fitness for one in found] == sorted(
        (one.fitness for one in found), reverse=True
    )
    assert found[0].fitness == search.best.fitness
    for number in range(2):
        members = search._islands[number].fittest(20)
        effective = [one.program.effective() for one in members]
        assert len(set(effective)) == len(effective)
    assert Search(small()).hall_of_fame() == ()


def test_how_each_population_stands():
    search = Search(small(individuals=4000, populations=2, seed=8))
    assert search.populations == ()
    search.run()
    states = search.populations
    assert [state.individuals for state in states] == [2000, 2000]
    assert max(state.best for state in states) == search.best.fitness
    assert all(0 <= state.failing <= 1 for state in states)
    assert all(state.median <= state.best for state in states)
    again = Search(small(individuals=4000, populations=2, seed=8))
    again.restore(search.state())
    assert again.populations == states
