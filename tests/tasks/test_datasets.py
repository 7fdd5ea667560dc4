from __future__ import annotations

import dataclasses
import gzip
import io
import re
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from workbench.tasks import (
    CATALOGUE,
    DataLibrary,
    DatasetFormatError,
    DatasetMissing,
    ProjectedTasks,
    data_folder,
)
from workbench.tasks.download import ATTEMPTS

PUBLISHED = ("mnist", "fashion-mnist", "cifar10", "svhn")
each_published = pytest.mark.parametrize("name", PUBLISHED)


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return folder


def check(library, published, name):
    data = library.load(name)
    images = published.images[name]
    assert (data.pixels == images.reshape(len(images), -1)).all()
    assert data.labels.tolist() == published.labels.tolist()
    assert data.class_names == CATALOGUE[name].class_names
    assert data.shape == images.shape[1:]
    assert data.images.dtype == np.float64
    assert data.images.min() >= 0
    assert 0.99 < data.images.max() <= 1
    assert len(library.load(name, "test").labels) > 0


@each_published
def test_get_downloads_once_and_load_gives_the_images(library, published, name, server):
    assert not library.status(name).ready
    status = library.get(name)
    assert status.ready
    assert status.missing == ()
    check(library, published, name)
    asked = len(server.requests)
    assert library.get(name).ready
    assert len(server.requests) == asked == len(published.files[name])


def test_get_tells_progress_and_resumes(library, published, server):
    server.break_after = [500] + [0] * ATTEMPTS
    with pytest.raises(DatasetMissing, match="bytes that arrived are kept"):
        library.get("cifar10")
    server.break_after = []
    told = []
    library.get("cifar10", lambda *step: told.append(step))
    assert told[0][:2] == ("cifar-10-binary.tar.gz", 500)
    assert told[-1][1] == told[-1][2]
    check(library, published, "cifar10")


def test_get_without_a_network_says_what_it_needs_and_where(library, server):
    server.files.clear()
    with pytest.raises(DatasetMissing) as caught:
        library.get("mnist")
    message = str(caught.value)
    assert "404 Not Found" in message
    assert "workbench data add mnist PATH" in message
    assert str(library.folder / "mnist") in message
    assert "t10k-labels-idx1-ubyte.gz" in message


def test_get_of_a_wrong_file_stores_nothing(library, server):
    server.files["svhn/test_32x32.mat"] = b"another file"
    with pytest.raises(DatasetMissing, match="not the published file"):
        library.get("svhn")
    assert not library.status("svhn").ready
    assert library.status("svhn").missing == ("test_32x32.mat",)


def test_get_of_something_unknown_names_what_there_is(library):
    with pytest.raises(
        ValueError, match="accepted: digits, mnist-5k, mnist, fashion-mnist"
    ):
        library.get("imagenet")


@pytest.mark.parametrize(("name", "images"), [("digits", 1797), ("mnist-5k", 5000)])
def test_what_ships_with_packages_is_always_here(library, name, images):
    assert library.get(name).ready
    data, known = library.load(name), CATALOGUE[name]
    assert data.pixels.shape == (images, np.prod(known.shape))
    assert data.images.max() == 1.0
    assert np.bincount(data.labels).tolist() == list(known.counts)
    with pytest.raises(DatasetMissing, match=f"{name} has no test images"):
        library.load(name, "test")
    with pytest.raises(ValueError, match="nothing to add"):
        library.add(name, ".")


@each_published
def test_load_without_the_data_says_how_to_get_it(library, name):
    with pytest.raises(FileNotFoundError) as caught:
        library.load(name)
    for part in (f"data get {name}", f"data add {name} PATH", str(library.folder)):
        assert part in str(caught.value)


@each_published
def test_published_files_put_into_the_folder_are_found(library, published, name):
    write(library.folder / name, published.files[name])
    check(library, published, name)


def test_a_damaged_file_put_into_the_folder_is_refused(library, published):
    files = published.files["mnist"]
    write(library.folder / "mnist", {file: data[:-9] for file, data in files.items()})
    with pytest.raises(DatasetFormatError, match="may be damaged or incomplete"):
        library.load("mnist")


@each_published
def test_add_a_folder_of_published_files(library, published, name, tmp_path):
    folder = write(tmp_path / "mine", published.files[name])
    assert library.add(name, folder).ready
    check(library, published, name)


def test_add_single_files_until_all_are_there(library, published, tmp_path):
    files = published.files["mnist"]
    folder = write(tmp_path / "mine", files)
    missing = set(files)
    for file in files:
        status = library.add("mnist", folder / file)
        missing.remove(file)
        assert set(status.missing) == missing
        assert status.ready == (not missing)
    check(library, published, "mnist")
    assert sorted(file.name for file in folder.iterdir()) == sorted(files)


def test_add_a_single_file_to_what_is_ready(library, published, tmp_path):
    files = published.files["mnist"]
    library.add("mnist", write(tmp_path / "mine", files))
    assert library.add("mnist", tmp_path / "mine" / next(iter(files))).ready
    check(library, published, "mnist")


def test_add_the_archive_under_another_name(library, published, tmp_path):
    archive = published.files["cifar10"]["cifar-10-binary.tar.gz"]
    write(tmp_path, {"download(1).bin": archive})
    assert library.add("cifar10", tmp_path / "download(1).bin").ready
    check(library, published, "cifar10")


