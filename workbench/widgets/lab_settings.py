"""What JupyterLab needs to be told so that saved notebooks keep their panels."""

from __future__ import annotations

from pathlib import Path


def lab_config_path() -> Path:
    """Return a folder to put into `JUPYTER_CONFIG_PATH` when starting JupyterLab.

    With it, JupyterLab saves widget state into notebooks by default (a setting
    that the user can still turn off), and a saved panel shows its last state
    when the notebook is opened without a kernel.
    """
    return Path(__file__).parent / "static" / "jupyter"
