"""Image data sets on this computer: how they get here, are kept and are loaded."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import platformdirs
from filelock import FileLock

from workbench.tasks.catalogue import CATALOGUE, Dataset
from workbench.tasks.class_images import read_class_images
from workbench.tasks.download import DownloadError, Progress, Source, download
from workbench.tasks.formats import DatasetFormatError, Split
from workbench.tasks.shipped import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FOLDER_VARIABLE = "WORKBENCH_DATA"


class DatasetMissing(FileNotFoundError):  # noqa: N818 - what it says, not an accident
    """A data set is not on this computer; the message says how to get it here."""


@dataclass(frozen=True, eq=False)
class ImageData:
    """The images of one split of a data set.

    Attributes
    ----------
    pixels
        uint8 [n, pixels], 0 to ``levels``.
    labels
        int64 [n], the number of the class.
    class_names
        What each class is called.
    levels
        The value of a pixel at full brightness.
    shape
        (height, width) or (height, width, 3) of an image.
    """

    name: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    levels: int
    shape: tuple[int, ...]

    @property
    def images(self) -> NDArray[np.float64]:
        """All images as float64 [n, pixels], scaled to 0..1 (a new array each time)."""
        return self.pixels / np.float64(self.levels)


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """What is here of a data set: whether it can be loaded, and what it still needs."""

    name: str
    title: str
    ready: bool
    missing: tuple[str, ...]
    folder: Path


def data_folder() -> Path:
    """Return the folder that keeps data sets: $WORKBENCH_DATA, or a cache folder."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).expanduser()
    return Path(platformdirs.user_cache_dir("tain-workbench", False)) / "datasets"


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("it is read-only")
    except OSError as error:
        raise OSError(
            f"data sets cannot be kept in {folder} ({error}); the environment "
            f"variable {FOLDER_VARIABLE} names another folder"
        ) from error


