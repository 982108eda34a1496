"""An anchor that signs the time: a time-stamping authority by HTTP (RFC 3161)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
from cryptography.x509 import Certificate
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from records.address import shown
from records.anchors.der import with_certificates_in_order
from records.anchors.port import AnchorFailed, Kind
from records.anchors.post import post


class Rfc3161Anchor:
    """Anchor. The evidence is the authority's whole answer (a `TimeStampResp` in DER) over the SHA-256 of the head's
    bytes. It is checked at once, its signature too, up to one of the `roots`: an answer that a stranger could not
    check later is none."""

    kind: Kind = "rfc3161"

    def __init__(self, url: str, roots: Sequence[Certificate], http: aiohttp.ClientSession) -> None:
        self._url = url
        self._roots = tuple(roots)
        self._http = http
        self.where = shown(url)

    async def submit(self, head: bytes) -> bytes:
        request = TimestampRequestBuilder().data(head).hash_algorithm(HashAlgorithm.SHA256).build()
        body = await post(self._http, self._url, request.as_bytes(), {"Content-Type": "application/timestamp-query"})
        try:
            await asyncio.to_thread(self._check, body, request, head)
        except (ValueError, VerificationError) as problem:
            raise AnchorFailed(f"{self.where}: 时间戳无效 / no valid time stamp ({problem})") from problem
        return body

    def _check(self, body: bytes, request: TimeStampRequest, head: bytes) -> None:
        builder = VerifierBuilder.from_request(request)
        for root in self._roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(decode_timestamp_response(with_certificates_in_order(body)), head)
