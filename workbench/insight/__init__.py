"""Reads programs: what changed between them, and what they do."""

from workbench.insight.dataflow import Dataflow, Edge, Node, dataflow
from workbench.insight.diff import DiffRow, ProgramDiff, Verdict, diff
from workbench.insight.values import Values, values_of

__all__ = [
    "Dataflow",
    "DiffRow",
    "Edge",
    "Node",
    "ProgramDiff",
    "Values",
    "Verdict",
    "dataflow",
    "diff",
    "values_of",
]
