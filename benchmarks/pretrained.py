"""Train the models that ship: `python -m benchmarks.pretrained`.

Writes `srwm.npz` and `deltanet.npz` into `data/meta`, the parameters that did best in
validation, and `episodes.npz`, episodes of held-out digits to begin with. The number of
steps is fixed, not the time: some minutes of one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.training import MetaTraining
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.widgets.microscope_drawn import Drawn
from workbench.widgets.microscope_shipped import save_examples

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parents[1] / "data" / "meta"
EPISODES = EpisodeSpec(
    data="mnist-5k",
    ways=5,
    shots=3,
    features=64,
    whiten=True,
    rotations=8,
)
"""Digits 0 to 4, turned and mirrored, train; 5 to 9 and their turns are held out."""
STEPS: Mapping[str, int] = {"srwm": 3000, "deltanet": 2000}
KEPT = 6


def spec_of(kind: str) -> MetaSpec:
    """Return what a model that ships was trained by."""
    return MetaSpec.of(
        kind,
        EPISODES,
        steps=STEPS[kind],
        batch=32,
        query_scale=0.1,
        dense=True,
        decay="cosine",
        point_every=50,
        valid_every=250,
        valid_episodes=256,
        test_episodes=2000,
    )


def make(folder: Path, kinds: list[str]) -> None:
    """Train the models and write what ships."""
    folder.mkdir(parents=True, exist_ok=True)
    source = Drawn.of(EPISODES)
    save_examples(folder / "episodes.npz", [source.take(n) for n in range(KEPT)])
    for kind in kinds:
        training = MetaTraining(spec_of(kind)).run()
        if training.best is not None:
            training.best.save(folder / f"{kind}.npz")
        print(kind, training.result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", choices=tuple(STEPS), help="one of the models")
    options = parser.parse_args()
    make(options.folder, [options.only] if options.only else list(STEPS))
