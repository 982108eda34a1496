"""Bodies that are files: taken in to the disk, sent out from it."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from urllib.parse import quote

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from hearing.errors import UserError
from records.file_names import safe_name
from signaling.http import BODY_TIMEOUT_S, secure


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken in."""

    bytes: int
    sha256: str


async def save_body(request: web.Request, file: Path, most_bytes: int) -> Saved:
    """Stream the body to the file, over what is there. Raises UserError `too-large`, `too-slow`, `bad-body`;
    OSError."""
    if (request.content_length or 0) > most_bytes:
        raise _too_large(most_bytes)
    size, digest = 0, hashlib.sha256()

    def write(chunk: bytes) -> None:
        digest.update(chunk)
        out.write(chunk)

    with await asyncio.to_thread(file.open, "wb") as out:
        try:
            while True:
                async with asyncio.timeout(BODY_TIMEOUT_S):
                    chunk = await request.content.readany()
                if not chunk:
                    break
                size += len(chunk)
                if size > most_bytes:
                    raise _too_large(most_bytes)
                await asyncio.to_thread(write, chunk)
        except TimeoutError:
            raise UserError("too-slow", "文件接收超时", "the file did not arrive in time") from None
    if not size:
        raise UserError("bad-body", "没有收到文件", "there is no file in the body")
    return Saved(bytes=size, sha256=digest.hexdigest())


async def send_file(request: web.Request, file: Path, name: str, media_type: str) -> web.FileResponse:
    """Send the file, to be saved under `name`; returns when it has been sent, so that it may be removed then. Raises
    ConnectionError when the other side went away before."""
    response = _SentFile(file, headers={"Content-Disposition": disposition(name)})
    response.content_type = media_type
    secure(request, response)
    await response.prepare(request)
    return response


class _SentFile(web.FileResponse):
    """aiohttp prepares whatever a handler returns; a file that was sent already would be sent, or missed, again."""

    _sent = False
    _by: AbstractStreamWriter | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the file. Idempotent."""
        if not self._sent:
            self._by = await super().prepare(request)
            self._sent = True
        return self._by


def disposition(name: str) -> str:
    """`Content-Disposition` for a name in any language (RFC 6266, RFC 8187)."""
    safe = safe_name(name, "file", limit=120)
    plain = "".join(each if each.isascii() and each.isprintable() and each not in "%'" else "_" for each in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _too_large(most_bytes: int) -> UserError:
    most = most_bytes >> 20
    return UserError("too-large", f"文件超过 {most} MB", f"the file is larger than {most} MB")
