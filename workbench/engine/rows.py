"""How a lowered program lies in memory: one row of eight words an instruction."""

from __future__ import annotations

ROW = 8
"""Words of a row, int64: one cache line."""

OP, IN1, IN2, OUT, POSITION, OTHER, LAST, PAIR = range(8)
"""Places in a row: the kernel's number; offsets of its operands and output, in groups
of lanes from the start of memory; the position that a random instruction draws by;
and, for a fused pair, the second instruction's other operand and its output. PAIR is a
note of `fuse` to itself."""

FEATURE_SLOTS, LABEL_SLOTS, IN_PLACE = 4, 5, 6
"""Entries of `bounds` behind those of the functions: how many operands name features,
how many name a label (their places are listed in `slots`), and whether examples are
read where they lie (1) or copied into memory first (0)."""

BOUNDS = 7
NOT_STORED = -1
"""In the place of an output that nothing reads."""
