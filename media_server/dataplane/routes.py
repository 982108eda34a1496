"""What the plain data plane remembers of a route: how it numbers packets, and which layers it lets through.

No sockets and no clock here. Indices are 48 bits: rollover counter and sequence number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from media_server.dataplane import extensions
from media_server.dataplane.descriptors import ALL_LAYERS, NO_SHIFT, Layers, Shift, Vp8, vp8_following
from media_server.dataplane.ports import Route, RouteStats
from media_server.dataplane.state import Packet, Peer, Stream

_MAX_SEGMENTS = 128
_TIMESTAMPS = 1 << 32
_PICTURES = 0x8000


class Segment(NamedTuple):
    """A stretch of incoming indices of one stream that a route has numbered the same way.

    A stream that was forgotten and comes back may carry other bytes under the same indices: its new life has no part
    in the stretches of the old.
    """

    ssrc: int
    life: int
    first: int
    last: int
    delta: int
    timestamp_delta: int
    shift: Shift
    spatial: int
    """Highest spatial layer that went out: its last packet of a picture bears the marker."""


class RouteState:
    """A route with its running offsets. While `live`, index + delta and timestamp + timestamp_delta go out."""

    __slots__ = (
        "_base_delta", "_last_timestamp", "_last_us", "_left_out", "_picture", "audio", "delta", "first", "layered",
        "live", "mapping", "next_shift", "out", "packets", "paused", "payload_bytes", "resent_us", "retransmitted",
        "route", "salted", "seal", "segments", "sent_vp8", "shift", "source", "spatial", "ssrc", "started", "stopped",
        "stream", "temporal", "timestamp_delta", "types", "wanted_spatial", "wanted_temporal",
    )  # fmt: skip

    def __init__(self, route: Route, source: Peer, stream: Stream, out: Peer, mapping: int) -> None:
        self.route = route
        self.source = source
        self.stream = stream
        self.out = out
        self.ssrc = route.out_ssrc
        self.audio = route.codec == "opus"
        self.types = [route.payload_types.get(number, -1) for number in range(128)]
        self.mapping = mapping
        """Number of the extension mapping: routes with the same share the rewritten block."""
        self.live = False
        self.paused = False
        self.started = False
        self.stopped = False
        """Nothing more of this stream: the route waits for the one that it switches to."""
        self.first = stream.window.highest + 1
        """Lowest incoming index that may be sent, and that `delta` holds for while live."""
        self.delta = 0
        self.timestamp_delta = 0
        self.next_shift: int | None = None
        """What `switch_route` said of the two streams' timestamps."""
        self.segments: deque[Segment] = deque(maxlen=_MAX_SEGMENTS)
        """Earlier stretches, for late packets and retransmission; the oldest goes."""
        self.resent_us: dict[int, int] = {}
        """Outgoing index -> when last repeated; at most a cache's worth, the oldest goes."""
        self.packets = self.payload_bytes = self.retransmitted = 0
        self._last_timestamp = self._last_us = 0
        self._base_delta: int | None = None
        self.shift = NO_SHIFT
        self.sent_vp8: Vp8 | None = None
        """The newest VP8 descriptor that went out, as it came in."""
        self.layered = False
        """Some layers are left out."""
        self.spatial = self.temporal = self.wanted_spatial = self.wanted_temporal = ALL_LAYERS
        self._picture = self._left_out = -1
        out.next_index[self.ssrc] = out.take_index(self.ssrc)
        self.set_seal()

    def stop_waiting(self) -> None:
        """Call a pending switch off. Idempotent."""
        for stream in self.source.streams.values():
            if self in stream.waiting:
                stream.waiting.remove(self)

    def set_seal(self) -> None:
        """Take the peer's current outgoing keys."""
        outbound = self.out.outbound
        if outbound is not None:
            self.seal = outbound.seal
            self.salted = outbound.salt ^ (self.ssrc << 48)

    def mapped(self, elements: Mapping[int, bytes]) -> list[tuple[int, bytes]]:
        """The header-extension elements that go out, without those of the hop."""
        route = self.route
        return extensions.mapped(elements, route.extensions, one_byte_only=route.one_byte_extensions)

    def pause(self, paused: bool) -> None:
        """See `DataPlane.pause_route`."""
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            self.hold()
        else:
            self.begin_anew()

    def stop(self, stopped: bool) -> None:
        """Send nothing more of the present stream, or let it begin again at a keyframe. Idempotent."""
        if stopped and not self.stopped:
            self.hold()
        elif self.stopped and not stopped:
            self.begin_anew()
        self.stopped = stopped

    def begin_anew(self) -> None:
        """What came until now must not be sent: a late packet would else open the way for repeats of the rest."""
        if not self.live:
            self.first = max(self.first, self.stream.window.highest + 1)

    def may_start(self) -> bool:
        """Whether anything could be sent now."""
        return not (self.paused or self.stopped) and self.out.outbound is not None and self.out.target is not None

    def start(self, packet: Packet, now_us: int) -> bool:
        """Go live with this packet if it may be the first; numbers continue after the last one sent."""
        index, timestamp = packet.number, packet.timestamp
        if not self.may_start() or (self.route.keyframe_first and not packet.keyframe) or index < self.first:
            return False
        self.first = index
        self.delta = self.out.next_index[self.ssrc] - index
        if self.started and self._last_us:
            elapsed = max(1, (now_us - self._last_us) * self.route.clock_rate_hz // 1_000_000)
            following = (self._last_timestamp + elapsed) % _TIMESTAMPS
            if self._base_delta is not None:
                following = (timestamp + self._base_delta) % _TIMESTAMPS
                if (following - self._last_timestamp - 1) % _TIMESTAMPS >= _TIMESTAMPS // 2:
                    following = (self._last_timestamp + 1) % _TIMESTAMPS
            self.timestamp_delta = (following - timestamp) % _TIMESTAMPS
        self._last_us = 0
        if packet.vp8 is not None and self.sent_vp8 is not None:
            self.shift = vp8_following(self.sent_vp8, self.shift, packet.vp8)
        self.spatial, self.temporal = self.wanted_spatial, self.wanted_temporal
        self._picture = self._left_out = -1
        self.started = self.live = True
        return True

    def hold(self, *, keep_queued: bool = False) -> None:
        """Stop; the next start continues the numbers. What waits for the pace is dropped. Idempotent."""
        dropped = -1
        if self.out.link is not None and not keep_queued:
            dropped = self.out.link.pacer.drop(self)
        if not self.live:
            return
        self.live = False
        highest = self.stream.window.highest
        self._close_segment(highest)
        self.first = highest + 1
        self.out.next_index[self.ssrc] = highest + self.delta + 1
        if dropped >= 0:
            self._never_left(dropped)

    def _never_left(self, index: int) -> None:
        """Outgoing numbers from `index` on were never sealed: they serve what comes next."""
        self.out.next_index[self.ssrc] = index
        while self.segments and self.segments[-1].last + self.segments[-1].delta >= index:
            segment = self.segments.pop()
            if segment.first + segment.delta < index:
                self.segments.append(segment._replace(last=index - segment.delta - 1))

    def interrupt(self) -> None:
        """Hold; the stream's next timestamps say nothing about how they go on."""
        self.hold(keep_queued=True)
        if not self._last_us:
            self._last_timestamp = (self.stream.highest_timestamp + self.timestamp_delta) % _TIMESTAMPS
            self._last_us = self.stream.highest_us
        self._base_delta = None

    def leave(self, stream: Stream) -> None:
        """Hold and take packets from another stream from now on."""
        self.hold()
        self.interrupt()
        if self.stopped:
            self.segments.clear()
            self.stopped = False
        self._base_delta = None if self.next_shift is None else self.timestamp_delta - self.next_shift
        self.stream = stream
        self.first = 0

    def skip(self, index: int) -> None:
        """Leave out the incoming packet `index`, the newest of the stream, without a gap in what goes out."""
        self._close_segment(index - 1)
        self.first = index + 1
        self.delta -= 1

    def skip_layer(self, packet: Packet) -> None:
        """Leave out a packet of a layer that is not wanted; VP8's pictures are numbered without it."""
        self.skip(packet.number)
        if packet.vp8 is not None and packet.vp8.picture >= 0 and packet.vp8.picture != self._left_out:
            self._left_out = packet.vp8.picture
            self.shift = self.shift._replace(picture=(self.shift.picture - 1) % _PICTURES)
            if self.sent_vp8 is not None and self.sent_vp8.picture >= 0:
                # Counted by the new shift, so that what was sent keeps its number.
                self.sent_vp8 = self.sent_vp8._replace(picture=self.sent_vp8.picture + 1)

    def limit_layers(self, spatial: int, temporal: int) -> None:
        """See `DataPlane.limit_layers`."""
        self.wanted_spatial = min(max(spatial, 0), ALL_LAYERS)
        self.wanted_temporal = min(max(temporal, 0), ALL_LAYERS)
        if not self.live:
            self.spatial, self.temporal = self.wanted_spatial, self.wanted_temporal
        elif not self.layered:
            # Pictures were not looked at until now; the present one is to be finished.
            self._picture = self.stream.highest_timestamp
        self._note_layered()

    def admits(self, packet: Packet, layers: Layers | None) -> bool:
        """Whether the newest packet of the stream goes out; here layers come and go. One that does not say its layer
        does."""
        if packet.timestamp != self._picture:
            self._picture = packet.timestamp
            spatial = self.wanted_spatial if packet.keyframe else min(self.spatial, self.wanted_spatial)
            self.temporal = self.wanted_temporal if packet.keyframe else min(self.temporal, self.wanted_temporal)
            if spatial != self.spatial:
                self._close_segment(packet.number - 1)
                self.first = max(self.first, packet.number)
                self.spatial = spatial
            self._note_layered()
        if layers is None:
            return True
        if layers.begins and layers.up > self.temporal and (layers.temporal <= self.temporal or layers.sync):
            self.temporal = max(self.temporal, min(layers.up, self.wanted_temporal))
            self._note_layered()
        return layers.spatial <= self.spatial and layers.temporal <= self.temporal

    def _note_layered(self) -> None:
        self.layered = min(self.spatial, self.temporal, self.wanted_spatial, self.wanted_temporal) < ALL_LAYERS

    def late(self, index: int) -> Segment | None:
        """How a packet older than `first` was numbered, if it was this route's to send."""
        life = self.stream.life
        for segment in reversed(self.segments):
            if segment.life == life and segment.first <= index <= segment.last:
                return segment
        return None

    def find(self, sequence: int) -> tuple[Segment, int] | None:
        """The stretch and outgoing index of a 16-bit outgoing number that was sent lately."""
        highest = self.next_out() - 1
        index = highest - ((highest - sequence) & 0xFFFF)
        if self.live and index - self.delta >= self.first:
            return self.present(), index
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
            queued=0 if self.out.link is None else self.out.link.pacer.queued(self),
            spatial=self.spatial,
        )

    def present(self) -> Segment:
        """The stretch that goes on now, while live."""
        stream = self.stream
        incoming = (stream.ssrc, stream.life, self.first, stream.window.highest)
        return Segment(*incoming, self.delta, self.timestamp_delta, self.shift, self.spatial)

    def _close_segment(self, last: int) -> None:
        if last >= self.first:
            self.segments.append(self.present()._replace(last=last))
