"""From an instruction's number to its kernel: one LLVM switch over the tables."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.compiler import Flags
from numba.extending import intrinsic

from workbench.engine.fused import FIRST_FUSED, FUSED
from workbench.engine.kernels import KERNELS
from workbench.engine.rows import ROW


def _flags() -> Any:
    """Return how kernels are compiled: into the switch, for a call would cost more."""
    flags: Any = Flags()
    flags.forceinline = True
    flags.error_model = "numpy"
    return flags


@intrinsic
def dispatch(
    typingctx: Any,
    memory: Any,
    rows: Any,
    data: Any,
    i: Any,
    F: Any,
    keys: Any,
    stream: Any,
    lanes: Any,
) -> Any:
    """Run instruction `i` of a lowered program (see `lower.ROW`) on memory.

    Only numbers with a kernel may come here: programs are checked before they are
    lowered.
    """
    offset = types.intp
    operands = (memory, offset, offset, offset, data, types.intp)
    single = types.void(*operands, types.intp, keys, types.uint64, lanes)
    pair = types.void(memory, rows, types.intp, types.intp, lanes)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory_, rows_, data_, i_, F_, keys_, stream_, lanes_ = args
        word = ir.IntType(64)
        start = builder.mul(i_, ir.Constant(word, ROW))

        def field(k: int) -> Any:
            at = builder.add(start, ir.Constant(word, k))
            return builder.load(builder.gep(rows_, [at]))

        op, *groups, position = (field(k) for k in range(5))
        width = ir.Constant(word, len(lanes))
        a, b, out = (builder.mul(group, width) for group in groups)
        draw = builder.or_(stream_, position)
        unknown = builder.append_basic_block("op.unknown")
        done = builder.append_basic_block("op.done")
        switch = builder.switch(op, unknown)

        def case(number: int, kernel: Any, signature: Any, arguments: Any) -> None:
            block = builder.append_basic_block(f"op.{number}")
            switch.add_case(ir.Constant(word, number), block)
            builder.position_at_end(block)
            compiled = context.compile_subroutine(
                builder, kernel, signature, flags=_flags()
            )
            context.call_internal(builder, compiled.fndesc, signature, arguments)
            builder.branch(done)

        one = (memory_, a, b, out, data_, i_, F_, keys_, draw, lanes_)
        for number, kernel in enumerate(KERNELS):
            case(number, kernel, single, one)
        both = (memory_, rows_, i_, F_, lanes_)
        for number, (_, kernel) in enumerate(FUSED, start=FIRST_FUSED):
            case(number, kernel, pair, both)
        builder.position_at_end(unknown)
        builder.unreachable()
        builder.position_at_end(done)
        return context.get_dummy_value()

    arguments = (memory, rows, data, types.intp, types.intp, keys, types.uint64, lanes)
    return types.void(*arguments), codegen
