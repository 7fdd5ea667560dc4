"""What a training run of a model on episodes is: a frozen description."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from workbench.selfref.spec import ModelSpec
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.tasks.spec import (
    Check,
    CheckedSpec,
    one_of,
    real,
    text,
    whole,
    yes_or_no,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def _seconds(name: str, value: Any) -> float | None:
    return None if value is None else real(0, math.inf, open_low=True)(name, value)


@dataclass(frozen=True)
class MetaSpec(CheckedSpec):
    """Train a model on episodes, so that it learns within an episode by itself.

    Equal specs give equal results on the same machine, unless ``seconds`` ends them.

    Attributes
    ----------
    model, episodes
        What is trained, and on what; the widths of inputs and outputs must agree.
    steps
        Updates of the parameters.
    batch
        Episodes of an update. Large ones shorten the plateau at chance in which
        training begins (Kirsch et al. 2022).
    rate
        The learning rate of Adam.
    warmup
        Steps over which the rate rises from 0.
    decay
        ``"cosine"``: the rate falls to a hundredth at the last step, or as the time of
        ``seconds`` runs out, whichever comes first.
    clip
        The largest norm of a gradient; longer ones are shortened to it.
    weight_decay
        As in AdamW: this times the rate is taken off each weight at each step.
    dense
        With synchronous labels and one segment, ask the queries after every round of
        shots and not only at the end: more losses a sequence. (The number of queries is
        ``episodes.queries``.)
    label_bias, label_bias_steps
        The share of episodes without permuted labels at the first step; it falls to 0
        over so many steps.
    point_every
        Steps from one point of the curve to the next.
    valid_every, valid_episodes
        Steps between validations, and episodes of each (the same ones each time).
        The parameters that did best are kept.
    test_episodes
        Episodes of held-out classes that judge these parameters at the end.
    seconds
        Stop after so much training time; None: no limit.
    seed
        Of the parameters and of the episodes.
    name
        What the run is called.
    """

    kind: ClassVar[str] = "meta"
    checks: ClassVar[Mapping[str, Check]] = {
        "steps": whole(1),
        "batch": whole(1),
        "rate": real(0, math.inf, open_low=True),
        "warmup": whole(0),
        "decay": one_of("none", "cosine"),
        "clip": real(0, math.inf, open_low=True),
        "weight_decay": real(0, 10),
        "dense": yes_or_no,
        "label_bias": real(0, 1),
        "label_bias_steps": whole(1),
        "point_every": whole(1),
        "valid_every": whole(1),
        "valid_episodes": whole(1),
        "test_episodes": whole(1),
        "seconds": _seconds,
        "seed": whole(0, 2**32 - 1),
        "name": text,
    }

    model: ModelSpec
    episodes: EpisodeSpec
    steps: int = 8000
    batch: int = 64
    rate: float = 3e-3
    warmup: int = 200
    decay: Literal["none", "cosine"] = "none"
    clip: float = 1.0
    weight_decay: float = 0.0
    dense: bool = False
    label_bias: float = 0.0
    label_bias_steps: int = 1000
    point_every: int = 50
    valid_every: int = 500
    valid_episodes: int = 512
    test_episodes: int = 4000
    seconds: float | None = None
    seed: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, cls in (("model", ModelSpec), ("episodes", EpisodeSpec)):
            value = getattr(self, field)
            if not isinstance(value, cls):
                raise TypeError(
                    f"MetaSpec.{field} is a {type(value).__name__}; accepted: "
                    f"a {cls.__name__}"
                )
        for width in ("inputs", "outputs"):
            wanted, given = getattr(self.episodes, width), getattr(self.model, width)
            if given != wanted:
                raise ValueError(
                    f"MetaSpec.model has {width} {given}; accepted: {wanted}, as the "
                    "episodes have (MetaSpec.of sets it)"
                )
        if self.valid_every % self.point_every:
            raise ValueError(
                f"MetaSpec.valid_every is {self.valid_every}; accepted: a multiple of "
                f"point_every, which is {self.point_every}"
            )
        if self.dense and self.episodes.delayed:
            raise ValueError(
                "MetaSpec.dense is True with delayed labels, where every example is "
                "asked anyway; accepted: False"
            )
        if self.dense and self.episodes.segments > 1:
            raise ValueError(
                f"MetaSpec.dense is True with {self.episodes.segments} segments, whose "
                "queries are about the last alone; accepted: False"
            )
        if self.label_bias and self.episodes.regression:
            raise ValueError(
                f"MetaSpec.label_bias is {self.label_bias} with {self.episodes.data}, "
                "which has no labels to permute; accepted: 0"
            )

    @classmethod
    def of(cls, kind: str, episodes: EpisodeSpec, **settings: Any) -> Self:
        """Return the spec of a model of a kind that fits the episodes.

        ``settings`` are fields of `ModelSpec` or of `MetaSpec`.
        """
        own = {name: settings.pop(name) for name in [*settings] if name in cls.checks}
        shape = {"inputs": episodes.inputs, "outputs": episodes.outputs}
        model = ModelSpec.from_dict({"kind": kind, **shape, **settings})
        return cls(model, episodes, **own)

    def but(self, **changes: Any) -> Self:
        """Return the spec with other values of some fields."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain JSON values; `from_dict` reads it."""
        nested = {"model": self.model.to_dict(), "episodes": self.episodes.to_dict()}
        return {**super().to_dict(), **nested}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; fields that are absent take their defaults."""
        for field in ("model", "episodes"):
            if field not in values:
                raise ValueError(f"MetaSpec.{field} is not given; accepted: a mapping")
        model = ModelSpec.from_dict(values["model"])
        episodes = EpisodeSpec.from_dict(values["episodes"])
        return super().from_dict({**values, "model": model, "episodes": episodes})

    def compiled(self) -> Self:
        """Return the spec that stands for all that share its compiled code."""
        return replace(
            self,
            steps=1,
            decay="none",
            point_every=1,
            valid_every=1,
            valid_episodes=1,
            test_episodes=1,
            seconds=None,
            seed=0,
            name="",
        )
