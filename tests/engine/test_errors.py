"""What is refused, with messages that say what is accepted, before any kernel runs."""

import math

import numpy as np
import pytest

from tests.engine.small_tasks import small_task, small_tasks
from workbench.engine import evaluate, memory_after
from workbench.engine.blocks import make_blocks
from workbench.programs import (
    OP_BY_NAME,
    Instruction,
    Program,
    Space,
    SpaceError,
    linear,
)
from workbench.tasks import LinearTasks, Task, TaskSet

TASKS = small_tasks(2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed is -1; accepted: a whole number from 0 to 9223372036854"),
        ({"seed": 2**63}, "seed is 9223372036854775808"),
        ({"seed": 1.0}, "seed is 1.0"),
        ({"seed": True}, "seed is True"),
        ({"max_abs_error": -1.0}, "max_abs_error is -1.0; accepted: a number from 0"),
        ({"max_abs_error": math.nan}, "max_abs_error is nan"),
        ({"max_abs_error": "100"}, "max_abs_error is '100'"),
        ({"max_abs_error": None}, "max_abs_error is None"),
        ({"combine": "sum"}, "combine is 'sum'; accepted: 'mean', 'median'"),
        ({"combine": ["mean"]}, r"combine is \['mean'\]"),
        ({"dtype": "float16"}, "dtype is 'float16'; accepted: 'float64', 'float32'"),
        ({"dtype": np.float64}, "dtype is <class 'numpy.float64'>"),
    ],
)
def test_options(options, message):
    with pytest.raises(ValueError, match=message):
        evaluate(linear(), TASKS, **options)


def test_numpy_numbers_are_numbers():
    seeded = evaluate(linear(), TASKS, seed=np.int32(3), max_abs_error=np.float32(100))
    assert seeded.fitness == evaluate(linear(), TASKS, seed=3).fitness


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (TASKS[0], r"tasks is a Task; accepted: .* \(of one: \[task\]\)"),
        (None, "tasks is a NoneType; accepted: a TaskSet or a list of Tasks"),
        (LinearTasks(), "tasks is a LinearTasks"),
        ([TASKS[0], "task"], r"tasks\[1\] is a str; accepted: a Task"),
        ([LinearTasks()], r"tasks\[0\] is a LinearTasks; accepted: a Task"),
        (np.zeros((3, 4)), r"tasks\[0\] is a ndarray"),
    ],
)
def test_what_is_no_list_of_tasks(tasks, message):
    with pytest.raises(TypeError, match=message):
        evaluate(linear(), tasks)


def test_no_task_at_all():
    for none in ([], (), iter(())):
        with pytest.raises(ValueError, match="tasks is empty; accepted: at least one"):
            evaluate(linear(), none)


def test_any_iterable_of_tasks_will_do():
    expected = evaluate(linear(), TASKS).task_fitness.tolist()
    assert evaluate(linear(), iter(TASKS)).task_fitness.tolist() == expected
    assert evaluate(linear(), tuple(TASKS)).task_fitness.tolist() == expected


@pytest.mark.parametrize("program", ["s1 = s2", None, linear])
def test_what_is_no_program(program):
    with pytest.raises(TypeError, match=r"program is a .*; accepted: a Program"):
        evaluate(program, TASKS)


def test_a_program_that_writes_a_vector_label():
    writes = Program.from_text("def Learn():\n  s2 = s0 + s0\n  v1 = s1 * v0")
    ten_classes = small_task(F=10, classes=10)
    with pytest.raises(ValueError, match=r"Learn, instruction 1 .*: out is v1"):
        evaluate(writes, [ten_classes])
    with pytest.raises(ValueError, match="accepted: v2"):
        memory_after(writes, ten_classes)
    assert evaluate(writes, TASKS).fitness > 0.0


# Kernels check nothing. What follows is all that they trust, each refused when built.


def test_a_program_fits_its_memory():
    code = "def Predict():\n  s1 = dot(v1, v0)\n  m1 = outer(v0, v0)"
    for space, message in [
        (Space(2, 1, 2), "in1 is v1; accepted: v0"),
        (Space(2, 2, 1), "out is m1; accepted: m0"),
        (Space(2, 2, 0), r"out is m1; accepted: none \(this space has 0 matrices\)"),
    ]:
        with pytest.raises(ValueError, match=r"found `[vm]1`; accepted"):
            Program.from_text(code, space)
        parts = Program.from_text(code).functions.values()
        with pytest.raises(SpaceError, match=message):
            Program(*parts, space=space)
    with pytest.raises(ValueError, match=r"vectors is 0; accepted: .* from 1"):
        Space(vectors=0)
    with pytest.raises(ValueError, match=r"scalars is 1; accepted: .* from 2"):
        Space(scalars=1)


