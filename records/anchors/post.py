"""One POST to an anchor's address: bounded, without following redirections, its faults as `AnchorFailed`."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from records.address import shown
from records.anchors.port import AnchorFailed

MOST_BYTES = 64 << 10
"""Of an answer."""
TIMEOUT = aiohttp.ClientTimeout(total=15)


async def post(http: aiohttp.ClientSession, url: str, data: bytes, headers: Mapping[str, str]) -> bytes:
    """The answer's body. Raises AnchorFailed for whatever is not 200 or 201 with a body of bounded size."""
    where = shown(url)
    try:
        async with http.post(url, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False) as answer:
            if answer.status not in {200, 201}:
                raise AnchorFailed(f"{where}: 答复 / answered {answer.status}")
            body = bytearray()
            async for part in answer.content.iter_chunked(MOST_BYTES):
                body += part
                if len(body) > MOST_BYTES:
                    raise AnchorFailed(f"{where}: 答复过长 / the answer is longer than {MOST_BYTES} bytes")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
        raise AnchorFailed(f"{where}: 无法连接 / cannot reach it ({type(problem).__name__})") from problem
    if not body:
        raise AnchorFailed(f"{where}: 答复为空 / the answer is empty")
    return bytes(body)
