"""Programs that are made from others, and what becomes of them."""

from dataclasses import replace

from hypothesis import strategies as st

from workbench.programs import FUNCTIONS, OPS, Kind, Program

EXACT = [op for op in OPS if not op.is_random]


def special(space):
    """Return the addresses that mean something to the training loop."""
    label = (Kind.VECTOR, 1) if space.vector_label else (Kind.SCALAR, 0)
    return {label, space.prediction, (Kind.VECTOR, 0)}


def renamed(program, names):
    """Return the program with addresses replaced; `names` maps (kind, number)."""

    def rename(instruction):
        inputs = [
            names.get(address, address)[1] for address in (*instruction.inputs,)
        ] + [0, 0]
        output = instruction.output
        out = names.get(output, output)[1] if output else 0
        return replace(instruction, in1=inputs[0], in2=inputs[1], out=out)

    functions = {
        name: tuple(map(rename, function))
        for name, function in program.functions.items()
    }
    return Program(**functions, space=program.space)


@st.composite
def renamings(draw, space):
    """Return a permutation of the addresses that mean nothing by themselves."""
    names = {}
    for kind in Kind:
        free = [
            (kind, number)
            for number in range(space.first_writable(kind), space.size(kind))
            if (kind, number) not in special(space)
        ]
        names |= dict(zip(free, draw(st.permutations(free)), strict=True))
    return names


def independent(first, second):
    """Tell whether two neighbours can change places without any effect."""
    if first.output is None or second.output is None:
        return True
    return (
        first.output != second.output
        and first.output not in second.inputs
        and second.output not in first.inputs
    )


def swapped(program, name, index):
    """Return the program with two neighbours exchanged."""
    function = list(program.functions[name])
    function[index : index + 2] = function[index : index + 2][::-1]
    return Program(**program.functions | {name: function}, space=program.space)


def without(program, name, index):
    """Return the program without an instruction."""
    function = list(program.functions[name])
    del function[index]
    return Program(**program.functions | {name: function}, space=program.space)


@st.composite
def neighbours(draw, program):
    """Return the program with some independent neighbours exchanged."""
    for _ in range(draw(st.integers(1, 6))):
        places = [
            (name, i)
            for name in FUNCTIONS
            for i in range(len(program.functions[name]) - 1)
            if independent(*program.functions[name][i : i + 2])
        ]
        if places:
            program = swapped(program, *draw(st.sampled_from(places)))
    return program
