"""What a program does not need goes, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import Program, evaluate
from workbench.insight import Effect, diff, fresh_tasks, simplify
from workbench.programs import affine, linear
from workbench.tasks import AffineTasks, LinearTasks

SPEC = LinearTasks(features=4, train=60, tasks=10)

# The linear model at a high rate, with a detour, the same twice, and dead code.
PADDED = Program.from_text(
    str(linear(0.2))
    .replace("s1 = dot(v1, v0)", "s6 = dot(v0, v1)\n  s5 = dot(v1, v0)\n  s1 = s5 + s6")
    .replace("v2 = s3 * v0", "v4 = abs(v1)\n  s3 = sin(s3)\n  v2 = s3 * v0")
    .replace("s2 = 0.2", "s2 = 0.1")
)


def test_the_shortest_program_with_the_same_fitness_is_found():
    found = simplify(affine(0.1), AffineTasks(features=4, train=60, tasks=10), pairs=20)
    assert found.program == affine(0.1).effective()
    assert found.dropped == ()
    assert found.effect.difference == 0.0


def test_what_was_left_out_is_told_with_the_reason():
    found = simplify(PADDED, SPEC, pairs=20)
    assert len(found.program) < len(PADDED) - 2
    assert found.same
    gone = {one.place: one for one in found.dropped}
    assert gone["learn", 2].why == "dead"
    assert gone["learn", 2].text == "v4 = abs(v1)"
    assert gone["learn", 3].why == "within noise"
    assert len(gone) == len(PADDED) - len(found.program)
    assert "learn 3: v4 = abs(v1) (dead)" in map(str, found.dropped)
    left = [
        line
        for name, function in PADDED.functions.items()
        for k, line in enumerate(function)
        if (name, k) not in gone
    ]
    kept = [line for function in found.program.functions.values() for line in function]
    assert [line.op for line in kept] == [line.op for line in left]


def test_an_instruction_that_does_the_same_as_another_goes_without_any_change():
    twice = str(linear(0.1)).replace("  v1 = v1 + v2", "  v3 = s3 * v0\n  v1 = v1 + v3")
    twice = twice.replace("  s3 = s2 * s3", "  s4 = s2 * s3\n  s3 = s2 * s3")
    found = simplify(Program.from_text(twice), SPEC, pairs=20)
    assert diff(linear(0.1), found.program).verdict.kind == "equivalent"
    assert found.effect.difference == 0.0
    assert {one.why for one in found.dropped} <= {"dead", "equal"}


def written(*changes):
    """Return the linear model's program with lines replaced."""
    text = str(linear(0.1)) + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Program.from_text(text)


RATE, PREDICTED, ERROR = "  s2 = 0.1\n", "  s1 = dot(v1, v0)\n", "  s3 = s0 - s1\n"
SCALED, STEP, LEARNT = "  s3 = s2 * s3\n", "  v2 = s3 * v0\n", "  v1 = v1 + v2\n"

# The linear model, whose smallest form is its six lines.
DISGUISES = {
    "a value added and taken away": [
        (ERROR, ERROR + "  s3 = s3 + s1\n  s3 = s3 - s1\n")
    ],
    "with another line between": [
        (ERROR, "  s3 = s0 + s2\n  s3 = s3 - s1\n  s3 = s3 - s2\n")
    ],
    "added in Predict, taken away in Learn": [
        (RATE, RATE + "  s5 = 0.7\n"),
        (PREDICTED, PREDICTED + "  s2 = s2 + s5\n"),
        (ERROR, "  s2 = s2 - s5\n" + ERROR),
    ],
    "noise in both": [
        (PREDICTED, "  s7 = gaussian(0.0, 1.0)\n" + PREDICTED),
        (ERROR, "  s4 = s0 + s7\n  s5 = s1 + s7\n  s3 = s4 - s5\n"),
    ],
    "noise added twice, and taken away doubled": [
        (PREDICTED, "  s7 = gaussian(0.0, 1.0)\n" + PREDICTED),
        (ERROR, "  s3 = s0 + s7\n  s3 = s3 + s7\n  s3 = s3 - s1\n"),
        (SCALED, "  s8 = s7 + s7\n  s3 = s3 - s8\n" + SCALED),
    ],
    "two negations": [(ERROR, ERROR + "  s3 = s5 - s3\n  s3 = s5 - s3\n")],
    "a negation far from the error": [
        (ERROR, "  s3 = s1 - s0\n"),
        (STEP, STEP + "  v2 = v5 - v2\n"),
    ],
    "scaled, and back": [
        (RATE, RATE + "  s5 = 3.0\n"),
        (PREDICTED, "  v3 = s5 * v0\n  s1 = dot(v1, v3)\n  s1 = s1 / s5\n"),
    ],
    "scaled by a number and its inverse": [
        (RATE, RATE + "  s5 = 4.0\n  s6 = 0.25\n"),
        (PREDICTED, "  v3 = s5 * v1\n  s1 = dot(v3, v0)\n  s1 = s1 * s6\n"),
    ],
    "a rate of two factors": [
        (RATE, "  s2 = 0.2\n  s4 = 0.5\n"),
        (SCALED, SCALED + "  s3 = s4 * s3\n"),
    ],
    "half the rate, doubled": [
        (RATE, "  s2 = 0.05\n"),
        (SCALED, SCALED + "  s3 = s3 + s3\n"),
    ],
    "a rate that is a norm": [
        (RATE, "  v4[0.0] = 0.06\n  v4[0.5] = 0.08\n  s2 = norm(v4)\n")
    ],
    "logarithm of the exponential": [
        (ERROR, ERROR + "  s3 = exp(s3)\n  s3 = log(s3)\n")
    ],
    "inverse of the inverse": [(ERROR, ERROR + "  s3 = 1 / s3\n  s3 = 1 / s3\n")],
    "mean of two equal errors": [
        (RATE, RATE + "  s6 = 0.5\n"),
        (ERROR, ERROR + "  s4 = s0 - s1\n  s3 = s3 + s4\n  s3 = s6 * s3\n"),
    ],
    "a copy of the weights": [
        ("dot(v1, v0)", "dot(v3, v0)"),
        (LEARNT, LEARNT + "  v3 = v1 + v4\n"),
    ],
    "an accumulator that is added and taken away": [
        (PREDICTED, "  v6 = v1 + v5\n  v6 = v6 - v5\n  s1 = dot(v6, v0)\n"),
        (LEARNT, LEARNT + "  v5 = v5 + v1\n"),
    ],
    "weights in two halves": [
        (PREDICTED, "  s5 = dot(v3, v0)\n" + PREDICTED + "  s1 = s1 + s5\n"),
        (LEARNT, LEARNT + "  v3 = v3 + v2\n"),
    ],
}


