"""Panels for Jupyter: the same jobs as in a script, watched while they run."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.widgets.ablation_chart import AblationChart
    from workbench.widgets.convergence_table import ConvergenceTable
    from workbench.widgets.lab_settings import lab_config_path
    from workbench.widgets.lineage_view import LineageView
    from workbench.widgets.microscope import Microscope
    from workbench.widgets.panel import Panel
    from workbench.widgets.program_debugger import ProgramDebugger
    from workbench.widgets.program_diff import ProgramDiff
    from workbench.widgets.program_graph import ProgramGraph
    from workbench.widgets.program_view import ProgramView
    from workbench.widgets.runs_panel import RunsPanel
    from workbench.widgets.search_panel import SearchPanel
    from workbench.widgets.srwm_panel import SRWMPanel
    from workbench.widgets.what_if import WhatIf

__all__ = [
    "AblationChart",
    "ConvergenceTable",
    "LineageView",
    "Microscope",
    "Panel",
    "ProgramDebugger",
    "ProgramDiff",
    "ProgramGraph",
    "ProgramView",
    "RunsPanel",
    "SRWMPanel",
    "SearchPanel",
    "WhatIf",
    "lab_config_path",
]

_FILE_OF = {
    "AblationChart": "ablation_chart",
    "ConvergenceTable": "convergence_table",
    "LineageView": "lineage_view",
    "Microscope": "microscope",
    "Panel": "panel",
    "ProgramDebugger": "program_debugger",
    "ProgramDiff": "program_diff",
    "ProgramGraph": "program_graph",
    "ProgramView": "program_view",
    "RunsPanel": "runs_panel",
    "SRWMPanel": "srwm_panel",
    "SearchPanel": "search_panel",
    "WhatIf": "what_if",
    "lab_config_path": "lab_settings",
}


def __getattr__(name: str) -> Any:
    """Import a panel on first use: each loads only what it needs itself."""
    if name not in _FILE_OF:
        raise AttributeError(f"module 'workbench.widgets' has no attribute {name!r}")
    return getattr(import_module(f"workbench.widgets.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
