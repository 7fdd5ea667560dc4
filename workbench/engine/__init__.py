"""The engine: reduces a program and runs it on many tasks at once."""

from workbench.engine.evaluate import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
