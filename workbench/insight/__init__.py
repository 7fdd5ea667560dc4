"""Reads programs: what changed between them, and what they do."""

from workbench.insight.ablation import (
    Ablation,
    Effect,
    ablate,
    evidence,
    fresh_tasks,
    graft,
)
from workbench.insight.catalogue import CATALOGUE, Concept
from workbench.insight.convergence import (
    Motif,
    best_program,
    concept_names,
    converge,
    converge_runs,
)
from workbench.insight.coupling import (
    Coupling,
    Retuned,
    couplings,
    decouple,
    retune,
)
from workbench.insight.dataflow import Dataflow, Edge, Node, dataflow
from workbench.insight.diff import DiffRow, ProgramDiff, Verdict, diff
from workbench.insight.discover import Discovery, discover
from workbench.insight.example import node_values
from workbench.insight.knockin import knock_in
from workbench.insight.knockout import knock_out
from workbench.insight.lineage import Best, FamilyTree, Step, steps
from workbench.insight.motifs import code_motifs
from workbench.insight.simplified import Dropped, Rewritten, Simplified
from workbench.insight.simplify import simplify
from workbench.insight.values import Values, fingerprint, values_of

__all__ = [
    "CATALOGUE",
    "Ablation",
    "Best",
    "Concept",
    "Coupling",
    "Dataflow",
    "DiffRow",
    "Discovery",
    "Dropped",
    "Edge",
    "Effect",
    "FamilyTree",
    "Motif",
    "Node",
    "ProgramDiff",
    "Retuned",
    "Rewritten",
    "Simplified",
    "Step",
    "Values",
    "Verdict",
    "ablate",
    "best_program",
    "code_motifs",
    "concept_names",
    "converge",
    "converge_runs",
    "couplings",
    "dataflow",
    "decouple",
    "diff",
    "discover",
    "evidence",
    "fingerprint",
    "fresh_tasks",
    "graft",
    "knock_in",
    "knock_out",
    "node_values",
    "retune",
    "simplify",
    "steps",
    "values_of",
]
