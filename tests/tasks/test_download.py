from __future__ import annotations

import hashlib
import re
import socket

import numpy as np
import pytest

from workbench.tasks import CATALOGUE, DownloadError, Source
from workbench.tasks.download import ATTEMPTS, ChecksumError, download

BODY = np.random.default_rng(1).integers(0, 256, 1_000_000, np.uint8).tobytes()
SHA = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


@pytest.fixture
def source(server):
    server.files["data.bin"] = BODY
    return Source(f"{server.url}data.bin", SHA)


def test_a_file_arrives_once_and_progress_is_told(server, source, tmp_path):
    told = []
    path = download(source, tmp_path / "new", lambda *step: told.append(step))
    assert path == tmp_path / "new" / "data.bin"
    assert path.read_bytes() == BODY
    assert told[0] == ("data.bin", 0, len(BODY))
    assert told[-1] == ("data.bin", len(BODY), len(BODY))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert download(source, tmp_path / "new") == path
    assert len(server.requests) == 1
    assert [file.name for file in path.parent.iterdir()] == ["data.bin"]


def test_a_broken_connection_is_taken_up_where_it_broke(server, source, tmp_path):
    server.break_after = [300_000, 400_000]
    assert download(source, tmp_path).read_bytes() == BODY
    assert [asked for _, asked in server.requests] == [
        None,
        "bytes=300000-",
        "bytes=700000-",
    ]


def test_what_arrived_is_kept_for_the_next_call(server, source, tmp_path):
    server.break_after = [1000] + [0] * ATTEMPTS
    with pytest.raises(DownloadError, match="the 1000 bytes that arrived are kept"):
        download(source, tmp_path)
    assert not (tmp_path / "data.bin").exists()
    assert (tmp_path / "data.bin.part").read_bytes() == BODY[:1000]
    server.break_after = []
    told = []
    download(source, tmp_path, lambda *step: told.append(step))
    assert server.requests[-1] == ("data.bin", "bytes=1000-")
    assert told[0] == ("data.bin", 1000, len(BODY))
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert not (tmp_path / "data.bin.part").exists()


def test_a_server_without_ranges_starts_again(server, source, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(BODY[:5000])
    server.ranges = False
    assert download(source, tmp_path).read_bytes() == BODY
    assert server.requests == [("data.bin", "bytes=5000-")]


def test_a_server_that_continues_elsewhere_is_refused(server, source, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(BODY[:5000])
    server.shift = 7
    with pytest.raises(DownloadError, match="asked for the bytes from 5000, got"):
        download(source, tmp_path)
    assert (tmp_path / "data.bin.part").read_bytes() == BODY[:5000]


def test_a_whole_part_only_needs_its_name(server, source, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(BODY)
    assert download(source, tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("old", [b"other" * 100, BODY + b"more"])
def test_a_part_of_another_file_is_given_up(server, source, tmp_path, old):
    (tmp_path / "data.bin.part").write_bytes(old)
    assert download(source, tmp_path).read_bytes() == BODY
    assert [asked for _, asked in server.requests] == [f"bytes={len(old)}-", None]


def test_a_damaged_file_in_place_is_replaced(source, tmp_path):
    (tmp_path / "data.bin").write_bytes(BODY[:-1])
    assert download(source, tmp_path).read_bytes() == BODY


def test_a_wrong_checksum_leaves_nothing(server, source, tmp_path):
    server.files["data.bin"] = BODY[:-1] + b"!"
    with pytest.raises(ChecksumError, match="not the published file: its checksum is"):
        download(source, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_said_plainly(server, tmp_path):
    gone = Source(f"{server.url}gone.bin", SHA)
    with pytest.raises(DownloadError, match=r"gone\.bin: the server answered 404 Not"):
        download(gone, tmp_path)


def test_no_server_is_said_plainly(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nobody = Source(f"http://127.0.0.1:{port}/data.bin", SHA)
    with pytest.raises(DownloadError, match="can't be reached; this computer may be"):
        download(nobody, tmp_path)


def test_published_sources_are_well_formed():
    sources = [source for known in CATALOGUE.values() for source in known.sources]
    assert len(sources) == 11
    for source in sources:
        assert re.fullmatch(r"md5:[0-9a-f]{32}", source.checksum)
        assert re.fullmatch(r"https?://\S+/[\w.-]+(\.gz|\.mat)", source.url)
    assert len({source.checksum for source in sources}) == 11
