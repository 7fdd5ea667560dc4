"""Episodes for the microscope as they are drawn from data, with what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from workbench.tasks.episode_data import drawings
from workbench.tasks.episodes import make_episodes
from workbench.widgets.microscope_episode import Example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.tasks.episode_spec import EpisodeSpec, EpisodeSplit
    from workbench.tasks.episodes import Episodes


class Drawn:
    """Draws episodes from a split; the number is the seed.

    Parameters
    ----------
    episodes
        As `make_episodes` returned them.
    drawings
        uint8 [classes, drawings, side, side] of each pool, to be shown beside the
        features; None: without pictures.
    """

    def __init__(
        self,
        episodes: Episodes,
        drawings: Sequence[NDArray[np.uint8]] | None = None,
    ) -> None:
        if episodes.spec.regression:
            raise ValueError(
                f"the episodes are of {episodes.spec.data!r};"
                " accepted: episodes of classes"
            )
        self.episodes = episodes
        self._drawings = drawings

    @classmethod
    def of(cls, spec: EpisodeSpec, split: EpisodeSplit = "test") -> Drawn:
        """Read the data of a spec, with their drawings."""
        drawn = cls(make_episodes(spec, split))
        specs = [spec]
        if spec.second and spec.second != spec.data:
            # As make_episodes reads the second data set.
            specs.append(spec.but(data=spec.second, files=(), held_out=(), valid=()))
        drawn._drawings = [drawings(one, split) for one in specs]
        return drawn

    @property
    def spec(self) -> EpisodeSpec:
        """What the episodes are."""
        return self.episodes.spec

    def take(self, number: int) -> Example:
        """Draw the episode of a number."""
        key = jax.random.key(number)
        one = self.episodes.sample(key)
        arrays = {name: np.asarray(part) for name, part in one._asdict().items()}
        return Example(self.spec, number, **arrays, drawings=self._pictures(key))

    def _pictures(self, key: jax.Array) -> NDArray[np.uint8] | None:
        """Return the drawings that the episode of a key shows.

        The same draw from pools that hold places instead of features says which.
        """
        if self._drawings is None:
            return None
        pools = []
        for pool in self.episodes.pools:
            classes, drawings, variants, _ = pool.shape
            places = jnp.arange(classes * drawings, dtype=jnp.float32)
            shape = (classes, drawings, 1, 1)
            pools.append(jnp.repeat(places.reshape(shape), variants, axis=2))
        plain = self.spec.but(features=1, projection="none")
        one = replace(self.episodes, spec=plain, pools=tuple(pools)).sample(key)
        found = np.concatenate([one.inputs[:, 0], one.query_inputs[:, 0]]).astype(int)
        segments = np.asarray(one.segments)
        segments = np.r_[segments, np.full(len(found) - len(segments), segments[-1])]
        pictures = [
            images.reshape(-1, *images.shape[2:])
            for images in (self._drawings[i % len(pools)] for i in range(len(pools)))
        ]
        return np.stack(
            [
                pictures[segment % len(pools)][place]
                for segment, place in zip(segments, found, strict=True)
            ]
        )
