"""What the nearest neighbour gets on the episodes of each series.

python -m experiments.srwm_neighbours --files PART1.zip --files PART2.zip
"""

import argparse
import json
from pathlib import Path

from rich.console import Console

from workbench.selfref.evaluate import nearest_neighbour
from workbench.tasks import EpisodeSpec, make_episodes

EPISODES = 10_000
FOLDER = Path(__file__).resolve().parents[1] / "data" / "experiments"


def main() -> None:
    """Score the held-out classes of each kind of features."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", action="append", default=[])
    files = tuple(parser.parse_args().files)
    omniglot = EpisodeSpec("omniglot", files, rotations=4)
    mnist = EpisodeSpec("mnist-5k", rotations=8)
    specs = {
        "omniglot pixels": omniglot,
        "omniglot edges": omniglot.but(encoder="edges"),
        "omniglot directions": omniglot.but(encoder="directions", features=128),
        "mnist-5k pixels": mnist,
        "mnist-5k pixels, whitened": mnist.but(whiten=True),
    }
    lines = []
    for name, spec in specs.items():
        score = nearest_neighbour(make_episodes(spec, "test"), EPISODES)
        entry = {"name": name, "episodes": EPISODES, "neighbour": score}
        entry["spec"] = {**spec.to_dict(), "files": []}
        lines.append(json.dumps(entry) + "\n")
        Console(highlight=False).print(f"{name}: {score:.1%}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "srwm_neighbours.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
