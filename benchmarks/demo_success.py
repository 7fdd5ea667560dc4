"""How often the demo succeeds: `python -m benchmarks.demo_success --seeds 30`.

A run is one experiment of the original demo: 2e8 training steps, success when the
winner's fitness on T_select is at least 0.9999. Each seed is a line of a file, so that
an interrupted series goes on where it was.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from workbench.engine import evaluate
from workbench.evolution import PRESETS, Search
from workbench.programs import Program

SUFFICIENT = 0.9999
ORIGINAL = (16, 50)
FILE = Path(__file__).resolve().parents[1] / "data" / "experiments"


def wilson(successes: int, runs: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95 % interval for a proportion."""
    share = successes / runs
    centre = share + z * z / (2 * runs)
    spread = z * math.sqrt(share * (1 - share) / runs + (z / (2 * runs)) ** 2)
    scale = 1 + z * z / runs
    return (centre - spread) / scale, (centre + spread) / scale


def run(seed: int) -> dict[str, Any]:
    """Run one experiment to its end."""
    spec = PRESETS["demo"].spec.but(seed=seed)
    search = Search(spec, threads=1)
    search.prepare()
    began = time.perf_counter()
    fittest = ""
    finished = False
    while not finished:
        progress = search.advance(20_000)
        finished = progress.finished
        for event in progress.events:
            if event.kind == "best":
                fittest = event.data["text"]
    seconds = time.perf_counter() - began
    best, tasks = search.best, spec.task_spec("select")
    assert best is not None
    assert tasks is not None
    alone = evaluate(Program.from_text(fittest, space=spec.space), tasks.make())
    curve = search.curve
    hits = curve.loc[curve["best"] > 0.99, "individuals"]
    return {
        "seed": seed,
        "fitness": best.fitness,
        "select": best.select,
        "select_of_fittest": alone.fitness,
        "final": best.final,
        "individuals": search.individuals,
        "evaluations": search.counters["evaluations"],
        "cache_hits": search.counters["cache_hits"],
        "train_steps": search.counters["train_steps"],
        "first_above_0.99": int(hits.iloc[0]) if len(hits) else None,
        "seconds": round(seconds, 1),
    }


def read(path: Path) -> dict[int, dict[str, Any]]:
    """Return the lines of a file by seed."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {entry["seed"]: entry for entry in map(json.loads, lines)}


def write(path: Path, entries: dict[int, dict[str, Any]]) -> None:
    """Replace a file at once: a reader, or a kill, never finds half a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text("".join(json.dumps(entries[s]) + "\n" for s in sorted(entries)))
    new.replace(path)


def summary(entries: list[dict[str, Any]]) -> str:
    """Return the success rate in a sentence."""
    successes = sum(entry["select"] >= SUFFICIENT for entry in entries)
    low, high = wilson(successes, len(entries))
    alone = sum(entry["select_of_fittest"] >= SUFFICIENT for entry in entries)
    spent = sum(entry["individuals"] for entry in entries)
    cost = f"{spent / successes:,.0f}" if successes else "infinitely many"
    return (
        f"{successes} of {len(entries)} runs succeed:"
        f" {successes / len(entries):.0%} (95 % interval {low:.0%} to {high:.0%});"
        f" {cost} individuals a success; {alone} succeed with the fittest on T_search"
    )


def main() -> None:
    """Run what is missing and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--file", type=Path, default=FILE / "demo_success.jsonl")
    options = parser.parse_args()
    console = Console(highlight=False)
    done = read(options.file)
    for seed in range(1, options.seeds + 1):
        if seed not in done:
            done[seed] = run(seed)
            write(options.file, done)
        entry = done[seed]
        told = f"fitness {entry['fitness']:.6f}, select {entry['select']:.6f}"
        console.print(f"seed {seed}: {told}, {entry['individuals']:,} individuals")
    console.print(summary([done[s] for s in range(1, options.seeds + 1)]))
    low, high = wilson(*ORIGINAL)
    console.print(f"The original: 16 of 50, 32 % ({low:.0%} to {high:.0%}).")


if __name__ == "__main__":
    main()
