"""Random and mutated programs over all operations, from a NumPy generator."""

import numpy as np

from workbench.programs import (
    HAND_DESIGNED,
    OPS,
    ConstantKind,
    Instruction,
    Program,
    Space,
)

SCALAR = Space(6, 9, 3)
VECTOR = Space(6, 9, 3, label="vector")
WILD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, 1e-300, 150.0)
DETERMINISTIC = tuple(op for op in OPS if not op.is_random)


def constant(rng, kind, wild):
    if kind is ConstantKind.INDEX:
        return rng.choice([0.0, 0.25, 0.5, 0.625, 0.99])
    if wild and rng.random() < 0.05:
        return rng.choice(WILD)
    return rng.normal()


def instruction(rng, space, ops=OPS, *, wild=True):
    op = ops[rng.integers(len(ops))]
    inputs = [int(rng.integers(space.size(kind))) for kind in op.inputs]
    out = 0
    if op.output is not None:
        low, high = space.first_writable(op.output), space.size(op.output)
        out = int(rng.integers(low, high))
    constants = tuple(constant(rng, kind, wild) for kind in op.constants)
    in1, in2 = (*inputs, 0, 0)[:2]
    return Instruction(op, in1=in1, in2=in2, out=out, constants=constants)


def random_program(rng, space, ops=OPS, *, wild=True, longest=(6, 12, 12)):
    parts = [
        tuple(
            instruction(rng, space, ops, wild=wild)
            for _ in range(rng.integers(0, most + 1))
        )
        for most in longest
    ]
    return Program(*parts, space=space)


def mutated(rng, program, space, ops=OPS, *, wild=True, times=3):
    """Insert, remove, replace and swap instructions, or change one address."""
    parts = [list(part) for part in program.functions.values()]
    for _ in range(rng.integers(1, times + 1)):
        part = parts[rng.integers(3)]
        at = int(rng.integers(len(part) + 1))
        choice = rng.integers(5)
        if choice == 0 or not part:
            part.insert(at, instruction(rng, space, ops, wild=wild))
            continue
        at %= len(part)
        if choice == 1:
            del part[at]
        elif choice == 2:
            part[at] = instruction(rng, space, ops, wild=wild)
        elif choice == 3:
            other = int(rng.integers(len(part)))
            part[at], part[other] = part[other], part[at]
        else:
            old = part[at]
            addresses = {"in1": old.in1, "in2": old.in2, "out": old.out}
            new = instruction(rng, space, (old.op,), wild=wild)
            field = ("in1", "in2", "out")[rng.integers(3)]
            addresses[field] = getattr(new, field)
            part[at] = Instruction(old.op, **addresses, constants=old.constants)
    return Program(*parts, space=space)


def programs(seed, count, space=SCALAR, ops=OPS, *, wild=True):
    """Yield programs: random ones, mutants of them, mutants of hand-designed ones."""
    rng = np.random.default_rng(seed)
    designed = [
        Program(*parts, space=SCALAR)
        for parts in (make().functions.values() for make in HAND_DESIGNED.values())
        if all(one.op in ops for part in parts for one in part)
    ]
    last = random_program(rng, space, ops, wild=wild)
    for i in range(count):
        if i % 3 == 0:
            last = random_program(rng, space, ops, wild=wild)
        elif i % 3 == 1 or space is VECTOR:
            last = mutated(rng, last, space, ops, wild=wild)
        else:
            parent = designed[rng.integers(len(designed))]
            yield mutated(rng, parent, space, ops, wild=wild)
            continue
        yield last
