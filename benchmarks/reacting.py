"""How soon a running search is seen, and obeys: `python -m benchmarks.reacting`.

Opens a `SearchPanel` in JupyterLab in headless Chromium, runs a search on all cores,
and compares clocks: when the individual that completes a point of the curve had been
evaluated, when the chunk with it had ended, and when the page had painted the curve
with that point. Counts the messages and the redraws. Then clicks on the buttons, and
waits for the frame in which the label of the state has changed. All of it once with an
idle notebook, and once while another cell is busy in a loop of Python.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from playwright.sync_api import sync_playwright

from tests.widgets.lab import CHROMIUM, CHROMIUM_ARGS, LabServer, Notebook, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.widgets.lab import PanelDriver

CELL = """
import os
from workbench.widgets import SearchPanel

cores = os.cpu_count()
panel = SearchPanel("demo", threads=cores)
panel.edit(populations=cores, train_steps="", individuals="", fitness="")
panel
"""
SPY = """
import time
from workbench.evolution.search import Search

points, chunks, sent = [], [], []
record, send = Search._record, panel._send

def spied(search, events, moments, seconds):
    ago = time.perf_counter() - max(moment.time for moment in moments)
    record(search, events, moments, seconds)
    points.append((search._curve.points[-1]["individuals"], time.time() - ago))

def counted(message, buffers=None):
    sent.append((time.time(), message.get("content", {}).get("type", "state")))
    send(message, buffers)

Search._record, panel._send = spied, counted
"""
FOLLOW = """
panel.runner.subscribe(lambda progress: chunks.append(
    (time.time(), [point["individuals"] for point in progress.curve])));
"""
TELL = """
import json
print(json.dumps({"points": points, "chunks": chunks, "sent": sent}))
"""
LOOP = """
from pathlib import Path

Path("looping").touch()
while not Path("enough").exists():
    for number in range(100_000):
        number * number
