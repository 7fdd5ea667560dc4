"""How long the runs panel takes for a frame with a curve of a million points.

`python -m benchmarks.curves` opens JupyterLab in headless Chromium, shows a run with so
many points, every one of them noise, and moves the pointer over it, pans it and zooms
it for some hundred frames each. Two things are measured: how long the page computes
for a frame (the event and the drawing that follows, without what the browser does with
it then), and how long after a zoom the detail has come from Python.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import describe
from gallery.lab import Notebook, open_lab, until
from workbench.runs import RunStore
from workbench.widgets.decimate import decimate

CELL = """
from workbench.widgets import RunsPanel
panel = RunsPanel({folder!r})
panel.choose(measure="height", x="steps")
panel
"""
# Dispatches one event a frame, and times the event and the drawing in it: callbacks of
# a frame run in their order, so that one asked for last ends what this frame computes.
MEASURE = """async ([selector, kind, frames]) => {
    const canvas = document.querySelector(selector);
    const box = canvas.getBoundingClientRect();
    const times = [];
    const fire = (type, x, more) => canvas.dispatchEvent(new (
        type === "wheel" ? WheelEvent : PointerEvent)(type, {bubbles: true,
        cancelable: true, clientX: box.left + x, clientY: box.top + 100, ...more}));
    const grip = {shiftKey: true, pointerId: 1};
    if (kind === "pan") fire("pointerdown", box.width / 2, grip);
    for (let i = 0; i < frames; i++) {
        await new Promise(done => requestAnimationFrame(() => {
            const began = performance.now();
            const x = box.width * (0.3 + 0.4 * Math.abs(((i / frames * 4) % 2) - 1));
            if (kind === "zoom") fire("wheel", box.width / 2,
                {ctrlKey: true, deltaY: i % 40 < 20 ? -30 : 30});
            else fire("pointermove", x, {pointerId: 1});
            const fired = performance.now() - began;
            requestAnimationFrame(() => {
                // What was drawn in this frame stood before this callback in the queue.
                times.push(fired + performance.now() - document.timeline.currentTime);
                done();
            });
        }));
    }
    if (kind === "pan") fire("pointerup", box.width / 2, {pointerId: 1});
    return times;
}"""
CANVAS = ".wb-many-curves canvas"


def store_with(folder: Path, points: int) -> None:
    """Make a run whose curve is noise with a spike."""
    heights = np.random.default_rng(1).normal(size=points)
    heights[points // 3] = 40.0
    store = RunStore(folder)
    run = store.create("walk", {}, name="noise", seed=1, unit="steps")
    for start in range(0, points, 50_000):
        part = heights[start : start + 50_000].tolist()
        rows = [{"steps": start + n, "height": value} for n, value in enumerate(part)]
        store.append(run, rows, [])
    store.update(run, position=points, status="finished")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=300)
    given = parser.parse_args()
    print(f"Machine: {describe()}")
    x = np.arange(float(given.points))
    y = np.random.default_rng(1).normal(size=given.points)
    times = []
    for _ in range(10):
        began = time.perf_counter()
        kept = decimate(x, y, 900, 0.0, x[-1])
        times.append(time.perf_counter() - began)
    took = 1000 * statistics.median(times)
    print(f"decimate to 900 columns: {took:.0f} ms, {len(kept)} points are left")
    with tempfile.TemporaryDirectory() as folder:
        store_with(Path(folder) / "runs", given.points)
        size = {"width": 1280, "height": 1200}
        with open_lab(Path(folder), viewport=size) as (server, context):
            server.write_notebook("a.ipynb", CELL.format(folder=f"{folder}/runs"))
            notebook = Notebook(context, server, "a.ipynb")
            began = time.perf_counter()
            notebook.run_cell(0)
            drive(notebook, given.frames, began)


def drive(notebook: Notebook, frames: int, began: float) -> None:
    """Measure the panel of a notebook whose cell ran at `began`."""
    page = notebook.page
    root = notebook.widget("wb-runs")
    canvas = root.locator("canvas")
    until(
        lambda: "Curves of 1 line" in (canvas.get_attribute("aria-label") or ""),
        "the curve",
        600,
        page,
    )
    until(
        lambda: "Reading" not in root.locator(".wb-lines-note").inner_text(),
        "all points",
        600,
        page,
    )
    print(f"first shown, all points read: {time.perf_counter() - began:.1f} s")
    canvas.scroll_into_view_if_needed()
    page.evaluate(MEASURE, [CANVAS, "zoom", 10])
    for kind in ("read", "zoom", "pan"):
        times = page.evaluate(MEASURE, [CANVAS, kind, frames])
        middle, most = statistics.median(times), np.quantile(times, 0.99)
        print(f"{kind}: {middle:.1f} ms a frame (median), {most:.1f} ms (99 %)")
    canvas.focus()
    waits = []
    for key in "+" * 8 + "-" * 8:
        before = notebook.evaluate("print(panel.part('curves')['revision'])")
        start = time.perf_counter()
        page.keyboard.press(key)
        until(
            lambda before=before: (
                notebook.evaluate("print(panel.part('curves')['revision'])") != before
            ),
            "the detail",
            page=page,
        )
        waits.append(time.perf_counter() - start)
    print(f"detail after a zoom: {1000 * statistics.median(waits):.0f} ms (median)")


if __name__ == "__main__":
    main()
