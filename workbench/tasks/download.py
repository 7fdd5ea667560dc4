"""Downloads that resume where they broke off and are checked before they count."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from pathlib import Path

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with (what, done, total); total is None while it is unknown."""

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
ATTEMPTS = 5


class DownloadError(OSError):
    """A file could not be downloaded; the message says which and why."""


class ChecksumError(DownloadError):
    """A file is not the one that was published."""


@dataclass(frozen=True, slots=True)
class Source:
    """One published file: where it lies and ``"md5:..."`` or ``"sha256:..."``."""

    url: str
    checksum: str

    @property
    def file(self) -> str:
        """The file's name, the last part of the address."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]

    def matches(self, path: Path) -> bool:
        """Return whether the file at ``path`` has the published checksum."""
        algorithm, _, expected = self.checksum.partition(":")
        # Publishers give MD5: good against damage. What is read is never executed.
        digest = hashlib.new(algorithm, usedforsecurity=False)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest() == expected


def download(source: Source, folder: Path, progress: Progress | None = None) -> Path:
    """Download a file into ``folder`` unless it is there already; return its path.

    The bytes gather in a file with ``.part`` at the end of its name, which a later
    call continues if the server can do that, and which takes the final name only
    when its checksum is right. A broken connection is taken up again at once, as
    long as each attempt brings something.

    Raises
    ------
    DownloadError
        If the server can't be reached, refuses, or breaks off for good. What
        arrived is kept.
    ChecksumError
        If the whole file arrived and is another one. It is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.file
    if target.exists() and source.matches(target):
        return target
    part = folder / f"{source.file}.part"
    resumed = part.exists() and part.stat().st_size > 0
    _fill(source, part, progress)
    if not source.matches(part) and resumed:
        # Perhaps the old beginning was of another file: once more from the start.
        part.unlink()
        _fill(source, part, progress)
    if not source.matches(part):
        part.unlink()
        raise ChecksumError(
            f"{source.url} is not the published file: its checksum is not "
            f"{source.checksum}. What arrived was removed"
        )
    part.replace(target)
    return target


def _fill(source: Source, part: Path, progress: Progress | None) -> None:
    """Download into ``part``, continuing it, until the server has sent all."""
    attempt = 0
    while True:
        attempt += 1
        before = part.stat().st_size if part.exists() else 0
        try:
            return _request(source, part, progress)
        except (requests.RequestException, HTTPError) as error:
            after = part.stat().st_size if part.exists() else 0
            if after > before and attempt < ATTEMPTS:
                continue
            kept = f"; the {after} bytes that arrived are kept" if after else ""
            raise DownloadError(f"{source.url}: {_reason(error)}{kept}") from error


def _request(source: Source, part: Path, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    # Some servers would compress anew or undo the .gz; the bytes as stored are needed.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(
        source.url, headers=headers, stream=True, timeout=TIMEOUT_S
    ) as response:
        if have and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left to send; the checksum decides
        response.raise_for_status()
        start = _start(response)
        if start not in {0, have}:
            raise requests.RequestException(
                f"asked for the bytes from {have}, got those from {start}"
            )
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        done = start
        with part.open("ab" if start else "wb") as file:
            if progress:
                progress(source.file, done, total)
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                done += len(chunk)
                if progress:
                    progress(source.file, done, total)


def _start(response: requests.Response) -> int:
    """Return at which byte of the file the answer begins."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    text = response.headers.get("Content-Range", "")  # such as "bytes 10-99/100"
    first = text.removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return f"the server answered {status} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"the server did not answer within {TIMEOUT_S:.0f} seconds"
    if isinstance(error, requests.ConnectionError):
        return "the server can't be reached; this computer may be offline"
    return f"the connection broke off ({error})"
