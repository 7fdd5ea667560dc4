"""Reads programs: what changed between them, and what they do."""

from workbench.insight.ablation import Ablation, Effect
from workbench.insight.catalogue import CATALOGUE, Concept
from workbench.insight.convergence import (
    Motif,
    best_program,
    concept_names,
    converge,
    converge_runs,
)
from workbench.insight.dataflow import Dataflow, Edge, Node, dataflow
from workbench.insight.diff import DiffRow, ProgramDiff, Verdict, diff
from workbench.insight.discover import Discovery, discover
from workbench.insight.example import node_values
from workbench.insight.lineage import Best, FamilyTree, Step, steps
from workbench.insight.motifs import code_motifs
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
    "Motif",
    "Node",
    "ProgramDiff",
    "Step",
    "Values",
    "Verdict",
    "best_program",
    "code_motifs",
    "concept_names",
    "converge",
    "converge_runs",
    "dataflow",
    "diff",
    "discover",
    "fingerprint",
    "node_values",
    "steps",
    "values_of",
]
