"""One instruction on one memory."""

import numpy as np
import pytest

from tests import naive
from tests.engine.random_programs import DETERMINISTIC, SCALAR, instruction
from workbench.engine import apply, trace
from workbench.programs import OP_BY_NAME, OPS, Instruction, Program

from tests.engine.small_tasks import small_task  # isort: skip


@pytest.mark.parametrize("F", [1, 2, 5])
def test_every_operation_does_what_the_slow_interpreter_does(F):
    rng = np.random.default_rng(F)
    for op in DETERMINISTIC:
        for _ in range(4):
            one = instruction(rng, SCALAR, (op,))
            s, v, m = (rng.normal(size=shape) for shape in ((6,), (9, F), (3, F, F)))
            s[rng.integers(6)] = rng.choice([np.nan, np.inf, 0.0, -1.0])
            v[rng.integers(9)] = rng.choice([np.nan, -np.inf, 0.0, 2.0])
            after = apply(one, s, v, m)
            slow = naive.Memory(s.copy(), v.copy(), m.copy())
            with np.errstate(all="ignore"):
                naive.step(one, slow)
            for ours, theirs in zip(after, (slow.s, slow.v, slow.m), strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=str(one))


def test_the_memory_given_stays_as_it_was():
    s, v, m = np.ones(3), np.ones((2, 4)), np.ones((1, 4, 4))
    after = apply(Instruction(OP_BY_NAME["SCALAR_SUM_OP"], 0, 1, 2), s, v, m)
    assert after.scalars.tolist() == [1.0, 1.0, 2.0]
    assert s.tolist() == [1.0] * 3
    assert [part.shape for part in after] == [(3,), (2, 4), (1, 4, 4)]


def test_random_instructions_draw_as_the_first_one_of_setup():
    for op in (op for op in OPS if op.is_random):
        one = Instruction(op, out=1, constants=(-0.5, 2.0))
        kind = op.output.value
        last = {"s": "s1 = s1 + s1", "v": "s1 = mean(v1)", "m": "s1 = mean(m1)"}[kind]
        learned = Program.from_text(f"def Setup():\n  {one}\ndef Predict():\n  {last}")
        first = trace(learned, small_task(), stop=1, seed=3)[0]
        zeros = [np.zeros_like(part) for part in first]
        for ours, theirs in zip(apply(one, *zeros, seed=3), first, strict=True):
            assert np.array_equal(ours, theirs)
        other = apply(one, *zeros, seed=4)
        assert any(not np.array_equal(a, b) for a, b in zip(other, first, strict=True))


def test_a_memory_without_matrices_will_do():
    one = Instruction(OP_BY_NAME["VECTOR_INNER_PRODUCT_OP"], 0, 1, 0)
    after = apply(one, [0.0], [[1.0, 2.0], [3.0, 4.0]], np.zeros((0, 2, 2)))
    assert after.scalars.tolist() == [11.0]


@pytest.mark.parametrize(
    ("s", "v", "m"),
    [
        (np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((1, 2, 2))),
        (np.zeros(2), np.zeros(2), np.zeros((1, 2, 2))),
        (np.zeros(2), np.zeros((2, 0)), np.zeros((1, 0, 0))),
        (np.zeros(2), np.zeros((2, 3)), np.zeros((1, 2, 2))),
        (np.zeros(2), np.zeros((2, 3)), np.zeros((1, 3, 4))),
        (0.0, np.zeros((2, 3)), np.zeros((1, 3, 3))),
    ],
)
def test_shapes_that_disagree_are_refused(s, v, m):
    one = Instruction(OP_BY_NAME["NO_OP"])
    with pytest.raises(ValueError, match=r"accepted: \[S\], \[V, F\] and \[M, F, F\]"):
        apply(one, s, v, m)


def test_addresses_beyond_the_memory_are_refused():
    s, v, m = np.zeros(2), np.zeros((2, 3)), np.zeros((0, 3, 3))
    wrong = {
        "in is s2.* holds 2": Instruction(OP_BY_NAME["SCALAR_SUM_OP"], 2, 0, 1),
        "in is s999.* holds 2": Instruction(OP_BY_NAME["SCALAR_SUM_OP"], 0, 999, 1),
        "out is v2.* holds 2": Instruction(OP_BY_NAME["SCALAR_BROADCAST_OP"], 0, 0, 2),
        "out is m0.* holds 0": Instruction(OP_BY_NAME["VECTOR_OUTER_PRODUCT_OP"]),
    }
    for message, one in wrong.items():
        with pytest.raises(ValueError, match=message):
            apply(one, s, v, m)
    with pytest.raises(TypeError, match="instruction is a str"):
        apply("s1 = s0 + s0", s, v, m)
