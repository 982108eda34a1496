"""A UDP client with SRTP by libsrtp: the other side of a data plane under test, written apart from ours."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pylibsrtp

from media_server.dataplane.ports import SrtpKeys, SrtpProfile

_PROFILES = {
    SrtpProfile.AEAD_AES_128_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


@dataclass(frozen=True)
class Rtp:
    """An RTP packet's parts. `extension` is the whole block with profile and length."""

    sequence: int
    payload: bytes = b"payload"
    timestamp: int = 1000
    ssrc: int = 1
    payload_type: int = 96
    marker: bool = False
    extension: bytes = b""
    padding: int = 0
    arrival_us: int = field(default=0, compare=False)
    """When a client read it, CLOCK_MONOTONIC."""

    def packed(self) -> bytes:
        """The packet's bytes."""
        first = 0x80 | (0x10 if self.extension else 0) | (0x20 if self.padding else 0)
        header = struct.pack(
            "!BBHII",
            first,
            self.marker << 7 | self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        tail = bytes(self.padding - 1) + bytes((self.padding,)) if self.padding else b""
        return header + self.extension + self.payload + tail


def parsed(packet: bytes) -> Rtp:
    """The parts of a packet without CSRC and padding."""
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    assert first & ~0x10 == 0x80
    at = 12
    if first & 0x10:
        at += 4 + 4 * int.from_bytes(packet[14:16], "big")
    return Rtp(
        sequence=sequence,
        payload=packet[at:],
        timestamp=timestamp,
        ssrc=ssrc,
        payload_type=second & 0x7F,
        marker=bool(second & 0x80),
        extension=packet[12:at],
        arrival_us=time.monotonic_ns() // 1000,
    )


def elements(extension: bytes) -> Mapping[int, bytes]:
    """Elements by id of a sound extension block, either form, in order."""
    found: dict[int, bytes] = {}
    at, long = 4, extension[:2] == b"\x10\x00"
    while at < len(extension):
        if not extension[at]:
            at += 1
        elif long:
            found[extension[at]] = extension[at + 2 : at + 2 + extension[at + 1]]
            at += 2 + extension[at + 1]
        else:
            size = (extension[at] & 15) + 1
            found[extension[at] >> 4] = extension[at + 1 : at + 1 + size]
            at += 1 + size
    return found


def transport_feedback(first: int, arrivals_us: Sequence[int | None]) -> bytes:
    """Transport-cc feedback on the packets from number `first` on: when each arrived, None = not."""
    known = [at_us for at_us in arrivals_us if at_us is not None]
    reference = (known[0] if known else 0) // 64_000
    ticks, chunks, deltas = reference * 256, bytearray(), bytearray()
    for start in range(0, len(arrivals_us), 7):
        vector = 0xC000
        for place, at_us in enumerate(arrivals_us[start : start + 7]):
            if at_us is not None:
                vector |= 2 << (12 - 2 * place)
                deltas += struct.pack("!h", at_us // 250 - ticks)
                ticks = at_us // 250
        chunks += struct.pack("!H", vector)
    body = (
        struct.pack("!IIHHI", 1, 2, first & 0xFFFF, len(arrivals_us), (reference & 0xFFFFFF) << 8) + chunks + deltas
    )
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body


def keys(seed: int, profile: SrtpProfile) -> SrtpKeys:
    """Keys as the data plane is given them."""
    salt = 12 if profile is SrtpProfile.AEAD_AES_128_GCM else 14
    return SrtpKeys(
        profile=profile,
        rx_key=bytes((seed,)) * 16,
        rx_salt=bytes((seed + 1,)) * salt,
        tx_key=bytes((seed + 2,)) * 16,
        tx_salt=bytes((seed + 3,)) * salt,
    )


def _session(profile: SrtpProfile, key: bytes, kind: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=_PROFILES[profile])
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


@dataclass
class SrtpClient:
    """One socket. `received` and `received_rtcp` hold what came, decrypted; `failures` what did not authenticate."""

    host: str = "127.0.0.1"
    received: list[Rtp] = field(default_factory=list)
    received_rtcp: list[bytes] = field(default_factory=list)
    other: list[bytes] = field(default_factory=list)
    failures: int = 0

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((self.host, 0))
        self.sock.setblocking(False)
        self.address: tuple[str, int] = self.sock.getsockname()[:2]
        self.server: tuple[str, int] = ("", 0)

    def set_keys(self, keys: SrtpKeys) -> None:
        """`keys` as the data plane got them."""
        self._tx = _session(keys.profile, keys.rx_key + keys.rx_salt, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._rx = _session(keys.profile, keys.tx_key + keys.tx_salt, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def seal(self, packet: Rtp) -> bytes:
        """The SRTP datagram of a packet."""
        sealed: bytes = self._tx.protect(packet.packed())
        return sealed

    def send(self, *packets: Rtp) -> None:
        """Seal and send in this order."""
        for packet in packets:
            self.send_raw(self.seal(packet))

    def send_raw(self, data: bytes) -> None:
        """A datagram as it is."""
        self.sock.sendto(data, self.server)

    def send_rtcp(self, data: bytes) -> None:
        """Seal and send a compound RTCP packet."""
        self.send_raw(self._tx.protect_rtcp(data))

    def open(self, data: bytes) -> Rtp | None:
        """The packet in an SRTP datagram; None, and counted, when it does not authenticate."""
        try:
            return parsed(self._rx.unprotect(data))
        except pylibsrtp.Error:
            self.failures += 1
            return None

    def open_rtcp(self, data: bytes) -> bytes:
        """The packet in an SRTCP datagram; empty, and counted, when it does not authenticate."""
        try:
            opened: bytes = self._rx.unprotect_rtcp(data)
        except pylibsrtp.Error:
            self.failures += 1
            return b""
        return opened

    async def read(self) -> None:
        """Wait for one datagram and file it."""
        async with asyncio.timeout(5):
            data = await asyncio.get_running_loop().sock_recv(self.sock, 4096)
        if not data or not 128 <= data[0] < 192:
            self.other.append(data)
            return
        try:
            if 192 <= data[1] <= 223:
                self.received_rtcp.append(self._rx.unprotect_rtcp(data))
            else:
                self.received.append(parsed(self._rx.unprotect(data)))
        except pylibsrtp.Error:
            self.failures += 1

    def close(self) -> None:
        """Release the socket."""
        self.sock.close()
