"""What the plain data plane remembers of peers and of incoming streams with their packet cache.

No sockets and no clock here. Sequence numbers are 48-bit indices throughout (rollover counter and 16-bit number), so
that wrapping and the SRTP rollover counter come out right by plain addition.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from media_server.dataplane.arrivals import Arrivals
from media_server.dataplane.congestion import Estimator
from media_server.dataplane.consent import Consent
from media_server.dataplane.descriptors import Dependencies, Layers, Vp8, vp8, vp9
from media_server.dataplane.pacer import Pacer
from media_server.dataplane.ports import (
    Bandwidth,
    BandwidthLimits,
    HopExtensions,
    PeerId,
    Received,
    RouteId,
    SrtpKeys,
    TapSink,
)
from media_server.dataplane.srtp import Direction, Window, directions
from media_server.dataplane.wire import RawAddress, shown
from media_server.payloads import is_keyframe

if TYPE_CHECKING:
    from media_server.dataplane.routes import RouteState

VIDEO_CACHE_PACKETS = 500
AUDIO_CACHE_PACKETS = 200
MAX_STREAMS = 64
MAX_ADDRESSES = 8
_MAX_REMEMBERED_SOURCES = 4096
_JUMP_PACKETS = 3000
"""A stream that goes on further ahead begins anew."""


class Packet(NamedTuple):
    """A decrypted RTP packet without padding; `number` is the 48-bit index."""

    number: int
    marker: int
    """0x80 or 0."""
    payload_type: int
    timestamp: int
    elements: Mapping[int, bytes]
    payload: bytes
    arrival_us: int = 0
    keyframe: bool = False
    layers: Layers | None = None
    vp8: Vp8 | None = None


class Stream:
    """One incoming SSRC. `cache` is a ring by index, kept while a route listens: a new packet drops the oldest."""

    __slots__ = (
        "cache", "codec", "dependencies", "dependency_descriptor", "highest_timestamp", "highest_us", "hushed",
        "layer_bytes", "life", "muted", "routes", "ssrc", "taps", "waiting", "window",
    )  # fmt: skip

    def __init__(self, ssrc: int, life: int) -> None:
        self.ssrc = ssrc
        self.life = life
        """Number among the peer's streams; another one when the SSRC was forgotten and comes back."""
        self.window = Window()
        self.highest_timestamp = 0
        self.highest_us = 0
        self.codec: str | None = None
        """What the stream carries; None before anybody said."""
        self.dependency_descriptor = 0
        """Extension id of the AV1 dependency descriptor; 0 = none."""
        self.dependencies = Dependencies()
        self.layer_bytes: dict[tuple[int, int], int] = {}
        """Payload that came, by spatial and temporal layer."""
        self.muted = False
        self.hushed = False
        """Taps go on, routes do not."""
        self.routes: list[RouteState] = []
        self.waiting: list[RouteState] = []
        """Routes that move here at the next keyframe."""
        self.taps: list[TapSink] = []
        self.cache: list[Packet | None] = []

    @property
    def idle(self) -> bool:
        """Nobody asked for this stream: its state may be forgotten."""
        return not (self.routes or self.waiting or self.taps or self.silent)

    @property
    def silent(self) -> bool:
        """Nothing goes to routes."""
        return self.muted or self.hushed

    def carry(self, codec: str) -> None:
        """See `DataPlane.set_stream`."""
        if codec != self.codec:
            self.codec = codec
            self.cache = [None] * (AUDIO_CACHE_PACKETS if codec == "opus" else VIDEO_CACHE_PACKETS)
            self.layer_bytes.clear()

    def described(self, packet: Packet) -> Packet:
        """The packet with what its payload says of keyframe and layers."""
        codec, payload = self.codec, packet.payload
        if codec is None or codec == "opus":
            return packet
        keyframe = is_keyframe(codec, payload)
        layers, picture = None, None
        if codec == "vp8":
            picture = vp8(payload)
            layers = picture and picture.layers
        elif codec == "vp9":
            layers = vp9(payload)
        elif self.dependency_descriptor and (element := packet.elements.get(self.dependency_descriptor)):
            layers = self.dependencies.read(element, packet.number)
        return Packet(*packet[:7], keyframe, layers, picture)

    def mute(self, muted: bool) -> None:
        """See `DataPlane.mute`."""
        self._silence(muted, self.hushed)

    def hush(self, hushed: bool) -> None:
        """See `DataPlane.hush`."""
        self._silence(self.muted, hushed)

    def _silence(self, muted: bool, hushed: bool) -> None:
        was = self.silent
        self.muted, self.hushed = muted, hushed
        if was == self.silent:
            return
        for route in self.routes:
            if was:
                route.begin_anew()
            else:
                route.hold()

    def restart(self) -> None:
        """New keys: indices begin anew, so everything told in old indices is void."""
        for route in self.routes:
            route.hold()
            route.segments.clear()
            route.first = 0
        self.window = Window()
        self.dependencies.restart()
        self.cache = [None] * len(self.cache)

    def accept(self, index: int) -> None:
        """Remember the index of a packet that authenticated. After a jump routes begin anew.

        Passed on, it could take a viewer's SRTP past half its numbers, and the rollover counter with it.
        """
        if 0 <= self.window.highest < index - _JUMP_PACKETS:
            for route in self.routes:
                route.interrupt()
        self.window.accept(index)

    def cached(self, index: int) -> Packet | None:
        """The packet with this index if it is still there."""
        if not self.cache or index < 0:
            return None
        packet = self.cache[index % len(self.cache)]
        return packet if packet is not None and packet.number == index else None


