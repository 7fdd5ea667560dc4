import pytest

from workbench.insight import diff
from workbench.programs import Program, Space
from workbench.runs import Event
from workbench.widgets.discoveries import SHOWN, Discoveries, discoveries_part, tell

MEAN = "def Predict():\n s1 = mean(v0)"
SCALED = "def Predict():\n s2 = mean(v0)\n s1 = s2 * s2"
LEARNS = "def Predict():\n s1 = dot(v0, v1)\ndef Learn():\n v1 = s0 * v0"


def best(text, fitness, individuals, previous=None, parent=None, mutation="m_m"):
    data = {
        "text": text,
        "fitness": fitness,
        "individuals": individuals,
        "mutation": mutation,
        "previous": previous,
        "parent": parent,
    }
    return Event("best", individuals, data)


def read(events, populations=1):
    found = Discoveries(Space(), populations)
    found.follow(events)
    assert not found.work(float("inf"))
    return found


def test_what_changed_most_and_gained_most_weighs_most():
    dead = MEAN.replace("\n s1", "\n s5 = norm(v0)\n s1")
    found = read(
        [
            best(MEAN, 0.1, 10, mutation=None),
            best(dead, 0.2, 20, previous=0),
            best(SCALED, 0.3, 30, previous=1),
            best(LEARNS, 0.9, 40, previous=2),
        ]
    )
    first, last = found.chosen()
    assert [first.individuals, last.individuals] == [30, 40]
    assert last.weight > first.weight
    assert (last.before, last.fitness) == (0.3, 0.9)
    assert last.mutation == "m m"
    assert found.chosen(1) == [last]
    assert found.get(1) is None, "a change of dead code is no discovery"


def test_a_change_is_from_the_ancestor_on_record_the_gain_from_the_best_before():
    found = read(
        [
            best(LEARNS, 0.2, 10),
            best(MEAN, 0.3, 20, previous=0),
            best(LEARNS.replace("s0 * v0", "s0 * v1"), 0.4, 30, previous=1, parent=0),
        ]
    )
    last = found.get(2)
    assert found.before(2) == 0
    assert last.before == 0.3
    assert last.share < 1
    assert last.code == "~ v1 = s0 * v1"


def test_new_concepts_are_named_when_there_is_time():
    model = "def Predict():\n s1 = dot(v1, v0)\n"
    learns = "def Learn():\n s3 = s0 - s1\n s3 = s3 * s2\n v2 = s3 * v0\n v1 = v1 + v2"
    constant = "def Setup():\n s2 = 0.01\n"
    events = [
        best(model, 0.1, 10),
        best(constant + model + learns, 0.9, 20, previous=0),
    ]
    found = Discoveries(Space(), 1)
    found.follow(events)
    assert not found.work(0.001), "beside a search that runs, nothing is left"
    assert found.chosen()[0].label == ""
    assert not found.work(float("inf"))
    assert found.chosen()[0].label == (
        "Linear model, gradient step of the squared error, constant learning rate"
    )


def test_a_concept_is_called_out_where_it_appears_first():
    model = "def Predict():\n s1 = dot(v1, v0)\n"
    learns = (
        "def Learn():\n s3 = s0 - s1\n s3 = s3 * s2\n v2 = s3 * v0\n v1 = v1 + v2\n"
    )
    slow, fast = ("def Setup():\n s2 = " + rate + "\n" for rate in ("0.01", "0.2"))
    found = read(
        [
            best(MEAN, 0.05, 5),
            best(SCALED, 0.3, 10, previous=0),
            best(slow + model + learns, 0.5, 20, previous=1),
            best(fast + model + learns, 0.6, 30, previous=2),
            best(
                fast + model + " s1 = s1 + s4\n" + learns + " s4 = s4 + s3\n",
                0.61,
                40,
                previous=3,
            ),
        ]
    )
    step = ("gradient step of the squared error", "constant learning rate")
    assert [one.concepts for one in found.chosen()] == [
        ("other nonlinearity", "bilinear interaction"),  # a square is both
        ("linear model", *step),
        (),
        ("affine model",),
    ]
    shown = [one.individuals for one in found.chosen(3)]
    assert shown == [10, 20, 40], "they come before what gained more"


def test_at_most_eight_are_shown():
    texts = [
        "def Predict():\n s2 = mean(v0)" + "\n s2 = s2 + s2" * n + "\n s1 = s2 * s2"
        for n in range(12)
    ]
    events = [
        best(text, 0.05 * n, 10 * n + 1, previous=n - 1 if n else None)
        for n, text in enumerate(texts)
    ]
    found = read(events)
    chosen = found.chosen()
    assert len(chosen) == SHOWN
    assert [one.number for one in chosen] == sorted(one.number for one in chosen)
    part = discoveries_part(chosen, len(events), waiting=False)
    assert part["bests"] == 12
    assert part["items"][0]["label"] == ""


def test_the_place_counts_all_populations():
    event = Event("best", 950, best(MEAN, 0.1, 300).data)
    assert read([event], populations=3).place(0) == 900
    assert read([event], populations=4).place(0) == 950


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        (
            MEAN,
            SCALED,
            "+ s1 = s2 * s2",
            "Predict: Set the prediction s1 to s2 times s2.",
        ),
        (
            SCALED,
            MEAN,
            "\N{MINUS SIGN} s1 = s2 * s2",
            "No longer in Predict: Set the prediction s1 to s2 times s2.",
        ),
        (
            SCALED,
            SCALED.replace("s2 * s2", "s2 * s0"),
            "~ s1 = s2 * s0",
            "Predict: Set the prediction s1 to s2 times the hidden label s0.",
        ),
        (
            LEARNS,
            LEARNS[: LEARNS.index("\ndef")],
            "\N{MINUS SIGN} v1 = s0 * v0",
            "No longer in Learn: Set v1 to the label s0 times the features v0.",
        ),
        (
            MEAN,
            MEAN + "\ndef Learn():\n s5 = 0.5\n v1 = s5 * v0\n v3 = v1 + v0",
            "",
            "",
        ),
    ],
)
def test_a_change_in_one_line(before, after, code, words):
    changes = diff(Program.from_text(before), Program.from_text(after))
    shown, says, _ = tell(changes, Space())
    assert shown == code
    assert says.startswith(words)


def test_what_uses_a_constant_tells_more_than_the_constant():
    after = LEARNS.replace("v1 = s0 * v0", "s5 = 0.5\n v2 = s5 * v0\n v1 = s0 * v2")
    changes = diff(Program.from_text(MEAN), Program.from_text(after))
    code, _, more = tell(changes, Space())
    assert code == "+ v2 = s5 * v0"
    assert more == 4
