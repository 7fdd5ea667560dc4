"""From an operation's number to its kernel: one LLVM switch over the op table."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from workbench.engine.kernels import KERNELS


@intrinsic
def dispatch(
    typingctx: Any,
    op: Any,
    memory: Any,
    a: Any,
    b: Any,
    out: Any,
    data: Any,
    i: Any,
    F: Any,
    keys: Any,
    stream: Any,
    lanes: Any,
) -> Any:
    """Run operation `op` on memory; the other arguments are the kernel's own.

    A number without a kernel does nothing; programs are checked before they are
    lowered, so none comes here.
    """
    operands = (memory, types.intp, types.intp, types.intp, data, types.intp)
    rest = (types.intp, keys, types.uint64, lanes)
    kernel_signature = types.void(*operands, *rest)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        done = builder.append_basic_block("op.done")
        switch = builder.switch(args[0], done)
        for number, kernel in enumerate(KERNELS):
            block = builder.append_basic_block(f"op.{number}")
            switch.add_case(ir.Constant(args[0].type, number), block)
            builder.position_at_end(block)
            context.compile_internal(builder, kernel, kernel_signature, args[1:])
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(types.int32, *operands, *rest), codegen
