"""An anchor behind an HTTPS address: a court's chain, a notary, another court's server, through a small adapter."""

from __future__ import annotations

import hashlib

import aiohttp
import msgspec

from records.address import shown
from records.anchors.port import AnchorFailed, Kind
from records.anchors.post import post


class HttpsAnchor:
    """Anchor. Posts the head as it is; the answer is the evidence: a JSON object whose `sha256` is that of the head's
    bytes. What else it says (a block, a signature) is kept with it. `token`, unless empty, goes as a bearer's."""

    kind: Kind = "https"

    def __init__(self, url: str, token: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._token = token
        self._http = http
        self.where = shown(url)

    async def submit(self, head: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = await post(self._http, self._url, head, headers)
        try:
            told = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            told = None
        if not isinstance(told, dict) or told.get("sha256") != hashlib.sha256(head).hexdigest():
            raise AnchorFailed(f"{self.where}: 答复不是该树头的回执 / the answer is no receipt of this head")
        return body
