"""A program for use elsewhere: NumPy code, LaTeX, and words.

All three follow the op table; what is here is the frame around the instructions.
``numpy_source(program.effective())`` leaves out what cannot influence a prediction.
"""

from __future__ import annotations

import re
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Literal

from workbench.programs.instruction import format_constant
from workbench.programs.ops import ConstantKind, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.programs.instruction import Instruction
    from workbench.programs.program import Program
    from workbench.programs.space import Space

Address = tuple[Kind, int]

HELPERS: dict[str, str] = {
    "total": '''
        def total(x, axis=None):
            """Sum from the first element to the last; np.sum rounds differently."""
            return np.take(np.cumsum(x, axis), -1, axis)
    ''',
    "dot": '''
        def dot(x, y):
            """Inner product of vectors, or of each row of a matrix with a vector."""
            return total(x * y, axis=-1)
    ''',
    "matmul": '''
        def matmul(x, y):
            """Matrix product."""
            return total(x[:, :, None] * y, axis=1)
    ''',
    "norm": '''
        def norm(x, axis=None):
            """Root of the sum of squares."""
            return np.sqrt(total(x**2, axis))
    ''',
    "mean": '''
        def mean(x, axis=None):
            """Mean of all elements, or of each row (axis=1)."""
            return total(x, axis) / (x.size if axis is None else x.shape[axis])
    ''',
    "std": '''
        def std(x, axis=None):
            """Standard deviation as the engine takes it: rounding may make it NaN."""
            return np.sqrt(mean(x**2, axis) - mean(x, axis) ** 2)
    ''',
    "uniform": '''
        def uniform(rng, low, high, size):
            """Uniform draws; low where high is below it."""
            return low + max(high - low, 0.0) * rng.random(size)
    ''',
    "gaussian": '''
        def gaussian(rng, mean, stdev, size):
            """Gaussian draws."""
            return mean + stdev * rng.standard_normal(size)
    ''',
    "sigmoid": '''
        def sigmoid(x):
            """Turn a logit into a probability."""
            return 1.0 / (1.0 + np.exp(-x))
    ''',
    "softmax": '''
        def softmax(x, classes):
            """Turn the first elements, logits, into probabilities; the rest into 0."""
            parts = np.exp(x[:classes] - np.max(x[:classes]))
            return np.append(parts / total(parts), np.zeros(len(x) - classes))
    ''',
    "choice": '''
        def choice(x):
            """Return the place of the largest element, the last one of equals."""
            top = np.fmax.reduce(x)
            return int(np.flatnonzero(x == top)[-1]) if top > -np.inf else 0
    ''',
}
"""The functions besides ``np`` that NumPy statements and the code around them call.

They add in the engine's order: where a program is chaotic, NumPy's own sums would lead
to other predictions after a few hundred examples.
"""

LatexStyle = Literal["aligned", "algorithmic"]
# Of a function the title, each instruction, what an empty one shows, and the end.
_STYLES = {
    "aligned": (
        r"&\textbf{%s:}",
        r"&\quad %s",
        r"&\quad \text{nothing}",
        "",
        " \\\\\n",
    ),
    "algorithmic": (
        r"\Function{%s}{}",
        r"  \State $%s$",
        r"  \State nothing",
        r"\EndFunction",
        "\n",
    ),
}
_CALL = re.compile(r"(?<![.\w])([a-z]+)\(")


def numpy_source(program: Program) -> str:
    """Return the program as the source of a Python module that needs NumPy only.

    It defines ``start``, which runs Setup and returns the functions ``predict(x)`` and
    ``learn(y)``, and ``run``, which trains and validates as the engine does. The
    predictions are the engine's; random instructions draw other numbers from the same
    distributions.
    """
    run = _RUN_VECTOR if program.space.vector_label else _RUN_SCALAR
    frame = [_start(program), dedent(run)]
    parts = ["import numpy as np", *_helpers("".join(frame)), *frame]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def latex_source(program: Program, style: LatexStyle = "aligned") -> str:
    r"""Return the program in LaTeX.

    Parameters
    ----------
    program
        The program.
    style
        "aligned": one formula, to stand between ``\[`` and ``\]``, which needs amsmath;
        browsers' typesetters read it too. "algorithmic": an environment of the package
        algpseudocode, for papers.

    Raises
    ------
    ValueError
        For another style.
    """
    if style not in _STYLES:
        raise ValueError(f"style is {style!r}; accepted: {', '.join(_STYLES)}")
    title, line, nothing, end, between = _STYLES[style]
    lines = []
    for name, instructions in program.functions.items():
        lines.append(title % name.capitalize())
        lines += [line % instruction.latex() for instruction in instructions]
        lines += [] if instructions else [nothing]
        lines += [end] if end else []
    body = between.join(lines)
    return f"\\begin{{{style}}}\n{body}\n\\end{{{style}}}"


