"""The op table: one row for each operation of AutoML-Zero.

Everything that knows an operation reads it here: the parser and the printer, the
spaces, the liveness analysis, the engine's kernels, the exporter, the docs.

Templates hold the places ``{out}``, ``{in1}``, ``{in2}`` and ``{c0}`` to ``{c2}``
(the constants, in order). Semantics and costs follow the original C++ engine
(google-research, automl_zero; arXiv 2003.03384).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np


class Kind(Enum):
    """What an address holds: a scalar, a vector of F or a matrix of F x F."""

    SCALAR = "s"
    VECTOR = "v"
    MATRIX = "m"

    @property
    def code(self) -> int:
        """Return the number used in arrays: 1 scalar, 2 vector, 3 matrix."""
        return "svm".index(self.value) + 1

    @property
    def noun(self) -> str:
        """Return the word for people: ``scalar``, ``vector`` or ``matrix``."""
        return self.name.lower()


class ConstantKind(Enum):
    """What a constant of an instruction means."""

    REAL = "real"  #: the value of a scalar constant, the only 64-bit one
    VALUE = "value"  #: the value of a vector or matrix element, 32-bit
    INDEX = "index"  #: a place as a fraction of the size: index = int(F * value)
    MEAN = "mean"  #: of a Gaussian, 32-bit
    STDEV = "stdev"  #: of a Gaussian, 32-bit
    LOW = "low"  #: end of a uniform interval, 32-bit
    HIGH = "high"  #: end of a uniform interval, 32-bit

    @property
    def code(self) -> int:
        """Return the number used in arrays: 1 real, 2 value, and so on."""
        return list(ConstantKind).index(self) + 1

    @property
    def noun(self) -> str:
        """Return the word for people; a scalar's and an element's value are one."""
        return "value" if self is ConstantKind.REAL else self.value

    @property
    def is_single(self) -> bool:
        """Tell whether the constant is stored with 32 bits."""
        return self is not ConstantKind.REAL


@dataclass(frozen=True, slots=True)
class Op:
    """One operation: what it takes, what it writes and how it is spelt.

    ``text``, ``latex`` and ``numpy`` are templates of a whole statement; in the NumPy
    one ``np`` is the module, ``rng`` a generator and ``F`` the number of features, and
    other functions are those of ``export.HELPERS``. ``meaning`` says in words what is
    written.
    ``cost`` is the original's static compute cost (arbitrary units).
    """

    number: int
    name: str = field(compare=False)
    title: str = field(compare=False)
    meaning: str = field(compare=False)
    inputs: tuple[Kind, ...] = field(compare=False)
    output: Kind | None = field(compare=False)
    constants: tuple[ConstantKind, ...] = field(compare=False)
    text: str = field(compare=False)
    latex: str = field(compare=False)
    numpy: str = field(compare=False)
    cost: float = field(compare=False)

    @property
    def is_random(self) -> bool:
        """Tell whether the op draws random numbers."""
        return bool(self.constants) and self.constants[0] in _DRAWN

    @property
    def is_commutative(self) -> bool:
        """Tell whether exchanging the operands changes no bit of the result."""
        return self.name in _COMMUTATIVE

    @property
    def is_partial_write(self) -> bool:
        """Tell whether the op writes one element and keeps the others."""
        return ConstantKind.INDEX in self.constants

    @property
    def form(self) -> str:
        """Return the spelling with kinds in place: ``s = dot(v, v)``."""
        names = {f"in{i + 1}": kind.value for i, kind in enumerate(self.inputs)}
        names |= {f"c{i}": kind.noun for i, kind in enumerate(self.constants)}
        if self.output is not None:
            names["out"] = self.output.value
        return self.text.format_map(names)

    def __repr__(self) -> str:
        return f"<Op {self.number} {self.name}>"


_DRAWN = (ConstantKind.MEAN, ConstantKind.LOW)
# Minima and maxima are not among them: NaN and -0.0 tell the operands apart.
_COMMUTATIVE = frozenset(
    (
        "SCALAR_SUM_OP",
        "SCALAR_PRODUCT_OP",
        "VECTOR_SUM_OP",
        "VECTOR_PRODUCT_OP",
        "VECTOR_INNER_PRODUCT_OP",
        "MATRIX_SUM_OP",
        "MATRIX_PRODUCT_OP",
    )
)
_CONSTANTS = {
    "": (),
    "real": (ConstantKind.REAL,),
    "element": (ConstantKind.INDEX, ConstantKind.VALUE),
    "cell": (ConstantKind.INDEX, ConstantKind.INDEX, ConstantKind.VALUE),
    "uniform": (ConstantKind.LOW, ConstantKind.HIGH),
    "gaussian": (ConstantKind.MEAN, ConstantKind.STDEV),
}
# Where an operand is NaN, scalars and vectors give the first operand, as std::min and
# std::max do; the original's matrices give the second.
_MIN = "np.where({in2} < {in1}, {in2}, {in1})"
_MAX = "np.where({in1} < {in2}, {in2}, {in1})"
_MATRIX_MIN = "np.where({in1} < {in2}, {in1}, {in2})"
_MATRIX_MAX = "np.where({in2} < {in1}, {in1}, {in2})"
_DIV, _RECIPROCAL = r"\frac{{in1}}{{in2}}", r"\frac{1}{{in1}}"
_HADAMARD, _SLASH = r"{in1} \odot {in2}", r"{in1} \oslash {in2}"
_LATEX_MIN, _LATEX_MAX = r"\min({in1}, {in2})", r"\max({in1}, {in2})"
_ABS = r"\left|{in1}\right|"
_EACH_COLUMN = r"\left(\left\|({in1})_{\cdot,j}\right\|_2\right)_{j}"
_EACH_ROW = r"\left(\left\|({in1})_{i,\cdot}\right\|_2\right)_{i}"
_UNIFORM = r"{out} \sim \mathcal{U}({c0}, {c1})"
_GAUSSIAN = r"{out} \sim \mathcal{N}(\mu={c0}, \sigma={c1})"

# name, "inputs>output", cost, title, meaning, text, latex, numpy ("" where it is the
# text), constants. "{out} = " is put before templates that do not place {out}.
# fmt: off
_ROWS: tuple[tuple[str, str, int, str, str, str, str, str, str], ...] = (
    ("NO_OP", ">", 3013921, "nothing",
     "",
     "NoOp()", r"\text{no-op}", "pass", ""),
    ("SCALAR_SUM_OP", "ss>s", 4703759, "sum of two scalars",
     "{in1} plus {in2}",
     "{in1} + {in2}", "", "", ""),
    ("SCALAR_DIFF_OP", "ss>s", 5102027, "difference of two scalars",
     "{in1} minus {in2}",
     "{in1} - {in2}", "", "", ""),
    ("SCALAR_PRODUCT_OP", "ss>s", 4418347, "product of two scalars",
     "{in1} times {in2}",
     "{in1} * {in2}", r"{in1} \, {in2}", "", ""),
    ("SCALAR_DIVISION_OP", "ss>s", 3963916, "quotient of two scalars",
     "{in1} divided by {in2}",
     "{in1} / {in2}", _DIV, "np.divide({in1}, {in2})", ""),
    ("SCALAR_ABS_OP", "s>s", 3684352, "absolute value",
     "the absolute value of {in1}",
     "abs({in1})", _ABS, "np.abs({in1})", ""),
    ("SCALAR_RECIPROCAL_OP", "s>s", 4212086, "reciprocal",
     "1 divided by {in1}",
     "1 / {in1}", _RECIPROCAL, "np.divide(1.0, {in1})", ""),
    ("SCALAR_SIN_OP", "s>s", 7538523, "sine",
     "the sine of {in1}",
     "sin({in1})", r"\sin({in1})", "np.sin({in1})", ""),
    ("SCALAR_COS_OP", "s>s", 7452807, "cosine",
     "the cosine of {in1}",
     "cos({in1})", r"\cos({in1})", "np.cos({in1})", ""),
    ("SCALAR_TAN_OP", "s>s", 7583203, "tangent",
     "the tangent of {in1}",
     "tan({in1})", r"\tan({in1})", "np.tan({in1})", ""),
    ("SCALAR_ARCSIN_OP", "s>s", 9145616, "arc sine (NaN outside [-1, 1])",
     "the arc sine of {in1}",
     "arcsin({in1})", r"\arcsin({in1})", "np.arcsin({in1})", ""),
    ("SCALAR_ARCCOS_OP", "s>s", 7673039, "arc cosine (NaN outside [-1, 1])",
     "the arc cosine of {in1}",
     "arccos({in1})", r"\arccos({in1})", "np.arccos({in1})", ""),
    ("SCALAR_ARCTAN_OP", "s>s", 9273978, "arc tangent",
     "the arc tangent of {in1}",
     "arctan({in1})", r"\arctan({in1})", "np.arctan({in1})", ""),
    ("SCALAR_EXP_OP", "s>s", 11755929, "exponential",
     "e to the power of {in1}",
     "exp({in1})", r"e^{{in1}}", "np.exp({in1})", ""),
    ("SCALAR_LOG_OP", "s>s", 11627725, "natural logarithm (NaN below 0)",
     "the natural logarithm of {in1}",
     "log({in1})", r"\log({in1})", "np.log({in1})", ""),
    ("SCALAR_HEAVYSIDE_OP", "s>s", 4057075, "step: 1 where x >= 0, else 0",
     "1 if {in1} is 0 or more, else 0",
     "heaviside({in1}, 1.0)", r"\mathbf{1}[{in1} \geq 0]",
     "np.where({in1} >= 0, 1.0, 0.0)", ""),
    ("VECTOR_HEAVYSIDE_OP", "v>v", 3965743, "step: 1 where x > 0, else 0",
     "1 where {in1} is above 0, else 0",
     "heaviside({in1}, 1.0)", r"\mathbf{1}[{in1} > 0]",
     "np.where({in1} > 0, 1.0, 0.0)", ""),
    ("MATRIX_HEAVYSIDE_OP", "m>m", 6728311, "step: 1 where x > 0, else 0",
     "1 where {in1} is above 0, else 0",
     "heaviside({in1}, 1.0)", r"\mathbf{1}[{in1} > 0]",
     "np.where({in1} > 0, 1.0, 0.0)", ""),
    ("SCALAR_VECTOR_PRODUCT_OP", "sv>v", 3705015, "vector times a scalar",
     "{in1} times {in2}",
     "{in1} * {in2}", r"{in1} \, {in2}", "", ""),
    ("SCALAR_BROADCAST_OP", "s>v", 4165814, "every element is the scalar",
     "{in1} in every element",
     "bcast({in1})", r"{in1} \, \mathbf{1}", "np.full(F, {in1})", ""),
    ("VECTOR_RECIPROCAL_OP", "v>v", 6311851, "reciprocal of each element",
     "1 divided by each element of {in1}",
     "1 / {in1}", _RECIPROCAL, "np.divide(1.0, {in1})", ""),
    ("VECTOR_NORM_OP", "v>s", 4810562, "Euclidean length",
     "the Euclidean length of {in1}",
     "norm({in1})", r"\left\|{in1}\right\|_2", "", ""),
    ("VECTOR_ABS_OP", "v>v", 3713533, "absolute value of each element",
     "the absolute value of each element of {in1}",
     "abs({in1})", _ABS, "np.abs({in1})", ""),
    ("VECTOR_SUM_OP", "vv>v", 4701519, "sum of two vectors",
     "{in1} plus {in2}",
     "{in1} + {in2}", "", "", ""),
    ("VECTOR_DIFF_OP", "vv>v", 4165747, "difference of two vectors",
     "{in1} minus {in2}",
     "{in1} - {in2}", "", "", ""),
    ("VECTOR_PRODUCT_OP", "vv>v", 4504555, "product, element by element",
     "{in1} times {in2}, element by element",
     "{in1} * {in2}", _HADAMARD, "", ""),
    ("VECTOR_DIVISION_OP", "vv>v", 4556237, "quotient, element by element",
     "{in1} divided by {in2}, element by element",
     "{in1} / {in2}", _SLASH, "", ""),
    ("VECTOR_INNER_PRODUCT_OP", "vv>s", 4294617, "dot product",
     "the dot product of {in1} and {in2}",
     "dot({in1}, {in2})", r"{in1}^{T} {in2}", "", ""),
    ("VECTOR_OUTER_PRODUCT_OP", "vv>m", 9833707, "outer product: [i, j] = x[i] y[j]",
     "the outer product of {in1} and {in2}",
     "outer({in1}, {in2})", r"{in1} {in2}^{T}", "np.outer({in1}, {in2})", ""),
    ("SCALAR_MATRIX_PRODUCT_OP", "sm>m", 5986302, "matrix times a scalar",
     "{in1} times {in2}",
     "{in1} * {in2}", r"{in1} \, {in2}", "", ""),
    ("MATRIX_RECIPROCAL_OP", "m>m", 24336141, "reciprocal of each element",
     "1 divided by each element of {in1}",
     "1 / {in1}", _RECIPROCAL, "np.divide(1.0, {in1})", ""),
    ("MATRIX_VECTOR_PRODUCT_OP", "mv>v", 9310002, "matrix times vector",
     "the matrix-vector product of {in1} and {in2}",
     "dot({in1}, {in2})", r"{in1} {in2}", "", ""),
    ("VECTOR_COLUMN_BROADCAST_OP", "v>m", 10993088, "every column is x: [i, j] = x[i]",
     "{in1} in every column",
     "bcast({in1}, axis=0)", r"{in1} \mathbf{1}^{T}",
     "np.outer({in1}, np.ones(F))", ""),
    ("VECTOR_ROW_BROADCAST_OP", "v>m", 11087322, "every row is x: [i, j] = x[j]",
     "{in1} in every row",
     "bcast({in1}, axis=1)", r"\mathbf{1} {in1}^{T}",
     "np.outer(np.ones(F), {in1})", ""),
    ("MATRIX_NORM_OP", "m>s", 6422746, "Frobenius norm",
     "the Frobenius norm of {in1}",
     "norm({in1})", r"\left\|{in1}\right\|_F", "", ""),
    ("MATRIX_COLUMN_NORM_OP", "m>v", 6682187, "[j] = length of column j",
     "the length of each column of {in1}",
     "norm({in1}, axis=0)", _EACH_COLUMN, "", ""),
    ("MATRIX_ROW_NORM_OP", "m>v", 13351123, "[i] = length of row i",
     "the length of each row of {in1}",
     "norm({in1}, axis=1)", _EACH_ROW, "", ""),
    ("MATRIX_TRANSPOSE_OP", "m>m", 9394756, "transpose",
     "the transpose of {in1}",
     "transpose({in1})", r"{in1}^{T}", "{in1}.T.copy()", ""),
    ("MATRIX_ABS_OP", "m>m", 4630926, "absolute value of each element",
     "the absolute value of each element of {in1}",
     "abs({in1})", _ABS, "np.abs({in1})", ""),
    ("MATRIX_SUM_OP", "mm>m", 5579381, "sum of two matrices",
     "{in1} plus {in2}",
     "{in1} + {in2}", "", "", ""),
    ("MATRIX_DIFF_OP", "mm>m", 5429452, "difference of two matrices",
     "{in1} minus {in2}",
     "{in1} - {in2}", "", "", ""),
    ("MATRIX_PRODUCT_OP", "mm>m", 5475227, "product, element by element",
     "{in1} times {in2}, element by element",
     "{in1} * {in2}", _HADAMARD, "", ""),
    ("MATRIX_DIVISION_OP", "mm>m", 18234378, "quotient, element by element",
     "{in1} divided by {in2}, element by element",
     "{in1} / {in2}", _SLASH, "", ""),
    ("MATRIX_MATRIX_PRODUCT_OP", "mm>m", 14516296, "matrix product",
     "the matrix product of {in1} and {in2}",
     "matmul({in1}, {in2})", r"{in1} {in2}", "", ""),
    ("SCALAR_MIN_OP", "ss>s", 3677265, "smaller of two scalars",
     "the smaller of {in1} and {in2}",
     "minimum({in1}, {in2})", _LATEX_MIN, _MIN, ""),
    ("VECTOR_MIN_OP", "vv>v", 3989956, "smaller, element by element",
     "the smaller of {in1} and {in2}, element by element",
     "minimum({in1}, {in2})", _LATEX_MIN, _MIN, ""),
    ("MATRIX_MIN_OP", "mm>m", 5457728, "smaller, element by element",
     "the smaller of {in1} and {in2}, element by element",
     "minimum({in1}, {in2})", _LATEX_MIN, _MATRIX_MIN, ""),
    ("SCALAR_MAX_OP", "ss>s", 4573695, "larger of two scalars",
     "the larger of {in1} and {in2}",
     "maximum({in1}, {in2})", _LATEX_MAX, _MAX, ""),
    ("VECTOR_MAX_OP", "vv>v", 3974229, "larger, element by element",
     "the larger of {in1} and {in2}, element by element",
     "maximum({in1}, {in2})", _LATEX_MAX, _MAX, ""),
    ("MATRIX_MAX_OP", "mm>m", 5840952, "larger, element by element",
     "the larger of {in1} and {in2}, element by element",
     "maximum({in1}, {in2})", _LATEX_MAX, _MATRIX_MAX, ""),
    ("VECTOR_MEAN_OP", "v>s", 4280443, "mean of the elements",
     "the mean of {in1}",
     "mean({in1})", r"\mathrm{mean}({in1})", "", ""),
    ("MATRIX_MEAN_OP", "m>s", 4595196, "mean of all elements",
     "the mean of all elements of {in1}",
     "mean({in1})", r"\mathrm{mean}({in1})", "", ""),
    ("MATRIX_ROW_MEAN_OP", "m>v", 9763956, "[i] = mean of row i",
     "the mean of each row of {in1}",
     "mean({in1}, axis=1)", r"\mathrm{mean}_{j}\, ({in1})_{\cdot,j}", "", ""),
    ("MATRIX_ROW_ST_DEV_OP", "m>v", 16766477, "[i] = deviation of row i",
     "the standard deviation of each row of {in1}",
     "std({in1}, axis=1)", r"\mathrm{std}_{j}\, ({in1})_{\cdot,j}", "", ""),
    ("VECTOR_ST_DEV_OP", "v>s", 5585730, "deviation of the elements",
     "the standard deviation of {in1}",
     "std({in1})", r"\mathrm{std}({in1})", "", ""),
    ("MATRIX_ST_DEV_OP", "m>s", 10640216, "deviation of all elements",
     "the standard deviation of all elements of {in1}",
     "std({in1})", r"\mathrm{std}({in1})", "", ""),
    ("SCALAR_CONST_SET_OP", ">s", 3691108, "constant",
     "{c0}",
     "{c0}", "", "", "real"),
    ("VECTOR_CONST_SET_OP", ">v", 3991421, "one element set, the others kept",
     "{c1}",
     "{out}[{c0}] = {c1}", r"{out}[\lfloor F \cdot {c0} \rfloor] = {c1}",
     "{out}[int(F * {c0})] = {c1}", "element"),
    ("MATRIX_CONST_SET_OP", ">m", 3693035, "one element set, the others kept",
     "{c2}",
     "{out}[{c0}, {c1}] = {c2}",
     r"{out}[\lfloor F \cdot {c0} \rfloor, \lfloor F \cdot {c1} \rfloor] = {c2}",
     "{out}[int(F * {c0}), int(F * {c1})] = {c2}", "cell"),
    ("SCALAR_UNIFORM_SET_OP", ">s", 26610704, "uniform draw",
     "a uniform draw from {c0} to {c1}",
     "uniform({c0}, {c1})", _UNIFORM, "uniform(rng, {c0}, {c1}, ())", "uniform"),
    ("VECTOR_UNIFORM_SET_OP", ">v", 57817372, "uniform draws",
     "uniform draws from {c0} to {c1}",
     "uniform({c0}, {c1}, n_features)", _UNIFORM,
     "uniform(rng, {c0}, {c1}, F)", "uniform"),
    ("MATRIX_UNIFORM_SET_OP", ">m", 208339446, "uniform draws, row by row",
     "uniform draws from {c0} to {c1}",
     "uniform({c0}, {c1}, (n_features, n_features))", _UNIFORM,
     "uniform(rng, {c0}, {c1}, (F, F))", "uniform"),
    ("SCALAR_GAUSSIAN_SET_OP", ">s", 20775635, "Gaussian draw (mean, deviation)",
     "a Gaussian draw with mean {c0} and deviation {c1}",
     "gaussian({c0}, {c1})", _GAUSSIAN, "gaussian(rng, {c0}, {c1}, ())", "gaussian"),
    ("VECTOR_GAUSSIAN_SET_OP", ">v", 77483018, "Gaussian draws (mean, deviation)",
     "Gaussian draws with mean {c0} and deviation {c1}",
     "gaussian({c0}, {c1}, n_features)", _GAUSSIAN,
     "gaussian(rng, {c0}, {c1}, F)", "gaussian"),
    ("MATRIX_GAUSSIAN_SET_OP", ">m", 277690384, "Gaussian draws, row by row",
     "Gaussian draws with mean {c0} and deviation {c1}",
     "gaussian({c0}, {c1}, (n_features, n_features))", _GAUSSIAN,
     "gaussian(rng, {c0}, {c1}, (F, F))", "gaussian"),
)
# fmt: on


def _statement(template: str, has_output: bool) -> str:
    if not has_output or "{out}" in template:
        return template
    return "{out} = " + template


def _op(number: int, row: tuple[str, str, int, str, str, str, str, str, str]) -> Op:
    name, signature, cost, title, meaning, text, latex, numpy, constants = row
    inputs, output = signature.split(">")
    return Op(
        number=number,
        name=name,
        title=title,
        meaning=meaning,
        inputs=tuple(Kind(letter) for letter in inputs),
        output=Kind(output) if output else None,
        constants=_CONSTANTS[constants],
        text=_statement(text, bool(output)),
        latex=_statement(latex or text, bool(output)),
        numpy=_statement(numpy or text, bool(output)),
        cost=float(cost),
    )


OPS: tuple[Op, ...] = tuple(_op(number, row) for number, row in enumerate(_ROWS))
"""All operations; the index is the op number."""

OP_BY_NAME: dict[str, Op] = {op.name: op for op in OPS}
"""The operations by the original engine's names (``SCALAR_SUM_OP``)."""