class Link:
    """What is special about sending to a peer that has hop extensions or a pace. Peers without have none."""

    __slots__ = ("estimator", "fillings", "hop", "pacer")

    def __init__(self) -> None:
        self.hop = HopExtensions()
        self.estimator: Estimator | None = None
        """There is one while transport-wide numbers are written."""
        self.pacer = Pacer()
        self.fillings = 0
        """How many packets have filled up probes."""

    def may_leave(self, now_us: int) -> bool:
        """Whether the pace and what is under way allow one more packet; a probe is to fill the path."""
        pacer, estimator = self.pacer, self.estimator
        if not pacer.may_leave(now_us):
            return False
        if estimator is None or pacer.rate_bps is None or pacer.probe_bps:
            return True
        return estimator.has_room(now_us)

    def strained(self, least_bps: int, now_us: int) -> bool:
        """See `DataPlane.strained`."""
        if self.estimator is None:
            return False
        known = self.estimator.bandwidth(now_us)
        return known.overusing or known.jammed or known.lossy or known.estimate_bps < least_bps


class Peer:
    """One client: its addresses, keys, incoming streams and what it is sent."""

    __slots__ = (
        "_lives", "addresses", "arrivals", "arrivals_id", "arrivals_media", "arrivals_ssrc", "consent",
        "inbound", "limits", "link", "next_index", "outbound", "queue", "routes", "rtx", "streams", "target",
        "was_linked",
    )  # fmt: skip

    def __init__(self) -> None:
        self.addresses: dict[RawAddress, None] = {}
        """Bound ones, oldest first."""
        self.target: RawAddress | None = None
        self.consent: Consent | None = None
        """None: nobody said that its checks may be answered here."""
        self.inbound: Direction | None = None
        self.outbound: Direction | None = None
        self.streams: dict[int, Stream] = {}
        self._lives = itertools.count()
        self.rtx: dict[int, tuple[int, Mapping[int, int]]] = {}
        self.routes: dict[RouteId, RouteState] = {}
        """Outgoing ones."""
        self.next_index: dict[int, int] = {}
        """Outgoing SSRC -> its next index, kept after a route ends: no index may serve twice with one key."""
        self.queue: list[bytes] = []
        """Header, rest, header, rest… of this wake-up; emptied at its end."""
        self.limits = BandwidthLimits()
        self.link: Link | None = None
        self.was_linked = False
        """Once true, a packet is never repeated with its own index: hop extensions would be others (AES-GCM)."""
        self.arrivals: Arrivals | None = None
        """None until feedback on its own packets is asked for."""
        self.arrivals_ssrc = self.arrivals_media = 0
        """Who tells, and of which of its streams."""
        self.arrivals_id = 0
        """Of transport-cc among its header extensions; 0: nothing is noted."""

    def report_arrivals(self, ssrc: int, transport_cc: int) -> None:
        """See `DataPlane.report_arrivals`."""
        if self.arrivals is None and transport_cc:
            self.arrivals = Arrivals()
        self.arrivals_ssrc, self.arrivals_id = ssrc, transport_cc

    def arrived(self, ssrc: int, elements: Mapping[int, bytes], now_us: int) -> bool:
        """Note one of its packets for its feedback; whether some of this waits."""
        if self.arrivals is None or not self.arrivals_id:
            return False
        number = elements.get(self.arrivals_id)
        if number is not None and len(number) == 2:
            if ssrc not in self.rtx:
                self.arrivals_media = ssrc
            self.arrivals.received(int.from_bytes(number, "big"), now_us)
        return self.arrivals.since_us is not None

    def renew_consent(self, data: bytes, source: RawAddress) -> tuple[bytes, bytes] | None:
        """Answer and transaction of a check that renews consent and moves nothing; None: it is not ours to answer."""
        if self.consent is None or source != self.target:
            return None
        return self.consent.answer(data, shown(source))

    def linked(self) -> Link:
        """The link, made when there is none."""
        if self.link is None:
            self.link = Link()
            self.was_linked = True
        return self.link

    def set_hop(self, hop: HopExtensions) -> None:
        """See `DataPlane.set_hop`."""
        if self.link is None and hop == HopExtensions():
            return
        link = self.linked()
        link.hop = hop
        if not hop.transport_cc:
            link.estimator = None
        elif link.estimator is None:
            link.estimator = Estimator(self.limits)

    def limit(self, limits: BandwidthLimits) -> None:
        """See `DataPlane.limit_bandwidth`."""
        self.limits = limits
        if self.link is not None and self.link.estimator is not None:
            self.link.estimator.limit(limits)

    def bandwidth(self, now_us: int) -> Bandwidth:
        """See `DataPlane.bandwidth`."""
        if self.link is None or self.link.estimator is None:
            return Bandwidth(self.limits.start_bps, 0, 0.0, 0.0, False, False, 0, 0, 0)
        return self.link.estimator.bandwidth(now_us)

    def hear(self, feedback: Sequence[bytes], now_us: int) -> None:
        """The peer's transport-cc feedback on what it was sent."""
        if self.link is not None and self.link.estimator is not None:
            for report in feedback:
                self.link.estimator.feedback(report, now_us)

    def set_keys(self, keys: SrtpKeys) -> None:
        """Both directions begin with rollover counter zero."""
        self.inbound, self.outbound = directions(keys)
        for stream in self.streams.values():
            stream.restart()
        for route in self.routes.values():
            route.hold()
            route.segments.clear()
            route.set_seal()
        self.next_index = {ssrc: index & 0x7FFF for ssrc, index in self.next_index.items()}

    def stop_sending(self) -> None:
        """No address is good any more; routes keep their numbers until there is one."""
        self.target = None
        for route in self.routes.values():
            route.hold()

    def stream(self, ssrc: int) -> Stream:
        """The stream of this SSRC, made when new; then the stalest that nobody asked for may go."""
        stream = self.streams.get(ssrc)
        if stream is None:
            if len(self.streams) >= MAX_STREAMS:
                idle = [stream for stream in self.streams.values() if stream.idle]
                if idle:
                    # One that was named may come back (a paused layer): guesses go first.
                    del self.streams[min(idle, key=lambda stream: (stream.codec is not None, stream.highest_us)).ssrc]
            stream = self.streams[ssrc] = Stream(ssrc, next(self._lives))
        return stream

    def take_index(self, ssrc: int, count: int = 1) -> int:
        """Reserve the next `count` outgoing indices of an SSRC; a new one starts low, as RFC 3711 3.3.1 advises."""
        index = self.next_index.get(ssrc)
        if index is None:
            index = random.randrange(1 << 15)
            if len(self.next_index) >= _MAX_REMEMBERED_SOURCES:
                self._forget_oldest_index()
        self.next_index[ssrc] = index + count
        return index

    def _forget_oldest_index(self) -> None:
        """Never one in use: begun anew under the same key it would use a nonce of AES-GCM twice."""
        used = {ssrc for route in self.routes.values() for ssrc in (route.ssrc, route.route.rtx_ssrc)}
        oldest = next((ssrc for ssrc in self.next_index if ssrc not in used), None)
        if oldest is not None:
            del self.next_index[oldest]


def received(peer: PeerId, ssrc: int, packet: Packet, arrival_us: int, size: int, keyframe: bool) -> Received:
    """A packet as told upward."""
    return Received(
        peer,
        ssrc,
        packet.payload_type,
        packet.number & 0xFFFF,
        packet.timestamp,
        packet.marker != 0,
        arrival_us,
        size,
        packet.elements,
        keyframe,
    )
