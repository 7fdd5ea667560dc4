"""Random instructions and programs for hypothesis."""

from hypothesis import strategies as st

from workbench.programs import OPS, ConstantKind, Instruction, Program, Space

SMALL = Space(5, 6, 3)
VECTOR = Space(4, 6, 3, label="vector")

fractions = st.floats(0.0, 1.0, exclude_max=True, width=32)
constants_of = {
    kind: st.floats(width=32) if kind.is_single else st.floats()
    for kind in ConstantKind
} | {ConstantKind.INDEX: fractions}
# Values that keep most programs alive, so that predictions say something.
mild_of = {
    kind: st.floats(-2.0, 2.0, width=32 if kind.is_single else 64)
    for kind in ConstantKind
} | {ConstantKind.INDEX: st.sampled_from([0.0, 0.25, 0.375, 0.75])}


@st.composite
def instructions(draw, space=SMALL, ops=OPS, mild=False):
    op = draw(st.sampled_from(ops))
    inputs = [draw(st.integers(0, space.size(kind) - 1)) for kind in op.inputs]
    out = 0
    if op.output is not None:
        first = space.first_writable(op.output)
        out = draw(st.integers(first, space.size(op.output) - 1))
    kinds = mild_of if mild else constants_of
    constants = tuple(draw(kinds[kind]) for kind in op.constants)
    in1, in2 = (*inputs, 0, 0)[:2]
    return Instruction(op, in1=in1, in2=in2, out=out, constants=constants)


def programs(space=SMALL, mild=False, ops=OPS, longest=8):
    def function(most=longest):
        return st.lists(instructions(space, ops, mild), max_size=most).map(tuple)

    return st.builds(
        Program,
        setup=function(4),
        predict=function(),
        learn=function(),
        space=st.just(space),
    )
