"""The notebooks run from the first cell to the last without a page to look at."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
# What the prose rests on.
FOUND = {
    "02_reading_programs": (
        "  v2 = v1 + v2\n  s1 = dot(v0, v2)\n  s3 = s0 - s1\n  s2 = 0.192345",
        "equal: True",
        "The same computation",
        "  s3 = -0.43774980621224047\n  s1 = s0 - s1\n  s2 = s2 * s3\n",
    ),
    "10_a_matrix_that_rewrites_itself": (
        "key 1 reads [ 0.  1.  0. -1.]",
        "the same as the workbench's layer: True",
        "example 4 of 15",
    ),
    "11_bootstrapping_self_reference": (
        "left the plateau: [800, 900, 1200, 1400,",
        "(ln 5 = 1.61)",
        "SRWM: ",
        "DeltaNet: ",
    ),
    "04_what_evolution_discovers": (
        "]\n3 of 12 learned",
        "\nlinear model (100%; predict 2)",
        "  s3 = 0.15977536292330907\n  v2 = s1 * v0\n  v2 = s3 * v2\nleft out",
        "['linear model', 'gradient step of the squared error', 'constant learning",
        "gradient step of the squared error: knocking it out costs fitness",
        "s2 = norm(v5) serves as the constant 0.05 (it varies by 0.0%) in learn 2",
        "tuned with two constants, against that: better on fresh tasks",
        "an error: label less something: 3 of 3 runs, 0 of 9 in the control",
        "Hebbian: label times something: 0 of 3 runs, 9 of 9 in the control",
    ),
}
# Notebooks without a search.
OTHERS = ("10_a_matrix_that_rewrites_itself", "11_bootstrapping_self_reference")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_headless(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, timeout=300, resources=resources)
    client.execute()
    outputs = "".join(
        output.get("text", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    if path.stem not in OTHERS:
        assert "def Predict():" in outputs
        assert "fresh tasks" in outputs
    for line in FOUND.get(path.stem, ()):
        assert line in outputs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert "widgets" not in notebook.metadata
