"""Trainings side by side: a model and its baselines, started and paused together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.runs import Runner
from workbench.selfref.evaluate import nearest_neighbour
from workbench.selfref.training import MetaTraining, off_plateau
from workbench.tasks.episode_spec import OMNIGLOT
from workbench.widgets.microscope_parts import KIND_NAMES, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.runs import RunStore
    from workbench.selfref.meta_spec import MetaSpec
    from workbench.tasks.episode_spec import EpisodeSpec
    from workbench.tasks.episodes import Episodes

NEIGHBOUR_EPISODES = 1000
COLUMNS = ("loss", "score", "valid", "change", "gradient")
# In this order: what one run is at is what all are at, if any of them is.
_RANKS = ("running", "preparing", "stopping", "paused", "ready")


class Race:
    """The trainings of some specs on the same episodes, each with its own runner.

    Parameters
    ----------
    specs
        By kind, the model's first.
    store
        Where the runs are kept; None: in memory only.
    changed
        Called, from the threads of the runs, when there is something new.
    """

    def __init__(
        self,
        specs: Mapping[str, MetaSpec],
        store: RunStore | None,
        changed: Callable[[], None],
    ) -> None:
        self.trainings = {kind: MetaTraining(spec) for kind, spec in specs.items()}
        self.runners = {
            kind: Runner(training, store) for kind, training in self.trainings.items()
        }
        self.first = next(iter(specs))
        self._lines: dict[str, tuple[int, dict[str, Any]]] = {}
        self._leave = [
            runner.subscribe(lambda _: changed()) for runner in self.runners.values()
        ]

    @property
    def spec(self) -> MetaSpec:
        """The spec of the model."""
        return self.trainings[self.first].spec

    @property
    def status(self) -> str:
        """The state of all runs in one word."""
        found = {runner.status for runner in self.runners.values()}
        for status in _RANKS:
            if status in found:
                return status
        return next(one for one in ("failed", "stopped", "finished") if one in found)

    @property
    def share(self) -> float:
        """How much of all steps is done, from 0 to 1."""
        done = sum(runner.snapshot.position for runner in self.runners.values())
        return done / (self.spec.steps * len(self.runners))

    @property
    def problem(self) -> str:
        """What went wrong in the runs that failed."""
        return "\n".join(
            f"{KIND_NAMES[kind]}: {type(runner.error).__name__}: {runner.error}"
            for kind, runner in self.runners.items()
            if runner.status == "failed"
        )

    def command(self, name: str) -> None:
        """Start, pause, resume or stop all runs that this means something to."""
        for runner in self.runners.values():
            getattr(runner, name)()

    def close(self) -> None:
        """Close the runs, which can be resumed from their store."""
        for leave in self._leave:
            leave()
        for runner in self.runners.values():
            runner.close()

    def neighbour(self, episodes: Episodes) -> float | None:
        """Return how well the nearest neighbour does on held-out classes."""
        return nearest_neighbour(episodes, NEIGHBOUR_EPISODES)

    def curves(self) -> dict[str, Any]:
        """Return the curves of all runs, as packed numbers."""
        episodes = self.spec.episodes
        return {
            "chance": 1 / episodes.ways,
            "shots": [*range(0 if episodes.delayed else 1, episodes.shots + 1)],
            "every": self.spec.point_every,
            "validOf": _valid_of(episodes),
            "total": self.spec.steps,
            "threshold": off_plateau(self.spec),
            "lines": [self._line(kind) for kind in self.runners],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of the table for each run."""
        rows = []
        for kind, runner in self.runners.items():
            metrics = runner.snapshot.metrics
            wanted = ("score", "loss", "valid", "best", "left_plateau", "final")
            rows.append(
                {
                    "kind": kind,
                    "name": KIND_NAMES[kind],
                    "status": runner.status,
                    "phase": metrics.get("phase", ""),
                    "steps": runner.snapshot.position,
                    "rate": _rounded(runner.rate),
                    "run": runner.run_id or "",
                    **{name: _rounded(metrics.get(name)) for name in wanted},
                }
            )
        return rows

    def _line(self, kind: str) -> dict[str, Any]:
        curve = self.runners[kind].curve
        known = self._lines.get(kind)
        if known is not None and known[0] == len(curve):
            return known[1]
        spec = self.trainings[kind].spec
        line: dict[str, Any] = {
            "key": kind,
            "label": KIND_NAMES[kind],
            "steps": packed([point["steps"] for point in curve]),
            **{
                name: packed([point.get(name, np.nan) for point in curve])
                for name in COLUMNS
            },
        }
        left = [point["steps"] for point in curve if not point["plateau"]]
        line["left"] = left[0] if left else None
        last = curve[-1] if curve else {}
        line["byShot"] = packed(
            [last[name] for name in sorted(last, key=_shot) if name.startswith("shot_")]
        )
        rates = [name for name in last if name.startswith("rate")]
        line["rateNames"] = [name.removeprefix("rate_") for name in rates]
        line["rates"] = packed(
            np.array([[point[name] for point in curve] for name in rates])
        )
        line["every"] = spec.point_every
        self._lines[kind] = len(curve), line
        return line


def _valid_of(spec: EpisodeSpec) -> str:
    """Return what episodes of validation are made of."""
    own = spec.valid or spec.data == OMNIGLOT
    return "classes of its own" if own else "other drawings of the training classes"


def _shot(name: str) -> int:
    digits = name.removeprefix("shot_")
    return int(digits) if digits.isdigit() else -1


def _rounded(value: Any) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.4g}")
