from workbench.evolution import Ancestor
from workbench.insight import fingerprint
from workbench.programs import Program, Space
from workbench.runs import Event
from workbench.widgets.hall_of_fame import KEPT, PLACES, HallOfFame, form_of, hall_part


def program(*lines, learn=()):
    body = "\n ".join(lines)
    text = f"def Predict():\n {body}"
    if learn:
        text += "\ndef Learn():\n " + "\n ".join(learn)
    return Program.from_text(text)


def chain(length):
    """A program of so many effective instructions."""
    return program("s1 = mean(v0)", *["s1 = s1 + s1"] * (length - 1))


def found(one, fitness, individuals=1, mutation="alter_param"):
    return Ancestor(one, fitness, individuals, mutation, 0)


def hall(*offers):
    made = HallOfFame()
    made.offer(offers)
    assert not made.work(float("inf"))
    return made


def test_programs_that_differ_in_dead_code_addresses_or_constants_are_one():
    first = program("s2 = 0.5", "s3 = mean(v0)", "s1 = s2 * s3")
    others = [
        program("s2 = 0.25", "s3 = mean(v0)", "s1 = s2 * s3"),
        program("s4 = 0.5", "s5 = mean(v0)", "s1 = s5 * s4"),
        program("s2 = 0.5", "s3 = mean(v0)", "s7 = norm(v0)", "s1 = s2 * s3"),
    ]
    assert {form_of(one) for one in others} == {form_of(first)}
    assert form_of(program("s1 = mean(v0)")) != form_of(first)
    made = hall(found(first, 0.5), *[found(one, 0.6) for one in others])
    (row,) = made.chosen()
    assert row.fitness == 0.6


def test_no_two_rows_compute_the_same_and_there_are_at_most_twelve():
    offers = [found(chain(n), 0.01 * n) for n in range(1, 40)]
    rows = hall(*offers, *offers).chosen()
    prints = [fingerprint(row.program) for row in rows]
    assert len(set(prints)) == len(rows) == PLACES
    assert [row.fitness for row in rows] == sorted(
        (row.fitness for row in rows), reverse=True
    )


def test_the_fittest_of_each_size_are_marked():
    small, middle, large, wasteful = chain(2), chain(4), chain(6), chain(8)
    rows = hall(
        found(small, 0.5), found(middle, 0.4), found(large, 0.9), found(wasteful, 0.8)
    ).chosen()
    assert [(row.effective, row.is_front) for row in rows] == [
        (6, True),
        (8, False),
        (2, True),
        (4, False),
    ]


def test_a_small_program_keeps_its_place_among_many_fitter_ones():
    many = [found(chain(20 + n), 0.9 + 0.001 * n) for n in range(30)]
    rows = hall(found(chain(2), 0.3), *many).chosen()
    assert rows[-1].effective == 2
    assert rows[-1].is_front


def test_of_programs_that_predict_the_same_the_shortest_is_shown():
    made = HallOfFame(ties_are_one=True)
    same = [found(chain(n), 0.1 + 0.2) for n in (7, 5, 9)]
    perfect = [found(chain(n), 1.0) for n in (11, 10)]
    made.offer([*same, *perfect, found(chain(8), 0.3)])
    made.work(float("inf"))
    rows = [(row.fitness, row.effective) for row in made.chosen()]
    assert rows == [(1.0, 10), (1.0, 11), (0.1 + 0.2, 5), (0.3, 8)]


def test_copies_do_not_push_other_programs_out():
    made = HallOfFame(ties_are_one=True)
    made.offer([found(chain(3), 0.4), found(chain(4), 0.3)])
    made.offer(found(chain(n), 0.5) for n in range(5, 2 * KEPT + 10))
    made.work(float("inf"))
    assert [row.fitness for row in made.chosen()] == [0.5, 0.4, 0.3]


def test_where_fitness_counts_mistakes_programs_of_equal_fitness_stay_apart():
    assert len(hall(found(chain(2), 0.75), found(chain(3), 0.75)).chosen()) == 2


def test_a_row_that_somebody_looks_at_stays():
    many = [found(chain(20 + n), 0.9 + 0.001 * n) for n in range(30)]
    made = hall(found(chain(25), 0.1), *many, found(chain(50), 0.2))
    form = form_of(chain(50))
    assert form not in {row.form for row in made.chosen()}
    assert form in {row.form for row in made.chosen(also=form)}
    assert len(made.chosen(also=form)) == PLACES


def test_reading_can_be_cut_short_and_taken_up():
    made = HallOfFame()
    made.offer(found(chain(n), 0.1) for n in range(1, 5))
    assert [made.work(0.0) for _ in range(4)] == [True, True, True, False]
    assert len(made.chosen()) == 4


def test_it_follows_the_events_of_a_run():
    made = HallOfFame()
    data = {
        "text": str(chain(3)),
        "fitness": 0.25,
        "individuals": 7,
        "mutation": "randomize_function",
    }
    made.offer_events([Event("note", 1, {}), Event("best", 9, data)], Space())
    made.work(1.0)
    (row,) = hall_part(made.chosen(), waiting=False)["rows"]
    assert row == {
        "form": form_of(chain(3)),
        "fitness": 0.25,
        "effective": 3,
        "instructions": 3,
        "individuals": 7,
        "mutation": "randomize function",
        "front": True,
    }
