"""SRTP and SRTCP for both profiles (RFC 3711, RFC 7714) behind one shape the packet loop can call.

AEAD_AES_128_GCM runs on `cryptography`'s AESGCM with our own nonces and indices; AES_CM_128_HMAC_SHA1_80 runs on
libsrtp. Both look alike: `seal(nonce, payload, header)` gives what follows the header, `open(nonce, sealed,
header)` gives the payload back. libsrtp ignores the nonce. Indices (48 bit: rollover counter and sequence
number) are the caller's; `Window` keeps one stream's.
"""

from __future__ import annotations

from collections.abc import Callable

import pylibsrtp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from media_server.dataplane.ports import SrtpKeys, SrtpProfile

GCM_TAG_BYTES = 16
WINDOW_PACKETS = 1024
_MAX_RTCP_SOURCES = 128
_WINDOW_MASK = (1 << WINDOW_PACKETS) - 1

Seal = Callable[[bytes, bytes, bytes], bytes]


class SrtpError(Exception):
    """The packet is forged, replayed, cut off or too long."""


class Window:
    """Which packet indices of one stream were seen: replay protection and rollover counting (RFC 3711 3.3)."""

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        """Highest accepted index; -1 before the first packet."""
        self._seen = 0

    def index_of(self, sequence: int) -> int:
        """The 48-bit index that a 16-bit sequence number most likely stands for. Changes nothing."""
        highest = self.highest
        if highest < 0:
            return sequence
        index = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        return index if index >= 0 else index + 0x10000

    def fresh(self, index: int) -> bool:
        """Whether `index` is new and not older than the window."""
        age = self.highest - index
        return age < 0 or (age < WINDOW_PACKETS and not (self._seen >> age) & 1)

    def accept(self, index: int) -> None:
        """Remember `index`; call only after the packet authenticated."""
        ahead = index - self.highest
        if ahead > 0:
            self._seen = ((self._seen << ahead) & _WINDOW_MASK) | 1 if ahead < WINDOW_PACKETS else 1
            self.highest = index
        else:
            self._seen |= 1 << -ahead


def derive(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """Key derivation of RFC 3711 4.3.3 with derivation rate 0; a 12-byte salt is padded (RFC 7714 11)."""
    x = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ (label << 48)
    counter = (x << 16).to_bytes(16, "big")
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(size))


class GcmDirection:
    """One direction of an AEAD_AES_128_GCM association."""

    __slots__ = ("_rtcp", "_rtcp_index", "_rtcp_salt", "_rtcp_windows", "_rtp", "open", "salt", "seal")

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._rtp = AESGCM(derive(key, salt, 0, 16))
        self.seal: Seal = self._rtp.encrypt
        self.open: Seal = self._rtp.decrypt
        """Raises InvalidTag."""
        self.salt = int.from_bytes(derive(key, salt, 2, 12), "big")
        """XOR this with ssrc << 48 and the index: the nonce (RFC 7714 8.1)."""
        self._rtcp = AESGCM(derive(key, salt, 3, 16))
        self._rtcp_salt = int.from_bytes(derive(key, salt, 5, 12), "big")
        self._rtcp_index = 0
        self._rtcp_windows: dict[bytes, Window] = {}

    def seal_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet as SRTCP, always encrypted (RFC 7714 9)."""
        header, index = packet[:8], self._rtcp_index
        self._rtcp_index += 1
        flagged = (0x80000000 | index).to_bytes(4, "big")
        nonce = self._rtcp_nonce(header[4:8], index)
        return header + self._rtcp.encrypt(nonce, packet[8:], header + flagged) + flagged

    def open_rtcp(self, packet: bytes) -> bytes:
        """The compound packet of an SRTCP packet. Raises SrtpError."""
        if len(packet) < 8 + GCM_TAG_BYTES + 4 or not packet[-4] & 0x80:
            raise SrtpError("SRTCP packet cut off or not encrypted")
        header, source, flagged = packet[:8], packet[4:8], packet[-4:]
        index = int.from_bytes(flagged, "big") & 0x7FFFFFFF
        window = self._rtcp_windows.get(source)
        if window is not None and not window.fresh(index):
            raise SrtpError("SRTCP packet replayed")
        try:
            body = self._rtcp.decrypt(self._rtcp_nonce(source, index), packet[8:-4], header + flagged)
        except InvalidTag:
            raise SrtpError("SRTCP packet forged") from None
        if window is None:
            window = self._rtcp_windows[source] = Window()
            if len(self._rtcp_windows) > _MAX_RTCP_SOURCES:
                del self._rtcp_windows[next(iter(self._rtcp_windows))]
        window.accept(index)
        return header + body

    def _rtcp_nonce(self, source: bytes, index: int) -> bytes:
        return (self._rtcp_salt ^ (int.from_bytes(source, "big") << 48) ^ index).to_bytes(12, "big")


class CmDirection:
    """One direction of an AES_CM_128_HMAC_SHA1_80 association, on libsrtp (which keeps indices of its own)."""

    __slots__ = ("_session", "salt")

    def __init__(self, key: bytes, salt: bytes, *, inbound: bool) -> None:
        policy = pylibsrtp.Policy(
            key=key + salt,
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
        )
        policy.allow_repeat_tx = True
        policy.window_size = WINDOW_PACKETS
        self._session = pylibsrtp.Session(policy)
        self.salt = 0

    def seal(self, _nonce: bytes, payload: bytes, header: bytes) -> bytes:
        """What follows `header` in the SRTP packet. Raises ValueError when it is too long for libsrtp's buffer."""
        sealed: bytes = self._session.protect(header + payload)
        return sealed[len(header) :]

    def open(self, _nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        """The payload. Raises InvalidTag."""
        try:
            packet: bytes = self._session.unprotect(header + sealed)
        except (pylibsrtp.Error, ValueError):
            raise InvalidTag from None
        return packet[len(header) :]

    def seal_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet as SRTCP."""
        sealed: bytes = self._session.protect_rtcp(packet)
        return sealed

    def open_rtcp(self, packet: bytes) -> bytes:
        """The compound packet of an SRTCP packet. Raises SrtpError."""
        try:
            opened: bytes = self._session.unprotect_rtcp(packet)
        except (pylibsrtp.Error, ValueError) as error:
            raise SrtpError(str(error)) from None
        return opened


Direction = GcmDirection | CmDirection


def directions(keys: SrtpKeys) -> tuple[Direction, Direction]:
    """What the peer sends with, and what we send with."""
    if keys.profile is SrtpProfile.AEAD_AES_128_GCM:
        return GcmDirection(keys.rx_key, keys.rx_salt), GcmDirection(keys.tx_key, keys.tx_salt)
    return (
        CmDirection(keys.rx_key, keys.rx_salt, inbound=True),
        CmDirection(keys.tx_key, keys.tx_salt, inbound=False),
    )
