"""Reads programs: what changed between them, and what they do."""

from workbench.insight.ablation import Ablation, Effect
from workbench.insight.catalogue import CATALOGUE, Concept
from workbench.insight.dataflow import Dataflow, Edge, Node, dataflow
from workbench.insight.diff import DiffRow, ProgramDiff, Verdict, diff
from workbench.insight.discover import Discovery, discover
from workbench.insight.example import node_values
from workbench.insight.lineage import Best, FamilyTree, Step, steps
from workbench.insight.values import Values, fingerprint, values_of

__all__ = [
    "CATALOGUE",
    "Ablation",
    "Best",
    "Concept",
    "Dataflow",
    "DiffRow",
    "Discovery",
    "Edge",
    "Effect",
    "FamilyTree",
    "Node",
    "ProgramDiff",
    "Step",
    "Values",
    "Verdict",
    "dataflow",
    "diff",
    "discover",
    "fingerprint",
    "node_values",
    "steps",
    "values_of",
]