FUNCTIONS: tuple[str, str, str] = ("setup", "predict", "learn")
"""The component functions, in the order of arrays."""


def _column(values: list[Any], dtype: type) -> np.ndarray:
    column: np.ndarray = np.array(values, dtype=dtype)
    column.flags.writeable = False
    return column


def _kind_code(kinds: tuple[Kind, ...], position: int) -> int:
    return kinds[position].code if position < len(kinds) else 0


# The table as columns, for kernels: index by op number. Kinds are 0 none, 1 scalar,
# 2 vector, 3 matrix; the kind of the first constant tells those of the others.
IN1_KIND = _column([_kind_code(op.inputs, 0) for op in OPS], np.int8)
IN2_KIND = _column([_kind_code(op.inputs, 1) for op in OPS], np.int8)
OUT_KIND = _column([op.output.code if op.output else 0 for op in OPS], np.int8)
CONSTANT_COUNT = _column([len(op.constants) for op in OPS], np.int8)
CONSTANT_KIND = _column(
    [op.constants[0].code if op.constants else 0 for op in OPS], np.int8
)
IS_PARTIAL = _column([op.is_partial_write for op in OPS], np.bool_)
IS_RANDOM = _column([op.is_random for op in OPS], np.bool_)
COST = _column([op.cost for op in OPS], np.float64)