class DataLibrary:
    """The data sets kept in one folder.

    ``NAME.npz`` in it holds a data set ready for use, plain arrays without pickles;
    the folder ``NAME`` holds the published files, and is where you may put them
    yourself.
    """

    def __init__(
        self,
        folder: Path | None = None,
        catalogue: Mapping[str, Dataset] = CATALOGUE,
    ) -> None:
        self.folder = data_folder() if folder is None else folder
        self.catalogue = catalogue

    def names(self) -> tuple[str, ...]:
        """Return the data sets that can be got, then others that were added."""
        added = {path.stem for path in self.folder.glob("*.npz")}
        return (*self.catalogue, *sorted(added - self.catalogue.keys()))

    def status(self, name: str) -> DatasetStatus:
        """Say whether a data set is here."""
        check_name(name)
        known = self.catalogue.get(name)
        folder = self.folder / name
        ready = name in SHIPPED or self._store(name).exists()
        files = [source.file for source in known.sources] if known else []
        missing = tuple(f for f in files if not (ready or (folder / f).exists()))
        title = known.title if known else "added by you"
        return DatasetStatus(name, title, ready, missing, folder)

    def get(self, name: str, progress: Progress | None = None) -> DatasetStatus:
        """Download a data set, unless it is here, and make it ready for use.

        Raises
        ------
        DatasetMissing
            If it can't be downloaded. What arrived is kept, and the next call
            continues there.
        ValueError
            If nothing is known about where to download it.
        """
        if self.status(name).ready:
            return self.status(name)
        known = self._known(name)
        _make_writable(self.folder)
        with self._lock(name):
            try:
                for source in known.sources:
                    download(source, self.folder / name, progress)
            except DownloadError as error:
                raise self._missing(name, f"could not be downloaded: {error}") from (
                    error
                )
            self._convert(known, self.folder / name)
        return self.status(name)

    def add(
        self, name: str, path: Path | str, progress: Progress | None = None
    ) -> DatasetStatus:
        """Take a data set from files that you have.

        ``path`` is one of the published files, a folder of them, or a folder or zip
        archive of images by class (see `read_class_images`), under any name if it
        isn't a published data set. If published files are still missing, those that
        were given are kept and the status names the others.

        Raises
        ------
        FileNotFoundError
            If there is nothing at ``path``.
        DatasetFormatError
            If it holds something else or is damaged.
        """
        path = Path(path).expanduser()
        check_name(name)
        if name in SHIPPED:
            package = SHIPPED[name].package
            raise ValueError(f"{name} ships with {package}; there is nothing to add")
        if not path.exists():
            raise FileNotFoundError(f"there is no file or folder {path}")
        _make_writable(self.folder)
        with self._lock(name):
            known = self.catalogue.get(name)
            if path.is_dir():
                self._add_folder(name, known, path, progress)
            elif known and (source := _published(known, path)):
                self._add_file(known, source, path)
            elif zipfile.is_zipfile(path):
                self._add_images(name, known, path, progress)
            else:
                raise DatasetFormatError(_not_accepted(name, known, path))
        return self.status(name)

    def load(self, name: str, split: Literal["train", "test"] = "train") -> ImageData:
        """Load the images of one split of a data set.

        Raises
        ------
        DatasetMissing
            If it is not here, or has no such split.
        DatasetFormatError
            If what is here is damaged.
        """
        check_name(name)
        if name in SHIPPED and split == "train":
            return _shipped(self.catalogue[name])
        store = self._store(name)
        if not store.exists() and name in self.catalogue:
            folder = self.folder / name
            known = self.catalogue[name]
            if known.sources and not self.status(name).missing:
                _check_sums(known, folder)
                with self._lock(name):
                    self._convert(known, folder)
        if not store.exists() and name not in SHIPPED:
            raise self._missing(name, "is not on this computer")
        try:
            with np.load(store, allow_pickle=False) as arrays:
                pixels, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
                names = tuple(str(text) for text in arrays["class_names"])
        except (KeyError, FileNotFoundError):
            raise DatasetMissing(f"{name} has no {split} images") from None
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetFormatError(
                f"{store} is damaged ({error}); remove it and get {name} again"
            ) from error
        shape = pixels.shape[1:]
        return ImageData(
            name, pixels.reshape(len(pixels), -1), labels, names, 255, shape
        )

    def _store(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def _lock(self, name: str) -> FileLock:
        return FileLock(self.folder / f"{name}.lock")

    def _known(self, name: str) -> Dataset:
        if name not in self.catalogue:
            raise ValueError(
                f"no data set is called {name!r}; accepted: "
                f"{', '.join(self.catalogue)}. To use images of your own: "
                f"workbench data add {name} PATH"
            )
        return self.catalogue[name]

    def _missing(self, name: str, what: str) -> DatasetMissing:
        folder = self.folder / name
        known = self.catalogue.get(name)
        if known is None:
            return DatasetMissing(
                f"{name} {what}. Add it with: workbench data add {name} PATH, where "
                "PATH is a folder or zip archive of images by class. "
                f"Data sets by name: {', '.join(self.names())}"
            )
        urls = "".join(f"\n  {source.url}" for source in known.sources)
        return DatasetMissing(
            f"{name} {what}.\n"
            f"It can be had in one of these ways:\n"
            f"- on line: workbench data get {name}\n"
            f"- from files or a folder or zip archive of images by class: "
            f"workbench data add {name} PATH\n"
            f"- by putting these files into {folder}:{urls}"
        )

    def _add_folder(
        self, name: str, known: Dataset | None, path: Path, progress: Progress | None
    ) -> None:
        files = {file.name for file in path.iterdir() if file.is_file()}
        if known and known.read and _holds_published(known, files, path):
            _check_sums(known, path)
            self._convert(known, path)
        else:
            self._add_images(name, known, path, progress)

    def _add_file(self, known: Dataset, source: Source, path: Path) -> None:
        if not source.matches(path):
            raise DatasetFormatError(
                f"{path.name} is not the published file: its checksum is not "
                f"{source.checksum}. It may be damaged or incomplete"
            )
        folder = self.folder / known.name
        folder.mkdir(exist_ok=True)
        target = folder / source.file
        if not (target.exists() and target.samefile(path)):
            copy = folder / f"{source.file}.copy"
            shutil.copyfile(path, copy)
            copy.replace(target)
        if all((folder / source.file).exists() for source in known.sources):
            self._convert(known, folder)

    def _add_images(
        self, name: str, known: Dataset | None, path: Path, progress: Progress | None
    ) -> None:
        names, shape = (known.class_names, known.shape) if known else ((), None)
        splits, names = read_class_images(path, names, shape, progress)
        self._save(name, splits, names)

    def _convert(self, known: Dataset, folder: Path) -> None:
        if known.read is None:
            return
        splits = known.read(folder)
        for split, part in splits.items():
            if part.images.shape[1:] != known.shape:
                raise DatasetFormatError(
                    f"the {split} images of {known.name} measure "
                    f"{list(part.images.shape[1:])}; expected {list(known.shape)}"
                )
            if not 0 <= part.labels.min() <= part.labels.max() < len(known.class_names):
                raise DatasetFormatError(
                    f"the {split} labels of {known.name} reach from "
                    f"{part.labels.min()} to {part.labels.max()}; expected 0 to "
                    f"{len(known.class_names) - 1}"
                )
        self._save(known.name, splits, known.class_names)

    def _save(
        self, name: str, splits: Mapping[str, Split], class_names: tuple[str, ...]
    ) -> None:
        arrays: dict[str, NDArray] = {"class_names": np.array(class_names)}
        for split, part in splits.items():
            arrays[f"{split}_images"] = part.images
            arrays[f"{split}_labels"] = part.labels
        half = self.folder / f"{name}.npz.part"
        with half.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        half.replace(self._store(name))


def check_name(name: str) -> str:
    """Return the name of a data set, or raise ValueError: it becomes a file name."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise ValueError(
            f"the name of a data set is {name!r}; accepted: small letters, digits, "
            f"- and _, such as {', '.join(CATALOGUE)}"
        )
    return name


def get(name: str, progress: Progress | None = None) -> DatasetStatus:
    """Download a data set into the usual folder; see `DataLibrary.get`."""
    return DataLibrary().get(name, progress)


def add(name: str, path: Path | str, progress: Progress | None = None) -> DatasetStatus:
    """Take a data set from files into the usual folder; see `DataLibrary.add`."""
    return DataLibrary().add(name, path, progress)


def load(name: str, split: Literal["train", "test"] = "train") -> ImageData:
    """Load a data set from the usual folder; see `DataLibrary.load`."""
    return DataLibrary().load(name, split)


def _shipped(known: Dataset) -> ImageData:
    images = SHIPPED[known.name].load()
    return ImageData(
        known.name,
        images.pixels,
        images.labels,
        known.class_names,
        images.levels,
        known.shape,
    )


def _published(known: Dataset, path: Path) -> Source | None:
    """Return which published file this is, by its name or else by its checksum."""
    for source in known.sources:
        if source.file == path.name:
            return source
    return next((source for source in known.sources if source.matches(path)), None)


def _holds_published(known: Dataset, files: set[str], path: Path) -> bool:
    official = {source.file for source in known.sources}
    unpacked = {file.removesuffix(".gz") for file in official}
    bins = any(file.endswith(".bin") for file in files)
    nested = (path / "cifar-10-batches-bin").is_dir()
    return bool(files & (official | unpacked)) or bins or nested


def _check_sums(known: Dataset, folder: Path) -> None:
    """Check those published files that lie in a folder."""
    for source in known.sources:
        path = folder / source.file
        if path.exists() and not source.matches(path):
            raise DatasetFormatError(
                f"{path} is not the published file: its checksum is not "
                f"{source.checksum}. It may be damaged or incomplete"
            )


def _not_accepted(name: str, known: Dataset | None, path: Path) -> str:
    accepted = "a folder or zip archive of images by class"
    if known is None:
        return f"{path.name} can't be added as {name}; accepted: {accepted}"
    files = ", ".join(source.file for source in known.sources)
    return (
        f"{path.name} is none of the published files of {name}; accepted: {files}, "
        f"a folder of them, or {accepted}"
    )
