from __future__ import annotations

import gzip
import io
import re
import tarfile

import numpy as np
import pytest
from scipy.io import savemat

from workbench.tasks import DatasetFormatError
from workbench.tasks.formats import read_cifar10, read_idx, read_svhn

HEAD = bytes([0, 0, 8, 1, 0, 0, 0, 3])


@pytest.mark.parametrize("packed", [True, False])
def test_idx_reads_whole_arrays(tmp_path, packed):
    path = tmp_path / ("labels.gz" if packed else "labels")
    data = HEAD + b"\x07\x08\x09"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert read_idx(path).tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an IDX file of bytes: it begins with nothing"),
        (b"\x00\x00\x0d\x01" + HEAD[4:], "it begins with 00 00 0d 01; expected"),
        (b"<html>", "it begins with 3c 68 74 6d"),
        (HEAD[:4], "claims the sizes [0]"),
        (HEAD + b"\x07\x08", "3 bytes, but holds only 2"),
        (HEAD + b"\x07\x08\x09\x0a", "3 bytes, but holds more"),
        (b"\x00\x00\x08\x02" + b"\xff" * 8, "1 to 2147483648 bytes in all"),
    ],
)
def test_idx_refuses_what_does_not_add_up(tmp_path, data, message):
    path = tmp_path / "labels"
    path.write_bytes(data)
    with pytest.raises(DatasetFormatError, match=re.escape(message)):
        read_idx(path)


@pytest.mark.parametrize("cut", [5, 15, 30])
def test_idx_refuses_damaged_gzip(tmp_path, cut):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(HEAD + b"\x07\x08\x09")[:cut])
    with pytest.raises(DatasetFormatError, match=r"labels\.gz can't be read"):
        read_idx(path)


def archive(tmp_path, **members):
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, data in members.items():
            info = tarfile.TarInfo(f"x/{name}.bin")
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return tmp_path


def test_cifar_needs_all_batches_and_whole_records(tmp_path):
    batches = {f"data_batch_{i}": bytes(3073) for i in range(1, 6)}
    with pytest.raises(DatasetFormatError, match=r"there is no test_batch\.bin"):
        read_cifar10(archive(tmp_path, **batches))
    with pytest.raises(DatasetFormatError, match="holds 3072 bytes; expected a mult"):
        read_cifar10(archive(tmp_path, **batches, test_batch=bytes(3072)))
    with pytest.raises(DatasetFormatError, match="there is no data_batch_1"):
        read_cifar10(tmp_path / "nowhere")


def test_cifar_links_in_the_archive_are_not_followed(tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        link = tarfile.TarInfo("test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        file.addfile(link)
    with pytest.raises(DatasetFormatError, match=r"there is no .*test_batch\.bin"):
        read_cifar10(tmp_path)


def test_cifar_archive_that_is_none(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"words")
    with pytest.raises(DatasetFormatError, match="can't be read"):
        read_cifar10(tmp_path)


def test_svhn_that_is_no_mat_file(tmp_path):
    with pytest.raises(DatasetFormatError, match=r"train_32x32\.mat can't be read"):
        read_svhn(tmp_path)
    (tmp_path / "train_32x32.mat").write_bytes(b"words" * 100)
    with pytest.raises(DatasetFormatError, match=r"train_32x32\.mat can't be read"):
        read_svhn(tmp_path)


def test_svhn_of_another_type(tmp_path):
    content = {"X": np.zeros((2, 2, 3, 1)), "y": [[1]]}
    savemat(tmp_path / "train_32x32.mat", content)
    with pytest.raises(DatasetFormatError, match="X is float64"):
        read_svhn(tmp_path)