@pytest.mark.parametrize("changes", DISGUISES.values(), ids=DISGUISES)
def test_a_disguise_comes_off(changes):
    found = simplify(written(*changes), SPEC, pairs=20)
    assert len(found.program) == len(linear())
    assert found.same
    assert found.finished


def test_what_went_together_is_told():
    disguised = written(*DISGUISES["with another line between"])
    assert simplify(disguised, SPEC, pairs=20, together=False).dropped == ()
    found = simplify(disguised, SPEC, pairs=20)
    assert {one.place: one.together for one in found.dropped} == {
        ("learn", 0): (("learn", 2),),
        ("learn", 2): (("learn", 0),),
    }
    assert {one.why for one in found.dropped} == {"rounding"}
    assert any("together with learn 3" in str(one) for one in found.dropped)


def test_a_constant_that_took_over_is_told():
    found = simplify(written(*DISGUISES["a rate that is a norm"]), SPEC, pairs=20)
    (one,) = found.rewritten
    assert one.place == ("setup", 2)
    assert one.text == "s2 = norm(v4)"
    assert float(one.now.removeprefix("s2 = ")) == pytest.approx(0.1)
    folded = simplify(written(*DISGUISES["a rate of two factors"]), SPEC, pairs=20)
    rates = [line.constants for line in folded.program.setup]
    assert rates == [(pytest.approx(0.1),)]
    (other,) = folded.rewritten
    assert other.together == (("learn", 2),)
    assert "together with learn 3" in str(other)


def test_no_more_is_tried_than_allowed_and_more_goes_on():
    short = simplify(PADDED, SPEC, pairs=20, tries=10)
    assert short.tried == 10
    assert not short.finished
    rest = simplify(short.program, SPEC, pairs=20, against=PADDED)
    assert rest.finished
    assert len(rest.program) == len(linear())


# A detour, where it begins, and the line that is put there; numbers are addresses.
DETOURS = (
    "  s3 = s3 + s{0}\n  s3 = s3 - s{0}\n",
    "  s3 = s9 - s3\n  s3 = s9 - s3\n",
    "  s{0} = s3 + s2\n  s3 = s{0} - s2\n",
    "  s{0} = sin(s3)\n  s3 = s3 + s9\n",
    "  s{0} = norm(v1)\n  s3 = s3 + s{0}\n  s3 = s3 - s{0}\n",
    "  v3 = v1 + v{0}\n  v1 = v3 - v{0}\n",
    "  v{0} = v{0} + v1\n",
)


@st.composite
def detours(draw):
    """Return the linear model with detours, each at some place of Learn."""
    lines = [ERROR, SCALED, STEP, LEARNT]
    for detour in draw(st.lists(st.sampled_from(DETOURS), min_size=1, max_size=3)):
        place = draw(st.integers(1, len(lines)))
        lines.insert(place, detour.format(draw(st.integers(4, 7))))
    return written((ERROR + SCALED + STEP + LEARNT, "".join(lines)))


@settings(max_examples=5, derandomize=True)
@given(detours())
def test_a_simplified_program_is_as_good_and_no_longer_and_stays(program):
    found = simplify(program, SPEC, pairs=20)
    assert len(found.program) <= len(program.effective())
    assert len(found.program) == len(program) - len(found.dropped)
    other = fresh_tasks(SPEC, 30, seed=7)
    whole, rest = (
        evaluate(one, other).task_fitness for one in (program, found.program)
    )
    assert Effect.of(whole, rest).low <= found.margin
    again = simplify(found.program, SPEC, pairs=20, against=program)
    assert again.program == found.program
    assert again.dropped == again.rewritten == ()


def test_what_cannot_be_decided_is_refused():
    with pytest.raises(ValueError, match=r"margin is -0.1; accepted: a number of 0"):
        simplify(linear(), SPEC, margin=-0.1)
    with pytest.raises(ValueError, match=r"tries is -1; accepted: a number of 0"):
        simplify(linear(), SPEC, tries=-1)
    with pytest.raises(ValueError, match="one task, which gives no interval"):
        simplify(linear(), LinearTasks(features=4, tasks=1))
