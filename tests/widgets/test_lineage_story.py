from itertools import pairwise

from workbench.evolution import Ancestor, load_recorded
from workbench.programs import affine, empty, linear
from workbench.runs import Event
from workbench.widgets import lineage_story
from workbench.widgets.lineage_story import Spot, lay_out, tell


def best(program, fitness, individuals, parent=None):
    data = {
        "fitness": fitness, "individuals": individuals, "population": 0,
        "text": str(program), "mutation": "alter_param", "previous": None,
        "parent": parent, "chain": [],
    }  # fmt: skip
    return Event("best", individuals, data)


LINEAGE = (
    Ancestor(empty(), 0.1, 1, None, 0),
    Ancestor(empty(), 0.1, 4, "copy", 0),
    Ancestor(linear(0.5), 0.1, 10, "randomize_program", 2),
    Ancestor(linear(0.25), 0.4, 20, "alter_param", 0),
    Ancestor(linear(0.1), 0.6, 30, "alter_param", 3),
)
EVENTS = [
    best(empty(), 0.1, 1),
    best(linear(0.25), 0.4, 20, parent=0),
    best(affine(0.5), 0.5, 25, parent=1),
    best(affine(0.4), 0.55, 27, parent=2),
    best(linear(0.1), 0.6, 30, parent=1),
    best(affine(0.2), 0.65, 35, parent=0),
    Event("selected", 40, {"text": str(linear(0.1))}),
]


def test_the_main_line_is_the_winners_even_if_another_was_fitter():
    story = tell(LINEAGE, EVENTS, None)
    assert story.main == 3
    assert [step.individuals for step in story.steps[:3]] == [1, 20, 30]
    assert [step.event for step in story.steps[:3]] == [0, 1, 4]
    assert story.on_main == {0, 1, 4}
    assert story.length == 10


def test_what_drifted_between_two_steps_is_kept():
    _, second, third, *_ = tell(LINEAGE, EVENTS, None).steps
    assert [kin.individuals for kin in second.drift] == [4, 10]
    assert (second.lost, second.merged) == (2, 0)
    assert second.parent == linear(0.5)
    assert (third.drift, third.lost, third.merged) == ((), 3, 3)


def test_side_branches_hang_on_the_main_line():
    story = tell(LINEAGE, EVENTS, None)
    by_event = {event: story.steps[n] for event, n in story.places.items()}
    assert by_event[2].previous == 1
    assert by_event[3].previous == story.places[2]
    assert by_event[5].previous == 0
    assert by_event[5].gain == 0.65 - 0.1
    assert len(story.steps) == 6


def test_without_a_lineage_the_events_tell_of_the_last_best():
    story = tell((), EVENTS[:5], None)
    assert [step.individuals for step in story.steps[: story.main]] == [1, 20, 30]
    assert story.on_main == {0, 1, 4}
    nothing = tell((), (), None)
    assert (nothing.steps, nothing.main, nothing.length) == ((), 0, 0)


def test_of_too_many_steps_the_largest_gains_stay(monkeypatch):
    monkeypatch.setattr(lineage_story, "MAX_STEPS", 12)
    demo = load_recorded("demo")
    full = tell(demo.lineage, (), demo.spec.space)
    assert (full.main, full.left_out) == (12, 65)
    steps = full.steps
    assert steps[0].program == demo.lineage[0].program
    assert steps[-1].program == demo.lineage[-1].program
    assert 375298 in [step.individuals for step in steps]
    assert sum(len(step.drift) + step.lost + 1 for step in steps) == full.length
    for before, step in pairwise(steps):
        assert step.gain == step.fitness - before.fitness


def test_each_branch_has_a_lane_until_it_ends():
    spots = lay_out(tell(LINEAGE, EVENTS, None))
    assert spots == {
        0: Spot(0, 0),
        1: Spot(1, 0),
        2: Spot(2, 2),
        3: Spot(3, 2),
        4: Spot(4, 0),
        5: Spot(5, 1),
    }
    again = lay_out(
        tell(LINEAGE[:1], [*EVENTS[:4], best(affine(0.1), 0.7, 50, 0)], None)
    )
    assert {spot.lane for spot in again.values()} == {0, 1, 2}
