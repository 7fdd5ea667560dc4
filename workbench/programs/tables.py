"""The op table for readers: the Markdown of docs/programs.md."""

from __future__ import annotations

from workbench.programs.ops import OPS, Op


def op_table_markdown() -> str:
    """Return the table of all operations in Markdown, one row an op."""
    head = (
        "| # | name | spelling | meaning | cost, millions |",
        "| ---: | --- | --- | --- | ---: |",
    )
    return "\n".join([*head, *map(_row, OPS)])


def _row(op: Op) -> str:
    cost = f"{op.cost / 1e6:.2f}"
    return f"| {op.number} | `{op.name}` | `{op.form}` | {op.title} | {cost} |"
