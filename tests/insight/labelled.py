"""Programs put together from parts, so that what each of them does is known.

A program is a model, what happens to its input and what happens to its steps. Each part
is written in several ways, and the whole is then disguised: addresses renamed,
neighbours exchanged, dead code and live detours put in.
"""

from dataclasses import dataclass, field

import numpy as np

from tests.insight.programs import independent, renamed
from workbench.programs import OP_BY_NAME, Instruction, Kind, Program


@dataclass
class Plan:
    """What a program is made of."""

    model: str = "linear"  #: linear affine bilinear relu absolute
    noise: str = ""  #: "" input unit
    normalised: str = ""  #: "" scale mean
    rate: str = "constant"  #: constant decaying adaptive weights
    clip: bool = False
    unit_gradient: bool = False
    momentum: bool = False
    decay: bool = False
    average: bool = False

    def labels(self, metric: str) -> set[str]:
        """Return the concepts that the program has."""
        loss = "squared error" if metric == "rmse" else "logistic loss"
        deep = self.model in ("relu", "absolute")
        has = {
            "linear model": self.model == "linear" and self.normalised != "scale",
            "affine model": self.model == "affine" and self.normalised != "scale",
            f"gradient step of the {loss}": True,
            "constant learning rate": self.rate == "constant",
            "decaying learning rate": self.rate == "decaying",
            "adaptive learning rate": self.rate in ("adaptive", "weights"),
            "learning rate from the weights' mean": self.rate == "weights",
            "two-layer network": deep,
            "backpropagation": deep,
            "ReLU": self.model == "relu" and self.noise != "unit",
            "other nonlinearity": self.model == "absolute",
            "noisy ReLU": self.noise == "unit",
            "noisy input": self.noise == "input",
            "error clipping": self.clip and not self.unit_gradient,
            "gradient normalisation": self.unit_gradient,
            "momentum": self.momentum,
            "weight averaging": self.average,
            "bilinear interaction": self.model == "bilinear",
            "weight decay": self.decay,
            "feature normalisation": bool(self.normalised),
        }
        return {name for name, value in has.items() if value}


@dataclass
class Writer:
    """Writes a program's three functions, handing out addresses."""

    random: np.random.Generator
    setup: list[str] = field(default_factory=list)
    predict: list[str] = field(default_factory=list)
    learn: list[str] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=lambda: {"s": 2, "v": 1, "m": 0})

    def new(self, kind: str) -> str:
        number = self.used[kind]
        self.used[kind] += 1
        return f"{kind}{number}"

    def constant(self, value: float) -> str:
        place = self.new("s")
        self.setup.append(f"{place} = {value}")
        return place

    def either(self) -> bool:
        return bool(self.random.random() < 0.5)

    def product(self, lines: list[str], out: str, a: str, b: str) -> None:
        lines.append(f"{out} = {a} * {b}")


def write(plan: Plan, random: np.random.Generator) -> Program:
    """Return a program of this plan."""
    w = Writer(random)
    x = _input(w, plan)
    weights = _model(w, plan, x)
    _learn(w, plan, weights)
    text = ["def Setup():", *w.setup, "def Predict():", *w.predict, "def Learn():"]
    text += w.learn
    return Program.from_text(
        "\n".join(t if t.startswith("def") else f"  {t}" for t in text)
    )


def _input(w: Writer, plan: Plan) -> str:
    x = "v0"
    if plan.noise == "input":
        noise, noisy = w.new("v"), w.new("v")
        w.predict += [
            f"{noise} = gaussian(0.0, 0.01, n_features)"
            if w.either()
            else f"{noise} = uniform(-0.02, 0.02, n_features)",
            f"{noisy} = {noise} + {x}" if w.either() else f"{noisy} = {x} - {noise}",
        ]
        x = noisy
    if plan.normalised:
        size, unit = w.new("s"), w.new("v")
        if plan.normalised == "scale":
            w.predict += [
                f"{size} = norm({x})",
                f"{size} = 1 / {size}",
                f"{unit} = {size} * {x}",
            ]
        else:
            wide = w.new("v")
            w.predict += [
                f"{size} = mean({x})",
                f"{wide} = bcast({size})",
                f"{unit} = {x} - {wide}",
            ]
        x = unit
    return x


