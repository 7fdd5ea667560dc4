"""A slow, plain interpreter of programs: the oracle that fast code is held against.

It shares nothing with the package but the data of a program (op names, addresses,
constants). Random ops draw from a generator keyed by (seed, call, function,
position), so that leaving out another instruction changes no draw.
"""

import operator
from dataclasses import dataclass, field
from functools import reduce

import numpy as np


@dataclass
class Memory:
    s: np.ndarray
    v: np.ndarray
    m: np.ndarray


@dataclass
class Run:
    memory: Memory
    predictions: list = field(default_factory=list)  # of every Predict, in order
    train_errors: list = field(default_factory=list)  # of the first pass
    valid_errors: list = field(default_factory=list)  # of the first pass
    fitness: float = 0.0
    train_steps: int = 0
    stopped: bool = False


def memory(sizes, F):
    s, v, m = sizes
    return Memory(np.zeros(s), np.zeros((v, F)), np.zeros((m, F, F)))


def std(x, axis=None):
    return np.sqrt(np.mean(x * x, axis=axis) - np.mean(x, axis=axis) ** 2)


def smaller(x, y):
    return np.where(y < x, y, x)


def larger(x, y):
    return np.where(x < y, y, x)


def inner(x, y):
    # Term by term from the first one: a sum of negative zeros is a negative zero.
    return reduce(operator.add, x * y)


PAIR = {
    "SUM": lambda x, y: x + y,
    "DIFF": lambda x, y: x - y,
    "PRODUCT": lambda x, y: x * y,
    "DIVISION": lambda x, y: x / y,
    "MIN": smaller,
    "MAX": larger,
}
ONE = {
    "ABS": np.abs,
    "RECIPROCAL": lambda x: 1.0 / x,
    "SIN": np.sin,
    "COS": np.cos,
    "TAN": np.tan,
    "ARCSIN": np.arcsin,
    "ARCCOS": np.arccos,
    "ARCTAN": np.arctan,
    "EXP": np.exp,
    "LOG": np.log,
}
SPECIAL = {
    # With NaN, the original's matrix forms give the second operand, others the first.
    "MATRIX_MIN": lambda x, y: np.where(x < y, x, y),
    "MATRIX_MAX": lambda x, y: np.where(y < x, x, y),
    "SCALAR_HEAVYSIDE": lambda x: 1.0 if x >= 0 else 0.0,
    "VECTOR_HEAVYSIDE": lambda x: (x > 0) * 1.0,
    "MATRIX_HEAVYSIDE": lambda x: (x > 0) * 1.0,
    "SCALAR_VECTOR_PRODUCT": lambda x, y: x * y,
    "SCALAR_MATRIX_PRODUCT": lambda x, y: x * y,
    "VECTOR_NORM": lambda x: np.sqrt(np.sum(x * x)),
    "MATRIX_NORM": lambda x: np.sqrt(np.sum(x * x)),
    "VECTOR_INNER_PRODUCT": inner,
    "VECTOR_OUTER_PRODUCT": lambda x, y: x[:, None] * y[None, :],
    "MATRIX_VECTOR_PRODUCT": lambda x, y: np.sum(x * y[None, :], axis=1),
    "MATRIX_MATRIX_PRODUCT": lambda x, y: np.einsum("ij,jk->ik", x, y),
    "MATRIX_COLUMN_NORM": lambda x: np.sqrt(np.sum(x * x, axis=0)),
    "MATRIX_ROW_NORM": lambda x: np.sqrt(np.sum(x * x, axis=1)),
    "MATRIX_TRANSPOSE": lambda x: x.T.copy(),
    "VECTOR_MEAN": np.mean,
    "MATRIX_MEAN": np.mean,
    "MATRIX_ROW_MEAN": lambda x: np.mean(x, axis=1),
    "VECTOR_ST_DEV": std,
    "MATRIX_ST_DEV": std,
    "MATRIX_ROW_ST_DEV": lambda x: std(x, axis=1),
}


def store_of(memory, letter):
    return {"s": memory.s, "v": memory.v, "m": memory.m}[letter]


