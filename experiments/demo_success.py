"""How often the demo succeeds: `python -m experiments.demo_success --seeds 30`.

A run is one experiment of the original demo: 2e8 training steps, success when the
winner's fitness on T_select is at least 0.9999. Each seed is a line of a file, so that
an interrupted series goes on where it was.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from experiments.page import percent
from experiments.series import DATA, Series, teller
from experiments.statistics import wilson
from workbench.engine import evaluate
from workbench.evolution import PRESETS, Search
from workbench.programs import Program

SUFFICIENT = 0.9999
ORIGINAL = (16, 50)


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


def summary(entries: list[dict[str, Any]]) -> str:
    """Return the success rate in a sentence."""
    successes = sum(entry["select"] >= SUFFICIENT for entry in entries)
    alone = sum(entry["select_of_fittest"] >= SUFFICIENT for entry in entries)
    spent = sum(entry["individuals"] for entry in entries)
    cost = f"{spent / successes:,.0f}" if successes else "infinitely many"
    return (
        f"{successes} of {len(entries)} runs succeed:"
        f" {percent(wilson(successes, len(entries)), 0)};"
        f" {cost} individuals a success; {alone} succeed with the fittest on T_search"
    )


def main() -> None:
    """Run what is missing and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--file", type=Path, default=DATA / "demo_success.jsonl")
    options = parser.parse_args()
    tell = teller()
    series = Series(options.file, ("seed",))
    series.fill([(seed,) for seed in range(1, options.seeds + 1)], run, tell)
    tell(summary([line for line in series.lines() if line["seed"] <= options.seeds]))
    tell(f"The original: 16 of 50, {percent(wilson(*ORIGINAL), 0)}.")


if __name__ == "__main__":
    main()
