import json
from types import SimpleNamespace

import pytest

from tests.evolution.small import EVERY_MUTATION, FREE, small
from tests.evolution.test_search import reports
from workbench.evolution import Search
from workbench.insight import FamilyTree, steps
from workbench.programs import Program, Space, affine, empty, linear
from workbench.runs import Event


def kin(program, fitness, individuals, mutation="alter_param", merged=0):
    return SimpleNamespace(
        program=program, fitness=fitness, individuals=individuals,
        mutation=mutation, merged=merged,
    )  # fmt: skip


LINEAGE = [
    kin(empty(), 0.1, 1, None),
    kin(linear(0.5), 0.1, 10, "randomize_program"),
    kin(linear(0.25), 0.1, 20, merged=3),
    kin(linear(0.1), 0.6, 30),
    kin(linear(0.1), 0.6, 40, "identity"),
    kin(affine(0.1), 0.9, 50, "insert_instruction"),
]


def test_steps_that_changed_no_fitness_are_skipped_and_counted():
    first, second, third = steps(LINEAGE)
    assert (first.parent, first.diff, first.since, first.gain) == (None,) * 3 + (0.0,)
    assert first.program == empty()
    assert second.mutation == "alter_param"
    assert second.gain == pytest.approx(0.5)
    assert second.skipped == 5
    assert third.skipped == 1
    assert third.gain == pytest.approx(0.3)


def test_a_step_tells_its_mutation_from_the_drift_before_it():
    _, second, third = steps(LINEAGE)
    assert second.parent == linear(0.25)
    assert second.previous == empty()
    assert second.diff.verdict.changed == 1
    assert second.since.verdict.added == 6
    assert (third.diff.verdict.added, third.diff.verdict.removed) == (2, 0)


def test_the_last_program_is_a_step_even_without_a_gain():
    shown = steps(LINEAGE[:5])
    assert [step.individuals for step in shown] == [1, 30, 40]
    assert shown[-1].diff.is_empty
    assert len(steps(LINEAGE, every=True)) == 6
    assert steps([]) == ()


def best(
    text, fitness, individuals, parent=None, previous=None, chain=(), population=0
):
    data = {
        "fitness": fitness, "individuals": individuals, "population": population,
        "text": str(text), "mutation": "alter_param", "previous": previous,
        "parent": parent, "chain": list(chain),
    }  # fmt: skip
    return Event("best", individuals, json.loads(json.dumps(data)))


EVENTS = [
    best(empty(), 0.1, 1),
    best(linear(0.5), 0.3, 10, parent=0, previous=0),
    Event("note", 11, {}),
    best(
        linear(0.1), 0.6, 30, parent=1, previous=1,
        chain=[{"program": str(linear(0.2)), "fitness": 0.4, "individuals": 20,
                "mutation": "alter_param", "merged": 2}],
    ),
    best(affine(0.5), 0.7, 35, parent=1, previous=3, population=1),
    best(affine(0.1), 0.9, 50, parent=3, previous=4),
    Event("selected", 60, {"text": str(affine(0.5)), "select": 0.8}),
]  # fmt: skip


def test_the_tree_of_the_bests():
    tree = FamilyTree(EVENTS)
    assert list(tree.bests) == [0, 1, 3, 4, 5]
    assert tree.roots == (0,)
    assert tree.children(1) == (3, 4)
    assert tree.mainline == (0, 1, 3, 5)
    assert tree.ancestors(4) == (0, 1, 4)
    assert tree.selected == 4
    with pytest.raises(ValueError, match="event is 2; accepted: 0, 1, 3, 4, 5"):
        tree.ancestors(2)


def test_the_way_to_a_best_is_told_step_by_step():
    shown = FamilyTree(EVENTS).steps()
    assert [step.event for step in shown] == [0, 1, None, 3, 5]
    assert [step.individuals for step in shown] == [1, 10, 20, 30, 50]
    assert shown[2].merged == 2
    assert shown[-1].gain == pytest.approx(0.3)
    assert shown[-1].diff.verdict.added == 2
    assert [step.event for step in FamilyTree(EVENTS).steps(4)] == [0, 1, 4]


def test_the_table_follows_the_standard_for_phylogenies():
    table = FamilyTree(EVENTS).table()
    assert list(table["id"]) == [0, 1, 3, 4, 5]
    assert list(table["ancestor_list"]) == ["[none]", "[0]", "[1]", "[1]", "[3]"]
    assert list(table["origin_time"]) == [1, 10, 30, 35, 50]
    assert Program.from_text(table["program"].iloc[-1]) == affine(0.1)


def test_a_run_without_bests_has_an_empty_tree():
    tree = FamilyTree([])
    assert (len(tree), tree.mainline, tree.steps(), len(tree.table())) == (0, (), (), 0)


def test_a_first_program_outside_the_space_is_read_all_the_same():
    narrow = Space(9, 4, 1, setup_ops=(56,), predict_ops=(1,), learn_ops=(1,),
                   learn_length=(0, 2))  # fmt: skip
    tree = FamilyTree(EVENTS, narrow)
    assert tree.bests[5].program == affine(0.1)
    assert tree.bests[5].program.space.sizes == (9, 4, 1)


def test_a_real_search_tells_the_same_in_both_ways():
    spec = small(space=FREE, mutations=EVERY_MUTATION, initial="empty",
                 individuals=20_000, population=50, seed=4)  # fmt: skip
    search = Search(spec)
    events = [event for progress in reports(search) for event in progress.events]
    tree = FamilyTree(events, spec.space)
    told, kept = tree.steps(), steps(search.lineage)
    assert len(tree) >= 3
    assert told[-1].program == kept[-1].program == search.best.program
    assert told[-1].fitness == kept[-1].fitness
    for shown in (told, kept):
        assert shown[0].mutation is None
        gains = sum(step.gain for step in shown)
        assert gains == pytest.approx(shown[-1].fitness - shown[0].fitness)
        assert all(step.gain != 0.0 for step in shown[1:])
        assert all(step.diff is not None for step in shown[1:])
