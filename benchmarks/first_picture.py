"""How soon the microscope shows a picture: `python -m benchmarks.first_picture`.

Opens a notebook in JupyterLab in headless Chromium, each time with a new kernel, runs
the cell of notebook 10 that shows the models that ship, and waits until the matrices
are drawn. The caches of JAX and of the workbench are empty. Also the processor time of
the same in a process of its own, to which other work on the machine adds little.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from gallery.lab import Notebook, open_lab, until

CELL = """
from workbench.widgets import Microscope

microscope = Microscope.pretrained()
microscope.step(4)
microscope
"""


def in_lab(runs: int) -> list[float]:
    """Return the seconds from running the cell to the drawn matrices, run by run."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        size = {"width": 1600, "height": 1400}
        with open_lab(Path(folder), viewport=size) as (server, context):
            for run in range(runs):
                name = f"first{run}.ipynb"
                server.write_notebook(name, CELL)
                notebook = Notebook(context, server, name)
                cells = notebook.page.locator("[data-matrix=main-w] canvas")
                began = time.perf_counter()
                notebook.run_cell(0, wait=False)
                until(cells.is_visible, "the matrices", page=notebook.page)
                times.append(time.perf_counter() - began)
                notebook.page.close()
                server.end_kernels()
    return times


def picture() -> float:
    """Make the picture, and return the processor seconds that this took."""
    began = time.process_time()
    made = import_module("workbench.widgets").Microscope.pretrained()
    made.step(4)
    made.refresh()
    if not made.part("figure")["weights"]:
        raise RuntimeError("there is no picture")
    return time.process_time() - began


def alone() -> float:
    """Return the processor seconds in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(picture)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    own = [alone() for _ in range(runs)]
    print(f"processor time, new process: median {median(own):.2f} s of {runs}")
    load = os.getloadavg()[0]
    times = in_lab(runs)
    told = ", ".join(f"{seconds:.1f}" for seconds in times)
    print(
        f"JupyterLab, new kernel: median {median(times):.1f} s of {told} s;"
        f" load {load:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
