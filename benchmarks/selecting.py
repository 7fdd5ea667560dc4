"""How fast a step of a long search is chosen: `python -m benchmarks.selecting`.

Opens the lineage of the recorded demo, a search of a million individuals, in JupyterLab
in headless Chromium, and clicks along the curve and on the family tree. Counts the
time from each click until the frame with that step is laid out and painted, and the
processor time of the page's main thread: other work does not add to that.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.scrubbing import PARTS, counted
from tests.widgets.lab import CHROMIUM, CHROMIUM_ARGS, LabServer, Notebook, until

CELL = """
from workbench.evolution import load_recorded
from workbench.widgets import LineageView

demo = load_recorded("demo")
print(demo.metrics["individuals"])
view = LineageView(demo)
view.go_to(0)
view
"""
SELECT = """async (root, clicks) => {
    const where = root.querySelector("[role=status]"), times = [], shown = new Set();
    const painted = () => new Promise(done => requestAnimationFrame(() => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(0); }));
    const click = async (target, x, y) => {
        const at = {clientX: x, clientY: y, bubbles: true, button: 0, pointerId: 1};
        const start = performance.now();
        target.dispatchEvent(new PointerEvent("pointerdown", at));
        target.dispatchEvent(new MouseEvent("click", at));
        await painted();
        times.push(performance.now() - start);
        shown.add(where.textContent); };
    const chart = root.querySelector(".wb-lineage-chart");
    const tree = [...root.querySelectorAll(".wb-lineage-tree [data-step]")];
    for (let n = 0; n < clicks; n++) {
        const box = chart.getBoundingClientRect();
        const share = (n * 0.618034) % 1;
        await click(chart, box.left + 66 + share * (box.width - 84), box.top + 90);
        if (tree.length) await click(tree[n % tree.length], 0, 0);
    }
    return {times, shown: shown.size, tree: tree.length}; }"""


def measure(clicks: int) -> dict[str, Any]:
    """Click so many times on the curve, and as often on the family tree."""
    with tempfile.TemporaryDirectory() as folder:
        server = LabServer(Path(folder))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS
                )
                server.write_notebook("selecting.ipynb", CELL)
                context = browser.new_context(viewport={"width": 1120, "height": 1400})
                notebook = Notebook(context, server, "selecting.ipynb")
                notebook.run_cell(0)
                root = notebook.widget("wb-lineage")
                status = root.get_by_role("status").first
                until(
                    lambda: status.inner_text().startswith("Step 1 of"),
                    "the first step",
                    page=notebook.page,
                )
                counters = context.new_cdp_session(notebook.page)
                counters.send("Performance.enable", {"timeDomain": "threadTicks"})
                before = counted(counters)
                result = root.evaluate(SELECT, clicks)
                after = counted(counters)
                result["work"] = {name: after[name] - before[name] for name in PARTS}
                result["individuals"] = int(notebook.outputs()[0].split()[0])
                return result
        finally:
            server.end_kernels()
            server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=100, help="on the curve")
    result = measure(parser.parse_args().clicks)
    times = sorted(result["times"])
    work = 1000 * result["work"]["TaskDuration"] / len(times)
    print(
        f"a search of {result['individuals']:,} individuals: {len(times)} clicks,"
        f" {result['shown']} different steps shown; from a click to the painted step"
        f" {times[len(times) // 2]:.1f} ms median, {times[int(len(times) * 0.99)]:.1f}"
        f" ms 99th percentile; main thread {work:.1f} ms a click"
    )


if __name__ == "__main__":
    main()
