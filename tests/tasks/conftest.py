"""A web server on this computer, and data sets in their real formats, but small."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from scipy.io import savemat

from workbench.tasks import CATALOGUE, DataLibrary, Source
from workbench.tasks.shipped import SHIPPED


class FileServer(ThreadingHTTPServer):
    """Serves ``files``; ``ranges`` and ``break_after`` make it a good or a bad one."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = True  # answer Range requests, or send all every time
        self.shift = 0  # answer them from a wrong place
        self.break_after: list[int] = []  # bytes to send before hanging up, per answer
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self):
        name, wanted = self.path.lstrip("/"), self.headers.get("Range")
        self.server.requests.append((name, wanted))
        if name not in self.server.files:
            self.send_error(404)
            return
        body, start = self.server.files[name], 0
        if wanted and self.server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_error(416)
                return
            start += self.server.shift
            self.send_response(206)
            self.send_header(
                "Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"
            )
        else:
            self.send_response(200)
        if name.endswith(".gz"):
            # As some servers do; the client must keep the bytes as they are stored.
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        answer = body[start:]
        if self.server.break_after:
            answer = answer[: self.server.break_after.pop(0)]
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = FileServer()
    # A short poll, so that each test ends at once.
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def idx(array: np.ndarray) -> bytes:
    array = np.asarray(array, np.uint8)
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def mnist_files(images, labels) -> dict[str, bytes]:
    """The same images as train and, the first half of them, as test."""
    half = len(images) // 2
    return {
        "train-images-idx3-ubyte.gz": gzip.compress(idx(images)),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx(labels)),
        "t10k-images-idx3-ubyte.gz": gzip.compress(idx(images[:half])),
        "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(labels[:half])),
    }


def cifar_batches(images, labels) -> dict[str, bytes]:
    """The images, dealt out to five batches, and the first batch as test."""
    records = [
        bytes([label]) + image.transpose(2, 0, 1).tobytes()
        for image, label in zip(images, labels, strict=True)
    ]
    share = len(records) // 5
    batches = {
        f"data_batch_{i + 1}.bin": b"".join(records[i * share : (i + 1) * share])
        for i in range(5)
    }
    return {**batches, "test_batch.bin": batches["data_batch_1.bin"]}


def tar_gz(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def svhn_files(images, labels) -> dict[str, bytes]:
    files = {}
    for split in ("train", "test"):
        buffer = io.BytesIO()
        y = np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]
        content = {"X": images.transpose(1, 2, 3, 0), "y": y}
        savemat(buffer, content, do_compression=True)
        files[f"{split}_32x32.mat"] = buffer.getvalue()
    return files


class Published:
    """Small versions of the data sets: their files, and what they hold."""

    def __init__(self):
        random = np.random.default_rng(0)
        self.labels = np.arange(40) % 10
        self.grey = random.integers(0, 256, (40, 28, 28), np.uint8)
        self.colour = random.integers(0, 256, (40, 32, 32, 3), np.uint8)
        binary = {
            f"cifar-10-batches-bin/{name}": data
            for name, data in cifar_batches(self.colour, self.labels).items()
        }
        self.files = {
            "mnist": mnist_files(self.grey, self.labels),
            "fashion-mnist": mnist_files(self.grey[::-1], self.labels),
            "cifar10": {
                "cifar-10-binary.tar.gz": tar_gz(
                    {"cifar-10-batches-bin/readme.html": b"words", **binary}
                )
            },
            "svhn": svhn_files(self.colour, self.labels),
        }
        self.images = {
            "mnist": self.grey,
            "fashion-mnist": self.grey[::-1],
            "cifar10": self.colour,
            "svhn": self.colour,
        }


@pytest.fixture(scope="session")
def published():
    return Published()


@pytest.fixture
def library(tmp_path, server, published):
    """A library whose data sets are published, at small size, by the server."""
    catalogue = {name: CATALOGUE[name] for name in SHIPPED}
    for name, files in published.files.items():
        sources = []
        for file, data in files.items():
            server.files[f"{name}/{file}"] = data
            checksum = f"md5:{hashlib.md5(data).hexdigest()}"
            sources.append(Source(f"{server.url}{name}/{file}", checksum))
        catalogue[name] = replace(CATALOGUE[name], sources=tuple(sources))
    return DataLibrary(tmp_path / "library", catalogue)
