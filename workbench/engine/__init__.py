"""The engine: reduces a program and runs it on many tasks at once."""

from workbench.engine.apply import apply
from workbench.engine.evaluate import Evaluation, evaluate
from workbench.engine.exported import ExportCheck, check_export
from workbench.engine.learning import LearningCurve, learning_curve
from workbench.engine.memory import Memory
from workbench.engine.trace import Trace, Visits, memory_after, trace

__all__ = [
    "Evaluation",
    "ExportCheck",
    "LearningCurve",
    "Memory",
    "Trace",
    "Visits",
    "apply",
    "check_export",
    "evaluate",
    "learning_curve",
    "memory_after",
    "trace",
]
