"""How smoothly a lineage is scrubbed: `python -m benchmarks.scrubbing`.

Opens a `LineageView` of 500 steps in JupyterLab in headless Chromium, moves its slider
by a step in every frame, there and back, and counts the frames. Processor time of the
page's main thread is counted too: other work on the machine does not add to it.
"""

import argparse
import json
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession

from gallery.lab import Notebook, open_lab, until

CELL = """
from dataclasses import replace
from workbench import Program
from workbench.evolution import load_recorded
from workbench.widgets import LineageView

demo = load_recorded("demo")
def larger(program):
    return Program(*({times} * part for part in program.functions.values()))
kept = demo.lineage[:: len(demo.lineage) // {steps}][:{steps}]
lineage = tuple(
    kin._replace(program=larger(kin.program), fitness=number / {steps})
    for number, kin in enumerate(kept)
)
view = LineageView(replace(demo, lineage=lineage, events=()))
view.go_to(0)
view
"""
SCRUB = """(root, rounds) => new Promise(resolve => {
    const slider = root.querySelector("input[type=range]");
    const where = root.querySelector("[role=status]");
    const last = Number(slider.max), times = [], shown = new Set();
    let n = 0, long = 0;
    new PerformanceObserver(list => { long += list.getEntries().length; })
        .observe({type: "longtask"});
    const frame = time => {
        times.push(time);
        shown.add(where.textContent);
        if (n === 2 * last * rounds) return resolve({times, shown: shown.size, long});
        n += 1;
        const at = n % (2 * last);
        slider.value = String(at <= last ? at : 2 * last - at);
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""


PARTS = {
    "TaskDuration": "all",
    "ScriptDuration": "script",
    "RecalcStyleDuration": "style",
    "LayoutDuration": "layout",
}


def counted(counters: CDPSession) -> dict[str, float]:
    """Return the counters of a page: seconds of its main thread, by kind."""
    metrics = counters.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in metrics}


def measure(steps: int, times: int, rounds: int, width: int) -> dict[str, Any]:
    """Scrub a lineage of so many steps, of programs so many times the demo's."""
    with tempfile.TemporaryDirectory() as folder:
        size = {"width": width, "height": 1400}
        with open_lab(Path(folder), viewport=size) as (server, context):
            name = "scrubbing.ipynb"
            server.write_notebook(name, CELL.format(steps=steps, times=times))
            notebook = Notebook(context, server, name)
            notebook.run_cell(0)
            root = notebook.widget("wb-lineage")
            first = f"Step 1 of {steps}"
            status = root.get_by_role("status").first
            until(
                lambda: status.inner_text().startswith(first),
                first,
                page=notebook.page,
            )
            counters = notebook.context.new_cdp_session(notebook.page)
            counters.send("Performance.enable", {"timeDomain": "threadTicks"})
            before = counted(counters)
            result = root.evaluate(SCRUB, rounds)
            after = counted(counters)
            result["work"] = {name: after[name] - before[name] for name in PARTS}
            result["bytes"] = len(json.dumps(notebook.save()))
            return result


def report(result: dict[str, Any], steps: int, times: int, width: int) -> None:
    """Print what was counted."""
    frames = result["times"]
    gaps = sorted(after - now for now, after in pairwise(frames))
    seconds = (frames[-1] - frames[0]) / 1000
    print(
        f"{steps} steps of {20 * times} instructions, {width} px:"
        f" {len(gaps) / seconds:.1f} frames/s over {len(gaps)} frames;"
        f" {gaps[len(gaps) // 2]:.1f} ms median, {gaps[int(len(gaps) * 0.99)]:.1f} ms"
        f" 99th percentile, {gaps[-1]:.1f} ms longest; {result['long']} tasks above"
        f" 50 ms; {result['shown']} different steps shown"
    )
    each = {PARTS[n]: 1000 * time / len(gaps) for n, time in result["work"].items()}
    told = ", ".join(f"{name} {time:.2f} ms" for name, time in each.items())
    print(f"processor time of the main thread a frame: {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument(
        "--times", type=int, nargs="+", default=[1, 3], help="20 instructions each"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--width", type=int, default=1120, help="of the window")
    given = parser.parse_args()
    for times in given.times:
        result = measure(given.steps, times, given.rounds, given.width)
        report(result, given.steps, times, given.width)


if __name__ == "__main__":
    main()