@pytest.mark.parametrize("fraction", [1.0, 0.99999999, -0.1, math.nan, math.inf])
def test_an_index_fraction_lies_below_1(fraction):
    # 0.99999999 is 1 with 32 bits.
    for name, values in (
        ("VECTOR_CONST_SET_OP", (fraction, 1.0)),
        ("MATRIX_CONST_SET_OP", (fraction, 0.0, 1.0)),
        ("MATRIX_CONST_SET_OP", (0.0, fraction, 1.0)),
    ):
        with pytest.raises(ValueError, match="index fraction"):
            Instruction(OP_BY_NAME[name], out=1, constants=values)


def test_the_largest_fraction_names_the_last_element():
    largest = float(np.nextafter(np.float32(1), np.float32(0)))
    for F in (1, 2, 3, 7, 64):
        sets = Program.from_text(f"""
            def Setup():
              v1[{largest!r}] = 5.0
              m0[{largest!r}, {largest!r}] = 7.0
        """)
        memory = memory_after(sets, small_task(F=F, train=1, valid=1))
        assert memory.vectors[1].tolist() == [0.0] * (F - 1) + [5.0]
        assert memory.matrices[0].ravel().tolist() == [0.0] * (F * F - 1) + [7.0]


def test_addresses_are_those_of_the_table():
    with pytest.raises(ValueError, match=r"in1 is 1000; .* from 0 to 999"):
        Instruction(OP_BY_NAME["SCALAR_SUM_OP"], 1000, 0, 1)
    with pytest.raises(ValueError, match="out is -1"):
        Instruction(OP_BY_NAME["SCALAR_SUM_OP"], 0, 0, -1)


@pytest.mark.parametrize("order", [[[0, 1, 5]], [[0, -1, 2]], [[0, 1]], [[0, 1, 2.5]]])
def test_an_order_names_examples(order):
    with pytest.raises(ValueError, match="order"):
        small_task(train=3, order=order)


def test_an_order_that_changes_behind_a_task_does_not_reach_the_kernels():
    tasks = TaskSet.from_tasks([small_task(train=3)])
    order = np.array(tasks.order)
    forged = order.view()
    object.__setattr__(tasks, "order", forged)
    order[0, 0] = 10**12
    with pytest.raises(ValueError, match="order holds 1 to 1000000000000; accepted"):
        evaluate(linear(), tasks)


def test_blocks_keep_an_order_of_their_own():
    tasks = TaskSet.from_tasks(TASKS)
    assert not np.shares_memory(make_blocks(tasks).arrays.order, tasks.order)


@pytest.mark.parametrize(
    "shapes",
    [
        ((0, 4), (0,), (5, 4), (5,)),
        ((5, 4), (5,), (0, 4), (0,)),
        ((5, 0), (5,), (5, 0), (5,)),
        ((5, 4), (4,), (5, 4), (5,)),
        ((5, 4), (5,), (5, 3), (5,)),
        ((5, 4), (5, 5), (5, 4), (5, 5)),
        ((5, 4), (5, 1), (5, 4), (5, 1)),
    ],
)
def test_tasks_are_whole(shapes):
    with pytest.raises(ValueError, match=r"accepted|only the number"):
        Task.from_arrays(*map(np.zeros, shapes), metric="accuracy")


def test_matrix_operations_need_matrices_in_the_space_only():
    every = Program.from_text("""
        def Predict():
          m0 = outer(v0, v0)
          m0 = matmul(m0, m0)
          m0 = transpose(m0)
          v1 = dot(m0, v0)
          s1 = mean(v1)
    """)
    for F in (1, 2, 33):
        assert np.isfinite(memory_after(every, small_task(F=F)).matrices).all()
    without = Program.from_text("def Predict():\n  s1 = mean(v0)", Space(2, 1, 0))
    assert memory_after(without, small_task()).matrices.shape == (0, 4, 4)


def test_programs_are_as_long_as_spaces_allow():
    with pytest.raises(ValueError, match="setup_length"):
        Space(setup_length=(0, 10_001))
    lines = "\n".join(["s1 = s1 + s2"] * 10_000)
    longest = Program.from_text(
        f"def Setup():\ns2 = 1.0\ndef Predict():\n{lines}",
        Space(predict_length=(0, 10_000)),
    )
    memory = memory_after(longest, small_task(train=1, valid=1), max_abs_error=math.inf)
    assert memory.scalars[1] == 20_000.0


def test_the_first_options_may_be_given_in_their_order():
    given = evaluate(linear(), TASKS, False, 3, 1e-9)
    named = evaluate(linear(), TASKS, reduce=False, seed=3, max_abs_error=1e-9)
    assert given.stopped
    assert given.train_steps == named.train_steps
