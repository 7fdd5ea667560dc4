"""What a program does not need goes, and nothing else."""

import pytest

from workbench import Program
from workbench.insight import diff, simplify
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


def test_what_cannot_be_decided_is_refused():
    with pytest.raises(ValueError, match=r"margin is -0.1; accepted: a number of 0"):
        simplify(linear(), SPEC, margin=-0.1)
    with pytest.raises(ValueError, match="one task, which gives no interval"):
        simplify(linear(), LinearTasks(features=4, tasks=1))
