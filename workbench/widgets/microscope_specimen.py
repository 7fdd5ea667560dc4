"""What lies under the microscope: models, and the episode that they go through."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.selfref.spec import ModelSpec
from workbench.widgets.microscope_episode import Edits, Kept
from workbench.widgets.microscope_play import play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.selfref import Model
    from workbench.tasks.episodes import Episodes
    from workbench.widgets.microscope_episode import Example, Source
    from workbench.widgets.microscope_play import Play

PLAYS_KEPT = 12


class Cost(NamedTuple):
    """What the edits of an episode cost, over its queries after the last example."""

    right: float
    """Share of the queries answered rightly, from 0 to 1."""
    right_unedited: float
    loss: float
    """Mean cross-entropy, in nats."""
    loss_unedited: float


class Specimen:
    """A model and others beside it, on the episodes of a source.

    Parameters
    ----------
    model, params
        A model of `workbench.selfref.make_model`, or its spec, and its parameters.
    episodes
        As `workbench.tasks.make_episodes` returns them, or another `Source`.
    compare
        Models to be shown beside it on the same episode, by name.

    Raises
    ------
    ValueError
        If a model does not fit the episodes, or the episodes have no classes.
    """

    def __init__(
        self,
        model: Model | ModelSpec,
        params: Any,
        episodes: Episodes | Source,
        compare: Mapping[str, tuple[Model | ModelSpec, Any]],
    ) -> None:
        self.source = _source(episodes)
        self.compare = {
            name: (_spec(one), held) for name, (one, held) in compare.items()
        }
        self.spec, self._params = _spec(model), params
        wanted = self.source.spec.inputs, self.source.spec.outputs
        specs = {name: spec for name, (spec, _) in self.compare.items()}
        for name, spec in {"model": self.spec, **specs}.items():
            if (spec.inputs, spec.outputs) != wanted:
                raise ValueError(
                    f"{name} has {spec.inputs} inputs and {spec.outputs} outputs;"
                    f" accepted with these episodes: {wanted[0]} and {wanted[1]}"
                )
        self._one: Example | None = None
        self._asked: int | None = None
        self._plays: dict[Any, Play] = {}

    def at_hand(self, number: int) -> bool:
        """Tell whether an episode can be had without reading data."""
        if self._one is not None and self._asked == number:
            return True
        return isinstance(self.source, Kept) and self.source.at_hand(number)

    def example(self, number: int) -> Example:
        """Return an episode by its number."""
        if self._one is None or number not in (self._asked, self._one.number):
            self._one, self._asked = self.source.take(number), number
            self._plays.clear()
        return self._one

    def played(self, name: str, number: int, edits: Edits) -> Play:
        """Return a model's way through an episode: "" or a name of ``compare``."""
        one = self.example(number)
        changes = (tuple(sorted(part.items())) for part in (edits.noise, edits.labels))
        key = (name, *changes, edits.frozen_from)
        if key not in self._plays:
            if len(self._plays) >= PLAYS_KEPT:
                self._plays.pop(next(iter(self._plays)))
            spec, params = self.compare[name] if name else (self.spec, self._params)
            self._plays[key] = play(spec, params, edits.applied(one), edits.frozen_from)
        return self._plays[key]

    def cost(self, number: int, edits: Edits) -> Cost:
        """Return what edits cost the model."""
        now, then = (self.played("", number, one) for one in (edits, Edits()))
        ends = (now.right, then.right, now.loss, then.loss)
        return Cost(*(float(values[-1]) for values in ends))


def _spec(model: Model | ModelSpec) -> ModelSpec:
    return model if isinstance(model, ModelSpec) else model.spec


def _source(episodes: Episodes | Source) -> Source:
    if hasattr(episodes, "take"):
        return episodes
    # It needs JAX, which takes seconds to load.
    return import_module("workbench.widgets.microscope_drawn").Drawn(episodes)