def test_add_unpacked_files_of_mnist(library, published, tmp_path):
    files = {
        file.removesuffix(".gz"): gzip.decompress(data)
        for file, data in published.files["mnist"].items()
    }
    assert library.add("mnist", write(tmp_path / "mine", files)).ready
    check(library, published, "mnist")


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin"])
def test_add_unpacked_files_of_cifar10(library, published, tmp_path, inner):
    packed = published.files["cifar10"]["cifar-10-binary.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {
            member.name.rsplit("/", 1)[-1]: archive.extractfile(member).read()
            for member in archive
        }
    write(tmp_path / "mine" / inner, files)
    assert library.add("cifar10", tmp_path / "mine").ready
    check(library, published, "cifar10")


def test_add_an_incomplete_folder_names_what_is_not_there(library, published, tmp_path):
    files = dict(published.files["mnist"])
    del files["t10k-labels-idx1-ubyte.gz"]
    folder = write(tmp_path / "mine", files)
    with pytest.raises(DatasetFormatError, match=r"no t10k-labels-idx1-ubyte\.gz"):
        library.add("mnist", folder)
    assert not library.status("mnist").ready


def test_add_a_damaged_file(library, published, tmp_path):
    archive = published.files["cifar10"]["cifar-10-binary.tar.gz"]
    write(tmp_path, {"cifar-10-binary.tar.gz": archive[:-10]})
    with pytest.raises(DatasetFormatError, match="may be damaged or incomplete"):
        library.add("cifar10", tmp_path / "cifar-10-binary.tar.gz")


def test_the_pickled_version_is_never_opened(library, tmp_path):
    write(tmp_path, {"cifar-10-python.tar.gz": b"\x80\x04."})
    with pytest.raises(DatasetFormatError, match=r"accepted: cifar-10-binary\.tar\.gz"):
        library.add("cifar10", tmp_path / "cifar-10-python.tar.gz")


def test_add_of_nothing(library, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        library.add("mnist", tmp_path / "nowhere")


def png(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def test_add_images_by_class_for_a_published_data_set(library, published, tmp_path):
    names = CATALOGUE["cifar10"].class_names
    for i, (image, label) in enumerate(
        zip(published.colour, published.labels, strict=True)
    ):
        png(tmp_path / "mine" / "train" / names[label] / f"{i}.png", image)
        png(tmp_path / "mine" / "test" / names[label] / f"{i}.png", 255 - image)
    told = []
    library.add("cifar10", tmp_path / "mine", lambda *step: told.append(step))
    assert told[-1] == ("mine", 80, 80)
    data = library.load("cifar10")
    for label in range(10):
        wanted = published.colour[published.labels == label].reshape(4, -1)
        assert (data.pixels[data.labels == label] == wanted).all()
        dark = library.load("cifar10", "test")
        assert (dark.pixels[dark.labels == label] == 255 - wanted).all()


def test_ones_own_images_make_tasks(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "library"))
    archive = tmp_path / "mine.zip"
    random = np.random.default_rng(3)
    with zipfile.ZipFile(archive, "w") as file:
        for name, level in (("dark", 40), ("light", 200)):
            for i in range(30):
                image = tmp_path / "one.png"
                png(image, random.integers(level, level + 40, (5, 4)))
                file.write(image, f"shades/{name}/{i}.png")
    library = DataLibrary()
    assert library.folder == data_folder() == tmp_path / "library"
    assert library.add("my-shades", archive).ready
    assert library.names() == (*CATALOGUE, "my-shades")
    made = ProjectedTasks("my-shades", pairs=((0, 1),), train=40, valid=20).make()
    assert made.names[0] == "my-shades dark or light"
    assert made.train_x.shape == (10, 40, 16)
    with pytest.raises(DatasetMissing, match="my-shades has no test images"):
        library.load("my-shades", "test")


def test_a_damaged_store_is_said_plainly(library):
    library.get("mnist")
    store = library.folder / "mnist.npz"
    store.write_bytes(store.read_bytes()[:1000])
    with pytest.raises(DatasetFormatError, match="remove it and get mnist again"):
        library.load("mnist")


def test_a_store_with_pickles_is_refused(library):
    library.folder.mkdir()
    objects = np.array([print], dtype=object)
    np.savez(library.folder / "mnist.npz", train_images=objects, train_labels=objects)
    with pytest.raises(DatasetFormatError, match="allow_pickle=False"):
        library.load("mnist")


def test_labels_that_cannot_be_are_refused(library, published, tmp_path):
    known = dataclasses.replace(library.catalogue["mnist"], class_names=("0", "1"))
    few = DataLibrary(tmp_path / "few", {**library.catalogue, "mnist": known})
    folder = write(tmp_path / "mine", published.files["mnist"])
    with pytest.raises(DatasetFormatError, match="reach from 0 to 9; expected 0 to 1"):
        few.add("mnist", folder)


@pytest.mark.parametrize("name", ["", "../mnist", "My", "a/b", "a" * 65, None, ".x"])
def test_names_are_plain(library, name):
    with pytest.raises(ValueError, match="the name of a data set is"):
        library.status(name)


def test_the_folder_is_a_cache_unless_it_is_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    assert re.search(r"tain-workbench.*datasets$", str(data_folder()))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    assert data_folder() == tmp_path


@pytest.mark.parametrize("command", ["get", "add"])
def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path, command):
    (tmp_path / "file").write_text("")
    library = DataLibrary(tmp_path / "file" / "data")
    message = r"data sets cannot be kept in .*file/data .* WORKBENCH_DATA names another"
    with pytest.raises(OSError, match=message):
        library.get("mnist") if command == "get" else library.add("mnist", tmp_path)
