from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from workbench.tasks import DatasetFormatError, read_class_images
from workbench.tasks import class_images as module


def encoded(level, size=(4, 3), mode="L", kind="PNG"):
    buffer = io.BytesIO()
    Image.new(mode, size, level).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(params=["folder", "zip"])
def store(request, tmp_path):
    """Write files by their paths, as a folder or as a zip archive."""

    def write(files):
        if request.param == "folder":
            for name, data in files.items():
                path = tmp_path / "mine" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return tmp_path / "mine"
        path = tmp_path / "mine.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path

    return write


def test_folders_of_classes_are_the_training_images(store):
    path = store(
        {
            "b/10.png": encoded(3),
            "b/9.PNG": encoded(2),
            "a/x.bmp": encoded(1, kind="BMP"),
            "a/notes.txt": b"words",
            "readme.png": encoded(9),
            "__MACOSX/a/x.png": b"rubbish",
            "a/.hidden.png": b"rubbish",
        }
    )
    splits, names = read_class_images(path)
    assert names == ("a", "b")
    assert list(splits) == ["train"]
    assert splits["train"].labels.tolist() == [0, 1, 1]
    assert splits["train"].images.shape == (3, 3, 4)
    assert splits["train"].images[:, 0, 0].tolist() == [1, 2, 3]


def test_train_and_test_folders_below_others(store):
    path = store(
        {
            "deep/er/train/10/1.png": encoded((1, 2, 3), mode="RGB"),
            "deep/er/train/9/1.png": encoded((4, 5, 6), mode="RGB"),
            "deep/er/test/9/1.png": encoded((7, 8, 9), mode="RGB"),
        }
    )
    splits, names = read_class_images(path)
    assert names == ("9", "10")
    assert splits["train"].images[:, 0, 0].tolist() == [[4, 5, 6], [1, 2, 3]]
    assert splits["test"].images[0, 0, 0].tolist() == [7, 8, 9]
    assert splits["test"].labels.tolist() == [0]


def test_numbers_stand_for_expected_names(store):
    path = store({"1/a.png": encoded(5), "0/a.png": encoded(4)})
    splits, names = read_class_images(path, ("T-shirt/top", "Trouser"), (3, 4))
    assert names == ("T-shirt/top", "Trouser")
    assert splits["train"].labels.tolist() == [0, 1]


def test_jpeg_colours_are_about_right(store):
    path = store({"a/1.jpg": encoded((200, 100, 50), (8, 8), "RGB", "JPEG")})
    pixel = read_class_images(path)[0]["train"].images[0, 4, 4]
    np.testing.assert_allclose(pixel, (200, 100, 50), atol=4)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.png": encoded(1)}, "has no images in folders; accepted: train/CLASS/"),
        (
            {"a/1.png": encoded(1), "train/a/1.png": encoded(1)},
            "has some images in train or test and some not",
        ),
        ({"test/a/1.png": encoded(1)}, "has a folder test but none called train"),
        (
            {"a/1.png": encoded(1), "a/2.png": encoded(1, (5, 5))},
            "a/2.png measures 5 x 5 pixels; expected 4 x 3",
        ),
        ({"a/1.png": b"words"}, "a/1.png is no image that can be read"),
        ({"a/1.png": encoded(1)[:45]}, "a/1.png is no image that can be read"),
        ({"a/1.png": encoded(1, kind="GIF")}, "a/1.png is no image that can be read"),
        (
            {"a/1.png": encoded(1, (1025, 1))},
            "a/1.png measures 1025 x 1 pixels; accepted: at most 1024 x 1024",
        ),
    ],
)
def test_what_is_not_such_a_folder_is_refused(store, files, message):
    with pytest.raises(DatasetFormatError, match=re.escape(message)):
        read_class_images(store(files))


def test_an_unknown_class_is_named(store):
    path = store({"cat/1.png": encoded(1), "cow/1.png": encoded(1)})
    with pytest.raises(DatasetFormatError, match="'cow'; accepted: cat, dog, or the"):
        read_class_images(path, ("cat", "dog"))


@pytest.mark.parametrize("side", [4_000, 40_000])
def test_a_small_file_that_claims_a_huge_image_is_not_unpacked(store, side):
    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    bomb += chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    path = store({"a/1.png": bomb})
    with pytest.raises(DatasetFormatError, match=r"a/1\.png .*\d+ (x \d+ )?pixels"):
        read_class_images(path)


def test_a_file_that_unpacks_to_too_much_is_not_read(store):
    path = store({"a/1.png": bytes(module.MAX_FILE_BYTES + 1)})
    with pytest.raises(DatasetFormatError, match="at most 16777216 an image"):
        read_class_images(path)


def test_images_that_take_too_much_in_all_are_refused(store, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 20)
    path = store({"a/1.png": encoded(1), "a/2.png": encoded(1)})
    with pytest.raises(DatasetFormatError, match="2 images of 12 bytes; accepted"):
        read_class_images(path)


@pytest.mark.parametrize("name", ["../out/1.png", "a/../../1.png", "/etc/a/1.png"])
def test_paths_that_lead_out_of_an_archive_are_refused(tmp_path, name):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, encoded(1))
    with pytest.raises(DatasetFormatError, match="points outside of it"):
        read_class_images(path)


def test_a_damaged_archive_is_named(tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.png", encoded(1))
    data = bytearray(path.read_bytes())
    data[60] ^= 255  # within the image, which then fails its check sum
    path.write_bytes(data)
    with pytest.raises(DatasetFormatError, match=r"mine\.zip can't be read"):
        read_class_images(path)