def _model(w: Writer, plan: Plan, x: str) -> list[tuple[str, list[str], str, str]]:
    """Write Predict; return for each weight: kind, lines, slope, address read."""
    weights = []
    if plan.model in ("linear", "affine"):
        weight = w.new("v")
        if w.either():
            w.predict.append(f"s1 = dot({weight}, {x})")
            slope, lines = x, []
        else:
            each = w.new("v")
            w.predict += [f"{each} = {weight} * {x}", f"s1 = mean({each})"]
            slope, lines = x, []
        weights.append(("v", lines, slope, weight))
        if plan.model == "affine":
            bias = w.new("s")
            w.predict.append(f"s1 = s1 + {bias}")
            weights.append(("s", [], "", bias))
    elif plan.model == "bilinear":
        weight, inner, slope = w.new("m"), w.new("v"), w.new("m")
        w.predict += [f"{inner} = dot({weight}, {x})", f"s1 = dot({x}, {inner})"]
        weights.append(("m", [f"{slope} = outer({x}, {x})"], slope, weight))
    else:
        weights += _network(w, plan, x)
    return weights


def _network(w: Writer, plan: Plan, x: str) -> list[tuple[str, list[str], str, str]]:
    below, above = w.new("m"), w.new("v")
    z, unit, back, slope = w.new("v"), w.new("v"), w.new("v"), w.new("m")
    w.setup += [
        f"{above} = gaussian(0.0, 0.3, n_features)",
        f"{below} = gaussian(0.1, 0.3, (n_features, n_features))",
    ]
    w.predict.append(f"{z} = dot({below}, {x})")
    gate = w.new("v")
    if plan.noise == "unit":
        other = w.new("v")
        w.predict += [
            f"{other} = gaussian(0.0, 0.1, n_features)",
            f"{unit} = maximum({z}, {other})",
        ]
        lines = [f"{gate} = heaviside({z}, 1.0)"]
    elif plan.model == "relu":
        lines = [f"{gate} = heaviside({z}, 1.0)"]
        if w.either():
            zero = w.new("v")
            w.predict.append(f"{unit} = maximum({zero}, {z})")
        elif w.either():
            w.predict += [f"{gate} = heaviside({z}, 1.0)", f"{unit} = {gate} * {z}"]
            lines = []
        else:
            size = w.new("v")
            w.predict += [f"{size} = abs({z})", f"{unit} = {size} + {z}"]
    else:
        # No arc tangent of vectors: |z| bends, and its slope is a sign.
        sign, other = w.new("v"), w.new("v")
        w.predict.append(f"{unit} = abs({z})")
        lines = [
            f"{sign} = heaviside({z}, 1.0)",
            f"{other} = {sign} + {sign}",
            f"{gate} = 1 / {z}",
            f"{gate} = {unit} * {gate}",
        ]
    w.predict.append(f"s1 = dot({unit}, {above})")
    lines += [f"{back} = {above} * {gate}", f"{slope} = outer({back}, {x})"]
    return [("m", lines, slope, below), ("v", [], unit, above)]


def _learn(w: Writer, plan: Plan, weights: list) -> None:
    error = w.new("s")
    if w.either():
        w.learn.append(f"{error} = s0 - s1")
    else:
        zero = w.new("s")
        w.learn += [f"{error} = s1 - s0", f"{error} = {zero} - {error}"]
    if plan.clip:
        if w.either():
            high, low = w.constant(1.0), w.constant(-1.0)
            w.learn += [
                f"{error} = minimum({error}, {high})",
                f"{error} = maximum({error}, {low})",
            ]
        else:
            w.learn.append(f"{error} = arctan({error})")
    rate = _rate(w, plan, weights)
    tail: list[str] = []
    for kind, lines, slope, weight in weights:
        w.learn += lines
        step = w.new(kind)
        if plan.unit_gradient and kind != "s":
            size, inverse = w.new("s"), w.new("s")
            w.learn += [
                f"{step} = {error} * {slope}",
                f"{size} = norm({step})",
                f"{inverse} = {rate} / {size}",
                f"{step} = {inverse} * {step}",
            ]
        elif kind == "s":
            w.learn.append(f"{step} = {rate} * {error}")
        elif w.either():
            scaled = w.new("s")
            w.learn.append(f"{scaled} = {error} * {rate}")
            if plan.rate == "constant" and w.either():
                w.learn.append(f"{scaled} = sin({scaled})")  # of little is the same
            w.learn.append(f"{step} = {scaled} * {slope}")
        else:
            w.learn += [f"{step} = {error} * {slope}", f"{step} = {rate} * {step}"]
        if plan.momentum and kind != "s":
            sum_, keep = w.new(kind), w.constant(0.8)
            w.learn += [f"{sum_} = {keep} * {sum_}", f"{sum_} = {sum_} + {step}"]
            step = sum_
        own = weight
        if plan.average and kind != "s":
            own = w.new(kind)
            for line in w.setup:
                if line.startswith(f"{weight} = "):
                    w.setup.append(line.replace(weight, own, 1))
                    break
        if plan.decay and kind != "s":
            w.learn.append(f"{own} = {w.constant(0.98)} * {own}")
        tail.append(f"{own} = {own} + {step}")
        if own != weight:
            mean, one, share = w.new(kind), w.constant(1.0), w.constant(0.01)
            w.predict.append(f"{weight} = {share} * {mean}")
            tail += [f"{mean} = {mean} + {own}", f"{weight} = {one} * {own}"]
    w.learn += tail


