"""Images sorted into a folder for each class, on disk or in a zip archive."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.Image import DecompressionBombError as BombError

from workbench.tasks.formats import MAX_BYTES, DatasetFormatError, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from workbench.tasks.download import Progress

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm")
DECODERS = ("PNG", "JPEG", "BMP", "PPM")
SPLITS = ("train", "test")
MAX_FILE_BYTES = 1 << 24
MAX_SIDE = 1024


@dataclass(frozen=True, slots=True)
class _Member:
    """One image file: its split (or "" if there are none), its class, its path."""

    split: str
    label: str
    path: str


def read_class_images(
    path: Path,
    class_names: Sequence[str] = (),
    shape: tuple[int, ...] | None = None,
    progress: Progress | None = None,
    *,
    depth: int = 1,
    per_class: int | None = None,
) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Read ``train/CLASS/*.png`` and ``test/CLASS/*.png``, or ``CLASS/*.png``.

    Folders above these are allowed; files that are no images are passed over.

    Parameters
    ----------
    path
        A folder or a zip archive. Nothing is unpacked to disk.
    class_names
        The names that the classes must have, in the order of their numbers; class
        folders may be called by these numbers too. Without it the names of the
        folders are sorted, numbers by value.
    shape
        What each image must measure, (height, width) for grey or (height, width, 3);
        without it the first image sets it.
    progress
        Called with (name of ``path``, images read, images in all).
    depth
        How many folders make a class: 1, or 2 for ``ALPHABET/CHARACTER/FILE``, whose
        classes are called ``ALPHABET/CHARACTER``.
    per_class
        Read the first so many images of each class in each split; None: all.

    Returns
    -------
    The splits (everything is "train" where there are no folders of that name) and
    the names of the classes.

    Raises
    ------
    DatasetFormatError
        If there are no images, or one is damaged, too large or of another size.
    """
    with _opened(path) as (names, read):
        found = sorted(_members(path, names, depth), key=lambda m: _natural(m.path))
        members = found if per_class is None else _first(found, per_class)
        classes = _classes(path, {member.label for member in members}, class_names)
        splits: dict[str, Split] = {}
        done = 0
        for split in (*SPLITS, ""):
            chosen = [member for member in members if member.split == split]
            if not chosen:
                continue
            first = _decode(chosen[0].path, read(chosen[0].path), shape)
            shape = shape or first.shape
            if first.size * len(chosen) > MAX_BYTES:
                raise DatasetFormatError(
                    f"{path.name} holds {len(chosen)} images of {first.size} bytes; "
                    f"accepted: at most {MAX_BYTES} bytes in all"
                )
            images = np.empty((len(chosen), *shape), np.uint8)
            for i, member in enumerate(chosen):
                images[i] = _decode(member.path, read(member.path), shape)
                done += 1
                if progress:
                    progress(path.name, done, len(members))
            labels = np.array([classes[m.label] for m in chosen], np.int64)
            splits[split or "train"] = Split(images, labels)
    if "train" not in splits:
        raise DatasetFormatError(f"{path.name} has a folder test but none called train")
    return splits, tuple(class_names) or tuple(classes)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[list[str], Callable[[str], bytes]]]:
    """Give the paths of all files and a function that reads one of them."""
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        sizes = {f.relative_to(path).as_posix(): f.stat().st_size for f in files}

        def read(name: str) -> bytes:
            _check_size(name, sizes[name])
            return (path / name).read_bytes()

        yield list(sizes), read
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]

            def unpack(name: str) -> bytes:
                # zipfile never reads more than the size that a member claims.
                _check_size(name, archive.getinfo(name).file_size)
                return archive.read(name)

            yield [info.filename for info in members], unpack
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        # A damaged archive, one with a password, or an unknown way of packing.
        raise DatasetFormatError(f"{path.name} can't be read: {error}") from error


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise DatasetFormatError(
            f"{name} claims {size} bytes; accepted: at most {MAX_FILE_BYTES} an image"
        )


def _first(members: Sequence[_Member], per_class: int) -> list[_Member]:
    """Return the first so many members of each class in each split."""
    seen: Counter[tuple[str, str]] = Counter()
    chosen = []
    for member in members:
        key = (member.split, member.label)
        if seen[key] < per_class:
            chosen.append(member)
        seen[key] += 1
    return chosen


def _members(path: Path, names: Sequence[str], depth: int) -> list[_Member]:
    members = []
    for name in names:
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith(("/", "\\")):
            raise DatasetFormatError(
                f"{path.name} holds {name!r}, which points outside of it"
            )
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if hidden or len(parts) <= depth or not name.lower().endswith(SUFFIXES):
            continue
        above = parts[-2 - depth].lower() if len(parts) > depth + 1 else ""
        label = "/".join(parts[-1 - depth : -1])
        members.append(_Member(above if above in SPLITS else "", label, name))
    folders = "CLASS" if depth == 1 else "ALPHABET/CHARACTER"
    accepted = (
        f"accepted: train/{folders}/FILE and test/{folders}/FILE, or {folders}/FILE, "
        f"with FILE ending in {', '.join(SUFFIXES)}"
    )
    if not members:
        raise DatasetFormatError(f"{path.name} has no images in folders; {accepted}")
    if len({bool(member.split) for member in members}) > 1:
        raise DatasetFormatError(
            f"{path.name} has some images in train or test and some not; {accepted}"
        )
    return members


def _classes(path: Path, found: set[str], expected: Sequence[str]) -> dict[str, int]:
    """Return the number of each class folder."""
    if not expected:
        return {name: i for i, name in enumerate(sorted(found, key=_natural))}
    by_name = {name: i for i, name in enumerate(expected)}
    by_number = {str(i): i for i in range(len(expected))}
    for numbers in (by_name, by_number):
        if found <= numbers.keys():
            return {name: numbers[name] for name in found}
    odd = min(found - by_name.keys(), key=_natural)
    raise DatasetFormatError(
        f"{path.name} has a class folder {odd!r}; accepted: {', '.join(expected)}, "
        f"or the numbers 0 to {len(expected) - 1}"
    )


def _decode(name: str, data: bytes, shape: tuple[int, ...] | None) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=DECODERS) as image:
            width, height = image.size
            # Before any pixel is unpacked: a small file may claim a huge image.
            if max(image.size) > MAX_SIDE:
                raise DatasetFormatError(
                    f"{name} measures {width} x {height} pixels; accepted: at most "
                    f"{MAX_SIDE} x {MAX_SIDE}"
                )
            grey = len(shape) == 2 if shape else image.mode in {"1", "L", "LA"}
            pixels = np.asarray(image.convert("L" if grey else "RGB"))
    except (UnidentifiedImageError, BombError, OSError, SyntaxError) as error:
        raise DatasetFormatError(f"{name} is no image that can be read: {error}") from (
            error
        )
    if shape is not None and pixels.shape != tuple(shape):
        raise DatasetFormatError(
            f"{name} measures {width} x {height} pixels; expected {shape[1]} x "
            f"{shape[0]}, as all images of this data set"
        )
    return pixels


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Return a sort key under which ``img10`` comes after ``img9``."""
    pieces = re.findall(r"\d+|\D+", text)
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in pieces]