def step(instruction, memory, rng=None):
    """Run one instruction on a memory, in place."""
    name = instruction.op.name.removesuffix("_OP")
    if name == "NO":
        return
    F = memory.v.shape[1]
    c = instruction.constants
    kind, address = instruction.output
    store = store_of(memory, kind.value)
    shape = store[address].shape
    if name == "SCALAR_CONST_SET":
        store[address] = c[0]
    elif name == "VECTOR_CONST_SET":
        store[address, int(F * c[0])] = c[1]
    elif name == "MATRIX_CONST_SET":
        store[address, int(F * c[0]), int(F * c[1])] = c[2]
    elif name.endswith("UNIFORM_SET"):
        store[address] = c[0] + (c[1] - c[0]) * rng.random(shape)
    elif name.endswith("GAUSSIAN_SET"):
        store[address] = c[0] + c[1] * rng.standard_normal(shape)
    else:
        read = [store_of(memory, k.value)[a] for k, a in instruction.inputs]
        if name == "SCALAR_BROADCAST":
            value = np.full(F, read[0])
        elif name == "VECTOR_COLUMN_BROADCAST":
            value = np.repeat(read[0][:, None], F, axis=1)
        elif name == "VECTOR_ROW_BROADCAST":
            value = np.repeat(read[0][None, :], F, axis=0)
        elif name in SPECIAL:
            value = SPECIAL[name](*read)
        else:
            value = (PAIR | ONE)[name.split("_", 1)[1]](*read)
        store[address] = value


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x, classes):
    out = np.zeros_like(x)
    e = np.exp(x[:classes] - np.max(x[:classes]))
    out[:classes] = e / np.sum(e)
    return out


def run(
    program,
    train_x,
    train_y,
    valid_x,
    valid_y,
    *,
    metric="rmse",
    epochs=1,
    order=None,
    max_abs_error=100.0,
    seed=0,
    sizes=None,
    keep=None,
):
    """Train and validate; `keep` are flags per function, as `program.live`."""
    train_x, valid_x = np.asarray(train_x, float), np.asarray(valid_x, float)
    train_y, valid_y = np.asarray(train_y, float), np.asarray(valid_y, float)
    n, F = train_x.shape
    if order is None:
        order = [range(n)] * epochs
    vector = program.space.label == "vector"
    mem = memory(sizes or program.space.sizes, F)
    result = Run(mem)
    calls = [0]

    def call(which):
        functions = (program.setup, program.predict, program.learn)
        for i, instruction in enumerate(functions[which]):
            if keep is None or keep[which][i]:
                key = (seed, calls[0], which, i)
                rng = np.random.default_rng(key) if instruction.op.is_random else None
                step(instruction, mem, rng)
        calls[0] += 1

    def predict(x):
        mem.v[0] = x
        hide_label()
        call(1)
        prediction = mem.v[2].copy() if vector else float(mem.s[1])
        result.predictions.append(prediction)
        return prediction

    def hide_label():
        if vector:
            mem.v[1] = 0.0
        else:
            mem.s[0] = 0.0

    def train(x, y):
        prediction = predict(x)
        if vector:
            classes = len(y)
            prediction = mem.v[2] = softmax(prediction, classes)
            error = float(np.max(np.abs(y - prediction[:classes])))
        else:
            if metric == "accuracy":
                prediction = mem.s[1] = sigmoid(prediction)
            error = abs(y - prediction)
        result.train_steps += 1
        if np.isnan(error) or error > max_abs_error:
            return error, False
        mem.v[0] = x
        if vector:
            mem.v[1] = 0.0
            mem.v[1, : len(y)] = y
        else:
            mem.s[0] = y
        call(2)
        return error, True

    def valid(x, y):
        prediction = predict(x)
        if vector:
            return float(last_largest(prediction[: len(y)]) != last_largest(y))
        if metric == "accuracy":
            return float((y > 0.5) != (sigmoid(prediction) > 0.5))
        return abs(y - prediction)

    with np.errstate(all="ignore"):
        call(0)
        for epoch in range(epochs):
            for i in order[epoch]:
                error, fine = train(train_x[i], train_y[i])
                if epoch == 0:
                    result.train_errors.append(error)
                if not fine:
                    result.stopped = True
                    return result
            errors = []
            for x, y in zip(valid_x, valid_y, strict=True):
                errors.append(valid(x, y))
                if not errors[-1] <= max_abs_error:
                    break
            if epoch == 0:
                result.valid_errors.extend(errors)
            result.fitness = max(result.fitness, fitness(errors, metric, max_abs_error))
    return result


def last_largest(values):
    best, index = np.finfo(float).min, 0
    for k, value in enumerate(values):
        if value >= best:
            best, index = value, k
    return index


def fitness(errors, metric, max_abs_error):
    errors = np.array(errors)
    if not np.all(errors <= max_abs_error):
        return 0.0
    if metric == "accuracy":
        return float(1.0 - np.mean(errors))
    rms = np.sqrt(np.mean(errors**2))
    return float(1.0 - 2.0 / np.pi * np.arctan(rms)) if np.isfinite(rms) else 0.0
