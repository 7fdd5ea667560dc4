"""Readers of the formats in which image data sets are published.

None of them executes what it reads, none writes to disk, and each refuses files that
claim to be larger than such data can be.
"""

from __future__ import annotations

import gzip
import math
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_BYTES = 1 << 31
"""The largest array, unpacked, that a reader makes: 2 GiB."""

CIFAR_RECORD = 1 + 3 * 32 * 32
CIFAR_BATCHES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR_TEST = "test_batch.bin"
CIFAR_TAR = "cifar-10-binary.tar.gz"
CIFAR_FOLDER = "cifar-10-batches-bin"


class DatasetFormatError(ValueError):
    """A file does not hold what it should; the message names file and fault."""


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 [n, height, width] or [n, height, width, 3]; labels int64 [n]."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise DatasetFormatError(
                f"there are {len(self.images)} images but {len(self.labels)} labels"
            )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an array in the IDX format of MNIST, packed by gzip or not."""
    try:
        with _maybe_gzip(path) as file:
            head = file.read(4)
            if len(head) < 4 or head[:3] != b"\x00\x00\x08" or not 1 <= head[3] <= 3:
                raise DatasetFormatError(
                    f"{path.name} is not an IDX file of bytes: it begins with "
                    f"{head.hex(' ') or 'nothing'}; expected 00 00 08 and 1 to 3"
                )
            sizes = [int.from_bytes(file.read(4), "big") for _ in range(head[3])]
            size = math.prod(sizes)
            if not 0 < size <= MAX_BYTES:
                raise DatasetFormatError(
                    f"{path.name} claims the sizes {sizes}; accepted: "
                    f"1 to {MAX_BYTES} bytes in all"
                )
            body = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetFormatError(f"{path.name} can't be read: {error}") from error
    if len(body) != size:
        more = "more" if len(body) > size else f"only {len(body)}"
        raise DatasetFormatError(
            f"{path.name} claims the sizes {sizes}, {size} bytes, but holds {more}"
        )
    return np.frombuffer(body, np.uint8).reshape(sizes)


def read_mnist(folder: Path) -> dict[str, Split]:
    """Read the four files of MNIST or Fashion-MNIST."""
    splits = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = read_idx(_find(folder, f"{prefix}-images-idx3-ubyte"))
        labels = read_idx(_find(folder, f"{prefix}-labels-idx1-ubyte"))
        splits[split] = Split(images, labels.astype(np.int64))
    return splits


def read_cifar10(folder: Path) -> dict[str, Split]:
    """Read the binary version of CIFAR-10: its archive, or what it unpacks to."""
    names = (*CIFAR_BATCHES, CIFAR_TEST)
    if (folder / CIFAR_TAR).exists():
        batches = _read_tar(folder / CIFAR_TAR, names)
    else:
        inner = folder / CIFAR_FOLDER
        base = inner if inner.is_dir() else folder
        batches = {
            name: (base / name).read_bytes()
            for name in names
            if (base / name).is_file()
        }
    missing = [name for name in names if name not in batches]
    if missing:
        raise DatasetFormatError(f"there is no {', '.join(missing)} in it")
    train = [_cifar_batch(name, batches[name]) for name in CIFAR_BATCHES]
    images = np.concatenate([split.images for split in train])
    labels = np.concatenate([split.labels for split in train])
    test = _cifar_batch(CIFAR_TEST, batches[CIFAR_TEST])
    return {"train": Split(images, labels), "test": test}


def read_svhn(folder: Path) -> dict[str, Split]:
    """Read the cropped digits of SVHN; the label 10 of its files is the digit 0."""
    from scipy.io import loadmat  # noqa: PLC0415 - slow to import, rarely used

    splits = {}
    for split in ("train", "test"):
        path = folder / f"{split}_32x32.mat"
        try:
            content = loadmat(path, variable_names=["X", "y"])
            images, labels = content["X"], content["y"].reshape(-1)
        except Exception as error:  # scipy raises many kinds for a damaged file
            raise DatasetFormatError(f"{path.name} can't be read: {error}") from error
        if images.dtype != np.uint8 or images.ndim != 4:
            raise DatasetFormatError(
                f"{path.name}: X is {images.dtype} {list(images.shape)}; "
                "expected uint8 [32, 32, 3, images]"
            )
        splits[split] = Split(
            np.ascontiguousarray(images.transpose(3, 0, 1, 2)),
            np.where(labels == 10, 0, labels).astype(np.int64),
        )
    return splits


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DatasetFormatError(f"there is no {name}.gz in it")


def _maybe_gzip(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _read_tar(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Read the named members without unpacking anything to disk."""
    found = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                if name not in names or not member.isfile():
                    continue
                if member.size > MAX_BYTES // len(names):
                    raise DatasetFormatError(
                        f"{path.name}: {name} claims {member.size} bytes; "
                        f"accepted: at most {MAX_BYTES // len(names)}"
                    )
                file = archive.extractfile(member)
                found[name] = file.read() if file else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DatasetFormatError(f"{path.name} can't be read: {error}") from error
    return found


def _cifar_batch(name: str, data: bytes) -> Split:
    """Decode records of a label and 3 planes (red, green, blue) of 32 rows."""
    if not data or len(data) % CIFAR_RECORD:
        raise DatasetFormatError(
            f"{name} holds {len(data)} bytes; expected a multiple of {CIFAR_RECORD}"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, CIFAR_RECORD)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Split(np.ascontiguousarray(images), records[:, 0].astype(np.int64))