def _rate(w: Writer, plan: Plan, weights: list) -> str:
    if plan.rate == "constant":
        return w.constant(float(w.random.choice([0.003, 0.01, 0.02])))
    if plan.rate == "decaying":
        rate = w.constant(0.1)
        if w.either():
            w.learn.append(f"{rate} = arctan({rate})")
        else:
            w.learn.append(f"{rate} = {rate} * {w.constant(0.99)}")
        return rate
    rate = w.new("s")
    if plan.rate == "adaptive":
        base = w.constant(0.01)
        w.learn += [f"{rate} = norm(v0)", f"{rate} = {base} / {rate}"]
    else:
        matrix = next(weight for kind, _, _, weight in weights if kind == "m")
        w.learn += [
            f"{rate} = mean({matrix})",
            f"{rate} = {'sin' if w.either() else 'arctan'}({rate})",
            f"{rate} = {rate} * {w.constant(0.2)}",
        ]
    return rate


def disguised(program: Program, random: np.random.Generator) -> Program:
    """Return a program that does the same and looks different."""
    return _renamed(_shuffled(_padded(program, random), random), random)


def _renamed(program: Program, random: np.random.Generator) -> Program:
    names = {}
    for kind, first in ((Kind.SCALAR, 2), (Kind.VECTOR, 1), (Kind.MATRIX, 0)):
        count = program.space.size(kind)
        free = list(range(first, count))
        mixed = random.permutation(free).tolist()
        names |= {(kind, a): (kind, b) for a, b in zip(free, mixed, strict=True)}
    return renamed(program, names)


def _shuffled(program: Program, random: np.random.Generator) -> Program:
    functions = {}
    for name, function in program.functions.items():
        lines = list(function)
        for _ in range(3 * len(lines)):
            if len(lines) < 2:
                break
            k = int(random.integers(len(lines) - 1))
            if independent(lines[k], lines[k + 1]):
                lines[k], lines[k + 1] = lines[k + 1], lines[k]
        functions[name] = tuple(lines)
    return Program(**functions)


def _padded(program: Program, random: np.random.Generator) -> Program:
    """Put in dead code, and detours that change nothing: x + 0."""
    free = {
        kind: program.space.size(kind)
        for kind in (Kind.SCALAR, Kind.VECTOR, Kind.MATRIX)
    }
    zero = {kind: free[kind] for kind in free}  # addresses that nobody writes
    dead = {kind: free[kind] + 1 for kind in free}
    adds = {
        Kind.SCALAR: OP_BY_NAME["SCALAR_SUM_OP"],
        Kind.VECTOR: OP_BY_NAME["VECTOR_SUM_OP"],
        Kind.MATRIX: OP_BY_NAME["MATRIX_SUM_OP"],
    }
    functions = {}
    for name, function in program.functions.items():
        lines = []
        for instruction in function:
            lines.append(instruction)
            if instruction.output is None:
                continue
            kind, number = instruction.output
            chance = random.random()
            if chance < 0.2:
                lines.append(
                    Instruction(adds[kind], in1=number, in2=zero[kind], out=number)
                )
            elif chance < 0.4:
                lines.append(
                    Instruction(adds[kind], in1=number, in2=number, out=dead[kind])
                )
        functions[name] = tuple(lines)
    return Program(**functions)


_CORES = (
    ("linear", "", "constant"),
    ("relu", "unit", "constant"),
    ("absolute", "input", "weights"),
    ("affine", "input", "adaptive"),
    ("bilinear", "input", "decaying"),
    ("relu", "", "weights"),
    ("linear", "input", "decaying"),
    ("relu", "unit", "adaptive"),
    ("absolute", "", "decaying"),
    ("affine", "", "constant"),
    ("relu", "", "weights"),
    ("bilinear", "", "constant"),
    ("relu", "unit", "weights"),
)


def plans(random: np.random.Generator, count: int) -> list[Plan]:
    """Return plans in which every concept is there, and missing, often."""
    found = []
    for k in range(count):
        model, noise, rate = _CORES[k % len(_CORES)]
        unit = rate in ("constant", "decaying") and model != "affine"
        unit = unit and random.random() < 0.6
        found.append(
            Plan(
                model=model,
                noise=noise,
                normalised=str(random.choice(["", "", "scale", "mean"])),
                rate=rate,
                clip=bool(random.random() < 0.4) and not unit,
                unit_gradient=unit,
                momentum=bool(random.random() < 0.35),
                decay=bool(random.random() < 0.35),
                average=bool(random.random() < 0.35),
            )
        )
    return found
