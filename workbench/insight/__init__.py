"""Reads programs: what changed between them, and what they do."""

from workbench.insight.diff import DiffRow, ProgramDiff, diff

__all__ = ["DiffRow", "ProgramDiff", "diff"]