"""
WATCH = """root => {
    const canvas = root.querySelector(".wb-curve-canvas");
    const painted = act => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = act;
        port2.postMessage(0); };
    const log = window.reacting = {drawn: [], draws: []};
    new MutationObserver(() => {
        const last = Number(canvas.dataset.drawn);
        painted(() => log.drawn.push([last, Date.now()]));
    }).observe(canvas, {attributeFilter: ["data-drawn"]});
    const context = canvas.getContext("2d");
    const clear = context.clearRect.bind(context);
    context.clearRect = (...box) => { log.draws.push(Date.now()); clear(...box); };
    log.react = (name, labels) => new Promise((resolve, reject) => {
        const button = root.querySelector(`[data-key="${name}"]`);
        const label = root.querySelector(".wb-chip [role=status]");
        const began = performance.now();
        setTimeout(() => reject(new Error(
            `${name}: awaited ${labels}, but it says ${label.textContent}`)), 20000);
        const observer = new MutationObserver(() => {
            if (!labels.includes(label.textContent)) return;
            observer.disconnect();
            painted(() => resolve(performance.now() - began)); });
        observer.observe(root.querySelector(".wb-chip"),
            {childList: true, subtree: true, characterData: true});
        button.click(); }); }"""
REACT = "(_, [name, labels]) => window.reacting.react(name, labels)"
STEP = 30_000
"""Individuals in a step: so many that the label says "Running" meanwhile."""


class Span(NamedTuple):
    """A time in which a search was watched, by the clock of the machine."""

    began: float
    ended: float


class Measured(NamedTuple):
    """What was measured with an idle notebook, or beside a busy cell."""

    span: Span
    reactions: dict[str, list[float]]
    """Milliseconds from a click to the label, by command."""


def watch(notebook: Notebook, panel: PanelDriver, seconds: float) -> Span:
    """Let the search run for some seconds."""
    panel.until_status("Running")
    began = time.time()
    notebook.page.wait_for_timeout(1000 * seconds)
    return Span(began, time.time())


def click(panel: PanelDriver, rounds: int) -> dict[str, list[float]]:
    """Click on the buttons of a search that runs; return milliseconds by command."""
    names = ("pause", "resume", "step", "stop", "start")
    found: dict[str, list[float]] = {name: [] for name in names}

    def react(command: str, key: str, *labels: str) -> None:
        # People take a while too; without it, a click meets the state in mid-change.
        panel.page.wait_for_timeout(300 + 37 * (len(found[command]) % 8))
        found[command].append(panel.root.evaluate(REACT, [key, list(labels)]))

    panel.root.get_by_label("Individuals in a step").fill(str(STEP))
    for _ in range(rounds):
        react("pause", "primary", "Pausing…", "Paused")
        panel.until_status("Paused")
        react("resume", "primary", "Running")
        react("pause", "primary", "Pausing…", "Paused")
        panel.until_status("Paused")
        react("step", "step", "Running")
        panel.until_status("Paused")
        react("resume", "primary", "Running")
        react("stop", "stop", "Stopping…", "Stopped")
        panel.until_status("Stopped")
        react("start", "primary", "Compiling…", "Running")
        panel.until_status("Running")
    return found


def measure(seconds: float, rounds: int) -> tuple[dict[str, Measured], dict[str, Any]]:
    """Measure with an idle notebook and beside a busy cell; also return the logs."""
    with tempfile.TemporaryDirectory() as folder:
        server = LabServer(Path(folder))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS
                )
                name = "reacting.ipynb"
                server.write_notebook(name, CELL, SPY, FOLLOW, LOOP)
                size = {"width": 1120, "height": 1400}
                notebook = Notebook(browser.new_context(viewport=size), server, name)
                return run(notebook, server, seconds, rounds)
        finally:
            server.end_kernels()
            server.close()


def run(
    notebook: Notebook, server: LabServer, seconds: float, rounds: int
) -> tuple[dict[str, Measured], dict[str, Any]]:
    """Measure in an open notebook."""
    notebook.run_cell(0)
    notebook.run_cell(1)
    panel = notebook.panel()
    panel.root.evaluate(WATCH)

    def begin() -> None:
        if panel.status == "Running":
            panel.click("Stop")
            panel.until_status("Stopped")
        panel.button("Start new" if panel.status == "Stopped" else "Start").click()
        panel.until_status("Running", seconds=300)
        notebook.run_cell(2)

    # The first start compiles.
    begin()
    begin()
    idle = watch(notebook, panel, seconds)
    found = {"idle notebook": Measured(idle, click(panel, rounds))}
    begin()
    notebook.run_cell(3, wait=False)
    until((server.root / "looping").exists, "the loop to run", page=notebook.page)
    beside = watch(notebook, panel, seconds)
    found["beside a busy cell"] = Measured(beside, click(panel, rounds))
    (server.root / "enough").touch()
    # This waits for the loop's end.
    logs = json.loads(notebook.evaluate(TELL))
    page = notebook.page.evaluate("() => window.reacting")
    return found, {**logs, **page}


def delays(logs: dict[str, Any], span: Span) -> dict[str, list[float]]:
    """Return milliseconds until points of the curve were painted, by where they begin.

    Parameters
    ----------
    logs
        "points" and "chunks" of the kernel, "drawn" of the page.
    span
        The time in which the points were made.
    """
    ended = [(int(made), when) for when, chunk in logs["chunks"] for made in chunk]
    drawn = [(last, at / 1000) for last, at in logs["drawn"]]
    found: dict[str, list[float]] = {"evaluated": [], "chunk ended": []}
    for made, evaluated in logs["points"]:
        # Searches of this session follow each other: a point is drawn after its making.
        if not span.began <= evaluated <= span.ended - 1:
            continue
        # The page has float32.
        least = float(np.float32(made))
        painted = next(at for last, at in drawn if at >= evaluated and last >= least)
        found["evaluated"].append(1000 * (painted - evaluated))
        # Of the numbers of the searches before, some are the same.
        told = min(when for other, when in ended if other == made and when >= evaluated)
        found["chunk ended"].append(1000 * (painted - told))
    return found


def most_in_a_second(times: Sequence[float]) -> int:
    """Return the largest number of events within any second."""
    ordered = np.sort(times)
    first = np.searchsorted(ordered, ordered - 1.0, side="right")
    return int((np.arange(len(ordered)) - first + 1).max(initial=0))


def in_words(times: Sequence[float]) -> str:
    """Return median, 95th percentile and largest of milliseconds."""
    if not times:
        return "none"
    middle, high = np.percentile(times, [50, 95])
    return (
        f"{middle:.0f} ms median, {high:.0f} ms 95th percentile, {max(times):.0f} ms"
        f" most, of {len(times)}"
    )


def report(name: str, measured: Measured, logs: dict[str, Any]) -> None:
    """Print what was measured."""
    span, seconds = measured.span, measured.span.ended - measured.span.began
    print(f"{name}:")
    for start, times in delays(logs, span).items():
        print(f"  from {start} to painted: {in_words(times)}")
    within = [(t, kind) for t, kind in logs["sent"] if span.began <= t <= span.ended]
    frames = [t for t, kind in within if kind == "frame"]
    draws = [t / 1000 for t in logs["draws"] if span.began <= t / 1000 <= span.ended]
    print(
        f"  frames sent: {len(frames) / seconds:.1f}/s, at most"
        f" {most_in_a_second(frames)} in a second; other messages:"
        f" {(len(within) - len(frames)) / seconds:.1f}/s; the curve drawn:"
        f" {len(draws) / seconds:.1f}/s, at most {most_in_a_second(draws)} in a second"
    )
    for command, times in measured.reactions.items():
        print(f"  click on {command} to label: {in_words(times)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="to watch")
    parser.add_argument("--rounds", type=int, default=10, help="of clicks")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    found, logs = measure(given.seconds, given.rounds)
    for name, measured in found.items():
        report(name, measured, logs)
    after = os.getloadavg()[0]
    print(f"load {before:.1f} before, {after:.1f} after, on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
