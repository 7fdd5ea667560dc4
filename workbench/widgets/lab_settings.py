"""What JupyterLab is told: to keep panels in saved notebooks, and to ask no network."""

from __future__ import annotations

from pathlib import Path


def lab_config_path() -> Path:
    """Return a folder to put into `JUPYTER_CONFIG_PATH` when starting JupyterLab.

    With it, JupyterLab saves widget state into notebooks by default (a setting
    that the user can still turn off), and a saved panel shows its last state
    when the notebook is opened without a kernel. Nor does JupyterLab ask whether it
    may fetch news, or look for a newer version of itself.
    """
    return Path(__file__).parent / "static" / "jupyter"
