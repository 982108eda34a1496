"""The DTLS server side of one peer, on aiortc's RTCDtlsTransport with a link of ours in place of its ICE transport.

aiortc does the handshake and compares certificate and fingerprint; SRTP stays with the data plane, given the keys.
The link never passes on an empty datagram or SRTP: both would end or burden aiortc's receive loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL

from media_server.dataplane.ports import SrtpKeys, SrtpProfile
from media_server.sdp import Fingerprint

_PROFILES = (rtcdtlstransport.SRTP_AEAD_AES_128_GCM, rtcdtlstransport.SRTP_AES128_CM_SHA1_80)
_EXPORTER = b"EXTRACTOR-dtls_srtp"
_MTU_BYTES = 1200
_QUEUED_DATAGRAMS = 64
_RECORD_HEADER_BYTES = 13


class _Link:
    """The ICE transport that RTCDtlsTransport sees. Its queue drops the oldest datagram: DTLS repeats itself."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_datagram = send
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_QUEUED_DATAGRAMS)

    def push(self, data: bytes) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(data)

    async def _recv(self) -> bytes:
        return await self._queue.get()

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)


class DtlsServer(RTCDtlsTransport):
    """One association. `keys` is set when the handshake succeeded."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None]) -> None:
        self._link = _Link(send)
        super().__init__(self._link, [certificate])  # type: ignore[arg-type]
        self.keys: SrtpKeys | None = None
        self._srtp_profiles = list(_PROFILES)
        self._set_role("server")

    def push(self, data: bytes) -> None:
        """A DTLS datagram of the peer."""
        if data and 20 <= data[0] < 64:
            self._link.push(data)

    async def handshake(self, fingerprints: Sequence[Fingerprint]) -> SrtpKeys | None:
        """Run the handshake; None when it failed or the peer's certificate is not the one of its SDP."""
        remote = RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in fingerprints])
        try:
            await self.start(remote)
        except (SSL.Error, ValueError):  # ValueError: a certificate that cannot be parsed
            return None
        return self.keys if self._state is State.CONNECTED else None

    def on_closed(self, callback: Callable[[], None]) -> None:
        """Call `callback` once when the peer ends the association after a handshake."""

        def changed() -> None:
            if self._state is State.CLOSED:
                callback()

        self.on("statechange", changed)

    async def _do_handshake(self) -> None:
        assert self._ssl is not None
        self._ssl.set_ciphertext_mtu(_MTU_BYTES)
        await super()._do_handshake()

    def _setup_srtp(self) -> None:
        """Take the keys (RFC 5764 4.2: client key, server key, client salt, server salt) instead of using them."""
        ssl: Any = self._ssl
        chosen = ssl.get_selected_srtp_profile()
        profile = next((profile for profile in _PROFILES if profile.openssl_profile == chosen), None)
        if profile is None:
            self._set_state(State.FAILED)
            return
        key, salt = profile.key_length, profile.salt_length
        material: bytes = ssl.export_keying_material(_EXPORTER, 2 * (key + salt))
        salts = material[2 * key :]
        gcm = profile is rtcdtlstransport.SRTP_AEAD_AES_128_GCM
        self.keys = SrtpKeys(
            profile=SrtpProfile.AEAD_AES_128_GCM if gcm else SrtpProfile.AES_CM_128_HMAC_SHA1_80,
            rx_key=material[:key],
            rx_salt=salts[:salt],
            tx_key=material[key : 2 * key],
            tx_salt=salts[salt:],
        )

    async def _write_ssl(self) -> None:
        """Send all that OpenSSL wrote; several records may come out at once, cut them into datagrams."""
        ssl: Any = self._ssl
        try:
            written: bytes = ssl.bio_read(1 << 16)
        except SSL.Error:
            return
        for datagram in _datagrams(written):
            await self._link._send(datagram)


def _datagrams(records: bytes) -> list[bytes]:
    """Whole DTLS records, packed into datagrams of at most the MTU where the records allow it."""
    datagrams: list[bytes] = []
    at = 0
    while at < len(records):
        size = int.from_bytes(records[at + 11 : at + 13], "big")
        record = records[at : at + _RECORD_HEADER_BYTES + size]
        at += len(record)
        if datagrams and len(datagrams[-1]) + len(record) <= _MTU_BYTES:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams
