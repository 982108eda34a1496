"""What the plain data plane remembers: peers, incoming streams with their packet cache, and routes.

No sockets and no clock here. Sequence numbers are 48-bit indices throughout (rollover counter and 16-bit number), so
that wrapping and the SRTP rollover counter come out right by plain addition.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from media_server.dataplane.ports import PeerId, Received, Route, RouteId, RouteStats, SrtpKeys, TapSink
from media_server.dataplane.srtp import Direction, Window, directions
from media_server.dataplane.wire import RawAddress

VIDEO_CACHE_PACKETS = 500
AUDIO_CACHE_PACKETS = 200
MAX_STREAMS = 64
MAX_ADDRESSES = 8
_MAX_SEGMENTS = 64
_MAX_REMEMBERED_SOURCES = 4096
_TIMESTAMPS = 1 << 32


class Packet(NamedTuple):
    """A decrypted RTP packet without padding; `number` is the 48-bit index."""

    number: int
    marker: int
    """0x80 or 0."""
    payload_type: int
    timestamp: int
    elements: Mapping[int, bytes]
    payload: bytes


class Segment(NamedTuple):
    """A stretch of incoming indices of one SSRC that a route has numbered the same way."""

    ssrc: int
    first: int
    last: int
    delta: int
    timestamp_delta: int


class Stream:
    """One incoming SSRC. `cache` is a ring by index, kept while a route listens: a new packet drops the oldest."""

    __slots__ = (
        "cache", "codec", "highest_timestamp", "highest_us", "hushed", "muted", "routes", "ssrc", "taps",
        "waiting", "window",
    )  # fmt: skip

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.window = Window()
        self.highest_timestamp = 0
        self.highest_us = 0
        self.codec: str | None = None
        """What the stream carries; None before anybody said."""
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
        self.cache = [None] * len(self.cache)

    def cached(self, index: int) -> Packet | None:
        """The packet with this index if it is still there."""
        if not self.cache or index < 0:
            return None
        packet = self.cache[index % len(self.cache)]
        return packet if packet is not None and packet.number == index else None


class Peer:
    """One client: its addresses, keys, incoming streams and what it is sent."""

    __slots__ = (
        "addresses", "inbound", "next_index", "outbound", "queue", "routes", "rtx", "streams", "target",
    )  # fmt: skip

    def __init__(self) -> None:
        self.addresses: dict[RawAddress, None] = {}
        """Bound ones, oldest first."""
        self.target: RawAddress | None = None
        self.inbound: Direction | None = None
        self.outbound: Direction | None = None
        self.streams: dict[int, Stream] = {}
        self.rtx: dict[int, tuple[int, Mapping[int, int]]] = {}
        self.routes: dict[RouteId, RouteState] = {}
        """Outgoing ones."""
        self.next_index: dict[int, int] = {}
        """Outgoing SSRC -> its next index, kept after a route ends: no index may serve twice with one key."""
        self.queue: list[bytes] = []
        """Header, rest, header, rest… of this wake-up; emptied at its end."""

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
            stream = self.streams[ssrc] = Stream(ssrc)
        return stream

    def take_index(self, ssrc: int, count: int = 1) -> int:
        """Reserve the next `count` outgoing indices of an SSRC; a new one starts low, as RFC 3711 3.3.1 advises."""
        index = self.next_index.get(ssrc)
        if index is None:
            index = random.randrange(1 << 15)
            if len(self.next_index) >= _MAX_REMEMBERED_SOURCES:
                del self.next_index[next(iter(self.next_index))]
        self.next_index[ssrc] = index + count
        return index


class RouteState:
    """A route with its running offsets. While `live`, index + delta and timestamp + timestamp_delta go out."""

    __slots__ = (
        "_last_timestamp",
        "_last_us",
        "delta",
        "first",
        "live",
        "mapping",
        "out",
        "packets",
        "paused",
        "payload_bytes",
        "resent_us",
        "retransmitted",
        "route",
        "salted",
        "seal",
        "segments",
        "source",
        "ssrc",
        "started",
        "stream",
        "timestamp_delta",
        "types",
    )  # fmt: skip

    def __init__(self, route: Route, source: Peer, stream: Stream, out: Peer, mapping: int) -> None:
        self.route = route
        self.source = source
        self.stream = stream
        self.out = out
        self.ssrc = route.out_ssrc
        self.types = [route.payload_types.get(number, -1) for number in range(128)]
        self.mapping = mapping
        """Number of the extension mapping: routes with the same share the rewritten block."""
        self.live = False
        self.paused = False
        self.started = False
        self.first = stream.window.highest + 1
        """Lowest incoming index that may be sent, and that `delta` holds for while live."""
        self.delta = 0
        self.timestamp_delta = 0
        self.segments: deque[Segment] = deque(maxlen=_MAX_SEGMENTS)
        """Earlier stretches, for late packets and retransmission; the oldest goes."""
        self.resent_us: dict[int, int] = {}
        """Outgoing index -> when last repeated; at most a cache's worth, the oldest goes."""
        self.packets = self.payload_bytes = self.retransmitted = 0
        self._last_timestamp = self._last_us = 0
        out.next_index[self.ssrc] = out.take_index(self.ssrc)
        self.set_seal()

    def set_seal(self) -> None:
        """Take the peer's current outgoing keys."""
        outbound = self.out.outbound
        if outbound is not None:
            self.seal = outbound.seal
            self.salted = outbound.salt ^ (self.ssrc << 48)

    def pause(self, paused: bool) -> None:
        """See `DataPlane.pause_route`."""
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            self.hold()
        else:
            self.begin_anew()

    def begin_anew(self) -> None:
        """What came until now must not be sent: a late packet would else open the way for repeats of the rest."""
        if not self.live:
            self.first = max(self.first, self.stream.window.highest + 1)

    def start(self, index: int, timestamp: int, keyframe: bool, now_us: int) -> bool:
        """Go live with this packet if it may be the first; numbers continue after the last one sent."""
        if self.paused or self.out.outbound is None or self.out.target is None:
            return False
        if (self.route.keyframe_first and not keyframe) or index < self.first:
            return False
        self.first = index
        self.delta = self.out.next_index[self.ssrc] - index
        if self.started and self._last_us:
            elapsed = max(1, (now_us - self._last_us) * self.route.clock_rate_hz // 1_000_000)
            self.timestamp_delta = (self._last_timestamp + elapsed - timestamp) % _TIMESTAMPS
        self._last_us = 0
        self.started = self.live = True
        return True

    def hold(self) -> None:
        """Stop; the next start continues the numbers. Idempotent."""
        if not self.live:
            return
        self.live = False
        highest = self.stream.window.highest
        self._close_segment(highest)
        self.first = highest + 1
        self.out.next_index[self.ssrc] = highest + self.delta + 1

    def leave(self, stream: Stream) -> None:
        """Hold and take packets from another stream from now on."""
        self.hold()
        if not self._last_us:
            self._last_timestamp = self.stream.highest_timestamp + self.timestamp_delta
            self._last_us = self.stream.highest_us
        self.stream = stream
        self.first = 0

    def skip(self, index: int) -> None:
        """Leave out the incoming packet `index`, the newest of the stream, without a gap in what goes out."""
        self._close_segment(index - 1)
        self.first = index + 1
        self.delta -= 1

    def late(self, index: int) -> Segment | None:
        """How a packet older than `first` was numbered, if it was this route's to send."""
        ssrc = self.stream.ssrc
        for segment in reversed(self.segments):
            if segment.ssrc == ssrc and segment.first <= index <= segment.last:
                return segment
        return None

    def find(self, sequence: int) -> tuple[Segment, int] | None:
        """The stretch and outgoing index of a 16-bit outgoing number that was sent lately."""
        highest = self.next_out() - 1
        index = highest - ((highest - sequence) & 0xFFFF)
        if self.live and index - self.delta >= self.first:
            last = self.stream.window.highest
            return Segment(self.stream.ssrc, self.first, last, self.delta, self.timestamp_delta), index
        for segment in reversed(self.segments):
            if segment.first <= index - segment.delta <= segment.last:
                return segment, index
        return None

    def next_out(self) -> int:
        """The index after the highest sent."""
        return self.stream.window.highest + self.delta + 1 if self.live else self.out.next_index[self.ssrc]

    def stats(self) -> RouteStats:
        """Counters now."""
        return RouteStats(
            packets=self.packets,
            payload_bytes=self.payload_bytes,
            retransmitted=self.retransmitted,
            timestamp_offset=self.timestamp_delta,
            sequence_offset=self.delta & 0xFFFF,
            in_ssrc=self.stream.ssrc,
            queued=0,
        )

    def _close_segment(self, last: int) -> None:
        if last >= self.first:
            ssrc = self.stream.ssrc
            self.segments.append(Segment(ssrc, self.first, last, self.delta, self.timestamp_delta))


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
