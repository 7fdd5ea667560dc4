import json
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest

from tests import naive
from workbench.programs import OP_BY_NAME, OPS, Instruction, Kind
from workbench.programs.export import HELPERS
from workbench.programs.ops import (
    CONSTANT_COUNT,
    COST,
    IN1_KIND,
    IN2_KIND,
    IS_PARTIAL,
    IS_RANDOM,
    OUT_KIND,
)

F = 4
DRAWING = ("_UNIFORM_SET_OP", "_GAUSSIAN_SET_OP")


def test_the_table_has_the_original_ops_under_their_numbers():
    assert [op.number for op in OPS] == list(range(len(OPS)))
    assert len(OP_BY_NAME) == len(OPS)
    numbers = {
        "NO_OP": 0,
        "SCALAR_SUM_OP": 1,
        "SCALAR_HEAVYSIDE_OP": 15,
        "SCALAR_VECTOR_PRODUCT_OP": 18,
        "VECTOR_INNER_PRODUCT_OP": 27,
        "MATRIX_VECTOR_PRODUCT_OP": 31,
        "MATRIX_COLUMN_NORM_OP": 35,
        "MATRIX_MATRIX_PRODUCT_OP": 43,
        "SCALAR_MIN_OP": 44,
        "MATRIX_ROW_MEAN_OP": 52,
        "SCALAR_CONST_SET_OP": 56,
        "MATRIX_CONST_SET_OP": 58,
        "SCALAR_UNIFORM_SET_OP": 59,
        "MATRIX_GAUSSIAN_SET_OP": 64,
    }
    assert {name: OP_BY_NAME[name].number for name in numbers} == numbers


def test_every_op_has_its_own_spelling():
    assert len({op.form for op in OPS}) == len(OPS)
    assert OPS[27].form == "s = dot(v, v)"
    assert OPS[58].form == "m[index, index] = value"


def test_columns_agree_with_rows():
    for op in OPS:
        kinds = [*(kind.code for kind in op.inputs), 0, 0]
        assert [IN1_KIND[op.number], IN2_KIND[op.number]] == kinds[:2]
        assert OUT_KIND[op.number] == (op.output.code if op.output else 0)
        assert IS_RANDOM[op.number] == op.is_random == op.name.endswith(DRAWING)
        assert IS_PARTIAL[op.number] == op.is_partial_write == ("] = " in op.text)
        assert CONSTANT_COUNT[op.number] == len(op.constants)
        assert COST[op.number] == op.cost > 0
    assert COST.sum() == sum(op.cost for op in OPS)
    with pytest.raises(ValueError, match="read-only"):
        COST[0] = 1.0


def sample(op):
    """Return an instruction of the op whose operands are all different."""
    values = {"index": 0.7, "mean": 0.5, "stdev": 0.1, "low": -1.0, "high": 2.0}
    constants = tuple(values.get(kind.noun, -1.25) for kind in op.constants)
    out = 4 if op.output in (Kind.SCALAR, Kind.VECTOR) else 2
    return Instruction(op, in1=1, in2=len(op.inputs) // 2, out=out, constants=constants)


def test_numpy_statements_do_what_the_op_does():
    ops = [op for op in OPS if not op.is_random]
    rng = np.random.default_rng(3)
    start = naive.Memory(
        rng.uniform(-1, 1, 5), rng.uniform(-1, 1, (5, F)), rng.uniform(-1, 1, (3, F, F))
    )
    # The statements run as a script of their own, as a reader of an export would run
    # them: every memory before an op is the same.
    lines = ["import json, sys", "import numpy as np", "np.seterr(all='ignore')"]
    lines += [dedent(helper) for helper in HELPERS.values()]
    lines += [f"F = {F}", "given = json.load(sys.stdin)", "results = []"]
    for op in ops:
        for letter in "svm":
            lines += [
                f"{letter}{i} = np.array(given[{letter!r}][{i}])"
                for i in range(len(getattr(start, letter)))
            ]
        lines.append(sample(op).numpy())
        if op.output is not None:
            name = f"{op.output.value}{sample(op).out}"
            lines.append(f"results.append(np.asarray({name}).tolist())")
    lines.append("print(json.dumps(results))")
    given = {letter: getattr(start, letter).tolist() for letter in "svm"}
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""
    results = iter(json.loads(ran.stdout))
    for op in ops:
        if op.output is None:
            continue
        memory = naive.Memory(start.s.copy(), start.v.copy(), start.m.copy())
        with np.errstate(all="ignore"):
            naive.step(sample(op), memory)
        expected = naive.store_of(memory, op.output.value)[sample(op).out]
        np.testing.assert_allclose(next(results), expected, err_msg=op.name)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_formulas_have_balanced_braces_and_all_operands(op):
    formula = sample(op).latex()
    assert formula.count("{") == formula.count("}")
    assert "{in" not in formula
    assert "{c" not in formula
    assert formula.count(r"\left") == formula.count(r"\right")


def test_formulas_read_as_mathematics():
    assert sample(OPS[27]).latex() == r"s_{4} = \mathbf{v}_{1}^{T} \mathbf{v}_{1}"
    constant = Instruction(OPS[56], out=2, constants=(1e-9,))
    assert constant.latex() == r"s_{2} = 1 \cdot 10^{-9}"
    infinite = Instruction(OPS[56], out=2, constants=(float("-inf"),))
    assert infinite.latex() == r"s_{2} = -\infty"
    drawn = Instruction(OPS[63], out=2, constants=(0.5, 0.25))
    assert drawn.latex() == r"\mathbf{v}_{2} \sim \mathcal{N}(\mu=0.5, \sigma=0.25)"


def test_commutative_ops_do_not_tell_their_operands_apart():
    rng = np.random.default_rng(5)
    for op in OPS:
        if len(op.inputs) == 2 and op.inputs[0] is op.inputs[1] and op.is_commutative:
            for _ in range(20):
                pool = [0.0, -0.0, np.inf, -np.inf, *rng.standard_normal(4)]
                kept = naive.Memory(
                    rng.choice(pool, 5),
                    rng.choice(pool, (5, F)),
                    rng.choice(pool, (3, F, F)),
                )
                results = []
                for in1, in2 in ((1, 2), (2, 1)):
                    memory = naive.Memory(*(x.copy() for x in vars(kept).values()))
                    with np.errstate(all="ignore"):
                        naive.step(Instruction(op, in1=in1, in2=in2, out=1), memory)
                    results.append(naive.store_of(memory, op.output.value)[1])
                assert np.array_equal(*results, equal_nan=True)
                assert (
                    np.array_equal(*map(np.signbit, results))
                    or np.isnan(results[0]).any()
                )
    assert not OP_BY_NAME["SCALAR_MIN_OP"].is_commutative
    assert not OP_BY_NAME["MATRIX_MATRIX_PRODUCT_OP"].is_commutative
