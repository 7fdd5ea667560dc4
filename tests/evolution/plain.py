"""Aging evolution written plainly, on Python's own numbers: the oracle of the loop.

Shares with the package the table of operations and the fitness of a program; the
generator, mutations, tournaments and the queue are written here anew.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from workbench.engine import evaluate
from workbench.programs import OPS, Instruction, Program, Space

MASK = 2**64 - 1
MUTATIONS = (
    "alter_param",
    "randomize_instruction",
    "randomize_function",
    "identity",
    "insert_instruction",
    "remove_instruction",
    "trade_instruction",
    "randomize_program",
)


class Rng:
    """SplitMix64."""

    def __init__(self, state):
        self.state = state

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return ((self.bits() >> 12) + 0.5) * 2.0**-52

    def below(self, limit):
        return int((self.bits() >> 11) * (limit * 2.0**-53))

    def fraction(self):
        return (self.bits() >> 40) * 2.0**-24

    def signed(self):
        return 2.0 * self.uniform() - 1.0

    def gaussian(self):
        radius = math.sqrt(-2.0 * math.log(self.uniform()))
        return radius * math.cos(2.0 * math.pi * self.uniform())


def single(value):
    return float(np.float32(value))


class Mutator:
    """Random programs, as dicts from function to list of instructions, and mutations.

    The order of draws is the package's: operation, addresses, constants.
    """

    def __init__(self, space, rng, weights):
        self.space = space
        self.rng = rng
        self.weights = [weights.get(name, 0.0) for name in MUTATIONS]
        self.names = [name for name in ("setup", "predict", "learn") if space.ops(name)]

    def address(self, kind):
        return self.rng.below(self.space.size(kind))

    def output(self, op):
        first = self.space.first_writable(op.output)
        return first + self.rng.below(self.space.size(op.output) - first)

    def constants(self, op):
        rng = self.rng
        match [kind.value for kind in op.constants]:
            case ["real"]:
                return (rng.signed(),)
            case [*indices, "value"]:
                return (*(rng.fraction() for _ in indices), single(rng.signed()))
            case ["mean", "stdev"]:
                return single(rng.signed()), single(rng.uniform())
            case ["low", "high"]:
                return single(rng.signed()), single(rng.signed())
        return ()

    def instruction(self, name):
        allowed = self.space.ops(name)
        op = OPS[allowed[self.rng.below(len(allowed))]]
        inputs = [self.address(kind) for kind in op.inputs]
        out = 0 if op.output is None else self.output(op)
        return Instruction(op, *inputs, *[0] * (2 - len(inputs)), out,
                           self.constants(op))  # fmt: skip

    def randomize(self, functions, name):
        if self.space.ops(name):
            functions[name] = [self.instruction(name) for _ in functions[name]]

    def scaled(self, value):
        return value * math.exp(self.rng.gaussian())

    def scaled_or_flipped(self, value):
        return -value if self.rng.uniform() < 0.1 else self.scaled(value)

    def altered_constants(self, op, constants):
        new = list(constants)
        first = op.constants[0].value
        if first == "real":
            new[0] = self.scaled_or_flipped(new[0])
        elif first == "index":
            at = self.rng.below(len(new))
            last = at == len(new) - 1
            new[at] = self.scaled_or_flipped(new[at]) if last else self.rng.fraction()
        elif first == "mean":
            if self.rng.below(2) == 0:
                new[0] = self.scaled_or_flipped(new[0])
            else:
                new[1] = self.scaled(new[1])
        else:
            end = self.rng.below(2)
            new[end] = single(self.scaled_or_flipped(new[end]))
            new.sort()
        return tuple(new)

    def altered(self, old):
        op = old.op
        fields = {"in1": old.in1, "in2": old.in2, "out": old.out}
        constants = old.constants
        if op.output is None:
            return old
        if op.constants:
            if self.rng.below(2) == 0:
                fields["out"] = self.output(op)
            else:
                constants = self.altered_constants(op, constants)
        else:
            at = self.rng.below(len(op.inputs) + 1)
            if at == len(op.inputs):
                fields["out"] = self.output(op)
            else:
                fields[f"in{at + 1}"] = self.address(op.inputs[at])
        return Instruction(op, **fields, constants=constants)

    def kind(self):
        point = self.rng.uniform() * sum(self.weights)
        for name, end in zip(MUTATIONS, np.cumsum(self.weights), strict=True):
            if point < end:
                return name
        raise AssertionError

    def mutate(self, functions):
        kind = self.kind()
        if kind == "identity":
            return
        if kind == "randomize_program":
            for name in functions:
                self.randomize(functions, name)
            return
        name = self.names[self.rng.below(len(self.names))]
        body = functions[name]
        shortest, longest = self.space.length(name)
        if kind == "randomize_function":
            self.randomize(functions, name)
        elif kind == "insert_instruction":
            if len(body) < longest:
                self.insert(name, body)
        elif kind == "remove_instruction":
            if len(body) > shortest:
                del body[self.rng.below(len(body))]
        elif kind == "trade_instruction":
            if body:
                self.insert(name, body)
                del body[self.rng.below(len(body))]
        elif body:
            at = self.rng.below(len(body))
            if kind == "alter_param":
                body[at] = self.altered(body[at])
            else:
                body[at] = self.instruction(name)

    def insert(self, name, body):
        body.insert(self.rng.below(len(body) + 1), self.instruction(name))


@dataclass
class Evolved:
    members: list = field(default_factory=list)  # (program, fitness), oldest first
    bests: list = field(default_factory=list)  # (individuals, fitness) of each new best
    train_steps: int = 0


def evolve(spec, individuals):
    """Run a spec without cache, hurdle and budget; return what is alive at the end."""
    seed = np.random.SeedSequence([spec.seed, 0]).generate_state(1, np.uint64)
    rng = Rng(int(seed[0]))
    mutator = Mutator(spec.space, rng, dict(spec.mutations))
    tasks = spec.task_spec("tasks").make()
    room = Space(*spec.space.sizes, label=spec.space.label)
    start = spec.start()
    slots = []  # a ring: slot i holds individual i, i + P, ...
    done = Evolved()
    for made in range(individuals):
        if made < spec.population or spec.strategy == "random":
            lengths = dict(zip(("setup", "predict", "learn"), spec.initial_length,
                               strict=True))  # fmt: skip
            functions = {name: [Instruction(OPS[0])] * n for name, n in lengths.items()}
            if start is not None:
                functions = {n: list(body) for n, body in start.functions.items()}
            if start is None or spec.random_start or spec.strategy == "random":
                for name in functions:
                    mutator.randomize(functions, name)
        else:
            drawn = [rng.below(spec.population) for _ in range(spec.tournament)]
            parent = max((slots[k] for k in drawn), key=lambda member: member[1])
            functions = {n: list(body) for n, body in parent[0].functions.items()}
            if rng.uniform() < spec.mutation_probability:
                mutator.mutate(functions)
        program = Program(*(tuple(body) for body in functions.values()), space=room)
        result = evaluate(
            program,
            tasks,
            seed=spec.seed,
            max_abs_error=spec.max_abs_error,
            combine=spec.combine,
        )
        done.train_steps += result.train_steps
        member = (program, result.fitness)
        if not done.bests or result.fitness > done.bests[-1][1]:
            done.bests.append((made + 1, result.fitness))
        if len(slots) < spec.population:
            slots.append(member)
        else:
            slots[made % spec.population] = member
    oldest = individuals % spec.population if len(slots) == spec.population else 0
    done.members = slots[oldest:] + slots[:oldest]
    return done
