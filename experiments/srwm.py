"""Train self-referential matrices and their relatives on episodes, in series.

    python -m experiments.srwm omniglot --files PART1.zip --files PART2.zip --seeds 3
    python -m experiments.srwm mnist

Each run is a line of `data/experiments/srwm.jsonl`; one that was interrupted goes on
from its checkpoint, one that is there is not made again.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from workbench.runs import Runner, RunStore, UnknownRunError
from workbench.selfref.meta_presets import meta_preset
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.training import MetaTraining
from workbench.tasks import EpisodeSpec

FILE = Path(__file__).resolve().parents[1] / "data" / "experiments" / "srwm.jsonl"
KINDS = ("srwm", "deltanet", "fake-sr")
Series = dict[str, MetaSpec]


def omniglot(files: tuple[str, ...]) -> Series:
    """5-way 1-shot on blurred pixels, as calibrated: every kind at equal steps."""
    episodes = EpisodeSpec("omniglot", files, rotations=4)
    return {
        f"omniglot {kind}": MetaSpec.of(kind, episodes, query_scale=0.1)
        for kind in KINDS
    }


def edges(files: tuple[str, ...]) -> Series:
    """Edges, mirror images as classes and moved variants of every drawing."""
    return _moved("edges", EpisodeSpec("omniglot", files, encoder="edges"))


def better(files: tuple[str, ...]) -> Series:
    """Finer directions and more components, for the rest as `edges`."""
    episodes = EpisodeSpec("omniglot", files, encoder="directions", features=128)
    return _moved("directions", episodes)


def _moved(name: str, episodes: EpisodeSpec) -> Series:
    episodes = episodes.but(rotations=8, variants=4)
    return {
        f"omniglot {name} {kind}": MetaSpec.of(
            kind, episodes, query_scale=0.1, decay="cosine"
        )
        for kind in KINDS
    }


def mnist(files: tuple[str, ...]) -> Series:
    """Return what the panel begins with: digits 0 to 4 train, 5 to 9 are the test."""
    del files
    return {
        f"mnist-5k {kind}": meta_preset(kind, "mnist-5k", steps=3000) for kind in KINDS
    }


SERIES: dict[str, Callable[[tuple[str, ...]], Series]] = {
    "omniglot": omniglot,
    "edges": edges,
    "better": better,
    "mnist": mnist,
}


def run(name: str, spec: MetaSpec, store: RunStore) -> dict[str, Any]:
    """Train to the end, from the checkpoint if there is one."""
    run_id = f"{name.replace(' ', '-')}-{spec.seed}"
    try:
        store.get(run_id)
        runner = Runner.resume_run(store, run_id)
    except UnknownRunError:
        runner = Runner(MetaTraining(spec), store, run_id)
    whole = runner.snapshot.position == 0
    began = time.process_time()
    runner.start()
    runner.wait()
    if runner.error is not None:
        raise runner.error
    training = runner.experiment
    assert isinstance(training, MetaTraining)
    result = training.result
    assert result is not None
    last = training.curve[-1]
    keep = ("steps", "loss", "score", "valid", "best", "gradient", "change")
    cpu = round(time.process_time() - began, 1) if whole else None
    return {
        "name": name,
        "seed": spec.seed,
        "spec": {**spec.to_dict(), "name": name},
        "last": {key: last[key] for key in keep},
        "left_plateau": runner.snapshot.metrics.get("left_plateau"),
        "test": result.to_dict(),
        "cpu_seconds": cpu,
    }


def read(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the lines of a file by name and seed."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {(e["name"], e["seed"]): e for e in map(json.loads, lines)}


def add(path: Path, entry: dict[str, Any]) -> None:
    """Add a line, and replace the file at once: no reader finds half a line."""
    entries = read(path)
    # The files' place is no part of the result.
    entry["spec"]["episodes"]["files"] = []
    entries[entry["name"], entry["seed"]] = entry
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text("".join(json.dumps(e) + "\n" for e in entries.values()))
    new.replace(path)


def told(entry: dict[str, Any]) -> str:
    """Return a run in a line."""
    test = entry["test"]
    nearest = test["neighbour"]
    return (
        f"{entry['name']} seed {entry['seed']}: {test['score']:.1%}"
        f" ({test['low']:.1%} to {test['high']:.1%}), 1-NN {nearest:.1%},"
        f" {entry['last']['steps']:,} steps, plateau left at {entry['left_plateau']}"
    )


def main() -> None:
    """Run what is missing of a series and tell of all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("series", choices=SERIES)
    parser.add_argument("--files", action="append", default=[])
    parser.add_argument("--only", default="", help="runs whose name ends so")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--file", type=Path, default=FILE)
    options = parser.parse_args()
    console = Console(highlight=False)
    store = RunStore()
    specs = SERIES[options.series](tuple(options.files))
    for seed in range(1, options.seeds + 1):
        for name, spec in specs.items():
            if not name.endswith(options.only):
                continue
            one = spec.but(seed=seed, steps=options.steps or spec.steps)
            label = f"{name} {one.steps}"
            if (label, seed) not in read(options.file):
                add(options.file, run(label, one, store))
            console.print(told(read(options.file)[label, seed]))


if __name__ == "__main__":
    main()