def explain(
    instruction: Instruction, space: Space | None = None, function: str | None = None
) -> str:
    """Return in words what an instruction does.

    Such as "Set s3 to the label s0 minus the prediction s1."

    Parameters
    ----------
    instruction
        The instruction.
    space
        Tells whether the label is a scalar (the default) or a vector.
    function
        Where it stands: "setup", "predict" or "learn". Only Learn sees the label.
    """
    if instruction.output is None:
        return "Do nothing."
    roles = _roles(space, function)

    def name(address: Address) -> str:
        plain = f"{address[0].value}{address[1]}"
        return f"{roles[address]} {plain}" if address in roles else plain

    op = instruction.op
    places = {
        f"in{i}": name(address) for i, address in enumerate(instruction.inputs, 1)
    } | {
        f"c{i}": format_constant(kind, value)
        for i, (kind, value) in enumerate(
            zip(op.constants, instruction.constants, strict=True)
        )
    }
    target = name(instruction.output)
    if op.is_partial_write:
        *indices, _ = instruction.constants
        at = ", ".join(_element(value) for value in indices)
        return (
            f"Set element [{at}] of {target} to {op.meaning.format_map(places)} and "
            "keep the others."
        )
    return f"Set {target} to {op.meaning.format_map(places)}."


def _roles(space: Space | None, function: str | None) -> dict[Address, str]:
    vector = space is not None and space.vector_label
    label = "the hidden label" if function == "predict" else "the label"
    roles = {
        (Kind.VECTOR, 0): "the features",
        (Kind.VECTOR, 1) if vector else (Kind.SCALAR, 0): label,
        (Kind.VECTOR, 2) if vector else (Kind.SCALAR, 1): "the prediction",
    }
    return {} if function == "setup" else roles  # there is no example yet


def _element(fraction: float) -> str:
    return f"{format_constant(ConstantKind.INDEX, fraction)} F" if fraction else "0"


def _name(address: Address) -> str:
    return f"{address[0].value}{address[1]}"


def _helpers(source: str) -> Iterable[str]:
    """Return the sources of the helpers that a source calls, helpers' helpers too."""
    wanted: set[str] = set()
    called = set(_CALL.findall(source)) & HELPERS.keys()
    while called - wanted:
        wanted |= called
        called = {n for name in wanted for n in _CALL.findall(HELPERS[name])}
        called &= HELPERS.keys()
    return [
        dedent(HELPERS[name]).strip("\n") + "\n" for name in HELPERS if name in wanted
    ]


def _start(program: Program) -> str:
    label, prediction = _special(program.space)
    everything = (*program.setup, *program.predict, *program.learn)
    used = {label, prediction, (Kind.VECTOR, 0)} | _written(everything)
    used.update(address for i in everything for address in i.inputs)
    setup = ["# Setup", *(i.numpy() for i in program.setup)] if program.setup else []
    if any(instruction.op.is_random for instruction in everything):
        setup.insert(0, "rng = np.random.default_rng(rng)")
    parts = [
        _memory(used),
        setup,
        _predict(program, label, prediction),
        _learn(program, label, prediction),
        ["return predict, learn"],
    ]
    head = _START_VECTOR if program.space.vector_label else _START_SCALAR
    body = "\n\n".join("\n".join(part) for part in parts if part)
    return dedent(head).rstrip() + "\n" + indent(body, "    ")


def _special(space: Space) -> tuple[Address, Address]:
    """Return the addresses of the label and of the prediction."""
    label = (Kind.VECTOR, 1) if space.vector_label else (Kind.SCALAR, 0)
    return label, space.prediction


def _memory(used: set[Address]) -> list[str]:
    """Return assignments that set all addresses in use to zero."""
    lines = []
    for kind in Kind:
        names = [_name(address) for address in sorted(used, key=_order)
                 if address[0] is kind]  # fmt: skip
        if kind is Kind.SCALAR and names:
            lines.append(" = ".join([*names, "0.0"]))
        if kind is Kind.SCALAR or not names:
            continue
        shape = ["F"] * (kind.code - 1)
        if len(names) > 1:
            shape.insert(0, str(len(names)))
        size = shape[0] if len(shape) == 1 else f"({', '.join(shape)})"
        lines.append(f"{', '.join(names)} = np.zeros({size})")
    return lines


