"""An archive from the network, into a file that is whole or goes on where it broke off."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from hearing.errors import UserError

Progress = Callable[[int, int | None], None]
"""Bytes so far, and of how many where that is known."""

MOST_BYTES = 8 << 30
_TRIES = 4
_SILENCE_S = 60.0
_BLOCK_BYTES = 1 << 18


class DownloadFailed(UserError):
    """It could not be fetched; what came is kept, and the next try goes on from there where the server can."""


class _Origin(msgspec.Struct, frozen=True):
    """Which file the part is of. Without a validator of the server's, another part is not fitted to it."""

    url: str
    etag: str


def download(url: str, part: Path, *, pinned: bool, progress: Progress) -> None:
    """Into `part`, complete when this returns. `pinned`: its hash will be checked against a known one, so that a
    part may be completed even where the server gives no strong validator (RFC 9110 8.8.1, 14.2).

    Raises DownloadFailed, OSError (disk).
    """
    problem = ""
    for _ in range(_TRIES):
        had = _size(part)
        try:
            _fetch(url, part, pinned=pinned, progress=progress)
            return
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code == 416:  # the part is as long as the file, or longer
                    part.unlink(missing_ok=True)
                    problem = "416"
                    continue
                raise _failed(url, f"HTTP {refused.code}") from None
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as broken:
            problem = str(getattr(broken, "reason", broken)) or type(broken).__name__
            if _size(part) == had:
                break
    raise _failed(url, problem)


def _fetch(url: str, part: Path, *, pinned: bool, progress: Progress) -> None:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "yunting"})
    start = _start(url, part, request, pinned=pinned)
    with urllib.request.urlopen(request, timeout=_SILENCE_S) as answer:
        begins, whole = _range(answer.headers.get("Content-Range", "")) if answer.status == 206 else (0, None)
        if begins not in (0, start):
            raise _failed(url, "the server sent another part than was asked for")
        if answer.status != 206 and answer.headers.get("Content-Length", "").isdecimal():
            whole = int(answer.headers["Content-Length"])
        if whole is not None and whole > MOST_BYTES:
            raise _failed(url, f"{whole} bytes are more than a model has")
        _origin_file(part).write_bytes(msgspec.json.encode(_Origin(url, answer.headers.get("ETag", ""))))
        with part.open("r+b" if begins else "wb") as out:
            out.seek(begins)
            out.truncate()
            _copy(answer, out, begins, whole, progress)
    if whole is not None and _size(part) < whole:
        raise ConnectionError(f"broke off after {_size(part)} of {whole} bytes")
    _origin_file(part).unlink(missing_ok=True)


def _copy(answer: BinaryIO, out: BinaryIO, done: int, whole: int | None, progress: Progress) -> None:
    while block := answer.read(_BLOCK_BYTES):
        out.write(block)
        done += len(block)
        progress(done, whole)
        if done > (MOST_BYTES if whole is None else whole):
            raise DownloadFailed("model-too-large", "文件过大", "the server sends more than it announced")


def _start(url: str, part: Path, request: urllib.request.Request, *, pinned: bool) -> int:
    """Where to go on; asks for the rest in `request` when there is something to go on from."""
    have = _size(part)
    try:
        origin = msgspec.json.decode(_origin_file(part).read_bytes(), type=_Origin)
    except (OSError, msgspec.DecodeError):
        return 0
    strong = origin.etag.startswith('"')
    if not have or origin.url != url or not (strong or pinned):
        return 0
    request.add_header("Range", f"bytes={have}-")
    if strong:
        request.add_header("If-Range", origin.etag)
    return have


def _range(header: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", header.strip())
    if not found:
        return -1, None
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _origin_file(part: Path) -> Path:
    return part.with_name(part.name + ".from")


def _failed(url: str, why: str) -> DownloadFailed:
    return DownloadFailed(
        "model-download",
        f"下载失败：{url}（{why}）。再次运行同一命令会尽量从中断处继续",
        f"cannot download {url}: {why}; the same command again goes on where it broke off if the server lets it",
    )
