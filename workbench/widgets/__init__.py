"""Panels for Jupyter: the same jobs as in a script, watched while they run."""

from __future__ import annotations

from workbench.widgets.ablation_chart import AblationChart
from workbench.widgets.convergence_table import ConvergenceTable
from workbench.widgets.lab_settings import lab_config_path
from workbench.widgets.lineage_view import LineageView
from workbench.widgets.panel import Panel
from workbench.widgets.program_debugger import ProgramDebugger
from workbench.widgets.program_diff import ProgramDiff
from workbench.widgets.program_graph import ProgramGraph
from workbench.widgets.program_view import ProgramView
from workbench.widgets.runs_panel import RunsPanel
from workbench.widgets.search_panel import SearchPanel
from workbench.widgets.what_if import WhatIf

__all__ = [
    "AblationChart",
    "ConvergenceTable",
    "LineageView",
    "Panel",
    "ProgramDebugger",
    "ProgramDiff",
    "ProgramGraph",
    "ProgramView",
    "RunsPanel",
    "SearchPanel",
    "WhatIf",
    "lab_config_path",
]