def _order(address: Address) -> tuple[int, int]:
    return address[0].code, address[1]


def _function(head: str, says: str, body: list[str], own: set[Address]) -> list[str]:
    names = ", ".join(_name(address) for address in sorted(own, key=_order))
    inner = [f'"""{says}"""', f"nonlocal {names}", *body]
    return [head, *(f"    {line}" if line else "" for line in inner)]


def _written(instructions: Iterable[Instruction]) -> set[Address]:
    return {i.output for i in instructions if i.output is not None}


def _predict(program: Program, label: Address, prediction: Address) -> list[str]:
    features, hidden, shown = "v0", _name(label), _name(prediction)
    nothing, copied = (
        ("np.zeros(F)", f"{shown}[:classes].copy()")
        if program.space.vector_label
        else ("0.0", f"float({shown})")
    )
    body = [
        f"{features}, {hidden} = np.array(x, float), {nothing}",
        *(i.numpy() for i in program.predict),
        f"return {copied}",
    ]
    own = _written(program.predict) | {label, (Kind.VECTOR, 0)}
    return _function(
        "def predict(x):", "Return the prediction for the features x.", body, own
    )


def _learn(program: Program, label: Address, prediction: Address) -> list[str]:
    shown, told = _name(prediction), _name(label)
    if program.space.vector_label:
        body = [
            f"{shown} = softmax({shown}, classes)",
            f"{told} = np.append(y, np.zeros(F - len(y)))",
        ]
    else:
        body = ["if classify:", f"    {shown} = sigmoid({shown})", f"{told} = float(y)"]
    own = _written(program.learn) | {label, prediction}
    return _function(
        "def learn(y):",
        "Learn the label y of the example that was predicted last.",
        [*body, *(i.numpy() for i in program.learn)],
        own,
    )


_START_SCALAR = '''
    def start(F, rng=None, classify=False):
        """Run Setup for examples of F features; return its Predict and its Learn.

        Both share one memory. With classify, labels are 0 and 1 and predictions are
        logits.
        """
'''
_START_VECTOR = '''
    def start(F, classes, rng=None):
        """Run Setup for examples of F features; return its Predict and its Learn.

        Both share one memory. Labels are one-hot, and predictions are logits, one for
        each class.
        """
'''
_RUN_SCALAR = '''
    def run(train_x, train_y, valid_x, valid_y, *, classify=False, epochs=1,
            order=None, max_abs_error=100.0, rng=None):
        """Train and validate in turn, as the workbench does.

        Returns for each epoch the predictions in training and in validation. Either
        ends with one whose error is NaN or too large; training then ends for good.
        """
        results = []
        with np.errstate(all="ignore"):
            predict, learn = start(len(train_x[0]), rng, classify)
            for epoch in range(epochs):
                trained, validated = [], []
                results.append((trained, validated))
                for i in range(len(train_x)) if order is None else order[epoch]:
                    trained.append(predict(train_x[i]))
                    shown = sigmoid(trained[-1]) if classify else trained[-1]
                    if not abs(train_y[i] - shown) <= max_abs_error:
                        return results
                    learn(train_y[i])
                for x, y in zip(valid_x, valid_y):
                    validated.append(predict(x))
                    error = abs(y - validated[-1])
                    if classify:
                        error = float((y > 0.5) != (sigmoid(validated[-1]) > 0.5))
                    if not error <= max_abs_error:
                        break
        return results
'''
_RUN_VECTOR = '''
    def run(train_x, train_y, valid_x, valid_y, *, epochs=1, order=None,
            max_abs_error=100.0, rng=None):
        """Train and validate in turn, as the workbench does.

        Returns for each epoch the predictions in training and in validation. Either
        ends with one whose error is NaN or too large; training then ends for good.
        """
        results = []
        classes = len(train_y[0])
        with np.errstate(all="ignore"):
            predict, learn = start(len(train_x[0]), classes, rng)
            for epoch in range(epochs):
                trained, validated = [], []
                results.append((trained, validated))
                for i in range(len(train_x)) if order is None else order[epoch]:
                    trained.append(predict(train_x[i]))
                    shown = softmax(trained[-1], classes)
                    if not np.max(abs(train_y[i] - shown)) <= max_abs_error:
                        return results
                    learn(train_y[i])
                for x, y in zip(valid_x, valid_y):
                    validated.append(predict(x))
                    error = float(choice(validated[-1]) != choice(y))
                    if not error <= max_abs_error:
                        break
        return results
'''
