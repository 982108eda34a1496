"""The C load generator's thread from Python: add peers, start media, read what arrived.

engine = Engine()
engine.add(Link(sock, keys, "publisher", ...))     # connected sockets; keys as the peer sees them
engine.media(True); ...; engine.total().received; engine.delay_ms(0.99)
engine.close()
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from media_server.dataplane.ports import SrtpKeys, SrtpProfile
from media_server.dataplane.srtp import derive
from yunting.bench.load.build import library
from yunting.bench.load.structs import Counts, Plan

FRAMES_PER_S = 30
SLOT_PACKETS = 4
_SAMPLE_EVERY = 8
_LABELS = ((0, 16), (1, 20), (2, 14), (3, 16), (4, 20), (5, 14))
"""Key derivation labels and sizes (RFC 3711 4.3.2) in the order of `struct plan`."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a publisher sends. `slot_packets` every 5 ms, 0 = each frame at once."""

    ssrc: int
    payload_type: int
    packets_per_s: int
    packet_bytes: int = 1100
    slot_packets: int = SLOT_PACKETS


@dataclass(frozen=True, slots=True)
class Ice:
    """Credentials for checks and answers once connected."""

    username: str
    local_password: str
    remote_password: str


@dataclass(frozen=True, slots=True)
class Link:
    """One connected peer: a connected socket, kept open by the caller, and its keys (tx = what we seal with).

    `sending` None makes a subscriber. Header-extension ids are 0 where not negotiated. `feedback`: receiver reports
    each second and, with transport-cc, its feedback each 100 ms.
    """

    sock: socket.socket
    keys: SrtpKeys
    sending: Sending | None = None
    ice: Ice | None = None
    transport_cc: int = 0
    abs_send_time: int = 0
    repeat_type: int = 0
    feedback: bool = True
    own_ssrc: int = 1


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over peers since `reset`."""

    sent: int
    received: int
    gaps: int
    auth_failures: int
    rtcp_in: int
    rtcp_out: int
    bytes: int
    blocked: int
    """Datagrams that our own sockets refused: above 0 the run is not to be used."""
    repeats: int
    """RTX: probes and repetitions."""


class Engine:
    """One thread of C that drives every peer. Raises NoCompiler, and OSError when the thread cannot start."""

    def __init__(self, sample_every: int = _SAMPLE_EVERY) -> None:
        self._library = library()
        self._handle = self._library.load_new(sample_every)
        if not self._handle:
            raise OSError("the load generator cannot start")
        self._subscribers: list[int] = []
        self._publishers: list[int] = []

    def add(self, link: Link) -> int:
        """Drive this peer from now on; returns its number."""
        number: int = self._library.load_add(self._handle, ctypes.byref(_plan(link)))
        if number < 0:
            raise OSError("the load generator cannot take another peer")
        (self._publishers if link.sending else self._subscribers).append(number)
        return number

    def media(self, on: bool) -> None:
        """Publishers begin, with a keyframe, or stop."""
        self._library.load_media(self._handle, on)

    def reset(self) -> None:
        """Count from now on."""
        self._library.load_reset(self._handle)

    def published(self) -> Totals:
        """Of all publishers."""
        return self._sum(self._publishers)

    def subscribed(self) -> Totals:
        """Of all subscribers."""
        return self._sum(self._subscribers)

    def totals(self, number: int) -> Totals:
        """Of one peer."""
        return self._sum([number])

    def delay_ms(self, share: float) -> float:
        """One-way delay that this share of the sampled packets does not exceed, at most 200; NaN without packets."""
        delay_us: int = self._library.load_delay_us(self._handle, share)
        return delay_us / 1000 if delay_us >= 0 else float("nan")

    def busy_s(self) -> float:
        """CPU time of the thread."""
        busy_us: int = self._library.load_busy_us(self._handle)
        return busy_us / 1e6

    def close(self) -> None:
        """Stop the thread. Idempotent."""
        if self._handle:
            self._library.load_free(self._handle)
            self._handle = None

    def _sum(self, numbers: Sequence[int]) -> Totals:
        sums = dict.fromkeys(Totals.__slots__, 0)
        for number in numbers:
            counts = Counts()
            self._library.load_counts(self._handle, number, ctypes.byref(counts))
            for name in sums:
                sums[name] += getattr(counts, name)
        return Totals(**sums)


def floor_us(profile: SrtpProfile, subscribers: int, group: int, packet_bytes: int) -> float:
    """CPU microseconds to encrypt a packet and send it in runs of `group` with UDP_SEGMENT, and nothing else."""
    rounds = max(1, 40_000 // (subscribers * group))
    gcm = profile is SrtpProfile.AEAD_AES_128_GCM
    return float(library().load_floor(gcm, subscribers, group, packet_bytes, rounds))


def _plan(link: Link) -> Plan:
    plan = Plan(
        fd=link.sock.fileno(),
        gcm=link.keys.profile is SrtpProfile.AEAD_AES_128_GCM,
        transport_cc=link.transport_cc,
        abs_send_time=link.abs_send_time,
        repeat_type=link.repeat_type,
        feedback=link.feedback,
        ssrc=link.own_ssrc,
    )
    if sending := link.sending:
        plan.publisher = 1
        plan.ssrc = sending.ssrc
        plan.payload_type = sending.payload_type
        plan.packets_per_s = sending.packets_per_s
        plan.packet_bytes = sending.packet_bytes
        plan.slot_packets = sending.slot_packets
    if link.ice:
        plan.username = link.ice.username.encode()
        plan.local_password = link.ice.local_password.encode()
        plan.remote_password = link.ice.remote_password.encode()
    plan.seal_keys[:] = session_keys(link.keys.tx_key, link.keys.tx_salt)
    plan.open_keys[:] = session_keys(link.keys.rx_key, link.keys.rx_salt)
    return plan


def session_keys(key: bytes, salt: bytes) -> list[int]:
    """What RTP and RTCP are sealed with (RFC 3711 4.3), in the order of `struct plan`."""
    return list(b"".join(derive(key, salt, label, size) for label, size in _LABELS))
