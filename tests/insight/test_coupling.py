"""Constants in disguise are found, set free and tuned."""

import pytest

from workbench import Program
from workbench.engine import evaluate
from workbench.insight import couplings, decouple, retune
from workbench.programs import Kind, linear
from workbench.tasks import LinearTasks

SPEC = LinearTasks(features=4, train=100, tasks=10)

# Its rate is the norm of a vector that Setup alone writes; its decay is that too.
SHARED = Program.from_text("""
def Setup():
  v4[0.0] = 0.03
  v4[0.5] = 0.04
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s4 = norm(v4)
  s3 = s0 - s1
  s3 = s4 * s3
  v2 = s3 * v0
  v1 = v1 + v2
  v3 = s4 * v1
  v1 = v1 - v3
""")
# The same with one constant.
ONE = Program.from_text(
    str(SHARED)
    .replace("  v4[0.0] = 0.03\n  v4[0.5] = 0.04", "  s4 = 0.05")
    .replace("  s4 = norm(v4)\n", "")
)
COSINE = Program.from_text("""
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s2 = cos(s2)
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
""")

# The same number, one example later.
LATE = Program.from_text("""
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  s2 = cos(s2)
  v1 = v1 + v2
""")
# Its rate and its decay are the norm of 256 random numbers, of which Setup makes one.
WIDE = LinearTasks(features=16, train=100, tasks=10)
DRAWN = Program.from_text("""
def Setup():
  m1 = gaussian(0.0, 0.001, (n_features, n_features))
  s2 = norm(m1)
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
  v3 = s2 * v1
  v1 = v1 - v3
""")


def test_a_norm_that_serves_as_rate_and_as_decay_becomes_two_constants():
    (coupling,) = couplings(SHARED)
    assert coupling.source == "s4 = norm(v4)"
    assert coupling.value == pytest.approx(0.05, rel=1e-6)
    assert coupling.spread < 1e-12
    assert coupling.uses == ((("learn", 2), 0), (("learn", 5), 0))
    free = decouple(SHARED, (coupling,))
    tasks = SPEC.make()
    same = evaluate(free, tasks).fitness
    assert same == pytest.approx(evaluate(SHARED, tasks).fitness, abs=1e-12)
    assert not any(couplings(free))
    assert free.space.size(Kind.SCALAR) == SHARED.space.size(Kind.SCALAR) + 2


def test_decoupled_constants_can_be_tuned_as_coupled_ones_cannot():
    coupled = retune(ONE, SPEC, pairs=20)
    assert coupled.evaluations > 1
    (coupling,) = couplings(ONE)
    assert coupling.uses == ((("learn", 1), 0), (("learn", 4), 0))
    tuned = retune(decouple(ONE, (coupling,)), SPEC, pairs=20)
    rate, decay = tuned.changes
    assert rate.after > rate.before
    assert decay.after < decay.before
    assert tuned.before == pytest.approx(coupled.before, abs=1e-12)
    assert tuned.after > coupled.after + 0.3
    assert tuned.effect.low > 0.3
    assert tuned.after - tuned.before == pytest.approx(tuned.effect.difference)


def test_a_fixed_point_serves_as_a_constant():
    (coupling,) = couplings(COSINE)
    assert coupling.source == "s2 = cos(s2)"
    assert coupling.value == pytest.approx(0.739, abs=2e-3)
    assert "serves as the constant 0.739" in str(coupling)
    assert "learn 3" in str(coupling)


def test_a_norm_of_random_numbers_serves_as_a_constant_on_the_tasks_it_is_asked_on():
    (coupling,) = couplings(DRAWN, tasks=WIDE.make())
    assert coupling.source == "s2 = norm(m1)"
    # Of 256 normal numbers, by the chi distribution.
    assert coupling.value == pytest.approx(0.016 * (1 - 1 / 1024), rel=0.05)
    assert coupling.uses == ((("learn", 1), 0), (("learn", 4), 0))
    coupled = retune(DRAWN, WIDE, pairs=20)
    free = retune(decouple(DRAWN, (coupling,)), WIDE, pairs=20, against=coupled.program)
    assert free.before == pytest.approx(coupled.after, abs=1e-12)
    assert free.effect.low > 0.0
    assert str(free).startswith("better on fresh tasks: ")
    assert "setup 3: 0.01" in str(free)
    assert free.changes[0].place == ("setup", 2)
    assert couplings(DRAWN) == ()  # of 36 numbers it varies by more than 10 %


def test_messages_say_which_lines_read_it_and_what_leaves_it():
    (shared,) = couplings(ONE)
    assert str(shared) == (
        "s4 = 0.05 is one constant for 2 uses: learn 2 (s3 = s4 * s3),"
        " learn 5 (v3 = s4 * v1)"
    )
    (carried,) = couplings(LATE)
    assert str(carried).startswith(
        "s2, left by learn 4: s2 = cos(s2), serves as the constant 0.739"
    )
    assert str(carried).endswith("in learn 2 (s3 = s2 * s3)")


def test_a_constant_of_its_own_is_no_coupling():
    assert couplings(linear()) == ()


def test_couplings_of_another_program_are_refused():
    with pytest.raises(ValueError, match="operand 0 of learn 5, which this program"):
        decouple(linear(), couplings(SHARED))
